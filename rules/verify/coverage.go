package verify

import (
	"errors"
	"slices"

	"github.com/coexistsync/coexist/rules"
)

// State is how far tests got with a rule.
type State string

// The states, best first.
const (
	Fired        State = "fired"         // its condition was true, or the default was reached
	NeverTrue    State = "always false"  // it was reached, and its condition never true
	Dormant      State = "not in force"  // it was reached only on days that its dates exclude
	AlwaysFailed State = "always failed" // it was reached, and its condition always failed
	Unreached    State = "never reached" // an earlier rule always decided, or no test expects anything of its decision
)

// Coverage says how far tests exercise the rules. A case counts for the decisions of which it expects something: that a
// rule ran by the way proves nothing.
type Coverage struct {
	Rules     []RuleCoverage     `json:"rules"`           // in the order of the set's policies
	Decisions []DecisionCoverage `json:"decisions"`       // those with a condition of their own, likewise
	Parts     []PartCoverage     `json:"parts"`           // truth values within expressions, in the order of these
	Stale     []Argument         `json:"stale,omitempty"` // said to be unreachable, and reached
	index     map[string]int
	places    map[place]int
	fails     map[string]string // by rule: the text after fail
}

// RuleCoverage counts the cases in which a rule came out how.
type RuleCoverage struct {
	Policy     string `json:"policy"`
	Decision   string `json:"decision"`
	Rule       string `json:"rule"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Default    bool   `json:"default,omitempty"`
	State      State  `json:"state"`
	True       int    `json:"true"` // for a default: it was reached
	False      int    `json:"false"`
	NotInForce int    `json:"notInForce,omitempty"`
	Failed     int    `json:"failed,omitempty"`
	Argued     string `json:"argued,omitempty"` // why nothing can reach it; it is then not counted
}

// DecisionCoverage counts the cases in which a decision's own condition came out how.
type DecisionCoverage struct {
	Policy   string `json:"policy"`
	Decision string `json:"decision"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	True     int    `json:"true"`
	False    int    `json:"false"`
}

func newCoverage(set *rules.Set) Coverage {
	c := Coverage{Parts: []PartCoverage{}, index: map[string]int{}, places: map[place]int{}, fails: map[string]string{}}
	for _, p := range set.Policies() {
		for _, d := range p.Decisions {
			if d.When != "" {
				c.Decisions = append(c.Decisions, DecisionCoverage{Policy: p.Name, Decision: d.Name, File: p.File, Line: d.WhenLine})
			}
			for _, r := range d.Rules {
				c.index[r.Origin.Rule] = len(c.Rules)
				c.fails[r.Origin.Rule] = r.Fail
				c.Rules = append(c.Rules, RuleCoverage{Policy: p.Name, Decision: d.Name, Rule: r.Origin.Rule, File: r.Origin.File, Line: r.Origin.Line,
					Default: r.Default, State: Unreached})
			}
		}
	}
	return c
}

// add counts one case.
func (c *Coverage) add(t *testCase, traces []rules.DecisionTrace) {
	for _, d := range traces {
		if !slices.ContainsFunc(t.expect, func(x expectation) bool { return x.decision == d.Name }) {
			continue
		}
		c.decision(d)
		for _, r := range d.Rules {
			c.Rules[c.index[r.Origin.Rule]].count(r, c.fails[r.Origin.Rule])
		}
	}
}

// decision counts how a decision's own condition came out.
func (c *Coverage) decision(d rules.DecisionTrace) {
	policy := d.Rules[0].Origin.Policy
	i := slices.IndexFunc(c.Decisions, func(x DecisionCoverage) bool { return x.Policy == policy && x.Decision == d.Name })
	if i < 0 {
		return
	}
	var e *rules.Error
	switch {
	case d.Status == rules.NotApplicable:
		c.Decisions[i].False++
	case d.Status == rules.Decided || errors.As(d.Err, &e) && e.Rule != "":
		c.Decisions[i].True++
	}
}

// argue notes for which rules a suite says that nothing can reach them.
func (c *Coverage) argue(list []Argument) {
	for _, a := range list {
		i, ok := c.index[a.About]
		if ok && c.Rules[i].State == Unreached {
			c.Rules[i].Argued = a.Reason
		} else {
			c.Stale = append(c.Stale, a)
		}
	}
}

