package rules

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/coexistsync/coexist/directory"
)

// Part is one piece of an expression as its author wrote it: a comparison, a call, an attribute, or a whole made of others.
type Part struct {
	Text      string // in the spelling of the expression language; of a named condition, the expression that it stands for
	Condition string // the name of the condition that it stands for, "" for none
	Operator  string // &&, ||, ! and ? for parts that only combine others; "" for all else
	Truth     bool   // it gives true or false
	File      string
	Line, Col int
	Parts     []int  // what it is made of, as positions in Breakdown.Parts, left to right
	Loop      bool   // within any() and its like: evaluated once for each value
	LDAP      string // the attribute that it reads and nothing else, "" for none
	// Secret says that it is worked out from an attribute that holds a password or a key: its value is never observed.
	Secret bool

	node    ast.Node // in the tree that is run; nil for what a computed fact is worked out from
	slot    int      // whose value is the part's, before folding; -1 for none
	follows bool     // it is evaluated whenever the part that it belongs to is
	of      int      // the part that it belongs to
	let     bool     // it may read a let, so that it cannot stand alone
	program *program // of the part alone, made when it is first asked for
	barred  bool     // such a program cannot be made
}

// Breakdown is one expression of a policy in parts, the whole first.
type Breakdown struct {
	Policy   string
	Decision string // "" for a scope
	Rule     string // id, "" for a scope and a decision's own when
	Key      string // mode merge: the key that it sets; "" for a condition
	Sets     bool   // it gives what a rule sets; otherwise it is a condition
	Parts    []Part

	unit *unit
	base int // of its parts among all
}

// Seen is what became of a part.
type Seen struct {
	Times int32 // evaluations; 0: not evaluated, since what came before settled it
	True  int32 // how many of them gave true
	value any   // what the last gave; nil for what can be read in the environment
}

// Observed is an expression that was evaluated.
type Observed struct {
	*Breakdown
	Seen []Seen // by part
	Err  error

	environment *reflect.Value // as it was at the end of the evaluation
}

// Value gives what a part gave when it was last evaluated: a string, int, bool, []string or time.Time. It is nil for a part
// that was not evaluated, that failed, or that is secret.
func (x *Observed) Value(part int) any {
	p, s := &x.Parts[part], &x.Seen[part]
	switch {
	case s.Times == 0 || p.Secret && !p.Truth:
		return nil
	case s.value == nil && p.slot >= 0:
		return x.environment.Field(p.slot).Interface()
	}
	return s.value
}

// Observation is what was decided for one object with all that led to it. It is valid until the Observer's next call.
type Observation struct {
	Policy      string
	ScopeErr    error
	Fingerprint string
	Decisions   []DecisionTrace
	Expressions []Observed // in the order of evaluation; those that could not be read or were not reached are missing
}

// Observer evaluates as an Evaluator does and notes what each part of each expression gave. It costs a few times as much.
// It is not safe for concurrent use.
type Observer struct {
	evaluator *Evaluator
	watch     *watch
	tracer    tracer
}

// watch is the programs of a set with a probe at every part, and what the probes have seen.
type watch struct {
	all   []*Breakdown // scopes first, then by policy
	by    map[*program]*Breakdown
	parts int
	load  *loader

	seen        []Seen // by part of all expressions, while one is run
	kept        []Seen // of those that were run
	ran         []Observed
	environment *reflect.Value
}

