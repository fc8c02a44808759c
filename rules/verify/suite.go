package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// suiteReader reads one suite.
type suiteReader struct {
	*loader
	doc                   *strictyaml.Doc
	asOf                  time.Time
	fixtures              map[string]*fixture
	names                 []string // of fixtures, as written
	cases                 []*testCase
	accepted, unreachable []Argument
}

// read reads the parts in the order in which they depend on each other, whatever the order in the file.
func (r *suiteReader) read() {
	part := map[string]strictyaml.Value{}
	fields := map[string]func(strictyaml.Value){
		"apiVersion": func(v strictyaml.Value) {
			if s := v.Text(); s != "" && s != apiVersion {
				v.Hintf("write "+apiVersion, "apiVersion %q is not known to this version", s)
			}
		},
		"kind":        func(v strictyaml.Value) { v.Enum("kind", suiteKind) },
		"description": func(v strictyaml.Value) { v.Words() },
		"asOf":        func(v strictyaml.Value) { r.asOf = instant(v) },
	}
	for _, key := range []string{"fixtures", "tests", "mutants", "unreachable"} {
		fields[key] = func(v strictyaml.Value) { part[key] = v }
	}
	r.doc.Root().Fields(fields, "apiVersion", "kind", "asOf", "fixtures", "tests")
	if v, ok := part["fixtures"]; ok {
		r.readFixtures(v)
	}
	if v, ok := part["tests"]; ok {
		r.readTests(v)
	}
	if v, ok := part["mutants"]; ok {
		v.Fields(map[string]func(strictyaml.Value){"accept": func(list strictyaml.Value) {
			list.Items(func(_ int, x strictyaml.Value) { r.accepted = append(r.accepted, r.acceptance(x)) })
		}}, "accept")
	}
	if v, ok := part["unreachable"]; ok {
		v.Items(func(_ int, x strictyaml.Value) {
			r.unreachable = append(r.unreachable, r.unreached(x))
		})
	}
}

// instant reads a point in time, or a day, which means its first moment in UTC.
func instant(v strictyaml.Value) time.Time {
	if s := v.Peek(); s != "" {
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if t, err := time.Parse(layout, s); err == nil {
				return t
			}
		}
	}
	if v.IsScalar() || v.IsList() || v.IsMapping() {
		v.Problemf("expected an instant like 2026-09-15T08:00:00Z or a day like 2026-09-15")
	}
	return time.Time{}
}

// unreached reads why nothing can reach a rule.
func (r *suiteReader) unreached(v strictyaml.Value) Argument {
	a := Argument{File: r.doc.File(), Line: v.Line()}
	v.Fields(map[string]func(strictyaml.Value){
		"rule":   func(x strictyaml.Value) { a.About = r.anyRule(x) },
		"reason": func(x strictyaml.Value) { a.Reason = x.Words() },
	}, "rule", "reason")
	return a
}

// acceptance reads why a mutant may survive. Mutants of a rule are named by the rule and what is changed, others by their
// whole name.
func (r *suiteReader) acceptance(v strictyaml.Value) Argument {
	a := Argument{File: r.doc.File(), Line: v.Line()}
	rule := ""
	v.Fields(map[string]func(strictyaml.Value){
		"rule":   func(x strictyaml.Value) { rule = r.anyRule(x) },
		"mutant": func(x strictyaml.Value) { a.About = x.Words() },
		"reason": func(x strictyaml.Value) { a.Reason = x.Words() },
	}, "mutant", "reason")
	if rule != "" {
		a.About = rule + ": " + a.About
	}
	return a
}

// anyRule reads the id of a rule.
func (r *suiteReader) anyRule(v strictyaml.Value) string {
	var known []string
	for _, d := range r.words.decisions {
		known = append(known, r.words.rules[d]...)
	}
	id := v.Words()
	if id != "" && !slices.Contains(known, id) {
		v.Unknown("rule", id, known)
	}
	return id
}

func (r *suiteReader) readTests(v strictyaml.Value) {
	first := map[string]int{}
	v.Items(func(_ int, x strictyaml.Value) {
		t := r.test(x)
		if line, dup := first[t.name]; dup && t.name != "" {
			x.Problemf("test %q already stands in line %d", t.name, line)
		}
		first[t.name] = x.Line()
	})
	if v.IsList() && len(first) == 0 {
		v.Problemf("the suite has no tests")
	}
}

