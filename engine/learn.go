package engine

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// What is remembered of decisions comes from two sides. A change settles those that it carries out, in the moment that it is
// done; a complete plan teaches those that it finds to be so in the cloud, and which values wait for the hold of their rule.

// memo shares outcomes that many objects have.
type memo struct {
	byText map[string][]ledger.Decided
	key    []byte
	list   []ledger.Decided
}

// shared gives a copy of a list that outlives the evaluation of its object.
func (m *memo) shared(list []ledger.Decided) []ledger.Decided {
	if len(list) == 0 {
		return nil
	}
	m.key = m.key[:0]
	for _, d := range list {
		m.key = appendTexts(m.key, d.Decision, d.Text)
		m.key = append(appendTexts(m.key, d.List...), ';')
	}
	out, ok := m.byText[string(m.key)]
	if !ok {
		out = slices.Clone(list)
		for i := range out {
			out[i].List = slices.Clone(out[i].List)
		}
		if m.byText == nil {
			m.byText = map[string][]ledger.Decided{}
		}
		m.byText[string(m.key)] = out
	}
	return out
}

// rememberable reports whether a decision is one whose outcome is remembered; that of leave stands in the ledger, and those
// of properties with them.
func rememberable(decision string) bool {
	switch decision {
	case rules.CloudType, rules.UsageLocation, rules.Licenses, rules.Groups:
		return true
	}
	return false
}

// learn notes what a complete plan teaches of the decisions about the object at index i. settled says whether the cloud is as
// a decision wants it.
func (k *worker) learn(o *outcome, i int, out *rules.Outcome, settled func(decision string) bool) {
	if k.in.Selection != nil || k.in.Preview {
		return
	}
	l := ledger.Lesson{Anchor: k.in.Snapshot.Anchor(i)}
	list := k.memo.list[:0]
	for n := range out.Decisions {
		d := &out.Decisions[n]
		if !rememberable(d.Name) || d.Status == rules.Held {
			continue // what cannot be decided says nothing, neither that a value is wanted nor that it is not
		}
		so := d.Status == rules.Decided && d.Pending == nil && settled(d.Name)
		if so {
			now := ledger.Decided{Decision: d.Name, Text: d.Text, List: d.List}
			if was, ok := k.priors.stored(i, d.Name); !ok || !was.Equal(now) {
				list = append(list, now)
			}
		}
		k.waits(&l, i, d, so)
	}
	slices.SortFunc(list, func(a, b ledger.Decided) int { return strings.Compare(a.Decision, b.Decision) })
	k.memo.list = list
	if l.Decided = k.memo.shared(list); len(l.Decided)+len(l.Pending)+len(l.Over) > 0 {
		o.lessons = append(o.lessons, l)
	}
}

// waits notes whether a value of a decision waits. One whose hold is over stays noted until it is carried out, or its hold
// would begin anew.
func (k *worker) waits(l *ledger.Lesson, i int, d *rules.Decision, settled bool) {
	var prior rules.Prior
	for _, p := range k.priors.Of(i) {
		if p.Decision == d.Name {
			prior = p
		}
	}
	switch {
	case d.Pending != nil:
		if prior.Pending != d.Pending.Text || !prior.Since.Equal(d.Pending.Since) {
			l.Pending = append(l.Pending, ledger.Pending{Decision: d.Name, Text: d.Pending.Text, Since: d.Pending.Since})
		}
	case prior.Pending == "" || d.Status == rules.Decided && d.Text == prior.Pending && d.Text != prior.Text && !settled:
	default:
		l.Over = append(l.Over, d.Name)
	}
}

// settle notes with each change the decisions that it carries out.
func (k *worker) settle(r *diff.Result, s *desired.State, out *rules.Outcome) {
	for n := range out.Decisions {
		d := &out.Decisions[n]
		if d.Status != rules.Decided || !rememberable(d.Name) || d.Name == rules.Groups || skipped(d.Name, r.Skips) || skipped(d.Name, s.Problems) {
			continue
		}
		if c := carrier(r, d.Name); c != nil {
			one := [1]ledger.Decided{{Decision: d.Name, Text: d.Text, List: d.List}}
			if now := k.memo.shared(one[:]); c.Settles == nil {
				c.Settles = now
			} else {
				c.Settles = append(slices.Clip(c.Settles), now...)
			}
		}
	}
}

// carrier gives the change that carries a decision out, nil for none: the last one with an attribute of it, and for a type
// that needs no conversion the making of the object.
func carrier(r *diff.Result, decision string) *plan.Change {
	for i := len(r.Changes) - 1; i >= 0; i-- {
		if carries(&r.Changes[i], decision) {
			return &r.Changes[i]
		}
	}
	if decision == rules.CloudType && len(r.Changes) > 0 && r.Changes[0].Action == plan.Create {
		return &r.Changes[0]
	}
	return nil
}

// carries reports whether a change sets what a decision decides.
func carries(c *plan.Change, decision string) bool {
	switch decision {
	case rules.CloudType:
		return c.Facet == cloud.FacetType
	case rules.Licenses:
		return c.Action == plan.License
	case rules.UsageLocation:
		return slices.ContainsFunc(c.Attributes, func(a plan.Attribute) bool { return a.Name == "usageLocation" })
	}
	return false
}

// open reports whether something is still to be done, or is withheld, of what a decision wants.
func open(decision string, r *diff.Result, s *desired.State) bool {
	return slices.ContainsFunc(r.Changes, func(c plan.Change) bool {
		return carries(&c, decision) || decision == rules.CloudType && (c.Action == plan.Adopt || c.Action == plan.Restore)
	}) || skipped(decision, r.Skips) || skipped(decision, s.Problems)
}

// skipped reports whether something of a decision is among what is withheld.
func skipped(decision string, skips []plan.Skip) bool {
	return slices.ContainsFunc(skips, func(s plan.Skip) bool {
		return s.Reason != plan.OnHold && (s.Property == decision || slices.ContainsFunc(s.Because, func(b plan.Because) bool { return b.Decision == decision }))
	})
}

// bury forgets objects that are neither in the snapshot nor in the ledger. Of those that have left, nothing waits any more.
func (p *planner) bury(lost []ledger.Memory) {
	if len(lost) == 0 {
		return
	}
	owned := map[directory.Anchor]bool{}
	for _, r := range p.missing {
		owned[r.Anchor] = true
	}
	for _, d := range p.in.Snapshot.Duplicates() {
		owned[d.Anchor] = true // they are there, and cannot be told apart
	}
	for _, m := range lost {
		l := ledger.Lesson{Anchor: m.Anchor, Forget: !owned[m.Anchor]}
		for _, x := range m.Pending {
			l.Over = append(l.Over, x.Decision)
		}
		if l.Forget || len(l.Over) > 0 {
			p.lessons = append(p.lessons, l)
		}
	}
}
