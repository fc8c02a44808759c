package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

var errCut = errors.New("cut")

// cutter is a journal that fails at its n-th write and from then on, as if the process had died there: before the write
// became durable or just after.
type cutter struct {
	apply.Journal
	mu         sync.Mutex
	writes, at int
	late       bool // after the write
}

// write counts one write. A journal that is dead stays dead.
func (c *cutter) write(f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	switch {
	case c.writes < c.at:
		return f()
	case c.writes == c.at && c.late:
		if err := f(); err != nil {
			return err
		}
	}
	return errCut
}

func (c *cutter) Record(ctx context.Context, e journal.Entry) error {
	return c.write(func() error { return c.Journal.Record(ctx, e) })
}

func (c *cutter) Settle(ctx context.Context, e journal.Entry, u func(ledger.Row, bool) (ledger.Row, bool)) error {
	return c.write(func() error { return c.Journal.Settle(ctx, e, u) })
}

func (c *cutter) Finish(ctx context.Context, r journal.Run) error {
	return c.write(func() error { return c.Journal.Finish(ctx, r) })
}

// cutAt applies a plan until its n-th write to the journal; false when the run came to its end before.
func (w *world) cutAt(f *plan.File, n int, late bool, workers int) bool {
	w.t.Helper()
	_, err := w.run(f, func(o *apply.Options) {
		o.Journal = &cutter{Journal: o.Journal, at: n, late: late}
		o.Workers = workers
	})
	if reasonOf(err) == apply.AlreadyApplied {
		return false // only the end of the run before was cut off
	}
	if err != nil && !errors.Is(err, errCut) {
		w.t.Fatal(err)
	}
	return err != nil
}

func TestCutAnywhereAndResumed(t *testing.T) {
	changes := company()
	f := planned(t, changes, nil)
	calm := newWorld(t)
	calm.must(f)
	want := calm.shape()
	points := 0
	for _, late := range []bool{false, true} {
		for n := 1; ; n++ {
			w := newWorld(t)
			if !w.cutAt(f, n, late, 1) {
				break
			}
			points++
			// A run whose end alone was not written is finished by being found done.
			w.finished(f)
			w.once(changes)
			if diff := cmp.Diff(want, w.shape()); diff != "" {
				t.Fatalf("cut at write %d, late %t: (-uncut +resumed)\n%s", n, late, diff)
			}
		}
	}
	if least := 2 * 3 * len(changes); points < least {
		t.Errorf("%d points were cut, want at least %d", points, least)
	}
}

// finished applies a plan and demands that every change has its effect, now or by an earlier run that finished.
func (w *world) finished(f *plan.File) {
	w.t.Helper()
	if _, err := w.run(f, nil); err != nil && reasonOf(err) != apply.AlreadyApplied {
		w.t.Fatal(err)
	}
	for id, e := range w.entries() {
		if !e.State.Succeeded() {
			w.t.Fatalf("%s is %s: %s", id, e.State, e.Detail)
		}
	}
}

func TestCutAgainAndAgain(t *testing.T) {
	changes := company()
	f := planned(t, changes, nil)
	w := newWorld(t)
	runs := 0
	for ; w.cutAt(f, 4, runs%2 == 0, 1); runs++ {
		if runs > 100 {
			t.Fatal("the plan gets no further")
		}
	}
	w.finished(f)
	w.once(changes)
	if runs < len(changes)/2 {
		t.Errorf("the run was cut %d times", runs)
	}
}

// plot makes a plan that may hold any action, and the tenant and ledger that it was made from.
func plot(rng *rand.Rand) (changes []plan.Change, build func(t *testing.T) *world) {
	var objects []func(m *memory.Target)
	var rows []ledger.Row
	var people []plan.Object
	for n := 1; n <= 3+rng.IntN(5); n++ {
		if rng.IntN(2) == 0 {
			c := createUser(n)
			changes, people = append(changes, c), append(people, c.Object)
			if rng.IntN(2) == 0 {
				changes = append(changes, after(license(user(n), e3), c))
			}
			if len(people) > 1 && rng.IntN(2) == 0 {
				m := after(manager(user(n), people[rng.IntN(len(people)-1)]), c)
				changes = append(changes, m)
			}
			continue
		}
		seen := existing(n)
		objects = append(objects, func(m *memory.Target) { m.Set(seen) })
		rows = append(rows, ownedRow(seen))
		switch rng.IntN(5) {
		case 0:
			changes = append(changes, against(change(user(n), plan.Delete), seen))
			continue
		case 1:
			changes = append(changes, against(change(user(n), plan.Disable), seen))
		case 2:
			changes = append(changes, against(license(user(n), f3), seen))
		default:
			changes = append(changes, against(change(user(n), plan.Update, plan.Attribute{Name: "city"}), seen))
		}
		o := user(n)
		o.ID = seen.ID
		people = append(people, o)
	}
	if len(people) > 0 {
		g := createGroup(90)
		changes = append(changes, g, after(members(group(90), people...), g))
	}
	return changes, func(t *testing.T) *world {
		w := newWorld(t)
		for _, set := range objects {
			set(w.target)
		}
		w.seed(rows...)
		return w
	}
}

// TestAnyPlanCutAnywhere is the property that matters: however a plan looks, wherever it is cut, whatever the service
// answers meanwhile, and however many work at it, it ends as if nothing had happened.
func TestAnyPlanCutAnywhere(t *testing.T) {
	n := rounds(15, 10_000)
	if testing.Short() {
		n = 5
	}
	for round := range n {
		rng := rand.New(rand.NewPCG(uint64(round), 7))
		changes, build := plot(rng)
		f := planned(t, changes, nil)
		calm := build(t)
		calm.must(f)
		w := build(t)
		var story []string
		for cut := range 3 {
			at, late, workers := 1+rng.IntN(3*len(changes)), rng.IntN(2) == 0, 1+3*rng.IntN(2)
			kinds := []fault.Kind{fault.Transient, fault.Throttled, fault.Unknown, fault.Unreachable}
			k, lost := kinds[rng.IntN(len(kinds))], rng.IntN(2) == 0
			if lost {
				k = fault.Unknown
			}
			victim := changes[rng.IntN(len(changes))].ID
			w.target.Inject(memory.Fault{Match: func(c plan.Change) bool { return c.ID == victim }, After: lost, Err: kind(k), Times: 1})
			story = append(story, fmt.Sprintf("cut %d: at %d late %t workers %d; %s of %s, lost %t", cut, at, late, workers, k, victim, lost))
			if !w.cutAt(f, at, late, workers) {
				break
			}
		}
		w.finished(f)
		w.once(changes)
		if diff := cmp.Diff(calm.shape(), w.shape()); diff != "" {
			t.Fatalf("round %d\n%v\n(-calm +got)\n%s", round, story, diff)
		}
		calm.store.Close()
		w.store.Close()
	}
}
