package impact

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// book tells what the names of bundles and cloud groups stand for in one revision, so that a name that stays may still be a
// change, and one that changes may be none.
type book struct {
	bundles, groups map[string]map[string]string // by policy and name: what it stands for, in one text
	skus            map[string]map[string]string // by policy and bundle
}

func bookOf(set *rules.Set) *book {
	b := &book{map[string]map[string]string{}, map[string]map[string]string{}, map[string]map[string]string{}}
	for _, p := range set.Policies() {
		b.bundles[p.Name], b.groups[p.Name], b.skus[p.Name] = map[string]string{}, map[string]string{}, map[string]string{}
		for _, x := range p.Bundles {
			plans := slices.Sorted(slices.Values(x.DisablePlans))
			text := x.SKU
			if len(plans) > 0 {
				text += " without " + strings.Join(plans, ", ")
			}
			b.bundles[p.Name][x.Name], b.skus[p.Name][x.Name] = text, x.SKU
		}
		for _, g := range p.CloudGroups {
			b.groups[p.Name][g.Name] = string(g.Key) + " " + g.Value
		}
	}
	return b
}

// of gives what a name stands for.
func (b *book) of(decision, policy, name string) string {
	if decision == rules.Groups {
		return b.groups[policy][name]
	}
	return b.bundles[policy][name]
}

// sameMembers reports whether two lists of names stand for the same.
func (b *book) sameMembers(other *book, x, y *rules.Decision, from, to string) bool {
	if len(x.List) == 0 && len(y.List) == 0 {
		return true
	}
	if len(x.List) == len(y.List) && from == to && slices.Equal(x.List, y.List) {
		same := true
		for _, n := range x.List {
			same = same && b.of(x.Name, from, n) == other.of(y.Name, to, n)
		}
		return same
	}
	return slices.Equal(b.meanings(x, from), other.meanings(y, to))
}

func (b *book) meanings(d *rules.Decision, policy string) []string {
	var out []string
	for _, n := range d.List {
		out = append(out, b.of(d.Name, policy, n))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// state gives what came of a decision. Names stand with what they mean where they mean something else in the other revision.
func (b *book) state(d *rules.Decision, policy string, other *book, otherPolicy string) State {
	s := State{Status: statusOf(d)}
	switch s.Status {
	case Held:
		s.Value = message(d.Err)
	case Set:
		s.Value = d.Text
		if d.Hold > 0 {
			s.Value += " after a hold of " + span(d.Hold)
		}
		if d.Name == rules.Licenses || d.Name == rules.Groups {
			s.Value = "[" + strings.Join(b.labels(d, policy, other, otherPolicy), ", ") + "]"
		}
	}
	return s
}

func (b *book) labels(d *rules.Decision, policy string, other *book, otherPolicy string) []string {
	out := make([]string, len(d.List))
	for i, n := range d.List {
		out[i] = n
		mine, theirs := b.of(d.Name, policy, n), other.of(d.Name, otherPolicy, n)
		if theirs != "" && mine != theirs {
			out[i] += " (" + mine + ")"
		}
	}
	return out
}

// span gives a duration as policies write it.
func span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d%u.of == 0 {
			return strconv.Itoa(int(d/u.of)) + u.name
		}
	}
	return d.String()
}

// seatKey is what seats are counted by; bundle is "" for the SKU as a whole.
type seatKey struct{ sku, bundle string }

// count counts the licences of one outcome. Two bundles of one SKU take one seat.
func (t *tally) count(o *rules.Outcome, b *book, into map[seatKey]int) {
	for i := range o.Decisions {
		d := &o.Decisions[i]
		if d.Name != rules.Licenses || d.Status != rules.Decided {
			continue
		}
		for k, n := range d.List {
			sku := b.skus[o.Policy][n]
			into[seatKey{sku, n}]++
			if !slices.ContainsFunc(d.List[:k], func(m string) bool { return b.skus[o.Policy][m] == sku }) {
				into[seatKey{sku, ""}]++
			}
		}
	}
}

// seats lists what is given to anybody, and what any bundle names.
func (c *comparison) seats(before, after map[seatKey]int) []Seat {
	keys := map[seatKey]bool{}
	for _, b := range []*book{c.base, c.head} {
		for _, bundles := range b.skus {
			for name, sku := range bundles {
				keys[seatKey{sku, name}], keys[seatKey{sku, ""}] = true, true
			}
		}
	}
	var out []Seat
	for k := range keys {
		out = append(out, Seat{k.sku, k.bundle, before[k], after[k]})
	}
	slices.SortFunc(out, func(a, b Seat) int { return cmp.Or(strings.Compare(a.SKU, b.SKU), strings.Compare(a.Bundle, b.Bundle)) })
	return out
}
