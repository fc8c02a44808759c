package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
)

// day is one step of a case that goes on for several days.
type day struct {
	At       time.Time
	Policies string                    // the folder of the archive; policies unless given
	Only     bool                      // plan, and apply nothing
	Set      map[string]map[string]any // changes of the source by sAMAccountName; null clears
	Gone     []string                  // who is not there, by sAMAccountName
	Damaged  string                    // GUID of an object whose title cannot be read, from now on; "none" for none
}

// TestDays carries cases from day to day, each planned and applied against one store and one tenant, and shows each plan and
// what is remembered after it.
func TestDays(t *testing.T) {
	golden.Case(t, "days/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		s := begin(t, a)
		var days []day
		if err := yaml.Unmarshal(file(t, a, "days.yaml"), &days); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, d := range days {
			s.next(t, d, &b)
		}
		return []txtar.File{{Name: "plans", Data: []byte(b.String())}}
	})
}

// story is a case that is under way.
type story struct {
	loaded
	policies map[string]*rules.Set // by folder
	target   *memory.Target
	store    *store.Store
	now      time.Time
	gone     []string
}

func begin(t *testing.T, a *txtar.Archive) *story {
	t.Helper()
	s := &story{loaded: load(t, a), policies: map[string]*rules.Set{}, now: asOf}
	folders := map[string]fstest.MapFS{}
	for _, f := range a.Files {
		if folder, name, ok := strings.Cut(f.Name, "/"); ok {
			if folders[folder] == nil {
				folders[folder] = fstest.MapFS{}
			}
			folders[folder][name] = &fstest.MapFile{Data: f.Data}
		}
	}
	for folder, files := range folders {
		set, problems := rules.Load(files, ".")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		s.policies[folder] = set
	}
	s.target = s.loaded.target()
	var err error
	if s.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), store.Options{Now: func() time.Time { return s.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	return s
}

func file(t *testing.T, a *txtar.Archive, name string) []byte {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no file %s", name)
	}
	return a.Files[i].Data
}

// next lives through one day.
func (s *story) next(t *testing.T, d day, b *strings.Builder) {
	t.Helper()
	s.now = d.At
	if d.Policies == "" {
		d.Policies = "policies"
	}
	s.loaded.policies = s.policies[d.Policies]
	if d.Damaged != "" {
		s.Damaged = strings.TrimPrefix(d.Damaged, "none")
	}
	for _, o := range s.Source {
		for k, v := range d.Set[fmt.Sprint(o["sAMAccountName"])] {
			if o[k] = v; v == nil {
				delete(o, k)
			}
		}
	}
	s.gone = d.Gone
	snap := s.snapshot(t, false)
	in := s.inputs(t, s.target, s.store, snap, 1)
	in.AsOf, in.Now = s.now, s.now
	var w written
	m, err := engine.Plan(t.Context(), in, &w)
	if err != nil {
		t.Fatal(err)
	}
	verb := "planned"
	if !d.Only {
		verb = "carried out"
		s.apply(t, in, snap, &m)
	}
	s.steady(t, d)
	fmt.Fprintf(b, "== %s, %s %s\n%s", d.At.Format("2006-01-02 15:04"), d.Policies, verb, render(m, &w))
	s.remembered(t, b)
}

// recorder is a store that only listens.
type recorder struct {
	engine.State
	seen ledger.Observation
}

func (r *recorder) Observe(_ context.Context, o ledger.Observation) error {
	r.seen = o
	return nil
}

// steady holds that planning again gives the same, whatever the order of the source and however many do it, and that nothing is
// left to do where the day's plan was carried out.
func (s *story) steady(t *testing.T, d day) {
	t.Helper()
	var want []byte
	for workers := 1; workers <= 3; workers += 2 {
		var w written
		r := &recorder{State: s.store}
		in := s.inputs(t, s.target, r, s.snapshot(t, workers > 1), workers)
		in.AsOf, in.Now = s.now, s.now
		m, err := engine.Plan(t.Context(), in, &w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal([]any{m, w.changes, w.skips, r.seen})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%s: another order gives another plan:\n%s\n%s", d.At, got, want)
		}
		if !d.Only && m.Changes() > 0 {
			t.Fatalf("%s: changes are left: %+v", d.At, w.changes)
		}
	}
}

// snapshot gives the source without those who are gone.
func (s *story) snapshot(t *testing.T, backwards bool) *snapshot.Snapshot {
	var there []int
	for i, o := range s.Source {
		if !slices.Contains(s.gone, fmt.Sprint(o["sAMAccountName"])) {
			there = append(there, i)
		}
	}
	if backwards {
		slices.Reverse(there)
	}
	return s.source(t, there)
}

