package prove

import (
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// closeText: a text has one value, so that of a known value everything is known; without a value it is empty; beginnings,
// ends and parts imply and exclude each other; and what a small table holds is one of its keys.
func (t *theory) closeText(name string, x *reading) {
	if x.values != nil {
		var any []lit
		for _, v := range x.values {
			any = append(any, atomIn(t.f, x.atoms, comparison{op: equals, with: v}))
		}
		t.f.clause(any...)
	}
	for _, c := range sortedComparisons(x.atoms) {
		if c.op != inTable || c.table.Len() > maxValues {
			continue
		}
		any := []lit{x.atoms[c].not()}
		for _, key := range c.table.Keys() {
			any = append(any, atomIn(t.f, x.atoms, comparison{folded: true, op: equals, with: key}))
		}
		t.f.clause(any...)
	}
	list := sortedComparisons(x.atoms)
	if t.tooMany(len(list)) {
		return
	}
	equal := map[bool][]lit{}
	for _, a := range list {
		if a.op == equals {
			equal[a.folded] = append(equal[a.folded], x.atoms[a])
			t.known(x, list, x.atoms[a], a, false)
			continue
		}
		for _, b := range list {
			switch {
			case a == b || b.op == equals || a.op == inTable || b.op == inTable:
			case a.implies(b):
				t.f.implies(x.atoms[a], x.atoms[b])
			case a.excludes(b):
				t.f.excludes(x.atoms[a], x.atoms[b])
			}
		}
	}
	t.atMostOne(equal[false])
	t.atMostOne(equal[true])
	if has, ok := t.present[name]; ok {
		t.known(x, list, has.not(), comparison{op: equals}, true)
	}
}

// known draws the conclusions of a text's value from its comparisons. Those with other values in the same form are drawn
// only where asked, for at most one of them holds anyhow.
func (t *theory) known(x *reading, list []comparison, given lit, value comparison, same bool) {
	for _, c := range list {
		if !same && c.op == equals && c.folded == value.folded {
			continue
		}
		switch result, certain := c.of(value); {
		case !certain:
		case result:
			t.f.implies(given, x.atoms[c])
		default:
			t.f.excludes(given, x.atoms[c])
		}
	}
}

// of gives the result of a comparison for a text of a value, which may be known in folded form only.
func (c comparison) of(value comparison) (result, certain bool) {
	v, with := value.with, c.with
	switch {
	case c.folded && !value.folded:
		v = directory.Fold(v)
	case !c.folded && value.folded:
		// The text as spelled is not known. What does not even hold in folded form does not hold.
		return false, !holds(c.op, v, directory.Fold(with))
	}
	if c.op == inTable {
		return c.table.Has(v), true
	}
	return holds(c.op, v, with), true
}

// holds compares texts.
func holds(op textOp, s, with string) bool {
	switch op {
	case equals:
		return s == with
	case prefix:
		return strings.HasPrefix(s, with)
	case suffix:
		return strings.HasSuffix(s, with)
	case contains:
		return strings.Contains(s, with)
	}
	return directory.UnderDN(s, with)
}

// aligned gives the constants of two comparisons of the same text in the same form. A text that begins with "A" begins with
// "a" in folded form.
func (c comparison) aligned(d comparison) (string, string) {
	switch {
	case c.folded && !d.folded:
		return c.with, directory.Fold(d.with)
	case d.folded && !c.folded:
		return directory.Fold(c.with), d.with
	}
	return c.with, d.with
}

// implies reports whether a text for which c holds has d hold as well. Neither asks for a whole value or a table.
func (c comparison) implies(d comparison) bool {
	if c.folded && !d.folded {
		return false
	}
	a, b := c.aligned(d)
	switch d.op {
	case prefix:
		return c.op == prefix && strings.HasPrefix(a, b)
	case suffix:
		return (c.op == suffix || c.op == under) && strings.HasSuffix(a, b)
	case contains:
		return strings.Contains(a, b)
	}
	return c.op == under && directory.UnderDN(a, b)
}

// excludes reports whether no text has both hold.
func (c comparison) excludes(d comparison) bool {
	a, b := c.aligned(d)
	switch {
	case c.op == prefix && d.op == prefix:
		return !strings.HasPrefix(a, b) && !strings.HasPrefix(b, a)
	case c.op == under && d.op == under:
		return !directory.UnderDN(a, b) && !directory.UnderDN(b, a)
	case c.isEnd() && d.isEnd():
		return !strings.HasSuffix(a, b) && !strings.HasSuffix(b, a)
	}
	return false
}

func (c comparison) isEnd() bool { return c.op == suffix || c.op == under }

// atMostOne says that no two are true, by a chain of helpers of which each says that one up to here is.
func (t *theory) atMostOne(list []lit) {
	if len(list) <= 5 {
		for i, a := range list {
			for _, b := range list[:i] {
				t.f.excludes(a, b)
			}
		}
		return
	}
	before := never
	for _, l := range list {
		soFar := t.f.atom()
		t.f.implies(l, soFar)
		t.f.implies(before, soFar)
		t.f.excludes(l, before)
		before = soFar
	}
}

// closeList: items imply what their parts do; nothing excludes anything, for a list has many items. A list that is absent
// has none.
func (t *theory) closeList(name string, atoms map[comparison]lit) {
	list := sortedComparisons(atoms)
	if t.tooMany(len(list)) {
		return
	}
	for _, a := range list {
		if has, ok := t.present[name]; ok {
			t.f.implies(atoms[a], has)
		}
		for _, b := range list {
			if a == b {
				continue
			}
			if a.op == equals {
				if result, certain := b.of(a); certain && result {
					t.f.implies(atoms[a], atoms[b])
				}
			} else if b.op != equals && a.implies(b) {
				t.f.implies(atoms[a], atoms[b])
			}
		}
	}
}

func (t *theory) closeProxies() {
	has, asked := t.present[t.proxied]
	for _, address := range sorted(t.proxies) {
		if asked {
			t.f.implies(t.proxies[address], has)
		}
		at := strings.LastIndexByte(address, '@')
		if domain, ok := t.proxies[address[max(at, 0):]]; ok && at > 0 {
			t.f.implies(t.proxies[address], domain)
		}
	}
}
