package rules

import (
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// chain is the head of a condition, tested before the virtual machine starts. Conditions are mostly chains of && or || over
// plain tests, such as user.department == "sales" or memberOf("x"), and most of them are settled by the first. What a chain
// settles is what the program would give: its tests cannot fail, and the operators stop at the same place.
type chain struct {
	tests []test
	or    bool // of ||: a true test settles; otherwise of &&: a false one does
	whole bool // the tests are the whole condition
}

// test compares a slot with a constant.
type test struct {
	slot    int
	op      testOp
	text    string
	texts   []string
	numbers []int
	nested  *chain
	negated bool
}

type testOp uint8

const (
	testTruth testOp = iota
	testEqual
	testPrefix
	testSuffix
	testContains
	testIn
	testNumbers
	testChain
)

// settle gives the condition's value if the tests decide it.
func (c *chain) settle(cells []cell) (result, settled bool) {
	for i := range c.tests {
		if c.tests[i].holds(cells) == c.or {
			return c.or, true
		}
	}
	return !c.or, c.whole
}

func (t *test) holds(cells []cell) bool {
	ok, c := false, &cells[t.slot]
	switch t.op {
	case testTruth:
		ok = *c.truth
	case testEqual:
		ok = *c.text == t.text
	case testPrefix:
		ok = strings.HasPrefix(*c.text, t.text)
	case testSuffix:
		ok = strings.HasSuffix(*c.text, t.text)
	case testContains:
		ok = strings.Contains(*c.text, t.text)
	case testIn:
		ok = slices.Contains(t.texts, *c.text)
	case testNumbers:
		ok = slices.Contains(t.numbers, *c.number)
	case testChain:
		ok, _ = t.nested.settle(cells)
	}
	return ok != t.negated
}

// maxItems bounds the list that a test goes through one by one; longer ones are left to the program, which has a table.
const maxItems = 16

// chainOf collects the tests at the head of a checked and folded condition.
func (u *unit) chainOf(n ast.Node) chain {
	operands, or := []ast.Node{n}, false
	if b, ok := n.(*ast.BinaryNode); ok && isLogical(b.Operator) {
		or = isOr(b.Operator)
		operands = operandsOf(b, or)
	}
	c := chain{or: or}
	for _, x := range operands {
		t, ok := u.testOf(x)
		if !ok {
			return c
		}
		c.tests = append(c.tests, t)
	}
	c.whole = true
	return c
}

func isOr(operator string) bool      { return operator == "||" || operator == "or" }
func isLogical(operator string) bool { return isOr(operator) || operator == "&&" || operator == "and" }

// operandsOf gives the operands of a chain of one operator, left to right.
func operandsOf(b *ast.BinaryNode, or bool) []ast.Node {
	var out []ast.Node
	for _, n := range []ast.Node{b.Left, b.Right} {
		if x, ok := n.(*ast.BinaryNode); ok && isLogical(x.Operator) && isOr(x.Operator) == or {
			out = append(out, operandsOf(x, or)...)
		} else {
			out = append(out, n)
		}
	}
	return out
}

// testOf gives the test that an operand is; ok is false when it is more than a test.
func (u *unit) testOf(n ast.Node) (t test, ok bool) {
	switch x := n.(type) {
	case *ast.UnaryNode:
		if x.Operator == "!" || x.Operator == "not" {
			t, ok = u.testOf(x.Node)
			t.negated = !t.negated
		}
	case *ast.IdentifierNode:
		t.slot, ok = u.layout.byKey[x.Value]
		return t, ok && u.layout.slots[t.slot].kind == boolType
	case *ast.BinaryNode:
		if isLogical(x.Operator) {
			c := u.chainOf(x)
			return test{op: testChain, nested: &c}, c.whole
		}
		t.slot, ok = u.layout.byKey[identifierOf(x.Left)]
		return u.compareTest(t, ok, x)
	}
	return t, ok
}

// compareTest gives the test of a slot against literals.
func (u *unit) compareTest(t test, slot bool, x *ast.BinaryNode) (test, bool) {
	if !slot {
		return t, false
	}
	kind := u.layout.slots[t.slot].kind
	t.negated = x.Operator == "!="
	equality := x.Operator == "==" || t.negated
	switch r := x.Right.(type) {
	case *ast.IntegerNode:
		t.op, t.numbers = testNumbers, []int{r.Value}
		return t, kind == intType && equality
	case *ast.StringNode:
		op, known := map[string]testOp{"==": testEqual, "!=": testEqual, "startsWith": testPrefix, "endsWith": testSuffix, "contains": testContains}[x.Operator]
		t.op, t.text = op, r.Value
		return t, kind == stringType && known
	case *ast.ArrayNode:
		return t, x.Operator == "in" && len(r.Nodes) <= maxItems && t.items(kind, r.Nodes)
	}
	return t, false
}

// items takes the literals of a list up, all of the slot's kind.
func (t *test) items(kind reflect.Type, nodes []ast.Node) bool {
	t.op = testIn
	if kind == intType {
		t.op = testNumbers
	}
	for _, n := range nodes {
		switch x := n.(type) {
		case *ast.StringNode:
			t.texts = append(t.texts, x.Value)
		case *ast.IntegerNode:
			t.numbers = append(t.numbers, x.Value)
		default:
			return false
		}
	}
	return kind == stringType && t.numbers == nil || kind == intType && t.texts == nil
}
