package validate

import (
	"cmp"
	"slices"

	"github.com/coexistsync/coexist/engine/plan"
)

// Mending collects the values that findings propose, by object, so that each value is replaced once. It takes findings in
// any order and gives the same result.
type Mending struct{ mends []Mend }

// Mend is one value of one object to be replaced, or added.
type Mend struct {
	Object plan.Object
	Fix
	Checks []string // that ask for it, by ID
}

// Add takes over what a finding proposes, if it does.
func (m *Mending) Add(f Finding) {
	if f.Fix != nil && f.Object.DN != "" && f.Fix.Before != f.Fix.After {
		m.mends = append(m.mends, Mend{f.Object, *f.Fix, []string{f.Check}})
	}
}

// All gives the mends, by object and attribute. Where findings propose different values in place of one, the value that
// somebody has to look at wins, since it mends more; what another one leaves is found the next time.
func (m *Mending) All() []Mend {
	list := slices.Clone(m.mends)
	slices.SortFunc(list, func(a, b Mend) int {
		return cmp.Or(cmp.Compare(a.Object.Anchor, b.Object.Anchor), cmp.Compare(a.Object.DN, b.Object.DN), cmp.Compare(a.Attribute, b.Attribute),
			cmp.Compare(a.Before, b.Before), boolean(a.Safe)-boolean(b.Safe), cmp.Compare(a.Checks[0], b.Checks[0]), cmp.Compare(a.After, b.After))
	})
	var out []Mend
	for _, x := range list {
		n := len(out) - 1
		if n < 0 || out[n].Object.DN != x.Object.DN || out[n].Attribute != x.Attribute || out[n].Before != x.Before {
			x.Checks = slices.Clone(x.Checks)
			out = append(out, x)
			continue
		}
		if out[n].After == x.After && !slices.Contains(out[n].Checks, x.Checks[0]) {
			out[n].Checks = append(out[n].Checks, x.Checks...)
			slices.Sort(out[n].Checks)
		}
	}
	return out
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
