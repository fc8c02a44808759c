package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/coexistsync/coexist/rules"
)

// Fate is what became of a mutant.
type Fate string

// The fates. An invalid mutant does not load; it says nothing about the tests.
const (
	Killed   Fate = "killed"
	Survived Fate = "survived"
	Argued   Fate = "argued" // it survived, and a suite says why it may
	Invalid  Fate = "invalid"
)

// Mutant is the policies with one mistake put in.
type Mutant struct {
	Name   string `json:"name"` // what is changed and how, such as "type-leaver: negate when"; free of line numbers
	File   string `json:"file"`
	Line   int    `json:"line"`
	Col    int    `json:"col"`
	Rule   string `json:"rule,omitempty"` // "" where it is not in a rule
	Fate   Fate   `json:"fate"`
	By     string `json:"by,omitempty"`     // the first case that kills it
	Reason string `json:"reason,omitempty"` // why it may survive, or why it is invalid
}

// Mutation is what came of all mutants.
type Mutation struct {
	Mutants  []Mutant   `json:"mutants"` // by file, in the order of what they change
	Killed   int        `json:"killed"`
	Survived int        `json:"survived"`
	Argued   int        `json:"argued"`
	Invalid  int        `json:"invalid"`
	Left     int        `json:"left,omitempty"`  // not tried because of the limit
	Stale    []Argument `json:"stale,omitempty"` // arguments for mutants that do not exist, or that tests kill
}

// Score gives the share of the mutants killed, in percent, of those that are valid and not argued for; 100 for none.
func (m *Mutation) Score() float64 {
	if m.Killed+m.Survived == 0 {
		return 100
	}
	return 100 * float64(m.Killed) / float64(m.Killed+m.Survived)
}

// OK reports whether no mutant survived that is not argued for, and every argument is still needed.
func (m *Mutation) OK() bool { return m.Survived == 0 && len(m.Stale) == 0 }

// MutateOptions bound a mutation run.
type MutateOptions struct {
	Workers int      // how many mutants are tried at once; 1 unless greater
	Limit   int      // how many are tried, spread evenly over all; 0 for all
	Rules   []string // tries only mutants of these rules; nil for all
	// Progress, where it is given, is called after each mutant with how many are done, by the worker that tried it.
	Progress func(done, of int)
}

// ErrNotPassing says that tests fail without any mutant, so that nothing can be said about mutants.
var ErrNotPassing = errors.New("the tests do not pass")

// Mutate puts one mistake after the other into the policies of a set and runs the suites against each: a rule dropped, its
// condition negated, neighbours swapped, a date or a hold dropped or a day off, an element of a list dropped, && turned into ||
// and back, == into != and back. Nothing is written anywhere. Once the context ends no other mutant is begun, and its error
// is given.
func (s *Suites) Mutate(ctx context.Context, set *rules.Set, o MutateOptions) (*Mutation, error) {
	if r := s.Run(set, Options{Workers: o.Workers}); !r.OK() {
		return nil, fmt.Errorf("mutate: %w: of %d, %d failed and %d were errors; %d mistakes in suites", ErrNotPassing, r.Counts.Total(), r.Counts.Fail, r.Counts.Error, len(r.Problems))
	}
	all, err := mutations(set)
	if err != nil {
		return nil, err
	}
	if o.Rules != nil {
		all = slices.DeleteFunc(all, func(m mutation) bool { return !slices.Contains(o.Rules, m.Rule) })
	}
	out := &Mutation{}
	all, out.Left = spread(all, o.Limit)
	cases := slices.DeleteFunc(slices.Clone(s.cases), func(c *testCase) bool { return c.skip != "" || c.todo != "" })
	out.Mutants = make([]Mutant, len(all))
	var done atomic.Int64
	parallel(o.Workers, len(all), func() func(int) {
		return func(i int) {
			if ctx.Err() != nil {
				return
			}
			out.Mutants[i] = s.try(set, all[i], cases)
			if n := done.Add(1); o.Progress != nil {
				o.Progress(int(n), len(all))
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.argue(out, o)
	return out, nil
}

// mutations gives all mutants of a set.
func mutations(set *rules.Set) ([]mutation, error) {
	modes := map[string]rules.Mode{}
	for _, p := range set.Policies() {
		for _, d := range p.Decisions {
			modes[d.Name] = d.Mode
		}
	}
	var all []mutation
	for _, f := range set.Files() {
		list, err := mutationsOf(f, modes)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// spread takes up to limit mutants, evenly.
func spread(all []mutation, limit int) (chosen []mutation, left int) {
	if limit <= 0 || len(all) <= limit {
		return all, 0
	}
	step := float64(len(all)) / float64(limit)
	for i := range limit {
		chosen = append(chosen, all[int(math.Floor(float64(i)*step))])
	}
	return chosen, len(all) - limit
}

// try loads a mutant and runs cases until one of them notices.
func (s *Suites) try(set *rules.Set, m mutation, cases []*testCase) Mutant {
	out := m.Mutant
	changed, problems := rules.Load(memory{set.Files(), m.File, m.bytes}, ".")
	if len(problems) > 0 {
		out.Fate, out.Reason = Invalid, problems[0].String()
		return out
	}
	r := s.runner(changed)
	for _, c := range cases {
		if !r.passes(c) {
			out.Fate, out.By = Killed, c.file+": "+c.name
			return out
		}
	}
	out.Fate = Survived
	return out
}

// argue holds the survivors against what the suites say about them, and counts.
func (s *Suites) argue(out *Mutation, o MutateOptions) {
	needed := map[string]bool{}
	for i := range out.Mutants {
		m := &out.Mutants[i]
		at := slices.IndexFunc(s.accepted, func(a Argument) bool { return a.About == m.Name })
		if m.Fate == Survived && at >= 0 {
			m.Fate, m.Reason = Argued, s.accepted[at].Reason
			needed[m.Name] = true
		}
		switch m.Fate {
		case Killed:
			out.Killed++
		case Survived:
			out.Survived++
		case Argued:
			out.Argued++
		case Invalid:
			out.Invalid++
		}
	}
	for _, a := range s.accepted {
		if !needed[a.About] && o.Rules == nil && out.Left == 0 {
			out.Stale = append(out.Stale, a)
		}
	}
}