// NewObserver prepares observation as NewEvaluator prepares evaluation. The expressions are compiled anew, which takes some
// milliseconds for each hundred rules.
func (s *Set) NewObserver(schema *directory.Schema, asOf time.Time) (*Observer, error) {
	w := &watch{by: map[*program]*Breakdown{}}
	w.load = &loader{scripts: s.scripts, layout: s.layout, unused: newLayout(), parsing: parsing(), unparsed: map[int]bool{}}
	for _, p := range s.policies {
		w.take(p, p.scope, Breakdown{}, unit{use: inScope, want: wantTruth})
	}
	for _, p := range s.policies {
		for i, d := range p.decisions {
			w.decision(p, d, i)
		}
	}
	w.load.resolveAll()
	w.load.checkAll()
	c := config(s.layout)
	for _, x := range w.all {
		u := x.unit
		u.guard(func() {
			if !u.failed && u.check(c) {
				w.probe(x)
				u.compile(c)
			}
		})
		if u.failed || u.out.code == nil {
			return nil, fmt.Errorf("observe policies: %s cannot be compiled with probes", x.Text())
		}
	}
	e := s.NewEvaluator(schema, asOf)
	w.seen = make([]Seen, w.parts)
	e.watch = w
	return &Observer{evaluator: e, watch: w}, nil
}

// Text gives the expression as written.
func (x *Breakdown) Text() string {
	if len(x.Parts) == 0 {
		return x.unit.loader.scripts[x.unit.script].Text
	}
	return x.Parts[0].Text
}

// Breakdowns gives all expressions of the set: the scopes, then those of each policy's decisions as written.
func (o *Observer) Breakdowns() []*Breakdown { return o.watch.all }

func (w *watch) decision(p *policy, d *decision, earlier int) {
	x := Breakdown{Decision: d.name}
	u := unit{want: wantTruth, earlier: earlier}
	w.take(p, d.when, x, u)
	for _, r := range append(d.rules[:len(d.rules):len(d.rules)], d.fallback) {
		x.Rule, x.Sets, u.want = r.origin.Rule, false, wantTruth
		w.take(p, r.when, x, u)
		x.Sets, u.want = true, wantText
		if d.mode == Collect {
			u.want = wantTexts
		}
		w.take(p, r.expr, x, u)
		for _, a := range r.sets {
			y := x
			y.Key, u.want = keyOf(a.property), wantOf(a.property)
			w.take(p, a.expr, y, u)
		}
	}
}

// take takes an expression up to be compiled with probes.
func (w *watch) take(p *policy, code *program, x Breakdown, u unit) {
	if code == nil {
		return
	}
	u.policy, u.script = p, code.script
	if w.load.expression(u) == nil {
		return
	}
	x.Policy, x.unit = p.name, w.load.units[len(w.load.units)-1]
	w.all = append(w.all, &x)
	w.by[code] = &x
}

// probe puts a probe at every part of a checked tree.
func (w *watch) probe(x *Breakdown) {
	x.base = w.parts
	s := &splitter{unit: x.unit, x: x, selects: map[int]bool{}}
	s.split(w.load.parse(x.unit.script), x.unit.tree, "")
	w.parts += len(x.Parts)
	at := make(map[ast.Node]int, len(x.Parts))
	for i := len(x.Parts) - 1; i >= 0; i-- {
		if p := &x.Parts[i]; !p.follows && i > 0 {
			at[p.node] = x.base + i
		}
	}
	l := x.unit.layout
	ast.Walk(&x.unit.tree, visitor(func(n *ast.Node) {
		id, ok := at[*n]
		if !ok {
			return
		}
		meter := &ast.IdentifierNode{Value: l.slots[meterSlot].name}
		meter.SetType(l.slots[meterSlot].kind)
		call := invoke(*n, "watch part", meter, &ast.ConstantNode{Value: id}, *n)
		call.SetNature(*(*n).Nature())
		*n = call
	}))
}

// watchPart notes what a part gave: the meter, the number of the part, the value.
func watchPart(a ...any) (any, error) {
	m := a[0].(*meter)
	s := &m.watch.seen[a[1].(int)]
	s.Times++
	s.give(a[2])
	return a[2], nil
}

// keptBlock is how many sightings are allocated together.
const keptBlock = 64

// give keeps a value.
func (s *Seen) give(v any) {
	switch x := v.(type) {
	case bool:
		if x {
			s.True++
		}
	case []string:
		v = cloneTexts(x)
	case []any:
		v = cloneTexts(texts(x))
	}
	s.value = v
}

