package trace

import (
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// Trace is how one object was decided about. It is valid until the Tracer's next call.
type Trace struct {
	Policy    string  // "" when no policy's scope holds
	ScopeErr  error   // the scope could not be evaluated
	Scopes    []Scope // of the policies that were asked, in their order; the last holds where Policy is not ""
	Decisions []Decision
}

// Scope is a policy that was asked whether the object is its own.
type Scope struct {
	Policy string
	When   *rules.Observed // nil for a policy without a scope, which takes every object
	Holds  bool
}

// Decision is one decision with its rules.
type Decision struct {
	rules.DecisionTrace
	When  *rules.Observed // its own condition; nil without one, and where it could not be read
	Rules []Rule          // as written, the default last
	Miss  *Miss           // nil where there is none
}

// Rule is one rule of a decision.
type Rule struct {
	*rules.RuleTrace
	About  *rules.Rule
	When   *rules.Observed  // nil for a default, and for a condition that was not looked at
	Values []rules.Observed // the expressions of what it sets, as far as they were needed
}

// Tracer traces objects, one after the other. It is not safe for concurrent use.
type Tracer struct {
	observer *rules.Observer
	policies []rules.Policy
	scoped   map[string]bool // policies that have a scope
	by       map[string]*rules.Breakdown
	formulas map[*rules.Breakdown]*formula
}

// New prepares traces of objects of a schema as of an instant, which is the only clock.
func New(set *rules.Set, schema *directory.Schema, asOf time.Time) (*Tracer, error) {
	o, err := set.NewObserver(schema, asOf)
	if err != nil {
		return nil, err
	}
	t := &Tracer{observer: o, policies: set.Policies(), scoped: map[string]bool{}, by: map[string]*rules.Breakdown{}, formulas: map[*rules.Breakdown]*formula{}}
	for _, x := range o.Breakdowns() {
		switch {
		case x.Decision == "":
			t.scoped[x.Policy] = true
		case !x.Sets:
			t.by[conditionKey(x.Policy, x.Decision, x.Rule)] = x
		}
	}
	return t, nil
}

// conditionKey names the condition of a rule, or with rule "" of a decision.
func conditionKey(policy, decision, rule string) string {
	return policy + "\x00" + decision + "\x00" + rule
}

// Trace evaluates an object.
func (t *Tracer) Trace(in rules.Input) Trace {
	seen := t.observer.Observe(in)
	out := Trace{Policy: seen.Policy, ScopeErr: seen.ScopeErr, Decisions: make([]Decision, len(seen.Decisions))}
	rest := seen.Expressions
	for len(rest) > 0 && rest[0].Decision == "" {
		rest = rest[1:]
	}
	out.Scopes = t.scopes(&seen, seen.Expressions[:len(seen.Expressions)-len(rest)])
	for i := range seen.Decisions {
		rest = t.decision(&out.Decisions[i], seen.Decisions[i], rest)
	}
	t.misses(&out)
	return out
}

// scopes lists the policies that were asked.
func (t *Tracer) scopes(o *rules.Observation, seen []rules.Observed) []Scope {
	out := make([]Scope, 0, len(t.policies))
	for i := range t.policies {
		s := Scope{Policy: t.policies[i].Name}
		if t.scoped[s.Policy] {
			if len(seen) == 0 || seen[0].Policy != s.Policy { // it could not be read
				if o.ScopeErr != nil {
					out = append(out, s)
				}
				return out
			}
			s.When, seen = &seen[0], seen[1:]
		}
		s.Holds = s.Policy == o.Policy
		out = append(out, s)
		if s.Holds || s.When != nil && s.When.Err != nil {
			return out
		}
	}
	return out
}

// decision takes the expressions of a decision off the head of those that were evaluated.
func (t *Tracer) decision(d *Decision, made rules.DecisionTrace, rest []rules.Observed) []rules.Observed {
	d.DecisionTrace = made
	d.Rules = make([]Rule, len(made.Rules))
	i := 0
	for n := range rest {
		x := &rest[n]
		if x.Decision != made.Name {
			return t.describe(d, rest[n:])
		}
		if x.Rule == "" {
			d.When = x
			continue
		}
		for made.Rules[i].Origin.Rule != x.Rule {
			i++
		}
		switch r := &d.Rules[i]; {
		case !x.Sets:
			r.When = x
		case r.Values == nil:
			r.Values = rest[n : n+1 : n+1]
		default: // they stand next to each other
			r.Values = rest[n-len(r.Values) : n+1 : n+1]
		}
	}
	return t.describe(d, nil)
}

// describe adds what is known of the rules without evaluation.
func (t *Tracer) describe(d *Decision, rest []rules.Observed) []rules.Observed {
	policy := d.DecisionTrace.Rules[0].Origin.Policy
	p := slices.IndexFunc(t.policies, func(p rules.Policy) bool { return p.Name == policy })
	k := slices.IndexFunc(t.policies[p].Decisions, func(x rules.DecisionRules) bool { return x.Name == d.Name })
	for i := range d.Rules {
		d.Rules[i].RuleTrace, d.Rules[i].About = &d.DecisionTrace.Rules[i], &t.policies[p].Decisions[k].Rules[i]
	}
	return rest
}
