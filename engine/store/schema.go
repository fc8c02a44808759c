package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations lead from one version of the schema to the next: the first from an empty store to version 1. A released one
// is never changed; a change of the schema is one more at the end.
var migrations = [...][]string{{
	`CREATE TABLE ledger (
		anchor TEXT NOT NULL PRIMARY KEY,
		guid TEXT NOT NULL,
		kind TEXT NOT NULL,
		type TEXT NOT NULL,
		cloud_id TEXT NOT NULL,
		name TEXT NOT NULL,
		dn TEXT NOT NULL,
		how TEXT NOT NULL,
		exported TEXT NOT NULL,
		leave TEXT NOT NULL,
		hold_ns BIGINT NOT NULL,
		left_since TEXT)`,
	`CREATE TABLE imports (
		source TEXT NOT NULL PRIMARY KEY,
		objects BIGINT NOT NULL,
		seen_at TEXT NOT NULL)`,
	`CREATE TABLE scopes (
		dn TEXT NOT NULL PRIMARY KEY,
		guid TEXT NOT NULL)`,
	`CREATE TABLE runs (
		id TEXT NOT NULL PRIMARY KEY,
		plan TEXT NOT NULL UNIQUE,
		tenant TEXT NOT NULL,
		mode TEXT NOT NULL,
		by_user TEXT NOT NULL,
		by_host TEXT NOT NULL,
		by_pid BIGINT NOT NULL,
		state TEXT NOT NULL,
		detail TEXT NOT NULL,
		changes BIGINT NOT NULL,
		started TEXT NOT NULL,
		finished TEXT,
		overrides TEXT NOT NULL)`,
	`CREATE TABLE entries (
		run TEXT NOT NULL REFERENCES runs (id),
		change_id TEXT NOT NULL,
		anchor TEXT NOT NULL,
		name TEXT NOT NULL,
		action TEXT NOT NULL,
		directory TEXT NOT NULL,
		state TEXT NOT NULL,
		attempt BIGINT NOT NULL,
		request_id TEXT NOT NULL,
		target_id TEXT NOT NULL,
		fault TEXT NOT NULL,
		detail TEXT NOT NULL,
		epoch BIGINT NOT NULL,
		at TEXT NOT NULL,
		PRIMARY KEY (run, change_id))`,
	`CREATE TABLE leases (
		tenant TEXT NOT NULL PRIMARY KEY,
		by_user TEXT NOT NULL,
		by_host TEXT NOT NULL,
		by_pid BIGINT NOT NULL,
		nonce TEXT NOT NULL,
		epoch BIGINT NOT NULL,
		since TEXT NOT NULL,
		expires TEXT)`,
}, {
	`ALTER TABLE entries ADD COLUMN weights TEXT NOT NULL DEFAULT ''`,
	`CREATE INDEX entries_weighed ON entries (at) WHERE weights <> ''`,
	`CREATE TABLE progress (
		run TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
		phase TEXT NOT NULL,
		done BIGINT NOT NULL,
		total BIGINT NOT NULL,
		at TEXT NOT NULL)`,
	`CREATE TABLE stops (
		run TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
		by_user TEXT NOT NULL,
		by_host TEXT NOT NULL,
		by_pid BIGINT NOT NULL,
		reason TEXT NOT NULL,
		at TEXT NOT NULL)`,
	`CREATE TABLE halts (
		since TEXT NOT NULL PRIMARY KEY,
		by_user TEXT NOT NULL,
		by_host TEXT NOT NULL,
		by_pid BIGINT NOT NULL,
		reason TEXT NOT NULL,
		lifted TEXT,
		lifted_user TEXT NOT NULL,
		lifted_host TEXT NOT NULL,
		lifted_pid BIGINT NOT NULL)`,
	`CREATE TABLE tasks (
		id TEXT NOT NULL PRIMARY KEY,
		tenant TEXT NOT NULL,
		plan TEXT NOT NULL,
		policy TEXT NOT NULL,
		run TEXT NOT NULL,
		change_id TEXT NOT NULL,
		change TEXT NOT NULL,
		reason TEXT NOT NULL,
		state TEXT NOT NULL,
		created TEXT NOT NULL,
		next TEXT NOT NULL,
		deadline TEXT NOT NULL,
		attempts BIGINT NOT NULL,
		detail TEXT NOT NULL,
		request_id TEXT NOT NULL,
		ended TEXT,
		epoch BIGINT NOT NULL)`,
	`CREATE UNIQUE INDEX tasks_open ON tasks (change_id) WHERE ended IS NULL`,
	`CREATE INDEX tasks_due ON tasks (state, next)`,
	`CREATE TABLE cookies (
		name TEXT NOT NULL PRIMARY KEY,
		value TEXT NOT NULL,
		at TEXT NOT NULL)`,
}, {
	`CREATE TABLE memories (
		anchor TEXT NOT NULL PRIMARY KEY,
		decided TEXT NOT NULL,
		pending TEXT NOT NULL,
		at TEXT NOT NULL)`,
	`CREATE TABLE policies (
		digest TEXT NOT NULL PRIMARY KEY,
		accepted TEXT,
		observed TEXT,
		observation TEXT)`,
}, {
	`CREATE TABLE troubles (
		trouble TEXT NOT NULL PRIMARY KEY,
		first_seen TEXT NOT NULL,
		last_seen TEXT NOT NULL)`,
	`CREATE TABLE validations (
		id TEXT NOT NULL PRIMARY KEY,
		at TEXT NOT NULL,
		findings TEXT NOT NULL)`,
}, {
	`CREATE TABLE approvals (
		plan TEXT NOT NULL,
		by_user TEXT NOT NULL,
		by_host TEXT NOT NULL,
		by_pid BIGINT NOT NULL,
		comment TEXT NOT NULL,
		public_key TEXT NOT NULL,
		at TEXT NOT NULL,
		PRIMARY KEY (plan, by_user))`,
	`CREATE TABLE subsets (
		newer TEXT NOT NULL,
		older TEXT NOT NULL,
		at TEXT NOT NULL,
		PRIMARY KEY (newer, older))`,
}, {
	`ALTER TABLE runs ADD COLUMN engine TEXT NOT NULL DEFAULT ''`,
}}

