package trace

import (
	"slices"

	"github.com/coexistsync/coexist/rules"
)

// third is a truth value that may be unknown.
type third uint8

const (
	unknown third = iota
	no
	yes
)

func truth(b bool) third {
	if b {
		return yes
	}
	return no
}

func (t third) not() third { return [...]third{unknown: unknown, no: yes, yes: no}[t] }

// formula is a condition: a sub-condition, or others combined.
type formula struct {
	op     string // &&, ||, !, ?; "" for a sub-condition
	parts  []*formula
	is     third // of a sub-condition: what it gives
	open   bool  // of a sub-condition: what it gives was not asked for yet
	of     *rules.Breakdown
	at     int // of a sub-condition: its part
	change Change
	twice  bool // of a whole: a sub-condition stands twice in it
}

// least gives a number of changes that is never more than what it takes to make the formula give want. What is still open
// may take none.
func (f *formula) least(want bool) int {
	switch {
	case f.op == "" && (f.open || f.is == truth(want)):
		return 0
	case f.op == "":
		return 1
	case f.op == "!":
		return f.parts[0].least(!want)
	case f.op == "?":
		return min(f.parts[1].least(want), f.parts[2].least(want))
	}
	sum, most, fewest := 0, 0, 1<<30
	for _, p := range f.parts {
		n := p.least(want)
		sum, most, fewest = sum+n, max(most, n), min(fewest, n)
	}
	switch {
	case (f.op == "&&") != want:
		return fewest
	case f.twice:
		return most
	}
	return sum
}

// value gives what the formula gives as things stand.
func (f *formula) value() third { return f.under(nil) }

// under gives what it would give with some sub-conditions changed. Sub-conditions of equal text are one.
func (f *formula) under(changes []Change) third {
	switch f.op {
	case "":
		for i := range changes {
			if changes[i].Text == f.change.Text {
				return truth(changes[i].To)
			}
		}
		return f.is
	case "!":
		return f.parts[0].under(changes).not()
	case "?":
		switch f.parts[0].under(changes) {
		case yes:
			return f.parts[1].under(changes)
		case no:
			return f.parts[2].under(changes)
		}
		return unknown
	}
	settles := no // of &&
	if f.op == "||" {
		settles = yes
	}
	out := settles.not()
	for _, p := range f.parts {
		switch p.under(changes) {
		case settles:
			return settles
		case unknown:
			out = unknown
		}
	}
	return out
}

// maxTried bounds the sub-conditions of which all sets of one or two are tried.
const maxTried = 40

// solve gives a fewest changes under which the formula gives want for certain; nil when it gives it already or when none is
// found. Where no sub-condition stands twice the way along the formula is the shortest; where one does, single changes and
// pairs are tried besides, so that up to three changes are the fewest for certain.
func solve(f *formula, want bool) []Change {
	if f.under(nil) == truth(want) {
		return nil
	}
	best, ok := f.along(want)
	if ok && f.under(best) != truth(want) {
		ok = false
	}
	if ok && len(best) <= 1 {
		return best
	}
	atoms := f.atoms(nil)
	if !ok {
		best = nil
	}
	if ok && !f.repeats() || len(atoms) > maxTried {
		return best
	}
	for i := range atoms {
		if set := atoms[i : i+1]; f.under(set) == truth(want) {
			return slices.Clone(set)
		}
	}
	if ok && len(best) <= 2 {
		return best
	}
	for i := range atoms {
		for j := range i {
			if set := []Change{atoms[j], atoms[i]}; f.under(set) == truth(want) {
				return set
			}
		}
	}
	return best
}

// along goes the cheapest way through the formula; ok is false when the ways that it must go contradict each other.
func (f *formula) along(want bool) (changes []Change, ok bool) {
	switch {
	case f.op == "":
		if f.is == truth(want) {
			return nil, true
		}
		c := f.change
		c.To, c.Unknown = want, f.is == unknown
		return []Change{c}, true
	case f.op == "!":
		return f.parts[0].along(!want)
	case f.op == "?":
		return f.choose(want)
	case (f.op == "&&") == want:
		return together(f.parts, want)
	}
	for _, p := range f.parts {
		c, possible := p.along(want)
		if possible && (!ok || len(c) < len(changes)) {
			changes, ok = c, true
		}
	}
	return changes, ok
}

// choose goes one of the two ways of a ? b : c.
func (f *formula) choose(want bool) (changes []Change, ok bool) {
	for i, way := range []bool{true, false} {
		first, possible := f.parts[0].along(way)
		then, possibleToo := f.parts[1+i].along(want)
		all, agree := union(first, then)
		if possible && possibleToo && agree && (!ok || len(all) < len(changes)) {
			changes, ok = all, true
		}
	}
	return changes, ok
}

// together makes all parts give want.
func together(parts []*formula, want bool) (changes []Change, ok bool) {
	for _, p := range parts {
		c, possible := p.along(want)
		all, agree := union(changes, c)
		if !possible || !agree {
			return nil, false
		}
		changes = all
	}
	return changes, true
}

// union puts changes together; ok is false when one contradicts another.
func union(a, b []Change) ([]Change, bool) {
	out := a[:len(a):len(a)]
	for _, c := range b {
		i := slices.IndexFunc(out, func(x Change) bool { return x.Text == c.Text })
		switch {
		case i < 0:
			out = append(out, c)
		case out[i].To != c.To:
			return nil, false
		}
	}
	return out, true
}

// atoms gives each sub-condition once, changed to what it is not.
func (f *formula) atoms(list []Change) []Change {
	if f.op == "" {
		if f.is != unknown && !slices.ContainsFunc(list, func(c Change) bool { return c.Text == f.change.Text }) {
			c := f.change
			c.To = f.is == no
			list = append(list, c)
		}
		return list
	}
	for _, p := range f.parts {
		list = p.atoms(list)
	}
	return list
}

// repeats reports whether a sub-condition stands twice, and notes it at every part.
func (f *formula) repeats() bool {
	seen, twice := map[string]bool{}, false
	f.each(func(x *formula) {
		if x.op == "" {
			twice, seen[x.change.Text] = twice || seen[x.change.Text], true
		}
	})
	f.each(func(x *formula) { x.twice = twice })
	return twice
}

func (f *formula) each(do func(*formula)) {
	do(f)
	for _, p := range f.parts {
		p.each(do)
	}
}
