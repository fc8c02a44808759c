package prove

import (
	"slices"
	"strconv"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/rules"
)

// translator turns the conditions of one policy into formulas.
type translator struct {
	*formulas
	*theory
	policy *rules.PolicyConditions
	lets   map[string]bound
	keys   map[string]lit // atoms about whose meaning nothing is known, by canonical text
	// decided gives what decided() of a decision reads, for those that are asked for.
	decided map[string]string
	// free gives the values that decided() may read of a decision which need not be what its rules give now.
	free map[string][]string
}

// bound is what a let variable stands for.
type bound struct {
	node  ast.Node // what it was bound to, where that reads one thing
	truth lit      // where isTruth
	key   string   // otherwise
	isTruth,
	simple bool
}

func newTranslator(p *rules.PolicyConditions) *translator {
	f := newFormulas()
	return &translator{formulas: f, theory: newTheory(f), policy: p, lets: map[string]bound{}, keys: map[string]lit{}, decided: map[string]string{}, free: map[string][]string{}}
}

// condition gives the formula of a condition; nil is true.
func (t *translator) condition(c *rules.Condition) lit {
	switch {
	case c == nil:
		return always
	case c.Tree == nil:
		return t.atom()
	}
	return t.truth(c.Tree)
}

// truth gives the formula of an expression that is true or false. What it does not know becomes an atom.
func (t *translator) truth(n ast.Node) lit {
	switch x := n.(type) {
	case *ast.BoolNode:
		if x.Value {
			return always
		}
		return never
	case *ast.UnaryNode:
		if x.Operator == "!" || x.Operator == "not" {
			return t.truth(x.Node).not()
		}
	case *ast.BinaryNode:
		return t.binary(x)
	case *ast.ConditionalNode:
		return t.choice(t.truth(x.Cond), t.truth(x.Exp1), t.truth(x.Exp2))
	case *ast.VariableDeclaratorNode:
		return t.let(x)
	case *ast.BuiltinNode:
		if l, ok := t.loop(x); ok {
			return l
		}
	case *ast.IdentifierNode:
		if b, ok := t.lets[x.Value]; ok && b.isTruth {
			return b.truth
		}
		if f, ok := t.policy.Fact(x); ok {
			return t.fact(f)
		}
	}
	return t.opaque(n)
}

// opaque gives the atom of an expression whose meaning is not looked at.
func (t *translator) opaque(n ast.Node) lit { return t.named(t.key(n)) }

func (t *translator) named(key string) lit {
	l, ok := t.keys[key]
	if !ok {
		l = t.atom()
		t.keys[key] = l
	}
	return l
}

// key gives a text that is equal for expressions of equal value.
func (t *translator) key(n ast.Node) string {
	n = t.follow(n)
	if len(t.lets) == 0 {
		return rules.Canonical(n)
	}
	key := rules.Canonical(n)
	// The variables that the expression reads belong to its value.
	var names []string
	ast.Walk(&n, visitor(func(x *ast.Node) {
		if id, ok := (*x).(*ast.IdentifierNode); ok {
			if _, let := t.lets[id.Value]; let {
				names = append(names, id.Value)
			}
		}
	}))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		key += " let " + name + "=" + t.lets[name].key
	}
	return "let " + strconv.Quote(key)
}

type visitor func(n *ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(n *ast.Node) { v(n) }

// let binds a variable. Its key is short however often variables are used in variables.
func (t *translator) let(x *ast.VariableDeclaratorNode) lit {
	b := bound{key: "#" + strconv.Itoa(int(t.opaque(x.Value)))}
	switch {
	case t.isTruth(x.Value):
		b.truth, b.isTruth = t.truth(x.Value), true
	default:
		n := t.follow(x.Value)
		if _, b.simple = n.(*ast.IdentifierNode); b.simple {
			b.node = n
		}
	}
	outer, shadows := t.lets[x.Name]
	t.lets[x.Name] = b
	l := t.truth(x.Expr)
	delete(t.lets, x.Name)
	if shadows {
		t.lets[x.Name] = outer
	}
	return l
}

// follow gives what a let variable reads, if it is no more than a fact; otherwise the node itself.
func (t *translator) follow(n ast.Node) ast.Node {
	if id, ok := n.(*ast.IdentifierNode); ok {
		if b, let := t.lets[id.Value]; let && b.simple {
			return b.node
		}
	}
	return n
}

// isTruth reports whether an expression gives true or false for certain.
func (t *translator) isTruth(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.BoolNode:
		return true
	case *ast.UnaryNode:
		return x.Operator == "!" || x.Operator == "not"
	case *ast.BinaryNode:
		return !slices.Contains([]string{"+", "-", "*", "%"}, x.Operator)
	case *ast.ConditionalNode:
		return t.isTruth(x.Exp1)
	case *ast.BuiltinNode:
		return slices.Contains([]string{"any", "all", "none", "one"}, x.Name)
	case *ast.VariableDeclaratorNode:
		return t.isTruth(x.Expr)
	case *ast.IdentifierNode:
		if b, ok := t.lets[x.Value]; ok {
			return b.isTruth || b.simple && t.isTruth(b.node)
		}
		f, ok := t.policy.Fact(x)
		return ok && !slices.Contains(valueFacts, f.Kind)
	}
	return false
}

