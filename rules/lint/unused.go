package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// unused reports what stands in policies and is not used.
func (k *checker) unused() {
	k.unusedConditions()
	for i := range k.docs.policies {
		k.unusedBundles(&k.docs.policies[i])
		k.unusedTables(&k.docs.policies[i])
	}
}

// unusedConditions reports named conditions that no scope, decision or rule uses, itself or through others. One that several
// policies import is used where one of them uses it.
func (k *checker) unusedConditions() {
	type place struct {
		file      string
		line, col int
	}
	define := map[string]map[string]place{} // by policy and name
	for i := range k.expressions {
		if x := &k.expressions[i]; x.Part == rules.ConditionPart {
			if define[x.Policy] == nil {
				define[x.Policy] = map[string]place{}
			}
			line, col := x.Script.Position(0)
			define[x.Policy][x.Name] = place{x.File, line, col}
		}
	}
	uses := map[place][]place{} // conditions that a condition uses
	used := map[place]bool{}
	var queue []place
	k.nodes(func(x *rules.Written, n ast.Node) {
		target, ok := define[x.Policy][nameOf(n)]
		switch {
		case !ok:
		case x.Part == rules.ConditionPart:
			from := define[x.Policy][x.Name]
			uses[from] = append(uses[from], target)
		default:
			queue = append(queue, target)
		}
	})
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if !used[next] {
			used[next] = true
			queue = append(queue, uses[next]...)
		}
	}
	for i := range k.expressions {
		x := &k.expressions[i]
		if x.Part != rules.ConditionPart || used[define[x.Policy][x.Name]] {
			continue
		}
		p := define[x.Policy][x.Name]
		k.report(Finding{Lint: "unused-condition", File: p.file, Line: p.line, Col: p.col, Text: "condition " + x.Name + " is used by nothing"})
	}
}

// unusedBundles reports bundles that no rule and no exception gives. A text that stands in an expression or in a table of the
// policy may be a bundle's name, and then counts as a use.
func (k *checker) unusedBundles(p *policyDocument) {
	used := map[string]bool{}
	for i := range p.rules {
		if r := &p.rules[i]; r.decision == rules.Licenses {
			items(r.keys["then"], func(v strictyaml.Value) { used[v.Peek()] = true })
		}
	}
	for _, x := range k.set.Exceptions() {
		for _, name := range x.List {
			used[name] = true
		}
	}
	for i := range k.expressions {
		if x := &k.expressions[i]; x.Policy == p.name && x.Decision == rules.Licenses {
			ast.Walk(&x.Tree, visit(func(n ast.Node) {
				if s, ok := n.(*ast.StringNode); ok {
					used[s.Value] = true
				}
			}))
		}
	}
	for _, t := range p.tables {
		for _, row := range t.rows {
			for _, cell := range row.cells {
				used[cell] = true
			}
		}
	}
	for _, b := range p.bundles {
		if !used[b.name] {
			k.report(Finding{Lint: "unused-bundle", File: p.file, Line: b.key.Line(), Col: b.key.Col(), Policy: p.name, Decision: rules.Licenses,
				Text: "bundle " + b.name + " is given by no rule"})
		}
	}
}

// unusedTables reports tables that no expression looks up and, with a snapshot, rows whose key no object has.
func (k *checker) unusedTables(p *policyDocument) {
	for _, t := range p.tables {
		looked, plain := map[string]bool{}, true
		found := false
		for i := range k.expressions {
			x := &k.expressions[i]
			if x.Policy != p.name {
				continue
			}
			ast.Walk(&x.Tree, visit(func(n ast.Node) {
				c, ok := n.(*ast.CallNode)
				if !ok || nameOf(c.Callee) != "lookup" && nameOf(c.Callee) != "inTable" || textOf(c.Arguments[0]) != t.name {
					return
				}
				found = true
				name := attributeOf(c.Arguments[1])
				plain = plain && name != ""
				looked[name] = true
			}))
		}
		if !found {
			k.report(Finding{Lint: "unused-table-row", File: p.file, Line: t.key.Line(), Col: t.key.Col(), Policy: p.name,
				Text: fmt.Sprintf("nothing is looked up in table %s", t.name)})
		} else if plain && k.Snapshot != nil {
			k.unusedRows(p, t, looked)
		}
	}
}

// unusedRows reports the rows whose key is the value of none of the attributes that are looked up: all of a table together, since
// a table of countries has hundreds that nobody needs today.
func (k *checker) unusedRows(p *policyDocument, t tableDocument, looked map[string]bool) {
	seen := map[string]bool{}
	for name := range looked {
		ldap, ok := k.readable(name)
		if !ok {
			return
		}
		for o := range k.Snapshot.All() {
			for _, v := range o.Values(ldap) {
				seen[directory.Fold(v)] = true
			}
		}
	}
	var idle []tableRow
	for _, row := range t.rows {
		if !seen[directory.Fold(row.cells[0])] {
			idle = append(idle, row)
		}
	}
	if len(idle) > 0 {
		k.report(Finding{Lint: "unused-table-row", File: t.file, Line: idle[0].line, Col: 1, Policy: p.name, Text: idleText(t.name, idle)})
	}
}

// firstRows is how many rows of a table a finding names; the lines of all of them follow.
const firstRows = 5

// idleText says which rows of a table nobody needs.
func idleText(table string, idle []tableRow) string {
	if len(idle) == 1 {
		return fmt.Sprintf("row %q of table %s: no object of the snapshot has that value", idle[0].cells[0], table)
	}
	var keys, lines []string
	for _, row := range idle[:min(len(idle), firstRows)] {
		keys = append(keys, strconv.Quote(row.cells[0]))
	}
	named := strings.Join(keys, ", ")
	if n := len(idle) - len(keys); n > 0 {
		named += fmt.Sprintf(" and %d more", n)
	}
	for i := 0; i < len(idle); {
		j := i + 1
		for j < len(idle) && idle[j].line == idle[j-1].line+1 {
			j++
		}
		text := strconv.Itoa(idle[i].line)
		if j > i+1 {
			text += "-" + strconv.Itoa(idle[j-1].line)
		}
		lines = append(lines, text)
		i = j
	}
	return fmt.Sprintf("%d rows of table %s: no object of the snapshot has their values %s\n  lines %s", len(idle), table, named, strings.Join(lines, ", "))
}

// textOf gives the text of a literal, "" for other nodes.
func textOf(n ast.Node) string {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value
	}
	return ""
}

var roots = []string{"user", "group", "contact", "object"}

// attributeOf gives the name of the attribute that a node reads, in any of the ways to write it; "" for other nodes.
func attributeOf(n ast.Node) string {
	switch x := n.(type) {
	case *ast.BuiltinNode:
		if (x.Name == "lower" || x.Name == "upper" || x.Name == "trim") && len(x.Arguments) == 1 {
			return attributeOf(x.Arguments[0])
		}
	case *ast.MemberNode:
		if slices.Contains(roots, nameOf(x.Node)) {
			return textOf(x.Property)
		}
		if inner, ok := x.Node.(*ast.MemberNode); ok && slices.Contains(roots, nameOf(inner.Node)) && strings.EqualFold(textOf(inner.Property), "ext") {
			return textOf(x.Property)
		}
	}
	return ""
}
