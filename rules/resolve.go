package rules

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Limits on one expression; see docs/policy-language.md.
const (
	maxText     = 8192   // characters
	maxNodes    = 400    // syntax nodes as written
	maxInlined  = 4000   // syntax nodes once named conditions stand in their place
	maxGrowth   = 30_000 // by which all expressions of a set together grow through that
	maxLoops    = 2      // any() within any()
	maxLets     = 4
	sourceShift = 16 // a node's location is the number of its script << sourceShift plus the offset in it
)

// roots are the names of the object that is decided about. They are four so that a rule reads well; all mean the same.
var roots = []string{"user", "group", "contact", "object"}

// operators are those that policies may use.
var operators = []string{"==", "!=", "<", "<=", ">", ">=", "&&", "||", "and", "or", "in", "contains", "startsWith", "endsWith", "matches",
	"+", "-", "*", "%"}

// refusedOperators says what to do instead.
var refusedOperators = map[string]string{
	"..": "list the values",
	"??": "an absent attribute is empty, never nil; use coalesce(a, b)",
	"/":  "whole numbers only",
	"**": "whole numbers only",
	"^":  "whole numbers only",
}

// resolver turns the names of one expression into slots of the environment and refuses everything that is not on its
// lists, so that an expression can do nothing but look at its object.
type resolver struct {
	*unit
	variables  []string
	lets       int
	loops      int
	conditions []string // being inlined, outermost first
	nodes      int
}

// parse reads a script into a syntax tree whose locations name the script. It notes what is wrong and gives nil then.
func (l *loader) parse(script int) ast.Node {
	s := l.scripts[script]
	if s.Text == "" || l.unparsed[script] {
		return nil // an empty one is refused by YAML loading; this one was not text
	}
	l.unparsed[script] = true // until it turns out otherwise
	if n := len([]rune(s.Text)); n > maxText {
		s.Problemf(0, "", "expression has %d characters, more than the limit of %d", n, maxText)
		return nil
	}
	tree, err := parser.ParseWithConfig(s.Text, l.parsing)
	if err != nil {
		offset, message, hint := syntaxError(err)
		if s.Cut() {
			hint = "a # after a blank begins a comment in YAML: put the expression in quotes"
		}
		s.Problemf(offset, hint, "%s", message)
		return nil
	}
	ast.Walk(&tree.Node, shift(script<<sourceShift))
	delete(l.unparsed, script)
	return tree.Node
}

// shift moves the locations of nodes.
type shift int

// Visit implements ast.Visitor.
func (s shift) Visit(n *ast.Node) {
	at := (*n).Location()
	(*n).SetLocation(file.Location{From: at.From + int(s), To: at.To + int(s)})
}

// list resolves nodes in place.
func (r *resolver) list(nodes []ast.Node) {
	for i := range nodes {
		nodes[i] = r.node(nodes[i])
	}
}

// node gives what stands for a node in the environment. Where something is refused it notes the problem and gives the
// node itself; the unit is then not compiled.
func (r *resolver) node(n ast.Node) ast.Node {
	if len(r.conditions) > 0 && !r.mayGrow() {
		return n
	}
	if r.nodes++; r.nodes > maxInlined {
		if r.nodes == maxInlined+1 {
			r.problemAt(r.start(), "", "expression grows beyond %d parts once its conditions are put in place", maxInlined)
		}
		return n
	}
	switch x := n.(type) {
	case *ast.BoolNode, *ast.StringNode, *ast.IntegerNode:
	case *ast.IdentifierNode:
		return r.identifier(x)
	case *ast.MemberNode:
		return r.member(x)
	case *ast.CallNode:
		return r.call(x)
	case *ast.BuiltinNode:
		r.builtin(x)
	case *ast.PredicateNode:
		x.Node = r.node(x.Node)
	case *ast.PointerNode:
		if x.Name != "" {
			r.problem(n, "", "#%s is not allowed; # is the value itself", x.Name)
		}
	case *ast.UnaryNode:
		r.unary(x)
	case *ast.BinaryNode:
		r.binary(x)
	case *ast.ConditionalNode:
		x.Cond, x.Exp1, x.Exp2 = r.node(x.Cond), r.node(x.Exp1), r.node(x.Exp2)
	case *ast.ArrayNode:
		r.list(x.Nodes)
	case *ast.VariableDeclaratorNode:
		r.declare(x)
	default:
		r.refuse(n)
	}
	return n
}

