package verify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// expectation is one thing that a test expects of an outcome. Both sides are compared as they are shown.
type expectation struct {
	decision  string // "" for what concerns the object as a whole
	subject   string // decision, or decision.key
	line, col int
	want      string
	rules     []string // ids that it names
	got       func(*rules.Outcome) string
}

// What is shown where there is no value.
const (
	shownUndecided     = "not decided"
	shownNotApplicable = "not applicable"
	shownUnmanaged     = "not managed"
	shownHeld          = "held"
	shownNobody        = "out of scope"
)

// expectations reads what a test expects.
func (r *suiteReader) expectations(part map[string]strictyaml.Value) []expectation {
	var out []expectation
	policyOf := func(o *rules.Outcome) string {
		if o.Policy == "" {
			return shownNobody
		}
		return o.Policy
	}
	if v, ok := part["policy"]; ok {
		name := v.Words()
		if name != "" && !slices.Contains(r.words.policies, name) {
			v.Unknown("policy", name, r.words.policies)
		}
		out = append(out, expectation{subject: "policy", line: v.Line(), col: v.Col(), want: name, got: policyOf})
	}
	if v, ok := part["outOfScope"]; ok {
		if !v.Bool() || hasAny(part, "policy", "expect", "rules") {
			v.Problemf("outOfScope can only be true, and stands alone: nothing is decided then")
		}
		out = append(out, expectation{subject: "policy", line: v.Line(), col: v.Col(), want: shownNobody, got: policyOf})
	}
	if v, ok := part["expect"]; ok {
		r.eachDecision(v, func(d string, x strictyaml.Value) { out = append(out, r.outcome(d, x)...) })
	}
	if v, ok := part["rules"]; ok {
		r.eachDecision(v, func(d string, x strictyaml.Value) { out = append(out, r.deciding(d, x)...) })
	}
	return out
}

func hasAny(part map[string]strictyaml.Value, keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := part[k]; return ok })
}

// eachDecision walks a mapping of decisions that the policies make.
func (r *suiteReader) eachDecision(v strictyaml.Value, f func(decision string, v strictyaml.Value)) {
	someExpected(v)
	v.Each(func(name string, key, x strictyaml.Value) {
		if _, ok := r.words.modes[name]; !ok {
			key.Unknown("decision", name, r.words.decisions)
			return
		}
		f(name, x)
	})
}

// someExpected refuses a mapping without keys: a test that expects nothing always passes.
func someExpected(v strictyaml.Value) {
	n := 0
	if v.IsMapping() {
		v.Each(func(string, strictyaml.Value, strictyaml.Value) { n++ })
		if n == 0 {
			v.Problemf("nothing is expected here")
		}
	}
}

// outcome reads what is expected of one decision: its value, or what became of it.
func (r *suiteReader) outcome(d string, v strictyaml.Value) []expectation {
	x := expectation{decision: d, subject: d, line: v.Line(), col: v.Col()}
	if v.IsMapping() && r.status(&x, v) {
		return []expectation{x}
	}
	someExpected(v)
	switch r.words.modes[d] {
	case rules.First:
		if v.IsMapping() {
			return r.details(x, v)
		}
		return []expectation{x.value(strconv.Quote(r.word(d, v)))}
	case rules.Collect:
		return []expectation{x.value(showSet(r.members(d, v)))}
	}
	var out []expectation
	v.Each(func(name string, key, y strictyaml.Value) {
		p, known, ok := property(d, name)
		if !ok {
			key.Unknown(d+" key", name, known)
			return
		}
		out = append(out, keyExpectation(d, p, y))
	})
	return out
}

// value expects a decision's value, shown as want.
func (x expectation) value(want string) expectation {
	x.want, x.got = want, func(o *rules.Outcome) string { return shown(o.Find(x.decision)) }
	return x
}

// status reads a mapping that says what became of a decision: fail, held or applies. It gives false when v is none.
func (r *suiteReader) status(x *expectation, v strictyaml.Value) bool {
	is := false
	fields := map[string]func(strictyaml.Value){
		"fail": func(y strictyaml.Value) {
			id := r.rule(x.decision, y)
			x.want, x.rules, x.got = "held by "+id, []string{id}, func(o *rules.Outcome) string {
				if d := o.Find(x.decision); d.Status == rules.Held && slices.Contains(decidingRules(&d), id) {
					return "held by " + id
				}
				return shown(o.Find(x.decision))
			}
		},
		"held": func(y strictyaml.Value) {
			mustBe(y, true)
			x.want, x.got = shownHeld, func(o *rules.Outcome) string {
				if d := o.Find(x.decision); d.Status == rules.Held {
					return shownHeld
				}
				return shown(o.Find(x.decision))
			}
		},
		"applies": func(y strictyaml.Value) {
			mustBe(y, false)
			*x = x.value(shownNotApplicable)
		},
	}
	v.Each(func(name string, _, _ strictyaml.Value) { is = is || fields[name] != nil })
	if is {
		n := 0
		v.Each(func(string, strictyaml.Value, strictyaml.Value) { n++ })
		if v.Fields(fields); n > 1 {
			v.Problemf("fail, held and applies stand alone")
		}
	}
	return is
}