// count adds a verdict. A rule that says fail fired when its own text is the error.
func (r *RuleCoverage) count(t rules.RuleTrace, fail string) {
	var e *rules.Error
	switch {
	case t.Verdict == rules.Failed && (r.Default || fail != "" && errors.As(t.Err, &e) && e.Message == fail):
		r.True++
	case t.Verdict == rules.Failed:
		r.Failed++
	case t.Verdict == rules.True:
		r.True++
	case t.Verdict == rules.False:
		r.False++
	case t.Verdict == rules.NotInForce:
		r.NotInForce++
	}
	switch {
	case r.True > 0:
		r.State = Fired
	case r.False > 0:
		r.State = NeverTrue
	case r.NotInForce > 0:
		r.State = Dormant
	case r.Failed > 0:
		r.State = AlwaysFailed
	}
}

// Totals are the figures of a coverage.
type Totals struct {
	Rules int `json:"rules"`
	Fired int `json:"fired"`
	// Branches are true and false for each condition of a rule or a decision, for each truth value within an expression and for
	// each scope, and one for each default.
	Branches    int `json:"branches"`
	BranchesHit int `json:"branchesHit"`
}

// Totals adds up the rules for which only gives true; nil is all, with scopes and the decisions' own conditions.
func (c *Coverage) Totals(only func(rule string) bool) Totals {
	var t Totals
	for _, d := range c.Decisions {
		if only == nil {
			t.Branches += 2
			t.BranchesHit += min(1, d.True) + min(1, d.False)
		}
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if only != nil && !only(r.Rule) || r.Argued != "" {
			continue
		}
		t.Rules++
		t.Fired += min(1, r.True)
		t.Branches++
		t.BranchesHit += min(1, r.True)
		if !r.Default {
			t.Branches++
			t.BranchesHit += min(1, r.False)
		}
	}
	for _, p := range c.counted(only) {
		t.Branches += 2
		t.BranchesHit += min(1, p.True) + min(1, p.False)
	}
	return t
}

// Gate is the least coverage that is accepted.
type Gate struct {
	Rules, Branches int      // percent, 0 to 100
	Changed         []string // ids of the rules that count, such as those a change touches; nil for all
}

// GateResult says whether a gate is passed.
type GateResult struct {
	OK        bool               `json:"ok"`
	Rules     int                `json:"rules"`             // percent asked for
	Branches  int                `json:"branches"`          // likewise
	Changed   []string           `json:"changed,omitempty"` // the rules that count; all where Of is false
	Of        bool               `json:"ofChanged"`         // only changed rules count
	Totals    Totals             `json:"totals"`
	Missing   []RuleCoverage     `json:"missing,omitempty"`   // rules that did not fire, or whose condition was never false
	Decisions []DecisionCoverage `json:"decisions,omitempty"` // whose own condition was never true or never false
	Parts     []PartCoverage     `json:"parts,omitempty"`     // that were never true or never false
}

// Check holds the coverage against a gate. Where no rule counts there is nothing to miss. An argument that no longer holds
// fails every gate.
func (c *Coverage) Check(g Gate) GateResult {
	only := func(id string) bool { return slices.Contains(g.Changed, id) }
	if g.Changed == nil {
		only = nil
	}
	out := GateResult{Rules: g.Rules, Branches: g.Branches, Changed: g.Changed, Of: g.Changed != nil, Totals: c.Totals(only)}
	for _, d := range c.Decisions {
		if only == nil && (d.True == 0 || d.False == 0) {
			out.Decisions = append(out.Decisions, d)
		}
	}
	for _, r := range c.Rules {
		if (only == nil || only(r.Rule)) && r.Argued == "" && (r.True == 0 || !r.Default && r.False == 0) {
			out.Missing = append(out.Missing, r)
		}
	}
	for _, p := range c.counted(only) {
		if p.True == 0 || p.False == 0 {
			out.Parts = append(out.Parts, *p)
		}
	}
	t := out.Totals
	out.OK = len(c.Stale) == 0 && t.Fired*100 >= g.Rules*t.Rules && t.BranchesHit*100 >= g.Branches*t.Branches
	return out
}

// Lacks says what no test has seen of a rule.
func (r *RuleCoverage) Lacks() string {
	if r.State == Fired {
		return "never false"
	}
	return string(r.State)
}

// Lacks says what no test has seen of a decision's own condition.
func (d *DecisionCoverage) Lacks() string {
	if d.True > 0 {
		return "when was never false"
	}
	return "when was never true"
}
