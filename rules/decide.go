package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
)

// decide makes a decision that applies.
func (e *Evaluator) decide(out *Decision, p *policy, d *decision, day int) {
	out.Status = Decided
	var err error
	switch d.mode {
	case First:
		err = e.first(out, d, day)
	case Collect:
		err = e.collect(out, p, d, day)
	case Merge:
		err = e.merge(out, d, day)
	}
	if err != nil {
		hold(out, err)
	}
}

// applies says whether a rule is in force and its condition holds.
func (e *Evaluator) applies(r *rule, day int) (bool, error) {
	if !r.inForce(day) {
		e.note(r, NotInForce, nil)
		return false, nil
	}
	ok, err := e.truth(r.when, r.origin.Rule)
	switch {
	case err != nil:
		e.note(r, Failed, err)
	case ok:
		e.note(r, True, nil)
	default:
		e.note(r, False, nil)
	}
	return ok, err
}

// failure is the error of a rule that says fail.
func (r *rule) failure() error {
	if r.fail == "" {
		return nil
	}
	return &Error{r.origin.File, r.failLine, r.failCol, r.origin.Rule, r.fail}
}

// first decides by the first rule that applies.
func (e *Evaluator) first(out *Decision, d *decision, day int) error {
	winner := d.fallback
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err != nil {
			return err
		}
		if ok {
			winner = r
			break
		}
	}
	if winner == d.fallback {
		e.note(winner, True, nil)
	}
	err := winner.failure()
	if err == nil {
		out.Text, err = e.single(d, winner)
	}
	if err != nil {
		e.note(winner, Failed, err)
		return err
	}
	out.Reason, out.Hold = winner.reason, winner.hold
	out.Origins = e.origin(winner)
	e.adds(winner, out.Text)
	e.wait(out)
	return nil
}

// wait keeps a value back until its rule has given it for as long as the rule's hold says, where another one was carried out
// before. The hold of leave counts from the leaving, and is the engine's.
func (e *Evaluator) wait(out *Decision) {
	if out.Hold == 0 || out.Name == Leave {
		return
	}
	prior := e.facts.input.prior(out.Name)
	if prior.Text == "" || prior.Text == out.Text {
		return
	}
	since := e.asOf
	if prior.Pending == out.Text && !prior.Since.IsZero() && prior.Since.Before(since) {
		since = prior.Since.UTC()
	}
	until := since.Add(out.Hold)
	if !e.asOf.Before(until) {
		return
	}
	e.pending = append(e.pending, Pending{out.Text, since, until})
	out.Pending, out.Text = &e.pending[len(e.pending)-1], prior.Text
}

func (e *Evaluator) origin(rules ...*rule) []Origin {
	at := len(e.origins)
	for _, r := range rules {
		e.origins = append(e.origins, r.origin)
	}
	return e.origins[at:len(e.origins):len(e.origins)]
}

// single gives the value of a rule of mode first.
func (e *Evaluator) single(d *decision, r *rule) (string, error) {
	if r.expr == nil {
		return r.text, nil
	}
	s, err := e.text(r.expr, r.origin.Rule)
	if err != nil {
		return "", err
	}
	if d.name == UsageLocation {
		s = strings.ToUpper(s) // a country code, not a text: Graph takes it in capitals
	}
	switch {
	case !d.accepts(s):
		return "", e.blame(r.expr, r.origin.Rule, fmt.Sprintf("%.80q is no value of %s", s, d.name))
	case s == string(cloud.None) && r.reason == "":
		return "", e.blame(r.expr, r.origin.Rule, "cloudType none needs a reason: in the rule")
	}
	return s, nil
}

// accepts reports whether a decision of mode first can have a value.
func (d *decision) accepts(s string) bool {
	switch d.name {
	case UsageLocation:
		_, ok := slices.BinarySearch(countries, s)
		return ok
	case Leave:
		return slices.Contains(leaveValues, s)
	}
	return slices.Contains(cloud.Types(), cloud.Type(s))
}

// collect adds up what all rules that apply give.
func (e *Evaluator) collect(out *Decision, p *policy, d *decision, day int) error {
	names, origins := len(e.names), len(e.origins)
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err == nil && ok {
			err = e.members(p, d, r)
		}
		if err != nil {
			return err
		}
	}
	if len(e.origins) == origins {
		e.note(d.fallback, True, nil)
		if err := e.members(p, d, d.fallback); err != nil {
			return err
		}
	}
	list := e.names[names:]
	slices.Sort(list)
	list = slices.Compact(list)
	for _, group := range d.exclusive {
		list = e.exclude(list, group)
	}
	e.names = e.names[:names+len(list)]
	out.List, out.Origins = list[:len(list):len(list)], e.origins[origins:len(e.origins):len(e.origins)]
	return nil
}

