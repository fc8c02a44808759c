package rules

import "github.com/coexistsync/coexist/directory/cloud"

// Acts says for which objects something has an effect. Objects that coexist makes and owns are in provision mode; objects
// that another engine masters, such as Entra Connect, are in activate mode, and only what the cloud masters can be set there.
type Acts string

// The modes in which keys act, and in which a policy may say that its objects are.
const (
	ActsProvision Acts = "provision"
	ActsActivate  Acts = "activate"
	ActsBoth      Acts = "both"
)

// ActsIn says in which mode a key of a decision acts; key is "" for decisions of modes first and collect. It is "" for a key
// that the decision does not have.
func ActsIn(decision, key string) Acts {
	activate := false
	switch decision {
	case CloudType, Leave: // the other engine decides what its objects are and when they go
		if key != "" {
			return ""
		}
	case Groups: // members of groups that live in the cloud, whoever masters the member
		if key != "" {
			return ""
		}
		activate = true
	case UsageLocation, Licenses:
		p := cloud.Row(decision)
		if p == nil || key != "" {
			return ""
		}
		activate = p.Activate
	default:
		p, ok := propertyOf(decision, key)
		if !ok {
			return ""
		}
		activate = p.Activate
	}
	if activate {
		return ActsBoth
	}
	return ActsProvision
}

// propertyOf finds a key of a decision of mode merge.
func propertyOf(decision, key string) (cloud.Property, bool) {
	keys, properties := keysOf(decision)
	for i, k := range keys {
		if k == key {
			return properties[i], true
		}
	}
	return cloud.Property{}, false
}
