package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
)

// fileTenant is a tenant whose objects stream from a file, as they would from the network, so that it takes no memory of
// its own.
type fileTenant struct {
	facts cloud.Tenant
	path  string
}

func (f fileTenant) Tenant(context.Context) (cloud.Tenant, error) { return f.facts, nil }

func (f fileTenant) Objects(_ context.Context, _ []string, yield func(cloud.Object) error) error {
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	d := json.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	for d.More() {
		var o cloud.Object
		if err := d.Decode(&o); err != nil {
			return err
		}
		if err := yield(o); err != nil {
			return err
		}
	}
	return nil
}

func (f fileTenant) Current(context.Context, cloud.Type, string, []string) (cloud.Object, error) {
	panic("planning reads no single object")
}

func (f fileTenant) ByAnchor(context.Context, cloud.Type, directory.Anchor) (cloud.Object, error) {
	panic("planning looks nothing up")
}

func companyTenant() cloud.Tenant {
	t := cloud.Tenant{ID: "11111111-2222-3333-4444-555555555555", Domains: []cloud.Domain{{Name: company.Tenant + ".onmicrosoft.com", Verified: true, Initial: true}}}
	for _, d := range company.Domains() {
		t.Domains = append(t.Domains, cloud.Domain{Name: d, Verified: true})
	}
	return t
}

// BenchmarkPlan plans a generated company from a saved snapshot into a plan file: once against an empty tenant, so that
// everything is created, and once against a tenant that holds everybody already. MiB is the peak of the whole process.
func BenchmarkPlan(b *testing.B) {
	const users = 100_000
	set, problems := rules.Load(policies.Sample(), ".")
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	dir := b.TempDir()
	saved := saveCompany(b, dir, users)
	empty := fileTenant{companyTenant(), filepath.Join(dir, "empty.jsonl")}
	full := fileTenant{companyTenant(), filepath.Join(dir, "full.jsonl")}
	if err := os.WriteFile(empty.path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	first := filepath.Join(dir, "first.plan")
	planSaved(b, set, saved, empty, first)
	populate(b, full.path, first)
	for _, c := range []struct {
		name   string
		tenant fileTenant
	}{{"empty-tenant", empty}, {"populated-tenant", full}} {
		b.Run(c.name, func(b *testing.B) {
			objects := 0
			for b.Loop() {
				b.StopTimer()
				debug.FreeOSMemory()
				resetPeak()
				b.StartTimer()
				objects = planSaved(b, set, saved, c.tenant, filepath.Join(dir, c.name+".plan")).Objects
			}
			b.ReportMetric(peak(b), "MiB-peak")
			b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

func saveCompany(b *testing.B, dir string, users int) string {
	b.Helper()
	builder := snapshot.NewBuilder()
	if err := company.Generate(company.Options{Users: users}).Fill(builder); err != nil {
		b.Fatal(err)
	}
	snap, err := builder.Finish()
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "company.snapshot")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := snap.Save(out); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// planSaved is what the benchmark measures: snapshot file in, plan file out.
func planSaved(b *testing.B, set *rules.Set, saved string, tenant fileTenant, path string) plan.Manifest {
	b.Helper()
	in, err := os.Open(saved)
	if err != nil {
		b.Fatal(err)
	}
	snap, err := snapshot.Load(in)
	if err != nil {
		b.Fatal(err)
	}
	in.Close()
	w, err := plan.CreateFile(path)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	m, err := engine.Plan(b.Context(), engine.Inputs{Snapshot: snap, Targets: map[cloud.Directory]connector.Reader{cloud.Entra: tenant}, Policies: set, State: &state{}, AsOf: asOf, Now: asOf,
		Expiry: time.Hour, Guards: engine.DefaultLimits(), Offline: true, Workers: runtime.NumCPU()}, w)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Close(m); err != nil {
		b.Fatal(err)
	}
	return m
}

// populate writes the tenant that the creates of a plan would make.
func populate(b *testing.B, path, planned string) {
	b.Helper()
	f, err := plan.Open(planned)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	buffered := bufio.NewWriter(out)
	e, n := json.NewEncoder(buffered), 0
	for c, err := range f.Changes() {
		if err != nil {
			b.Fatal(err)
		}
		if c.Action != plan.Create {
			continue
		}
		n++
		o := cloud.Object{ID: "00000000-0000-0000-0000-" + strings.Repeat("0", 12-len(strconv.Itoa(n))) + strconv.Itoa(n), Type: c.Object.Type, Anchor: c.Object.Anchor}
		for _, a := range c.Attributes {
			o.Put(a.Name, a.After)
		}
		if err := e.Encode(&o); err != nil {
			b.Fatal(err)
		}
	}
	if err := buffered.Flush(); err != nil {
		b.Fatal(err)
	}
}

// resetPeak makes the kernel count the peak of resident memory from now on; where it cannot, the peak of the whole process
// counts, which is more.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peak gives the peak of resident memory in MiB, 0 where the system does not tell.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	return 0
}
