package rules

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
)

// prior gives what is known of a decision from earlier runs; nothing where nothing was carried out.
func (in *Input) prior(decision string) Prior {
	for i := range in.Priors {
		if in.Priors[i].Decision == decision {
			return in.Priors[i]
		}
	}
	return Prior{}
}

// known reports whether anything was carried out.
func (p Prior) known() bool { return p.Decision != "" }

// unreadable reports whether an attribute could not be read of the object.
func (in *Input) unreadable(ldap string) bool {
	return slices.ContainsFunc(in.Unreadable, func(name string) bool { return directory.EqualFold(name, ldap) })
}
