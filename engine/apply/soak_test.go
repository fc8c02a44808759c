package apply_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// large gives a plan of n changes, n a multiple of 20, with every way in which changes hang together.
func large(n int) []plan.Change {
	var out []plan.Change
	for i := range n / 20 {
		first := 100*i + 1
		boss := createUser(first)
		g := createGroup(first + 50)
		out = append(out, boss, after(license(user(first), e3), boss), g)
		list := []plan.Object{user(first)}
		for u := first + 1; u < first+6; u++ {
			c := createUser(u)
			out = append(out, c, after(license(user(u), f3), c), after(manager(user(u), user(first)), c, boss))
			list = append(list, user(u))
		}
		other := createUser(first + 6)
		out = append(out, after(members(group(first+50), list...), g), other)
	}
	return out
}

// points is the size of the plan: 20 changes in everyday tests, 200 in a soak. Each has three points at which its process
// can die, and two sides of each.
func points() int {
	if os.Getenv("COEXIST_SOAK") != "" {
		return 200
	}
	return 20
}

// rounds is how often a test with processes is repeated: a few times every day, often in a soak.
func rounds(everyday, soak int) int {
	if os.Getenv("COEXIST_SOAK") != "" {
		return soak
	}
	return everyday
}

// seated is a world with licences for everybody.
func seated(t *testing.T) *world {
	w := newWorld(t)
	f := facts()
	for i := range f.SKUs {
		f.SKUs[i].Enabled = 1000
	}
	w.target = memory.New(f)
	return w
}

// TestKilledAtEveryPoint kills one process after the other, each at the first write to the journal at which none died yet,
// until one of them comes to the end of the plan: each finds what the one before left. After a point it dies with the entry
// durable, before it without; of exported that means that the tenant did it and nobody knows.
func TestKilledAtEveryPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	changes := large(points())
	f := planned(t, changes, nil)
	calm := seated(t)
	calm.must(f)
	want := calm.shape()
	for _, where := range []string{"after", "before"} {
		t.Run(where, func(t *testing.T) {
			w := seated(t)
			server := serve(w, func(int) {})
			defer server.Close()
			diary := filepath.Join(t.TempDir(), "diary")
			kills := 0
			for {
				cmd := w.process(f, server.URL, where, 0)
				cmd.Env = append(cmd.Env, "APPLY_WORKERS=1", "APPLY_DIARY="+diary)
				err := cmd.Run()
				if err == nil {
					break
				}
				if !killed(err) {
					t.Fatalf("after %d kills a process failed: %v", kills, err)
				}
				kills++
			}
			used, err := readDiary(diary)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				for _, s := range []journal.State{journal.Begun, journal.Exported, journal.Done} {
					if !used[point(c.ID, s)] {
						t.Fatalf("no process died %s %s of %s", where, s, c.ID)
					}
				}
			}
			w.once(changes)
			if diff := cmp.Diff(want, w.shape()); diff != "" {
				t.Errorf("(-unkilled +resumed)\n%s", diff)
			}
			t.Logf("%d changes, killed %d times %s a write, at all %d points: 0 lost, 0 doubled", len(changes), kills, where, 3*len(changes))
		})
	}
}

// killed reports whether a process ended by being killed rather than by itself.
func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() != childFailed && exit.ExitCode() != childHeld
}

// TestCompetingProcesses lets two processes at a time want to carry out the same plan, killed wherever they are and started
// again, until both find it done.
func TestCompetingProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	changes := large(points())
	f := planned(t, changes, nil)
	calm := seated(t)
	calm.must(f)
	want := calm.shape()
	w := seated(t)
	server := serve(w, func(int) {})
	defer server.Close()
	var kills atomic.Int64
	var both sync.WaitGroup
	for i := range 2 {
		dice := rand.New(rand.NewPCG(uint64(i), 7))
		both.Go(func() {
			for {
				cmd := w.process(f, server.URL, []string{"before", "after"}[dice.IntN(2)], 1+dice.IntN(6))
				cmd.Env = append(cmd.Env, "APPLY_COMPETE=1")
				switch err := cmd.Run(); {
				case err == nil:
					return
				case !killed(err):
					t.Errorf("a process failed: %v", err)
					return
				}
				kills.Add(1)
			}
		})
	}
	both.Wait()
	w.once(changes)
	if diff := cmp.Diff(want, w.shape()); diff != "" {
		t.Errorf("(-alone +competing)\n%s", diff)
	}
	t.Logf("%d changes by two competing processes, killed %d times: 0 lost, 0 doubled", len(changes), kills.Load())
}
