package apply_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/engine/task"
)

var _ apply.Tasks = (*store.Lease)(nil)

const policy = "sha256:of-the-policies"

// awaiting makes a change of the user that another change makes, and that needs a mailbox.
func awaiting(n int, city string) plan.Change {
	c := after(change(user(n), plan.Update, set("city", cloud.Text(city))), createUser(n))
	c.Await = plan.AwaitMailbox
	return c
}

// mailbox is whether the mailbox that changes await is there.
type mailbox struct{ there bool }

// lacking makes a tenant refuse changes that await a mailbox until that is there.
func lacking(w *world) *mailbox {
	m := &mailbox{}
	w.target.Inject(memory.Fault{Match: func(c plan.Change) bool { return c.Await != "" && !m.there }, Err: kind(fault.NotReady)})
	return m
}

// delayed applies a plan that makes a user and puts a change of it off, and gives the task.
func delayed(t *testing.T, w *world) (task.Task, *mailbox) {
	t.Helper()
	m := lacking(w)
	r := w.must(planned(t, []plan.Change{createUser(1), awaiting(1, "Bonn")}, func(m *plan.Manifest) { m.Policy.Digest = policy }))
	if r.Counts[journal.Delayed] != 1 || r.Counts[journal.Done] != 1 {
		t.Fatalf("counts are %v", r.Counts)
	}
	list := w.tasks()
	if len(list) != 1 || list[0].State != task.Waiting || list[0].Change.Object.ID == "" || list[0].Reason == "" {
		t.Fatalf("tasks are %+v", list)
	}
	return list[0], m
}

// tasks gives all tasks, the oldest first.
func (w *world) tasks() []task.Task {
	w.t.Helper()
	var out []task.Task
	for k, err := range w.open().AllTasks(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, k)
	}
	return out
}

// work carries out the tasks that are due at an instant, as one process would.
func (w *world) work(at time.Time, adapt func(*apply.TaskOptions)) (apply.TaskResult, error) {
	w.t.Helper()
	s := w.open()
	lease, err := s.Acquire(w.t.Context(), tenantID, journal.Who{Host: "h", PID: 2})
	if err != nil {
		w.t.Fatal(err)
	}
	defer lease.Release()
	list, err := apply.DueTasks(s.Tasks(w.t.Context()), at, false)
	if err != nil {
		w.t.Fatal(err)
	}
	o := apply.TaskOptions{Options: w.options(nil), List: list, Tasks: lease, Tenant: tenantID, Policy: policy}
	o.Ledger, o.Mode, o.Now = s, "tasks", func() time.Time { return at }
	if adapt != nil {
		adapt(&o)
	}
	return apply.RunTasks(w.t.Context(), o)
}

func TestTaskIsDoneOnceItsMailboxIsThere(t *testing.T) {
	w := newWorld(t)
	first, m := delayed(t, w)
	if !first.Next.Equal(noon.Add(5*time.Minute)) || !first.Deadline.Equal(noon.Add(72*time.Hour)) {
		t.Errorf("next %s, deadline %s", first.Next, first.Deadline)
	}
	if r, err := w.work(noon.Add(time.Minute), nil); err != nil || r.Run.ID != "" {
		t.Fatalf("a task that is not due: %+v, %v", r, err)
	}
	at := noon
	for n, want := range []time.Duration{10, 20, 40} {
		at = w.tasks()[0].Next
		r, err := w.work(at, nil)
		if err != nil || r.Waiting != 1 || r.Run.State != journal.Finished {
			t.Fatalf("attempt %d: %+v, %v", n, r, err)
		}
		if k := w.tasks()[0]; k.Attempts != n+1 || !k.Next.Equal(at.Add(want*time.Minute)) {
			t.Errorf("after attempt %d: %d attempts, next in %s", n, k.Attempts, k.Next.Sub(at))
		}
	}
	m.there = true
	r, err := w.work(w.tasks()[0].Next, nil)
	if err != nil || r.Done != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	k := w.tasks()[0]
	row := w.rows()[0]
	city, _ := row.LastWritten("city")
	if o := w.target.All()[0]; k.State != task.Done || k.Ended.IsZero() || o.Get("city").Text() != "Bonn" || city.Text() != "Bonn" {
		t.Errorf("task is %s, the city is %s, and the ledger says %s", k.State, o.Get("city"), city)
	}
	if r, err := w.work(at.Add(1000*time.Hour), nil); err != nil || r.Run.ID != "" {
		t.Errorf("a task that is done is carried out again: %+v, %v", r, err)
	}
}

