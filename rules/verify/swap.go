package verify

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// sameSwapped reports whether two neighbouring rules give the same values in either order for every object for which
// neither condition fails, so that only a test of an unreadable attribute, or of the reason, could notice: they cannot both
// be true; in mode first they give the same; in mode merge they set different keys.
func sameSwapped(mode rules.Mode, a, b *yaml.Node) bool {
	if excludes(scalar(field(a, "when")), scalar(field(b, "when"))) {
		return true
	}
	if mode == rules.Merge {
		return field(a, "fail") == nil && field(b, "fail") == nil && !shareKey(a, b)
	}
	x, y := field(a, "then"), field(b, "then")
	return x != nil && y != nil && x.Value == y.Value && scalar(field(a, "hold")) == scalar(field(b, "hold"))
}

func shareKey(a, b *yaml.Node) bool {
	keys := func(n *yaml.Node) (out []string) {
		for _, part := range []string{"then", "thenExpr"} {
			each(field(n, part), func(key string, _ *yaml.Node) { out = append(out, key) })
		}
		return out
	}
	other := keys(b)
	return slices.ContainsFunc(keys(a), func(k string) bool { return slices.Contains(other, k) })
}

// excludes reports whether two conditions certainly cannot both be true: each demands of one attribute a value that the
// other does not take.
func excludes(a, b string) bool {
	x, y := demands(a), demands(b)
	for _, d := range x {
		for _, e := range y {
			if d.of == e.of && !slices.ContainsFunc(d.values, func(v string) bool { return slices.Contains(e.values, v) }) {
				return true
			}
		}
	}
	return false
}

// demand is a part of a condition that must hold: what is compared, and the values that it may have.
type demand struct {
	of     string
	values []string
}

// demands gives the demands among the operands of && that a condition consists of; none when it cannot be read.
func demands(condition string) []demand {
	tree, err := parser.Parse(condition)
	if err != nil {
		return nil
	}
	return demandsOf(tree.Node)
}

func demandsOf(n ast.Node) []demand {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return nil
	}
	switch b.Operator {
	case "&&", "and":
		return slices.Concat(demandsOf(b.Left), demandsOf(b.Right))
	case "==":
		if v, ok := literal(b.Right); ok && isAttribute(b.Left) {
			return []demand{{b.Left.String(), []string{v}}}
		}
	case "in":
		if list, ok := b.Right.(*ast.ArrayNode); ok && isAttribute(b.Left) {
			d := demand{of: b.Left.String()}
			for _, x := range list.Nodes {
				v, ok := literal(x)
				if !ok {
					return nil
				}
				d.values = append(d.values, v)
			}
			return []demand{d}
		}
	}
	return nil
}

func isAttribute(n ast.Node) bool {
	_, ok := n.(*ast.MemberNode)
	return ok
}

// literal gives a text as it is compared, without regard to case, or a number.
func literal(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return directory.Fold(x.Value), true
	case *ast.IntegerNode:
		return x.String(), true
	}
	return "", false
}