// apply plans once more, into a file, and carries it out.
func (s *story) apply(t *testing.T, in engine.Inputs, snap *snapshot.Snapshot, planned *plan.Manifest) {
	t.Helper()
	f := planFile(t, in)
	defer f.Close()
	m := f.Manifest()
	if m.Changes() != planned.Changes() {
		t.Fatalf("planned twice: %d changes, then %d", planned.Changes(), m.Changes())
	}
	lease, err := s.store.Acquire(t.Context(), tenantFacts(false).ID, journal.Who{User: "test", Host: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	priors, err := engine.ReadPriors(t.Context(), s.store, snap)
	if err != nil {
		t.Fatal(err)
	}
	again, err := engine.Reconsider(snap, in.Policies, priors, m.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	o := apply.Options{Plan: f, Targets: s.targets(s.target), Journal: lease, Ledger: s.store, Reconsider: again, Now: func() time.Time { return s.now }}
	for _, g := range m.Exceeded() {
		o.Allow = append(o.Allow, journal.Override{Guard: g.Name, Plan: f.Digest(), Reason: "test"})
	}
	res, err := apply.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Complete() {
		t.Fatalf("not everything was carried out: %+v", res.Failures)
	}
	if err := s.store.Observe(t.Context(), engine.Accepted(&m, true)); err != nil {
		t.Fatal(err)
	}
}

// remembered shows what the store holds of each object.
func (s *story) remembered(t *testing.T, b *strings.Builder) {
	t.Helper()
	for r, err := range s.store.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "ledger %s: %s, leave %s", r.Name, r.How, r.Leave)
		if !r.LeftSince.IsZero() {
			fmt.Fprintf(b, ", left %s", r.LeftSince.Format(time.DateOnly))
		}
		b.WriteByte('\n')
	}
	for m, err := range s.store.Memories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "memory %s:%s\n", s.nameOf(t, m), outcomes(m))
	}
}

func (s *story) nameOf(t *testing.T, m ledger.Memory) string {
	for i := range s.Source {
		kind, guid, _ := s.object(t, i)
		if a, err := directory.AnchorOf(kind, guid, ""); err == nil && a == m.Anchor {
			return fmt.Sprint(s.Source[i]["cn"])
		}
	}
	return string(m.Anchor)
}

func outcomes(m ledger.Memory) string {
	var b strings.Builder
	for _, d := range m.Decided {
		fmt.Fprintf(&b, " %s=%s%s", d.Decision, d.Text, strings.Join(d.List, ","))
	}
	for _, p := range m.Pending {
		fmt.Fprintf(&b, " (%s -> %s since %s)", p.Decision, p.Text, p.Since.Format(time.DateOnly))
	}
	return b.String()
}

// TestNothingChangesBeforeItsHoldIsOver lives through random days with policies that hold usageLocation for seven days, with
// plans by other policies in between, and holds the tenant against how long each value was wanted.
func TestNothingChangesBeforeItsHoldIsOver(t *testing.T) {
	a, err := txtar.ParseFile("testdata/days/experiment.txtar")
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := begin(t, a)
		now, is, wish, since := asOf, "", "DE", asOf
		for range 40 {
			now = now.Add(time.Duration(1+r.IntN(72)) * time.Hour)
			d := day{At: now, Set: map[string]map[string]any{}}
			if r.IntN(4) == 0 {
				d.Set["ann"] = map[string]any{"c": []string{"de", "fr"}[r.IntN(2)]}
			}
			if r.IntN(4) == 0 {
				d.Only, d.Policies = is != "", "policies"
				if is != "" {
					d.Policies = "experiment"
				}
			}
			var b strings.Builder
			s.next(t, d, &b)
			if c := strings.ToUpper(fmt.Sprint(s.Source[0]["c"])); c != wish {
				wish, since = c, time.Time{}
			}
			if since.IsZero() && d.Policies != "experiment" {
				since = now
			}
			got := s.located(t)
			due := !since.IsZero() && now.Sub(since) >= 7*24*time.Hour
			switch {
			case d.Only && got != is:
				t.Fatalf("seed %d, %s: a plan alone changed the tenant", seed, now)
			case got != is && is != "" && !(due && got == wish):
				t.Fatalf("seed %d, %s: %s became %s, which is wanted since %s", seed, now, is, got, since)
			case !d.Only && due && got != wish:
				t.Fatalf("seed %d, %s: is still %s, and %s is wanted since %s", seed, now, got, wish, since)
			case got != is && is != "":
				changed++
			}
			is = got
		}
	}
	if changed < 5 {
		t.Errorf("only %d changes in all", changed)
	}
}

// located gives where the tenant says that the first user is.
func (s *story) located(t *testing.T) (location string) {
	t.Helper()
	err := s.target.Objects(t.Context(), []string{"usageLocation", "displayName"}, func(o cloud.Object) error {
		if o.Get("displayName").Text() == "Ann" {
			location = o.Get("usageLocation").Text()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return location
}
