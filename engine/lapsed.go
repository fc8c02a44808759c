package engine

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// lapsed gives changes their reason that follow from the end of an exception: it wanted what there is. priors are those of the
// object.
func lapsed(r *diff.Result, priors []rules.Prior, out *rules.Outcome) {
	for n := range out.Decisions {
		d := &out.Decisions[n]
		if d.Lapsed == nil {
			continue
		}
		for i := range r.Changes {
			for j := range r.Changes[i].Attributes {
				a := &r.Changes[i].Attributes[j]
				if a.Reason == plan.Changed && wantedBy(d, a, priors) {
					a.Reason = plan.ExceptionOver
					a.Because = append(slices.Clip(a.Because), plan.Because{Decision: d.Name, Policy: out.Policy, Rule: d.Lapsed.ID, File: d.Lapsed.File, Line: d.Lapsed.Line})
				}
			}
		}
	}
}

// wantedBy reports whether the exception that a decision passed over wanted what an attribute was before. Of one that froze
// the decision all of it is taken to be so.
func wantedBy(d *rules.Decision, a *plan.Attribute, priors []rules.Prior) bool {
	x, row := d.Lapsed, cloud.Row(a.Name)
	switch {
	case a.Name == cloud.TypeProperty && d.Name == rules.CloudType:
	case row == nil || row.Decision != d.Name:
		return false
	}
	if x.Freeze {
		return true
	}
	switch d.Name {
	case rules.CloudType, rules.UsageLocation:
		return a.Before.Text() == x.Text
	case rules.Licenses:
		return slices.ContainsFunc(priors, func(p rules.Prior) bool { return p.Decision == d.Name && slices.Equal(p.List, x.List) })
	}
	return slices.ContainsFunc(x.Entries, func(e rules.Entry) bool {
		if e.Key != a.Name {
			return false
		}
		v, err := row.Canonical(e.Value)
		return len(e.Refs) > 0 || err == nil && v.Equal(a.Before)
	})
}
