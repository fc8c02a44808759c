package prove

import (
	"encoding/binary"
	"slices"
)

// formulas builds formulas over atoms and gives each to the solver as clauses. Equal formulas are one.
type formulas struct {
	solver *solver
	gates  map[string]lit
	parts  [][]lit // by variable: what a gate is made of, nil for an atom
	size   int     // literals in clauses so far
	seen   []int   // by variable: the search for atoms that passed it last
	search int
}

// maxSize bounds the literals in the clauses for one policy. Conditions beyond it count as atoms, theory beyond it is left
// out: both can only hide a finding.
const maxSize = 2_000_000

func newFormulas() *formulas {
	return &formulas{solver: newSolver(), gates: map[string]lit{}, parts: [][]lit{nil}, seen: []int{0}}
}

// atom makes a variable about which nothing is known yet.
func (f *formulas) atom() lit {
	f.parts, f.seen = append(f.parts, nil), append(f.seen, 0)
	return f.solver.variable()
}

// clause demands that one of the literals is true.
func (f *formulas) clause(c ...lit) {
	if f.size += len(c); f.size <= maxSize {
		f.solver.add(c...)
	}
}

// implies demands that b is true where a is.
func (f *formulas) implies(a, b lit) { f.clause(a.not(), b) }

// excludes demands that not both are true.
func (f *formulas) excludes(a, b lit) { f.clause(a.not(), b.not()) }

// and gives the conjunction.
func (f *formulas) and(list ...lit) lit {
	c := slices.Clone(list)
	slices.Sort(c)
	c = slices.Compact(c)
	c = slices.DeleteFunc(c, func(l lit) bool { return l == always })
	for i, l := range c {
		if l == never || i+1 < len(c) && c[i+1] == l.not() {
			return never
		}
	}
	switch len(c) {
	case 0:
		return always
	case 1:
		return c[0]
	}
	var key []byte
	for _, l := range c {
		key = binary.AppendUvarint(key, uint64(l))
	}
	if g, ok := f.gates[string(key)]; ok {
		return g
	}
	g := f.atom()
	f.gates[string(key)] = g
	if f.size > maxSize {
		return g
	}
	f.parts[g.of()] = c
	whole := []lit{g}
	for _, l := range c {
		f.implies(g, l)
		whole = append(whole, l.not())
	}
	f.clause(whole...)
	return g
}

// or gives the disjunction.
func (f *formulas) or(list ...lit) lit {
	c := make([]lit, len(list))
	for i, l := range list {
		c[i] = l.not()
	}
	return f.and(c...).not()
}

// choice gives a where cond is true and b where it is not.
func (f *formulas) choice(cond, a, b lit) lit {
	return f.and(f.or(cond.not(), a), f.or(cond, b))
}

// equal says that a and b are both true or both false.
func (f *formulas) equal(a, b lit) lit { return f.choice(a, b, b.not()) }

// support gives the atoms of which the literals are made, sorted.
func (f *formulas) support(list []lit) []int {
	f.search++
	var atoms []int
	for open := slices.Clone(list); len(open) > 0; {
		v := open[len(open)-1].of()
		open = open[:len(open)-1]
		if v == 0 || f.seen[v] == f.search {
			continue
		}
		f.seen[v] = f.search
		if f.parts[v] == nil {
			atoms = append(atoms, v)
		}
		open = append(open, f.parts[v]...)
	}
	slices.Sort(atoms)
	return atoms
}
