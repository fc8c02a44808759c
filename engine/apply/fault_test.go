package apply_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

func kind(k fault.Kind) *fault.Error {
	return &fault.Error{Kind: k, Op: "test", RequestID: "req-1", Err: errors.New("injected")}
}

func TestFaultsOfACreate(t *testing.T) {
	cases := map[string]struct {
		fault   memory.Fault
		state   journal.State
		attempt int
		run     journal.RunState
	}{
		"transient once":                     {memory.Fault{Err: kind(fault.Transient), Times: 1}, journal.Done, 2, journal.Finished},
		"throttled twice":                    {memory.Fault{Err: kind(fault.Throttled), Times: 2}, journal.Done, 3, journal.Finished},
		"transient for ever":                 {memory.Fault{Err: kind(fault.Transient)}, journal.Deferred, 8, journal.Interrupted},
		"throttled for ever":                 {memory.Fault{Err: kind(fault.Throttled)}, journal.Deferred, 8, journal.Interrupted},
		"answer lost after the write":        {memory.Fault{After: true, Times: 1}, journal.Done, 1, journal.Finished},
		"answer lost before the write":       {memory.Fault{Err: kind(fault.Unknown), Times: 1}, journal.Done, 2, journal.Finished},
		"error without a kind after it":      {memory.Fault{After: true, Err: errors.New("EOF"), Times: 1}, journal.Done, 1, journal.Finished},
		"unreachable after the write":        {memory.Fault{After: true, Err: kind(fault.Unreachable), Times: 1}, journal.Done, 1, journal.Finished},
		"made and not ready":                 {memory.Fault{After: true, Err: kind(fault.NotReady), Times: 1}, journal.Done, 1, journal.Finished},
		"conflict":                           {memory.Fault{Err: kind(fault.Conflict)}, journal.Failed, 1, journal.Finished},
		"invalid":                            {memory.Fault{Err: kind(fault.Invalid)}, journal.Failed, 1, journal.Finished},
		"denied":                             {memory.Fault{Err: kind(fault.Denied)}, journal.Failed, 1, journal.Finished},
		"credentials refused":                {memory.Fault{Err: kind(fault.SignIn)}, journal.Failed, 1, journal.Stopped},
		"asked to wait longer than it would": {memory.Fault{Err: &fault.Error{Kind: fault.Throttled, Delay: time.Hour}}, journal.Deferred, 1, journal.Interrupted},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.target.Inject(c.fault)
			r, err := w.run(planned(t, []plan.Change{createUser(1)}, nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			e := w.entries()[createUser(1).ID]
			if e.State != c.state || e.Attempt != c.attempt || r.Run.State != c.run {
				t.Errorf("%s after %d attempts, run %s (%s): %s", e.State, e.Attempt, r.Run.State, r.Run.Detail, e.Detail)
			}
			made := len(w.target.All())
			if want := map[bool]int{true: 1, false: 0}[c.state == journal.Done]; made != want {
				t.Errorf("%d objects were made, want %d", made, want)
			}
			if c.state == journal.Failed && (e.RequestID != "req-1" || e.FaultKind != c.fault.Err.(*fault.Error).Kind.String()) {
				t.Errorf("request id %q, fault %q", e.RequestID, e.FaultKind)
			}
		})
	}
}

func TestEveryActionSurvivesALostAnswer(t *testing.T) {
	for name, after := range map[string]bool{"after the write": true, "before the write": false} {
		t.Run(name, func(t *testing.T) {
			calm := newWorld(t)
			changes := company()
			f := planned(t, changes, nil)
			calm.must(f)
			for _, c := range changes {
				w := newWorld(t)
				w.target.Inject(memory.Fault{Match: func(x plan.Change) bool { return x.ID == c.ID }, After: after, Err: kind(fault.Unknown), Times: 1})
				w.must(f)
				w.once(changes)
				if diff := cmp.Diff(calm.shape(), w.shape()); diff != "" {
					t.Errorf("%s: (-calm +got)\n%s", c.ID, diff)
				}
			}
		})
	}
}

