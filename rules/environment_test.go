package rules

import (
	"fmt"
	"sync"
	"testing"
	"testing/quick"

	"github.com/expr-lang/expr/vm"

	"github.com/coexistsync/coexist/directory"
)

// TestReadingAttributesAllocatesNothing runs every condition that calls no function.
func TestReadingAttributesAllocatesNothing(t *testing.T) {
	set := benchSet(t)
	schema, in := inputs(t, set, 1)
	e := set.NewEvaluator(schema, benchTime)
	e.Evaluate(in[0])
	env := e.facts.environment()
	machine := vm.VM{MemoryBudget: maxMemory}
	n := 0
	for _, d := range set.policies[0].decisions {
		for _, r := range d.rules {
			if r.origin.Rule == "mail-two" { // any() counts its steps by a call
				continue
			}
			n++
			if got := testing.AllocsPerRun(20, func() {
				if _, err := machine.Run(r.when.code, env); err != nil {
					t.Fatal(err)
				}
			}); got != 0 {
				t.Errorf("rule %s: %v allocations", r.origin.Rule, got)
			}
		}
	}
	if n < 35 {
		t.Errorf("%d conditions measured", n)
	}
}

// TestAllocations holds the number of allocations for forty rules in four decisions.
func TestAllocations(t *testing.T) {
	set := benchSet(t)
	schema, in := inputs(t, set, 50)
	e := set.NewEvaluator(schema, benchTime)
	if got := testing.AllocsPerRun(20, func() {
		for i := range in {
			e.Evaluate(in[i])
		}
	}) / float64(len(in)); got > 15 {
		t.Errorf("%v allocations per object, want at most 15", got)
	}
}

// TestFoldingIsFold holds the evaluator's folding against the directory's.
func TestFoldingIsFold(t *testing.T) {
	var f folding
	same := func(s string) bool {
		return f.fold(s) == directory.Fold(s) && string(appendFold(nil, s)) == directory.Fold(s)
	}
	for _, s := range []string{"", "abc", "ABC", "Ä", "aÄ\xffB", "İI", "K", "ẞ"} {
		if !same(s) {
			t.Errorf("fold(%q) = %q, want %q", s, f.fold(s), directory.Fold(s))
		}
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

// TestWorkersAgree evaluates with one evaluator and with several at once.
func TestWorkersAgree(t *testing.T) {
	set := benchSet(t)
	schema, in := inputs(t, set, 200)
	alone := set.NewEvaluator(schema, benchTime)
	want := make([]string, len(in))
	for i := range in {
		want[i] = fmt.Sprint(alone.Evaluate(in[i]))
	}
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			e := set.NewEvaluator(schema, benchTime)
			for i := w; i < len(in); i += 3 {
				if got := fmt.Sprint(e.Evaluate(in[i])); got != want[i] {
					t.Errorf("object %d:\n%s\nwant\n%s", i, got, want[i])
				}
			}
		})
	}
	wait.Wait()
}

// TestTablesAreSorted holds what is searched by halving.
func TestTablesAreSorted(t *testing.T) {
	if len(countries) != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", len(countries))
	}
	for i := 1; i < len(countries); i++ {
		if countries[i-1] >= countries[i] {
			t.Errorf("%s stands before %s", countries[i-1], countries[i])
		}
	}
}

// TestNamesMeanOneThing expects that no attribute stands in the vocabulary twice and that every kind has a slot.
func TestNamesMeanOneThing(t *testing.T) {
	v := builtinVocabulary()
	if len(v.names) != len(v.byName) {
		t.Errorf("%d names, %d attributes", len(v.names), len(v.byName))
	}
	for _, n := range v.names {
		if a := v.byName[n]; a.origin != fromObject && (a.ldap == "" || attributeOps[a.kind].typ == nil) {
			t.Errorf("attribute %+v", a)
		}
	}
}
