package cloud

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// Object is one object of a tenant. Properties holds what was read, sorted by name; a property that was asked for and is
// absent has no value. Reference properties hold ids.
type Object struct {
	ID         string // object id, a lower-case GUID
	Type       Type
	Anchor     directory.Anchor // onPremisesImmutableId of users, uniqueName of groups; "" when unset
	SID        string           // onPremisesSecurityIdentifier, "" when unset
	Mail       string           // the primary address as the cloud calculated it
	Proxies    []string         // proxyAddresses with their prefixes, in the order given
	Synced     bool             // onPremisesSyncEnabled: another engine masters it
	CloudOwned bool             // onPremisesSyncBehavior/isCloudManaged: cloud-managed on purpose
	Admin      bool             // holds a directory role; never soft-matched
	Deleted    bool             // lies in deleted items
	Inherited  []string         // SKU ids that come from a group, not to be removed from the user
	Recipient  *Recipient       // what Exchange Online says about it; nil when it does not know it, or was not asked
	Properties []Set
}

// Set is one property with its value.
type Set struct {
	Name  string
	Value Value
}

// Get gives the value of a property, nothing when the object has none.
func (o *Object) Get(name string) Value {
	if i, ok := slices.BinarySearchFunc(o.Properties, name, func(s Set, n string) int { return strings.Compare(s.Name, n) }); ok {
		return o.Properties[i].Value
	}
	return Value{}
}

// Put sets a property, keeping the order; setting nothing removes it.
func (o *Object) Put(name string, v Value) {
	i, ok := slices.BinarySearchFunc(o.Properties, name, func(s Set, n string) int { return strings.Compare(s.Name, n) })
	switch {
	case ok && v.IsNothing():
		o.Properties = slices.Delete(o.Properties, i, i+1)
	case ok:
		o.Properties[i].Value = v
	case !v.IsNothing():
		o.Properties = slices.Insert(o.Properties, i, Set{name, v})
	}
}

// Name gives what people call the object: display name, else UPN, else id.
func (o *Object) Name() string {
	for _, n := range []string{"displayName", "userPrincipalName"} {
		if s := o.Get(n).Text(); s != "" {
			return s
		}
	}
	return o.ID
}