func TestTaskEndsWithoutItsEffect(t *testing.T) {
	late := noon.Add(73 * time.Hour)
	cases := map[string]struct {
		meddle func(*world, *mailbox)
		adapt  func(*apply.TaskOptions)
		at     time.Time
		want   task.State
		sent   int // exports of the change after it was put off
	}{
		"its deadline passes": {nil, nil, late, task.Expired, 1},
		"its deadline passed while nobody looked, and the mailbox is there": {func(_ *world, m *mailbox) { m.there = true }, nil, late, task.Done, 1},
		"the policies changed": {nil, func(o *apply.TaskOptions) { o.Policy = "sha256:others" }, noon.Add(time.Hour), task.Cancelled, 0},
		"the source changed": {nil, func(o *apply.TaskOptions) {
			o.Reconsider = func(context.Context, directory.Anchor) (string, error) { return "another", nil }
		}, noon.Add(time.Hour), task.Cancelled, 0},
		"its object was deleted, and another bears its name": {func(w *world, m *mailbox) {
			o := w.target.All()[0]
			w.target.Remove(o.ID)
			o.ID, o.Anchor = "00000000-0000-4000-8000-00000000beef", ""
			w.target.Set(o)
			m.there = true
		}, nil, noon.Add(time.Hour), task.Cancelled, 0},
		"the ledger knows another object by its anchor": {func(w *world, m *mailbox) {
			r := w.rows()[0]
			r.ID = "00000000-0000-4000-8000-00000000beef"
			w.seed(r)
			m.there = true
		}, nil, noon.Add(time.Hour), task.Cancelled, 0},
		"the cloud owns its object by now": {func(w *world, m *mailbox) {
			o := w.target.All()[0]
			o.CloudOwned, m.there = true, true
			w.target.Set(o)
		}, nil, noon.Add(time.Hour), task.Cancelled, 0},
		"it is refused for good": {func(w *world, m *mailbox) {
			m.there = true
			w.target.Inject(memory.Fault{Err: kind(fault.Invalid)})
		}, nil, noon.Add(time.Hour), task.Failed, 1},
		"a permission is missing": {func(w *world, m *mailbox) {
			m.there = true
			w.target.Inject(memory.Fault{Err: kind(fault.Denied)})
		}, nil, noon.Add(time.Hour), task.Waiting, 1},
		"it holds the wished value already": {func(w *world, _ *mailbox) {
			o := w.target.All()[0]
			o.Put("city", cloud.Text("Bonn"))
			w.target.Set(o)
		}, nil, noon.Add(time.Hour), task.Done, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, m := delayed(t, w)
			if c.meddle != nil {
				c.meddle(w, m)
			}
			before := len(w.target.Log())
			r, err := w.work(c.at, c.adapt)
			if err != nil {
				t.Fatal(err)
			}
			k := w.tasks()[0]
			if k.State != c.want || k.Ended.IsZero() == c.want.Ended() || !c.want.Ended() == (r.Waiting == 0) {
				t.Errorf("task is %s: %s; %+v", k.State, k.Detail, r)
			}
			if n := len(w.target.Log()) - before; n != c.sent {
				t.Errorf("%d changes were sent, want %d", n, c.sent)
			}
			if lost := c.want == task.Expired || c.want == task.Failed; lost != (r.Lost() == 1) {
				t.Errorf("%d tasks are lost", r.Lost())
			}
		})
	}
}

func TestSuspendedTaskWaitsAndExpires(t *testing.T) {
	w := newWorld(t)
	k, m := delayed(t, w)
	m.there = true
	suspend := func(k *task.Task) error { k.State = task.Suspended; return nil }
	if _, err := w.open().ChangeTask(t.Context(), k.ID, suspend); err != nil {
		t.Fatal(err)
	}
	if r, err := w.work(noon.Add(time.Hour), nil); err != nil || r.Run.ID != "" {
		t.Fatalf("a suspended task: %+v, %v", r, err)
	}
	if r, err := w.work(k.Deadline, nil); err != nil || len(r.Ended) != 1 || r.Ended[0].State != task.Expired {
		t.Fatalf("its deadline: %+v, %v", r, err)
	}
	if _, err := w.open().ChangeTask(t.Context(), k.ID, suspend); !errors.Is(err, store.ErrTaskState) {
		t.Errorf("changing a task that ended: %v", err)
	}
}

// unanswered is a target whose process is gone before the answer comes: the write took effect, and the journal fails.
type unanswered struct{ connector.Target }

