package prove

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/rules"
)

// loose reports whether decided() may read of a decision what none of its rules gives now: an exception gives it, or it was
// carried out before and stays during a hold or because the decision is held.
func (r *prover) loose(d *rules.DecisionConditions) bool {
	holds := func(x rules.RuleConditions) bool { return x.Holds || x.Fails || !x.Sets[0].Literal }
	return r.excepted[d.Name] || fails(d) || slices.ContainsFunc(d.Rules, holds)
}

// fails reports whether a condition of a decision can fail for an object of which everything was read.
func fails(d *rules.DecisionConditions) bool {
	return canFail(d.When) || slices.ContainsFunc(d.Rules, func(r rules.RuleConditions) bool { return canFail(r.When) })
}

func canFail(c *rules.Condition) bool {
	if c == nil || c.Tree == nil {
		return false
	}
	found := false
	ast.Walk(&c.Tree, visitor(func(n *ast.Node) { found = found || !safe(*n) }))
	return found
}

// safe reports whether a node by itself gives a value whatever its operands are. What is not known here may fail. That a
// loop visits too many values is left out: no attribute of a directory has ten thousand.
func safe(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.BoolNode, *ast.StringNode, *ast.IntegerNode, *ast.ConstantNode, *ast.IdentifierNode, *ast.ArrayNode, *ast.ConditionalNode,
		*ast.UnaryNode, *ast.VariableDeclaratorNode, *ast.PredicateNode, *ast.PointerNode, *ast.NilNode:
		return true
	case *ast.BinaryNode:
		switch x.Operator {
		case "&&", "||", "and", "or", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "startsWith", "endsWith", "contains", "matches":
			return true
		}
	case *ast.BuiltinNode:
		return slices.Contains([]string{"any", "all", "none", "one", "count", "filter", "len", "lower", "upper", "trim"}, x.Name)
	case *ast.CallNode:
		id, ok := x.Callee.(*ast.IdentifierNode)
		return ok && slices.Contains([]string{"fold", "fold list", "count steps", "domainOf", "localPart", "coalesce", "first", "inTable", "ageDays", "daysUntil"}, id.Value)
	}
	return false
}
