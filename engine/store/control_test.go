package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
)

// versionOne makes a store as the first released schema left it, with a run, an entry, a row and a lease.
func versionOne(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "coexist.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	statements := append([]string{`CREATE TABLE schema_version (version BIGINT NOT NULL)`, `INSERT INTO schema_version VALUES (1)`}, migrations[0]...)
	statements = append(statements,
		`INSERT INTO runs VALUES ('r1', 'sha256:aa', 't', 'apply', 'u', 'h', 7, 'finished', '', 3, '2026-09-15T12:00:00.000000000Z', '2026-09-15T12:01:00.000000000Z', 'null')`,
		`INSERT INTO entries VALUES ('r1', 'a/create', 'a', 'Anna', 'create', 'entra', 'done', 1, 'req', 'id', '', '', 1, '2026-09-15T12:00:30.000000000Z')`,
		`INSERT INTO imports VALUES ('contoso', 42, '2026-09-15T12:00:00.000000000Z')`,
		`INSERT INTO leases VALUES ('`+tenant+`', 'u', 'h', 7, 'n', 3, '2026-09-15T12:00:00.000000000Z', NULL)`)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	return path
}

func TestStoreOfVersionOneIsBroughtUpToDate(t *testing.T) {
	s := opened(t, versionOne(t), &clock{noon})
	r, err := s.Run(t.Context(), "r1")
	if err != nil || r.State != journal.Finished || r.Plan != "sha256:aa" || r.Progress != nil || r.Stop != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	for e, err := range s.Entries(t.Context(), "r1") {
		if err != nil || e.RequestID != "req" || e.Weights != nil {
			t.Errorf("%+v, %v", e, err)
		}
	}
	if n, ok, err := s.LastImport(t.Context(), "contoso"); n != 42 || !ok || err != nil {
		t.Errorf("last import: %d, %t, %v", n, ok, err)
	}
	l := acquired(t, s, "h")
	if l.Epoch() != 4 {
		t.Errorf("epoch is %d, want 4", l.Epoch())
	}
	if err := l.Register(t.Context(), journal.Run{ID: "r2", State: journal.Running, Started: noon}); err != nil {
		t.Error(err)
	}
}

func TestHaltKeepsEverybodyOutUntilLifted(t *testing.T) {
	s := fresh(t)
	by := journal.Who{User: "ute", Host: "srv1", PID: 1}
	first, err := s.Halt(t.Context(), by, "change 4711")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Halt(t.Context(), journal.Who{User: "uwe"}, "another"); err != nil || again != first {
		t.Errorf("halting twice: %+v, %v", again, err)
	}
	var halt *HaltError
	if _, err := s.Acquire(t.Context(), tenant, journal.Who{Host: "h"}); !errors.As(err, &halt) || !strings.Contains(err.Error(), "by ute on srv1: change 4711") {
		t.Errorf("the lease of a halted store: %v", err)
	}
	h, ok, err := s.Lift(t.Context(), by)
	if err != nil || !ok || h.Lifted.IsZero() {
		t.Errorf("lift: %+v, %t, %v", h, ok, err)
	}
	if _, ok, err := s.Lift(t.Context(), by); ok || err != nil {
		t.Errorf("lifting twice: %t, %v", ok, err)
	}
	acquired(t, s, "h")
	list, err := s.Halts(t.Context())
	if err != nil || len(list) != 1 || list[0].Lifter != by {
		t.Errorf("halts are %+v, %v", list, err)
	}
}

func TestWatchEndsWithItsCause(t *testing.T) {
	var stop *StopError
	var halt *HaltError
	cases := map[string]struct {
		ask  func(*Store) error
		want any
	}{
		"a wish to stop": {func(s *Store) error {
			return s.AskToStop(context.Background(), "r1", journal.Who{User: "ute"}, "lunch")
		}, &stop},
		"a halt": {func(s *Store) error {
			_, err := s.Halt(context.Background(), journal.Who{User: "ute"}, "fire")
			return err
		}, &halt},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			started(t, acquired(t, s, "h"))
			tick := make(chan time.Time)
			ctx, cancel := s.Watch(t.Context(), "r1", tick)
			defer cancel()
			tick <- noon
			tick <- noon // it looked once, and found nothing
			if ctx.Err() != nil {
				t.Fatal("it ended unasked")
			}
			if err := c.ask(s); err != nil {
				t.Fatal(err)
			}
			select {
			case tick <- noon:
			case <-ctx.Done(): // the look before this one was late enough to see it
			}
			<-ctx.Done()
			if !errors.As(context.Cause(ctx), c.want) {
				t.Errorf("the cause is %v", context.Cause(ctx))
			}
		})
	}
}

