package verify

import (
	"errors"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// deciding reads which rules are expected to have decided: one id, a list of ids, or for single keys a mapping.
func (r *suiteReader) deciding(d string, v strictyaml.Value) []expectation {
	x := expectation{decision: d, subject: d + " rules", line: v.Line(), col: v.Col()}
	switch {
	case r.words.modes[d] == rules.Merge && v.IsMapping():
		return r.decidingKeys(d, v)
	case v.IsList():
		v.Items(func(_ int, y strictyaml.Value) { x.rules = append(x.rules, r.rule(d, y)) })
	default:
		x.rules = []string{r.rule(d, v)}
	}
	x.want = showRules(x.rules)
	x.got = func(o *rules.Outcome) string {
		decision := o.Find(d)
		return showRules(decidingRules(&decision))
	}
	return []expectation{x}
}

// decidingKeys reads which rule is expected to have set which key.
func (r *suiteReader) decidingKeys(d string, v strictyaml.Value) []expectation {
	someExpected(v)
	var out []expectation
	v.Each(func(name string, key, y strictyaml.Value) {
		p, known, ok := property(d, name)
		if !ok {
			key.Unknown(d+" key", name, known)
			return
		}
		id := r.rule(d, y)
		out = append(out, expectation{decision: d, subject: d + "." + name + " rule", line: y.Line(), col: y.Col(), want: id, rules: []string{id},
			got: func(o *rules.Outcome) string {
				for _, e := range o.Find(d).Entries {
					if e.Key == p.Name {
						return e.Origin.Rule
					}
				}
				return shownUnmanaged
			}})
	})
	return out
}

// rule reads the id of a rule of a decision.
func (r *suiteReader) rule(decision string, v strictyaml.Value) string {
	id := v.Words()
	if known := r.words.rules[decision]; id != "" && !slices.Contains(known, id) {
		v.Hintf(strictyaml.DidYouMean(id, known), "%s has no rule %q", decision, id)
	}
	return id
}

// decidingRules gives the ids of the rules that decided, or of the one that held the decision.
func decidingRules(d *rules.Decision) []string {
	var out []string
	for _, o := range d.Origins {
		out = append(out, o.Rule)
	}
	var e *rules.Error
	if errors.As(d.Err, &e) && e.Rule != "" {
		out = append(out, e.Rule)
	}
	return out
}

// showRules gives ids without regard to their order.
func showRules(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	out := slices.Sorted(slices.Values(ids))
	return strings.Join(slices.Compact(out), ", ")
}
