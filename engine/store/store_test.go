package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

var _ engine.State = (*Store)(nil)

var noon = time.Date(2026, 9, 15, 12, 0, 0, 123456789, time.UTC)

const tenant = "11111111-2222-3333-4444-555555555555"

// clock is a clock that the test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func opened(t testing.TB, path string, c *clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fresh(t testing.TB) *Store {
	t.Helper()
	return opened(t, filepath.Join(t.TempDir(), "coexist.db"), &clock{noon})
}

func acquired(t testing.TB, s *Store, host string) *Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), tenant, journal.Who{User: "u", Host: host, PID: 7})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Release() })
	return l
}

func started(t testing.TB, l *Lease) journal.Run {
	t.Helper()
	r := journal.Run{ID: "r1", Plan: "sha256:aa", Tenant: tenant, Mode: "apply", By: journal.Who{User: "u", Host: "h", PID: 7}, State: journal.Running,
		Changes: 3, Started: noon, Overrides: []journal.Override{{Guard: "delete", Plan: "sha256:aa", Reason: "because"}}}
	if _, _, err := l.Start(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func row(n int) ledger.Row {
	var g directory.GUID
	copy(g[:], fmt.Sprintf("%016d", n))
	return ledger.Row{Anchor: directory.Anchor(fmt.Sprintf("%08d", n)), GUID: g, Kind: directory.User, Type: cloud.User, ID: fmt.Sprint("id", n),
		Name: "Jörg \x00'\"", DN: "CN=a\\,b", How: ledger.Created, Leave: "disable", Hold: 14 * 24 * time.Hour, Exported: []cloud.Set{
			{Name: "accountEnabled", Value: cloud.Truth(true)}, {Name: "city"}, {Name: "displayName", Value: cloud.Text("Jörg")},
			{Name: "licenses", Value: cloud.Licenses([]cloud.License{{SKU: "s", DisabledPlans: []string{"p"}}})},
			{Name: "members", Value: cloud.Texts([]string{"1", "2"})}, {Name: "n", Value: cloud.Number(5)}}}
}

// seed puts rows into the ledger.
func seed(t testing.TB, l *Lease, run string, rows ...ledger.Row) {
	t.Helper()
	for _, r := range rows {
		e := journal.Entry{Run: run, Change: string(r.Anchor), Anchor: r.Anchor, State: journal.Done, At: noon}
		if err := l.Settle(t.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) { return r, true }); err != nil {
			t.Fatal(err)
		}
	}
}

func rows(t testing.TB, s *Store) []ledger.Row {
	t.Helper()
	var out []ledger.Row
	for r, err := range s.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestRowsComeBackInAnchorOrder(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	want := []ledger.Row{row(1), row(2), row(3)}
	want[0].Anchor, want[1].Anchor, want[2].Anchor = "A", "a", "ä" // by bytes, not as people sort
	seed(t, l, run.ID, want[2], want[0], want[1])
	if diff := cmp.Diff(want, rows(t, s)); diff != "" {
		t.Errorf("rows (-want +got)\n%s", diff)
	}
	got, ok, err := s.Row(t.Context(), "a")
	if err != nil || !ok {
		t.Fatalf("row a: %t, %v", ok, err)
	}
	if diff := cmp.Diff(want[1], got); diff != "" {
		t.Errorf("row (-want +got)\n%s", diff)
	}
	if _, ok, err := s.Row(t.Context(), "b"); ok || err != nil {
		t.Errorf("row b: %t, %v", ok, err)
	}
}

func TestRowsCanBeReadWhileTheLedgerIsWritten(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	seed(t, l, run.ID, row(1), row(2))
	n := 0
	for r, err := range s.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		later := r
		later.Anchor += "x"
		seed(t, l, run.ID, later)
	}
	if n != 2 || len(rows(t, s)) != 4 {
		t.Errorf("%d rows were read, %d are there", n, len(rows(t, s)))
	}
}

func TestSettleRemovesARow(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	seed(t, l, run.ID, row(1))
	var found ledger.Row
	e := journal.Entry{Run: run.ID, Change: "x", Anchor: row(1).Anchor, State: journal.Done, At: noon}
	if err := l.Settle(t.Context(), e, func(r ledger.Row, ok bool) (ledger.Row, bool) { found = r; return r, !ok }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(row(1), found); diff != "" {
		t.Errorf("row handed to update (-want +got)\n%s", diff)
	}
	if got := rows(t, s); len(got) != 0 {
		t.Errorf("%d rows are left", len(got))
	}
}

func TestObserve(t *testing.T) {
	leaving := func(left bool, leave string, hold time.Duration) ledger.Leaving {
		return ledger.Leaving{Anchor: row(1).Anchor, Name: "N", DN: "D", Leave: leave, Hold: hold, Left: left}
	}
	day := 24 * time.Hour
	cases := map[string]struct {
		seen []ledger.Leaving // one plan a day
		want func(*ledger.Row)
	}{
		"there":                        {[]ledger.Leaving{leaving(false, "delete", day)}, func(r *ledger.Row) { r.Leave, r.Hold, r.Name, r.DN = "delete", day, "N", "D" }},
		"there without a decision":     {[]ledger.Leaving{leaving(false, "", 0)}, func(r *ledger.Row) { r.Leave, r.Hold, r.Name, r.DN = "", 0, "N", "D" }},
		"left":                         {[]ledger.Leaving{leaving(true, "", 0)}, func(r *ledger.Row) { r.LeftSince = noon }},
		"left twice keeps the first":   {[]ledger.Leaving{leaving(true, "", 0), leaving(true, "", 0)}, func(r *ledger.Row) { r.LeftSince = noon }},
		"left with a decision":         {[]ledger.Leaving{leaving(true, "keep", 0)}, func(r *ledger.Row) { r.LeftSince, r.Leave, r.Hold = noon, "keep", 0 }},
		"left and decided differently": {[]ledger.Leaving{leaving(true, "", 0), leaving(true, "keep", day)}, func(r *ledger.Row) { r.LeftSince, r.Leave, r.Hold = noon, "keep", day }},
		"back":                         {[]ledger.Leaving{leaving(true, "", 0), leaving(false, "disable", 14*day)}, func(r *ledger.Row) { r.Name, r.DN = "N", "D" }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			l := acquired(t, s, "h")
			run := started(t, l)
			seed(t, l, run.ID, row(1), row(2))
			for i, seen := range c.seen {
				o := ledger.Observation{At: noon.Add(time.Duration(i) * day), Leaving: []ledger.Leaving{seen, {Anchor: "unknown", Left: true}}}
				if err := s.Observe(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			want := []ledger.Row{row(1), row(2)}
			c.want(&want[0])
			if diff := cmp.Diff(want, rows(t, s)); diff != "" {
				t.Errorf("rows (-want +got)\n%s", diff)
			}
		})
	}
}

func TestImportsAndScopes(t *testing.T) {
	s := fresh(t)
	if _, ok, err := s.LastImport(t.Context(), "contoso"); ok || err != nil {
		t.Errorf("before the first plan: %t, %v", ok, err)
	}
	g := directory.GUID{1, 2}
	for _, n := range []int{600, 601} {
		o := ledger.Observation{At: noon, Objects: map[string]int{"contoso": n}, Scopes: map[string]directory.GUID{"ou=staff": g}}
		if err := s.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if n, ok, err := s.LastImport(t.Context(), "contoso"); n != 601 || !ok || err != nil {
		t.Errorf("last import: %d, %t, %v", n, ok, err)
	}
	scopes, err := s.Scopes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]directory.GUID{"ou=staff": g}, scopes); diff != "" {
		t.Errorf("scopes (-want +got)\n%s", diff)
	}
}

func TestJournal(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	want := []journal.Entry{
		{Run: run.ID, Change: "a/create", Anchor: "a", Name: "A", Action: plan.Create, Directory: cloud.Entra, State: journal.Done, Attempt: 2, RequestID: "q", TargetID: "1", At: noon},
		{Run: run.ID, Change: "b/create", Anchor: "b", Name: "B", Action: plan.Create, Directory: cloud.Entra, State: journal.Failed, Attempt: 1, FaultKind: "invalid", Detail: "no", At: noon},
	}
	for _, e := range []journal.Entry{{Run: run.ID, Change: "a/create", Anchor: "a", Name: "A", Action: plan.Create, Directory: cloud.Entra, State: journal.Begun, Attempt: 1, At: noon}, want[1], want[0]} {
		if err := l.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var got []journal.Entry
	for e, err := range s.Entries(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got)\n%s", diff)
	}
	for e, err := range s.Entries(t.Context(), run.ID, journal.Failed, journal.Blocked) {
		if err != nil || e.Change != "b/create" {
			t.Errorf("failed: %s, %v", e.Change, err)
		}
	}
	counts, err := l.Counts(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(journal.Counts{journal.Done: 1, journal.Failed: 1}, counts); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	if _, ok, err := l.Entry(t.Context(), run.ID, "c/create"); ok || err != nil {
		t.Errorf("an entry that is not there: %t, %v", ok, err)
	}
}

func TestRunIsFoundAgain(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	next := run
	next.ID, next.By.PID, next.Overrides = "r2", 8, []journal.Override{{Guard: "disable"}}
	found, again, err := l.Start(t.Context(), next)
	if err != nil || !again {
		t.Fatalf("%t, %v", again, err)
	}
	if diff := cmp.Diff(run, found); diff != "" {
		t.Errorf("found (-want +got)\n%s", diff)
	}
	run.State, run.Finished, run.By.PID = journal.Finished, noon.Add(time.Minute), 8
	run.Overrides = append(run.Overrides, next.Overrides...)
	if err := l.Finish(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if found, again, err = l.Start(t.Context(), next); err != nil || !again || found.State != journal.Finished {
		t.Errorf("a finished run: %s, %t, %v", found.State, again, err)
	}
	for _, id := range []string{run.ID, run.Plan} {
		got, err := s.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run, got); diff != "" {
			t.Errorf("run %s (-want +got)\n%s", id, diff)
		}
	}
	if _, err := s.Run(t.Context(), "missing"); !errors.Is(err, ErrNoRun) {
		t.Errorf("a run that is not there: %v", err)
	}
	other := journal.Run{ID: "r3", Plan: "sha256:bb", State: journal.Running, Started: noon.Add(time.Hour)}
	if _, again, err := l.Start(t.Context(), other); again || err != nil {
		t.Fatalf("%t, %v", again, err)
	}
	list, err := s.Runs(t.Context(), 1)
	if err != nil || len(list) != 1 || list[0].ID != "r3" {
		t.Errorf("newest run: %v, %v", list, err)
	}
}
