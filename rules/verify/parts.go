package verify

import (
	"slices"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// PartCoverage counts what came of a truth value within an expression: a comparison, a call, or what && and || make of
// others. One that stands in a named condition is counted once, wherever the condition is used.
type PartCoverage struct {
	File  string   `json:"file"`
	Line  int      `json:"line"`
	Col   int      `json:"col"`
	Text  string   `json:"text"`
	Rules []string `json:"rules,omitempty"` // in whose expressions it stands; none for a part of scopes and decisions' own conditions only
	True  int      `json:"true"`
	False int      `json:"false"`
}

// Lacks says what no test has seen of a part.
func (p *PartCoverage) Lacks() string {
	switch {
	case p.True == 0 && p.False == 0:
		return "never evaluated"
	case p.True == 0:
		return "never true"
	}
	return "never false"
}

// place names a part by where it is written; several parts can begin in one place.
type place struct {
	file      string
	line, col int
	text      string
}

func placeOf(p *rules.Part) place { return place{p.File, p.Line, p.Col, p.Text} }

// sighting is what a case has seen of a part.
type sighting struct {
	at          place
	true, false bool
}

// parts lists the parts of a set that are branches, in the order of its expressions.
func (c *Coverage) parts(list []*rules.Breakdown) {
	for _, x := range list {
		within := wholes(x)
		for i := range x.Parts {
			if !branches(x, i, within[i]) {
				continue
			}
			p := &x.Parts[i]
			at, known := c.places[placeOf(p)]
			if !known {
				at = len(c.Parts)
				c.places[placeOf(p)] = at
				c.Parts = append(c.Parts, PartCoverage{File: p.File, Line: p.Line, Col: p.Col, Text: p.Text})
			}
			if y := &c.Parts[at]; x.Rule != "" && !slices.Contains(y.Rules, x.Rule) {
				y.Rules = append(y.Rules, x.Rule)
			}
		}
	}
}

// wholes gives of each part the one that it belongs to, -1 of the whole.
func wholes(x *rules.Breakdown) []int {
	out := make([]int, len(x.Parts))
	if len(out) > 0 {
		out[0] = -1
	}
	for i := range x.Parts {
		for _, part := range x.Parts[i].Parts {
			out[part] = i
		}
	}
	return out
}

// branches reports whether a part is counted. The whole of a condition is counted with its rule or decision, that of a value
// is no branch, a negation comes out as its operand does, and an attribute that a comparison or a call reads is only read.
func branches(x *rules.Breakdown, i, whole int) bool {
	p := &x.Parts[i]
	switch {
	case !p.Truth || p.Operator == "!":
		return false
	case i == 0:
		return x.Decision == "" // of a scope nothing else counts
	case p.LDAP != "" && x.Parts[whole].Truth && x.Parts[whole].Operator == "":
		return false
	}
	return true
}

// see adds what a case has seen.
func (c *Coverage) see(list []sighting) {
	for _, s := range list {
		if i, ok := c.places[s.at]; ok {
			if s.true {
				c.Parts[i].True++
			}
			if s.false {
				c.Parts[i].False++
			}
		}
	}
}

// excused reports whether all rules in whose expressions a part stands are said to be out of reach.
func (c *Coverage) excused(p *PartCoverage) bool {
	return len(p.Rules) > 0 && !slices.ContainsFunc(p.Rules, func(id string) bool { return c.Rules[c.index[id]].Argued == "" })
}

// counted gives the parts for whose rules only gives true; nil is all.
func (c *Coverage) counted(only func(rule string) bool) (out []*PartCoverage) {
	for i := range c.Parts {
		p := &c.Parts[i]
		if !c.excused(p) && (only == nil || slices.ContainsFunc(p.Rules, only)) {
			out = append(out, p)
		}
	}
	return out
}

// observer gives one for an instant; making it compiles the policies anew.
func (r *runner) observer(asOf time.Time) (*rules.Observer, error) {
	if o := r.observers[asOf]; o != nil {
		return o, nil
	}
	o, err := r.set.NewObserver(r.suites.schema, asOf)
	if err == nil {
		r.observers[asOf] = o
	}
	return o, err
}

// sightings evaluates a case once more, part by part. Scopes count for every case, other expressions for those that expect
// something of their decision.
func (r *runner) sightings(c *testCase) ([]sighting, error) {
	o, err := r.observer(c.asOf)
	if err != nil {
		return nil, err
	}
	seen := o.Observe(c.subject.input(c.object, r.groups))
	var out []sighting
	for _, x := range seen.Expressions {
		if x.Decision != "" && !slices.ContainsFunc(c.expect, func(e expectation) bool { return e.decision == x.Decision }) {
			continue
		}
		for i, s := range x.Seen {
			if p := &x.Parts[i]; p.Truth && s.Times > 0 {
				out = append(out, sighting{placeOf(p), s.True > 0, s.True < s.Times})
			}
		}
	}
	return out, nil
}
