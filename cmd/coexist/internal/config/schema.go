package config

import (
	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/rules/schema"
)

const guidPattern = `^\{?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\}?$`

// Schema describes coexist.yaml for editors and for people. What files and variables it names must exist is Verify's.
func Schema() *schema.Schema {
	directories := schema.List("the directories to read", directorySchema())
	directories.MinItems = 1
	s := schema.Mapping("where things are, and what guards allow; policies say what shall be",
		schema.Must("apiVersion", schema.OneOf("the format of the file", "coexist/v1")), schema.Must("kind", schema.OneOf("what the file holds", "Configuration")),
		schema.Must("directories", directories), schema.Must("tenant", tenantSchema()), schema.Must("policies", schema.Text("folder of the policies")),
		schema.May("writes", schema.Truth("whether apply may write")), schema.Must("store", schema.Text("file of the embedded database")),
		schema.May("pilot", schema.Mapping("a group that plans are restricted to", schema.Must("group", schema.Text("name of the group")))),
		schema.May("secrets", schema.Named("secrets that policies name, such as first passwords", secretName.String(), secretSchema("where the secret is"))),
		schema.May("guards", guardsSchema()), schema.May("protected", protectedSchema()), schema.May("approvals", approvalsSchema()),
		schema.May("plan", schema.Mapping("signed plans", schema.Must("trust", schema.List("keys of which one must have signed", schema.Text("public key of an Ed25519 key, in base64"))))),
		schema.May("suppressions", suppressionsSchema()), schema.May("credentials", credentialsSchema()), schema.May("passwords", passwordsSchema()),
		schema.May("drift", schema.OneOf("what becomes of what somebody changed in the tenant", "restore", "report")),
		schema.May("tasks", schema.Mapping("delayed tasks", schema.May("deadline", schema.Like(`^[1-9]\d{0,4}[hd]$`, "how long they wait: 72h, 14d")))))
	s.Title = "Configuration of coexist"
	return s
}