// test is one entry of tests.
type test struct {
	name       string
	asOf       time.Time
	skip       bool
	skipReason string
	todo       string
	changes    []change
	variants   []variant
	expect     []expectation
}

// test reads a test and adds its cases.
func (r *suiteReader) test(v strictyaml.Value) test {
	t := test{asOf: r.asOf, variants: []variant{{}}}
	object, part := strictyaml.Value{}, map[string]strictyaml.Value{}
	var skip, reason strictyaml.Value
	fields := map[string]func(strictyaml.Value){
		"name":       func(x strictyaml.Value) { t.name = x.Words() },
		"object":     func(x strictyaml.Value) { object = x },
		"asOf":       func(x strictyaml.Value) { t.asOf = instant(x) },
		"skip":       func(x strictyaml.Value) { skip, t.skip = x, x.Bool() },
		"skipReason": func(x strictyaml.Value) { reason, t.skipReason = x, x.Words() },
		"todo":       func(x strictyaml.Value) { t.todo = x.Words() },
	}
	expects := []string{"policy", "outOfScope", "expect", "rules"}
	for _, key := range append([]string{"with", "foreach"}, expects...) {
		fields[key] = func(x strictyaml.Value) { part[key] = x }
	}
	v.Fields(fields, "name", "object")
	if !slices.ContainsFunc(expects, func(k string) bool { _, ok := part[k]; return ok }) && v.IsMapping() {
		v.Problemf("the test expects nothing: add expect, rules, policy or outOfScope")
	}
	switch {
	case t.skip && t.skipReason == "":
		skip.Problemf("a test that is skipped needs a skipReason")
	case !t.skip && t.skipReason != "":
		reason.Problemf("skipReason without skip: true")
	}
	t.changes = r.objectOf(object)
	if x, ok := part["with"]; ok {
		t.changes = slices.Concat(t.changes, r.changes(x))
	}
	if x, ok := part["foreach"]; ok {
		t.variants = r.variants(x)
	}
	t.expect = r.expectations(part)
	r.addCases(&t, v, object)
	return t
}

// addCases adds a case for each variant of a test.
func (r *suiteReader) addCases(t *test, v, object strictyaml.Value) {
	for _, x := range t.variants {
		if len(r.suites.cases)+len(r.cases) > maxCases {
			return // one more than the limit, which Load reports
		}
		c := &testCase{file: r.doc.File(), name: t.name, line: v.Line(), col: v.Col(), asOf: t.asOf, todo: t.todo, expect: t.expect}
		if t.skip {
			c.skip = t.skipReason
		}
		if len(x.labels) > 0 {
			c.name += " [" + strings.Join(x.labels, ", ") + "]"
		}
		c.subject = newSubject(r.doc.File(), object.Peek())
		for _, f := range slices.Concat(t.changes, x.changes) {
			f(c.subject)
		}
		if r.fixtures[object.Peek()] != nil && c.subject.kind == 0 {
			object.Problemf("fixture %s has no class", object.Peek())
		}
		r.cases = append(r.cases, c)
	}
}

// variant is one combination of foreach values.
type variant struct {
	labels  []string // key=value
	changes []change
}

// variants reads foreach: each key has a list of values, and every combination is a case.
func (r *suiteReader) variants(v strictyaml.Value) []variant {
	out := []variant{{}}
	tooMany := false
	v.Each(func(name string, key, list strictyaml.Value) {
		var next []variant
		n := 0
		list.Items(func(i int, x strictyaml.Value) {
			n++
			f := r.change(name, key, x)
			if f == nil {
				return
			}
			for _, before := range out {
				if len(next) < maxVariants+1 {
					next = append(next, variant{slices.Concat(before.labels, []string{label(name, i, x)}), slices.Concat(before.changes, []change{f})})
				}
			}
		})
		if list.IsList() && n == 0 {
			list.Problemf("foreach %s has no values", name)
		}
		if tooMany = tooMany || len(next) > maxVariants; len(next) > 0 {
			out = next
		}
	})
	if tooMany {
		v.Problemf("foreach makes more than %d cases", maxVariants)
		return nil
	}
	return out
}

// label names a value of foreach: a scalar as it is written, others by their position.
func label(key string, i int, v strictyaml.Value) string {
	if v.IsScalar() {
		return key + "=" + v.Peek()
	}
	return fmt.Sprintf("%s %d", key, i+1)
}
