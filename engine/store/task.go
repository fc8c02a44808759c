package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/task"
)

// ErrNoTask says that there is no task of that id.
var ErrNoTask = errors.New("no such task")

// ErrTaskState says that a task is not in a state in which it could be changed as asked.
var ErrTaskState = errors.New("the task cannot be changed")

const taskColumns = `id, tenant, plan, policy, run, change, reason, state, created, next, deadline, attempts, detail, request_id, ended`

// Tasks yields the tasks that have not ended, in the order of their changes' ids.
func (s *Store) Tasks(ctx context.Context) iter.Seq2[task.Task, error] {
	return s.tasks(ctx, `WHERE ended IS NULL ORDER BY change_id`)
}

// AllTasks yields every task, the ended ones too, the oldest first.
func (s *Store) AllTasks(ctx context.Context) iter.Seq2[task.Task, error] {
	return s.tasks(ctx, `ORDER BY created, id`)
}

func (s *Store) tasks(ctx context.Context, where string, args ...any) iter.Seq2[task.Task, error] {
	return func(yield func(task.Task, error) bool) {
		rows, err := s.read.QueryContext(ctx, `SELECT `+taskColumns+` FROM tasks `+where, args...)
		if err != nil {
			yield(task.Task{}, s.fail("read the tasks", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			t, err := scanTask(rows)
			if !yield(t, s.fail("read the tasks", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(task.Task{}, s.fail("read the tasks", err))
		}
	}
}

// Task gives one task; ErrNoTask when there is none.
func (s *Store) Task(ctx context.Context, id string) (task.Task, error) {
	t, err := scanTask(s.read.QueryRowContext(ctx, `SELECT `+taskColumns+` FROM tasks WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("%w: %s", ErrNoTask, id)
	}
	return t, s.fail("read the task", err)
}

// ChangeTask lets a person change a task: change gets it as it is and alters it, or returns an error, which is returned. A
// task that is being carried out, or has ended, is refused with ErrTaskState.
func (s *Store) ChangeTask(ctx context.Context, id string, change func(*task.Task) error) (task.Task, error) {
	var out task.Task
	err := s.tx(ctx, "change the task", func(t *sql.Tx) error {
		found, err := scanTask(t.QueryRowContext(ctx, `SELECT `+taskColumns+` FROM tasks WHERE id = $1`, id))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("%w: %s", ErrNoTask, id)
		case err != nil:
			return err
		case found.State.Ended() || found.State == task.Running:
			return fmt.Errorf("%w: %s is %s", ErrTaskState, id, found.State)
		}
		if err := change(&found); err != nil {
			return err
		}
		out = found
		return putTask(ctx, t, found, 0)
	})
	return out, err
}

// Defer ends an entry as delayed and makes its change a task, in one transaction. An open task of the same change gives way
// to the new one, which keeps its deadline when it wants the same: putting off twice is not waiting anew.
func (l *Lease) Defer(ctx context.Context, e journal.Entry, next task.Task) error {
	return l.tx(ctx, "put the change off", func(t *sql.Tx) error {
		if err := l.putEntry(ctx, t, e); err != nil {
			return err
		}
		// One that was cancelled because the policies changed counts too: else an edit of the policies every day would keep
		// any task from ever expiring.
		old, err := scanTask(t.QueryRowContext(ctx, `SELECT `+taskColumns+` FROM tasks WHERE change_id = $1 AND (ended IS NULL OR state = $2)
			ORDER BY created DESC, id LIMIT 1`, next.Change.ID, string(task.Cancelled)))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && old.Wants(next.Change) && old.Deadline.After(next.Created) {
			next.Deadline = old.Deadline
		}
		if _, err := t.ExecContext(ctx, `UPDATE tasks SET state = $1, ended = $2, detail = $3, epoch = $4 WHERE change_id = $5 AND ended IS NULL`,
			string(task.Cancelled), fromTime(next.Created), "a newer plan put the change off again, as task "+next.ID, l.epoch, next.Change.ID); err != nil {
			return err
		}
		return putTask(ctx, t, next, l.epoch)
	})
}

// RetireTasks ends the waiting tasks that other policies decided: the next plan decides again. What a person suspended stays
// suspended.
func (l *Lease) RetireTasks(ctx context.Context, policy string) error {
	return l.tx(ctx, "retire tasks", func(t *sql.Tx) error {
		_, err := t.ExecContext(ctx, `UPDATE tasks SET state = $1, ended = $2, detail = $3, epoch = $4 WHERE ended IS NULL AND state = $5 AND policy <> $6`,
			string(task.Cancelled), fromTime(l.store.now()), "the policies changed since it was put off; the next plan decides again", l.epoch, string(task.Waiting), policy)
		return err
	})
}

// supersede ends the open task of a change, because a newer plan carried the change out or wants another; nothing happens
// when there is none.
func (l *Lease) supersede(ctx context.Context, t *sql.Tx, e journal.Entry) error {
	_, err := t.ExecContext(ctx, `UPDATE tasks SET state = $1, ended = $2, detail = $3, epoch = $4 WHERE change_id = $5 AND ended IS NULL AND run <> $6`,
		string(task.Cancelled), fromTime(e.At), "run "+e.Run+" carried the change out", l.epoch, e.Change, e.Run)
	return err
}

// PutTask makes the state of a task durable, and with it an entry of the run that works on it.
func (l *Lease) PutTask(ctx context.Context, k task.Task, e journal.Entry) error {
	return l.tx(ctx, "write the task", func(t *sql.Tx) error {
		if err := l.putEntry(ctx, t, e); err != nil {
			return err
		}
		return putTask(ctx, t, k, l.epoch)
	})
}

// SettleTask does the same and in the same transaction changes the ledger's row; see Settle.
func (l *Lease) SettleTask(ctx context.Context, k task.Task, e journal.Entry, update func(r ledger.Row, ok bool) (ledger.Row, bool)) error {
	return l.tx(ctx, "write task and ledger", func(t *sql.Tx) error {
		if err := putTask(ctx, t, k, l.epoch); err != nil {
			return err
		}
		return l.settle(ctx, t, e, update)
	})
}

func putTask(ctx context.Context, t *sql.Tx, k task.Task, epoch int64) error {
	change, err := json.Marshal(k.Change)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO tasks (`+taskColumns+`, change_id, epoch)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, next = excluded.next, deadline = excluded.deadline, attempts = excluded.attempts,
		detail = excluded.detail, request_id = excluded.request_id, ended = excluded.ended, epoch = excluded.epoch`,
		k.ID, k.Tenant, k.Plan, k.Policy, k.Run, string(change), k.Reason, string(k.State), fromTime(k.Created), fromTime(k.Next), fromTime(k.Deadline),
		k.Attempts, k.Detail, k.RequestID, fromTime(k.Ended), k.Change.ID, epoch)
	return err
}

func scanTask(row interface{ Scan(...any) error }) (k task.Task, err error) {
	var change []byte
	var created, next, deadline, ended sql.NullString
	err = row.Scan(&k.ID, &k.Tenant, &k.Plan, &k.Policy, &k.Run, &change, &k.Reason, &k.State, &created, &next, &deadline, &k.Attempts, &k.Detail, &k.RequestID, &ended)
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(change, &k.Change); err != nil {
		return k, fmt.Errorf("%w: task %s: %w", ErrCorrupt, k.ID, err)
	}
	if k.Created, err = toTime(created); err != nil {
		return k, err
	}
	if k.Next, err = toTime(next); err != nil {
		return k, err
	}
	if k.Deadline, err = toTime(deadline); err != nil {
		return k, err
	}
	k.Ended, err = toTime(ended)
	return k, err
}