// mayGrow counts a part that stands in the place of a condition's name, and reports whether the set can take it.
func (r *resolver) mayGrow() bool {
	l := r.loader
	if l.grown++; l.grown > maxGrowth {
		if l.grown == maxGrowth+1 {
			r.problemAt(r.start(), "name fewer or shorter conditions", "the expressions of all policies grow by more than %d parts when conditions are put in place", maxGrowth)
		}
		r.failed = true
	}
	return l.grown <= maxGrowth
}

// refuse notes what has no place in a policy.
func (r *resolver) refuse(n ast.Node) {
	switch n.(type) {
	case *ast.NilNode:
		r.problem(n, "ask has(...)", "nil is not used in policies: an absent attribute is empty")
	case *ast.FloatNode:
		r.problem(n, "", "only whole numbers are allowed in policies")
	case *ast.ChainNode:
		r.problem(n, "write a dot", "?. is not needed: an absent attribute is empty")
	case *ast.SliceNode:
		r.problem(n, "use left(text, n)", "slices are not allowed in policies")
	case *ast.MapNode:
		r.problem(n, "", "maps are not allowed in policies")
	case *ast.SequenceNode:
		r.problem(n, "", "several expressions in one are not allowed in policies")
	default:
		r.problem(n, "", "this is not allowed in policies")
	}
}

func (r *resolver) unary(x *ast.UnaryNode) {
	if x.Operator == "+" {
		r.problem(x, "", "a leading + is not allowed in policies")
	}
	x.Node = r.node(x.Node)
}

func (r *resolver) binary(x *ast.BinaryNode) {
	if hint, ok := refusedOperators[x.Operator]; ok {
		r.problem(x, hint, "operator %s is not allowed in policies", x.Operator)
	} else if !slices.Contains(operators, x.Operator) {
		r.problem(x, "", "operator %s is not allowed in policies", x.Operator)
	}
	if x.Operator == "matches" {
		if _, ok := x.Right.(*ast.StringNode); !ok {
			r.problem(x, "", "the pattern of matches must be a text in quotes")
		}
	}
	x.Left, x.Right = r.node(x.Left), r.node(x.Right)
}

func (r *resolver) declare(x *ast.VariableDeclaratorNode) {
	if r.lets++; r.lets > maxLets {
		r.problem(x, "", "more than %d let in one expression", maxLets)
	}
	if _, condition := r.policy.conditions[x.Name]; condition || reserved(x.Name) || slices.Contains(r.variables, x.Name) {
		r.problem(x, "", "let cannot redefine %s", x.Name)
	}
	x.Value = r.node(x.Value)
	r.variables = append(r.variables, x.Name)
	x.Expr = r.node(x.Expr)
	r.variables = r.variables[:len(r.variables)-1]
}

// identifier resolves a bare name: a let variable or a named condition.
func (r *resolver) identifier(x *ast.IdentifierNode) ast.Node {
	if slices.Contains(r.variables, x.Value) {
		return x
	}
	if script, ok := r.policy.conditions[x.Value]; ok {
		return r.inline(x, script)
	}
	switch _, function := functions[x.Value]; {
	case slices.Contains(roots, x.Value):
		r.problem(x, "", "%s needs an attribute, such as %s.department", x.Value, x.Value)
	case function || slices.Contains(loopsAllowed, x.Value):
		r.problem(x, "", "function %s needs parentheses", x.Value)
	case r.policy.vocabulary.byName[x.Value].name != "":
		r.problem(x, "did you mean user."+x.Value+"?", "unknown name %s", x.Value)
	default:
		r.problem(x, didYouMean(x.Value, append(slices.Clone(r.policy.conditionNames), roots...)), "unknown name %s", x.Value)
	}
	return x
}

// inline puts the syntax tree of a named condition in the place of its name. Its nodes keep their own locations, so that a
// mistake in it is shown where it is written.
func (r *resolver) inline(x *ast.IdentifierNode, script int) ast.Node {
	if slices.Contains(r.conditions, x.Value) {
		r.problem(x, "", "condition %s refers to itself: %s", x.Value, strings.Join(append(r.conditions, x.Value), " -> "))
		return x
	}
	if r.loader.grown > maxGrowth {
		r.failed = true
		return x
	}
	tree := r.loader.parse(script)
	if tree == nil {
		r.failed = true
		return x
	}
	variables := r.variables
	r.variables, r.conditions = nil, append(r.conditions, x.Value)
	tree = r.node(tree)
	r.variables, r.conditions = variables, r.conditions[:len(r.conditions)-1]
	return tree
}

