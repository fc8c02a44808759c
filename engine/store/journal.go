package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

const (
	runColumns   = `id, plan, tenant, mode, by_user, by_host, by_pid, state, detail, changes, started, finished, overrides, engine`
	entryColumns = `run, change_id, anchor, name, action, directory, state, attempt, request_id, target_id, fault, detail, at, weights`
	// runQuery reads runs with how far they are, and who asked them to stop.
	runQuery = `SELECT id, plan, tenant, mode, runs.by_user, runs.by_host, runs.by_pid, state, detail, changes, started, finished, overrides, engine,
		progress.phase, progress.done, progress.total, progress.at, stops.by_user, stops.by_host, stops.by_pid, stops.reason, stops.at
		FROM runs LEFT JOIN progress ON progress.run = runs.id LEFT JOIN stops ON stops.run = runs.id `
	// unplanned begins what stands in the place of a digest, which is unique, for a run that has none yet.
	unplanned = "none:"
)

// Start records a run of a plan. When the store has one already, again is true and that one is returned as it was found:
// finished, then nothing is changed, or not, then it is running again in the name of r.By, with r's overrides added.
func (l *Lease) Start(ctx context.Context, r journal.Run) (found journal.Run, again bool, err error) {
	err = l.tx(ctx, "start the run", func(t *sql.Tx) error {
		found, err = scanRun(t.QueryRowContext(ctx, runQuery+`WHERE plan = $1`, r.Plan))
		if errors.Is(err, sql.ErrNoRows) {
			found = r
			return putRun(ctx, t, r)
		}
		again = err == nil
		if err != nil || found.State == journal.Finished {
			return err
		}
		if err := forget(ctx, t, found.ID, r.ID); err != nil {
			return err
		}
		next := found
		next.State, next.Detail, next.By, next.Mode, next.Changes, next.Finished = journal.Running, "", r.By, r.Mode, r.Changes, r.Finished
		next.Engine = r.Engine
		next.Overrides = slices.Concat(found.Overrides, r.Overrides)
		return putRun(ctx, t, next)
	})
	return found, again, err
}

// forget takes away what is over once a run is carried on: a wish that it stops, which was for the process before, and the
// run that was registered before it was known that its plan has one already.
func forget(ctx context.Context, t *sql.Tx, found, registered string) error {
	if _, err := t.ExecContext(ctx, `DELETE FROM stops WHERE run = $1`, found); err != nil || found == registered {
		return err
	}
	for _, q := range []string{`DELETE FROM stops WHERE run = $1`, `DELETE FROM progress WHERE run = $1`, `DELETE FROM runs WHERE id = $1`} {
		if _, err := t.ExecContext(ctx, q, registered); err != nil {
			return err
		}
	}
	return nil
}

// Finish records how a run ended, or where it was left.
func (l *Lease) Finish(ctx context.Context, r journal.Run) error {
	return l.tx(ctx, "finish the run", func(t *sql.Tx) error { return putRun(ctx, t, r) })
}

// Record makes an entry durable.
func (l *Lease) Record(ctx context.Context, e journal.Entry) error {
	return l.tx(ctx, "write the journal", func(t *sql.Tx) error { return l.putEntry(ctx, t, e) })
}

// Settle makes an entry durable together with what it means for the ledger. update gets the object's row, ok false when
// there is none, and returns the row to keep, or false to remove it.
func (l *Lease) Settle(ctx context.Context, e journal.Entry, update func(r ledger.Row, ok bool) (ledger.Row, bool)) error {
	return l.tx(ctx, "write journal and ledger", func(t *sql.Tx) error {
		if err := l.supersede(ctx, t, e); err != nil {
			return err
		}
		return l.settle(ctx, t, e, update)
	})
}