// valueFacts are the kinds of facts that are not true or false.
var valueFacts = []rules.FactKind{rules.TextFact, rules.FoldedFact, rules.ListFact, rules.FoldedList, rules.NumberFact, rules.InstantFact,
	rules.TodayFact, rules.DecidedTexts}

func (t *translator) binary(x *ast.BinaryNode) lit {
	switch x.Operator {
	case "&&", "and":
		return t.and(t.truth(x.Left), t.truth(x.Right))
	case "||", "or":
		return t.or(t.truth(x.Left), t.truth(x.Right))
	case "==", "!=":
		l := t.equality(x.Left, x.Right)
		if x.Operator == "!=" {
			l = l.not()
		}
		return l
	case "in":
		return t.membership(x)
	case "startsWith", "endsWith", "contains":
		if p, ok := x.Right.(*ast.StringNode); ok {
			return t.compare(x.Left, textOps[x.Operator], p.Value)
		}
	case "<", "<=", ">", ">=":
		if l, ok := t.order(x.Operator, x.Left, x.Right); ok {
			return l
		}
	}
	return t.opaque(x)
}

var textOps = map[string]textOp{"startsWith": prefix, "endsWith": suffix, "contains": contains}

// equality gives the formula of a == b.
func (t *translator) equality(a, b ast.Node) lit {
	if isConstant(a) {
		a, b = b, a
	}
	switch c := b.(type) {
	case *ast.StringNode:
		return t.compare(a, equals, c.Value)
	case *ast.IntegerNode, *ast.UnaryNode, *ast.ConstantNode:
		if l, ok := t.order("==", a, b); ok {
			return l
		}
	}
	if t.isTruth(a) && t.isTruth(b) {
		return t.equal(t.truth(a), t.truth(b))
	}
	x, y := t.key(a), t.key(b)
	if x == y {
		return always
	}
	return t.named("(= " + min(x, y) + " " + max(x, y) + ")")
}

func isConstant(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.ConstantNode, *ast.BoolNode:
		return true
	case *ast.UnaryNode:
		return x.Operator == "-" && isConstant(x.Node)
	}
	return false
}

// membership gives the formula of x in list.
func (t *translator) membership(x *ast.BinaryNode) lit {
	if a, ok := x.Right.(*ast.ArrayNode); ok {
		var any []lit
		for _, e := range a.Nodes {
			any = append(any, t.equality(x.Left, e))
		}
		return t.or(any...)
	}
	if c, ok := x.Left.(*ast.StringNode); ok {
		if base, folded, isList := t.list(x.Right); isList {
			return t.element(base, folded, equals, c.Value)
		}
	}
	return t.opaque(x)
}

// text tells which text an expression reads, and whether in folded form.
func (t *translator) text(n ast.Node) (base string, folded bool, values []string) {
	n = t.follow(n)
	if call, ok := n.(*ast.CallNode); ok && len(call.Arguments) == 1 {
		if id, named := call.Callee.(*ast.IdentifierNode); named && id.Value == "fold" {
			base, _, _ = t.text(call.Arguments[0])
			return base, true, nil
		}
	}
	if f, ok := t.policy.Fact(n); ok {
		if f.Decision != "" {
			t.decided[f.Decision] = f.Base
			if values, ok := t.free[f.Decision]; ok {
				return f.Base, f.Kind == rules.FoldedFact, values
			}
		}
		return f.Base, f.Kind == rules.FoldedFact, f.Values
	}
	return t.key(n), false, nil
}

// compare gives the formula of a comparison of a text with a constant.
func (t *translator) compare(n ast.Node, op textOp, c string) lit {
	if s, ok := n.(*ast.StringNode); ok {
		return constant(holds(op, s.Value, c))
	}
	if c == "" && op != equals {
		return always
	}
	if x, ok := n.(*ast.ConditionalNode); ok {
		return t.choice(t.truth(x.Cond), t.compare(x.Exp1, op, c), t.compare(x.Exp2, op, c))
	}
	base, folded, values := t.text(n)
	return t.textAtom(base, folded, values, op, c)
}