// code gives what to run for a program.
func (e *Evaluator) code(p *program) *vm.Program {
	if e.watch != nil {
		if x := e.watch.by[p]; x != nil {
			return x.unit.out.code
		}
	}
	return p.code
}

// noteRun keeps what a program gave and what its probes have seen. What has no probe follows from what it belongs to.
func (e *Evaluator) noteRun(p *program, v any, err error) {
	if e.watch == nil || e.watch.by[p] == nil {
		return
	}
	x := e.watch.by[p]
	seen := e.watch.seen[x.base : x.base+len(x.Parts)]
	seen[0].Times = 1
	if err == nil && !(x.Parts[0].Secret && !x.Parts[0].Truth) {
		seen[0].give(v)
	}
	for i := range x.Parts {
		part := &x.Parts[i]
		if part.follows {
			seen[i].Times = seen[part.of].Times
		}
		if part.slot >= 0 && seen[i].Times > 0 {
			if c := &e.facts.cells[part.slot]; c.list != nil {
				seen[i].value = cloneTexts(*c.list)
			} else {
				seen[i].value = nil // the environment keeps it, as the directory spells it
			}
		}
	}
	w := e.watch
	if cap(w.kept)-len(w.kept) < len(seen) {
		w.kept = make([]Seen, 0, max(2*cap(w.kept), keptBlock, len(seen)))
	}
	at := len(w.kept)
	w.kept = append(w.kept, seen...)
	clear(seen)
	w.ran = append(w.ran, Observed{x, w.kept[at:len(w.kept):len(w.kept)], err, w.environment})
}

// Observe evaluates an object.
func (o *Observer) Observe(in Input) Observation {
	e := o.evaluator
	environment := new(reflect.Value)
	o.watch.kept, o.watch.ran, o.watch.environment = o.watch.kept[:0], o.watch.ran[:0], environment
	e.facts.meter.watch = o.watch
	o.tracer.decisions, o.tracer.rules, e.trace = o.tracer.decisions[:0], o.tracer.rules[:0], &o.tracer
	defer func() { e.trace = nil }()
	out := e.Evaluate(in)
	if e.facts.stale {
		e.facts.boxed = nil
	}
	*environment = reflect.ValueOf(e.facts.environment())
	decisions := e.trace.decisions
	for i, d := range out.Decisions {
		decisions[i].Decision = d
	}
	return Observation{out.Policy, out.ScopeErr, out.Fingerprint, decisions, o.watch.ran}
}

// Probe evaluates one part by itself for the object last observed: what it would have given had it been reached. ok is false
// where that cannot be told, because it fails, stands within a loop or reads a let.
func (o *Observer) Probe(x *Breakdown, part int) (v any, ok bool) {
	p := &x.Parts[part]
	if p.program == nil && !p.barred {
		p.program = o.alone(x, p)
		p.barred = p.program == nil
	}
	if p.barred {
		return nil, false
	}
	e := o.evaluator
	defer clear(o.watch.seen[x.base : x.base+len(x.Parts)]) // what a probe gives is no part of an observation
	if e.readable(p.program, x.Rule) != nil {
		return nil, false
	}
	v, err := e.run(p.program, x.Rule)
	return v, err == nil
}

// alone compiles a part by itself.
func (o *Observer) alone(x *Breakdown, p *Part) (out *program) {
	if p.node == nil || p.Loop || p.let {
		return nil
	}
	u := *x.unit
	u.tree, u.want, u.failed, u.out = p.node, wantTruth, false, &program{script: u.script}
	u.after = map[int]bool{}
	ast.Walk(&u.tree, visitor(func(n *ast.Node) {
		if s := u.slotAt(*n); s != nil && s.op == opDecided {
			u.after[slices.Index(u.policy.order, s.arg)] = true
		}
	}))
	u.guard(func() { u.compile(config(u.layout)) })
	if u.failed || u.out.code == nil {
		return nil
	}
	return u.out
}

func (u *unit) slotAt(n ast.Node) *slot {
	if i, ok := u.layout.byKey[identifierOf(n)]; ok {
		return &u.layout.slots[i]
	}
	return nil
}
