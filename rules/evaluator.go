package rules

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/coexistsync/coexist/directory"
)

// Error says why a decision is held.
type Error struct {
	File      string
	Line, Col int    // of the part of the expression, or of the rule, that is to blame; from 1
	Rule      string // id, "" for a decision's own when and for a scope
	Message   string
}

// Error gives file:line:col: rule: message.
func (e *Error) Error() string {
	where := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Col)
	if e.Rule != "" {
		where += "rule " + e.Rule + ": "
	}
	return where + e.Message
}

// Evaluator decides about objects, one after the other. It is not safe for concurrent use; make one for each goroutine.
type Evaluator struct {
	set       *Set
	facts     *facts
	vm        vm.VM
	asOf      time.Time
	days      []int // by policy: the day of asOf in its timezone
	pending   []Pending
	decisions []Decision
	entries   []Entry
	origins   []Origin
	names     []string
	trace     *tracer // nil unless Explain runs
	watch     *watch  // nil unless an Observer's
}

// NewEvaluator prepares evaluation of objects of a schema as of an instant, which is the only clock. Objects of another
// schema are evaluated all the same, at the cost of looking their attributes up anew.
func (s *Set) NewEvaluator(schema *directory.Schema, asOf time.Time) *Evaluator {
	e := &Evaluator{set: s, facts: newFacts(s.layout, s.environment, asOf), asOf: asOf.UTC()}
	e.facts.bind(schema)
	e.vm.MemoryBudget = maxMemory
	for _, p := range s.policies {
		e.days = append(e.days, civilDay(asOf.In(p.zone)))
	}
	return e
}

// Evaluate decides about an object by the first policy, in path order, whose scope holds for it. The decisions stand in the
// order in which the policy makes them.
func (e *Evaluator) Evaluate(in Input) Outcome {
	e.facts.read(in)
	e.facts.compute(e.set.scopeSlots)
	e.decisions, e.entries, e.origins, e.names, e.pending = e.decisions[:0], e.entries[:0], e.origins[:0], e.names[:0], e.pending[:0]
	var out Outcome
	for i, p := range e.set.policies {
		ok, err := e.truth(p.scope, "")
		if err != nil {
			out.ScopeErr = err
			break
		}
		if ok {
			out.Policy = p.name
			e.facts.compute(p.slots)
			e.apply(p, e.days[i])
			break
		}
	}
	out.Decisions, out.Fingerprint = e.decisions, e.facts.fingerprint()
	return out
}

func (e *Evaluator) apply(p *policy, day int) {
	for _, d := range p.decisions {
		out := Decision{Name: d.name}
		if e.trace != nil {
			e.trace.begin(d)
		}
		switch ok, err := e.truth(d.when, ""); {
		case err != nil:
			hold(&out, err)
		case !ok:
			out.Status = NotApplicable
		default:
			e.decide(&out, p, d, day)
		}
		if len(e.set.excepted) > 0 {
			e.except(&out, p, d, day)
		}
		e.decisions = append(e.decisions, out)
		e.publish(d, &out)
	}
}

// publish lets decided() read a decision. Of one that is held or frozen it reads the value last carried out.
func (e *Evaluator) publish(d *decision, out *Decision) {
	if d.slot < 0 {
		return
	}
	text, list := out.Text, out.List
	switch {
	case out.Status == Held, out.Status == NotApplicable && out.Exception != nil:
		prior := e.facts.input.prior(d.name)
		text, list = prior.Text, prior.List
	case out.Status != Decided:
		return
	}
	e.facts.stale = true
	e.facts.cells[d.slot].give(text, list)
}

func hold(out *Decision, err error) {
	*out = Decision{Name: out.Name, Status: Held, Err: err}
}

// truth evaluates a condition; nil is true.
func (e *Evaluator) truth(p *program, rule string) (bool, error) {
	if p == nil {
		return true, nil
	}
	if err := e.readable(p, rule); err != nil {
		return false, err
	}
	if e.watch == nil {
		if result, settled := p.chain.settle(e.facts.cells); settled {
			return result, nil
		}
	}
	v, err := e.run(p, rule)
	b, _ := v.(bool)
	return b, err
}

// text evaluates an expression that gives a text.
func (e *Evaluator) text(p *program, rule string) (string, error) {
	if err := e.readable(p, rule); err != nil {
		return "", err
	}
	if p.alone >= 0 && e.watch == nil {
		return *e.facts.cells[p.alone].text, nil
	}
	v, err := e.run(p, rule)
	s, _ := v.(string)
	return s, err
}

// list evaluates an expression that gives a list of texts. The list may be the evaluator's own.
func (e *Evaluator) list(p *program, rule string) ([]string, error) {
	if err := e.readable(p, rule); err != nil {
		return nil, err
	}
	if p.alone >= 0 && e.watch == nil {
		return *e.facts.cells[p.alone].list, nil
	}
	v, err := e.run(p, rule)
	return texts(v), err
}

// number evaluates an expression that gives a whole number.
func (e *Evaluator) number(p *program, rule string) (int, error) {
	if err := e.readable(p, rule); err != nil {
		return 0, err
	}
	v, err := e.run(p, rule)
	n, _ := v.(int)
	return n, err
}

// readable fails when an expression reads an attribute that cannot be read or decoded, or a decision that is held and of
// which nothing was carried out before.
func (e *Evaluator) readable(p *program, rule string) error {
	for _, u := range e.facts.unreadable {
		if _, reads := slices.BinarySearch(p.slots, u.slot); reads {
			return e.blame(p, rule, u.err.Error())
		}
	}
	for _, d := range p.after {
		if e.decisions[d].Status == Held && !e.facts.input.prior(e.decisions[d].Name).known() {
			return e.blame(p, rule, e.decisions[d].Name+" is held, on which this depends")
		}
	}
	return nil
}

// run runs a program on the virtual machine, which turns every panic into an error.
func (e *Evaluator) run(p *program, rule string) (any, error) {
	e.facts.meter.steps = 0
	if len(p.after) > 0 && e.facts.stale {
		e.facts.boxed = nil // only these read what was decided since
	}
	v, err := e.vm.Run(e.code(p), e.facts.environment())
	if err == nil {
		e.noteRun(p, v, nil)
		return v, nil
	}
	out := e.blame(p, rule, err.Error())
	var fe *file.Error
	if errors.As(err, &fe) {
		s := e.set.scripts[fe.From>>sourceShift]
		out.Line, out.Col = s.Position(fe.From & (1<<sourceShift - 1))
		out.File, out.Message = s.File(), fe.Message
	}
	e.noteRun(p, nil, out)
	return nil, out
}

// blame makes an error that points to the beginning of an expression.
func (e *Evaluator) blame(p *program, rule, message string) *Error {
	s := e.set.scripts[p.script]
	line, col := s.Position(0)
	return &Error{s.File(), line, col, rule, message}
}
