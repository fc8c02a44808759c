package prove

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// decision checks the rules of a decision.
func (k *checker) decision(d *decisionClaims) {
	defer func(given []assumption) { k.given = given }(k.given)
	if d.When != nil {
		if k.constant("when of "+d.Name, d.When, d.applies, d.Name) == neverTrue {
			return
		}
		k.given = append(slices.Clone(k.given), assumption{d.applies, "where " + d.Name + " applies"})
		if k.ask().answer == impossible {
			x := claim{origin: rules.Origin{Policy: k.policy.Policy, File: d.When.File, Line: d.When.Line}, text: d.When.Text}
			k.report(Finding{Kind: Impossible, Rule: x.origin, Col: d.When.Col, Decision: d.Name,
				Text: text(d.Name+" never applies"+k.because(k.ask().core), x, nil)})
			return
		}
	}
	live := make([]bool, len(d.rules))
	for i := range d.rules {
		live[i] = k.canHold(d, &d.rules[i])
	}
	for i := range d.rules {
		if live[i] {
			k.effect(d, i, live)
		}
	}
}

// because names the assumptions that a proof needed.
func (k *checker) because(core []lit) string {
	var why []string
	for _, g := range k.given {
		if slices.Contains(core, g.lit) {
			why = append(why, g.why)
		}
	}
	if len(why) == 0 {
		return ""
	}
	return " " + strings.Join(why, ", ")
}

// canHold reports whether a rule can apply at all, and reports it where it cannot or where its condition always holds.
func (k *checker) canHold(d *decisionClaims, r *ruleClaim) bool {
	if r.When.Tree == nil {
		return true
	}
	p := k.ask(r.holds)
	switch {
	case p.answer == undecided:
		k.notDecided(d, r)
	case p.answer == impossible:
		k.report(Finding{Kind: Impossible, Rule: r.origin, Decision: d.Name,
			Text: text("rule "+r.origin.Rule+" is never true"+k.because(p.core), r.claim, nil)})
		return false
	case k.constancy(r.RuleConditions.When, r.when) == alwaysTrue:
		k.report(Finding{Kind: Constant, Rule: r.origin, Decision: d.Name,
			Text: text("the condition of rule "+r.origin.Rule+" is always true", r.claim, nil)})
	}
	return true
}

// notDecided reports, once for a rule, that the search was given up.
func (k *checker) notDecided(d *decisionClaims, r *ruleClaim) {
	if slices.ContainsFunc(k.findings, func(f Finding) bool { return f.Kind == NotDecided && f.Rule == r.origin }) {
		return
	}
	k.report(Finding{Kind: NotDecided, Rule: r.origin, Decision: d.Name,
		Text: text("rule "+r.origin.Rule+" is too intricate to prove anything about it", r.claim, nil)})
}

