package rules

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// decisionReader reads one decision of a policy.
type decisionReader struct {
	*loader
	policy   *policy
	decision *decision
	earlier  int // how many decisions stand before it
}

func (r *decisionReader) read(v strictyaml.Value) {
	d := r.decision
	fields := map[string]func(strictyaml.Value){
		"mode": func(x strictyaml.Value) {
			if m := x.Enum("mode", string(First), string(Collect), string(Merge)); m != "" && Mode(m) != d.mode {
				x.Problemf("mode of %s is %s", d.name, d.mode)
			}
		},
		"when": func(x strictyaml.Value) { d.when = r.expression(r.unit(x, wantTruth)) },
		"rules": func(x strictyaml.Value) {
			x.Items(func(_ int, item strictyaml.Value) { d.rules = append(d.rules, r.rule(item, false)) })
		},
		"default": func(x strictyaml.Value) { d.fallback = r.rule(x, true) },
	}
	if d.mode == Collect {
		fields["exclusive"] = r.exclusive
	}
	v.Fields(fields, "default")
	r.countRules(v)
	d.numberKeys()
}

// numberKeys gives every assignment its key's position among all that the decision can set.
func (d *decision) numberKeys() {
	each := func(f func(a *assignment)) {
		for _, r := range append(d.rules[:len(d.rules):len(d.rules)], d.fallback) {
			for i := range r.assignments() {
				f(&r.sets[i])
			}
		}
	}
	each(func(a *assignment) { d.keys = append(d.keys, a.property.Name) })
	slices.Sort(d.keys)
	d.keys = slices.Compact(d.keys)
	each(func(a *assignment) { a.key, _ = slices.BinarySearch(d.keys, a.property.Name) })
}

// countRules refuses sets that no one can review.
func (r *decisionReader) countRules(v strictyaml.Value) {
	n := len(r.decision.rules)
	if r.rules += n; r.rules > maxRules && r.rules-n <= maxRules {
		v.Problemf("the policies have more than %d rules", maxRules)
	}
}

func (r *decisionReader) unit(v strictyaml.Value, w want) unit {
	return unit{policy: r.policy, script: r.script(v), want: w, earlier: r.earlier}
}

// exclusive reads lists of bundles or cloud groups of which an object keeps the first.
func (r *decisionReader) exclusive(v strictyaml.Value) {
	v.Items(func(_ int, list strictyaml.Value) {
		var names []string
		list.Items(func(_ int, x strictyaml.Value) {
			name := r.member(x)
			if slices.Contains(names, name) && name != "" {
				x.Problemf("%s %s stands twice", memberNoun(r.decision.name), name)
			}
			names = append(names, name)
		})
		r.decision.exclusive = append(r.decision.exclusive, names)
	})
}

// member reads one of the names that a decision of mode collect adds up: of a bundle or of a cloud group.
func (r *decisionReader) member(v strictyaml.Value) string {
	name := v.Words()
	if known := r.policy.valuesOf(r.decision.name); name != "" && !slices.Contains(known, name) {
		v.Unknown(memberNoun(r.decision.name), name, known)
	}
	return name
}

// memberNoun says what a decision of mode collect adds up.
func memberNoun(decision string) string {
	if decision == Groups {
		return "cloud group"
	}
	return "bundle"
}

// rule reads a rule or a default. What it sets is read last, for its check depends on the rest.
func (r *decisionReader) rule(v strictyaml.Value, fallback bool) *rule {
	x := &rule{fallback: fallback, origin: Origin{Policy: r.policy.name, File: r.policy.file, Line: v.Line()}}
	part := map[string]strictyaml.Value{}
	fields := map[string]func(strictyaml.Value){
		"id":          func(y strictyaml.Value) { x.origin.Rule = r.id(y) },
		"description": func(y strictyaml.Value) { x.description = y.Words() },
		"owner":       func(y strictyaml.Value) { x.owner = y.Words() },
		"was":         func(y strictyaml.Value) { x.was = r.formerIDs(y) },
	}
	for _, key := range []string{"then", "thenExpr", "fail"} {
		fields[key] = func(y strictyaml.Value) { part[key] = y }
	}
	if r.decision.mode == First {
		fields["reason"] = func(y strictyaml.Value) { x.reason = y.Words() }
		fields["hold"] = func(y strictyaml.Value) { x.hold = y.Duration() }
	}
	required := []string{"id"}
	if !fallback {
		required = append(required, "when")
		fields["when"] = func(y strictyaml.Value) {
			x.when = r.expression(r.unit(y, wantTruth))
			x.whenText = y.Peek()
		}
		fields["from"] = func(y strictyaml.Value) { x.from = day(y) }
		fields["until"] = func(y strictyaml.Value) { x.until = day(y) }
	}
	v.Fields(fields, required...)
	if x.from > 0 && x.until > 0 && x.until < x.from {
		v.Problemf("until lies before from")
	}
	r.outcome(x, v, part)
	return x
}

