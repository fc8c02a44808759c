package rules

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// folder makes comparisons of text ignore case, as directories do: both sides are brought to folded form, attributes by
// reading their folded slot and literals here and now. Texts that leave an expression keep their case. It runs on a tree
// whose types are known, and leaves trees below exact() alone.
type folder struct {
	*unit
	foldedItems []bool // of the loops around: whether # is folded already
}

// foldsBoth are the operators that compare text.
var foldsBoth = []string{"==", "!=", "in", "startsWith", "endsWith", "contains"}

// node gives a tree in which texts compare without regard to case.
func (f *folder) node(n ast.Node, exact bool) ast.Node {
	exact = exact || f.exact[n]
	switch x := n.(type) {
	case *ast.UnaryNode:
		x.Node = f.node(x.Node, exact)
	case *ast.BinaryNode:
		return f.binary(x, exact)
	case *ast.ConditionalNode:
		x.Cond, x.Exp1, x.Exp2 = f.node(x.Cond, exact), f.node(x.Exp1, exact), f.node(x.Exp2, exact)
	case *ast.ArrayNode:
		f.list(x.Nodes, exact)
	case *ast.CallNode:
		f.list(x.Arguments, exact)
	case *ast.VariableDeclaratorNode:
		x.Value, x.Expr = f.node(x.Value, exact), f.node(x.Expr, exact)
	case *ast.BuiltinNode:
		if slices.Contains(loopsAllowed, x.Name) {
			f.loop(x, exact)
		} else {
			f.list(x.Arguments, exact)
		}
	}
	return n
}

func (f *folder) list(nodes []ast.Node, exact bool) {
	for i := range nodes {
		nodes[i] = f.node(nodes[i], exact)
	}
}

func (f *folder) binary(x *ast.BinaryNode, exact bool) ast.Node {
	textual := isTextual(x.Left) && isTextual(x.Right)
	switch {
	case x.Operator == "+" && textual:
		return invoke(x, "concatenate", f.node(x.Left, exact), f.node(x.Right, exact))
	case x.Operator == "matches" && !exact:
		if p, ok := x.Right.(*ast.StringNode); ok {
			p.Value = "(?i)" + p.Value
		}
	case slices.Contains(foldsBoth, x.Operator) && textual:
		if f.fixed(x.Left, x.Right) || f.fixed(x.Right, x.Left) {
			break
		}
		if !exact {
			x.Left, x.Right = f.folded(x.Left), f.folded(x.Right)
			return x
		}
	}
	x.Left, x.Right = f.node(x.Left, exact), f.node(x.Right, exact)
	return x
}

// fixed reports whether n holds one of a few fixed words, as decided("cloudType") and user.class do, and checks the
// literals that it is compared with. Such words are compared as they are.
func (f *folder) fixed(n, with ast.Node) bool {
	s := f.slotOf(n)
	if s == nil {
		return false
	}
	what, words := "", []string(nil)
	switch {
	case s.op == opClass:
		what, words = "class", []string{"user", "contact", "group"}
	case s.op == opDecided || s.op == opWas:
		what, words = s.arg, f.policy.valuesOf(s.arg)
	default:
		return false
	}
	literals := []ast.Node{with}
	if a, ok := with.(*ast.ArrayNode); ok {
		literals = a.Nodes
	}
	for _, l := range literals {
		if t, ok := l.(*ast.StringNode); ok && t.Value != "" && words != nil && !slices.Contains(words, t.Value) {
			f.problem(t, strictyaml.DidYouMean(t.Value, words), "%s is never %q", what, t.Value)
		}
	}
	return true
}

// slotOf gives the slot that a node reads, nil when it reads none.
func (f *folder) slotOf(n ast.Node) *slot {
	if i, ok := f.layout.byKey[identifierOf(n)]; ok {
		return &f.layout.slots[i]
	}
	return nil
}

