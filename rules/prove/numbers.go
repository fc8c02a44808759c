package prove

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// number gives the formula of a comparison of a whole number. Every comparison is made of upper bounds.
func (t *theory) number(name, op string, c int) lit {
	t.numberOf(name, name, 0)
	return t.bounds(t.numbers[name], op, int64(c), int64(c)-1, c == math.MinInt)
}

// instant gives the formula of a comparison of an instant with a full second: between two seconds lie further instants.
func (t *theory) instant(name, op string, second int64) lit {
	// An absent instant cannot be read, which holds the decision: its value then is free to choose.
	n := t.numberOf("instant "+name, name, math.MinInt64)
	return t.bounds(n, op, 2*second, 2*second-1, false)
}

func (t *theory) numberOf(name, of string, absent int64) *number {
	n := t.numbers[name]
	if n == nil {
		n = &number{atMost: map[int64]lit{}, minimum: math.MinInt64, of: of, absent: absent}
		t.numbers[name] = n
	}
	return n
}

func (t *theory) bounds(n *number, op string, c, below int64, least bool) lit {
	less := func() lit {
		if least {
			return never
		}
		return atomIn(t.f, n.atMost, below)
	}
	switch op {
	case "<":
		return less()
	case ">=":
		return less().not()
	case "<=":
		return atomIn(t.f, n.atMost, c)
	case ">":
		return atomIn(t.f, n.atMost, c).not()
	}
	return t.f.and(atomIn(t.f, n.atMost, c), less().not())
}

// length says that a number is the length of a text or list; of a list, one that is present has an item.
func (t *theory) length(name, of string, list bool) {
	n := t.numbers[name]
	n.minimum, n.of = 0, of
	if empty, ok := n.atMost[0]; ok && list {
		t.f.excludes(atomIn(t.f, t.present, of), empty)
	}
}

// closeNumber: bounds imply the wider ones, and an absent number has a value of its own, mostly 0.
func (t *theory) closeNumber(name string, n *number) {
	list := sorted(n.atMost)
	has, asked := t.present[n.of]
	for i, c := range list {
		if i > 0 {
			t.f.implies(n.atMost[list[i-1]], n.atMost[c])
		}
		if c < n.minimum {
			t.f.clause(n.atMost[c].not())
		}
		if asked {
			absent := n.atMost[c]
			if c < n.absent {
				absent = absent.not()
			}
			t.f.implies(has.not(), absent)
		}
	}
}

// closeBits: masks imply each other, a known number has known bits, and an absent one has none.
func (t *theory) closeBits(name string) {
	tests := t.bits[name]
	list := slices.SortedFunc(maps.Keys(tests), func(a, b bits) int { return cmp.Compare(tests[a], tests[b]) })
	for _, a := range list {
		if has, ok := t.present[name]; ok {
			t.f.implies(tests[a], has)
		}
		if truth, ok := t.truths[t.enabled[t.ldap[name]]]; ok && a.mask == accountDisabled {
			t.f.excludes(truth, tests[a])
		}
		for _, b := range list {
			if a != b && a.implies(b) {
				t.f.implies(tests[a], tests[b])
			}
		}
		if n := t.numbers[name]; n != nil {
			t.bitsOf(n, a, tests[a])
		}
	}
}

// accountDisabled is the bit of userAccountControl that enabled reads ([MS-ADTS] 2.2.16).
const accountDisabled = 2

func (a bits) implies(b bits) bool {
	if a.all {
		return b.all && b.mask&a.mask == b.mask || !b.all && b.mask&a.mask != 0
	}
	return !b.all && a.mask&b.mask == a.mask || b.all && a.mask == b.mask && a.mask&(a.mask-1) == 0
}

func (a bits) of(n int64) bool {
	if a.all {
		return int(n)&a.mask == a.mask
	}
	return int(n)&a.mask != 0
}

// bitsOf says what the bits are where bounds leave one number.
func (t *theory) bitsOf(n *number, a bits, test lit) {
	for _, c := range sorted(n.atMost) {
		below, ok := n.atMost[c-1]
		if !ok {
			continue
		}
		if !a.of(c) {
			test = test.not()
		}
		t.f.clause(n.atMost[c].not(), below, test)
		if !a.of(c) {
			test = test.not()
		}
	}
}
