package validate

var groupChecks = []Check{
	{ID: "GRP-001", Title: "distribution group without an address", Source: "DC", Kinds: groups, Attributes: []string{"groupType", "mail", "proxyAddresses"}, Provision: Info, Activate: Info,
		Why: "it is not synchronised"},
	{ID: "GRP-002", Title: "group with addresses, none of them SMTP", Source: "UC", Kinds: groups, Attributes: []string{"proxyAddresses"}, Provision: Warning, Activate: Warning,
		Why: "it is not mail-enabled in the cloud, even if it has mail"},
	{ID: "GRP-003", Title: "group with more than 50,000 members", Source: "V2", Kinds: groups, Attributes: []string{"member"}, Provision: Warning, Activate: Warning,
		Raised: Exception{Error, "it has more than 250,000"}, Why: "Cloud Sync and older rules take 50,000 members, Entra Connect's V2 endpoint 250,000"},
	{ID: "GRP-004", Title: "members that do not come along", Source: "UC", Kinds: groups, Attributes: []string{"member"}, Provision: Warning, Activate: Warning,
		Why: "the group has fewer members in the cloud than in the directory"},
	{ID: "GRP-005", Title: "members by primary group alone", Source: "UC", Kinds: groups, Attributes: []string{"member", "primaryGroupID"}, Provision: Warning, Activate: Warning,
		Why: "Active Directory leaves them out of member, and Entra Connect does not synchronise them"},
	{ID: "GRP-006", Title: "group is a member of itself, through others", Source: "FIELD", Kinds: groups, Attributes: []string{"member"}, Provision: Warning, Activate: Warning,
		Why: "nested memberships go round in a circle: what a member may do cannot be told, and mail may go in circles"},
	{ID: "GRP-007", Title: "group is mail-enabled in the cloud and no longer here", Source: "GROUP-MAIL", Kinds: groups, Attributes: []string{"mail", "proxyAddresses"}, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects},
		Why: "the cloud keeps it mail-enabled; only deleting and making it anew changes that"},
	{ID: "GRP-008", Title: "the group's owner does not come along", Source: "FIELD", Kinds: groups, Attributes: []string{"managedBy"}, Provision: Info, Activate: Info,
		Why: "nobody can manage it in the cloud"},
}

// Licences. Those on a whole subscription or bundle name no kind.
var licenseChecks = []Check{
	{ID: "LIC-001", Title: "licence without a usage location", Source: "LIC", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{Decisions},
		Why: "the cloud refuses the licence"},
	{ID: "LIC-002", Title: "usage location is not a country code of ISO 3166-1", Source: "ISO", Kinds: users, Also: []string{"c"}, Provision: Error, Activate: Error,
		Raised: Exception{Warning, "it is a code, but another one than c says; or nothing was decided, and c is no code"}, Why: "the cloud refuses it, and every licence with it"},
	{ID: "LIC-003", Title: "subscription is not in the tenant, or not in force", Source: "GRAPH", Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Bundles},
		Why: "no licence of the bundle can be assigned"},
	{ID: "LIC-004", Title: "not enough seats", Source: "LIC", Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Decisions},
		Why: "CountViolation: those last in order get no licence"},
	{ID: "LIC-005", Title: "service plans that exclude each other", Source: "LIC", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Decisions},
		Why: "MutuallyExclusiveViolation: the whole assignment is refused"},
	{ID: "LIC-006", Title: "service plan without the plan that it depends on", Source: "LIC", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Decisions},
		Why: "DependencyViolation: the whole assignment is refused"},
	{ID: "LIC-007", Title: "licence in a prohibited usage location", Source: "LIC", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{Decisions, ProhibitedLocations},
		Why: "ProhibitedInUsageLocationViolation: the whole assignment is refused"},
	{ID: "LIC-008", Title: "the licence would add an address that another object holds", Source: "LIC", Kinds: users, Attributes: []string{"userPrincipalName", "proxyAddresses", "mail"}, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Decisions},
		Why: "UniquenessViolation: a mailbox licence makes the user principal name an address"},
	{ID: "LIC-009", Title: "licence comes from a group too", Source: "LIC", Kinds: users, Provision: Info, Activate: Info, Needs: []Fact{TenantObjects, Decisions},
		Why: "taking it from the user has no effect; it ends with the membership"},
	{ID: "LIC-010", Title: "bundle switches off a plan that its subscription does not have", Source: "GRAPH", Provision: Error, Activate: Error, Needs: []Fact{TenantObjects, Bundles},
		Why: "the cloud refuses the assignment"},
}

// The cloud's side of an object.
var cloudChecks = []Check{
	{ID: "COX-001", Title: "another engine owns the cloud object", Source: "ER", Kinds: anything, Provision: Info, Activate: Info, Needs: []Fact{TenantObjects},
		Why: "its names and addresses are mastered on premises by that engine; only what the cloud masters can be set"},
	{ID: "COX-002", Title: "the matching cloud user holds an administrative role", Source: "ER", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects},
		Why: "Existing Admin Role Conflict: such a user is never matched"},
	{ID: "COX-003", Title: "the matching cloud user is a guest", Source: "ER", Kinds: users, Provision: Error, Activate: Error, Needs: []Fact{TenantObjects},
		Why: "a guest cannot become the counterpart of a member: remove the guest, or convert it"},
	{ID: "COX-004", Title: "the cloud reports a provisioning error", Source: "DUP", Provision: Error, Activate: Error, Needs: []Fact{ProvisioningErrors},
		Why: "Entra Connect's service quarantined a value and told so once, by mail"},
	{ID: "COX-005", Title: "a service of the cloud reports an error", Source: "GRAPH", Provision: Error, Activate: Error, Needs: []Fact{ServiceErrors},
		Why: "Exchange or another service did not take the object over"},
	{ID: "COX-006", Title: "the tenant blocks the match that the object needs", Source: "EX", Kinds: anything, Provision: Info, Activate: Error, Needs: []Fact{TenantObjects, SyncSwitches},
		Why: "InvalidHardMatch: the tenant's switches forbid taking over an existing object by anchor, address or name"},
}