func secretSchema(about string) *schema.Schema {
	s := schema.Mapping(about+", never the secret itself", schema.May("env", schema.Text("name of an environment variable")),
		schema.May("file", schema.Text("path of a file that holds it")), schema.May("credential", schema.Like(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`, "name in the store of credentials")))
	s.Rules = []map[string]any{schema.ExactlyOne("env", "file", "credential")}
	return s
}

func directorySchema() *schema.Schema {
	scope := schema.List("what to read; required with url", schema.Mapping("a subtree", schema.Must("ou", schema.Text("distinguished name of an OU, or of the domain")),
		schema.May("filter", schema.Text("LDAP filter; only for directories with url")),
		schema.May("excludedFromOtherEngine", schema.Truth("Entra Connect does not synchronise it, so objects may be created from it"))))
	scope.MinItems = 1
	s := schema.Mapping("a directory: one of url, ldif and snapshot",
		schema.Must("name", schema.Like(name.String(), "what reports call it")), schema.May("url", schema.Like(`^ldaps?://[^/@?#]+/?$`, "ldaps://dc1.contoso.example, or ldap:// with StartTLS")),
		schema.May("ldif", schema.Text("path of an export")), schema.May("snapshot", schema.Text("path of a saved snapshot")),
		schema.May("domain", schema.Text("DNS name of the domain; with ldif")), schema.May("ca", schema.Text("path of a PEM file; with url")),
		schema.May("serverName", schema.Text("name in the server's certificate; with url")),
		schema.May("auth", schema.Mapping("how to sign in; required with url", schema.Must("bind", schema.OneOf("kind of bind", "simple")),
			schema.Must("user", schema.Text("account")), schema.Must("password", secretSchema("where the password is")))),
		schema.May("scope", scope))
	s.Rules = []map[string]any{schema.ExactlyOne("url", "ldif", "snapshot"), given("url", "auth", "scope"),
		schema.NotTogether("url", "domain")}
	for _, file := range []string{"ldif", "snapshot"} {
		for _, k := range []string{"auth", "ca", "serverName"} {
			s.Rules = append(s.Rules, schema.NotTogether(file, k))
		}
	}
	s.Rules = append(s.Rules, schema.NotTogether("snapshot", "scope"), schema.NotTogether("snapshot", "domain"))
	return s
}

// given says that where a key stands, others must stand too.
func given(key string, others ...string) map[string]any {
	return map[string]any{"if": map[string]any{"required": []string{key}}, "then": map[string]any{"required": others}}
}

func tenantSchema() *schema.Schema {
	certificate := schema.Mapping("a certificate", schema.Must("file", schema.Text("path of a PEM or PFX file")), schema.May("password", secretSchema("where its password is")))
	workload := &schema.Schema{Description: "a workload's identity", AnyOf: []*schema.Schema{schema.Truth(""),
		schema.Mapping("with the file of its token", schema.May("tokenFile", schema.Text("path")))}}
	auth := schema.Mapping("how to sign in: one of secret, certificate and the identities", schema.May("clientId", schema.Like(guidPattern, "the app registration")),
		schema.May("secret", secretSchema("where the client secret is")), schema.May("certificate", certificate), schema.May(WorkloadIdentity, workload),
		schema.May(ManagedIdentity, schema.Truth("the machine's own identity")), schema.May(DeviceCode, schema.Truth("a person with a code")),
		schema.May(AzureCLI, schema.Truth("whoever signed in with az")))
	applyAuth := &schema.Schema{}
	*applyAuth = *auth
	applyAuth.Description = "how those sign in who write, where that is another way: likewise"
	s := schema.Mapping("the Microsoft 365 tenant", schema.Must("id", schema.Like(guidPattern, "its GUID")), schema.May("cloud", schema.OneOf("which cloud", clouds...)),
		schema.May("url", schema.Like(`^http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?$`, "of a rehearsal tenant on this machine")), schema.May("auth", auth),
		schema.May("applyAuth", applyAuth),
		schema.May("exchange", schema.Truth("whether Exchange Online is connected too")),
		schema.May("proxy", schema.Like(`^(none|https?://[^/@?]+/?)$`, "http://proxy.contoso.example:8080, or none")), schema.May("ca", schema.Text("path of a PEM file with further authorities")))
	s.Rules = []map[string]any{schema.AtLeastOne("auth", "url")}
	return s
}

func guardsSchema() *schema.Schema {
	const most = 1<<31 - 1
	limit := &schema.Schema{Description: "the smaller one stops a plan", AnyOf: []*schema.Schema{schema.OneOf("no limit", "off"),
		schema.Mapping("a limit", schema.May("count", schema.Number("objects", 1, most)), schema.May("percent", schema.Number("of the managed", 1, 100)))}}
	keys := []schema.Key{schema.May("minimumPopulation", schema.Number("from how many objects on percentages count", 1, most))}
	for _, g := range engine.GuardNames() {
		if g != engine.GuardSeats && g != engine.GuardProtected {
			keys = append(keys, schema.May(g, limit))
		}
	}
	return schema.Mapping("what a plan may change at most", keys...)
}

func protectedSchema() *schema.Schema {
	x := schema.Mapping("an object or several", schema.May("objectGUID", schema.Like(guidPattern, "an object")), schema.May("userPrincipalName", schema.Text("a user")),
		schema.May("group", schema.Text("the members of a group")), schema.May("ou", schema.Text("what lies below an OU")))
	x.Rules = []map[string]any{schema.ExactlyOne("objectGUID", "userPrincipalName", "group", "ou")}
	return schema.List("objects that nothing is taken away from without a person's word", x)
}

func approvalsSchema() *schema.Schema {
	return schema.Mapping("what a plan needs before it is applied", schema.Must("required", schema.Truth("whether a plan must be approved")),
		schema.May("by", schema.List("accounts whose approval counts", schema.Text("an account"))), schema.May("count", schema.Number("how many approvals", 1, 20)),
		schema.May("notPlanner", schema.Truth("who made the plan cannot approve it")), schema.May("valid", schema.Like(`^[1-9]\d{0,4}[hd]$`, "how long an approval counts: 72h, 14d")))
}

func suppressionsSchema() *schema.Schema {
	x := schema.Mapping("a finding of validate that is accepted", schema.Must("check", schema.Text("id of the check")), schema.Must("object", schema.Text("the object")),
		schema.Must("reason", schema.Text("why")), schema.Must("owner", schema.Text("who answers for it")),
		schema.Must("until", schema.Like(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, "last day")))
	return &schema.Schema{Description: "findings of validate that are silenced", AnyOf: []*schema.Schema{schema.Text("path of a file of kind Suppressions"), schema.List("", x)}}
}

func credentialsSchema() *schema.Schema {
	s := schema.Mapping("where credentials are kept", schema.Must("file", schema.Text("path of a file that is encrypted with age")),
		schema.May("identity", schema.Text("path of an age identity that opens it")), schema.May("passphrase", secretSchema("where the passphrase is")))
	s.Rules = []map[string]any{schema.NotTogether("identity", "passphrase")}
	return s
}

func passwordsSchema() *schema.Schema {
	return schema.Mapping("where first passwords go that policies make", schema.Must("sink", schema.OneOf("how they are handed over", handover.Sinks()...)),
		schema.May("to", schema.List("who they are for, as the sink wants it", schema.Text("a recipient"))), schema.May("folder", schema.Text("where the files go")),
		schema.May("from", schema.Text("address of the sender")), schema.May("for", schema.OneOf("who can open it", "account", "machine")))
}
