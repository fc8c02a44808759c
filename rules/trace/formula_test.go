package trace

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSolveFindsTheFewest holds solve against all sets of changes.
func TestSolveFindsTheFewest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 3000 {
		is := make([]third, 6)
		for k := range is {
			is[k] = truth(r.IntN(2) == 0)
		}
		f := random(r, is, 3)
		fewest := brute(f, is)
		got := solve(f, true)
		switch {
		case f.value() == yes:
			if got != nil {
				t.Fatalf("%d: %d changes to what is true already", i, len(got))
			}
		case fewest < 0:
			if got != nil {
				t.Fatalf("%d: changes to what cannot be", i)
			}
		case got == nil && fewest <= 2, got != nil && f.under(got) != yes, got != nil && len(got) > fewest && fewest <= 2:
			t.Fatalf("%d: %d changes, %d are the fewest", i, len(got), fewest)
		}
	}
}

func random(r *rand.Rand, is []third, depth int) *formula {
	if depth == 0 || r.IntN(6) == 0 {
		k := r.IntN(len(is))
		return &formula{is: is[k], change: Change{Text: fmt.Sprint("atom ", k)}}
	}
	op := []string{"&&", "||", "!", "?", "&&", "||"}[r.IntN(6)]
	f := &formula{op: op}
	for range map[string]int{"&&": 3, "||": 2, "!": 1, "?": 3}[op] {
		f.parts = append(f.parts, random(r, is, depth-1))
	}
	return f
}

// brute gives the fewest changes that make f true, by trying all; -1 for none.
func brute(f *formula, is []third) int {
	best := -1
	for mask := range 1 << len(is) {
		var changes []Change
		for k := range is {
			if mask&(1<<k) != 0 {
				changes = append(changes, Change{Text: fmt.Sprint("atom ", k), To: is[k] == no})
			}
		}
		if f.under(changes) == yes && (best < 0 || len(changes) < best) {
			best = len(changes)
		}
	}
	return best
}
