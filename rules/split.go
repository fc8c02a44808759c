package rules

import (
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory"
)

// splitter walks an expression as written side by side with the tree that is run, and makes parts of it. Where the two do
// not fit, the part is left whole.
type splitter struct {
	*unit
	x    *Breakdown
	loop bool
	let  bool
	// selects are the parts that choose between others without giving a truth value.
	selects map[int]bool
}

// split makes the part of a node and gives its position; -1 for literals and others that explain themselves.
func (s *splitter) split(raw, node ast.Node, condition string) int {
	node = peeled(node)
	switch x := raw.(type) {
	case *ast.IdentifierNode:
		if script, named := s.policy.conditions[x.Value]; named {
			if condition == "" {
				condition = x.Value
			}
			return s.split(s.loader.parse(script), node, condition)
		}
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode, *ast.PointerNode, *ast.ConstantNode:
		if len(s.x.Parts) > 0 {
			return -1
		}
	case *ast.ArrayNode:
		if len(s.x.Parts) > 0 && !slices.ContainsFunc(x.Nodes, computed) {
			return -1
		}
	}
	if _, constant := node.(*ast.ConstantNode); constant && len(s.x.Parts) > 0 {
		return -1
	}
	at := s.begin(raw, node, condition)
	if _, ok := raw.(*ast.ConditionalNode); ok {
		s.selects[at] = true
	}
	s.children(at, raw, node)
	s.finish(at)
	return at
}

// computed reports whether a node is more than a literal.
func computed(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode:
		return false
	}
	return true
}

// peeled gives what a node is about, without what the compiler put around it.
func peeled(n ast.Node) ast.Node {
	for {
		c, ok := n.(*ast.CallNode)
		if !ok || !slices.Contains([]string{"fold", "fold list", "require instant"}, identifierOf(c.Callee)) {
			return n
		}
		n = c.Arguments[0]
	}
}

// begin makes a part without its own parts.
func (s *splitter) begin(raw, node ast.Node, condition string) int {
	at := raw.Location().From
	script := s.loader.scripts[at>>sourceShift]
	p := Part{Text: raw.String(), Condition: condition, File: script.File(), Truth: node.Nature().Kind == reflect.Bool, Loop: s.loop, node: node, slot: -1, let: s.let}
	p.Line, p.Col = script.Position(at & (1<<sourceShift - 1))
	if p.Truth {
		p.Operator = combining(raw)
	}
	s.x.Parts = append(s.x.Parts, p)
	return len(s.x.Parts) - 1
}

// combining gives the operator of a node that only combines truth values.
func combining(raw ast.Node) string {
	switch x := raw.(type) {
	case *ast.BinaryNode:
		switch {
		case isLogical(x.Operator) && isOr(x.Operator):
			return "||"
		case isLogical(x.Operator):
			return "&&"
		}
	case *ast.UnaryNode:
		if x.Operator == "!" || x.Operator == "not" {
			return "!"
		}
	case *ast.ConditionalNode:
		return "?"
	}
	return ""
}

// children makes the parts of a part.
func (s *splitter) children(at int, raw, node ast.Node) {
	add := func(raw, node ast.Node) {
		if i := s.split(raw, node, ""); i >= 0 {
			s.belong(at, i)
		}
	}
	switch x := raw.(type) {
	case *ast.BinaryNode:
		switch y := node.(type) {
		case *ast.BinaryNode:
			s.operands(x, y, add)
		case *ast.CallNode: // texts are added by a function
			add(x.Left, y.Arguments[0])
			add(x.Right, y.Arguments[1])
		}
	case *ast.UnaryNode:
		if y, ok := node.(*ast.UnaryNode); ok {
			add(x.Node, y.Node)
		}
	case *ast.ConditionalNode:
		if y, ok := node.(*ast.ConditionalNode); ok {
			add(x.Cond, y.Cond)
			add(x.Exp1, y.Exp1)
			add(x.Exp2, y.Exp2)
		}
	case *ast.ArrayNode:
		if y, ok := node.(*ast.ArrayNode); ok && len(x.Nodes) == len(y.Nodes) {
			for i := range x.Nodes {
				add(x.Nodes[i], y.Nodes[i])
			}
		}
	case *ast.VariableDeclaratorNode:
		if y, ok := node.(*ast.VariableDeclaratorNode); ok {
			let := s.let
			s.let = true
			add(x.Value, y.Value)
			add(x.Expr, y.Expr)
			s.let = let
		}
	case *ast.BuiltinNode:
		if y, ok := node.(*ast.BuiltinNode); ok {
			s.builtin(x, y, add)
		}
	case *ast.CallNode:
		s.call(x, node, add)
	}
	s.reads(at, node)
}

// operands gives the two operands of an operator, and all of a chain of && or ||.
func (s *splitter) operands(x, y *ast.BinaryNode, add func(raw, node ast.Node)) {
	for _, side := range [][2]ast.Node{{x.Left, y.Left}, {x.Right, y.Right}} {
		l, raw := side[0].(*ast.BinaryNode)
		r, run := side[1].(*ast.BinaryNode)
		if op := combining(x); raw && run && op != "" && combining(l) == op {
			s.operands(l, r, add)
			continue
		}
		add(side[0], side[1])
	}
}

