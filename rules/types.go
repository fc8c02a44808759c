package rules

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"
)

// strictTypes refuses what expr's checker lets pass and a policy author cannot mean.
type strictTypes struct{ unit *unit }

// Visit implements ast.Visitor.
func (v *strictTypes) Visit(n *ast.Node) {
	if v.unit.exact[*n] && (*n).Nature().Kind != reflect.Bool {
		v.unit.problem(*n, "", "exact() takes two values or a condition, not %s", typeName((*n).Nature()))
		return
	}
	switch x := (*n).(type) {
	case *ast.ConditionalNode:
		if x.Nature().Kind == reflect.Invalid {
			v.unit.problem(x.Exp2, "", "the two results have different types: %s and %s", typeName(x.Exp1.Nature()), typeName(x.Exp2.Nature()))
		}
	case *ast.ArrayNode:
		for _, e := range x.Nodes {
			if e.Nature().Kind != x.Nodes[0].Nature().Kind {
				v.unit.problem(e, "", "the list holds %s and %s", typeName(x.Nodes[0].Nature()), typeName(e.Nature()))
				return
			}
		}
	case *ast.BinaryNode:
		l, r := x.Left.Nature(), x.Right.Nature()
		switch {
		case l.Kind == reflect.String && slices.Contains([]string{"<", "<=", ">", ">="}, x.Operator):
			v.unit.problem(x, "", "texts have no order here; %s compares whole numbers and dates", x.Operator)
		case (l.Type == timeType || r.Type == timeType) && slices.Contains([]string{"+", "-"}, x.Operator):
			v.unit.problem(x, "use ageDays(...) or daysUntil(...)", "dates cannot be added or subtracted")
		case (x.Operator == "==" || x.Operator == "!=") && (l.Kind == reflect.Slice || r.Kind == reflect.Slice):
			v.unit.problem(x, "use in, any(...) or len(...)", "lists cannot be compared with %s", x.Operator)
		}
	}
}

// typeName says what a type is in an author's words.
func typeName(n *nature.Nature) string {
	switch n.Kind {
	case reflect.String:
		return "text"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "a date"
	case reflect.Float64:
		return "a fraction"
	}
	return fmt.Sprintf("something else (%s)", n.String())
}
