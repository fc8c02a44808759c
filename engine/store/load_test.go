package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
)

// TestUpkeepWhileARunWrites purges, exports, backs up and asks the run to stop, all while the run writes: the run notices
// nothing, and each of them sees one state of the store.
func TestUpkeepWhileARunWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.db")
	s, other := opened(t, path, &clock{noon}), opened(t, path, &clock{noon}) // as another process has it
	l := acquired(t, s, "h")
	long := noon.Add(-100 * 24 * time.Hour)
	for n := range 5 {
		r := journal.Run{ID: fmt.Sprint("old", n), Plan: fmt.Sprint("old", n), State: journal.Finished, Started: long, Finished: long}
		if _, _, err := l.Start(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := l.Record(t.Context(), journal.Entry{Run: r.ID, Change: "a", State: journal.Done, At: long}); err != nil {
			t.Fatal(err)
		}
	}
	run := started(t, l)
	const changes = 300
	begun, done := make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < changes && err == nil; n++ {
			e := journal.Entry{Run: run.ID, Change: fmt.Sprint(n), Anchor: row(n).Anchor, State: journal.Begun, At: noon}
			if err = l.Record(context.Background(), e); err == nil {
				e.State = journal.Done
				err = l.Settle(context.Background(), e, func(ledger.Row, bool) (ledger.Row, bool) { return row(n), true })
			}
			if n == 0 {
				close(begun)
			}
		}
		done <- err
	}()
	<-begun
	purged, last := 0, 0
	for round := 0; ; round++ {
		p, err := other.Purge(t.Context(), noon.Add(-90*24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		purged += p.Runs
		exported := 0
		for _, err := range other.Entries(t.Context(), run.ID) {
			if err != nil {
				t.Fatal(err)
			}
			exported++
		}
		if exported < last {
			t.Errorf("an export has %d changes, and an earlier one %d", exported, last)
		}
		last = exported
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := errors.Join(other.Backup(t.Context(), copied), other.AskToStop(t.Context(), run.ID, journal.Who{User: "ute"}, "")); err != nil {
			t.Fatal(err)
		}
		c := opened(t, copied, &clock{noon})
		counts, err := c.Counts(t.Context(), run.ID)
		if n := len(rows(t, c)); err != nil || counts[journal.Done] != n || counts[journal.Begun] > 1 {
			t.Errorf("round %d: the copy has %v and %d rows, %v", round, counts, n, err)
		}
		c.Close()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			counts, err := s.Counts(t.Context(), run.ID)
			if err != nil || counts[journal.Done] != changes || purged != 5 {
				t.Errorf("%v, %d runs purged, %v", counts, purged, err)
			}
			return
		default:
		}
	}
}
