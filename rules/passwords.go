package rules

import (
	"cmp"
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Passwords lists how the policies and exceptions wish first passwords to come about, each wish once, in the order of their
// text form. It is empty when nobody is told the passwords of new accounts.
func (s *Set) Passwords() []cloud.Password {
	var out []cloud.Password
	take := func(key string, v cloud.Value) {
		if key != passwordKey || v.IsNothing() {
			return
		}
		if p, err := cloud.ParsePassword(v.Text()); err == nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, p := range s.policies {
		for _, d := range p.decisions {
			for _, r := range append(slices.Clone(d.rules), d.fallback) {
				for _, a := range r.assignments() {
					take(a.property.Name, a.value)
				}
			}
		}
	}
	for _, x := range s.exceptions {
		for _, e := range x.Entries {
			take(e.Key, e.Value)
		}
	}
	slices.SortFunc(out, func(a, b cloud.Password) int { return cmp.Compare(a.String(), b.String()) })
	return out
}
