package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/journal"
)

func TestApprovalsHoldForParts(t *testing.T) {
	at := time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	anna := journal.Approval{Plan: "whole", By: journal.Who{User: "anna", Host: "h", PID: 1}, Comment: "CHG1", At: at}
	bernd := journal.Approval{Plan: "part", By: journal.Who{User: "bernd", Host: "h", PID: 1}, Key: "k", At: at.Add(time.Second)}
	for _, a := range []journal.Approval{anna, bernd} {
		if err := s.Approve(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range [][2]string{{"part", "whole"}, {"part", "whole"}, {"less", "part"}, {"part", "less"}, {"whole", "whole"}} { // a circle, too
		if err := s.Subset(t.Context(), x[0], x[1]); err != nil {
			t.Fatal(err)
		}
	}
	for plan, want := range map[string][]journal.Approval{"whole": {anna}, "part": {anna, bernd}, "less": {anna, bernd}, "other": nil} {
		got, err := s.Approvals(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", plan, diff)
		}
	}
	if ok, err := s.Withdraw(t.Context(), "whole", "anna"); err != nil || !ok {
		t.Errorf("withdrawn %v, %v", ok, err)
	}
	if ok, err := s.Withdraw(t.Context(), "whole", "anna"); err != nil || ok {
		t.Errorf("withdrawn twice %v, %v", ok, err)
	}
	if got, _ := s.Approvals(t.Context(), "less"); len(got) != 1 {
		t.Errorf("%v is left, want bernd's", got)
	}
}

func TestFailedGivesThoseOfTheLastRunThatChangedAnything(t *testing.T) {
	at := time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := s.Acquire(t.Context(), "t", journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	for i, r := range []struct {
		id      string
		entries map[string]journal.State
	}{{"old", map[string]journal.State{"x": journal.Failed}}, {"last", map[string]journal.State{"a": journal.Failed, "b": journal.Done, "c": journal.Conflict}}, {"empty", nil}} {
		run := journal.Run{ID: r.id, Plan: r.id, State: journal.Running, Started: at.Add(time.Duration(i) * time.Minute)}
		if _, _, err := l.Start(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		for id, state := range r.entries {
			if err := l.Record(t.Context(), journal.Entry{Run: r.id, Change: id, State: state, At: at}); err != nil {
				t.Fatal(err)
			}
		}
		run.State = journal.Finished
		if err := l.Finish(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Failed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"a": true}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