func TestProgressIsStoredOnceASecond(t *testing.T) {
	c := &clock{noon}
	s := opened(t, filepath.Join(t.TempDir(), "coexist.db"), c)
	l := acquired(t, s, "h")
	started(t, l)
	p := l.Pulse("r1")
	seen := func() journal.Progress {
		r, err := s.Run(t.Context(), "r1")
		if err != nil || r.Progress == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		return *r.Progress
	}
	steps := []struct {
		after time.Duration
		phase journal.Phase
		done  int
		want  int // done, as stored
	}{
		{0, journal.Reading, 1, 1},
		{500 * time.Millisecond, journal.Reading, 2, 1},
		{500 * time.Millisecond, journal.Reading, 3, 3},
		{0, journal.Applying, 4, 4}, // another phase
		{0, journal.Applying, 5, 4},
		{0, journal.Applying, 10, 10}, // the end of it
		{-time.Hour, journal.Applying, 6, 6},
	}
	for i, x := range steps {
		c.at = c.at.Add(x.after)
		p.Report(t.Context(), x.phase, x.done, 10)
		if got := seen(); got.Done != x.want || got.Phase != x.phase || got.Percent() != 10*x.want {
			t.Errorf("step %d: %+v", i, got)
		}
	}
}

func TestRunThatIsCarriedOnReplacesTheRegisteredOne(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	started(t, l)
	if err := s.AskToStop(t.Context(), "r1", journal.Who{}, ""); err != nil {
		t.Fatal(err)
	}
	if err := l.Register(t.Context(), journal.Run{ID: "r2", State: journal.Running, Started: noon}); err != nil {
		t.Fatal(err)
	}
	found, again, err := l.Start(t.Context(), journal.Run{ID: "r2", Plan: "sha256:aa", State: journal.Running, Started: noon})
	if err != nil || !again || found.ID != "r1" {
		t.Fatalf("%+v, %t, %v", found, again, err)
	}
	if list, err := s.Runs(t.Context(), 0); err != nil || len(list) != 1 || list[0].Stop != nil {
		t.Errorf("runs are %+v, %v", list, err)
	}
	if err := l.Register(t.Context(), journal.Run{ID: "r3", State: journal.Running, Started: noon}); err != nil {
		t.Fatal(err)
	}
	if found, again, err := l.Start(t.Context(), journal.Run{ID: "r3", Plan: "sha256:bb", State: journal.Running, Started: noon, Changes: 4}); err != nil || again || found.ID != "r3" {
		t.Errorf("%+v, %t, %v", found, again, err)
	}
	if r, err := s.Run(t.Context(), "sha256:bb"); err != nil || r.ID != "r3" || r.Changes != 4 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestPurgeKeepsWhatIsNotSettled(t *testing.T) {
	c := &clock{noon}
	s := opened(t, filepath.Join(t.TempDir(), "coexist.db"), c)
	l := acquired(t, s, "h")
	old := noon.Add(-100 * 24 * time.Hour)
	add := func(id string, finished time.Time, state journal.State) {
		r := journal.Run{ID: id, Plan: id, State: journal.Finished, Started: old, Finished: finished}
		if _, _, err := l.Start(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := l.Record(t.Context(), journal.Entry{Run: id, Change: "a", State: state, At: old}); err != nil {
			t.Fatal(err)
		}
	}
	add("old", old, journal.Done)
	add("young", noon, journal.Done)
	add("unsettled", old, journal.Unknown)
	add("awaited", old, journal.Delayed)
	k := task.Task{ID: "k", Run: "awaited", State: task.Waiting, Created: old, Next: noon, Deadline: noon, Change: plan.Change{ID: "a"}}
	if err := l.Defer(t.Context(), journal.Entry{Run: "awaited", Change: "a", State: journal.Delayed, At: old}, k); err != nil {
		t.Fatal(err)
	}
	p, err := s.Purge(t.Context(), noon.Add(-90*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Purged{Runs: 1, Changes: 1}, p); diff != "" {
		t.Errorf("purged (-want +got)\n%s", diff)
	}
	list, err := s.Runs(t.Context(), 0)
	if err != nil || len(list) != 3 {
		t.Errorf("%d runs are left, %v", len(list), err)
	}
}

func TestBackupWhileARunWrites(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	done := make(chan error)
	stop := make(chan struct{})
	go func() {
		var err error
		for n := 0; err == nil; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err = l.Settle(context.Background(), journal.Entry{Run: run.ID, Change: fmt.Sprint(n), Anchor: row(n).Anchor, State: journal.Done, At: noon},
				func(ledger.Row, bool) (ledger.Row, bool) { return row(n), true })
		}
		done <- err
	}()
	path := filepath.Join(t.TempDir(), "copy.db")
	for s.Backup(t.Context(), path) != nil {
		t.Fatal("no backup")
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup was written over another one")
	}
	copied := opened(t, path, &clock{noon})
	counts, err := copied.Counts(t.Context(), run.ID)
	if err != nil || counts[journal.Done] != len(rows(t, copied)) {
		t.Errorf("the copy holds %v and %d rows, %v", counts, len(rows(t, copied)), err)
	}
}

func TestCookiesGoWithWhatWasSeen(t *testing.T) {
	s := fresh(t)
	get := func() string {
		v, ok, err := s.Cookie(t.Context(), "users")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q %t", v, ok)
	}
	if got := get(); got != `"" false` {
		t.Errorf("before: %s", got)
	}
	if err := s.SetCookie(t.Context(), "users", []byte("\x00one")); err != nil || get() != `"\x00one" true` {
		t.Errorf("set: %s, %v", get(), err)
	}
	if err := s.Observe(t.Context(), ledger.Observation{At: noon, Cookies: map[string][]byte{"users": []byte("two")}}); err != nil || get() != `"two" true` {
		t.Errorf("observed: %s, %v", get(), err)
	}
	if err := s.SetCookie(t.Context(), "users", nil); err != nil || get() != `"" false` {
		t.Errorf("forgotten: %s, %v", get(), err)
	}
}

func TestLookingMakesNoStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "coexist.db")
	if _, err := Open(t.Context(), path, Options{Existing: true}); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
	if size(path) > 0 || size(filepath.Dir(path)) > 0 {
		t.Error("a store was made")
	}
}

