package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// functions are the functions of the language beside expr's own, with the least and the greatest number of arguments.
var functions = map[string]struct{ least, most int }{
	"inOU": {1, 1}, "memberOf": {1, 1}, "directMemberOf": {1, 1}, "hasProxy": {1, 1}, "has": {1, 1}, "hasFlag": {2, 2},
	"hasBits": {2, 2}, "allBits": {2, 2}, "domainOf": {1, 1}, "localPart": {1, 1}, "primarySMTP": {0, 0}, "rdn": {0, 0},
	"today": {0, 0}, "date": {1, 1}, "ageDays": {1, 1}, "daysUntil": {1, 1}, "lookup": {3, 4}, "inTable": {2, 2},
	"decided": {1, 1}, "was": {1, 1}, "exact": {1, 2}, "normalize": {1, 1}, "coalesce": {2, 16}, "left": {2, 2}, "first": {1, 1},
	"split": {2, 2},
}

func functionNames() []string {
	names := slices.Concat(loopsAllowed, plainAllowed)
	for n := range functions {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// reserved reports whether a name already means something in every policy.
func reserved(name string) bool {
	_, function := functions[name]
	return function || slices.Contains(roots, name) || slices.Contains(loopsAllowed, name) || slices.Contains(plainAllowed, name) ||
		slices.Contains([]string{"true", "false", "nil", "in", "not", "and", "or", "let", "if", "else", "matches", "contains", "startsWith",
			"endsWith"}, name)
}

func didYouMean(word string, known []string) string {
	if s := strictyaml.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// call resolves the call of a function of the language.
func (r *resolver) call(x *ast.CallNode) ast.Node {
	callee, ok := x.Callee.(*ast.IdentifierNode)
	if !ok {
		if m, member := x.Callee.(*ast.MemberNode); member {
			r.attribute(m)
			return x
		}
		r.problem(x, "", "only functions can be called")
		return x
	}
	f, ok := functions[callee.Value]
	if !ok {
		r.problem(x, didYouMean(callee.Value, functionNames()), "unknown function %s()", callee.Value)
		return x
	}
	if n := len(x.Arguments); n < f.least || n > f.most {
		r.problem(x, "", "%s() takes %s, not %d", callee.Value, arity(f.least, f.most), n)
		return x
	}
	switch callee.Value {
	case "inOU", "memberOf", "directMemberOf", "hasProxy", "has", "hasFlag", "hasBits", "allBits", "primarySMTP", "rdn", "today":
		return r.computed(x, callee.Value)
	case "domainOf", "localPart":
		return r.addressPart(x, callee.Value)
	case "lookup", "inTable":
		return r.tableCall(x, callee.Value)
	case "decided", "was":
		return r.decided(x, callee.Value == "was")
	case "exact":
		return r.exactly(x)
	case "date":
		return r.date(x)
	}
	r.list(x.Arguments)
	if callee.Value == "ageDays" || callee.Value == "daysUntil" {
		return invoke(x, callee.Value, x.Arguments[0], r.today(x))
	}
	return x
}

func arity(least, most int) string {
	switch {
	case most == 0:
		return "no argument"
	case least == most && most == 1:
		return "one argument"
	case least == most:
		return [...]string{2: "two arguments", 3: "three arguments"}[most]
	case most == least+1:
		return [...]string{1: "one or two arguments", 3: "three or four arguments"}[least]
	}
	return "two arguments or more"
}

// literal gives a text argument that must be written out, so that it can be checked here.
func (r *resolver) literal(x *ast.CallNode, i int, what string) (string, bool) {
	s, ok := x.Arguments[i].(*ast.StringNode)
	if !ok || strings.TrimSpace(s.Value) == "" {
		r.problem(x.Arguments[i], "", "%s must be a text in quotes", what)
		return "", false
	}
	return s.Value, true
}

// computed resolves calls whose value is known once for an object: they become slots.
func (r *resolver) computed(x *ast.CallNode, name string) ast.Node {
	l := r.layout
	switch name {
	case "inOU":
		if dn, ok := r.literal(x, 0, "the OU"); ok {
			c, err := canonicalDN(dn)
			if err != nil {
				r.problem(x.Arguments[0], "", "%v", err)
				return x
			}
			c = directory.Fold(c)
			from := r.foldedAttribute("dn")
			return r.slot(l.put("inOU "+c, slot{op: opInOU, kind: boolType, read: -1, from: from, arg: c}), x)
		}
	case "memberOf", "directMemberOf":
		if group, ok := r.literal(x, 0, "the group"); ok {
			return r.membership(x, name, group)
		}
	case "hasProxy":
		if address, ok := r.literal(x, 0, "the address"); ok {
			a := strings.TrimPrefix(directory.Fold(address), "smtp:")
			if !strings.Contains(a, "@") || strings.HasSuffix(a, "@") {
				r.problem(x.Arguments[0], `write "jane@contoso.example" or "@contoso.example"`, "%q is not an address", address)
				return x
			}
			from := r.foldedAttribute("proxyAddresses")
			return r.slot(l.put("hasProxy "+a, slot{op: opProxy, kind: boolType, read: -1, from: from, arg: a}), x)
		}
	case "has":
		if a, ok := r.attribute(x.Arguments[0]); ok {
			i := l.attribute(a)
			return r.slot(l.put("has "+l.slots[i].name, slot{op: opHas, kind: boolType, read: -1, from: i}), x)
		}
	case "hasFlag", "hasBits", "allBits":
		return r.bits(x, name)
	case "primarySMTP":
		proxies, mail := l.attribute(r.policy.vocabulary.byName["proxyAddresses"]), l.attribute(r.policy.vocabulary.byName["mail"])
		return r.slot(l.put("primarySMTP ", slot{op: opPrimary, kind: stringType, read: -1, from: proxies, ref: mail}), x)
	case "rdn":
		dn := l.attribute(r.policy.vocabulary.byName["dn"])
		return r.slot(l.put("rdn ", slot{op: opRDN, kind: stringType, read: -1, from: dn}), x)
	case "today":
		return r.today(x)
	}
	return x
}

// foldedAttribute gives the slot of a builtin attribute in folded form.
func (r *resolver) foldedAttribute(name string) int {
	i, _ := r.layout.folded(r.layout.attribute(r.policy.vocabulary.byName[name]))
	return i
}

func (r *resolver) membership(x *ast.CallNode, name, group string) ast.Node {
	op := opMember
	if name == "directMemberOf" {
		op = opDirect
	}
	if strings.Contains(group, "=") {
		c, err := canonicalDN(group)
		if err != nil {
			r.problem(x.Arguments[0], "", "%v", err)
			return x
		}
		group = c
	}
	l := r.layout
	return r.slot(l.put(name+" "+directory.Fold(group), slot{op: op, kind: boolType, read: -1, from: -1, ref: l.group(group)}), x)
}

// today gives the day of asOf in the policy's timezone.
func (r *resolver) today(at ast.Node) ast.Node {
	zone := r.policy.zone
	return r.slot(r.layout.put("today "+zone.String(), slot{op: opToday, kind: timeType, read: -1, from: -1, zone: zone}), at)
}

func (r *resolver) date(x *ast.CallNode) ast.Node {
	s, ok := r.literal(x, 0, "the date")
	if !ok {
		return x
	}
	t, err := time.ParseInLocation(time.DateOnly, s, r.policy.zone)
	if err != nil {
		r.problem(x.Arguments[0], "", "%q is not a date like 2026-09-01", s)
		return x
	}
	n := &ast.ConstantNode{Value: t}
	n.SetLocation(x.Location())
	return n
}

// bits resolves the tests of single bits in an integer attribute.
func (r *resolver) bits(x *ast.CallNode, name string) ast.Node {
	a, ok := r.attribute(x.Arguments[0])
	if !ok {
		return x
	}
	if a.kind != integerKind {
		r.problem(x.Arguments[0], "", "%s() needs a whole number, and %s is none", name, a.name)
		return x
	}
	mask, ok := r.mask(x, name, a)
	if !ok {
		return x
	}
	op := opAnyBit
	if name == "allBits" {
		op = opAllBits
	}
	l := r.layout
	from := l.attribute(a)
	key := fmt.Sprintf("bits %d %s %#x", op, l.slots[from].name, mask)
	return r.slot(l.put(key, slot{op: op, kind: boolType, read: -1, from: from, ref: mask}), x)
}

func (r *resolver) mask(x *ast.CallNode, name string, a attribute) (int, bool) {
	if name != "hasFlag" {
		n, ok := x.Arguments[1].(*ast.IntegerNode)
		if !ok || n.Value <= 0 {
			r.problem(x.Arguments[1], "", "the mask must be a positive whole number, such as 0x21C07000")
			return 0, false
		}
		return n.Value, true
	}
	flag, ok := r.literal(x, 1, "the flag")
	if !ok {
		return 0, false
	}
	flags, known := flagsOf(a.ldap)
	if i := slices.Index(known, flag); i >= 0 {
		return flags[i], true
	}
	if len(known) == 0 {
		r.problem(x.Arguments[0], "use hasBits("+r.written(x.Arguments[0].(*ast.MemberNode))+", mask)", "the flags of %s have no names", a.name)
	} else {
		r.problem(x.Arguments[1], didYouMean(flag, known), "%s has no flag %s", a.name, flag)
	}
	return 0, false
}

// addressPart resolves domainOf and localPart: of an attribute they are slots, of anything else calls.
func (r *resolver) addressPart(x *ast.CallNode, name string) ast.Node {
	r.list(x.Arguments)
	i, ok := r.layout.byKey[identifierOf(x.Arguments[0])]
	if !ok || r.layout.slots[i].kind != stringType {
		return x
	}
	op := opDomainOf
	if name == "localPart" {
		op = opLocalPart
	}
	return r.slot(r.layout.put(name+" "+r.layout.slots[i].name, slot{op: op, kind: stringType, read: -1, from: i}), x)
}

func identifierOf(n ast.Node) string {
	if id, ok := n.(*ast.IdentifierNode); ok {
		return id.Value
	}
	return ""
}

// tableCall resolves lookup and inTable. Table and column are checked here; so is a key that is written out.
func (r *resolver) tableCall(x *ast.CallNode, name string) ast.Node {
	tableName, ok := r.literal(x, 0, "the table")
	if !ok {
		return x
	}
	t := r.policy.tables[tableName]
	if t == nil {
		r.problem(x.Arguments[0], strictyaml.DidYouMean(tableName, r.policy.tableNames), "unknown table %q", tableName)
		return x
	}
	if key, ok := x.Arguments[1].(*ast.StringNode); ok && name == "lookup" && len(x.Arguments) == 3 {
		if _, found := t.row(directory.Fold(key.Value)); !found {
			r.problem(key, "", "table %s has no row %q", t.name, key.Value)
		}
	}
	x.Arguments[1] = r.node(x.Arguments[1])
	if name == "inTable" {
		return r.inTable(x, t)
	}
	column, ok := r.literal(x, 2, "the column")
	if !ok {
		return x
	}
	c := t.column(column)
	if c < 0 {
		r.problem(x.Arguments[2], strictyaml.DidYouMean(column, t.columns), "table %s has no column %q", t.name, column)
		return x
	}
	arguments := []ast.Node{&ast.ConstantNode{Value: t}, x.Arguments[1], &ast.ConstantNode{Value: c}}
	if len(x.Arguments) == 4 {
		arguments = append(arguments, r.node(x.Arguments[3]))
	}
	return invoke(x, "lookup", arguments...)
}

// inTable asks of an attribute through a slot, of anything else through a call.
func (r *resolver) inTable(x *ast.CallNode, t *table) ast.Node {
	l := r.layout
	if i, ok := l.byKey[identifierOf(x.Arguments[1])]; ok {
		if f, ok := l.folded(i); ok && l.slots[f].kind == stringType {
			key := fmt.Sprintf("inTable %s %s %s", t.policy, t.name, l.slots[f].name)
			return r.slot(l.put(key, slot{op: opInTable, kind: boolType, read: -1, from: f, table: t}), x)
		}
	}
	return invoke(x, "inTable", &ast.ConstantNode{Value: t}, x.Arguments[1])
}

// decided resolves the reading of an earlier decision, and was that of any decision's value last carried out.
func (r *resolver) decided(x *ast.CallNode, was bool) ast.Node {
	function, op := "decided", opDecided
	if was {
		function, op = "was", opWas
	}
	name, ok := r.literal(x, 0, "the decision")
	if !ok {
		return x
	}
	kind, readable := decidedKinds[name]
	at := slices.Index(r.policy.order, name)
	switch {
	case r.use == inScope:
		r.problem(x, "", "a scope cannot read decisions: it comes before them")
	case !slices.Contains(decisionNames, name):
		r.problem(x.Arguments[0], strictyaml.DidYouMean(name, decisionNames), "unknown decision %q", name)
	case !readable:
		r.problem(x.Arguments[0], "", "%s() cannot read %s, which sets several values", function, name)
	case at < 0:
		r.problem(x.Arguments[0], "", "this policy does not decide %s", name)
	case !was && at >= r.earlier:
		r.problem(x.Arguments[0], "", "%s is decided later; move it up", name)
	default:
		if !was {
			r.after[at] = true
		}
		i := r.layout.put(function+" "+name, slot{op: op, kind: kind, read: -1, from: -1, arg: name})
		return r.slot(i, x)
	}
	return x
}

// exactly resolves exact(a, b), which is a == b, and exact(condition): in both, case counts.
func (r *resolver) exactly(x *ast.CallNode) ast.Node {
	r.list(x.Arguments)
	n := x.Arguments[0]
	if len(x.Arguments) == 2 {
		n = &ast.BinaryNode{Operator: "==", Left: x.Arguments[0], Right: x.Arguments[1]}
		n.SetLocation(x.Location())
	}
	r.exact[n] = true
	return n
}
