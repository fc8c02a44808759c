package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
)

func TestLeaseOnOneHost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	c := &clock{noon}
	one, two := opened(t, path, c), opened(t, path, c)
	l := acquired(t, one, "h")
	_, err := two.Acquire(t.Context(), tenant, journal.Who{Host: "h", PID: 8})
	var held *HeldError
	if !errors.As(err, &held) || held.By.PID != 7 || !held.Since.Equal(noon) {
		t.Fatalf("a lease that is held: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	again := acquired(t, two, "h")
	if again.Epoch() != 2 {
		t.Errorf("epoch is %d, want 2", again.Epoch())
	}
	if err := l.Record(t.Context(), journal.Entry{Run: "r1", Change: "x"}); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("writing under a lease that was released: %v", err)
	}
}

// drop gives the lock of the host back without the lease, as a process that dies does.
func drop(t *testing.T, l *Lease) {
	t.Helper()
	l.stop()
	l.beat.Wait()
	if err := l.lock.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLeaseOfADeadProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	c := &clock{noon}
	one, two := opened(t, path, c), opened(t, path, c)
	dead := acquired(t, one, "h")
	run := started(t, dead)
	drop(t, dead)
	if _, err := two.Acquire(t.Context(), tenant, journal.Who{Host: "other"}); err == nil {
		t.Fatal("another host took a lease that has not run out")
	}
	acquired(t, two, "h") // the same host knows that the process is gone
	if err := dead.Record(t.Context(), journal.Entry{Run: run.ID, Change: "x"}); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a process that is back from the dead: %v", err)
	}
}

func TestLeaseThatRanOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	c := &clock{noon}
	one, two := opened(t, path, c), opened(t, path, c)
	slept := acquired(t, one, "h")
	run := started(t, slept)
	drop(t, slept)
	c.at = noon.Add(30 * time.Minute)
	other := acquired(t, two, "other")
	if other.Epoch() != slept.Epoch()+1 {
		t.Errorf("epochs are %d and %d", slept.Epoch(), other.Epoch())
	}
	if err := slept.Settle(t.Context(), journal.Entry{Run: run.ID, Change: "x", Anchor: "x"}, nil); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a process that slept through its lease: %v", err)
	}
	if err := slept.Release(); err != nil {
		t.Fatal(err)
	}
	if err := other.Record(t.Context(), journal.Entry{Run: run.ID, Change: "x", At: noon}); err != nil {
		t.Errorf("the release of the old lease took the new one: %v", err)
	}
}

func TestStoreBelongsToOneTenant(t *testing.T) {
	s := fresh(t)
	if err := acquired(t, s, "h").Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), "22222222-2222-3333-4444-555555555555", journal.Who{Host: "h"}); !errors.Is(err, ErrOtherTenant) {
		t.Errorf("another tenant: %v", err)
	}
	l, err := s.Acquire(t.Context(), strings.ToUpper(tenant), journal.Who{Host: "h"})
	if err != nil {
		t.Fatalf("the lock is held after a refusal, or the tenant's case matters: %v", err)
	}
	l.Release()
}
