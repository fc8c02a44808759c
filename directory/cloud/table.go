package cloud

import "slices"

// userText is a text property of users that Entra masters. Set-Contact writes some of them on mail contacts.
func userText(name string, limit int) Property {
	return Property{Name: name, Decision: "attributes", Kind: TextKind, Directory: Entra, Users: true, Contacts: personal(name), MaxLen: limit}
}

// customText is one of the 15 texts that Exchange calls custom attributes.
func customText(name string) Property {
	return Property{Name: name, Decision: "attributes", Directory: Entra, Users: true, Contacts: true, Only: custom, MaxLen: 1024}
}

// mailKey is a setting that Exchange Online masters, on objects of some types. Where no type but mailboxes has it, it
// needs a mailbox.
func mailKey(name string, kind ValueKind, facet Facet, types []Type, more ...func(*Property)) Property {
	p := Property{Name: name, Decision: "mail", Kind: kind, Directory: Exchange, Facet: facet, Only: types, Activate: true}
	for _, t := range types {
		p.Users, p.Groups, p.Contacts = p.Users || t.IsUser(), p.Groups || t.IsGroup(), p.Contacts || t == MailContact
	}
	p.NeedsMailbox = !slices.ContainsFunc(types, func(t Type) bool { return !slices.Contains(mailboxes, t) })
	for _, m := range more {
		m(&p)
	}
	return p
}

// The traits of mail keys.
func folded(p *Property)   { p.FoldCase = true }
func withheld(p *Property) { p.Withheld = true }
func shared(p *Property)   { p.Shared = true }
func costly(p *Property)   { p.Costly = true }
func required(p *Property) { p.Required = true }

// limited bounds a text, in characters.
func limited(n int) func(*Property) { return func(p *Property) { p.MaxLen = n } }

// oneOf names the only texts that a property takes.
func oneOf(values ...string) func(*Property) { return func(p *Property) { p.Enum = values } }

