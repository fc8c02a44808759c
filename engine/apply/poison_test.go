package apply_test

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// percentile spreads changes evenly, in no order that a plan has.
func percentile(c plan.Change) int {
	h := fnv.New32a()
	h.Write([]byte(c.ID))
	return int(h.Sum32() % 1000 / 10)
}

// TestObjectsThatAreRefusedForGood lets a share of all objects be refused by the service for what they are: the others are
// done all the same, those are sent once, and a run of which too much fails stops where its rule says.
func TestObjectsThatAreRefusedForGood(t *testing.T) {
	n := 300
	switch {
	case points() > 20:
		n = 10_000
	case testing.Short():
		n = 150
	}
	var changes []plan.Change
	var seen []cloud.Object
	for i := 1; i <= n; i++ {
		o := existing(i)
		o.ID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		changes, seen = append(changes, against(change(user(i), plan.Update, set("city", cloud.Text("Bonn"))), o)), append(seen, o)
	}
	f := planned(t, changes, nil)
	off := apply.Stop{Failures: -1, FailureShare: -1}
	for name, c := range map[string]struct {
		percent int
		stop    apply.Stop
		stops   bool
	}{
		"1 %, shipped rules":  {1, apply.Stop{}, false},
		"10 %, rules off":     {10, off, false},
		"50 %, rules off":     {50, off, false},
		"10 %, 5 % allowed":   {10, apply.Stop{FailureShare: 0.05}, true},
		"50 %, shipped rules": {50, apply.Stop{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, seen...)
			w.target.Inject(memory.Fault{Match: func(x plan.Change) bool { return percentile(x) < c.percent }, Err: kind(fault.Invalid)})
			r, err := w.run(f, func(o *apply.Options) { o.Stop, o.Workers = c.stop, 4 })
			if err != nil {
				t.Fatal(err)
			}
			entries := w.entries()
			failed := 0
			for _, x := range changes {
				e, reached := entries[x.ID]
				want := journal.Done
				if percentile(x) < c.percent {
					want = journal.Failed
					failed++
				}
				if reached && (e.State != want || e.Attempt != 1) || !reached && !c.stops {
					t.Fatalf("%s is %q after %d attempts, want %s", x.ID, e.State, e.Attempt, want)
				}
			}
			if stopped := r.Run.State == journal.Stopped; stopped != c.stops || r.Counts[journal.Failed] == 0 {
				t.Errorf("run is %s (%s): %v", r.Run.State, r.Run.Detail, r.Counts)
			}
			if c.stops && r.Counts.Reached() > 200 {
				t.Errorf("it stopped after %d changes", r.Counts.Reached())
			}
			t.Logf("%d of %d refused: %v, run %s", failed, n, r.Counts, r.Run.State)
		})
	}
}
