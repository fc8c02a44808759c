package prove

import (
	"cmp"
	"slices"
)

// lit is a variable, or with its lowest bit set the variable's negation.
type lit int32

// The constants: variable 0 is always true.
const (
	always lit = 0
	never  lit = 1
)

func (l lit) not() lit { return l ^ 1 }
func (l lit) of() int  { return int(l >> 1) }

// answer is what a search found.
type answer uint8

const (
	impossible answer = iota // no assignment fulfils the assumptions
	possible
	undecided // the search was given up
)

// solver decides whether clauses can be fulfilled together: a search that learns a clause from every dead end, after
// MiniSat (Eén, Sörensson: An Extensible SAT-solver, 2003). Clauses are only ever added, so that what one question taught
// helps with the next. It is deterministic.
type solver struct {
	clauses  [][]lit
	watches  [][]int32 // by literal: the clauses that watch its negation
	value    []int8    // by literal: 1 true, -1 false, 0 open
	level    []int32   // by variable
	reason   []int32   // by variable: the clause that forced it, -1 for none
	activity []float64 // by variable
	phase    []bool    // by variable: the value it had last is true
	trail    []lit
	limits   []int // of the trail, by level
	head     int   // of the trail: what stands before it was propagated
	bump     float64
	broken   bool    // the clauses contradict each other without any assumption
	learned  []int32 // the clauses that were learned
	order    []int   // variables to decide upon for this question
	next     int     // in order: those before it are set

	nodes  int   // decisions and dead ends of all questions
	core   []lit // after impossible: the assumptions that cannot hold together
	marked []bool
}

func newSolver() *solver {
	s := &solver{bump: 1}
	s.variable()
	s.add(always)
	return s
}

// variable makes a variable.
func (s *solver) variable() lit {
	v := len(s.level)
	s.watches, s.value = append(s.watches, nil, nil), append(s.value, 0, 0)
	s.level, s.reason, s.activity = append(s.level, 0), append(s.reason, -1), append(s.activity, 0)
	s.phase, s.marked = append(s.phase, false), append(s.marked, false)
	return lit(v << 1)
}

// add adds a clause: at least one of the literals is true. It must not be called while a question is open.
func (s *solver) add(c ...lit) {
	c = slices.Clone(c)
	slices.Sort(c)
	c = slices.Compact(c)
	open := c[:0]
	for i, l := range c {
		if s.value[l] > 0 || i+1 < len(c) && c[i+1] == l.not() {
			return
		}
		if s.value[l] == 0 {
			open = append(open, l)
		}
	}
	switch len(open) {
	case 0:
		s.broken = true
	case 1:
		s.set(open[0], -1)
		s.broken = s.broken || s.propagate() >= 0
	default:
		s.attach(open)
	}
}

func (s *solver) attach(c []lit) int32 {
	i := int32(len(s.clauses))
	s.clauses = append(s.clauses, c)
	s.watches[c[0].not()] = append(s.watches[c[0].not()], i)
	s.watches[c[1].not()] = append(s.watches[c[1].not()], i)
	return i
}

func (s *solver) set(l lit, reason int32) {
	s.value[l], s.value[l.not()] = 1, -1
	v := l.of()
	s.level[v], s.reason[v], s.phase[v] = int32(len(s.limits)), reason, l&1 == 0
	s.trail = append(s.trail, l)
}

// propagate draws the conclusions of what was set; it gives the clause that cannot be fulfilled, -1 when there is none.
func (s *solver) propagate() int32 {
	for ; s.head < len(s.trail); s.head++ {
		p := s.trail[s.head]
		list := s.watches[p]
		kept := 0
		for at := 0; at < len(list); at++ {
			i := list[at]
			c := s.clauses[i]
			if c[0] == p.not() {
				c[0], c[1] = c[1], c[0]
			}
			if s.value[c[0]] <= 0 && s.rewatch(c, i) {
				continue
			}
			list[kept] = i
			kept++
			switch {
			case s.value[c[0]] > 0:
			case s.value[c[0]] == 0:
				s.set(c[0], i)
			default:
				kept += copy(list[kept:], list[at+1:])
				s.watches[p] = list[:kept]
				return i
			}
		}
		s.watches[p] = list[:kept]
	}
	return -1
}

// rewatch lets a clause watch another literal than its second, which became false.
func (s *solver) rewatch(c []lit, i int32) bool {
	for k := 2; k < len(c); k++ {
		if s.value[c[k]] >= 0 {
			c[1], c[k] = c[k], c[1]
			s.watches[c[1].not()] = append(s.watches[c[1].not()], i)
			return true
		}
	}
	return false
}

// undo takes back all levels above the one given.
func (s *solver) undo(level int) {
	if len(s.limits) <= level {
		return
	}
	for _, l := range s.trail[s.limits[level]:] {
		s.value[l], s.value[l.not()] = 0, 0
	}
	s.trail, s.limits = s.trail[:s.limits[level]], s.limits[:level]
	s.head, s.next = len(s.trail), 0
}

