package rules

import (
	"errors"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// want is the type that an expression must give.
type want uint8

const (
	wantTruth want = iota
	wantText
	wantNumber
	wantTexts
)

// String names the type in problems.
func (w want) String() string {
	return [...]string{"true or false", "text", "a whole number", "a list of texts"}[w]
}

// use says when an expression is evaluated.
type use uint8

const (
	inPolicy use = iota // once its policy was chosen
	inScope             // for every object
	inCheck             // never: a named condition by itself, checked so that mistakes in unused ones show too
)

// unit is one expression on its way to a program.
type unit struct {
	loader  *loader
	layout  *layout
	policy  *policy
	use     use
	script  int
	want    want
	earlier int          // how many of the policy's decisions decided() may read
	after   map[int]bool // those that it reads
	exact   map[ast.Node]bool
	literal func(u *unit, n *ast.StringNode) // checks a text that the expression may give as its result, or nil
	tree    ast.Node
	failed  bool
	out     *program
}

// program is a compiled expression.
type program struct {
	code   *vm.Program
	script int
	slots  []int // that it reads, with those they are computed from
	after  []int // decisions of its policy that it reads, by position
	alone  int   // the slot that is all it reads, so that nothing needs to run; -1 for any other expression
	chain  chain // of a condition: what can be tested without running the program
}

// problem notes a problem at a node, which may lie in another script than the unit's when a condition was put in place.
func (u *unit) problem(n ast.Node, hint, format string, args ...any) {
	u.problemAt(n.Location(), hint, format, args...)
}

func (u *unit) problemAt(at file.Location, hint, format string, args ...any) {
	u.failed = true
	script, offset := at.From>>sourceShift, at.From&(1<<sourceShift-1)
	u.loader.scripts[script].Problemf(offset, hint, format, args...)
}

// expression takes a script up for compilation and gives the program that compileAll will fill.
func (l *loader) expression(u unit) *program {
	if l.scripts[u.script].Text == "" {
		return nil
	}
	u.loader, u.layout, u.after, u.exact = l, l.layout, map[int]bool{}, map[ast.Node]bool{}
	if u.use == inCheck {
		u.layout = l.unused
	}
	u.out = &program{script: u.script}
	l.units = append(l.units, &u)
	return u.out
}

// resolveAll turns names into slots, so that the environment's type is known afterwards.
func (l *loader) resolveAll() {
	for _, u := range l.units {
		if l.grown > maxGrowth {
			u.failed = true // what is too much was said
			continue
		}
		if u.tree = l.parse(u.script); u.tree == nil {
			u.failed = true
			continue
		}
		u.tree = (&resolver{unit: u}).node(u.tree)
	}
}

// checkAll checks types and folds case; further slots come to be.
func (l *loader) checkAll() {
	configs := map[*layout]*conf.Config{l.layout: config(l.layout), l.unused: config(l.unused)}
	for _, u := range l.units {
		if u.failed {
			continue
		}
		u.guard(func() {
			if !u.check(configs[u.layout]) {
				return
			}
			u.tree = (&folder{unit: u}).node(u.tree, false)
			u.checkResult(u.tree)
			forgetTypes(&u.tree)
		})
	}
}

// compileAll compiles against the final environment.
func (l *loader) compileAll() {
	c := config(l.layout)
	for _, u := range l.units {
		if u.failed || u.use == inCheck {
			continue
		}
		u.guard(func() {
			if u.check(c) {
				u.compile(c)
			}
		})
	}
}

// guard turns a panic of the expression compiler, which hostile input has caused before, into a problem.
func (u *unit) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			u.problemAt(u.start(), "", "expression cannot be compiled")
		}
	}()
	f()
}

func (u *unit) start() file.Location { return file.Location{From: u.script << sourceShift} }

// config is the compiler's configuration for the slots known so far.
func config(l *layout) *conf.Config {
	c := conf.New(reflect.Zero(l.environment()).Interface())
	declareFunctions(c)
	c.MaxNodes = 0 // checked by parse and resolve
	return c
}

// check type-checks the tree, and the type of its result.
func (u *unit) check(config *conf.Config) bool {
	tree := &parser.Tree{Node: u.tree}
	if _, err := checker.Check(tree, config); err != nil {
		at, message, hint := typeError(err, u.start())
		u.problemAt(at, hint, "%s", message)
		return false
	}
	u.tree = tree.Node
	v := &strictTypes{unit: u}
	ast.Walk(&u.tree, v)
	if !u.failed && !u.want.accepts(u.tree) {
		u.problem(leftmost(u.tree), "", "expected %s, found %s", u.want, typeName(u.tree.Nature()))
	}
	return !u.failed
}

func (w want) accepts(n ast.Node) bool {
	switch w {
	case wantTruth:
		return n.Nature().Kind == reflect.Bool
	case wantText:
		return n.Nature().Kind == reflect.String
	case wantNumber:
		return n.Nature().Kind == reflect.Int
	}
	return isList(n)
}

