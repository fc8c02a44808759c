package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
)

// HaltError says that nothing is written to the tenant until the halt is lifted.
type HaltError struct{ journal.Halt }

// Error names who halted, since when and why.
func (e *HaltError) Error() string {
	return fmt.Sprintf("halted since %s by %s on %s: %s", e.Since.Format(time.RFC3339), e.By.User, e.By.Host, e.Reason)
}

// StopError says that somebody asked a run to stop.
type StopError struct{ journal.Stop }

// Error names who asked.
func (e *StopError) Error() string {
	text := fmt.Sprintf("asked to stop by %s on %s", e.By.User, e.By.Host)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Halt keeps every run from starting, and those that are under way from beginning another change. A store that is halted
// already stays as it is, and the halt that holds is returned.
func (s *Store) Halt(ctx context.Context, by journal.Who, reason string) (journal.Halt, error) {
	h := journal.Halt{Since: s.now().UTC(), By: by, Reason: reason}
	err := s.tx(ctx, "halt", func(t *sql.Tx) error {
		now, err := halted(ctx, t)
		if err != nil || now != nil {
			if now != nil {
				h = *now
			}
			return err
		}
		_, err = t.ExecContext(ctx, `INSERT INTO halts (since, by_user, by_host, by_pid, reason, lifted_user, lifted_host, lifted_pid)
			VALUES ($1, $2, $3, $4, $5, '', '', 0)`, fromTime(h.Since), by.User, by.Host, by.PID, reason)
		return err
	})
	return h, err
}

// Lift ends a halt; ok is false when there was none.
func (s *Store) Lift(ctx context.Context, by journal.Who) (h journal.Halt, ok bool, err error) {
	err = s.tx(ctx, "lift the halt", func(t *sql.Tx) error {
		now, err := halted(ctx, t)
		if err != nil || now == nil {
			return err
		}
		h, ok = *now, true
		h.Lifted, h.Lifter = s.now().UTC(), by
		_, err = t.ExecContext(ctx, `UPDATE halts SET lifted = $1, lifted_user = $2, lifted_host = $3, lifted_pid = $4 WHERE lifted IS NULL`,
			fromTime(h.Lifted), by.User, by.Host, by.PID)
		return err
	})
	return h, ok, err
}

// Halted gives the halt that holds, nil for none.
func (s *Store) Halted(ctx context.Context) (*journal.Halt, error) {
	h, err := halted(ctx, s.read)
	return h, s.fail("read the halt", err)
}

func halted(ctx context.Context, q querier) (*journal.Halt, error) {
	var h journal.Halt
	var since sql.NullString
	err := q.QueryRowContext(ctx, `SELECT since, by_user, by_host, by_pid, reason FROM halts WHERE lifted IS NULL`).
		Scan(&since, &h.By.User, &h.By.Host, &h.By.PID, &h.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		h.Since, err = toTime(since)
	}
	return &h, err
}

// Halts lists all halts, the newest first.
func (s *Store) Halts(ctx context.Context) ([]journal.Halt, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT since, by_user, by_host, by_pid, reason, lifted, lifted_user, lifted_host, lifted_pid FROM halts ORDER BY since DESC`)
	if err != nil {
		return nil, s.fail("list the halts", err)
	}
	defer rows.Close()
	var out []journal.Halt
	for rows.Next() {
		var h journal.Halt
		var since, lifted sql.NullString
		err := rows.Scan(&since, &h.By.User, &h.By.Host, &h.By.PID, &h.Reason, &lifted, &h.Lifter.User, &h.Lifter.Host, &h.Lifter.PID)
		if err == nil {
			h.Since, err = toTime(since)
		}
		if err == nil {
			h.Lifted, err = toTime(lifted)
		}
		if err != nil {
			return nil, s.fail("list the halts", err)
		}
		out = append(out, h)
	}
	return out, s.fail("list the halts", rows.Err())
}

// AskToStop asks a run to end after the changes in flight; whoever carries it on finds out within a second. The first wish
// counts.
func (s *Store) AskToStop(ctx context.Context, run string, by journal.Who, reason string) error {
	return s.tx(ctx, "ask the run to stop", func(t *sql.Tx) error {
		_, err := t.ExecContext(ctx, `INSERT INTO stops (run, by_user, by_host, by_pid, reason, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run) DO NOTHING`,
			run, by.User, by.Host, by.PID, reason, fromTime(s.now()))
		return err
	})
}

// asked gives what keeps a run from going on: a *HaltError or a *StopError, nil for nothing.
func (s *Store) asked(ctx context.Context, run string) error {
	h, err := s.Halted(ctx)
	if err != nil {
		return err
	}
	if h != nil {
		return &HaltError{*h}
	}
	st, err := stopOf(ctx, s.read, run)
	if err != nil {
		return s.fail("read the stop", err)
	}
	if st != nil {
		return &StopError{*st}
	}
	return nil
}

func stopOf(ctx context.Context, q querier, run string) (*journal.Stop, error) {
	var st journal.Stop
	var at sql.NullString
	err := q.QueryRowContext(ctx, `SELECT by_user, by_host, by_pid, reason, at FROM stops WHERE run = $1`, run).
		Scan(&st.By.User, &st.By.Host, &st.By.PID, &st.Reason, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		st.At, err = toTime(at)
	}
	return &st, err
}

// Watch gives a context that ends, with the *HaltError or *StopError as its cause, once the store is halted or the run is
// asked to stop. It looks every time that tick fires. A look that fails is no reason to stop: the next may succeed, and a
// store that is gone stops the run by itself. cancel ends the watch, and must be called.
func (s *Store) Watch(ctx context.Context, run string, tick <-chan time.Time) (watched context.Context, cancel func()) {
	ctx, end := context.WithCancelCause(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				var halt *HaltError
				var stop *StopError
				if err := s.asked(ctx, run); errors.As(err, &halt) || errors.As(err, &stop) {
					end(err)
					return
				}
			}
		}
	})
	return ctx, func() {
		end(context.Canceled)
		done.Wait()
	}
}

// Pulse stores how far a run is, once a second at most. It is safe for concurrent use.
type Pulse struct {
	lease *Lease
	run   string
	mu    sync.Mutex
	phase journal.Phase
	last  time.Time
}

// Pulse gives what stores the progress of a run.
func (l *Lease) Pulse(run string) *Pulse { return &Pulse{lease: l, run: run} }

// pulseEvery is how often progress is stored: each time is one durable write.
const pulseEvery = time.Second

// Report tells how far the run is. Errors are not told: progress is for looking at, and what matters to the run asks the
// store itself. A clock that was set back is no reason to fall silent.
func (p *Pulse) Report(ctx context.Context, phase journal.Phase, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.lease.store.now()
	if since := now.Sub(p.last); phase == p.phase && since >= 0 && since < pulseEvery && done != total {
		return
	}
	p.phase, p.last = phase, now
	_ = p.lease.tx(context.WithoutCancel(ctx), "write the progress", func(t *sql.Tx) error {
		_, err := t.ExecContext(ctx, `INSERT INTO progress (run, phase, done, total, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (run) DO UPDATE SET phase = excluded.phase, done = excluded.done, total = excluded.total, at = excluded.at`,
			p.run, string(phase), done, total, fromTime(now))
		return err
	})
}

// Under puts the progress under another run, the one that turned out to be carried on.
func (p *Pulse) Under(run string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run = run
}
