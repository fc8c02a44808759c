package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/ledger"
)

// Memories yields what is remembered of the decisions about objects, in anchor order. Objects of which the same is
// remembered share it.
func (s *Store) Memories(ctx context.Context) iter.Seq2[ledger.Memory, error] {
	return func(yield func(ledger.Memory, error) bool) {
		rows, err := s.read.QueryContext(ctx, `SELECT anchor, decided, pending FROM memories ORDER BY anchor`)
		if err != nil {
			yield(ledger.Memory{}, s.fail("read the memory of decisions", err))
			return
		}
		defer rows.Close()
		known := map[string]ledger.Memory{}
		var key []byte
		for rows.Next() {
			var anchor, decided, pending sql.RawBytes
			var m ledger.Memory
			err := rows.Scan(&anchor, &decided, &pending)
			if err == nil {
				key = append(append(append(key[:0], decided...), 0), pending...)
				var ok bool
				if m, ok = known[string(key)]; !ok {
					m, err = decodeMemory(string(decided), string(pending))
					known[string(key)] = m
				}
				m.Anchor = directory.Anchor(anchor)
			}
			if !yield(m, s.fail("read the memory of decisions", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(ledger.Memory{}, s.fail("read the memory of decisions", err))
		}
	}
}

func decodeMemory(decided, pending string) (m ledger.Memory, err error) {
	if err := json.Unmarshal([]byte(decided), &m.Decided); err != nil {
		return m, fmt.Errorf("%w: memory: %w", ErrCorrupt, err)
	}
	if err := json.Unmarshal([]byte(pending), &m.Pending); err != nil {
		return m, fmt.Errorf("%w: memory: %w", ErrCorrupt, err)
	}
	return m, nil
}

// memoir writes memories within a transaction.
type memoir struct {
	get, put, drop *sql.Stmt
	at             time.Time
	written        bool // what is learnt is what was written just now, and weighs more than what is remembered
}

func openMemoir(ctx context.Context, t *sql.Tx, at time.Time) (*memoir, error) {
	m := &memoir{at: at}
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&m.get, `SELECT decided, pending, at FROM memories WHERE anchor = $1`},
		{&m.put, `INSERT INTO memories (anchor, decided, pending, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (anchor) DO UPDATE SET decided = excluded.decided, pending = excluded.pending, at = excluded.at`},
		{&m.drop, `DELETE FROM memories WHERE anchor = $1`},
	} {
		var err error
		if *p.stmt, err = t.PrepareContext(ctx, p.query); err != nil {
			m.close()
			return nil, err
		}
	}
	return m, nil
}

func (m *memoir) close() {
	for _, s := range []*sql.Stmt{m.get, m.put, m.drop} {
		if s != nil {
			s.Close()
		}
	}
}

// learn takes in one lesson. What was written of the object after a lesson was learnt weighs more than the lesson.
func (m *memoir) learn(ctx context.Context, l ledger.Lesson) error {
	if l.Forget {
		_, err := m.drop.ExecContext(ctx, string(l.Anchor))
		return err
	}
	var decided, pending string
	var at sql.NullString
	var was ledger.Memory
	err := m.get.QueryRowContext(ctx, string(l.Anchor)).Scan(&decided, &pending, &at)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	default:
		if was, err = decodeMemory(decided, pending); err != nil {
			return err
		}
		written, err := toTime(at)
		if err != nil || written.After(m.at) && !m.written {
			return err
		}
	}
	now := was.Learn(l)
	if len(now.Decided)+len(now.Pending) == 0 {
		_, err := m.drop.ExecContext(ctx, string(l.Anchor))
		return err
	}
	return m.write(ctx, now)
}

func (m *memoir) write(ctx context.Context, now ledger.Memory) error {
	decided, err := json.Marshal(now.Decided)
	if err != nil {
		return err
	}
	pending, err := json.Marshal(now.Pending)
	if err != nil {
		return err
	}
	_, err = m.put.ExecContext(ctx, string(now.Anchor), string(decided), string(pending), fromTime(m.at))
	return err
}

// settleMemory remembers the decisions that a change carried out.
func settleMemory(ctx context.Context, t *sql.Tx, r ledger.Row, at time.Time) error {
	if len(r.Settled) == 0 {
		return nil
	}
	m, err := openMemoir(ctx, t, at)
	if err != nil {
		return err
	}
	defer m.close()
	m.written = true
	return m.learn(ctx, ledger.Lesson{Anchor: r.Anchor, Decided: r.Settled})
}

// inForce gives the digest of the policies whose plan was accepted last, "" before the first.
func inForce(ctx context.Context, q querier) (digest string, err error) {
	err = q.QueryRowContext(ctx, `SELECT digest FROM policies WHERE accepted IS NOT NULL`).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return digest, err
}

// aside is how many observations by policies that are not in force are kept: more plans than are looked at on one day.
const aside = 4

// putAside keeps what a plan by policies observed that are not in force, until such a plan is accepted. Nothing else of it
// is remembered.
func putAside(ctx context.Context, t *sql.Tx, o ledger.Observation) error {
	o.Objects, o.Cookies = nil, nil // of the source, and not of these policies
	packed, err := pack(o)
	if err != nil {
		return err
	}
	if _, err = t.ExecContext(ctx, `INSERT INTO policies (digest, observed, observation) VALUES ($1, $2, $3)
		ON CONFLICT (digest) DO UPDATE SET observed = excluded.observed, observation = excluded.observation`, o.Policy, fromTime(o.At), packed); err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, `DELETE FROM policies WHERE accepted IS NULL AND digest NOT IN (
		SELECT digest FROM policies WHERE accepted IS NULL ORDER BY observed DESC LIMIT $1)`, aside)
	return err
}

// accept puts policies into force and gives what their plans observed before; ok is false when there is nothing.
func accept(ctx context.Context, t *sql.Tx, digest string, now time.Time) (o ledger.Observation, ok bool, err error) {
	var packed sql.NullString
	err = t.QueryRowContext(ctx, `SELECT observation FROM policies WHERE digest = $1`, digest).Scan(&packed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return o, false, err
	}
	if packed.Valid {
		if o, err = unpack(packed.String); err != nil {
			return o, false, fmt.Errorf("%w: observation: %w", ErrCorrupt, err)
		}
	}
	if _, err := t.ExecContext(ctx, `DELETE FROM policies WHERE accepted IS NOT NULL`); err != nil {
		return o, false, err
	}
	_, err = t.ExecContext(ctx, `INSERT INTO policies (digest, accepted) VALUES ($1, $2)
		ON CONFLICT (digest) DO UPDATE SET accepted = excluded.accepted, observed = NULL, observation = NULL`, digest, fromTime(now))
	return o, packed.Valid, err
}

// pack writes an observation as text, a tenth as large as it is.
func pack(o ledger.Observation) (string, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(o); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// unpack is the inverse of pack.
func unpack(text string) (o ledger.Observation, err error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return o, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return o, err
	}
	return o, json.NewDecoder(z).Decode(&o)
}
