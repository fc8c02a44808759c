package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

// shelf is a tenant that keeps no log, so that what grows is not the test. One of a hundred of its answers is a fault.
type shelf struct {
	mu      sync.Mutex
	objects map[string]cloud.Object
	dice    *rand.Rand
	written map[string]int // times that each id was written
	faults  int
}

func (s *shelf) Tenant(context.Context) (cloud.Tenant, error) { return facts(), nil }

func (s *shelf) Objects(context.Context, []string, func(cloud.Object) error) error {
	return errors.New("apply never reads all objects")
}

func (s *shelf) ByAnchor(context.Context, cloud.Type, directory.Anchor) (cloud.Object, error) {
	return cloud.Object{}, kind(fault.NotFound)
}

// stumble gives a fault once in a hundred times.
func (s *shelf) stumble() error {
	if s.dice.IntN(100) > 0 {
		return nil
	}
	s.faults++
	return kind([]fault.Kind{fault.Transient, fault.Throttled, fault.Unknown, fault.Unreachable}[s.dice.IntN(4)])
}

func (s *shelf) Current(_ context.Context, _ cloud.Type, id string, _ []string) (cloud.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stumble(); err != nil {
		return cloud.Object{}, err
	}
	o := s.objects[id]
	o.Properties = append([]cloud.Set(nil), o.Properties...)
	return o, nil
}

func (s *shelf) Export(_ context.Context, c plan.Change, _ func(plan.Ref) (string, bool)) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.stumble()
	k := fault.KindOf(err)
	if err != nil && (k == fault.Transient || k == fault.Throttled || s.dice.IntN(2) == 0) {
		return "", err // it did not happen
	}
	o := s.objects[c.Object.ID]
	o.Properties = append([]cloud.Set(nil), o.Properties...)
	for _, a := range c.Attributes {
		o.Put(a.Name, a.After)
	}
	s.objects[c.Object.ID] = o
	s.written[c.Object.ID]++
	return c.Object.ID, err
}

// TestCycles plans and applies again and again, with a fault in a hundred answers: the tenant is always as the model says,
// nothing is written twice, and neither memory nor open files grow.
func TestCycles(t *testing.T) {
	cycles, people := 200, 200
	if points() > 20 {
		cycles, people = 10_000, 2000
	}
	if testing.Short() {
		cycles = 40
	}
	dir := t.TempDir()
	now := noon
	s, err := store.Open(t.Context(), filepath.Join(dir, "coexist.db"), store.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	target := &shelf{objects: map[string]cloud.Object{}, dice: rand.New(rand.NewPCG(18, 18)), written: map[string]int{}}
	ids := make([]cloud.Object, people)
	for i := range people {
		o := existing(i + 1)
		o.ID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		ids[i], target.objects[o.ID] = o, o
	}
	wish := map[string]string{}
	writes := map[string]int{}
	dice := rand.New(rand.NewPCG(1, 18))
	for _, o := range ids { // so that what the test itself remembers does not grow
		wish[o.ID], writes[o.ID], target.written[o.ID] = "Berlin", 0, 0
	}
	warm := cycles / 5
	var samples []int
	var rss, fds int
	for cycle := range cycles {
		now = now.Add(30 * time.Minute)
		if cycle%(cycles/10) == 0 {
			samples = append(samples, resident(t))
		}
		if cycle == warm {
			rss, fds = resident(t), descriptors(t)
		}
		path := filepath.Join(dir, "a.plan")
		var changes []plan.Change
		first := dice.IntN(people - 1)
		for _, i := range []int{first, first + 1} {
			id := ids[i].ID
			wish[id] = "City " + strconv.Itoa(cycle)
			writes[id]++
			changes = append(changes, against(change(user(i+1), plan.Update, set("city", cloud.Text(wish[id]))), target.objects[id]))
		}
		f := cyclePlan(t, path, changes, now)
		lease, err := s.Acquire(t.Context(), tenantID, journal.Who{Host: "h", PID: 1})
		if err != nil {
			t.Fatal(err)
		}
		for try := 0; ; try++ {
			r, err := apply.Run(t.Context(), apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: target}, Journal: lease, Ledger: s,
				Workers: 2, Now: func() time.Time { return now }, Sleep: func(context.Context, time.Duration) error { return nil }})
			if err != nil {
				t.Fatalf("cycle %d: %v", cycle, err)
			}
			if r.Complete() {
				break
			}
			if try == 5 {
				t.Fatalf("cycle %d: %v", cycle, r.Failures)
			}
		}
		if err := errors.Join(lease.Release(), f.Close(), os.Remove(path)); err != nil {
			t.Fatal(err)
		}
		if cycle%50 == 0 {
			if _, err := s.Purge(t.Context(), now.Add(-24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for id, city := range wish {
		o := target.objects[id]
		if got := o.Get("city").Text(); got != city || target.written[id] != writes[id] {
			t.Errorf("%s is in %q after %d writes, want %q after %d", id, got, target.written[id], city, writes[id])
		}
	}
	if target.faults == 0 {
		t.Error("there was no fault")
	}
	after, files := resident(t), descriptors(t)
	if files != fds {
		t.Errorf("%d files are open, and %d were", files, fds)
	}
	// In a short run the first pages of the store's cache outweigh everything else.
	if points() > 20 && float64(after) > 1.05*float64(rss) {
		t.Errorf("%d KiB are resident, and %d were after %d cycles", after, rss, warm)
	}
	t.Logf("%d cycles over %d objects with %d faults: 0 divergences, %d -> %d KiB resident, %d -> %d files open; on the way %v KiB", cycles, people, target.faults, rss, after, fds, files, samples)
}

func cyclePlan(t *testing.T, path string, changes []plan.Change, now time.Time) *plan.File {
	t.Helper()
	w, err := plan.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if changes[0].Object.Anchor > changes[1].Object.Anchor {
		changes[0], changes[1] = changes[1], changes[0]
	}
	for _, c := range changes {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(plan.Manifest{Created: now, AsOf: now, Expires: now.Add(time.Hour), Tenant: facts(), Offline: true, Complete: true}); err != nil {
		t.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// resident gives the memory of this process in KiB, 0 where it cannot be told.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	for l := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// descriptors gives how many files this process has open, 0 where it cannot be told.
func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return len(list)
}
