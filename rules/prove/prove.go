// Package prove finds rules that can never do anything: shadowed by rules before them, impossible, a duplicate of another, or
// about what their objects do not have, and conditions that are constant. It does not try objects out; it shows by logic that no object at all could
// make a difference.
//
// A condition is seen as a formula over its comparisons. About these it knows that an attribute of one value equals one
// constant at most, that beginnings, ends and parts of texts, bounds of numbers, bits and OUs imply and exclude each other,
// that an absent attribute is empty, what a table holds, which values a decision can have and which rule gave it. What it
// does not understand is an atom about which nothing is known. So it can miss a rule without effect, and never accuses one
// that has an effect: when a finding stands, no directory makes the rule matter.
//
// What decided() reads need not be what a rule gives now: a hold keeps a value back, an exception decides in its place, and a
// decision that is held reads as it was carried out before. So nothing follows from the value of a decision with a hold, an
// exception, or an expression that can fail. Of an object of which an attribute could not be read nothing is claimed.
package prove

import (
	"cmp"
	"slices"

	"github.com/coexistsync/coexist/rules"
)

// Kind is what was found. Its text is the name of the page in docs/lint.
type Kind string

// The kinds of findings.
const (
	Shadowed   Kind = "shadowed-rule"       // whenever it is true, rules before it have decided already
	Impossible Kind = "impossible-rule"     // it is never true
	Duplicate  Kind = "duplicate-condition" // another rule is true for the same objects and does the same or comes first
	Constant   Kind = "constant-condition"  // a condition is always true, or never
	NeverActs  Kind = "never-acts"          // what a rule sets can never have an effect where the rule applies
	NotDecided Kind = "not-decided"         // the search for a proof was given up
)

// Finding is one thing that was proved.
type Finding struct {
	Kind     Kind
	Rule     rules.Origin   // Rule is "" where a scope, a decision's when or a named condition is meant
	Col      int            // of the condition in Rule.Line, 0 for a rule as a whole
	Decision string         // "" for scopes and named conditions
	Keys     []string       // mode merge: what the rule sets in vain, where that is not all it sets
	Blame    []rules.Origin // each for itself is the reason where Together is false
	Together bool           // only all of Blame together are the reason
	Text     string         // one sentence; below it the rules concerned with file, line and condition
}

// Stats says how much was looked at.
type Stats struct {
	Policies, Rules int
	Atoms           int // comparisons that were told apart
	Questions       int // asked of the search
	Nodes           int // of the search: choices and dead ends
	NotDecided      int // questions that were given up
}

// Limits of the search. A question beyond them is not decided, which is reported.
const (
	maxNodes = 50_000  // for one question
	maxTotal = 300_000 // for a set
)

// Set proves what it can about a set. Findings stand by file and line.
func Set(s *rules.Set) ([]Finding, Stats) {
	c := s.Conditions()
	r := &prover{shared: map[string]*shared{}, left: maxTotal, excepted: map[string]bool{}}
	for _, x := range s.Exceptions() {
		r.excepted[x.Decision] = true
	}
	for i := range c.Policies {
		r.policy(c.Policies[:i+1])
	}
	for _, key := range r.sharedKeys {
		if s := r.shared[key]; s.constant == s.policies {
			r.report(s.finding)
		}
	}
	slices.SortStableFunc(r.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Rule.File, b.Rule.File), cmp.Compare(a.Rule.Line, b.Rule.Line), cmp.Compare(a.Col, b.Col))
	})
	return r.findings, r.stats
}

// prover collects the findings of a set.
type prover struct {
	findings   []Finding
	stats      Stats
	shared     map[string]*shared // named conditions by place: several policies may import one
	sharedKeys []string           // in the order found
	left       int                // nodes
	excepted   map[string]bool    // decisions of which some object has an exception
}

// shared counts for a named condition in how many policies it is constant.
type shared struct {
	policies, constant int
	finding            Finding
}

func (r *prover) report(f Finding) { r.findings = append(r.findings, f) }
