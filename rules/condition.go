package rules

import (
	"regexp"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// named is a condition with the place of its name.
type named struct {
	name   string
	key    strictyaml.Value
	script int
}

// conditionsAlone looks at Conditions files that no policy imports. Only their syntax can be checked: what their names mean
// is up to a policy.
func (l *loader) conditionsAlone() {
	for _, name := range l.paths {
		if l.kinds[name] == "Conditions" && !l.used[name] {
			for _, n := range l.conditionsFile(name) {
				l.parse(n.script)
			}
		}
	}
}

// namePattern is what conditions, tables, bundles and attributes may be called.
var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func checkName(key strictyaml.Value, what, name string) {
	if !namePattern.MatchString(name) {
		key.Problemf("%s name %q must be letters, digits and underscores, beginning with a letter", what, name)
	}
}

// conditionsFile reads the conditions of an imported file.
func (l *loader) conditionsFile(name string) []named {
	if list, ok := l.imported[name]; ok {
		return list
	}
	var list []named
	l.docs[name].Root().Fields(map[string]func(strictyaml.Value){
		"apiVersion": func(strictyaml.Value) {},
		"kind":       func(strictyaml.Value) {},
		"metadata":   func(v strictyaml.Value) { metadata(v, &policy{}) },
		"conditions": func(v strictyaml.Value) { list = l.conditions(v) },
	}, "apiVersion", "kind", "conditions")
	l.imported[name] = list
	return list
}

func (l *loader) conditions(v strictyaml.Value) []named {
	var list []named
	v.Each(func(name string, key, value strictyaml.Value) {
		checkName(key, "condition", name)
		if reserved(name) {
			key.Problemf("condition cannot be called %s, which already means something", name)
		}
		list = append(list, named{name, key, l.script(value)})
	})
	return list
}

// script takes an expression's text up and gives its number.
func (l *loader) script(v strictyaml.Value) int {
	s := v.Script()
	if v.IsScalar() && strings.TrimSpace(s.Text) == "" {
		v.Problemf("expression is empty")
		s.Text = ""
	}
	l.scripts = append(l.scripts, s)
	return len(l.scripts) - 1
}

// define makes conditions known to a policy.
func (l *loader) define(p *policy, list []named) {
	for _, n := range list {
		if other, dup := p.conditions[n.name]; dup {
			line, _ := l.scripts[other].Position(0)
			n.key.Problemf("condition %s is already defined at %s:%d", n.name, l.scripts[other].File(), line)
			continue
		}
		p.conditions[n.name] = n.script
		p.conditionNames = append(p.conditionNames, n.name)
	}
}

// conditionUnits has each condition checked by itself, so that mistakes in unused ones show too.
func (l *loader) conditionUnits(p *policy) {
	for _, name := range p.conditionNames {
		l.expression(unit{policy: p, use: inCheck, script: p.conditions[name], want: wantTruth, earlier: len(p.order)})
	}
}
