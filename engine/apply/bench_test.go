package apply_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
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

// void is a tenant that takes everything and keeps nothing, so that what is measured is apply and its store.
type void struct{ connector.Target }

func (void) Tenant(context.Context) (cloud.Tenant, error) { return facts(), nil }

func (void) ByAnchor(context.Context, cloud.Type, directory.Anchor) (cloud.Object, error) {
	return cloud.Object{}, &fault.Error{Kind: fault.NotFound, Op: "look"}
}

func (void) Export(_ context.Context, c plan.Change, _ func(plan.Ref) (string, bool)) (string, error) {
	return "id-" + string(c.Object.Anchor), nil
}

// BenchmarkApply carries out a plan of creates with the real store. COEXIST_CHANGES says how many; memory must not grow with
// them.
func BenchmarkApply(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("COEXIST_CHANGES"))
	if err != nil {
		n = 2000
	}
	for b.Loop() {
		f := largePlan(b, n)
		s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "coexist.db"), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		lease, err := s.Acquire(b.Context(), tenantID, journal.Who{Host: "h"})
		if err != nil {
			b.Fatal(err)
		}
		var most uint64
		began := time.Now()
		r, err := apply.Run(b.Context(), apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: void{}}, Journal: lease, Ledger: s,
			Now: func() time.Time { return noon }, Progress: func(done, _ int, _ journal.Entry) {
				if done%(n/20) == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapInuse)
				}
			}})
		if err != nil || !r.Complete() {
			b.Fatal(r.Counts, err)
		}
		b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "changes/s")
		if status, err := os.ReadFile("/proc/self/status"); err == nil {
			_, after, _ := strings.Cut(string(status), "VmHWM:")
			var kib float64
			if _, err := fmt.Sscan(after, &kib); err == nil {
				b.ReportMetric(kib/1024, "MiB-peak")
			}
		}
		lease.Release()
		s.Close()
	}
}

func largePlan(b *testing.B, n int) *plan.File {
	b.Helper()
	path := filepath.Join(b.TempDir(), "large.plan")
	w, err := plan.CreateFile(path)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	for i := range n {
		c := createUser(i + 1)
		c.Object.Anchor = directory.Anchor(fmt.Sprintf("%012d", i))
		c.ID = string(c.Object.Anchor) + "/create"
		if err := w.Change(c); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := w.Close(plan.Manifest{Created: noon, AsOf: noon, Expires: noon.Add(time.Hour), Tenant: facts(), Offline: true, Complete: true}); err != nil {
		b.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}
