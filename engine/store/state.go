package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/ledger"
)

// Scopes gives the GUID of each scope by the folded DN in the configuration.
func (s *Store) Scopes(ctx context.Context) (map[string]directory.GUID, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT dn, guid FROM scopes`)
	if err != nil {
		return nil, s.fail("read the scopes", err)
	}
	defer rows.Close()
	out := map[string]directory.GUID{}
	for rows.Next() {
		var dn, guid string
		if err := rows.Scan(&dn, &guid); err != nil {
			return nil, s.fail("read the scopes", err)
		}
		if out[dn], err = directory.ParseGUID(guid); err != nil {
			return nil, s.fail("read the scopes", fmt.Errorf("%w: %w", ErrCorrupt, err))
		}
	}
	return out, s.fail("read the scopes", rows.Err())
}

// LastImport gives how many objects the last complete plan read from a source; ok is false before the first.
func (s *Store) LastImport(ctx context.Context, source string) (objects int, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT objects FROM imports WHERE source = $1`, source).Scan(&objects)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return objects, err == nil, s.fail("read the last import", err)
}

// Observe remembers what a complete plan saw, in one transaction. Of an object that left, the time of the first such plan
// is kept, and the leave decision that was stored while it was there, unless this one decided again. What is observed of
// objects that are not in the ledger is dropped. What a plan saw by policies that are not in force is put aside, until one
// of their plans is accepted; before any was, all are taken to be in force.
func (s *Store) Observe(ctx context.Context, o ledger.Observation) error {
	return s.tx(ctx, "remember what was seen", func(t *sql.Tx) error {
		if o.Policy == "" {
			return s.absorb(ctx, t, o)
		}
		if o.Accepted {
			before, ok, err := accept(ctx, t, o.Policy, s.now())
			if err == nil && ok {
				err = s.absorb(ctx, t, before)
			}
			if err != nil {
				return err
			}
			return s.absorb(ctx, t, o)
		}
		force, err := inForce(ctx, t)
		if err != nil {
			return err
		}
		if force != "" && force != o.Policy {
			return putAside(ctx, t, o)
		}
		return s.absorb(ctx, t, o)
	})
}

// absorb takes an observation in.
func (s *Store) absorb(ctx context.Context, t *sql.Tx, o ledger.Observation) error {
	for _, source := range slices.Sorted(maps.Keys(o.Objects)) {
		if _, err := t.ExecContext(ctx, `INSERT INTO imports (source, objects, seen_at) VALUES ($1, $2, $3)
			ON CONFLICT (source) DO UPDATE SET objects = excluded.objects, seen_at = excluded.seen_at`, source, o.Objects[source], fromTime(o.At)); err != nil {
			return err
		}
	}
	for _, dn := range slices.Sorted(maps.Keys(o.Scopes)) {
		if _, err := t.ExecContext(ctx, `INSERT INTO scopes (dn, guid) VALUES ($1, $2)
			ON CONFLICT (dn) DO UPDATE SET guid = excluded.guid`, dn, o.Scopes[dn].String()); err != nil {
			return err
		}
	}
	if err := s.putCookies(ctx, t, o.Cookies); err != nil {
		return err
	}
	if err := observeLeaving(ctx, t, o); err != nil {
		return err
	}
	return observeLessons(ctx, t, o)
}

// observeLessons updates the memory of decisions.
func observeLessons(ctx context.Context, t *sql.Tx, o ledger.Observation) error {
	if len(o.Lessons) == 0 {
		return nil
	}
	m, err := openMemoir(ctx, t, o.At)
	if err != nil {
		return err
	}
	defer m.close()
	for _, l := range o.Lessons {
		if err := m.learn(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// observeLeaving updates the rows that changed; a row that is as it was costs a look and no write.
func observeLeaving(ctx context.Context, t *sql.Tx, o ledger.Observation) error {
	left, err := t.PrepareContext(ctx, `UPDATE ledger SET left_since = COALESCE(left_since, $2),
		leave = CASE WHEN $3 = '' THEN leave ELSE $3 END, hold_ns = CASE WHEN $3 = '' THEN hold_ns ELSE $4 END
		WHERE anchor = $1 AND (left_since IS NULL OR $3 <> '' AND (leave <> $3 OR hold_ns <> $4))`)
	if err != nil {
		return err
	}
	defer left.Close()
	there, err := t.PrepareContext(ctx, `UPDATE ledger SET left_since = NULL, leave = $2, hold_ns = $3, name = $4, dn = $5
		WHERE anchor = $1 AND (left_since IS NOT NULL OR leave <> $2 OR hold_ns <> $3 OR name <> $4 OR dn <> $5)`)
	if err != nil {
		return err
	}
	defer there.Close()
	for _, l := range o.Leaving {
		if l.Left {
			_, err = left.ExecContext(ctx, string(l.Anchor), fromTime(o.At), l.Leave, int64(l.Hold))
		} else {
			_, err = there.ExecContext(ctx, string(l.Anchor), l.Leave, int64(l.Hold), l.Name, l.DN)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
