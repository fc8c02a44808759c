package prove

import (
	"cmp"
	"maps"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// theory knows the atoms whose meaning is understood, and what that makes true of them whatever the object: an attribute of
// one value has not two, who is in Berlin's OU is in its parent, six is more than five. close tells the solver all of it.
type theory struct {
	f       *formulas
	texts   map[string]*reading
	lists   map[string]map[comparison]lit
	proxies map[string]lit // hasProxy by argument
	proxied string         // the list that they ask
	numbers map[string]*number
	bits    map[string]map[bits]lit // of a number
	truths  map[string]lit          // attributes that are true or false
	present map[string]lit          // has(), by what it asks for
	members map[string]lit
	direct  map[string]lit
	enabled map[string]string // the name of a truth computed from an LDAP attribute, by that
	ldap    map[string]string // by number: its LDAP attribute
	tables  map[string]lit    // inTable() by name
	pairs   int
}

func newTheory(f *formulas) *theory {
	return &theory{f: f, texts: map[string]*reading{}, lists: map[string]map[comparison]lit{}, proxies: map[string]lit{}, numbers: map[string]*number{},
		bits: map[string]map[bits]lit{}, truths: map[string]lit{}, present: map[string]lit{}, members: map[string]lit{}, direct: map[string]lit{},
		enabled: map[string]string{}, ldap: map[string]string{}, tables: map[string]lit{}}
}

// reading is a text that conditions compare with constants.
type reading struct {
	atoms  map[comparison]lit
	values []string // all that it can be; nil for anything
}

// textOp is how a text is compared.
type textOp uint8

const (
	equals textOp = iota
	prefix
	suffix
	contains
	under   // the text is a DN that is the constant or lies below it
	inTable // the text is a key of the table
)

// comparison is a comparison of a text, or of some item of a list, with a constant.
type comparison struct {
	folded bool // the text is folded first; otherwise case counts
	op     textOp
	with   string
	table  *rules.Table // with inTable
}

// bits is a test of the bits of a number.
type bits struct {
	mask int
	all  bool // otherwise any
}

// number is a whole number, or an instant, known by its upper bounds.
type number struct {
	atMost  map[int64]lit
	minimum int64
	of      string // what has() asks for; without it the number is absent
	absent  int64  // its value then
}

// atomIn gives the atom of a key, making it where there is none.
func atomIn[K comparable](f *formulas, m map[K]lit, key K) lit {
	l, ok := m[key]
	if !ok {
		l = f.atom()
		m[key] = l
	}
	return l
}

// fact gives the formula of a fact that is true or false.
func (t *theory) fact(f rules.Fact) lit {
	switch f.Kind {
	case rules.HasFact:
		return atomIn(t.f, t.present, f.Base)
	case rules.InOUFact:
		return t.textAtom(f.Base, true, nil, under, f.Argument)
	case rules.InTableFact:
		return t.tableAtom(f)
	case rules.MemberFact:
		return atomIn(t.f, t.members, f.Argument)
	case rules.DirectFact:
		return atomIn(t.f, t.direct, f.Argument)
	case rules.ProxyFact:
		t.proxied = f.Base
		return atomIn(t.f, t.proxies, f.Argument)
	case rules.AnyBitFact, rules.AllBitsFact:
		if t.bits[f.Base] == nil {
			t.bits[f.Base] = map[bits]lit{}
		}
		t.ldap[f.Base] = directory.Fold(f.LDAP)
		return atomIn(t.f, t.bits[f.Base], bits{f.Mask, f.Kind == rules.AllBitsFact})
	}
	if directory.Fold(f.LDAP) == directory.Fold(directory.AttrUserAccountCtl) {
		t.enabled[directory.Fold(f.LDAP)] = f.Name
	}
	return atomIn(t.f, t.truths, f.Name)
}

func (t *theory) text(base string) *reading {
	x := t.texts[base]
	if x == nil {
		x = &reading{atoms: map[comparison]lit{}}
		t.texts[base] = x
	}
	return x
}

// textAtom gives the atom of a comparison. A text that cannot have the value at all equals it never.
func (t *theory) textAtom(base string, folded bool, values []string, op textOp, c string) lit {
	x := t.text(base)
	if values != nil && len(values) <= maxValues {
		x.values = values
		if op == equals && !folded && !slices.Contains(values, c) {
			return never
		}
	}
	return atomIn(t.f, x.atoms, comparison{folded: folded, op: op, with: c})
}

// maxValues bounds the values that are looked at one by one.
const maxValues = 32

func (t *theory) tableAtom(f rules.Fact) lit {
	l, ok := t.tables[f.Name]
	if !ok {
		l = t.f.atom()
		t.tables[f.Name] = l
		t.text(f.Base).atoms[comparison{folded: true, op: inTable, with: f.Name, table: f.Table}] = l
	}
	return l
}

// element gives the atom that some item of a list compares so.
func (t *theory) element(base string, folded bool, op textOp, c string) lit {
	if t.lists[base] == nil {
		t.lists[base] = map[comparison]lit{}
	}
	return atomIn(t.f, t.lists[base], comparison{folded: folded, op: op, with: c})
}

// close tells the solver what holds of the atoms.
func (t *theory) close() {
	for _, name := range sorted(t.texts) {
		t.closeText(name, t.texts[name])
	}
	for _, name := range sorted(t.lists) {
		t.closeList(name, t.lists[name])
	}
	t.closeProxies()
	for _, name := range sorted(t.numbers) {
		t.closeNumber(name, t.numbers[name])
	}
	for _, name := range sorted(t.bits) {
		t.closeBits(name)
	}
	for _, name := range sorted(t.truths) {
		if has, ok := t.present[name]; ok {
			t.f.implies(t.truths[name], has)
		}
	}
	for _, group := range sorted(t.direct) {
		if nested, ok := t.members[group]; ok {
			t.f.implies(t.direct[group], nested)
		}
	}
}

// maxPairs bounds the pairs of comparisons that are held against each other. What is left out can only hide a finding.
const maxPairs = 10_000_000

func (t *theory) tooMany(comparisons int) bool {
	t.pairs += comparisons * comparisons
	return t.pairs > maxPairs
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// sortedComparisons gives comparisons in a fixed order.
func sortedComparisons(m map[comparison]lit) []comparison {
	return slices.SortedFunc(maps.Keys(m), func(a, b comparison) int { return cmp.Compare(m[a], m[b]) })
}
