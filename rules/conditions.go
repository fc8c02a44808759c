package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Conditions shows the expressions of a set as they are evaluated, for tools that reason about policies instead of running
// them: named conditions stand in the place of their names, attributes and computed values are identifiers whose meaning
// Fact tells, and texts that compare without regard to case are folded.
type Conditions struct {
	Policies []PolicyConditions // in the order of Set.Policies

	scripts []strictyaml.Script
	layout  *layout
}

// PolicyConditions are the expressions of a policy.
type PolicyConditions struct {
	Policy, File string
	Timezone     string
	Acts         Acts             // "" unless declared
	Scope        *Condition       // nil: every object
	Named        []NamedCondition // as defined, imported ones first
	Decisions    []DecisionConditions

	source *policy
	all    *Conditions
}

// NamedCondition is a condition of the policy or of a file that it imports.
type NamedCondition struct {
	Name      string
	Condition Condition
}

// DecisionConditions are the expressions of a decision.
type DecisionConditions struct {
	Name  string
	Mode  Mode
	When  *Condition       // nil: always
	Rules []RuleConditions // as written, the default last
}

// RuleConditions is a rule: when it applies and what it sets.
type RuleConditions struct {
	Origin      Origin
	Default     bool
	When        *Condition // nil for a default
	From, Until int        // days as CivilDay numbers them, inclusive; 0 for none
	Fails       bool       // the rule holds the object instead of setting anything
	Holds       bool       // the rule has a hold, during which decided() reads what was carried out before
	Sets        []Setting  // one without a key for modes first and collect; by key for mode merge
}

// Setting is one thing that a rule sets.
type Setting struct {
	Key     string // mode merge: as policies spell it
	Value   string // two rules with equal values set the same for the same object
	Literal bool   // the value is written out, not an expression
	Text    string // mode first, literal: the value itself
}

// Condition is an expression with the place where it begins.
type Condition struct {
	Tree      ast.Node
	Text      string // as written
	File      string
	Line, Col int
}

// CivilDay numbers the calendar day of an instant in its own location, as From and Until do.
func CivilDay(t time.Time) int { return civilDay(t) }

// Conditions gives the expressions of the set. Each call works them out anew, with trees of its own.
func (s *Set) Conditions() *Conditions {
	l := &loader{scripts: s.scripts, layout: newLayout(), unused: newLayout(), parsing: parsing(), unparsed: map[int]bool{}}
	c := &Conditions{scripts: s.scripts, layout: l.layout}
	var fill []func()
	// take resolves an expression once all are known, and then hands its condition on.
	take := func(u unit, f func(Condition)) {
		if l.expression(u) == nil {
			return
		}
		kept := l.units[len(l.units)-1]
		fill = append(fill, func() { f(c.condition(kept)) })
	}
	c.Policies = make([]PolicyConditions, len(s.policies))
	for i, p := range s.policies {
		c.Policies[i].read(p, c, take)
	}
	l.resolveAll()
	l.checkAll()
	for _, f := range fill {
		f()
	}
	return c
}

func (c *Conditions) condition(u *unit) Condition {
	s := c.scripts[u.script]
	line, col := s.Position(0)
	return Condition{Tree: u.tree, Text: strings.TrimSpace(s.Text), File: s.File(), Line: line, Col: col}
}

// taker takes an expression up and later calls f with it.
type taker func(u unit, f func(Condition))

// read takes up all expressions of a policy; they are filled in once all are resolved.
func (x *PolicyConditions) read(p *policy, c *Conditions, take taker) {
	x.Policy, x.File, x.Timezone, x.Acts, x.source, x.all = p.name, p.file, p.zone.String(), p.acts, p, c
	if p.scope != nil {
		take(unit{policy: p, use: inScope, script: p.scope.script, want: wantTruth}, func(s Condition) { x.Scope = &s })
	}
	x.Named = make([]NamedCondition, len(p.conditionNames))
	for i, name := range p.conditionNames {
		x.Named[i].Name = name
		take(unit{policy: p, script: p.conditions[name], want: wantTruth, earlier: len(p.order)}, func(s Condition) { x.Named[i].Condition = s })
	}
	x.Decisions = make([]DecisionConditions, len(p.decisions))
	for i, d := range p.decisions {
		out := &x.Decisions[i]
		out.Name, out.Mode = d.name, d.mode
		takeProgram := func(code *program, w want, f func(Condition)) {
			take(unit{policy: p, script: code.script, want: w, earlier: i}, f)
		}
		if d.when != nil {
			takeProgram(d.when, wantTruth, func(s Condition) { out.When = &s })
		}
		rules := append(d.rules[:len(d.rules):len(d.rules)], d.fallback)
		out.Rules = make([]RuleConditions, len(rules))
		for j, r := range rules {
			out.Rules[j].read(d, r, takeProgram)
		}
	}
}

