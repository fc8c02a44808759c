package rules

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Written is one expression as its author wrote it: names of conditions stand in it, and attributes are spelled as in the
// file. Tools that look at how policies are written use it; what expressions mean is told by Conditions.
type Written struct {
	Policy, File string
	Part         WrittenPart
	Name         string // of a named condition
	Decision     string
	Rule         string // id
	Key          string // mode merge: what the expression sets, as policies spell it
	Tree         ast.Node
	Script       strictyaml.Script // locations of nodes are offsets in it
}

// WrittenPart says where an expression stands.
type WrittenPart string

// The parts of a policy that are expressions.
const (
	ScopePart     WrittenPart = "scope"
	ConditionPart WrittenPart = "condition" // a named one
	ApplyPart     WrittenPart = "when of a decision"
	WhenPart      WrittenPart = "when"
	ValuePart     WrittenPart = "thenExpr"
)

// Position gives the place of a node of the expression's own tree.
func (x *Written) Position(n ast.Node) (line, col int) { return x.Script.Position(n.Location().From) }

// Written gives all expressions of the set in the order of the policies: the scope, the named conditions with those that
// are imported, and the decisions. A condition that several policies import stands once for each. The trees are the caller's.
func (s *Set) Written() []Written {
	l := &loader{scripts: s.scripts, parsing: parsing(), unparsed: map[int]bool{}}
	var out []Written
	for _, p := range s.policies {
		add := func(script int, x Written) {
			x.Policy, x.File, x.Script = p.name, s.scripts[script].File(), s.scripts[script]
			if x.Tree = l.parse(script); x.Tree == nil {
				return // an empty one, which no loaded set has
			}
			ast.Walk(&x.Tree, shift(-(script << sourceShift)))
			out = append(out, x)
		}
		if p.scope != nil {
			add(p.scope.script, Written{Part: ScopePart})
		}
		for _, name := range p.conditionNames {
			add(p.conditions[name], Written{Part: ConditionPart, Name: name})
		}
		for _, d := range p.decisions {
			if d.when != nil {
				add(d.when.script, Written{Part: ApplyPart, Decision: d.name})
			}
			for _, r := range append(d.rules[:len(d.rules):len(d.rules)], d.fallback) {
				r.expressions(d, add)
			}
		}
	}
	return out
}

// expressions hands the expressions of a rule on.
func (r *rule) expressions(d *decision, add func(script int, x Written)) {
	x := Written{Decision: d.name, Rule: r.origin.Rule}
	if r.when != nil {
		x.Part = WhenPart
		add(r.when.script, x)
	}
	x.Part = ValuePart
	if r.expr != nil {
		add(r.expr.script, x)
	}
	for _, a := range r.sets {
		if a.expr != nil {
			x.Key = keyOf(a.property)
			add(a.expr.script, x)
		}
	}
}

// Holding tells for an object, and for each rule of a decision of its policy, whether the rule's condition holds, whatever
// rules before it decided; defaults are left out. A condition that fails holds for nobody. It is nil for an object that the
// policy does not decide about, and where the decision does not apply.
func (e *Evaluator) Holding(in Input, policy, decision string) []bool {
	if out := e.Evaluate(in); out.Policy != policy || out.ScopeErr != nil {
		return nil
	}
	for i, p := range e.set.policies {
		if p.name != policy {
			continue
		}
		for _, d := range p.decisions {
			if d.name != decision {
				continue
			}
			if ok, err := e.truth(d.when, ""); !ok || err != nil {
				return nil
			}
			out := make([]bool, len(d.rules))
			for j, r := range d.rules {
				ok, err := e.truth(r.when, r.origin.Rule)
				out[j] = ok && err == nil && r.inForce(e.days[i])
			}
			return out
		}
	}
	return nil
}

// DecisionNames lists the decisions of the language in the order of its documentation.
func DecisionNames() []string { return slices.Clone(decisionNames) }

// ModeOf gives how the rules of a decision combine; it follows from its name.
func ModeOf(decision string) Mode { return modeOf(decision) }

// Words gives the values of a decision that takes one of a fixed few: cloudType, usageLocation and leave; nil for others.
func Words(decision string) []string {
	if modeOf(decision) != First {
		return nil
	}
	return slices.Clone((&policy{}).valuesOf(decision))
}

// Keys gives the keys of a decision of mode merge as policies spell them, with what each takes.
func Keys(decision string) ([]string, []cloud.Property) { return keysOf(decision) }

// Functions lists the names of the functions of expressions, sorted.
func Functions() []string { return functionNames() }

// BuiltinAttributes gives the names that every policy can read.
func BuiltinAttributes() []Attribute {
	return (&Set{policies: []*policy{{vocabulary: builtinVocabulary()}}}).Vocabulary()
}
