package lint

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/rules"
)

// visit calls a function for every node of a tree, parts before the whole.
type visit func(n ast.Node)

// Visit implements ast.Visitor.
func (v visit) Visit(n *ast.Node) { v(*n) }

// nodes calls f for every node of every expression.
func (k *checker) nodes(f func(x *rules.Written, n ast.Node)) {
	for i := range k.expressions {
		x := &k.expressions[i]
		ast.Walk(&x.Tree, visit(func(n ast.Node) { f(x, n) }))
	}
}

// at gives a finding at a node.
func at(lint string, x *rules.Written, n ast.Node) Finding {
	line, col := x.Position(n)
	f := Finding{Lint: lint, File: x.File, Line: line, Col: col, Policy: x.Policy, Decision: x.Decision, Rule: x.Rule}
	if x.Part == rules.ConditionPart {
		f.Policy = "" // several policies may import it
	}
	return f
}

// folding are the operators that do not regard case.
var folding = []string{"==", "!=", "in", "startsWith", "endsWith", "contains", "matches"}

// written looks at how expressions are written.
func (k *checker) written() {
	k.nodes(func(x *rules.Written, n ast.Node) {
		b, ok := n.(*ast.BinaryNode)
		if !ok || !slices.Contains(folding, b.Operator) {
			return
		}
		for _, side := range []ast.Node{b.Left, b.Right} {
			if c, ok := side.(*ast.BuiltinNode); ok && (c.Name == "lower" || c.Name == "upper") && !exactly(x.Tree, b) {
				f := at("case-noop", x, c)
				f.Text = c.Name + "() does nothing here: " + b.Operator + " does not regard case"
				f.Hint = "write " + c.Arguments[0].String() + ", or exact(…) where case shall count"
				k.report(f)
			}
		}
		k.pattern(x, b)
	})
}

// exactly reports whether a node lies within exact(…).
func exactly(tree, inner ast.Node) (found bool) {
	ast.Walk(&tree, visit(func(n ast.Node) {
		c, ok := n.(*ast.CallNode)
		if !ok || nameOf(c.Callee) != "exact" {
			return
		}
		for i := range c.Arguments {
			ast.Walk(&c.Arguments[i], visit(func(n ast.Node) { found = found || n == inner }))
		}
	}))
	return found
}

// nameOf gives the name of an identifier, "" for other nodes.
func nameOf(n ast.Node) string {
	if id, ok := n.(*ast.IdentifierNode); ok {
		return id.Value
	}
	return ""
}

// pattern reports a regular expression of which a plain comparison says the same.
func (k *checker) pattern(x *rules.Written, b *ast.BinaryNode) {
	text, ok := b.Right.(*ast.StringNode)
	if b.Operator != "matches" || !ok {
		return
	}
	operator, literal := plainly(text.Value)
	if operator == "" {
		return
	}
	f := at("regex-could-be-prefix", x, b.Right)
	f.Text = fmt.Sprintf("pattern %q says no more than %s", text.Value, operator)
	f.Hint = fmt.Sprintf("write %s %s %s", b.Left.String(), operator, strconv.Quote(literal))
	k.report(f)
}

// plainly gives the operator and the text that mean the same as a pattern, "" where there is none. A pattern that ends with
// .* only looks at the beginning, and the other way round.
func plainly(pattern string) (operator, literal string) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", ""
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	begin, end := false, false
	if len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		begin, parts = true, parts[1:]
	}
	if n := len(parts); n > 0 && parts[n-1].Op == syntax.OpEndText {
		end, parts = true, parts[:n-1]
	}
	if n := len(parts); n > 1 && !end && anything(parts[n-1]) {
		parts = parts[:n-1]
	}
	if len(parts) > 1 && !begin && anything(parts[0]) {
		parts = parts[1:]
	}
	if len(parts) != 1 || parts[0].Op != syntax.OpLiteral {
		return "", ""
	}
	literal = string(parts[0].Rune)
	switch {
	case begin && end:
		return "==", literal
	case begin:
		return "startsWith", literal
	case end:
		return "endsWith", literal
	}
	return "contains", literal
}

// anything reports whether a part of a pattern is .*, which at its edge changes nothing but for line breaks.
func anything(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar && (re.Sub[0].Op == syntax.OpAnyCharNotNL || re.Sub[0].Op == syntax.OpAnyChar)
}

// negatedDefaults reports a last rule whose condition is the opposite of an earlier one's: with both, nothing is left for the
// default.
func (k *checker) negatedDefaults() {
	for _, p := range k.set.Conditions().Policies {
		for _, d := range p.Decisions {
			n := len(d.Rules) - 2 // the last before the default
			if d.Mode != rules.First || n < 1 || d.Rules[n].When == nil || d.Rules[n].From != 0 || d.Rules[n].Until != 0 {
				continue
			}
			last := d.Rules[n]
			for _, r := range d.Rules[:n] {
				if r.When == nil || r.From != 0 || r.Until != 0 || !opposite(r.When.Tree, last.When.Tree) {
					continue
				}
				k.report(Finding{Lint: "negated-default", File: last.When.File, Line: last.When.Line, Col: last.When.Col, Policy: p.Policy, Decision: d.Name, Rule: last.Origin.Rule,
					Because: []rules.Origin{r.Origin}, Text: fmt.Sprintf("rule %s is the opposite of %s, so that the default %s is never reached", last.Origin.Rule, r.Origin.Rule, d.Rules[n+1].Origin.Rule),
					Hint: "let the default say what rule " + last.Origin.Rule + " says"})
				break
			}
		}
	}
}

// opposite reports whether one condition is the other's negation as it is written.
func opposite(a, b ast.Node) bool {
	return negates(a, b) || negates(b, a)
}

func negates(whole, part ast.Node) bool {
	switch x := whole.(type) {
	case *ast.UnaryNode:
		return (x.Operator == "!" || x.Operator == "not") && rules.Canonical(x.Node) == rules.Canonical(part)
	case *ast.BinaryNode:
		y, ok := part.(*ast.BinaryNode)
		return ok && x.Operator == "!=" && y.Operator == "==" && rules.Canonical(x.Left) == rules.Canonical(y.Left) && rules.Canonical(x.Right) == rules.Canonical(y.Right)
	}
	return false
}