// exclude keeps of an exclusive group only the member that stands first in it.
func (e *Evaluator) exclude(list, group []string) []string {
	kept := ""
	for _, name := range group {
		i := slices.Index(list, name)
		switch {
		case i < 0:
		case kept == "":
			kept = name
		default:
			list = slices.Delete(list, i, i+1)
			if e.trace != nil {
				e.trace.drop(name, kept)
			}
		}
	}
	return list
}

// members adds what a rule of mode collect gives.
func (e *Evaluator) members(p *policy, d *decision, r *rule) error {
	err := r.failure()
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	list := r.list
	if r.expr != nil {
		list, err = e.list(r.expr, r.origin.Rule)
		for _, name := range list {
			if err == nil && !p.hasMember(d.name, name) {
				err = e.blame(r.expr, r.origin.Rule, fmt.Sprintf("there is no %s %.80q", memberNoun(d.name), name))
			}
		}
	}
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	e.names = append(e.names, list...)
	e.origins = append(e.origins, r.origin)
	e.adds(r, list...)
	return nil
}

// merge sets each key by the first rule that applies and sets it. Every key has its place among the entries from the
// start; places that nobody took are closed at the end.
func (e *Evaluator) merge(out *Decision, d *decision, day int) error {
	start, origins := len(e.entries), len(e.origins)
	e.entries = slices.Grow(e.entries, len(d.keys))[:start+len(d.keys)]
	places := e.entries[start:]
	clear(places)
	for _, r := range d.rules {
		ok, err := e.applies(r, day)
		if err == nil && ok {
			err = e.assign(r, places)
		}
		if err != nil {
			return err
		}
	}
	e.note(d.fallback, True, nil)
	if err := e.assign(d.fallback, places); err != nil {
		return err
	}
	n := 0
	for i := range places {
		if places[i].Key != "" {
			if n < i {
				places[n] = places[i]
			}
			n++
		}
	}
	e.entries = e.entries[:start+n]
	out.Entries, out.Origins = places[:n:n], e.origins[origins:len(e.origins):len(e.origins)]
	return nil
}

// assign sets the keys of a rule that no earlier rule set.
func (e *Evaluator) assign(r *rule, places []Entry) error {
	err := r.failure()
	sets := false
	for i := range r.sets {
		a := &r.sets[i]
		x := &places[a.key]
		if err != nil || x.Key != "" {
			continue
		}
		x.Key, x.Value, x.Refs, x.Origin = a.property.Name, a.value, a.refs, r.origin
		if a.expr != nil {
			err = e.value(x, a, r)
		}
		sets = true
		if e.trace != nil {
			e.adds(r, keyOf(a.property))
		}
	}
	if err != nil {
		e.note(r, Failed, err)
		return err
	}
	if sets {
		e.origins = append(e.origins, r.origin)
	}
	return nil
}

// value evaluates the expression of a key.
func (e *Evaluator) value(x *Entry, a *assignment, r *rule) (err error) {
	var s string
	var list []string
	switch a.property.Kind {
	case cloud.TruthKind:
		var b bool
		b, err = e.truth(a.expr, r.origin.Rule)
		x.Value = cloud.Truth(b)
	case cloud.NumberKind:
		var n int
		if n, err = e.number(a.expr, r.origin.Rule); err == nil && n < 0 {
			err = e.blame(a.expr, r.origin.Rule, keyOf(a.property)+" cannot be negative")
		}
		x.Value = cloud.Number(int64(n))
	case cloud.TextsKind:
		list, err = e.list(a.expr, r.origin.Rule)
		x.Value = cloud.Texts(nonEmpty(list))
	case cloud.ReferencesKind:
		list, err = e.list(a.expr, r.origin.Rule)
		x.Refs = slices.Clone(nonEmpty(list))
	case cloud.ReferenceKind:
		if s, err = e.text(a.expr, r.origin.Rule); s != "" {
			x.Refs = []string{s}
		}
	default:
		s, err = e.text(a.expr, r.origin.Rule)
		if s != "" && len(a.property.Enum) > 0 && !slices.Contains(a.property.Enum, s) {
			err = e.blame(a.expr, r.origin.Rule, fmt.Sprintf("%.80q is no value of %s", s, keyOf(a.property)))
		}
		x.Value = cloud.Text(s)
	}
	return err
}

// nonEmpty gives a list without its empty texts: an absent attribute among the elements adds nothing.
func nonEmpty(list []string) []string {
	if !slices.Contains(list, "") {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}