func day(v strictyaml.Value) int {
	t := v.Date()
	if t.IsZero() {
		return 0
	}
	return civilDay(t)
}

// id reads the id of a rule, which is unique in the set.
func (r *decisionReader) id(v strictyaml.Value) string {
	id := v.Words()
	if !checkID(v, "id", id) {
		return id
	}
	if first, dup := r.ids[id]; dup {
		v.Problemf("id %q is already used at %s:%d:%d", id, first.Doc().File(), first.Line(), first.Col())
		return id
	}
	r.ids[id] = v
	return id
}

// formerIDs reads the ids that a rule had before: one or a list.
func (r *decisionReader) formerIDs(v strictyaml.Value) (ids []string) {
	read := func(x strictyaml.Value) {
		if id := x.Words(); checkID(x, "id", id) {
			ids = append(ids, id)
			r.former = append(r.former, former{id, x})
		}
	}
	if v.IsList() {
		v.Items(func(_ int, x strictyaml.Value) { read(x) })
	} else {
		read(v)
	}
	return ids
}

// outcome reads then, thenExpr and fail.
func (r *decisionReader) outcome(x *rule, v strictyaml.Value, part map[string]strictyaml.Value) {
	then, literal := part["then"]
	expression, computed := part["thenExpr"]
	failure, fails := part["fail"]
	switch {
	case fails && (literal || computed):
		failure.Problemf("a rule that fails sets nothing: remove then and thenExpr")
	case !fails && !literal && !computed:
		v.Problemf("the rule sets nothing: add then, thenExpr or fail")
	case literal && computed && r.decision.mode != Merge:
		expression.Problemf("then and thenExpr exclude each other in %s", r.decision.name)
	}
	if fails {
		x.fail, x.failLine, x.failCol = failure.Words(), failure.Line(), failure.Col()
	}
	switch r.decision.mode {
	case First:
		r.single(x, v, then, expression)
	case Collect:
		r.collected(x, then, expression)
	case Merge:
		r.assignments(x, then, expression)
	}
}

// single reads the outcome of a rule of mode first.
func (r *decisionReader) single(x *rule, at, then, expression strictyaml.Value) {
	words := r.policy.valuesOf(r.decision.name)
	if then != (strictyaml.Value{}) {
		if r.decision.name == UsageLocation {
			x.text = country(then)
		} else {
			x.text = then.Enum(r.decision.name, words...)
		}
		if x.text == string(cloud.None) && x.reason == "" {
			at.Problemf("cloudType none needs a reason")
		}
	}
	if expression == (strictyaml.Value{}) {
		return
	}
	u := r.unit(expression, wantText)
	u.literal = func(u *unit, n *ast.StringNode) {
		switch {
		case !slices.Contains(words, n.Value):
			u.problem(n, strictyaml.DidYouMean(n.Value, words), "%s is never %q", r.decision.name, n.Value)
		case n.Value == string(cloud.None) && x.reason == "":
			u.problem(n, "", "cloudType none needs a reason: in the rule")
		}
	}
	x.expr = r.expression(u)
}

// country reads a literal usage location.
func country(v strictyaml.Value) string {
	s := v.Words()
	if s != "" && !slices.Contains(countries, s) {
		hint := strictyaml.DidYouMean(s, nil)
		if s == "UK" || s == "uk" {
			hint = "the United Kingdom is GB"
		}
		v.Hintf(hint, "%q is not a country code of ISO 3166-1 alpha-2, such as DE", s)
	}
	return s
}

// collected reads the outcome of a rule of mode collect.
func (r *decisionReader) collected(x *rule, then, expression strictyaml.Value) {
	if then != (strictyaml.Value{}) {
		then.Items(func(_ int, y strictyaml.Value) { x.list = append(x.list, r.member(y)) })
	}
	if expression == (strictyaml.Value{}) {
		return
	}
	u := r.unit(expression, wantTexts)
	u.literal = func(u *unit, n *ast.StringNode) {
		if known := r.policy.valuesOf(r.decision.name); !slices.Contains(known, n.Value) {
			u.problem(n, strictyaml.DidYouMean(n.Value, known), "unknown %s %q", memberNoun(r.decision.name), n.Value)
		}
	}
	x.expr = r.expression(u)
}
