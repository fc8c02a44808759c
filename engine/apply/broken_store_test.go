package apply_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/store"
)

// broken is a journal on a disk that takes no more from its n-th write on.
type broken struct {
	apply.Journal
	at  int
	err error
}

func (b *broken) write(f func() error) error {
	if b.at--; b.at <= 0 {
		return b.err
	}
	return f()
}

func (b *broken) Record(ctx context.Context, e journal.Entry) error {
	return b.write(func() error { return b.Journal.Record(ctx, e) })
}

func (b *broken) Settle(ctx context.Context, e journal.Entry, u func(ledger.Row, bool) (ledger.Row, bool)) error {
	return b.write(func() error { return b.Journal.Settle(ctx, e, u) })
}

func (b *broken) Finish(ctx context.Context, r journal.Run) error {
	return b.write(func() error { return b.Journal.Finish(ctx, r) })
}

// TestStoreThatTakesNoMore: a run whose store fails sends nothing after that, says why, and is carried on once the store is
// well.
func TestStoreThatTakesNoMore(t *testing.T) {
	changes := company()
	f := planned(t, changes, nil)
	calm := newWorld(t)
	calm.must(f)
	for name, c := range map[string]struct {
		at   int
		err  error
		sent int
	}{
		"disk full, before begun":    {4, store.ErrFull, 1},
		"disk full, before exported": {5, store.ErrFull, 2},
		"disk full, before done":     {6, store.ErrFull, 2},
		"read-only, at once":         {1, store.ErrReadOnly, 0},
		"locked by another program":  {7, store.ErrBusy, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.run(f, func(o *apply.Options) { o.Journal = &broken{o.Journal, c.at, c.err} })
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), "change ") {
				t.Errorf("the run ended with %v", err)
			}
			if n := len(w.target.Log()); n != c.sent {
				t.Errorf("%d changes were sent, want %d", n, c.sent)
			}
			w.must(f)
			w.once(changes)
			if diff := cmp.Diff(calm.shape(), w.shape()); diff != "" {
				t.Errorf("(-well +broken)\n%s", diff)
			}
		})
	}
}

// TestStoreThatIsLost: a store that is damaged, gone, or of another version in the middle of a run is said to be so before
// anything is sent; a backup, or none at all, ends in the same tenant, and nothing is done twice.
func TestStoreThatIsLost(t *testing.T) {
	changes := company()
	f := planned(t, changes, nil)
	calm := newWorld(t)
	calm.must(f)
	for name, c := range map[string]struct {
		harm func(path, backup string) error
		want error // on opening; nil when it opens
		mend func(path, backup string) error
	}{
		"a damaged page": {smash, store.ErrCorrupt, restore},
		"cut short":      {func(path, _ string) error { return os.Truncate(path, 5000) }, store.ErrCorrupt, restore},
		"gone":           {func(path, _ string) error { return os.Remove(path) }, nil, nil},
		"a newer schema": {func(path, _ string) error { return execute(path, `UPDATE schema_version SET version = 99`) }, store.ErrNewer,
			func(path, _ string) error { return execute(path, `UPDATE schema_version SET version = `+version(path)) }},
		"an old copy": {restore, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			backup := filepath.Join(t.TempDir(), "backup.db")
			w.cutAt(f, 11, true, 1)
			if err := w.open().Backup(t.Context(), backup); err != nil {
				t.Fatal(err)
			}
			w.cutAt(f, 11, false, 1)
			before := len(w.target.Log())
			if err := w.store.Close(); err != nil {
				t.Fatal(err)
			}
			w.store = nil
			if err := c.harm(w.path, backup); err != nil {
				t.Fatal(err)
			}
			if c.want != nil {
				if _, err := store.Open(t.Context(), w.path, store.Options{}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), w.path) {
					t.Fatalf("opening it: %v, want %v", err, c.want)
				}
				if err := c.mend(w.path, backup); err != nil {
					t.Fatal(err)
				}
			}
			w.finished(f)
			if before >= len(w.target.Log()) {
				t.Error("nothing was left to do")
			}
			w.once(changes)
			if diff := cmp.Diff(calm.tenant(), w.tenant()); diff != "" {
				t.Errorf("(-well +lost)\n%s", diff)
			}
		})
	}
}

// tenant is what the tenant holds, without the ledger.
func (w *world) tenant() string {
	s := w.store
	w.store = nil
	path := w.path
	w.path = filepath.Join(w.t.TempDir(), "empty.db")
	defer func() { w.store, w.path = s, path }()
	return w.shape()
}

func restore(path, backup string) error {
	b, err := os.ReadFile(backup)
	for _, tail := range []string{"-wal", "-shm"} {
		if gone := os.Remove(path + tail); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return errors.Join(err, os.WriteFile(path, b, 0o600))
}

// smash overwrites the pages behind the first, and leaves what an unclean end leaves, so that they are looked at.
func smash(path, _ string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i := 4096; i < len(b); i++ {
		b[i] = 0xa5
	}
	return os.WriteFile(path, b, 0o600)
}

func execute(path, statement string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

// version gives the version of the schema that a new store has.
func version(path string) string {
	fresh := path + ".fresh"
	s, err := store.Open(context.Background(), fresh, store.Options{})
	if err != nil {
		return err.Error()
	}
	s.Close()
	db, err := sql.Open("sqlite", fresh)
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	var v int
	if err := db.QueryRow(`SELECT version FROM schema_version`).Scan(&v); err != nil {
		return err.Error()
	}
	return fmt.Sprint(v)
}
