package rules

import (
	"slices"
	"strings"
)

// Verdict is what became of a rule for one object.
type Verdict string

// The verdicts.
const (
	True       Verdict = "true"
	False      Verdict = "false"
	Failed     Verdict = "error"
	NotInForce Verdict = "not in force" // its dates exclude the day
	NotReached Verdict = "not reached"  // a rule before it decided, or an error came first, or the decision does not apply
)

// DecisionTrace is a decision with what became of each of its rules.
type DecisionTrace struct {
	Decision
	Mode    Mode
	Rules   []RuleTrace // as written, the default last
	Dropped []Dropped   // mode collect: what exclusivity dropped
}

// RuleTrace is one rule in a trace.
type RuleTrace struct {
	Origin  Origin
	Default bool
	Verdict Verdict
	Adds    []string // what it contributed: the value, the bundles, or the keys it set
	Err     error    // with verdict Failed
}

// Dropped is a bundle that exclusivity dropped in favour of another.
type Dropped struct{ Bundle, For string }

// tracer collects a trace while Evaluate runs.
type tracer struct {
	decisions []DecisionTrace
	rules     []RuleTrace // of all decisions, end to end
}

func (t *tracer) begin(d *decision) {
	n := len(d.rules) + 1
	if cap(t.rules)-len(t.rules) < n {
		t.rules = make([]RuleTrace, 0, n+cap(t.rules))
	}
	at := len(t.rules)
	t.rules = t.rules[:at+n]
	trace := DecisionTrace{Mode: d.mode, Rules: t.rules[at : at+n : at+n]}
	for i, r := range d.rules {
		trace.Rules[i] = RuleTrace{Origin: r.origin, Verdict: NotReached}
	}
	trace.Rules[len(d.rules)] = RuleTrace{Origin: d.fallback.origin, Default: true, Verdict: NotReached}
	t.decisions = append(t.decisions, trace)
}

// of gives the trace of a rule of the decision that is being made.
func (t *tracer) of(r *rule) *RuleTrace { return &t.decisions[len(t.decisions)-1].Rules[r.at] }

func (t *tracer) drop(bundle, kept string) {
	d := &t.decisions[len(t.decisions)-1]
	d.Dropped = append(d.Dropped, Dropped{bundle, kept})
}

// note records a rule's verdict when a trace is wanted.
func (e *Evaluator) note(r *rule, v Verdict, err error) {
	if e.trace != nil {
		t := e.trace.of(r)
		t.Verdict, t.Err = v, err
	}
}

// adds records what a rule contributed when a trace is wanted.
func (e *Evaluator) adds(r *rule, what ...string) {
	if e.trace != nil {
		t := e.trace.of(r)
		t.Adds = append(t.Adds, what...)
	}
}

// Explain evaluates an object and tells for each decision of its policy what became of every rule. The result is the
// caller's. It is nil when no policy's scope holds or the scope failed; Evaluate tells which.
func (e *Evaluator) Explain(in Input) []DecisionTrace {
	e.trace = &tracer{}
	defer func() { e.trace = nil }()
	out := e.Evaluate(in)
	for i, d := range out.Decisions {
		d.List, d.Origins, d.Entries = cloneTexts(d.List), slices.Clone(d.Origins), slices.Clone(d.Entries)
		e.trace.decisions[i].Decision = d
	}
	return e.trace.decisions
}

func cloneTexts(list []string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = strings.Clone(s)
	}
	return out
}
