package rules

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Properties gives the names of the cloud properties that some rule may set and that can be read, sorted. Targets must be read for
// these.
func (s *Set) Properties() []string {
	var names []string
	for _, p := range s.policies {
		for _, d := range p.decisions {
			switch d.name {
			case UsageLocation, Licenses, Groups:
				if cloud.Row(d.name) != nil {
					names = append(names, d.name)
				}
			}
			for _, key := range d.keys {
				if !cloud.Row(key).WriteOnly {
					names = append(names, key)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
