package store

import (
	"errors"
	"testing"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
)

func waiting(id, policy string, state task.State) task.Task {
	return task.Task{ID: id, Tenant: tenant, Policy: policy, Change: plan.Change{ID: id, Object: plan.Object{Anchor: "a"}}, State: state, Created: noon, Next: noon, Deadline: noon.Add(time.Hour)}
}

// A process that lost its lease, or gave it back, writes no task.
func TestTasksAreWrittenUnderTheLease(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	e := journal.Entry{Run: run.ID, Change: "1", Anchor: "a", At: noon}
	for name, write := range map[string]func() error{
		"put":    func() error { return l.PutTask(t.Context(), waiting("1", "p", task.Waiting), e) },
		"defer":  func() error { return l.Defer(t.Context(), e, waiting("1", "p", task.Waiting)) },
		"retire": func() error { return l.RetireTasks(t.Context(), "q") },
		"settle": func() error {
			return l.SettleTask(t.Context(), waiting("1", "p", task.Done), e, func(r ledger.Row, _ bool) (ledger.Row, bool) { return r, false })
		},
	} {
		if err := write(); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	for k := range s.AllTasks(t.Context()) {
		t.Errorf("task %s was written", k.ID)
	}
}

func TestTasksThatAreNotToBeTouched(t *testing.T) {
	s := fresh(t)
	l := acquired(t, s, "h")
	run := started(t, l)
	for id, state := range map[string]task.State{"1": task.Running, "2": task.Suspended, "3": task.Waiting} {
		if err := l.PutTask(t.Context(), waiting(id, "old", state), journal.Entry{Run: run.ID, Change: id, Anchor: "a", At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ChangeTask(t.Context(), "1", func(*task.Task) error { return nil }); !errors.Is(err, ErrTaskState) {
		t.Errorf("a person changed a task that is being carried out: %v", err)
	}
	if err := l.RetireTasks(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]task.State{"1": task.Running, "2": task.Suspended, "3": task.Cancelled} {
		if k, err := s.Task(t.Context(), id); err != nil || k.State != want {
			t.Errorf("task %s is %s, %v, want %s", id, k.State, err, want)
		}
	}
}

func TestOneTakesBackTheirOwnApproval(t *testing.T) {
	s := fresh(t)
	for _, user := range []string{"ann", "bob"} {
		if err := s.Approve(t.Context(), journal.Approval{Plan: "p", By: journal.Who{User: user, Host: "h"}, At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := s.Withdraw(t.Context(), "p", "ann"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if list, err := s.Approvals(t.Context(), "p"); err != nil || len(list) != 1 || list[0].By.User != "bob" {
		t.Errorf("approvals are %+v, %v, want bob's", list, err)
	}
}