func (x *RuleConditions) read(d *decision, r *rule, take func(*program, want, func(Condition))) {
	*x = RuleConditions{Origin: r.origin, Default: r.fallback, From: r.from, Until: r.until, Fails: r.fail != "",
		Holds: r.hold != 0 && d.name != Leave}
	if r.when != nil {
		take(r.when, wantTruth, func(s Condition) { x.When = &s })
	}
	if x.Fails {
		return
	}
	if d.mode == Merge {
		x.Sets = make([]Setting, len(r.sets))
		for i, a := range r.sets {
			x.Sets[i] = Setting{Key: keyOf(a.property), Literal: a.expr == nil, Value: fmt.Sprintf("%q %q", a.value.String(), a.refs)}
			if a.expr != nil {
				take(a.expr, wantOf(a.property), func(s Condition) { x.Sets[i].Value = Canonical(s.Tree) })
			}
		}
		return
	}
	bundles := slices.Clone(r.list)
	slices.Sort(bundles)
	x.Sets = []Setting{{Text: r.text, Literal: r.expr == nil, Value: fmt.Sprintf("%q %q %q %s", r.text, r.reason, bundles, r.hold)}}
	if r.expr != nil {
		w := wantText
		if d.mode == Collect {
			w = wantTexts
		}
		take(r.expr, w, func(s Condition) { x.Sets[0].Value = fmt.Sprintf("%s %q %s", Canonical(s.Tree), r.reason, r.hold) })
	}
}

// wantOf gives the type of the expressions that set a property.
func wantOf(p cloud.Property) want {
	switch p.Kind {
	case cloud.TruthKind:
		return wantTruth
	case cloud.NumberKind:
		return wantNumber
	case cloud.TextsKind, cloud.ReferencesKind:
		return wantTexts
	}
	return wantText
}

// Position gives the place of a node of any tree, as its author wrote it: inside a named condition, the place there.
func (c *Conditions) Position(n ast.Node) (file string, line, col int) {
	at := n.Location().From
	s := c.scripts[at>>sourceShift]
	line, col = s.Position(at & (1<<sourceShift - 1))
	return s.File(), line, col
}

// FactKind is what an identifier stands for.
type FactKind uint8

// The kinds of facts.
const (
	TextFact     FactKind = iota // a text as the directory spells it, or one of a few fixed words
	FoldedFact                   // a text in folded form
	ListFact                     // a list of texts
	FoldedList                   // a list of folded texts
	NumberFact                   // a whole number
	TruthFact                    // an attribute that is true or false
	InstantFact                  // a date
	TodayFact                    // the day of evaluation in the timezone Argument
	HasFact                      // whether the attribute Base has a value
	InOUFact                     // whether the object lies in or below Argument, a folded DN; Base is its DN
	MemberFact                   // membership in Argument, a folded name, however deeply nested
	DirectFact                   // direct membership in Argument
	ProxyFact                    // hasProxy(Argument), folded; Base is proxyAddresses
	AnyBitFact                   // whether Base has any bit of Mask
	AllBitsFact                  // whether Base has all bits of Mask
	InTableFact                  // whether a table has the key Base
	DecidedTexts                 // decided() or was() of a list
)

// Fact is what an identifier in a tree stands for.
type Fact struct {
	Kind     FactKind
	Name     string // of this fact; the same wherever it is read
	Base     string // the Name of the text, list or number that it is worked out from, before folding; its own for those
	LDAP     string // the attribute that Base reads, "" for none
	Argument string
	Decision string // what decided() asks for
	Mask     int
	Table    *Table // with InTableFact
	// Values are the only texts that it can be, nil when there are too many to say. For decided() these are the values
	// that some rule of the decision gives, and "" when the decision can be not applicable.
	Values []string
}

// Table is the keys of a table.
type Table struct{ table *table }

// Has reports whether the table has a key, given in folded form.
func (t *Table) Has(key string) bool { _, ok := t.table.row(key); return ok }

// Len is the number of keys.
func (t *Table) Len() int { return len(t.table.rows) }

// Keys gives the keys in folded form, sorted.
func (t *Table) Keys() []string { return sortedKeys(t.table.rows) }