func TestPausesGrowAndHeedTheService(t *testing.T) {
	w := newWorld(t)
	w.target.Inject(memory.Fault{Err: kind(fault.Transient), Times: 3})
	w.target.Inject(memory.Fault{Err: &fault.Error{Kind: fault.Throttled, Delay: 17 * time.Second}, Times: 1})
	w.must(planned(t, []plan.Change{createUser(1)}, nil))
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 17*time.Second + 8*time.Second}
	if diff := cmp.Diff(want, w.sleeps); diff != "" {
		t.Errorf("pauses (-want +got)\n%s", diff)
	}
}

func TestCreatedObjectsThatAreNotVisibleYet(t *testing.T) {
	w := newWorld(t)
	w.target.Lag(3)
	changes := company()
	w.must(planned(t, changes, nil))
	w.once(changes)
}

// lagging is a target that, as Graph does, answers not found for an object that is not visible everywhere yet.
type lagging struct{ connector.Target }

func absent(err error) error {
	if err != nil && fault.KindOf(err) == fault.NotReady {
		return kind(fault.NotFound)
	}
	return err
}

func (l lagging) Current(ctx context.Context, t cloud.Type, id string, names []string) (cloud.Object, error) {
	o, err := l.Target.Current(ctx, t, id, names)
	return o, absent(err)
}

func (l lagging) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	id, err := l.Target.Export(ctx, c, resolve)
	return id, absent(err)
}

func TestFreshObjectsThatAreNotFoundYet(t *testing.T) {
	w := newWorld(t)
	w.target.Lag(3)
	changes := company()
	r, err := w.run(planned(t, changes, nil), func(o *apply.Options) { o.Targets[cloud.Entra] = lagging{w.target} })
	if err != nil || !r.Complete() {
		t.Fatalf("%v: %v, %v", err, r.Counts, r.Failures)
	}
	w.once(changes)
}

// tracing is a target that says which of its requests carried a change out.
type tracing struct{ connector.Target }

func (x tracing) ExportTraced(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (id, request string, err error) {
	id, err = x.Export(ctx, c, resolve)
	return id, "request of " + c.ID, err
}

func TestRequestIDsOfSuccessesAreJournalled(t *testing.T) {
	w := newWorld(t)
	c := createUser(1)
	r, err := w.run(planned(t, []plan.Change{c}, nil), func(o *apply.Options) { o.Targets[cloud.Entra] = tracing{w.target} })
	if err != nil || !r.Complete() {
		t.Fatalf("%v: %v, %v", err, r.Counts, r.Failures)
	}
	if e, want := w.entries()[c.ID], "request of "+c.ID; e.RequestID != want {
		t.Errorf("entry %+v, want request id %q", e, want)
	}
}

func (l lagging) ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error) {
	o, err := l.Target.ByAnchor(ctx, t, a)
	return o, absent(err)
}

// A create whose answer was lost is not found for as long as apply looks, and then stands in the way of its repetition.
func TestConflictWithOurOwnEarlierAttempt(t *testing.T) {
	w := newWorld(t)
	w.target.Lag(3)
	w.target.Inject(memory.Fault{After: true, Err: kind(fault.Unknown), Times: 1})
	c := createUser(1)
	r, err := w.run(planned(t, []plan.Change{c}, nil), func(o *apply.Options) { o.Targets[cloud.Entra] = lagging{w.target} })
	if err != nil || !r.Complete() {
		t.Fatalf("%v: %v, %v", err, r.Counts, r.Failures)
	}
	if e := w.entries()[c.ID]; e.Attempt != 2 {
		t.Errorf("%d attempts, want 2", e.Attempt)
	}
	w.once([]plan.Change{c})
}

func TestLostAnswerAndLagTogether(t *testing.T) {
	w := newWorld(t)
	w.target.Lag(2)
	w.target.Inject(memory.Fault{After: true, Err: kind(fault.Unknown), Match: func(c plan.Change) bool { return c.Action == plan.Create }})
	changes := company()
	w.must(planned(t, changes, nil))
	w.once(changes)
}