// effect reports a rule that decides nothing, or in mode merge not all that it sets.
func (k *checker) effect(d *decisionClaims, at int, live []bool) {
	r := &d.rules[at]
	idle := map[string][]claim{} // by key: the rules that set it before
	var keys []string
	for _, key := range keysOf(d, r) {
		before := k.before(d, at, key, live)
		p := k.ask(append([]lit{r.holds}, negations(before)...)...)
		switch {
		case p.answer == undecided:
			k.notDecided(d, r)
			return
		case p.answer == impossible && len(before) > 0:
			idle[key] = k.blame(before, p.core)
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		if d.Mode == rules.Collect {
			k.contained(d, at, live)
		}
		return
	}
	f := Finding{Kind: Shadowed, Rule: r.origin, Decision: d.Name}
	if len(keys) < len(keysOf(d, r)) {
		f.Keys = keys
	}
	singles := k.singles(d, at, keys, live)
	blame := singles
	if len(singles) == 0 {
		blame = k.union(r, keys, idle)
		f.Together = len(blame) > 1
	} else if k.isSame(r, singles) || d.Mode == rules.Collect && !failing(d, singles) {
		f.Kind = Duplicate
	}
	f.Blame = origins(blame)
	f.Text = text(sentence(d, r, &f, k.isSame(r, singles)), r.claim, blame)
	k.report(f)
}

// failing reports whether one of the claims is that of a rule that fails.
func failing(d *decisionClaims, claims []claim) bool {
	return slices.ContainsFunc(d.rules, func(r ruleClaim) bool { return r.Fails && slices.Contains(claims, r.claim) })
}

// keysOf gives what a rule sets: in mode merge its keys, otherwise one thing.
func keysOf(d *decisionClaims, r *ruleClaim) []string {
	if d.Mode != rules.Merge || r.Fails {
		return []string{""}
	}
	var keys []string
	for _, s := range r.Sets {
		keys = append(keys, s.Key)
	}
	return keys
}

// before gives the rules before one that leave it nothing to do for a key where they apply. In mode first these are all; in
// mode merge those that set the key; in mode collect those that add the same. A rule that fails leaves nothing to anyone.
func (k *checker) before(d *decisionClaims, at int, key string, live []bool) []claim {
	var out []claim
	for i := range d.rules[:at] {
		if live[i] && settles(d, &d.rules[i], &d.rules[at], key) {
			out = append(out, d.rules[i].claim)
		}
	}
	return out
}

func settles(d *decisionClaims, earlier, r *ruleClaim, key string) bool {
	switch {
	case earlier.Fails || d.Mode == rules.First:
		return true
	case r.Fails:
		return false
	case d.Mode == rules.Collect:
		return earlier.Sets[0].Value == r.Sets[0].Value
	}
	return slices.ContainsFunc(earlier.Sets, func(s rules.Setting) bool { return s.Key == key })
}

func negations(list []claim) []lit {
	out := make([]lit, len(list))
	for i, c := range list {
		out[i] = c.holds.not()
	}
	return out
}

// singles gives the earlier rules of which each alone leaves a rule nothing to do for the keys.
func (k *checker) singles(d *decisionClaims, at int, keys []string, live []bool) []claim {
	r := &d.rules[at]
	var out []claim
	for i := range d.rules[:at] {
		e := &d.rules[i]
		all := live[i] && !slices.ContainsFunc(keys, func(key string) bool { return !settles(d, e, r, key) })
		if all && k.ask(r.holds, e.holds.not()).answer == impossible {
			out = append(out, e.claim)
		}
	}
	return out
}

// isSame reports whether one of the rules that contain r is true for the very same objects.
func (k *checker) isSame(r *ruleClaim, singles []claim) bool {
	return slices.ContainsFunc(singles, func(c claim) bool { return k.ask(c.holds, r.holds.not()).answer == impossible })
}

// union gives a set of rules that together leave r nothing to do for the keys, none of which can be left out.
func (k *checker) union(r *ruleClaim, keys []string, idle map[string][]claim) []claim {
	var out []claim
	for _, key := range keys {
		list := idle[key]
		for i := len(list) - 1; i >= 0; i-- {
			without := slices.Delete(slices.Clone(list), i, i+1)
			if k.ask(append([]lit{r.holds}, negations(without)...)...).answer == impossible {
				list = without
			}
		}
		for _, c := range list {
			if !slices.ContainsFunc(out, func(o claim) bool { return o.origin == c.origin }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// contained reports a rule of mode collect that a later rule contains, which adds the same. Where both are true for the
// same objects, the later one is reported.
func (k *checker) contained(d *decisionClaims, at int, live []bool) {
	r := &d.rules[at]
	if r.Fails {
		return
	}
	for i := at + 1; i < len(d.rules); i++ {
		later := &d.rules[i]
		if live[i] && !later.Fails && later.Sets[0].Value == r.Sets[0].Value &&
			k.ask(r.holds, later.holds.not()).answer == impossible && k.ask(later.holds, r.holds.not()).answer == possible {
			f := Finding{Kind: Duplicate, Rule: r.origin, Decision: d.Name, Blame: []rules.Origin{later.origin}}
			f.Text = text(sentence(d, r, &f, false), r.claim, []claim{later.claim})
			k.report(f)
			return
		}
	}
}

// sentence says what was found about a rule.
func sentence(d *decisionClaims, r *ruleClaim, f *Finding, same bool) string {
	var names []string
	for _, b := range f.Blame {
		names = append(names, b.Rule)
	}
	whenever := fmt.Sprintf("whenever it is true, %s is too", strings.Join(names, " and "))
	if len(names) > 1 && !f.Together {
		whenever = fmt.Sprintf("whenever it is true, so is each of %s", strings.Join(names, ", "))
	}
	if f.Together {
		whenever = fmt.Sprintf("whenever it is true, one of %s is too", strings.Join(names, ", "))
	} else if same {
		whenever = "it is true for the same objects as " + strings.Join(names, " and ")
	}
	switch {
	case d.Mode == rules.Collect:
		return fmt.Sprintf("rule %s adds nothing: %s", r.origin.Rule, whenever)
	case len(f.Keys) > 0:
		return fmt.Sprintf("rule %s sets %s in vain: %s", r.origin.Rule, strings.Join(f.Keys, ", "), whenever)
	}
	return fmt.Sprintf("rule %s decides nothing: %s", r.origin.Rule, whenever)
}

// text puts the rules concerned below a sentence.
func text(sentence string, about claim, blame []claim) string {
	var b strings.Builder
	b.WriteString(sentence)
	for _, c := range append([]claim{about}, blame...) {
		fmt.Fprintf(&b, "\n  %s:%d", c.origin.File, c.origin.Line)
		if c.origin.Rule != "" {
			fmt.Fprintf(&b, "  %s", c.origin.Rule)
		}
		fmt.Fprintf(&b, "  %s", snippet(c.text))
	}
	return b.String()
}

// snippetLength bounds what is shown of a condition, in characters.
const snippetLength = 200

// snippet gives a condition in one line.
func snippet(condition string) string {
	line := strings.Join(strings.Fields(condition), " ")
	if r := []rune(line); len(r) > snippetLength {
		line = string(r[:snippetLength]) + "…"
	}
	return line
}

func date(day int) string {
	return time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly)
}
