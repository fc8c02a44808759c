package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
)

// Purged is what Purge took out.
type Purged struct {
	Runs    int `json:"runs"`
	Changes int `json:"changes"`
	Tasks   int `json:"tasks"`
}

// Purge removes what ended before an instant: runs with their changes, and tasks. A run is kept, however old, while the
// tenant may hold an effect of it that the ledger does not know of, or while a task of it waits. The ledger stays whole.
func (s *Store) Purge(ctx context.Context, before time.Time) (p Purged, err error) {
	const old = `SELECT id FROM runs WHERE finished IS NOT NULL AND finished < $1 AND state <> 'running'
		AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.run = runs.id AND entries.state IN ('begun', 'exported', 'unknown'))
		AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.run = runs.id AND tasks.ended IS NULL)`
	err = s.tx(ctx, "purge", func(t *sql.Tx) error {
		for _, q := range []struct {
			n   *int
			sql string
		}{
			{&p.Tasks, `DELETE FROM tasks WHERE ended IS NOT NULL AND ended < $1`},
			{&p.Changes, `DELETE FROM entries WHERE run IN (` + old + `)`},
			{nil, `DELETE FROM progress WHERE run IN (` + old + `)`},
			{nil, `DELETE FROM stops WHERE run IN (` + old + `)`},
			{&p.Runs, `DELETE FROM runs WHERE id IN (` + old + `)`},
		} {
			r, err := t.ExecContext(ctx, q.sql, fromTime(before))
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			if q.n != nil {
				*q.n = int(n)
			}
		}
		return nil
	})
	return p, err
}

// Backup writes a copy of the store as it is at this moment to a file that is not there yet, also while a run writes. The
// copy is whole or it is not there.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return s.fail("back up", fmt.Errorf("%s is there already", path))
	} else if !errors.Is(err, os.ErrNotExist) {
		return s.fail("back up", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".coexist-backup-*")
	if err != nil {
		return s.fail("back up", err)
	}
	defer os.Remove(tmp.Name())
	if err := tmp.Close(); err != nil {
		return s.fail("back up", err)
	}
	// SQLite writes into an empty file, which keeps its narrow permissions.
	if _, err := s.write.ExecContext(ctx, `VACUUM INTO $1`, tmp.Name()); err != nil {
		return s.fail("back up", err)
	}
	if err := syncFile(tmp.Name()); err != nil {
		return s.fail("back up", err)
	}
	if err := os.Link(tmp.Name(), path); err == nil {
		return nil // never over a file that came to be meanwhile
	}
	return s.fail("back up", os.Rename(tmp.Name(), path))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Tally gives what the changes since an instant count for each guard, over all runs.
func (s *Store) Tally(ctx context.Context, since time.Time) (map[string]int, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT weights FROM entries WHERE weights <> '' AND at >= $1 AND state IN ('done', 'exported', 'begun', 'unknown')`, fromTime(since))
	if err != nil {
		return nil, s.fail("add up the changes", err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, s.fail("add up the changes", err)
		}
		weights, err := decodeWeights(text)
		if err != nil {
			return nil, s.fail("add up the changes", err)
		}
		for guard, n := range weights {
			out[guard] += n
		}
	}
	return out, s.fail("add up the changes", rows.Err())
}

// Tally gives what the changes since an instant count for each guard, over all runs.
func (l *Lease) Tally(ctx context.Context, since time.Time) (map[string]int, error) {
	return l.store.Tally(ctx, since)
}

// Register records a run before it has a plan, so that it can be followed and stopped from its first second on.
func (l *Lease) Register(ctx context.Context, r journal.Run) error {
	return l.tx(ctx, "record the run", func(t *sql.Tx) error { return putRun(ctx, t, r) })
}
