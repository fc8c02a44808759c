package sandbox

// contactSchema is the orgContact resource of Microsoft Graph v1.0, which Graph can only read: contacts are made in
// Exchange Online, or synchronised from on-premises.
func contactSchema() *schema {
	list := []property{
		{name: "id", gate: eqFilter, origin: fromID},
		{name: "deletedDateTime", syntax: timeSyntax, origin: fromDeletion},
		{name: "addresses", syntax: objectsSyntax},
		{name: "companyName", gate: lateFilter},
		{name: "department", gate: textFilter},
		{name: "displayName", gate: textFilter},
		{name: "givenName", gate: textFilter},
		{name: "jobTitle", gate: textFilter},
		{name: "mail", gate: textFilter},
		{name: "mailNickname", gate: textFilter},
		{name: "onPremisesLastSyncDateTime", syntax: timeSyntax, gate: rangeFilter},
		{name: "onPremisesProvisioningErrors", syntax: objectsSyntax, gate: elementGuard},
		{name: "onPremisesSyncEnabled", syntax: truthSyntax, gate: eqFilter},
		{name: "phones", syntax: objectsSyntax},
		{name: "proxyAddresses", syntax: textsSyntax, gate: anyFilter},
		{name: "serviceProvisioningErrors", syntax: objectsSyntax, gate: elementGuard},
		{name: "surname", gate: textFilter},
	}
	for i := range list {
		list[i].listed = true
	}
	return newSchema("OrgContact", "microsoft.graph.orgContact", "contacts", list)
}
