package cloud

import (
	"strings"
)

// ValueKind is the kind of value that a property takes.
type ValueKind uint8

// The kinds of values. Reference is a text naming another object: in a source the DN, in a desired state and a plan the
// other object's anchor, in a tenant its id. References is a set of such.
const (
	TextKind ValueKind = iota
	TruthKind
	NumberKind
	TextsKind
	LicensesKind
	ReferenceKind
	ReferencesKind
)

// Property is one row of the table of what coexist can manage. Name is what policies and plans call it: for Entra the
// Graph property, for Exchange the policy's own short key.
type Property struct {
	Name      string
	Decision  string    // the policy decision that sets it: attributes, mail, account, usageLocation, licenses
	Kind      ValueKind // what it takes
	Directory Directory // who masters it in the cloud
	Users     bool      // user objects have it
	Groups    bool      // Graph groups have it
	Contacts  bool      // mail contacts have it
	Activate  bool      // may be set on objects that another engine masters
	Required  bool      // must have a value when an object is made; cannot be cleared afterwards
	Fixed     bool      // can be set only when the object is made
	MaxLen    int       // in characters, 0 for no limit known
	FoldCase  bool      // values that differ in case alone are the same
	Enum      []string  // the only values accepted, empty for any
}

// On reports whether objects of a type have the property.
func (p *Property) On(t Type) bool {
	switch {
	case t.IsGroup():
		return p.Groups
	case t == MailContact:
		return p.Contacts
	}
	return p.Users
}

// Same reports whether the cloud would take two values of the property as the same.
func (p Property) Same(a, b Value) bool {
	if a.Equal(b) {
		return true
	}
	if !p.FoldCase {
		return false
	}
	x, y := a.Texts(), b.Texts()
	if x == nil && y == nil {
		return a.Text() != "" && strings.EqualFold(a.Text(), b.Text())
	}
	return Texts(fold(x)).Equal(Texts(fold(y)))
}

func fold(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// Properties lists every property that coexist can manage. Limits: Microsoft Graph v1.0, resources user and group.
func Properties() []Property { return properties }

// PropertyNamed finds a property of a decision by its name; names are case-sensitive.
func PropertyNamed(decision, name string) (Property, bool) {
	p, ok := Lookup(name)
	return p, ok && p.Decision == decision
}

// Lookup finds a property by its name alone; no two decisions set a property of the same name.
func Lookup(name string) (Property, bool) {
	i, ok := byName[name]
	if !ok {
		return Property{}, false
	}
	return properties[i], true
}

// Row gives the row of the table for a property, which belongs to the table; nil when there is none. It serves where
// copying rows would cost more than using them.
func Row(name string) *Property {
	i, ok := byName[name]
	if !ok {
		return nil
	}
	return &properties[i]
}

var byName = func() map[string]int {
	m := make(map[string]int, len(properties))
	for i, p := range properties {
		m[p.Name] = i
	}
	return m
}()

// userText is a text property of users that Entra masters.
func userText(name string, limit int) Property {
	return Property{Name: name, Decision: "attributes", Kind: TextKind, Directory: Entra, Users: true, MaxLen: limit}
}

// mailKey is a setting of mailboxes and mail recipients that Exchange Online masters.
func mailKey(name string, kind ValueKind) Property {
	return Property{Name: name, Decision: "mail", Kind: kind, Directory: Exchange, Users: true, Groups: true, Contacts: true, Activate: true}
}

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
	{Name: "businessPhones", Decision: "attributes", Kind: TextsKind, Directory: Entra, Users: true, MaxLen: 64},
	userText("mobilePhone", 64),
	userText("faxNumber", 64),
	userText("preferredLanguage", 0),
	userText("extensionAttribute1", 1024),
	userText("extensionAttribute2", 1024),
	userText("extensionAttribute3", 1024),
	userText("extensionAttribute4", 1024),
	userText("extensionAttribute5", 1024),
	userText("extensionAttribute6", 1024),
	userText("extensionAttribute7", 1024),
	userText("extensionAttribute8", 1024),
	userText("extensionAttribute9", 1024),
	userText("extensionAttribute10", 1024),
	userText("extensionAttribute11", 1024),
	userText("extensionAttribute12", 1024),
	userText("extensionAttribute13", 1024),
	userText("extensionAttribute14", 1024),
	userText("extensionAttribute15", 1024),
	{Name: "manager", Decision: "attributes", Kind: ReferenceKind, Directory: Entra, Users: true},
	{Name: "description", Decision: "attributes", Directory: Entra, Groups: true, MaxLen: 1024},
	{Name: "members", Decision: "attributes", Kind: ReferencesKind, Directory: Entra, Groups: true},
	{Name: "owners", Decision: "attributes", Kind: ReferencesKind, Directory: Entra, Groups: true},

	{Name: "accountEnabled", Decision: "account", Kind: TruthKind, Directory: Entra, Users: true, Required: true},

	{Name: "usageLocation", Decision: "usageLocation", Directory: Entra, Users: true, Activate: true, MaxLen: 2},
	{Name: "licenses", Decision: "licenses", Kind: LicensesKind, Directory: Entra, Users: true, Activate: true},

	mailKey("primaryAddress", TextKind),
	mailKey("addresses", TextsKind),
	mailKey("externalAddress", TextKind),
	mailKey("alias", TextKind),
	mailKey("hidden", TruthKind),
	mailKey("litigationHold", TruthKind),
	mailKey("archive", TruthKind),
	mailKey("forwardTo", TextKind),
	mailKey("forwardKeepCopy", TruthKind),
	mailKey("pop", TruthKind),
	mailKey("imap", TruthKind),
	mailKey("mapi", TruthKind),
	mailKey("owa", TruthKind),
	mailKey("activeSync", TruthKind),
	mailKey("smtpAuth", TruthKind),
	{Name: "richText", Decision: "mail", Directory: Exchange, Users: true, Contacts: true, Activate: true, Enum: []string{"always", "never", "default"}},
	mailKey("fullAccess", ReferencesKind),
	mailKey("sendAs", ReferencesKind),
	mailKey("sendOnBehalf", ReferencesKind),
	mailKey("moderated", TruthKind),
	mailKey("moderators", ReferencesKind),
	mailKey("acceptFrom", ReferencesKind),
	mailKey("rejectFrom", ReferencesKind),
	mailKey("requireSenderAuth", TruthKind),
	mailKey("maxSendMB", NumberKind),
	mailKey("maxReceiveMB", NumberKind),
}
