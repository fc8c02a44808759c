package verify

import (
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// Options say how suites are run.
type Options struct {
	Workers int            // how many cases run at once; 1 unless greater
	Match   *regexp.Regexp // runs only cases whose "file: name" it matches; nil for all
}

// Run runs the suites against a set, which is the one they were loaded with or a changed one. Results stand in path order,
// then as written, whatever the number of workers.
//
// The trace of a mismatch shows the rules in question: those that decided and those that the test names; where it names
// none, every rule that was reached.
func (s *Suites) Run(set *rules.Set, o Options) *Report {
	cases := slices.DeleteFunc(slices.Clone(s.cases), func(c *testCase) bool {
		return o.Match != nil && !o.Match.MatchString(c.file+": "+c.name)
	})
	ran := make([]examined, len(cases))
	parallel(o.Workers, len(cases), func() func(int) {
		r := s.runner(set)
		return func(i int) { ran[i] = r.examine(cases[i]) }
	})
	report := &Report{Suites: s.files, Results: make([]Result, len(cases)), Problems: problemsOf(s.problems), Coverage: newCoverage(set)}
	if o, err := set.NewObserver(s.schema, time.Time{}); err == nil {
		report.Coverage.parts(o.Breakdowns())
	}
	for i, c := range cases {
		report.Results[i] = ran[i].result
		report.Counts.add(ran[i].result.Status)
		report.Coverage.add(c, ran[i].traces)
		report.Coverage.see(ran[i].seen)
	}
	if o.Match == nil {
		report.Coverage.argue(s.unreachable)
	}
	return report
}

func (c *Counts) add(s Status) {
	switch s {
	case Pass:
		c.Pass++
	case Fail:
		c.Fail++
	case Error:
		c.Error++
	case Skip:
		c.Skip++
	case Todo:
		c.Todo++
	}
}

// parallel calls work for 0 to n-1 by up to so many workers, each of which has its own function from start.
func parallel(workers, n int, start func() func(int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, min(workers, n)) {
		wg.Go(func() {
			work := start()
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// runner runs cases one after the other.
type runner struct {
	suites     *Suites
	set        *rules.Set
	groups     []string
	evaluators map[time.Time]*rules.Evaluator
	observers  map[time.Time]*rules.Observer
	whens      map[string]string // by rule; filled when the first trace is made
}

func (s *Suites) runner(set *rules.Set) *runner {
	return &runner{suites: s, set: set, groups: set.Groups(), evaluators: map[time.Time]*rules.Evaluator{},
		observers: map[time.Time]*rules.Observer{}}
}

func (r *runner) evaluator(asOf time.Time) *rules.Evaluator {
	e := r.evaluators[asOf]
	if e == nil {
		e = r.set.NewEvaluator(r.suites.schema, asOf)
		r.evaluators[asOf] = e
	}
	return e
}

// passes reports whether all that a case expects is met. It stops at the first that is not.
func (r *runner) passes(c *testCase) bool {
	out := r.evaluator(c.asOf).Evaluate(c.subject.input(c.object, r.groups))
	if out.ScopeErr != nil {
		return false
	}
	for i := range c.expect {
		if c.expect[i].got(&out) != c.expect[i].want {
			return false
		}
	}
	return true
}

// examined is a case that was run.
type examined struct {
	result Result
	traces []rules.DecisionTrace // none when it was skipped
	seen   []sighting
}

// examine runs a case and looks at what was evaluated for it.
func (r *runner) examine(c *testCase) (out examined) {
	out.result, out.traces = r.explain(c)
	if out.result.Status == Skip {
		return out
	}
	var err error
	if out.seen, err = r.sightings(c); err != nil { // which only an expression brings about that has no room for probes
		out.result.Status, out.result.Reason = Error, err.Error()
	}
	return out
}

// explain runs a case and gives the traces of its decisions, nil when it is skipped.
func (r *runner) explain(c *testCase) (Result, []rules.DecisionTrace) {
	result := Result{Suite: c.file, Name: c.name, Line: c.line, Col: c.col, Status: Pass}
	if c.skip != "" {
		result.Status, result.Reason = Skip, c.skip
		return result, nil
	}
	e, in := r.evaluator(c.asOf), c.subject.input(c.object, r.groups)
	traces := e.Explain(in)
	out := e.Evaluate(in) // in this order: an outcome ends with the next evaluation, a trace does not
	if out.ScopeErr != nil {
		result.Status, result.Reason = Error, out.ScopeErr.Error()
		return result, nil
	}
	for i := range c.expect {
		x := &c.expect[i]
		if got := x.got(&out); got != x.want {
			result.Mismatches = append(result.Mismatches, r.mismatch(x, got, &out, traces))
		}
	}
	switch failed := len(result.Mismatches) > 0; {
	case c.todo != "" && failed:
		result.Status, result.Reason = Todo, c.todo
	case c.todo != "":
		result.Status, result.Reason = Fail, "passes although it is marked todo: remove todo"
	case failed:
		result.Status = Fail
	}
	return result, traces
}

// mismatch describes an expectation that is not met.
func (r *runner) mismatch(x *expectation, got string, out *rules.Outcome, traces []rules.DecisionTrace) Mismatch {
	d := out.Find(x.decision)
	m := Mismatch{Subject: x.subject, Line: x.line, Col: x.col, Want: x.want, Got: got, Decided: decidingRules(&d)}
	for _, t := range traces {
		if t.Name == x.decision {
			m.Trace = r.trace(t, x, m.Decided)
		}
	}
	return m
}

// trace gives the rules in question.
func (r *runner) trace(d rules.DecisionTrace, x *expectation, decided []string) []RuleTrace {
	if r.whens == nil {
		r.whens = map[string]string{}
		for _, p := range r.set.Policies() {
			for _, d := range p.Decisions {
				for _, rule := range d.Rules {
					r.whens[rule.Origin.Rule] = rule.When
				}
			}
		}
	}
	var out []RuleTrace
	for _, t := range d.Rules {
		id := t.Origin.Rule
		if !slices.Contains(x.rules, id) && !slices.Contains(decided, id) && (len(x.rules) > 0 || t.Verdict == rules.NotReached) {
			continue
		}
		y := RuleTrace{Rule: id, File: t.Origin.File, Line: t.Origin.Line, Default: t.Default, Verdict: string(t.Verdict), Adds: t.Adds, When: r.whens[id]}
		if t.Err != nil {
			y.Message = t.Err.Error()
		}
		out = append(out, y)
	}
	return out
}
