package store

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
)

// load fills a ledger with n rows in one transaction.
func load(b *testing.B, s *Store, n int) {
	b.Helper()
	if err := s.tx(b.Context(), "load", func(t *sql.Tx) error {
		for i := range n {
			if err := putRow(b.Context(), t, row(i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

const many = 100_000

func BenchmarkRows(b *testing.B) {
	s := fresh(b)
	load(b, s, many)
	for b.Loop() {
		if n := len(rows(b, s)); n != many {
			b.Fatal(n)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	s := fresh(b)
	load(b, s, many)
	o := ledger.Observation{At: noon}
	for i := range many {
		r := row(i)
		o.Leaving = append(o.Leaving, ledger.Leaving{Anchor: r.Anchor, Name: r.Name, DN: r.DN, Leave: r.Leave, Hold: r.Hold})
	}
	for b.Loop() {
		if err := s.Observe(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChange is what one change costs in the store: begun, exported, done with the ledger.
func BenchmarkChange(b *testing.B) {
	s := fresh(b)
	l := acquired(b, s, "h")
	run := started(b, l)
	n := 0
	for b.Loop() {
		n++
		e := journal.Entry{Run: run.ID, Change: fmt.Sprint(n), Anchor: row(n).Anchor, State: journal.Begun, At: noon}
		for range 2 {
			if err := l.Record(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
		if err := l.Settle(b.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) { return row(n), true }); err != nil {
			b.Fatal(err)
		}
	}
}