func TestUnknownOutcomeIsLookedUpByTheNextRun(t *testing.T) {
	w := newWorld(t)
	f := planned(t, []plan.Change{createUser(1)}, nil)
	w.target.Inject(memory.Fault{After: true, Err: kind(fault.Unknown), Times: 1})
	w.target.Lag(50)
	r, err := w.run(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts[journal.Unknown] != 1 || r.Run.State != journal.Interrupted || r.Interrupted {
		t.Fatalf("%v, run %s, interrupted %t", r.Counts, r.Run.State, r.Interrupted)
	}
	for range 10 {
		if r, err = w.run(f, nil); err != nil {
			t.Fatal(err)
		}
		if r.Complete() {
			break
		}
	}
	if !r.Complete() {
		t.Errorf("still %v", r.Counts)
	}
	w.once([]plan.Change{createUser(1)})
}

func TestDependentsOfAFailureAreBlocked(t *testing.T) {
	w := newWorld(t)
	changes := company()
	boss := changes[0].ID
	w.target.Inject(memory.Fault{Match: func(c plan.Change) bool { return c.ID == boss }, Err: kind(fault.Invalid)})
	r, err := w.run(planned(t, changes, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := states(w.entries())
	want := map[string]journal.State{}
	for _, c := range changes {
		want[c.ID] = journal.Done
	}
	want[boss] = journal.Failed
	want[string(userAnchor(1))+"/license"] = journal.Blocked
	want[string(userAnchor(2))+"/refer"] = journal.Blocked
	want[string(userAnchor(3))+"/refer"] = journal.Blocked
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got)\n%s", diff)
	}
	if d := w.entries()[string(userAnchor(1))+"/license"].Detail; d != "depends on "+boss+", which is failed" {
		t.Errorf("detail is %q", d)
	}
	if d := w.entries()[string(group(4).Anchor)+"/members"].Detail; d != "without 1 that have no counterpart in the cloud: User 1" {
		t.Errorf("detail of the group is %q", d)
	}
	if len(r.Failures) != 4 || r.Run.State != journal.Finished {
		t.Errorf("%d failures, run %s", len(r.Failures), r.Run.State)
	}
}

func TestMembersWithoutAnyCounterpartAreBlocked(t *testing.T) {
	w := newWorld(t)
	g := createGroup(1)
	if _, err := w.run(planned(t, []plan.Change{g, after(members(group(1), user(9)), g)}, nil), nil); err != nil {
		t.Fatal(err)
	}
	if e := w.entries()[string(group(1).Anchor)+"/members"]; e.State != journal.Blocked {
		t.Errorf("state is %s", e.State)
	}
}

func TestStopRules(t *testing.T) {
	var changes []plan.Change
	for n := 1; n <= 100; n++ {
		changes = append(changes, createUser(n))
	}
	f := planned(t, changes, nil)
	odd := func(c plan.Change) bool { return c.Object.Name[len(c.Object.Name)-1]%2 == 1 }
	cases := map[string]struct {
		fault memory.Fault
		stop  apply.Stop
		tried int
	}{
		"failures in a row":           {memory.Fault{Err: kind(fault.Invalid)}, apply.Stop{}, 20},
		"fewer failures in a row":     {memory.Fault{Err: kind(fault.Invalid)}, apply.Stop{Failures: 3}, 3},
		"denied in a row":             {memory.Fault{Err: kind(fault.Denied)}, apply.Stop{}, 5},
		"credentials refused":         {memory.Fault{Err: kind(fault.SignIn)}, apply.Stop{Failures: -1, FailureShare: -1}, 1},
		"share of failures":           {memory.Fault{Match: odd, Err: kind(fault.Invalid)}, apply.Stop{}, 50},
		"rules that are switched off": {memory.Fault{Err: kind(fault.Denied)}, apply.Stop{Failures: -1, FailureShare: -1, Denied: -1}, 100},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.target.Inject(c.fault)
			r, err := w.run(f, func(o *apply.Options) { o.Stop = c.stop })
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Counts.Reached(); got != c.tried {
				t.Errorf("%d changes were tried, want %d", got, c.tried)
			}
			if stopped := r.Run.State == journal.Stopped; stopped != (c.tried < 100) || stopped != (r.Run.Detail != "") {
				t.Errorf("run is %s: %s", r.Run.State, r.Run.Detail)
			}
		})
	}
}

func TestStoppedRunGoesOn(t *testing.T) {
	var changes []plan.Change
	for n := 1; n <= 10; n++ {
		changes = append(changes, createUser(n))
	}
	f := planned(t, changes, nil)
	w := newWorld(t)
	w.target.Inject(memory.Fault{Err: kind(fault.SignIn), Times: 1})
	r, err := w.run(f, nil)
	if err != nil || r.Run.State != journal.Stopped {
		t.Fatalf("run is %s, %v", r.Run.State, err)
	}
	w.must(f)
	w.once(changes)
}
