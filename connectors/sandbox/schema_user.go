package sandbox

// field is a writable text property of a user.
func field(name string, limit int, g gate) property {
	return property{name: name, access: always, limit: limit, gate: g}
}

// listed puts a property into the default property set.
func listed(p property) property {
	p.listed = true
	return p
}

// onPremises is a property that only the synchronisation from on-premises writes.
func onPremises(name string, s syntax, g gate) property {
	return property{name: name, syntax: s, gate: g}
}

// profile is a property that SharePoint stores.
func profile(name string, s syntax) property {
	return property{name: name, syntax: s, origin: fromSharePoint}
}

// userSchema is the user resource of Microsoft Graph v1.0. Limits and defaults: resource user; filters: "advanced query
// capabilities on directory objects". id comes last, as Graph writes it.
func userSchema() *schema {
	return newSchema("User", "microsoft.graph.user", "users", []property{
		{name: "businessPhones", syntax: textsSyntax, access: always, limit: 64, listed: true, guarded: true, gate: lateFilter},
		{name: "displayName", access: always, limit: 256, mandatory: true, listed: true, gate: textFilter},
		listed(field("givenName", 64, textFilter)),
		listed(field("jobTitle", 128, textFilter)),
		{name: "mail", access: always, limit: 256, listed: true, gate: textFilter},
		{name: "mobilePhone", access: always, limit: 64, listed: true, guarded: true, gate: lateFilter},
		listed(field("officeLocation", 128, lateFilter)),
		listed(field("preferredLanguage", 0, lateFilter)),
		listed(field("surname", 64, textFilter)),
		{name: "userPrincipalName", access: always, limit: 113, mandatory: true, listed: true, guarded: true, gate: textFilter},
		{name: "id", syntax: textSyntax, listed: true, gate: eqFilter, origin: fromID},

		{name: "deletedDateTime", syntax: timeSyntax, gate: rangeFilter, origin: fromDeletion},
		{name: "accountEnabled", syntax: truthSyntax, access: always, mandatory: true, gate: truthFilter},
		field("ageGroup", 0, noFilter),
		{name: "assignedLicenses", syntax: objectsSyntax, gate: elementGuard, origin: fromLicences},
		{name: "assignedPlans", syntax: objectsSyntax, origin: unmodelled},
		field("city", 128, textFilter),
		field("companyName", 64, lateFilter),
		field("consentProvidedForMinor", 0, noFilter),
		field("country", 128, textFilter),
		{name: "createdDateTime", syntax: timeSyntax, gate: rangeFilter},
		{name: "creationType"},
		field("department", 64, textFilter),
		{name: "employeeHireDate", syntax: timeSyntax, access: always, cloud: true, gate: rangeFilter},
		field("employeeId", 16, textFilter),
		{name: "employeeLeaveDateTime", syntax: timeSyntax, access: always, cloud: true, gate: rangeFilter},
		{name: "employeeOrgData", syntax: objectSyntax, access: always, cloud: true},
		field("employeeType", 0, lateFilter),
		{name: "externalUserState"},
		{name: "externalUserStateChangeDateTime", syntax: timeSyntax},
		field("faxNumber", 64, lateFilter),
		{name: "identities", syntax: objectsSyntax, origin: fromIdentity},
		{name: "imAddresses", syntax: textsSyntax, gate: anyFilter},
		{name: "isManagementRestricted", syntax: truthSyntax},
		{name: "isResourceAccount", syntax: truthSyntax},
		{name: "lastPasswordChangeDateTime", syntax: timeSyntax},
		{name: "legalAgeGroupClassification"},
		{name: "licenseAssignmentStates", syntax: objectsSyntax, origin: fromLicenceStates},
		{name: "mailNickname", access: always, limit: 64, mandatory: true, gate: textFilter},
		onPremises("onPremisesDistinguishedName", textSyntax, noFilter),
		onPremises("onPremisesDomainName", textSyntax, noFilter),
		{name: "onPremisesExtensionAttributes", syntax: objectSyntax, unset: emptyExtensions(), access: always, limit: 1024, gate: lateFilter},
		{name: "onPremisesImmutableId", access: always, limit: 256, exact: true, gate: eqFilter},
		onPremises("onPremisesLastSyncDateTime", timeSyntax, rangeFilter),
		onPremises("onPremisesProvisioningErrors", objectsSyntax, elementGuard),
		onPremises("onPremisesSamAccountName", textSyntax, textFilter),
		onPremises("onPremisesSecurityIdentifier", textSyntax, eqFilter),
		onPremises("onPremisesSyncEnabled", truthSyntax, eqFilter),
		onPremises("onPremisesUserPrincipalName", textSyntax, lateFilter),
		{name: "otherMails", syntax: textsSyntax, access: always, limit: 250, cloud: true, guarded: true, gate: anyFilter},
		{name: "passwordPolicies", access: always, gate: lateFilter},
		{name: "passwordProfile", syntax: objectSyntax, access: always, cloud: true, guarded: true},
		field("postalCode", 40, lateFilter),
		{name: "preferredDataLocation", access: always, cloud: true, gate: lateFilter},
		{name: "provisionedPlans", syntax: objectsSyntax, origin: unmodelled},
		{name: "proxyAddresses", syntax: textsSyntax, gate: anyFilter},
		{name: "securityIdentifier", gate: eqFilter, origin: fromSID},
		{name: "serviceProvisioningErrors", syntax: objectsSyntax, gate: elementGuard},
		{name: "showInAddressList", syntax: truthSyntax, access: always},
		{name: "signInSessionsValidFromDateTime", syntax: timeSyntax},
		field("state", 128, textFilter),
		field("streetAddress", 1024, lateFilter),
		{name: "usageLocation", access: always, limit: 2, cloud: true, gate: textFilter},
		{name: "userType", access: always, gate: eqFilter},

		profile("aboutMe", textSyntax), profile("birthday", timeSyntax), profile("hireDate", timeSyntax),
		profile("interests", textsSyntax), profile("mySite", textSyntax), profile("pastProjects", textsSyntax),
		profile("preferredName", textSyntax), profile("responsibilities", textsSyntax), profile("schools", textsSyntax),
		profile("skills", textsSyntax),
		{name: "authorizationInfo", syntax: objectSyntax, origin: unmodelled},
		{name: "customSecurityAttributes", syntax: objectSyntax, origin: unmodelled},
		{name: "deviceEnrollmentLimit", origin: unmodelled},
		{name: "identityParentId", origin: unmodelled},
		{name: "mailboxSettings", syntax: objectSyntax, origin: unmodelled},
		{name: "print", syntax: objectSyntax, origin: unmodelled},
		{name: "signInActivity", syntax: objectSyntax, origin: unmodelled},
	})
}
