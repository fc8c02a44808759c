package store

import (
	"context"
	"database/sql"

	"github.com/coexistsync/coexist/engine/journal"
)

// Approve records that somebody approves a plan. Who approves the same plan again replaces what was recorded.
func (s *Store) Approve(ctx context.Context, a journal.Approval) error {
	return s.tx(ctx, "record the approval", func(t *sql.Tx) error {
		_, err := t.ExecContext(ctx, `INSERT INTO approvals (plan, by_user, by_host, by_pid, comment, public_key, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (plan, by_user) DO UPDATE SET by_host = excluded.by_host, by_pid = excluded.by_pid, comment = excluded.comment,
			public_key = excluded.public_key, at = excluded.at`,
			a.Plan, a.By.User, a.By.Host, a.By.PID, a.Comment, a.Key, fromTime(a.At))
		return err
	})
}

// Withdraw takes an approval back; ok is false when that user had not approved the plan.
func (s *Store) Withdraw(ctx context.Context, plan, user string) (ok bool, err error) {
	err = s.tx(ctx, "withdraw the approval", func(t *sql.Tx) error {
		r, err := t.ExecContext(ctx, `DELETE FROM approvals WHERE plan = $1 AND by_user = $2`, plan, user)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		ok = n > 0
		return err
	})
	return ok, err
}

// Approvals lists who approved a plan, or one of which it holds no more than a part; the oldest first.
func (s *Store) Approvals(ctx context.Context, plan string) ([]journal.Approval, error) {
	rows, err := s.read.QueryContext(ctx, `WITH RECURSIVE whole (plan) AS (SELECT CAST($1 AS TEXT) UNION SELECT older FROM subsets JOIN whole ON subsets.newer = whole.plan)
		SELECT approvals.plan, by_user, by_host, by_pid, comment, public_key, at FROM approvals JOIN whole ON approvals.plan = whole.plan ORDER BY at, by_user`, plan)
	if err != nil {
		return nil, s.fail("read the approvals", err)
	}
	defer rows.Close()
	var out []journal.Approval
	for rows.Next() {
		var a journal.Approval
		var at sql.NullString
		err := rows.Scan(&a.Plan, &a.By.User, &a.By.Host, &a.By.PID, &a.Comment, &a.Key, &at)
		if err == nil {
			a.At, err = toTime(at)
		}
		if err != nil {
			return nil, s.fail("read the approvals", err)
		}
		out = append(out, a)
	}
	return out, s.fail("read the approvals", rows.Err())
}

// Subset records that every change of the newer plan stands in the older one, so that what was approved there is approved.
// The caller has compared them.
func (s *Store) Subset(ctx context.Context, newer, older string) error {
	if newer == older {
		return nil
	}
	return s.tx(ctx, "record the refresh", func(t *sql.Tx) error {
		_, err := t.ExecContext(ctx, `INSERT INTO subsets (newer, older, at) VALUES ($1, $2, $3) ON CONFLICT (newer, older) DO NOTHING`, newer, older, fromTime(s.now()))
		return err
	})
}

// Failed gives the ids of the changes that the last run which changed anything was refused for good.
func (s *Store) Failed(ctx context.Context) (map[string]bool, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT change_id FROM entries WHERE state = 'failed' AND run = (SELECT id FROM runs
		WHERE state IN ('finished', 'interrupted', 'stopped') AND EXISTS (SELECT 1 FROM entries WHERE entries.run = runs.id)
		ORDER BY started DESC, id DESC LIMIT 1)`)
	if err != nil {
		return nil, s.fail("read what failed", err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, s.fail("read what failed", err)
		}
		out[id] = true
	}
	return out, s.fail("read what failed", rows.Err())
}
