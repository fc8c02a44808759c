// Package store keeps what coexist must not forget: the ledger, the journal of every run, what complete plans saw, and who
// may write to the tenant now. It is one SQLite file for each tenant, in pure Go. It stands behind the small interfaces of
// those who call it: engine.State, apply.Journal (a Lease) and apply.Ledger.
//
// Everything is durable when a method returns: WAL with synchronous FULL, so that neither a killed process nor a power cut
// loses what was promised. The statements use what PostgreSQL understands too: portable types, numbered parameters, upserts
// by ON CONFLICT. What only SQLite knows stands in open.go. Text must be compared by its bytes, which is SQLite's way;
// PostgreSQL needs the collation "C".
//
// The file belongs on a local disk: SQLite's WAL needs memory shared between the processes that use it, so that a network
// drive is refused when the store is opened. Two hosts that write to one tenant need one store between them; the lease and its
// epoch are made for that, on PostgreSQL, and until then one host writes and others plan.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Errors that callers ask for. Each comes wrapped with the operation and the path.
var (
	ErrCorrupt     = errors.New("the store is damaged; restore it from a backup, or move it away and plan again")
	ErrNewer       = errors.New("the store was written by a newer coexist")
	ErrReadOnly    = errors.New("the store cannot be written")
	ErrFull        = errors.New("the disk is full")
	ErrBusy        = errors.New("another process keeps the store locked")
	ErrNoRun       = errors.New("no such run")
	ErrLeaseLost   = errors.New("another process has taken over")
	ErrOtherTenant = errors.New("the store belongs to another tenant")
	ErrMissing     = errors.New("there is no store yet; the first plan makes it")
)

// Options are what a store needs from outside.
type Options struct {
	Now func() time.Time // nil for time.Now
	// LeaseTTL is how long a lease lives without being renewed, that is until another host may take over from one that
	// fell silent; 0 for 30 minutes.
	LeaseTTL time.Duration
	// Existing opens a store that is there, and makes none: ErrMissing.
	Existing bool
}

// Store is an open store. It is safe for concurrent use, also by several processes.
type Store struct {
	path string
	now  func() time.Time
	ttl  time.Duration
	// SQLite has one writer. Readers have connections of their own, so that an iteration may write while it reads.
	write, read *sql.DB
}

// Open opens the store at path, and makes it and its folder, readable by their owner only, when they are missing. It
// brings an older schema up to date.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	s := &Store{path: path, now: o.Now, ttl: o.LeaseTTL}
	if s.now == nil {
		s.now = time.Now
	}
	if s.ttl == 0 {
		s.ttl = 30 * time.Minute
	}
	if _, err := os.Stat(path); o.Existing && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open store %s: %w", path, ErrMissing)
	}
	if err := prepare(path); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	for began := time.Now(); ; {
		err := classify(s.connect(ctx))
		if err == nil {
			return s, nil
		}
		s.Close()
		// While another process makes the store, SQLite answers busy at once where waiting could block both for ever.
		if !errors.Is(err, ErrBusy) || time.Since(began) > patience || ctx.Err() != nil {
			return nil, fmt.Errorf("open store %s: %w", path, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// patience is how long opening waits for another process that makes the store.
const patience = 10 * time.Second

// prepare makes the folder and an empty file with narrow permissions, which SQLite passes on to the files beside it.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Close closes the store. Leases that are still held run out by themselves.
func (s *Store) Close() error {
	var err error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// Path is where the store lies.
func (s *Store) Path() string { return s.path }

// tx runs f in a transaction that is durable once tx returns nil.
func (s *Store) tx(ctx context.Context, op string, f func(*sql.Tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.fail(op, err)
	}
	if err := f(t); err != nil {
		t.Rollback()
		return s.fail(op, err)
	}
	return s.fail(op, t.Commit())
}

// fail names the operation and the store, and classifies what the database said.
func (s *Store) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s in store %s: %w", op, s.path, classify(err))
}

// stamp is how times are stored: text of a fixed width, in UTC, that sorts as the times do. The zero time is NULL.
const stamp = "2006-01-02T15:04:05.000000000Z"

func fromTime(t time.Time) sql.NullString {
	return sql.NullString{String: t.UTC().Format(stamp), Valid: !t.IsZero()}
}

func toTime(s sql.NullString) (time.Time, error) {
	if !s.Valid {
		return time.Time{}, nil
	}
	t, err := time.Parse(stamp, s.String)
	if err != nil {
		return t, fmt.Errorf("%w: time %q", ErrCorrupt, s.String)
	}
	return t, nil
}