// leftmost gives the node at which an expression begins; an operator's own location is that of its sign.
func leftmost(n ast.Node) ast.Node {
	best := n
	ast.Walk(&n, visitor(func(n *ast.Node) {
		if (*n).Location().From < best.Location().From && (*n).Location().From>>sourceShift == best.Location().From>>sourceShift {
			best = *n
		}
	}))
	return best
}

type visitor func(n *ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(n *ast.Node) { v(n) }

// checkResult hands every text literal that may be the expression's result to the unit's check.
func (u *unit) checkResult(n ast.Node) {
	if u.literal == nil {
		return
	}
	switch x := n.(type) {
	case *ast.StringNode:
		u.literal(u, x)
	case *ast.ConditionalNode:
		u.checkResult(x.Exp1)
		u.checkResult(x.Exp2)
	case *ast.ArrayNode:
		for _, e := range x.Nodes {
			u.checkResult(e)
		}
	case *ast.VariableDeclaratorNode:
		u.checkResult(x.Expr)
	case *ast.CallNode:
		switch name := identifierOf(x.Callee); {
		case name == "coalesce":
			for _, a := range x.Arguments {
				u.checkResult(a)
			}
		case name == "lookup" && len(x.Arguments) == 4:
			u.checkResult(x.Arguments[3])
		}
	}
}

// forgetTypes makes the checker look at every node again: it trusts the types that calls have.
func forgetTypes(n *ast.Node) {
	ast.Walk(n, visitor(func(n *ast.Node) { (*n).SetNature(nature.Nature{}) }))
}

// compile makes the program of a checked tree.
func (u *unit) compile(config *conf.Config) {
	u.out.slots = u.readSlots()
	for d := range u.after {
		u.out.after = append(u.out.after, d)
	}
	slices.Sort(u.out.after)
	u.out.alone = -1
	if i, ok := u.layout.byKey[identifierOf(u.tree)]; ok {
		u.out.alone = i
	}
	if u.want == wantTruth {
		u.out.chain = u.chainOf(u.tree)
	}
	ast.Walk(&u.tree, visitor(u.count))
	if err := optimizer.Optimize(&u.tree, config); err != nil {
		var fe *file.Error
		if errors.As(err, &fe) {
			u.problemAt(fe.Location, "", "%s", fe.Message)
			return
		}
		u.problemAt(u.start(), "", "%v", err)
		return
	}
	code, err := compiler.Compile(&parser.Tree{Node: u.tree}, config)
	if err != nil {
		u.problemAt(u.start(), "", "expression cannot be compiled")
		return
	}
	u.out.code = code
}

// count puts the step counter around the list that a loop walks.
func (u *unit) count(n *ast.Node) {
	b, ok := (*n).(*ast.BuiltinNode)
	if !ok || !slices.Contains(loopsAllowed, b.Name) {
		return
	}
	for i := range b.Arguments[1:] {
		ast.Walk(&b.Arguments[i+1], visitor(u.countText))
	}
	if _, literal := b.Arguments[0].(*ast.ArrayNode); literal {
		return
	}
	meter := &ast.IdentifierNode{Value: u.layout.slots[meterSlot].name}
	meter.SetType(u.layout.slots[meterSlot].kind)
	call := invoke(b, "count steps", meter, b.Arguments[0])
	call.SetNature(*b.Arguments[0].Nature())
	b.Arguments[0] = call
}

// countText puts the step counter around the text that a pattern is held against within a loop: a long text costs as much as
// many values do.
func (u *unit) countText(n *ast.Node) {
	b, ok := (*n).(*ast.BinaryNode)
	if !ok || b.Operator != "matches" && b.Operator != "contains" {
		return
	}
	if c, done := b.Left.(*ast.CallNode); done && identifierOf(c.Callee) == "count text" {
		return
	}
	meter := &ast.IdentifierNode{Value: u.layout.slots[meterSlot].name}
	meter.SetType(u.layout.slots[meterSlot].kind)
	call := invoke(b, "count text", meter, b.Left)
	call.SetNature(*b.Left.Nature())
	b.Left = call
}

// readSlots gives the slots that the tree reads and those that they are computed from.
func (u *unit) readSlots() []int {
	found := map[int]bool{}
	ast.Walk(&u.tree, visitor(func(n *ast.Node) {
		i, ok := u.layout.byKey[identifierOf(*n)]
		for ok && i >= 0 && !found[i] {
			found[i] = true
			s := u.layout.slots[i]
			if s.op == opPrimary {
				found[s.ref] = true
			}
			i = s.from
		}
	}))
	list := make([]int, 0, len(found))
	for i := range found {
		list = append(list, i)
	}
	slices.Sort(list)
	return list
}