func (u unanswered) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	if _, err := u.Target.Export(ctx, c, resolve); err != nil {
		return "", err
	}
	panic(errors.New("gone"))
}

func TestTaskThatWasBegunIsLookedUp(t *testing.T) {
	for name, there := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			k, m := delayed(t, w)
			m.there = there
			func() {
				defer func() { _ = recover() }()
				_, _ = w.work(noon.Add(time.Hour), func(o *apply.TaskOptions) {
					o.Targets = map[cloud.Directory]connector.Target{cloud.Entra: unanswered{w.target}}
				})
			}()
			if there != (w.tasks()[0].State == task.Running) {
				t.Fatalf("task is %s", w.tasks()[0].State)
			}
			m.there = true
			before := len(w.target.Log())
			if r, err := w.work(noon.Add(2*time.Hour), nil); err != nil || r.Done != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			sent := map[bool]int{true: 0, false: 1}[there]
			if n := len(w.target.Log()) - before; n != sent {
				t.Errorf("%d changes were sent, want %d", n, sent)
			}
			if got := w.applied()[k.Change.ID]; got != 1 {
				t.Errorf("the change took effect %d times", got)
			}
		})
	}
}

func TestPlanReplacesTask(t *testing.T) {
	w := newWorld(t)
	first, m := delayed(t, w)
	next := func(city string, at time.Time) *plan.File {
		c := awaiting(1, city)
		c.Object.ID, c.DependsOn = first.Change.Object.ID, nil
		return planned(t, []plan.Change{c}, func(p *plan.Manifest) { p.Policy.Digest, p.Created, p.AsOf = policy, at, at })
	}
	w.must(next("Bonn", noon.Add(-time.Minute)))
	w.must(next("Ulm", noon.Add(-2*time.Minute)))
	list := w.tasks()
	var open []task.Task
	for _, k := range list {
		if !k.State.Ended() {
			open = append(open, k)
		}
	}
	if len(list) != 3 || len(open) != 1 || open[0].Change.Attributes[0].After.Text() != "Ulm" {
		t.Fatalf("tasks are %+v", list)
	}
	m.there = true
	w.must(next("Bern", noon.Add(-3*time.Minute)))
	for _, k := range w.tasks() {
		if k.State != task.Cancelled {
			t.Errorf("once a plan carried the change out, a task is %s", k.State)
		}
	}
}

func TestChangeThatDependsOnADelayedOne(t *testing.T) {
	w := newWorld(t)
	lacking(w)
	first := awaiting(1, "Bonn")
	second := after(manager(user(1), user(1)), first)
	third := second
	third.ID, third.Await = second.ID+"/waits", plan.AwaitMailbox
	if _, err := w.run(planned(t, []plan.Change{createUser(1), first, second, third}, nil), nil); err != nil {
		t.Fatal(err)
	}
	got := states(w.entries())
	if got[first.ID] != journal.Delayed || got[second.ID] != journal.Blocked || got[third.ID] != journal.Delayed {
		t.Errorf("states are %v", got)
	}
}

func TestTasksOfAnotherTenantAreRefused(t *testing.T) {
	w := newWorld(t)
	delayed(t, w)
	_, err := w.work(noon.Add(time.Hour), func(o *apply.TaskOptions) { o.Tenant = "22222222-2222-3333-4444-555555555555" })
	if reasonOf(err) != apply.OtherTenant {
		t.Errorf("got %v", err)
	}
}

func TestDeadlineIsNotWornOutByNewPlans(t *testing.T) {
	w := newWorld(t)
	first, _ := delayed(t, w)
	s := w.open()
	lease, err := s.Acquire(t.Context(), tenantID, journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	if err := lease.RetireTasks(t.Context(), "sha256:others"); err != nil {
		t.Fatal(err)
	}
	again := first
	again.ID, again.Created, again.Deadline = "again", noon.Add(time.Hour), noon.Add(73*time.Hour)
	e := journal.Entry{Run: first.Run, Change: first.Change.ID, Anchor: first.Change.Object.Anchor, State: journal.Delayed, At: noon}
	if err := lease.Defer(t.Context(), e, again); err != nil {
		t.Fatal(err)
	}
	got, err := s.Task(t.Context(), "again")
	if err != nil || !got.Deadline.Equal(first.Deadline) {
		t.Errorf("the deadline is %s, and was %s: %v", got.Deadline, first.Deadline, err)
	}
	if k, err := s.Task(t.Context(), first.ID); err != nil || k.State != task.Cancelled {
		t.Errorf("the task that policies of before decided is %s, %v", k.State, err)
	}
}
