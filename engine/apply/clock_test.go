package apply_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

// clock is the clock of a machine that somebody sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// jumping is a target at whose n-th export the clock jumps.
type jumping struct {
	connector.Target
	clock *clock
	at    int
	by    time.Duration
}

func (j *jumping) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	if j.at--; j.at == 0 {
		j.clock.jump(j.by)
	}
	return j.Target.Export(ctx, c, resolve)
}

// TestClockJumps sets the clock in the middle of a run, also behind a lease that runs out by it, and between a run that was
// cut off and the one that carries it on. What comes of the plan is the same.
func TestClockJumps(t *testing.T) {
	changes := company()
	f := planned(t, changes, nil)
	calm := newWorld(t)
	calm.must(f)
	want := calm.shape()
	const day = 24 * time.Hour
	cases := map[string]struct {
		by   time.Duration
		cut  bool          // it jumps between two processes
		away time.Duration // of the planner's clock from this machine's
	}{
		"5 minutes ahead":                        {by: 5 * time.Minute},
		"5 minutes back":                         {by: -5 * time.Minute},
		"a day ahead":                            {by: day},
		"a day back":                             {by: -day},
		"an hour back":                           {by: -time.Hour},
		"standby of two hours":                   {by: 2 * time.Hour},
		"ahead between two processes":            {by: 40 * time.Minute, cut: true},
		"back between two processes":             {by: -4 * time.Minute, cut: true},
		"4 minutes behind the planner all along": {away: -4 * time.Minute},
		"10 minutes ahead of it all along":       {away: 10 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k := &clock{at: noon.Add(c.away)}
			s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), store.Options{Now: k.now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			w.store = s
			run := func(adapt func(*apply.Options)) (apply.Result, error) {
				return w.run(f, func(o *apply.Options) {
					o.Now = k.now
					if adapt != nil {
						adapt(o)
					}
				})
			}
			if c.cut {
				_, err := run(func(o *apply.Options) { o.Journal = &cutter{Journal: o.Journal, at: 7, late: true} })
				if !errors.Is(err, errCut) {
					t.Fatal(err)
				}
				k.jump(c.by)
			}
			r, err := run(func(o *apply.Options) {
				if !c.cut {
					o.Targets[cloud.Entra] = &jumping{w.target, k, 4, c.by}
				}
			})
			if err != nil || !r.Complete() || r.Run.State != journal.Finished {
				t.Fatalf("run is %s with %v: %v, %v", r.Run.State, r.Counts, r.Failures, err)
			}
			w.once(changes)
			if diff := cmp.Diff(want, w.shape()); diff != "" {
				t.Errorf("(-steady +jumped)\n%s", diff)
			}
			if _, err := run(nil); err == nil || len(w.applied()) != len(changes) {
				t.Errorf("once more: %v", err)
			}
		})
	}
}
