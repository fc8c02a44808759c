package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// ErrNoValidation says that no validation of that name is remembered.
var ErrNoValidation = errors.New("no such validation")

// keptValidations is how many validations are remembered: enough for two a day over a week of mending.
const keptValidations = 20

// SeeTroubles remembers what the tenant reports now, by names of the caller's making, and gives when each was first seen. What
// is no longer reported is forgotten: should it come back, it is new.
func (s *Store) SeeTroubles(ctx context.Context, now []string) (first map[string]time.Time, err error) {
	first = make(map[string]time.Time, len(now))
	err = s.tx(ctx, "remember what the tenant reports", func(t *sql.Tx) error {
		at := fromTime(s.now())
		for _, name := range now {
			var seen sql.NullString
			err := t.QueryRowContext(ctx, `INSERT INTO troubles (trouble, first_seen, last_seen) VALUES ($1, $2, $2)
				ON CONFLICT (trouble) DO UPDATE SET last_seen = excluded.last_seen RETURNING first_seen`, name, at).Scan(&seen)
			if err != nil {
				return err
			}
			if first[name], err = toTime(seen); err != nil {
				return err
			}
		}
		_, err := t.ExecContext(ctx, `DELETE FROM troubles WHERE last_seen <> $1`, at)
		return err
	})
	return first, err
}

// Validation is one that is remembered, with its findings as the caller wrote them.
type Validation struct {
	ID       string
	At       time.Time
	Findings []byte
}

// KeepValidation remembers a validation of all objects, and forgets the oldest beyond the last twenty.
func (s *Store) KeepValidation(ctx context.Context, v Validation) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(v.Findings); err != nil {
		return s.fail("remember a validation", err)
	}
	if err := z.Close(); err != nil {
		return s.fail("remember a validation", err)
	}
	return s.tx(ctx, "remember a validation", func(t *sql.Tx) error {
		if _, err := t.ExecContext(ctx, `INSERT INTO validations (id, at, findings) VALUES ($1, $2, $3)`,
			v.ID, fromTime(v.At), base64.StdEncoding.EncodeToString(packed.Bytes())); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `DELETE FROM validations WHERE id NOT IN (SELECT id FROM validations ORDER BY at DESC, id DESC LIMIT $1)`, keptValidations)
		return err
	})
}

// Validations yields those that are remembered, the latest first.
func (s *Store) Validations(ctx context.Context) iter.Seq2[Validation, error] {
	return func(yield func(Validation, error) bool) {
		rows, err := s.read.QueryContext(ctx, `SELECT id, at, findings FROM validations ORDER BY at DESC, id DESC`)
		if err != nil {
			yield(Validation{}, s.fail("read the validations", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scanValidation(rows.Scan)
			if !yield(v, s.fail("read the validations", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Validation{}, s.fail("read the validations", err))
		}
	}
}

// Validation gives a validation by its id, or the last one for "last"; ErrNoValidation when there is none.
func (s *Store) Validation(ctx context.Context, id string) (v Validation, err error) {
	row := s.read.QueryRowContext(ctx, `SELECT id, at, findings FROM validations WHERE id = $1`, id)
	if id == "last" {
		row = s.read.QueryRowContext(ctx, `SELECT id, at, findings FROM validations ORDER BY at DESC, id DESC LIMIT 1`)
	}
	v, err = scanValidation(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: %s", ErrNoValidation, id)
	}
	return v, s.fail("read a validation", err)
}

func scanValidation(scan func(...any) error) (v Validation, err error) {
	var at sql.NullString
	var text string
	if err := scan(&v.ID, &at, &text); err != nil {
		return v, err
	}
	if v.At, err = toTime(at); err == nil {
		v.Findings, err = unpacked(text)
	}
	return v, err
}

func unpacked(text string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return out, nil
}
