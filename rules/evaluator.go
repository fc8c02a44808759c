package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
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
	days      []int // by policy: the day of asOf in its timezone
	decisions []Decision
	entries   []Entry
	origins   []Origin
	names     []string
	trace     *tracer // nil unless Explain runs
}

// NewEvaluator prepares evaluation of objects of a schema as of an instant, which is the only clock. Objects of another
// schema are evaluated all the same, at the cost of looking their attributes up anew.
func (s *Set) NewEvaluator(schema *directory.Schema, asOf time.Time) *Evaluator {
	e := &Evaluator{set: s, facts: newFacts(s.layout, s.environment, asOf)}
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
	e.decisions, e.entries, e.origins, e.names = e.decisions[:0], e.entries[:0], e.origins[:0], e.names[:0]
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
		e.decisions = append(e.decisions, out)
		e.publish(d, &out)
	}
}

// publish lets decided() read a decision.
func (e *Evaluator) publish(d *decision, out *Decision) {
	if d.slot < 0 || out.Status != Decided {
		return
	}
	e.facts.stale = true
	if c := e.facts.cells[d.slot]; c.text != nil {
		*c.text = out.Text
	} else {
		*c.list = out.List
	}
}

func hold(out *Decision, err error) {
	*out = Decision{Name: out.Name, Status: Held, Err: err}
}

func (e *Evaluator) decide(out *Decision, p *policy, d *decision, day int) {
	out.Status = Decided
	var err error
	switch d.mode {
	case First:
		err = e.first(out, d, day)
	case Collect:
		err = e.collect(out, p, d, day)
	case Merge:
		err = e.merge(out, d, day)
	}
	if err != nil {
		hold(out, err)
	}
}

// applies says whether a rule is in force and its condition holds.
func (e *Evaluator) applies(r *rule, day int) (bool, error) {
	if !r.inForce(day) {
		e.note(r, NotInForce, nil)
		return false, nil
	}
	ok, err := e.truth(r.when, r.origin.Rule)
	switch {
	case err != nil:
		e.note(r, Failed, err)
	case ok:
		e.note(r, True, nil)
	default:
		e.note(r, False, nil)
	}
	return ok, err
}

// failure is the error of a rule that says fail.
func (r *rule) failure() error {
	if r.fail == "" {
		return nil
	}
	return &Error{r.origin.File, r.failLine, r.failCol, r.origin.Rule, r.fail}
}

// first decides by the first rule that applies.
func (e *Evaluator) first(out *Decision, d *decision, day int) error {
	winner := d.fallback
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err != nil {
			return err
		}
		if ok {
			winner = r
			break
		}
	}
	if winner == d.fallback {
		e.note(winner, True, nil)
	}
	err := winner.failure()
	if err == nil {
		out.Text, err = e.single(d, winner)
	}
	if err != nil {
		e.note(winner, Failed, err)
		return err
	}
	out.Reason, out.Hold = winner.reason, winner.hold
	out.Origins = e.origin(winner)
	e.adds(winner, out.Text)
	return nil
}

func (e *Evaluator) origin(rules ...*rule) []Origin {
	at := len(e.origins)
	for _, r := range rules {
		e.origins = append(e.origins, r.origin)
	}
	return e.origins[at:len(e.origins):len(e.origins)]
}

// single gives the value of a rule of mode first.
func (e *Evaluator) single(d *decision, r *rule) (string, error) {
	if r.expr == nil {
		return r.text, nil
	}
	s, err := e.text(r.expr, r.origin.Rule)
	if err != nil {
		return "", err
	}
	if d.name == UsageLocation {
		s = strings.ToUpper(s) // a country code, not a text: Graph takes it in capitals
	}
	switch {
	case !d.accepts(s):
		return "", e.blame(r.expr, r.origin.Rule, fmt.Sprintf("%.80q is no value of %s", s, d.name))
	case s == string(cloud.None) && r.reason == "":
		return "", e.blame(r.expr, r.origin.Rule, "cloudType none needs a reason: in the rule")
	}
	return s, nil
}

// accepts reports whether a decision of mode first can have a value.
func (d *decision) accepts(s string) bool {
	switch d.name {
	case UsageLocation:
		_, ok := slices.BinarySearch(countries, s)
		return ok
	case Leave:
		return slices.Contains(leaveValues, s)
	}
	return slices.Contains(cloud.Types(), cloud.Type(s))
}

// collect adds up what all rules that apply give.
func (e *Evaluator) collect(out *Decision, p *policy, d *decision, day int) error {
	names, origins := len(e.names), len(e.origins)
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err == nil && ok {
			err = e.bundles(p, r)
		}
		if err != nil {
			return err
		}
	}
	if len(e.origins) == origins {
		e.note(d.fallback, True, nil)
		if err := e.bundles(p, d.fallback); err != nil {
			return err
		}
	}
	list := e.names[names:]
	slices.Sort(list)
	list = slices.Compact(list)
	for _, group := range d.exclusive {
		list = e.exclude(list, group)
	}
	e.names = e.names[:names+len(list)]
	out.List, out.Origins = list[:len(list):len(list)], e.origins[origins:len(e.origins):len(e.origins)]
	return nil
}

// exclude keeps of an exclusive group only the member that stands first in it.
func (e *Evaluator) exclude(list, group []string) []string {
	kept := ""
	for _, name := range group {
		i := slices.Index(list, name)
		switch {
		case i < 0:
		case kept == "":
			kept = name
		default:
			list = slices.Delete(list, i, i+1)
			if e.trace != nil {
				e.trace.drop(name, kept)
			}
		}
	}
	return list
}