func TestAlive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	c := &clock{noon}
	one, two := opened(t, path, c), opened(t, path, c)
	l := acquired(t, one, "h")
	r := started(t, l)
	r.Tenant = tenant
	alive := func(host string) bool {
		ok, err := two.Alive(t.Context(), r, host)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if !alive("h") || !alive("other") {
		t.Error("a process that is there counts as gone")
	}
	drop(t, l)
	if alive("h") || !alive("other") {
		t.Error("only its own host knows that a process is gone before its lease runs out")
	}
	c.at = noon.Add(31 * time.Minute)
	if alive("other") {
		t.Error("a lease that ran out counts as held")
	}
}

func TestTallyAddsUpWhatMayHaveHappened(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	for i, x := range []struct {
		state journal.State
		at    time.Duration
	}{{journal.Done, 0}, {journal.Unknown, 0}, {journal.Failed, 0}, {journal.Done, -25 * time.Hour}} {
		e := journal.Entry{Run: run.ID, Change: fmt.Sprint(i), State: x.state, At: noon.Add(x.at), Weights: map[string]int{"delete": 1, "members": 3}}
		if err := l.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Tally(t.Context(), noon.Add(-24*time.Hour))
	if diff := cmp.Diff(map[string]int{"delete": 2, "members": 6}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