// The forms of values of mail keys:
//
//   - an address is an SMTP address without a prefix, name@domain;
//   - an address with a prefix has the prefix in front: smtp:name@domain, sip:name@domain, X500:/o=…; without one it is
//     taken for smtp:. Exchange's SMTP: in capitals marks the primary address, which is primaryAddress and never among
//     addresses;
//   - sizes and quotas are whole megabytes of 1,048,576 bytes, durations whole days or, where the name says so, minutes. 0
//     is what Exchange calls Unlimited;
//   - references are DNs in policies, anchors and cloud ids in plans, cloud ids (or "exo:" and the recipient's GUID) in
//     tenants;
//   - a truth that a tenant does not tell counts as false.
var properties = []Property{
	{Name: "displayName", Decision: "attributes", Directory: Entra, Users: true, Groups: true, Contacts: true, Required: true, MaxLen: 256},
	{Name: "userPrincipalName", Decision: "attributes", Directory: Entra, Users: true, Required: true, MaxLen: 113, FoldCase: true},
	{Name: "mailNickname", Decision: "attributes", Directory: Entra, Users: true, Groups: true, Contacts: true, Required: true, MaxLen: 64, FoldCase: true},
	userText("givenName", 64),
	userText("surname", 64),
	userText("jobTitle", 128),
	userText("department", 64),
	userText("companyName", 64),
	userText("employeeId", 16),
	userText("employeeType", 0),
	userText("officeLocation", 128),
	userText("streetAddress", 1024),
	userText("city", 128),
	userText("state", 128),
	userText("postalCode", 40),
	userText("country", 128),
	{Name: "businessPhones", Decision: "attributes", Kind: TextsKind, Directory: Entra, Users: true, Contacts: true, MaxLen: 64},
	userText("mobilePhone", 64),
	userText("faxNumber", 64),
	userText("preferredLanguage", 0),
	customText("extensionAttribute1"),
	customText("extensionAttribute2"),
	customText("extensionAttribute3"),
	customText("extensionAttribute4"),
	customText("extensionAttribute5"),
	customText("extensionAttribute6"),
	customText("extensionAttribute7"),
	customText("extensionAttribute8"),
	customText("extensionAttribute9"),
	customText("extensionAttribute10"),
	customText("extensionAttribute11"),
	customText("extensionAttribute12"),
	customText("extensionAttribute13"),
	customText("extensionAttribute14"),
	customText("extensionAttribute15"),
	{Name: "manager", Decision: "attributes", Kind: ReferenceKind, Directory: Entra, Users: true, Contacts: true},
	{Name: Photo, Decision: "attributes", Directory: Entra, Users: true, Facet: FacetPhoto, Costly: true},
	{Name: "description", Decision: "attributes", Directory: Entra, Groups: true, MaxLen: 1024},
	{Name: "members", Decision: "attributes", Kind: ReferencesKind, Directory: Entra, Groups: true},
	{Name: "owners", Decision: "attributes", Kind: ReferencesKind, Directory: Entra, Groups: true},

	{Name: "accountEnabled", Decision: "account", Kind: TruthKind, Directory: Entra, Users: true, Required: true},
	{Name: "password", Decision: "account", Directory: Entra, Users: true, Fixed: true, WriteOnly: true}, // the text form of a Password
	{Name: "mustChange", Decision: "account", Kind: TruthKind, Directory: Entra, Users: true, Fixed: true, WriteOnly: true},

	{Name: "usageLocation", Decision: "usageLocation", Directory: Entra, Users: true, Activate: true, MaxLen: 2},
	{Name: "licenses", Decision: "licenses", Kind: LicensesKind, Directory: Entra, Users: true, Activate: true},

	// Addresses. primaryAddress is an address: the one that Exchange marks SMTP:. Writing another one keeps the one before
	// as a further address. addresses are addresses with prefixes: all but the primary one that a policy wants; those that
	// coexist never wrote stay (the initial domain's, x500 of moves, SPO: and the like). externalAddress is an address,
	// outside the tenant, and targetAddress in a directory. alias is mailNickname under Exchange's name.
	mailKey("primaryAddress", TextKind, FacetRecipient, recipients, folded, withheld),
	mailKey("addresses", TextsKind, FacetRecipient, recipients, folded, withheld, shared),
	mailKey("externalAddress", TextKind, FacetRecipient, relayed, folded, withheld, required),
	mailKey("alias", TextKind, FacetRecipient, recipients, folded, withheld, limited(64)),
	mailKey("hidden", TruthKind, FacetRecipient, recipients, withheld),
	mailKey("mailTip", TextKind, FacetRecipient, recipients, withheld, limited(175)), // plain text; read back without Exchange's HTML
	// richText is UseMapiRichTextFormat: Always, Never, UseDefaultSettings. Whether it may be set on synchronised mail
	// users is not documented; it is tried, and a refusal is a result of apply.
	mailKey("richText", TextKind, FacetRecipient, relayed, oneOf("always", "never", "default")),
	// exchangeGuid is the GUID, lower case, of the on-premises mailbox that a mail user stands for.
	mailKey("exchangeGuid", TextKind, FacetRecipient, []Type{MailUser}, folded, withheld),

	// Holds, quotas, forwarding. litigationHoldDays needs litigationHold; 0 is without end. forwardTo is a recipient of the
	// tenant (ForwardingAddress) and wins over forwardAddress, an address (ForwardingSmtpAddress). forwardKeepCopy is
	// DeliverToMailboxAndForward. retentionPolicy is a policy's name.
	mailKey("litigationHold", TruthKind, FacetRecipient, mailboxes),
	mailKey("litigationHoldDays", NumberKind, FacetRecipient, mailboxes),
	mailKey("retentionPolicy", TextKind, FacetRecipient, mailboxes),
	mailKey("quotaWarnMB", NumberKind, FacetRecipient, mailboxes),        // IssueWarningQuota
	mailKey("quotaSendMB", NumberKind, FacetRecipient, mailboxes),        // ProhibitSendQuota
	mailKey("quotaSendReceiveMB", NumberKind, FacetRecipient, mailboxes), // ProhibitSendReceiveQuota
	mailKey("forwardTo", ReferenceKind, FacetRecipient, mailboxes, withheld),
	mailKey("forwardAddress", TextKind, FacetRecipient, mailboxes, folded),
	mailKey("forwardKeepCopy", TruthKind, FacetRecipient, mailboxes),
	mailKey("maxSendMB", NumberKind, FacetRecipient, append(slices.Clone(mailboxes), MailUser, Microsoft365Group)),
	mailKey("maxReceiveMB", NumberKind, FacetRecipient, append(slices.Clone(mailboxes), MailUser, Microsoft365Group)),

	// archive can be switched on and off; autoExpandingArchive, which needs it, never off again.
	mailKey("archive", TruthKind, FacetArchive, mailboxes),
	mailKey("autoExpandingArchive", TruthKind, FacetArchive, mailboxes),

	// Protocols. smtpAuth is the opposite of SmtpClientAuthenticationDisabled; a mailbox that follows the organisation's
	// setting tells nothing.
	mailKey("pop", TruthKind, FacetProtocols, mailboxes, costly),
	mailKey("imap", TruthKind, FacetProtocols, mailboxes, costly),
	mailKey("mapi", TruthKind, FacetProtocols, mailboxes, costly),
	mailKey("owa", TruthKind, FacetProtocols, mailboxes, costly),
	mailKey("activeSync", TruthKind, FacetProtocols, mailboxes, costly),
	mailKey("smtpAuth", TruthKind, FacetProtocols, mailboxes, costly),

	// Permissions: explicit ones, without SELF, Deny and what is inherited. fullAccessNoAutomap is full access that Outlook
	// does not open by itself. Exchange does not tell the two apart: a tenant gives both as fullAccess, and the ledger says
	// which coexist wrote.
	mailKey("fullAccess", ReferencesKind, FacetFullAccess, mailboxes, costly),
	mailKey("fullAccessNoAutomap", ReferencesKind, FacetFullAccess, mailboxes, costly),
	mailKey("sendAs", ReferencesKind, FacetSendAs, recipients, costly),
	mailKey("sendOnBehalf", ReferencesKind, FacetRecipient, recipients, withheld),

	// Who may send to it. acceptFrom and rejectFrom are AcceptMessagesOnlyFromSendersOrMembers and
	// RejectMessagesFromSendersOrMembers, which hold people and groups.
	mailKey("moderated", TruthKind, FacetRecipient, recipients, withheld),
	mailKey("moderators", ReferencesKind, FacetRecipient, recipients, withheld),
	mailKey("acceptFrom", ReferencesKind, FacetRecipient, recipients, withheld),
	mailKey("rejectFrom", ReferencesKind, FacetRecipient, recipients, withheld),
	mailKey("requireSenderAuth", TruthKind, FacetRecipient, recipients, withheld),

	// Booking of rooms and equipment. autoAccept is AutomateProcessing AutoAccept, false AutoUpdate. capacity is people, a
	// property of the mailbox; bookingWindowDays and maxDurationMinutes (0 for no limit) are of the calendar.
	mailKey("capacity", NumberKind, FacetRecipient, resources),
	mailKey("autoAccept", TruthKind, FacetBooking, resources, costly),
	mailKey("allowConflicts", TruthKind, FacetBooking, resources, costly),
	mailKey("bookingWindowDays", NumberKind, FacetBooking, resources, costly),
	mailKey("maxDurationMinutes", NumberKind, FacetBooking, resources, costly),
	mailKey("bookingDelegates", ReferencesKind, FacetBooking, resources, costly),
}