func (l *Lease) settle(ctx context.Context, t *sql.Tx, e journal.Entry, update func(r ledger.Row, ok bool) (ledger.Row, bool)) error {
	if err := l.putEntry(ctx, t, e); err != nil {
		return err
	}
	row, ok, err := queryRow(ctx, t, e.Anchor)
	if err != nil {
		return err
	}
	row, keep := update(row, ok)
	if keep {
		if err := putRow(ctx, t, row); err != nil {
			return err
		}
		return settleMemory(ctx, t, row, e.At)
	}
	for _, q := range []string{`DELETE FROM ledger WHERE anchor = $1`, `DELETE FROM memories WHERE anchor = $1`} {
		if _, err := t.ExecContext(ctx, q, string(e.Anchor)); err != nil {
			return err
		}
	}
	return nil
}

// Entry gives what a run knows about a change; ok is false when it was not reached.
func (l *Lease) Entry(ctx context.Context, run, change string) (e journal.Entry, ok bool, err error) {
	e, err = scanEntry(l.store.read.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM entries WHERE run = $1 AND change_id = $2`, run, change))
	if errors.Is(err, sql.ErrNoRows) {
		return journal.Entry{}, false, nil
	}
	return e, err == nil, l.store.fail("read the journal", err)
}

// Counts gives the number of changes of a run by state.
func (l *Lease) Counts(ctx context.Context, run string) (journal.Counts, error) {
	return l.store.Counts(ctx, run)
}

// Counts gives the number of changes of a run by state.
func (s *Store) Counts(ctx context.Context, run string) (journal.Counts, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT state, COUNT(*) FROM entries WHERE run = $1 GROUP BY state`, run)
	if err != nil {
		return nil, s.fail("count the changes", err)
	}
	defer rows.Close()
	out := journal.Counts{}
	for rows.Next() {
		var state journal.State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, s.fail("count the changes", err)
		}
		out[state] = n
	}
	return out, s.fail("count the changes", rows.Err())
}

// Effects gives the number of changes of a run that have their effect, by action.
func (s *Store) Effects(ctx context.Context, run string) (map[plan.Action]int, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT action, COUNT(*) FROM entries WHERE run = $1 AND state IN ($2, $3) GROUP BY action`,
		run, string(journal.Done), string(journal.Already))
	if err != nil {
		return nil, s.fail("count the changes", err)
	}
	defer rows.Close()
	out := map[plan.Action]int{}
	for rows.Next() {
		var action plan.Action
		var n int
		if err := rows.Scan(&action, &n); err != nil {
			return nil, s.fail("count the changes", err)
		}
		out[action] = n
	}
	return out, s.fail("count the changes", rows.Err())
}

// Runs lists the newest runs first, at most limit of them; 0 for all.
func (s *Store) Runs(ctx context.Context, limit int) ([]journal.Run, error) {
	q := runQuery + `ORDER BY started DESC, id DESC`
	if limit > 0 {
		q += fmt.Sprintf(` LIMIT %d`, limit)
	}
	rows, err := s.read.QueryContext(ctx, q)
	if err != nil {
		return nil, s.fail("list the runs", err)
	}
	defer rows.Close()
	var out []journal.Run
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, s.fail("list the runs", err)
		}
		out = append(out, r)
	}
	return out, s.fail("list the runs", rows.Err())
}

// Run gives one run by its id, or by the digest of its plan; ErrNoRun when there is none.
func (s *Store) Run(ctx context.Context, id string) (journal.Run, error) {
	r, err := scanRun(s.read.QueryRowContext(ctx, runQuery+`WHERE id = $1 OR plan = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("%w: %s", ErrNoRun, id)
	}
	return r, s.fail("read the run", err)
}