// analyze gives the clause to learn from a dead end, its first literal the one to set next, and the level to go back to.
func (s *solver) analyze(conflict int32) (learned []lit, back int) {
	learned = []lit{0}
	open, at, from := 0, len(s.trail)-1, s.clauses[conflict]
	var marked []int
	for {
		for _, l := range from {
			v := l.of()
			if s.marked[v] || s.level[v] == 0 || s.value[l] > 0 {
				continue
			}
			s.marked[v] = true
			marked = append(marked, v)
			s.raise(v)
			if int(s.level[v]) == len(s.limits) {
				open++
			} else {
				learned = append(learned, l)
			}
		}
		for !s.marked[s.trail[at].of()] {
			at--
		}
		p := s.trail[at]
		at--
		if open--; open == 0 {
			learned[0] = p.not()
			break
		}
		from = s.clauses[s.reason[p.of()]]
	}
	for _, v := range marked {
		s.marked[v] = false
	}
	for i := 1; i < len(learned); i++ {
		if l := int(s.level[learned[i].of()]); l > back {
			back = l
			learned[1], learned[i] = learned[i], learned[1]
		}
	}
	return learned, back
}

func (s *solver) raise(v int) {
	s.activity[v] += s.bump
	if s.activity[v] > 1e100 {
		for i := range s.activity {
			s.activity[i] *= 1e-100
		}
		s.bump *= 1e-100
	}
}

// choose gives the open variable of the question that took part in most dead ends of late, with the value it had last.
func (s *solver) choose() (lit, bool) {
	for ; s.next < len(s.order); s.next++ {
		l := lit(s.order[s.next] << 1)
		if s.value[l] == 0 {
			if !s.phase[l.of()] {
				l = l.not()
			}
			return l, true
		}
	}
	return 0, false
}

// sortOrder brings those variables to the front that took part in most dead ends of late.
func (s *solver) sortOrder() {
	slices.SortFunc(s.order, func(a, b int) int { return cmp.Or(cmp.Compare(s.activity[b], s.activity[a]), cmp.Compare(a, b)) })
	s.next = 0
}

const (
	maxLearned = 20_000 // clauses, for the memory's sake
	reorder    = 50     // dead ends after which the order is made anew
)

// solve says whether the assumptions can hold together, looking at no more nodes than the limit. It decides upon the given
// variables only: those on which the assumptions depend. The others are taken to follow, so that an answer of possible may
// be wrong where they cannot; impossible never is.
func (s *solver) solve(limit int, variables []int, assumptions []lit) answer {
	defer s.undo(0)
	s.core = nil
	if s.broken {
		return impossible
	}
	if len(s.learned) > maxLearned {
		s.forget()
	}
	s.order = append(s.order[:0], variables...)
	s.sortOrder()
	deadEnds := 0
	for start := s.nodes; s.nodes-start < limit; {
		if conflict := s.propagate(); conflict >= 0 {
			s.nodes++
			if len(s.limits) == 0 {
				s.broken = true
				return impossible
			}
			s.learn(conflict)
			if deadEnds++; deadEnds%reorder == 0 {
				s.sortOrder()
			}
			continue
		}
		next, ok := s.assume(assumptions)
		if !ok {
			return impossible
		}
		if next == always {
			if next, ok = s.choose(); !ok {
				return possible
			}
			s.nodes++
		}
		s.limits = append(s.limits, len(s.trail))
		s.set(next, -1)
	}
	return undecided
}

// assume gives the next assumption that is open, always when there is none, and false when one is refuted.
func (s *solver) assume(assumptions []lit) (lit, bool) {
	for len(s.limits) < len(assumptions) {
		a := assumptions[len(s.limits)]
		switch {
		case s.value[a] > 0:
			s.limits = append(s.limits, len(s.trail))
		case s.value[a] < 0:
			s.explain(a)
			return 0, false
		default:
			return a, true
		}
	}
	return always, true
}

// explain finds the assumptions that refute a, which is one too.
func (s *solver) explain(a lit) {
	s.core = []lit{a}
	s.marked[a.of()] = true
	for i := len(s.trail) - 1; i >= 0; i-- {
		l := s.trail[i]
		v := l.of()
		if !s.marked[v] {
			continue
		}
		s.marked[v] = false
		if s.level[v] == 0 {
			continue
		}
		if s.reason[v] < 0 {
			s.core = append(s.core, l)
			continue
		}
		for _, x := range s.clauses[s.reason[v]] {
			if x.of() != v {
				s.marked[x.of()] = true
			}
		}
	}
	slices.Sort(s.core)
	s.core = slices.Compact(s.core)
}

func (s *solver) learn(conflict int32) {
	c, back := s.analyze(conflict)
	s.undo(back)
	reason := int32(-1)
	if len(c) > 1 {
		reason = s.attach(c)
		s.learned = append(s.learned, reason)
	}
	s.set(c[0], reason)
	s.bump *= 1.05
}

// forget drops all learned clauses. Nothing is set but what holds without assumptions, for which no reason is asked.
func (s *solver) forget() {
	for _, i := range s.learned {
		s.clauses[i] = nil
	}
	for i, w := range s.watches {
		s.watches[i] = slices.DeleteFunc(w, func(c int32) bool { return s.clauses[c] == nil })
	}
	s.learned = s.learned[:0]
}
