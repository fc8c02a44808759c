package rules

import "slices"

// Properties gives the names of the cloud properties that some rule may set, sorted. Targets must be read for these.
func (s *Set) Properties() []string {
	var names []string
	for _, p := range s.policies {
		for _, d := range p.decisions {
			switch d.name {
			case UsageLocation, Licenses:
				names = append(names, d.name)
			}
			names = append(names, d.keys...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