// Entries yields the entries of a run by anchor and change, those in the given states alone if any are given.
func (s *Store) Entries(ctx context.Context, run string, states ...journal.State) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		q, args := `SELECT `+entryColumns+` FROM entries WHERE run = $1`, []any{run}
		if len(states) > 0 {
			var marks []string
			for _, st := range states {
				args = append(args, string(st))
				marks = append(marks, fmt.Sprintf("$%d", len(args)))
			}
			q += ` AND state IN (` + strings.Join(marks, ", ") + `)`
		}
		rows, err := s.read.QueryContext(ctx, q+` ORDER BY anchor, change_id`, args...)
		if err != nil {
			yield(journal.Entry{}, s.fail("read the journal", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scanEntry(rows)
			if !yield(e, s.fail("read the journal", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(journal.Entry{}, s.fail("read the journal", err))
		}
	}
}

func scanRun(row interface{ Scan(...any) error }) (r journal.Run, err error) {
	var started, finished, phase, seen, stopUser, stopHost, stopReason, stopAt sql.NullString
	var done, total, stopPID sql.NullInt64
	var overrides []byte
	err = row.Scan(&r.ID, &r.Plan, &r.Tenant, &r.Mode, &r.By.User, &r.By.Host, &r.By.PID, &r.State, &r.Detail, &r.Changes, &started, &finished, &overrides, &r.Engine,
		&phase, &done, &total, &seen, &stopUser, &stopHost, &stopPID, &stopReason, &stopAt)
	if err != nil {
		return r, err
	}
	if strings.HasPrefix(r.Plan, unplanned) {
		r.Plan = ""
	}
	if phase.Valid {
		r.Progress = &journal.Progress{Phase: journal.Phase(phase.String), Done: int(done.Int64), Total: int(total.Int64)}
		if r.Progress.At, err = toTime(seen); err != nil {
			return r, err
		}
	}
	if stopAt.Valid {
		r.Stop = &journal.Stop{By: journal.Who{User: stopUser.String, Host: stopHost.String, PID: int(stopPID.Int64)}, Reason: stopReason.String}
		if r.Stop.At, err = toTime(stopAt); err != nil {
			return r, err
		}
	}
	if r.Started, err = toTime(started); err != nil {
		return r, err
	}
	if r.Finished, err = toTime(finished); err != nil {
		return r, err
	}
	if err := json.Unmarshal(overrides, &r.Overrides); err != nil {
		return r, fmt.Errorf("%w: run %s: %w", ErrCorrupt, r.ID, err)
	}
	return r, nil
}

func putRun(ctx context.Context, t *sql.Tx, r journal.Run) error {
	overrides, err := json.Marshal(r.Overrides)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO runs (`+runColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, mode = excluded.mode, by_user = excluded.by_user, by_host = excluded.by_host, by_pid = excluded.by_pid,
		state = excluded.state, detail = excluded.detail, changes = excluded.changes, finished = excluded.finished, overrides = excluded.overrides, engine = excluded.engine`,
		r.ID, cmp.Or(r.Plan, unplanned+r.ID), r.Tenant, r.Mode, r.By.User, r.By.Host, r.By.PID, string(r.State), r.Detail, r.Changes, fromTime(r.Started), fromTime(r.Finished), string(overrides), r.Engine)
	return err
}

func scanEntry(row interface{ Scan(...any) error }) (e journal.Entry, err error) {
	var at sql.NullString
	var weights []byte
	err = row.Scan(&e.Run, &e.Change, &e.Anchor, &e.Name, &e.Action, &e.Directory, &e.State, &e.Attempt, &e.RequestID, &e.TargetID, &e.FaultKind, &e.Detail, &at, &weights)
	if err == nil {
		e.At, err = toTime(at)
	}
	if err == nil {
		e.Weights, err = decodeWeights(weights)
	}
	return e, err
}

func encodeWeights(w map[string]int) (string, error) {
	if len(w) == 0 {
		return "", nil
	}
	b, err := json.Marshal(w)
	return string(b), err
}

func decodeWeights(b []byte) (w map[string]int, err error) {
	if len(b) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("%w: weights of a change: %w", ErrCorrupt, err)
	}
	return w, nil
}

func (l *Lease) putEntry(ctx context.Context, t *sql.Tx, e journal.Entry) error {
	weights, err := encodeWeights(e.Weights)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO entries (`+entryColumns+`, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (run, change_id) DO UPDATE SET state = excluded.state, attempt = excluded.attempt, request_id = excluded.request_id,
		target_id = excluded.target_id, fault = excluded.fault, detail = excluded.detail, at = excluded.at, weights = excluded.weights, epoch = excluded.epoch`,
		e.Run, e.Change, string(e.Anchor), e.Name, string(e.Action), string(e.Directory), string(e.State), e.Attempt, e.RequestID, e.TargetID,
		e.FaultKind, e.Detail, fromTime(e.At), weights, l.epoch)
	return err
}
