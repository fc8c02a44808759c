package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/journal"
)

// HeldError says who holds the lease that was asked for.
type HeldError struct {
	By      journal.Who
	Since   time.Time // UTC
	Expires time.Time // when another host may take over
}

// Error names the holder.
func (e *HeldError) Error() string {
	if e.By.Host == "" {
		return "another process of this host is writing to the tenant"
	}
	return fmt.Sprintf("process %d of %s on %s is writing to the tenant since %s", e.By.PID, e.By.User, e.By.Host, e.Since.Format(time.RFC3339))
}

// Lease is the right to write to a tenant, and the journal that doing so needs: it is an apply.Journal. One process holds
// it at a time. On one host a lock of the operating system says who, which ends with the process however that dies. Between
// hosts it is the row in the store, which runs out unless it is renewed; that is done in the background. Every taking of
// the lease gets a higher epoch, and every entry is written under the condition that its epoch is still the newest: a
// process that slept through its own lease can therefore not begin another change.
type Lease struct {
	store  *Store
	tenant string
	by     journal.Who
	nonce  string
	epoch  int64
	lock   *os.File
	stop   context.CancelFunc
	beat   sync.WaitGroup
	once   sync.Once
}

// Acquire takes the lease of a tenant, or returns a *HeldError at once, and a *HaltError while the store is halted. by.Host
// must tell hosts apart. The store belongs to the first tenant whose lease was taken; another one's is refused with
// ErrOtherTenant. Release gives the lease back.
//
// A process that dies on this host gives its lock back with its last breath, so that its lease is taken over at once. One
// on another host cannot be looked at: its lease runs out.
func (s *Store) Acquire(ctx context.Context, tenant string, by journal.Who) (*Lease, error) {
	if by.Host == "" {
		return nil, errors.New("take the lease: the host has no name")
	}
	lock, err := os.OpenFile(s.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the store: %w", err)
	}
	locked, err := patientLock(lock)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock the store %s: %w", s.path, err)
	}
	if !locked {
		lock.Close()
		held, err := holder(ctx, s.read, directory.Fold(tenant))
		if err != nil {
			return nil, s.fail("read the lease", err)
		}
		return nil, held
	}
	l := &Lease{store: s, tenant: directory.Fold(tenant), by: by, nonce: rand.Text(), lock: lock}
	if err := s.tx(ctx, "take the lease", func(t *sql.Tx) error { return l.take(ctx, t) }); err != nil {
		lock.Close()
		return nil, err
	}
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.beat.Go(func() { l.renew(beat) })
	return l, nil
}

// patientLock tries for a moment: Alive holds the lock that long.
func patientLock(f *os.File) (locked bool, err error) {
	for n := range 5 {
		if n > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		if locked, err = tryLock(f); locked || err != nil {
			break
		}
	}
	return locked, err
}

// Alive reports whether the process that carries a run on is still there: on this host by its lock, on another by its lease.
func (s *Store) Alive(ctx context.Context, r journal.Run, host string) (bool, error) {
	h, err := holder(ctx, s.read, directory.Fold(r.Tenant))
	if err != nil {
		return false, s.fail("read the lease", err)
	}
	if r.State.Ended() || h.By != r.By || h.Expires.IsZero() {
		return false, nil
	}
	if h.By.Host != host {
		return s.now().Before(h.Expires), nil
	}
	lock, err := os.OpenFile(s.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, fmt.Errorf("lock the store: %w", err)
	}
	defer lock.Close()
	free, err := tryLock(lock)
	return !free, err
}

// Epoch counts how often the lease was taken.
func (l *Lease) Epoch() int64 { return l.epoch }

// holder reads who holds a tenant's lease; nobody is known while it was never taken.
func holder(ctx context.Context, q querier, tenant string) (*HeldError, error) {
	h := &HeldError{}
	var since, expires sql.NullString
	err := q.QueryRowContext(ctx, `SELECT by_user, by_host, by_pid, since, expires FROM leases WHERE tenant = $1`, tenant).
		Scan(&h.By.User, &h.By.Host, &h.By.PID, &since, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err == nil {
		h.Since, err = toTime(since)
	}
	if err == nil {
		h.Expires, err = toTime(expires)
	}
	return h, err
}

// take writes the row. A row of this host is that of a process that is gone, since this one has the host's lock; one of
// another host counts until it runs out.
func (l *Lease) take(ctx context.Context, t *sql.Tx) error {
	now := l.store.now()
	if h, err := halted(ctx, t); err != nil {
		return err
	} else if h != nil {
		return &HaltError{*h}
	}
	var other int
	if err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM leases WHERE tenant <> $1`, l.tenant).Scan(&other); err != nil {
		return err
	}
	if other > 0 {
		return ErrOtherTenant
	}
	err := t.QueryRowContext(ctx, `INSERT INTO leases (tenant, by_user, by_host, by_pid, nonce, epoch, since, expires)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
		ON CONFLICT (tenant) DO UPDATE SET by_user = excluded.by_user, by_host = excluded.by_host, by_pid = excluded.by_pid,
			nonce = excluded.nonce, epoch = leases.epoch + 1, since = excluded.since, expires = excluded.expires
		WHERE leases.expires IS NULL OR leases.expires <= $6 OR leases.by_host = $3
		RETURNING epoch`,
		l.tenant, l.by.User, l.by.Host, l.by.PID, l.nonce, fromTime(now), fromTime(now.Add(l.store.ttl))).Scan(&l.epoch)
	if errors.Is(err, sql.ErrNoRows) {
		held, err := holder(ctx, t, l.tenant)
		return cmp.Or(err, error(held))
	}
	return err
}

// renew keeps the lease alive until it is released or another process has taken over. An error is not the end: the next
// beat may succeed, and what matters, beginning a change, asks the store itself.
func (l *Lease) renew(ctx context.Context) {
	tick := time.NewTicker(l.store.ttl / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r, err := l.store.write.ExecContext(ctx, `UPDATE leases SET expires = $1 WHERE tenant = $2 AND nonce = $3`,
				fromTime(l.store.now().Add(l.store.ttl)), l.tenant, l.nonce)
			if err != nil {
				continue
			}
			if n, err := r.RowsAffected(); err == nil && n == 0 {
				return
			}
		}
	}
}

// Release gives the lease back. The second call does nothing.
func (l *Lease) Release() (err error) {
	l.once.Do(func() {
		l.stop()
		l.beat.Wait()
		ctx := context.Background()
		err = l.store.tx(ctx, "release the lease", func(t *sql.Tx) error {
			_, err := t.ExecContext(ctx, `UPDATE leases SET expires = NULL WHERE tenant = $1 AND nonce = $2`, l.tenant, l.nonce)
			return err
		})
		l.lock.Close()
	})
	return err
}

// tx runs f in a transaction if the lease is still held; ErrLeaseLost otherwise.
func (l *Lease) tx(ctx context.Context, op string, f func(*sql.Tx) error) error {
	return l.store.tx(ctx, op, func(t *sql.Tx) error {
		var nonce string
		var expires sql.NullString
		err := t.QueryRowContext(ctx, `SELECT nonce, expires FROM leases WHERE tenant = $1`, l.tenant).Scan(&nonce, &expires)
		if err != nil {
			return err
		}
		if nonce != l.nonce || !expires.Valid {
			return ErrLeaseLost
		}
		return f(t)
	})
}