// belong makes one part a part of another. Where the whole does more than combine truth values, an attribute in it is read
// whenever the whole is evaluated, so that it needs no probe.
func (s *splitter) belong(whole, part int) {
	p := &s.x.Parts[part]
	s.x.Parts[whole].Parts = append(s.x.Parts[whole].Parts, part)
	p.of, p.follows = whole, p.slot >= 0 && s.x.Parts[whole].Operator == "" && p.Loop == s.x.Parts[whole].Loop && !s.selects[whole]
}

func (s *splitter) builtin(x, y *ast.BuiltinNode, add func(raw, node ast.Node)) {
	for i := range x.Arguments {
		p, predicate := x.Arguments[i].(*ast.PredicateNode)
		if !predicate {
			add(x.Arguments[i], y.Arguments[i])
			continue
		}
		if q, ok := y.Arguments[i].(*ast.PredicateNode); ok {
			loop := s.loop
			s.loop = true
			add(p.Node, q.Node)
			s.loop = loop
		}
	}
}

// call pairs the arguments of a call that is still one when it runs.
func (s *splitter) call(x *ast.CallNode, node ast.Node, add func(raw, node ast.Node)) {
	switch y := node.(type) {
	case *ast.CallNode:
		if identifierOf(x.Callee) == "exact" {
			return
		}
		for i := range min(len(x.Arguments), len(y.Arguments)) {
			add(x.Arguments[i], y.Arguments[i])
		}
	case *ast.BinaryNode: // exact
		if len(x.Arguments) == 2 {
			add(x.Arguments[0], y.Left)
			add(x.Arguments[1], y.Right)
		} else if b, ok := x.Arguments[0].(*ast.BinaryNode); ok && len(x.Arguments) == 1 {
			add(b.Left, y.Left)
			add(b.Right, y.Right)
		}
	}
}

// reads says which attribute a part reads. What a computed fact, such as domainOf(user.mail), is worked out from becomes a
// part of it.
func (s *splitter) reads(at int, node ast.Node) {
	l := s.layout
	i, ok := l.byKey[identifierOf(node)]
	if !ok {
		return
	}
	i = unfolded(l, i)
	f := &l.slots[i]
	s.x.Parts[at].slot = i
	if f.read >= 0 {
		s.x.Parts[at].LDAP = f.attr.ldap
		s.x.Parts[at].Secret = secretAttribute(f.attr.ldap)
		return
	}
	bases := []int{f.from}
	if f.op == opPrimary {
		bases = append(bases, f.ref)
	}
	for _, b := range bases {
		for b >= 0 && l.slots[b].read < 0 {
			b = l.slots[b].from
		}
		if b < 0 {
			continue
		}
		from := &l.slots[b]
		s.x.Parts[at].Parts = append(s.x.Parts[at].Parts, len(s.x.Parts))
		owner := s.x.Parts[at]
		s.x.Parts = append(s.x.Parts, Part{Text: "user." + from.attr.name, File: owner.File, Line: owner.Line, Col: owner.Col, Loop: s.loop, LDAP: from.attr.ldap,
			Secret: secretAttribute(from.attr.ldap), Truth: from.kind == boolType, slot: b, of: at, follows: true})
	}
}

func unfolded(l *layout, i int) int {
	for l.slots[i].op == opFold || l.slots[i].op == opFoldList {
		i = l.slots[i].from
	}
	return i
}

// finish lets secrecy spread to what is worked out from a secret.
func (s *splitter) finish(at int) {
	p := &s.x.Parts[at]
	for _, i := range p.Parts {
		p.Secret = p.Secret || s.x.Parts[i].Secret
	}
}

// secretAttributes hold passwords or keys, in folded form. A policy has no business with them; should one read them all the
// same, no report shows what it saw. Names by [MS-ADA1] to [MS-ADA3] and the documentation of LAPS.
var secretAttributes = []string{"unicodepwd", "dbcspwd", "userpassword", "unixuserpassword", "mssfu30password", "orclcommonattribute", "ntpwdhistory", "lmpwdhistory",
	"supplementalcredentials", "trustauthincoming", "trustauthoutgoing", "currentvalue", "priorvalue", "initialauthincoming", "initialauthoutgoing",
	"ms-mcs-admpwd", "mslaps-password", "mslaps-encryptedpassword", "mslaps-encryptedpasswordhistory", "mslaps-encrypteddsrmpassword", "mslaps-encrypteddsrmpasswordhistory",
	"msds-managedpassword", "msds-executescriptpassword", "msfve-recoverypassword", "msfve-keypackage", "mstpm-ownerinformation"}

func secretAttribute(ldap string) bool {
	return slices.Contains(secretAttributes, directory.Fold(ldap))
}