// bundles adds what a rule of mode collect gives.
func (e *Evaluator) bundles(p *policy, r *rule) error {
	err := r.failure()
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	list := r.list
	if r.expr != nil {
		list, err = e.list(r.expr, r.origin.Rule)
		for _, name := range list {
			if _, ok := p.bundles[name]; !ok && err == nil {
				err = e.blame(r.expr, r.origin.Rule, fmt.Sprintf("there is no bundle %.80q", name))
			}
		}
	}
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	e.names = append(e.names, list...)
	e.origins = append(e.origins, r.origin)
	e.adds(r, list...)
	return nil
}

// merge sets each key by the first rule that applies and sets it. Every key has its place among the entries from the
// start; places that nobody took are closed at the end.
func (e *Evaluator) merge(out *Decision, d *decision, day int) error {
	start, origins := len(e.entries), len(e.origins)
	e.entries = slices.Grow(e.entries, len(d.keys))[:start+len(d.keys)]
	places := e.entries[start:]
	clear(places)
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err == nil && ok {
			err = e.assign(r, places)
		}
		if err != nil {
			return err
		}
	}
	e.note(d.fallback, True, nil)
	if err := e.assign(d.fallback, places); err != nil {
		return err
	}
	n := 0
	for i := range places {
		if places[i].Key != "" {
			if n < i {
				places[n] = places[i]
			}
			n++
		}
	}
	e.entries = e.entries[:start+n]
	out.Entries, out.Origins = places[:n:n], e.origins[origins:len(e.origins):len(e.origins)]
	return nil
}

// assign sets the keys of a rule that no earlier rule set.
func (e *Evaluator) assign(r *rule, places []Entry) error {
	err := r.failure()
	sets := false
	for i := range r.sets {
		a := &r.sets[i]
		x := &places[a.key]
		if err != nil || x.Key != "" {
			continue
		}
		x.Key, x.Value, x.Refs, x.Origin = a.property.Name, a.value, a.refs, r.origin
		if a.expr != nil {
			err = e.value(x, a, r)
		}
		sets = true
		e.adds(r, keyOf(a.property))
	}
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	if sets {
		e.origins = append(e.origins, r.origin)
	}
	return nil
}

// value evaluates the expression of a key.
func (e *Evaluator) value(x *Entry, a *assignment, r *rule) (err error) {
	var s string
	var list []string
	switch a.property.Kind {
	case cloud.TruthKind:
		var b bool
		b, err = e.truth(a.expr, r.origin.Rule)
		x.Value = cloud.Truth(b)
	case cloud.NumberKind:
		var n int
		if n, err = e.number(a.expr, r.origin.Rule); err == nil && n < 0 {
			err = e.blame(a.expr, r.origin.Rule, keyOf(a.property)+" cannot be negative")
		}
		x.Value = cloud.Number(int64(n))
	case cloud.TextsKind:
		list, err = e.list(a.expr, r.origin.Rule)
		x.Value = cloud.Texts(nonEmpty(list))
	case cloud.ReferencesKind:
		list, err = e.list(a.expr, r.origin.Rule)
		x.Refs = nonEmpty(list)
	case cloud.ReferenceKind:
		if s, err = e.text(a.expr, r.origin.Rule); s != "" {
			x.Refs = []string{s}
		}
	default:
		s, err = e.text(a.expr, r.origin.Rule)
		if s != "" && len(a.property.Enum) > 0 && !slices.Contains(a.property.Enum, s) {
			err = e.blame(a.expr, r.origin.Rule, fmt.Sprintf("%.80q is no value of %s", s, keyOf(a.property)))
		}
		x.Value = cloud.Text(s)
	}
	return err
}

// nonEmpty copies a list without its empty texts: an absent attribute among the elements adds nothing.
func nonEmpty(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}

// truth evaluates a condition; nil is true.
func (e *Evaluator) truth(p *program, rule string) (bool, error) {
	if p == nil {
		return true, nil
	}
	if err := e.readable(p, rule); err != nil {
		return false, err
	}
	if result, settled := p.chain.settle(e.facts.cells); settled {
		return result, nil
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
	if p.alone >= 0 {
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
	if p.alone >= 0 {
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

// readable fails when an expression reads an attribute that cannot be decoded, or a decision that is held.
func (e *Evaluator) readable(p *program, rule string) error {
	for _, u := range e.facts.unreadable {
		if _, reads := slices.BinarySearch(p.slots, u.slot); reads {
			return e.blame(p, rule, u.err.Error())
		}
	}
	for _, d := range p.after {
		if e.decisions[d].Status == Held {
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
	v, err := e.vm.Run(p.code, e.facts.environment())
	if err == nil {
		return v, nil
	}
	out := e.blame(p, rule, err.Error())
	var fe *file.Error
	if errors.As(err, &fe) {
		s := e.set.scripts[fe.From>>sourceShift]
		out.Line, out.Col = s.Position(fe.From & (1<<sourceShift - 1))
		out.File, out.Message = s.File(), fe.Message
	}
	return nil, out
}

// blame makes an error that points to the beginning of an expression.
func (e *Evaluator) blame(p *program, rule, message string) *Error {
	s := e.set.scripts[p.script]
	line, col := s.Position(0)
	return &Error{s.File(), line, col, rule, message}
}
