package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/ledger"
)

const ledgerColumns = `anchor, guid, kind, type, cloud_id, name, dn, how, exported, leave, hold_ns, left_since`

// Rows yields the ledger in anchor order. It reads one state of the store, whatever is written meanwhile.
func (s *Store) Rows(ctx context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		rows, err := s.read.QueryContext(ctx, `SELECT `+ledgerColumns+` FROM ledger ORDER BY anchor`)
		if err != nil {
			yield(ledger.Row{}, s.fail("read the ledger", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scanRow(rows)
			if !yield(r, s.fail("read the ledger", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(ledger.Row{}, s.fail("read the ledger", err))
		}
	}
}

// Row gives one row of the ledger; ok is false when coexist never wrote to the object.
func (s *Store) Row(ctx context.Context, a directory.Anchor) (r ledger.Row, ok bool, err error) {
	r, ok, err = queryRow(ctx, s.read, a)
	return r, ok, s.fail("read the ledger", err)
}

// querier is what a database and a transaction have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func queryRow(ctx context.Context, q querier, a directory.Anchor) (r ledger.Row, ok bool, err error) {
	r, err = scanRow(q.QueryRowContext(ctx, `SELECT `+ledgerColumns+` FROM ledger WHERE anchor = $1`, string(a)))
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Row{}, false, nil
	}
	return r, err == nil, err
}

func scanRow(row interface{ Scan(...any) error }) (r ledger.Row, err error) {
	var guid, kind string
	var exported []byte
	var left sql.NullString
	if err := row.Scan(&r.Anchor, &guid, &kind, &r.Type, &r.ID, &r.Name, &r.DN, &r.How, &exported, &r.Leave, &r.Hold, &left); err != nil {
		return r, err
	}
	if r.GUID, err = directory.ParseGUID(guid); err != nil {
		return r, fmt.Errorf("%w: ledger row %q: %w", ErrCorrupt, r.Anchor, err)
	}
	if r.Kind, err = directory.ParseKind(kind); err != nil {
		return r, fmt.Errorf("%w: ledger row %q: %w", ErrCorrupt, r.Anchor, err)
	}
	if r.Exported, err = decodeSets(exported); err != nil {
		return r, fmt.Errorf("%w: ledger row %q: %w", ErrCorrupt, r.Anchor, err)
	}
	r.LeftSince, err = toTime(left)
	return r, err
}

// putRow makes or replaces a row.
func putRow(ctx context.Context, t *sql.Tx, r ledger.Row) error {
	exported, err := encodeSets(r.Exported)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO ledger (`+ledgerColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (anchor) DO UPDATE SET guid = excluded.guid, kind = excluded.kind, type = excluded.type, cloud_id = excluded.cloud_id,
		name = excluded.name, dn = excluded.dn, how = excluded.how, exported = excluded.exported, leave = excluded.leave,
		hold_ns = excluded.hold_ns, left_since = excluded.left_since`,
		string(r.Anchor), r.GUID.String(), r.Kind.String(), string(r.Type), r.ID, r.Name, r.DN, string(r.How), exported, r.Leave,
		int64(r.Hold), fromTime(r.LeftSince))
	return err
}

// encodeSets writes values by property name.
func encodeSets(list []cloud.Set) (string, error) {
	m := make(map[string]cloud.Value, len(list))
	for _, s := range list {
		m[s.Name] = s.Value
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// decodeSets is the inverse of encodeSets, sorted by name.
func decodeSets(b []byte) ([]cloud.Set, error) {
	var m map[string]cloud.Value
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	if len(m) == 0 {
		return nil, nil
	}
	list := make([]cloud.Set, 0, len(m))
	for name, v := range m {
		list = append(list, cloud.Set{Name: name, Value: v})
	}
	slices.SortFunc(list, func(a, b cloud.Set) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