// folded gives a node whose texts are in folded form.
func (f *folder) folded(n ast.Node) ast.Node {
	switch x := n.(type) {
	case *ast.StringNode:
		x.Value = directory.Fold(x.Value)
		return x
	case *ast.IdentifierNode:
		if i, ok := f.layout.byKey[x.Value]; ok {
			if k, ok := f.layout.folded(i); ok {
				x.Value = f.layout.slots[k].name
				return x
			}
		}
	case *ast.ArrayNode:
		for i := range x.Nodes {
			x.Nodes[i] = f.folded(x.Nodes[i])
		}
		return x
	case *ast.ConditionalNode:
		x.Cond, x.Exp1, x.Exp2 = f.node(x.Cond, false), f.folded(x.Exp1), f.folded(x.Exp2)
		return x
	case *ast.PointerNode:
		if f.foldedItems[len(f.foldedItems)-1] {
			return x
		}
	case *ast.BuiltinNode:
		if x.Name == "lower" || x.Name == "trim" && len(x.Arguments) == 1 {
			x.Arguments[0] = f.folded(x.Arguments[0])
			return x
		}
	}
	if isList(n) {
		return invoke(n, "fold list", f.node(n, false))
	}
	return invoke(n, "fold", f.node(n, false))
}

// loop folds within any() and its like. Where # is only ever compared, the list itself is read in folded form; otherwise
// each comparison folds #. The items that filter() gives must keep their case.
func (f *folder) loop(x *ast.BuiltinNode, exact bool) {
	itemsFolded := false
	s := f.slotOf(x.Arguments[0])
	if !exact && x.Name != "filter" && s != nil && s.op == opList && !f.usesItem(x.Arguments[1], false) {
		x.Arguments[0] = f.folded(x.Arguments[0])
		itemsFolded = true
	} else {
		x.Arguments[0] = f.node(x.Arguments[0], exact)
	}
	f.foldedItems = append(f.foldedItems, itemsFolded)
	for _, p := range x.Arguments[1:] {
		if p, ok := p.(*ast.PredicateNode); ok {
			p.Node = f.node(p.Node, exact)
		}
	}
	f.foldedItems = f.foldedItems[:len(f.foldedItems)-1]
}

// usesItem reports whether # is used in n in its original case; compared says that n itself is compared without regard to
// case. It follows the same paths as node and folded.
func (f *folder) usesItem(n ast.Node, compared bool) bool {
	if f.exact[n] {
		return hasItem(n)
	}
	switch x := n.(type) {
	case *ast.PointerNode:
		return !compared
	case *ast.PredicateNode:
		return f.usesItem(x.Node, false)
	case *ast.UnaryNode:
		return f.usesItem(x.Node, false)
	case *ast.BinaryNode:
		c := slices.Contains(foldsBoth, x.Operator) && isTextual(x.Left) && isTextual(x.Right)
		return f.usesItem(x.Left, c || x.Operator == "matches") || f.usesItem(x.Right, c)
	case *ast.ConditionalNode:
		return f.usesItem(x.Cond, false) || f.usesItem(x.Exp1, compared) || f.usesItem(x.Exp2, compared)
	case *ast.ArrayNode:
		return slices.ContainsFunc(x.Nodes, func(c ast.Node) bool { return f.usesItem(c, compared) })
	case *ast.CallNode:
		return slices.ContainsFunc(x.Arguments, func(c ast.Node) bool { return f.usesItem(c, false) })
	case *ast.VariableDeclaratorNode:
		return f.usesItem(x.Value, false) || f.usesItem(x.Expr, compared)
	case *ast.BuiltinNode:
		if slices.Contains(loopsAllowed, x.Name) {
			return f.usesItem(x.Arguments[0], false) // within, # is another
		}
		keeps := x.Name == "lower" || x.Name == "trim" && len(x.Arguments) == 1
		return slices.ContainsFunc(x.Arguments, func(c ast.Node) bool { return f.usesItem(c, compared && keeps) })
	}
	return false
}

// hasItem reports whether # stands anywhere in n.
func hasItem(n ast.Node) bool {
	v := &itemFinder{}
	ast.Walk(&n, v)
	return v.found
}

type itemFinder struct{ found bool }

// Visit implements ast.Visitor.
func (v *itemFinder) Visit(n *ast.Node) {
	if _, ok := (*n).(*ast.PointerNode); ok {
		v.found = true
	}
}

// isTextual reports whether a node's type is text or a list of texts.
func isTextual(n ast.Node) bool { return n.Nature().Kind == reflect.String || isList(n) }

// isList reports whether a node's type is a list of texts, or a list without elements.
func isList(n ast.Node) bool {
	t := n.Nature()
	if t.Kind != reflect.Slice {
		return false
	}
	var c nature.Cache
	e := t.Elem(&c)
	a, literal := n.(*ast.ArrayNode)
	return e.Kind == reflect.String || literal && len(a.Nodes) == 0
}
