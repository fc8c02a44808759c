// Package exchange is the connector of Exchange Online: the half of a tenant that Microsoft Graph cannot write, namely mail
// users, mail contacts, distribution groups, mailboxes without a licence, and the settings of them all.
//
// Exchange Online is spoken to in cmdlets. Three transports carry them:
//
//	Invoke    InvokeCommand of the admin API, as Microsoft's own PowerShell module does; undocumented, and the only one that
//	          covers what is needed. The default.
//	AdminAPI  the documented Admin API v2.0, in preview: the few cmdlets that it covers go there, the others elsewhere.
//	Script    writes each cmdlet into a PowerShell script for ExchangeOnlineManagement instead of sending it, for those who
//	          want to read what is done, or to do it themselves.
//
// Three promises stand above the rest. A create that may have taken effect is never sent again: its outcome is
// fault.Unknown, and ByAnchor is asked. What Entra ID knows and Exchange Online does not is fault.NotReady, for it appears
// there minutes to hours later, and is never made a second time. A read is whole or an error.
//
// # Anchors
//
// Exchange Online has no field for a source anchor, so that an object made here gets it as its Name: "coexist-" and the
// anchor as a GUID. Names are unique in an organisation, can be looked for, are set by the request that makes the object
// and are seen by administrators only; people see the display name. A create that is sent twice is refused because of it,
// and one of unknown outcome is found by it. Mail users and mailboxes carry the anchor as ImmutableId besides, which is
// onPremisesImmutableId in Entra ID. An object that was adopted keeps its name: the ledger remembers it.
//
// Words: a cmdlet with its parameters is a command. A row is an object as Exchange Online sends it. A facet is what one
// Set-cmdlet writes of an object, see package cloud.
package exchange
