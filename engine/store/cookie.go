package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Cookie gives what a connector keeps from one read to the next, such as a delta token; ok is false when there is none.
func (s *Store) Cookie(ctx context.Context, name string) (value []byte, ok bool, err error) {
	var text string
	err = s.read.QueryRowContext(ctx, `SELECT value FROM cookies WHERE name = $1`, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err == nil {
		if value, err = base64.StdEncoding.DecodeString(text); err != nil {
			err = fmt.Errorf("%w: cookie %s: %w", ErrCorrupt, name, err)
		}
	}
	return value, err == nil, s.fail("read a cookie", err)
}

// SetCookie remembers a cookie; nil forgets it. A cookie that belongs to what a plan saw goes with that, in
// ledger.Observation.
func (s *Store) SetCookie(ctx context.Context, name string, value []byte) error {
	return s.tx(ctx, "write a cookie", func(t *sql.Tx) error { return s.putCookies(ctx, t, map[string][]byte{name: value}) })
}

func (s *Store) putCookies(ctx context.Context, t *sql.Tx, cookies map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		var err error
		if value := cookies[name]; value == nil {
			_, err = t.ExecContext(ctx, `DELETE FROM cookies WHERE name = $1`, name)
		} else {
			_, err = t.ExecContext(ctx, `INSERT INTO cookies (name, value, at) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at`, name, base64.StdEncoding.EncodeToString(value), fromTime(s.now()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