// factKinds are the kinds of those slots that are neither folded nor of their value's kind.
var factKinds = map[operation]FactKind{opHas: HasFact, opInOU: InOUFact, opMember: MemberFact, opDirect: DirectFact, opProxy: ProxyFact,
	opAnyBit: AnyBitFact, opAllBits: AllBitsFact, opInTable: InTableFact, opToday: TodayFact, opFold: FoldedFact, opFoldList: FoldedList}

// Fact tells what a node stands for; ok is false for nodes that are no identifiers of facts.
func (x *PolicyConditions) Fact(n ast.Node) (f Fact, ok bool) {
	l := x.all.layout
	i, ok := l.byKey[identifierOf(n)]
	if !ok {
		return Fact{}, false
	}
	s := &l.slots[i]
	base := s
	if kind, special := factKinds[s.op]; special {
		f.Kind = kind
		for base.from >= 0 && slices.Contains([]operation{opHas, opInOU, opProxy, opAnyBit, opAllBits, opInTable, opFold, opFoldList}, base.op) {
			base = &l.slots[base.from]
		}
	} else {
		f.Kind = map[string]FactKind{"string": TextFact, "int": NumberFact, "bool": TruthFact, "time.Time": InstantFact, "[]string": ListFact}[s.kind.String()]
	}
	f.Name, f.Base, f.Argument, f.LDAP = s.name, base.name, s.arg, base.attr.ldap
	switch s.op {
	case opToday:
		f.Argument = s.zone.String()
	case opMember, opDirect:
		f.Argument = s.name[strings.IndexByte(s.name, ' ')+1:]
	case opAnyBit, opAllBits:
		f.Mask = s.ref
	case opInTable:
		f.Table = &Table{s.table}
	case opClass:
		f.Values = []string{"user", "contact", "group"}
	case opWas:
		if f.Values = x.source.valuesOf(s.arg); f.Values != nil {
			f.Values = append(slices.Clone(f.Values), "")
			slices.Sort(f.Values)
		}
		if s.kind == listType {
			f.Kind = DecidedTexts
		}
	case opDecided:
		f.Decision = s.arg
		f.Values = x.valuesOf(s.arg)
		if s.kind == listType {
			f.Kind = DecidedTexts
		}
	}
	return f, true
}

// valuesOf gives the values that the policy's own rules give a decision of mode first.
func (x *PolicyConditions) valuesOf(decision string) []string {
	i := slices.Index(x.source.order, decision)
	if i < 0 || x.source.decisions[i].mode != First {
		return nil
	}
	d := x.source.decisions[i]
	var values []string
	for _, r := range append(d.rules[:len(d.rules):len(d.rules)], d.fallback) {
		switch {
		case r.fail != "":
		case r.expr != nil:
			values = append(values, x.source.valuesOf(decision)...)
		default:
			values = append(values, r.text)
		}
	}
	if d.when != nil {
		values = append(values, "")
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// Canonical writes a tree so that equal texts mean equal trees, wherever they stand and however they were written. It is
// not for people.
func Canonical(n ast.Node) string {
	var b strings.Builder
	canonical(&b, n)
	return b.String()
}

func canonical(b *strings.Builder, n ast.Node) {
	list := func(name string, nodes ...ast.Node) {
		b.WriteString("(" + name)
		for _, x := range nodes {
			b.WriteByte(' ')
			canonical(b, x)
		}
		b.WriteByte(')')
	}
	switch x := n.(type) {
	case *ast.IdentifierNode:
		b.WriteString("<" + strconv.Quote(x.Value) + ">")
	case *ast.UnaryNode:
		list(x.Operator, x.Node)
	case *ast.BinaryNode:
		list(x.Operator, x.Left, x.Right)
	case *ast.ConditionalNode:
		list("?", x.Cond, x.Exp1, x.Exp2)
	case *ast.ArrayNode:
		list("list", x.Nodes...)
	case *ast.CallNode:
		list("call "+strconv.Quote(identifierOf(x.Callee)), x.Arguments...)
	case *ast.BuiltinNode:
		list("builtin "+x.Name, x.Arguments...)
	case *ast.PredicateNode:
		list("each", x.Node)
	case *ast.VariableDeclaratorNode:
		list("let "+x.Name, x.Value, x.Expr)
	case *ast.ConstantNode:
		switch v := x.Value.(type) {
		case time.Time:
			fmt.Fprintf(b, "(instant %d)", v.Unix())
		case *table:
			list("table " + strconv.Quote(v.policy) + strconv.Quote(v.name))
		default:
			fmt.Fprintf(b, "(constant %T %v)", v, v)
		}
	case *ast.PointerNode:
		b.WriteByte('#')
	default: // numbers, truth values and quoted texts
		b.WriteString(n.String())
	}
}