// migrate brings the schema to the newest version, each step in a transaction of its own.
func (s *Store) migrate(ctx context.Context) error {
	for {
		done, err := s.step(ctx)
		if done || err != nil {
			return err
		}
	}
}

// step reads the version and takes one migration; done when there is none left. It begins as a writer, so that two
// processes do not take the same step, and so that a store that cannot be written is found when it is opened.
func (s *Store) step(ctx context.Context) (done bool, err error) {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer t.Rollback()
	version, err := schemaVersion(ctx, t)
	switch {
	case err != nil:
		return false, err
	case version > len(migrations):
		return false, fmt.Errorf("%w: its schema is version %d, and this one knows up to %d", ErrNewer, version, len(migrations))
	case version == len(migrations):
		return true, nil
	}
	for _, q := range migrations[version] {
		if _, err := t.ExecContext(ctx, q); err != nil {
			return false, fmt.Errorf("migrate the schema to version %d: %w", version+1, err)
		}
	}
	if _, err := t.ExecContext(ctx, `UPDATE schema_version SET version = $1`, version+1); err != nil {
		return false, err
	}
	return false, t.Commit()
}

func schemaVersion(ctx context.Context, t *sql.Tx) (v int, err error) {
	if _, err := t.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)`); err != nil {
		return 0, err
	}
	err = t.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = t.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES (0)`)
	}
	if err == nil && v < 0 {
		err = fmt.Errorf("%w: schema version %d", ErrCorrupt, v)
	}
	return v, err
}

// Newest gives the version of the schema that this program makes.
func Newest() int { return len(migrations) }
