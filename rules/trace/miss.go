package trace

import (
	"slices"

	"github.com/coexistsync/coexist/rules"
)

// Miss is the rule that came nearest to deciding. Its changes are a fewest: no smaller number of sub-conditions would do.
type Miss struct {
	Rule      rules.Origin // the zero Origin where the decision itself does not apply
	Changes   []Change
	Dates     bool // its dates exclude the day, which counts as one more change
	Otherwise bool // some of the changes keep a rule from deciding that stands before it
}

// Change is a sub-condition that would have to come out the other way.
type Change struct {
	Text      string // as written
	To        bool   // what it would have to give
	Unknown   bool   // what it gives cannot be told
	File      string
	Line, Col int
}

// size is how far away a miss is.
func (m *Miss) size() int {
	n := len(m.Changes)
	if m.Dates {
		n++
	}
	return n
}

// misses finds the nearest miss of each decision.
func (t *Tracer) misses(out *Trace) {
	for i := range out.Decisions {
		d := &out.Decisions[i]
		if d.Exception != nil && d.Mode != rules.Merge {
			continue // whatever the rules say, the exception decides
		}
		s := &search{tracer: t, policy: out.Policy, decision: d}
		switch d.Status {
		case rules.NotApplicable:
			if x := t.by[conditionKey(out.Policy, d.Name, "")]; x != nil {
				s.take(rules.Origin{}, false, false, solve(s.formula(x, d.When).ask(t.observer), true))
			}
		case rules.Decided:
			s.rules()
		}
		d.Miss = s.best
	}
}

// search looks for the nearest miss of one decision.
type search struct {
	tracer   *Tracer
	policy   string
	decision *Decision
	best     *Miss
}

// bound is what a further miss must stay below.
func (s *search) bound() int {
	if s.best == nil {
		return 1 << 30
	}
	return s.best.size()
}

// take keeps a miss that is nearer than the best; among equals the first stays.
func (s *search) take(o rules.Origin, dates, otherwise bool, changes []Change) {
	m := &Miss{Rule: o, Changes: changes, Dates: dates, Otherwise: otherwise}
	if changes == nil && !dates || m.size() >= s.bound() {
		return
	}
	s.best = m
}

// rules looks at the rules that did not decide.
func (s *search) rules() {
	d := s.decision
	decided := slices.IndexFunc(d.Rules, func(r Rule) bool { return r.Verdict == rules.True })
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.Default || d.Mode == rules.First && i >= decided {
			break
		}
		s.rule(r)
	}
	if d.Mode == rules.First && decided >= 0 && !d.Rules[decided].Default && s.bound() > 1 {
		s.later(decided)
	}
}

// rule looks at one rule whose condition is not true, or whose dates exclude the day.
func (s *search) rule(r *Rule) {
	x := s.tracer.by[conditionKey(s.policy, s.decision.Name, r.Origin.Rule)]
	dates := r.Verdict == rules.NotInForce
	if x == nil || r.Verdict != rules.False && !dates || s.bound() <= 1 {
		return
	}
	f := s.formula(x, r.When)
	if !dates && f.least(true) >= s.bound() {
		return
	}
	f.ask(s.tracer.observer)
	if dates && f.value() == yes {
		s.take(r.Origin, true, false, nil)
		return
	}
	s.take(r.Origin, dates, false, solve(f, true))
}

// later looks at the rules behind the one that decided: it, and every true one between, would have to be false.
func (s *search) later(decided int) {
	d := s.decision
	var before []*formula
	for i := decided; i < len(d.Rules); i++ {
		r := &d.Rules[i]
		if r.Default {
			s.take(r.Origin, false, true, solve(none(before), true))
			return
		}
		x := s.tracer.by[conditionKey(s.policy, d.Name, r.Origin.Rule)]
		if x == nil || i > decided && (r.About.From != "" || r.About.Until != "") {
			return // whether it is in force was not looked at
		}
		f := s.formula(x, r.When).ask(s.tracer.observer)
		if i > decided {
			s.take(r.Origin, false, true, solve(&formula{op: "&&", parts: []*formula{none(before), f}}, true))
			if f.value() != no || s.bound() <= len(before) {
				return
			}
		}
		before = append(before, f)
	}
}

// none says that none of some conditions holds.
func none(list []*formula) *formula {
	f := &formula{op: "&&"}
	for _, x := range list {
		f.parts = append(f.parts, &formula{op: "!", parts: []*formula{x}})
	}
	return f
}

// formula gives a condition as its sub-conditions and how they combine, with what they gave; seen is nil for a condition that
// was not looked at. What was not reached is not asked for yet.
func (s *search) formula(x *rules.Breakdown, seen *rules.Observed) *formula {
	f := s.tracer.formulas[x]
	if f == nil {
		f = part(x, 0)
		f.repeats()
		s.tracer.formulas[x] = f
	}
	f.refresh(seen)
	return f
}

// part makes the formula of a part.
func part(x *rules.Breakdown, at int) *formula {
	p := &x.Parts[at]
	want := map[string]int{"!": 1, "?": 3}[p.Operator]
	if p.Operator == "" || !p.Truth || want > 0 && len(p.Parts) != want || want == 0 && len(p.Parts) < 2 {
		return &formula{of: x, at: at, change: Change{Text: p.Text, File: p.File, Line: p.Line, Col: p.Col}}
	}
	f := &formula{op: p.Operator}
	for _, i := range p.Parts {
		f.parts = append(f.parts, part(x, i))
	}
	return f
}

// refresh takes over what the sub-conditions gave for an object.
func (f *formula) refresh(seen *rules.Observed) {
	for _, p := range f.parts {
		p.refresh(seen)
	}
	if f.op != "" {
		return
	}
	f.is, f.open = unknown, true
	if seen != nil && seen.Seen[f.at].Times == 1 && seen.Err == nil {
		f.is, f.open = truth(seen.Seen[f.at].True == 1), false
	}
}

// ask finds out what the sub-conditions would have given that were not reached.
func (f *formula) ask(o *rules.Observer) *formula {
	for _, p := range f.parts {
		p.ask(o)
	}
	if f.open {
		f.open = false
		if v, ok := o.Probe(f.of, f.at); ok {
			b, _ := v.(bool)
			f.is = truth(b)
		}
	}
	return f
}