func constant(b bool) lit {
	if b {
		return always
	}
	return never
}

// list tells which list an expression reads, and whether in folded form.
func (t *translator) list(n ast.Node) (base string, folded, ok bool) {
	f, ok := t.policy.Fact(t.follow(n))
	return f.Base, f.Kind == rules.FoldedList, ok && (f.Kind == rules.ListFact || f.Kind == rules.FoldedList || f.Kind == rules.DecidedTexts)
}

// loop gives the formula of any() and none() over a list, where what is asked of the items is made of comparisons.
func (t *translator) loop(x *ast.BuiltinNode) (lit, bool) {
	if x.Name != "any" && x.Name != "none" || len(x.Arguments) != 2 {
		return 0, false
	}
	base, folded, ok := t.list(x.Arguments[0])
	p, isPredicate := x.Arguments[1].(*ast.PredicateNode)
	if !ok || !isPredicate {
		return 0, false
	}
	l, ok := t.someItem(base, folded, p.Node)
	if x.Name == "none" {
		l = l.not()
	}
	return l, ok
}

// someItem says that some item of a list fulfils a condition: a comparison, or several of which one must hold.
func (t *translator) someItem(base string, folded bool, n ast.Node) (lit, bool) {
	x, ok := n.(*ast.BinaryNode)
	if !ok {
		return 0, false
	}
	if x.Operator == "||" || x.Operator == "or" {
		a, okA := t.someItem(base, folded, x.Left)
		b, okB := t.someItem(base, folded, x.Right)
		return t.or(a, b), okA && okB
	}
	item := x.Left
	if call, isCall := item.(*ast.CallNode); isCall && len(call.Arguments) == 1 {
		if id, named := call.Callee.(*ast.IdentifierNode); named && id.Value == "fold" {
			item, folded = call.Arguments[0], true
		}
	}
	if p, isItem := item.(*ast.PointerNode); !isItem || p.Name != "" {
		return 0, false
	}
	if list, isList := x.Right.(*ast.ArrayNode); isList && x.Operator == "in" {
		var any []lit
		for _, e := range list.Nodes {
			c, isText := e.(*ast.StringNode)
			if !isText {
				return 0, false
			}
			any = append(any, t.element(base, folded, equals, c.Value))
		}
		return t.or(any...), true
	}
	c, isText := x.Right.(*ast.StringNode)
	op, known := textOps[x.Operator]
	if x.Operator == "==" {
		op, known = equals, true
	}
	if !isText || !known {
		return 0, false
	}
	return t.element(base, folded, op, c.Value), true
}

// order gives the formula of a comparison of numbers, or dates, with a constant.
func (t *translator) order(op string, a, b ast.Node) (lit, bool) {
	if isConstant(a) && !isConstant(b) {
		a, b = b, a
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}[op]
	}
	if c, ok := integer(b); ok {
		if d, both := integer(a); both {
			return constant(compareNumbers(op, d, c)), true
		}
		if f, isFact := t.policy.Fact(t.follow(a)); isFact {
			return t.number(f.Base, op, c), true
		}
		name := t.key(a)
		l := t.number(name, op, c)
		if x, isCall := a.(*ast.BuiltinNode); isCall && (x.Name == "len" || x.Name == "count") {
			of, _, list := t.list(x.Arguments[0])
			t.length(name, of, list && x.Name == "len")
		}
		return l, true
	}
	k, ok := b.(*ast.ConstantNode)
	if !ok {
		return 0, false
	}
	at, ok := k.Value.(time.Time)
	if !ok {
		return 0, false
	}
	if f, isFact := t.policy.Fact(t.follow(a)); isFact && f.Kind == rules.TodayFact {
		return t.number(day(f.Argument), op, rules.CivilDay(at)), true
	}
	if call, isCall := a.(*ast.CallNode); isCall && len(call.Arguments) == 2 {
		a = call.Arguments[0] // the attribute, without its name for the error of an absent one
	}
	name := t.key(a)
	if f, isFact := t.policy.Fact(a); isFact {
		name = f.Base
	}
	return t.instant(name, op, at.Unix()), true
}

// day names the number that today() is in a timezone.
func day(zone string) string { return "day " + zone }

func compareNumbers(op string, a, b int) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return a == b
}

// integer gives the value of a whole number that is written out.
func integer(n ast.Node) (int, bool) {
	switch x := n.(type) {
	case *ast.IntegerNode:
		return x.Value, true
	case *ast.UnaryNode:
		v, ok := integer(x.Node)
		return -v, ok && x.Operator == "-"
	}
	return 0, false
}