// member resolves user.department, user["department"] and user.ext["extensionAttribute7"].
func (r *resolver) member(x *ast.MemberNode) ast.Node {
	a, ok := r.attribute(x)
	if !ok {
		return x
	}
	n := r.slot(r.layout.attribute(a), x)
	if a.kind != instantKind {
		return n
	}
	return invoke(x, "require instant", n, &ast.StringNode{Value: r.written(x)})
}

// written gives a member as its author wrote it, for messages.
func (r *resolver) written(x *ast.MemberNode) string {
	p, _ := x.Property.(*ast.StringNode)
	switch b := x.Node.(type) {
	case *ast.IdentifierNode:
		return b.Value + "." + p.Value
	case *ast.MemberNode:
		return r.written(b) + `["` + p.Value + `"]`
	}
	return p.Value
}

// attribute finds the attribute that a member names, noting a problem when it is none.
func (r *resolver) attribute(n ast.Node) (attribute, bool) {
	x, ok := n.(*ast.MemberNode)
	if !ok {
		r.problem(n, "", "expected an attribute, such as user.department")
		return attribute{}, false
	}
	property, ok := x.Property.(*ast.StringNode)
	base := x.Node
	if b, isMember := base.(*ast.MemberNode); isMember && isText(b.Property, "ext") {
		base = b.Node
	}
	root, isRoot := base.(*ast.IdentifierNode)
	switch {
	case !ok:
		r.problem(x, "use any(list, ...) or first(list)", "selecting by position is not allowed in policies")
		return attribute{}, false
	case x.Method:
		r.problem(x, "", "values have no methods such as %s()", property.Value)
		return attribute{}, false
	case !isRoot || !slices.Contains(roots, root.Value):
		r.problem(x, "", "only %s have attributes", strings.Join(roots, ", "))
		return attribute{}, false
	case property.Value == "ext" && base == x.Node:
		r.problem(x, "", `%s.ext needs the name of an attribute: %s.ext["extensionAttribute7"]`, root.Value, root.Value)
		return attribute{}, false
	}
	a, ok := r.policy.vocabulary.byName[property.Value]
	if !ok {
		hint := ""
		if near := strictyaml.Suggest(property.Value, r.policy.vocabulary.names); near != "" {
			hint = "did you mean " + root.Value + "." + near + "?"
		}
		r.problem(x, hint, "unknown attribute %s.%s", root.Value, property.Value)
	}
	return a, ok
}

func isText(n ast.Node, want string) bool {
	s, ok := n.(*ast.StringNode)
	return ok && s.Value == want
}

// loopsAllowed are expr's predicates that policies may use; plainAllowed its other functions.
var (
	loopsAllowed = []string{"all", "any", "count", "filter", "none", "one"}
	plainAllowed = []string{"len", "lower", "trim", "upper"}
)

// builtin resolves one of expr's own functions.
func (r *resolver) builtin(x *ast.BuiltinNode) {
	loop := slices.Contains(loopsAllowed, x.Name)
	if !loop && !slices.Contains(plainAllowed, x.Name) {
		r.problem(x, refusedFunctions[x.Name], "function %s() is not allowed in policies", x.Name)
		return
	}
	if !loop {
		r.list(x.Arguments)
		return
	}
	if r.loops+1 > maxLoops {
		r.problem(x, "", "%s() stands more than %d loops deep", x.Name, maxLoops)
		return
	}
	x.Arguments[0] = r.node(x.Arguments[0])
	r.loops++
	for i := 1; i < len(x.Arguments); i++ {
		x.Arguments[i] = r.node(x.Arguments[i])
	}
	r.loops--
}

// refusedFunctions says what to use instead.
var refusedFunctions = map[string]string{
	"now": "use today()", "hasPrefix": "use startsWith", "hasSuffix": "use endsWith", "map": "use filter(...)", "find": "use any(...)",
	"indexOf": "use contains", "get": "use user.attribute", "bitand": "use hasBits(...)", "last": "use first(...)",
	"timezone": "set timezone: in the policy",
}

// slot gives a node that reads a slot.
func (r *resolver) slot(i int, at ast.Node) ast.Node {
	n := &ast.IdentifierNode{Value: r.layout.slots[i].name}
	n.SetLocation(at.Location())
	return n
}

// invoke gives a call of a function, located where at is.
func invoke(at ast.Node, name string, arguments ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: name}
	call := &ast.CallNode{Callee: callee, Arguments: arguments}
	callee.SetLocation(at.Location())
	call.SetLocation(at.Location())
	for _, a := range arguments {
		if a.Location() == (file.Location{}) {
			a.SetLocation(at.Location())
		}
	}
	return call
}
