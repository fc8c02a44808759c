package verify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// mutation is a mutant with the bytes of its file.
type mutation struct {
	Mutant
	bytes []byte
}

// mutator makes the mutants of one file. It changes the tree of the file, writes it and changes it back: the trees of
// package strictyaml can only be read.
type mutator struct {
	file    string
	root    *yaml.Node
	scripts map[[2]int]strictyaml.Script // by line and column, to place what is changed within an expression
	modes   map[string]rules.Mode        // of the decisions
	out     []mutation
	err     error
}

// mutationsOf gives the mutants of a file of a set, in the order of what they change. Tables have none.
func mutationsOf(f rules.File, modes map[string]rules.Mode) ([]mutation, error) {
	if !strings.HasSuffix(f.Path, ".yaml") && !strings.HasSuffix(f.Path, ".yml") {
		return nil, nil
	}
	doc := strictyaml.Parse(f.Path, f.Bytes, len(f.Bytes))
	var tree yaml.Node
	if err := yaml.Unmarshal(bytes.TrimPrefix(f.Bytes, []byte("\xef\xbb\xbf")), &tree); err != nil {
		return nil, fmt.Errorf("mutate %s: %w", f.Path, err)
	}
	m := &mutator{file: f.Path, root: &tree, scripts: map[[2]int]strictyaml.Script{}, modes: modes}
	m.place(doc.Root())
	top := tree.Content[0]
	each(field(top, "conditions"), func(name string, v *yaml.Node) { m.expression(f.Path+"/"+name, "", v) })
	policy := scalar(field(field(top, "metadata"), "name"))
	if scope := field(top, "scope"); scope != nil {
		m.expression(policy+"/scope", "", scope)
	}
	each(field(top, "decisions"), func(name string, v *yaml.Node) { m.decision(policy, name, v) })
	return m.out, m.err
}

// place notes the scripts of a document.
func (m *mutator) place(v strictyaml.Value) {
	switch {
	case v.IsMapping():
		v.Each(func(_ string, _, x strictyaml.Value) { m.place(x) })
	case v.IsList():
		v.Items(func(_ int, x strictyaml.Value) { m.place(x) })
	case v.IsScalar():
		m.scripts[[2]int{v.Line(), v.Col()}] = v.Script()
	}
}

// field gives a key's value, nil when n is no mapping or lacks it.
func field(n *yaml.Node, key string) *yaml.Node {
	var out *yaml.Node
	each(n, func(name string, v *yaml.Node) {
		if name == key {
			out = v
		}
	})
	return out
}

func each(n *yaml.Node, f func(key string, v *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i].Value, n.Content[i+1])
	}
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// add makes a mutant at a place by a change, which is taken back.
func (m *mutator) add(subject, what, rule string, line, col int, apply, undo func()) {
	apply()
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(m.root); err != nil && m.err == nil {
		m.err = fmt.Errorf("mutate %s: %w", m.file, err)
	}
	undo()
	m.out = append(m.out, mutation{Mutant{Name: subject + ": " + what, File: m.file, Line: line, Col: col, Rule: rule}, b.Bytes()})
}

// without makes a mutant that lacks one element of a list.
func (m *mutator) without(subject, what, rule string, list *yaml.Node, i int) {
	all := list.Content
	m.add(subject, what, rule, all[i].Line, all[i].Column,
		func() { list.Content = slices.Concat(all[:i], all[i+1:]) }, func() { list.Content = all })
}

// decision makes the mutants of a decision.
func (m *mutator) decision(policy, name string, v *yaml.Node) {
	subject := policy + "/" + name
	if when := field(v, "when"); when != nil {
		m.negate(subject, "", when)
		m.expression(subject, "", when)
	}
	for g, group := range items(field(v, "exclusive")) {
		for i, x := range group.Content {
			m.without(subject, fmt.Sprintf("drop %s from exclusive list %d", x.Value, g+1), "", group, i)
		}
	}
	list := field(v, "rules")
	for i, r := range items(list) {
		m.rule(r, m.modes[name])
		id := scalar(field(r, "id"))
		m.without(id, "drop", id, list, i)
		if i+1 < len(list.Content) && m.modes[name] != rules.Collect && !sameSwapped(m.modes[name], r, list.Content[i+1]) {
			m.swap(list, i)
		}
	}
	m.rule(field(v, "default"), m.modes[name])
}

// swap makes a mutant in which a rule stands behind its neighbour.
func (m *mutator) swap(list *yaml.Node, i int) {
	id, next := scalar(field(list.Content[i], "id")), scalar(field(list.Content[i+1], "id"))
	turn := func() { list.Content[i], list.Content[i+1] = list.Content[i+1], list.Content[i] }
	m.add(id, "swap with "+next, id, list.Content[i].Line, list.Content[i].Column, turn, turn)
}

// rule makes the mutants within one rule.
func (m *mutator) rule(r *yaml.Node, mode rules.Mode) {
	id := scalar(field(r, "id"))
	if when := field(r, "when"); when != nil {
		m.negate(id, id, when)
		m.expression(id, id, when)
	}
	m.times(id, r)
	then, computed := field(r, "then"), field(r, "thenExpr")
	if mode == rules.Collect {
		for i, x := range items(then) {
			m.without(id, "drop "+x.Value, id, then, i)
		}
	}
	if computed != nil && computed.Kind == yaml.ScalarNode {
		m.expression(id+".thenExpr", id, computed)
	}
	each(computed, func(key string, v *yaml.Node) { m.expression(id+"."+key, id, v) })
	if mode == rules.Merge {
		each(then, func(key string, v *yaml.Node) {
			for i, x := range items(v) {
				m.without(id+"."+key, "drop "+x.Value, id, v, i)
			}
		})
	}
}

// days by which the dates of a rule are off in a mutant, so that it is in force a day less.
var dayOff = map[string]int{"from": 1, "until": -1}

// times makes the mutants of a rule's dates and of its hold: each dropped, dates also a day off.
func (m *mutator) times(id string, r *yaml.Node) {
	for i := 0; r != nil && i+1 < len(r.Content); i += 2 {
		key, value := r.Content[i], r.Content[i+1]
		days, dated := dayOff[key.Value]
		if !dated && key.Value != "hold" {
			continue
		}
		all := r.Content
		m.add(id, "drop "+key.Value, id, key.Line, key.Column,
			func() { r.Content = slices.Concat(all[:i], all[i+2:]) }, func() { r.Content = all })
		if at, err := time.Parse(time.DateOnly, value.Value); dated && err == nil {
			before := value.Value
			m.add(id, key.Value+" a day off", id, value.Line, value.Column,
				func() { value.Value = at.AddDate(0, 0, days).Format(time.DateOnly) }, func() { value.Value = before })
		}
	}
}

// rewrite makes a mutant in which an expression is another.
func (m *mutator) rewrite(subject, what, rule string, n *yaml.Node, offset int, text string) {
	line, col := n.Line, n.Column
	if s, ok := m.scripts[[2]int{line, col}]; ok {
		line, col = s.Position(offset)
	}
	before, style := n.Value, n.Style
	m.add(subject, what, rule, line, col, func() { n.Value, n.Style = text, yaml.DoubleQuotedStyle }, func() { n.Value, n.Style = before, style })
}

func (m *mutator) negate(subject, rule string, when *yaml.Node) {
	m.rewrite(subject, "negate when", rule, when, 0, "!("+when.Value+")")
}
