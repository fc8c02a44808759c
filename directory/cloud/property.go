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
// Graph property, for Exchange the policy's own short key. Forms of values that more than the name tells stand beside the
// rows of the table.
type Property struct {
	Name      string
	Decision  string    // the policy decision that sets it: attributes, mail, account, usageLocation, licenses
	Kind      ValueKind // what it takes
	Directory Directory // who masters it in the cloud, on objects that Entra makes; MasteredBy says it for a type
	Users     bool      // user objects have it
	Groups    bool      // Graph groups have it
	Contacts  bool      // mail contacts have it
	Only      []Type    // the types that have it, where Users, Groups and Contacts say too much or too little; nil otherwise
	Activate  bool      // may be set on objects that another engine masters; Settable says it for one object
	// Withheld says that Exchange refuses to change it on an object that a directory masters, unless its mail properties are
	// managed in the cloud (Recipient.CloudManaged). Source: "Directory-synced objects", the object "is being synchronized
	// from your on-premises organization".
	Withheld bool
	// WriteOnly says that it cannot be read back; what was set when the object was made is never compared.
	WriteOnly bool
	Required  bool     // must have a value when an object is made; cannot be cleared afterwards
	Fixed     bool     // can be set only when the object is made
	MaxLen    int      // in characters, 0 for no limit known
	FoldCase  bool     // values that differ in case alone are the same
	Enum      []string // the only values accepted, empty for any
	// Shared says that others write into the set too: coexist adds what is wished, and takes away what it added itself.
	Shared bool
	// Facet is the kind of request that writes the property; properties of one facet of one object change together, those of
	// different facets in changes of their own. "" is the object itself.
	Facet Facet
	// NeedsMailbox says that only mailboxes have it. A change of it waits as a delayed task until the mailbox is there.
	NeedsMailbox bool
	// Costly says that reading it takes requests per object: it is read after the join, for the objects that need it.
	Costly bool
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