func mustBe(v strictyaml.Value, want bool) {
	if v.IsScalar() && v.Bool() != want {
		v.Problemf("only %v makes sense here", want)
	}
}

// details reads value, hold, reason and pending of a decision of mode first.
func (r *suiteReader) details(x expectation, v strictyaml.Value) []expectation {
	var out []expectation
	one := func(key string, y strictyaml.Value, want string, got func(d rules.Decision) string) {
		e := expectation{decision: x.decision, subject: x.decision + "." + key, line: y.Line(), col: y.Col(), want: want}
		e.got = func(o *rules.Outcome) string {
			if d := o.Find(x.decision); d.Status == rules.Decided {
				return got(d)
			}
			return shown(o.Find(x.decision))
		}
		out = append(out, e)
	}
	v.Fields(map[string]func(strictyaml.Value){
		"value": func(y strictyaml.Value) { one("value", y, strconv.Quote(r.word(x.decision, y)), shown) },
		"hold": func(y strictyaml.Value) {
			one("hold", y, y.Duration().String(), func(d rules.Decision) string { return d.Hold.String() })
		},
		"pending": func(y strictyaml.Value) {
			one("pending", y, strconv.Quote(r.word(x.decision, y)), func(d rules.Decision) string {
				if d.Pending == nil {
					return "nothing is pending"
				}
				return strconv.Quote(d.Pending.Text)
			})
		},
		"reason": func(y strictyaml.Value) {
			one("reason", y, strconv.Quote(y.Text()), func(d rules.Decision) string { return strconv.Quote(d.Reason) })
		},
	})
	return out
}

// word reads a value of a decision of mode first.
func (r *suiteReader) word(decision string, v strictyaml.Value) string {
	switch decision {
	case rules.CloudType:
		var types []string
		for _, t := range cloud.Types() {
			types = append(types, string(t))
		}
		return v.Enum(decision, types...)
	case rules.Leave:
		return v.Enum(decision, rules.LeaveKeep, rules.LeaveDisable, rules.LeaveConvertToShared, rules.LeaveDelete)
	}
	return v.Words()
}

// members reads names that a decision of mode collect adds up.
func (r *suiteReader) members(decision string, v strictyaml.Value) []string {
	noun, known := "bundle", r.words.members[decision]
	if decision == rules.Groups {
		noun = "cloud group"
	}
	var out []string
	v.Items(func(_ int, x strictyaml.Value) {
		name := x.Words()
		if name != "" && !slices.Contains(known, name) {
			x.Unknown(noun, name, known)
		}
		out = append(out, name)
	})
	return out
}

// keyExpectation reads what one key of a merge decision is expected to be.
func keyExpectation(d string, p cloud.Property, v strictyaml.Value) expectation {
	x := expectation{decision: d, subject: d + "." + keyOf(p.Name), line: v.Line(), col: v.Col()}
	switch {
	case v.IsMapping():
		v.Fields(map[string]func(strictyaml.Value){"managed": func(y strictyaml.Value) { mustBe(y, false) }}, "managed")
		x.want = shownUnmanaged
	case p.Kind == cloud.TruthKind:
		x.want = strconv.FormatBool(v.Bool())
	case p.Kind == cloud.NumberKind:
		x.want = strconv.FormatInt(v.Int(), 10)
	case p.Kind == cloud.TextsKind || p.Kind == cloud.ReferencesKind:
		x.want = showSet(v.Texts())
	default:
		x.want = strconv.Quote(v.Text())
	}
	x.got = func(o *rules.Outcome) string {
		decision := o.Find(d)
		if decision.Status != rules.Decided {
			return shown(decision)
		}
		for i := range decision.Entries {
			if decision.Entries[i].Key == p.Name {
				return shownEntry(p, &decision.Entries[i])
			}
		}
		return shownUnmanaged
	}
	return x
}

func shownEntry(p cloud.Property, e *rules.Entry) string {
	switch p.Kind {
	case cloud.TruthKind:
		return strconv.FormatBool(e.Value.Truth())
	case cloud.NumberKind:
		return strconv.FormatInt(e.Value.Number(), 10)
	case cloud.TextsKind:
		return showSet(e.Value.Texts())
	case cloud.ReferencesKind:
		return showSet(e.Refs)
	case cloud.ReferenceKind:
		return strconv.Quote(strings.Join(e.Refs, " "))
	}
	return strconv.Quote(e.Value.Text())
}

// shown gives a decision as it is shown and compared.
func shown(d rules.Decision) string {
	switch d.Status {
	case rules.Undecided:
		return shownUndecided
	case rules.NotApplicable:
		return shownNotApplicable
	case rules.Held:
		return shownHeld + ": " + d.Err.Error()
	}
	if d.Text != "" {
		return strconv.Quote(d.Text)
	}
	return showSet(d.List)
}

// showSet gives a list without regard to its order.
func showSet(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	slices.Sort(out)
	return "[" + strings.Join(slices.Compact(out), ", ") + "]"
}
