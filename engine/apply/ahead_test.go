package apply_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
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

// surveyed is a tenant that answers many questions at once and counts the looks of each kind.
type surveyed struct {
	*memory.Target
	mu      sync.Mutex
	windows []int                                   // questions of each survey
	singly  int                                     // looks at one object
	answer  func(connector.Answer) connector.Answer // between the tenant and apply; nil for none
	before  func(plan.Change)                       // each write; nil for nothing
}

func (t *surveyed) Survey(ctx context.Context, questions []connector.Question) []connector.Answer {
	t.mu.Lock()
	t.windows = append(t.windows, len(questions))
	t.mu.Unlock()
	out := make([]connector.Answer, len(questions))
	for i, q := range questions {
		if q.ID != "" {
			out[i].Object, out[i].Err = t.Target.Current(ctx, q.Type, q.ID, q.Properties)
		} else {
			out[i].Object, out[i].Err = t.Target.ByAnchor(ctx, q.Type, q.Anchor)
		}
		if t.answer != nil {
			out[i] = t.answer(out[i])
		}
	}
	return out
}

func (t *surveyed) alone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.singly++
}

func (t *surveyed) Current(ctx context.Context, k cloud.Type, id string, properties []string) (cloud.Object, error) {
	t.alone()
	return t.Target.Current(ctx, k, id, properties)
}

func (t *surveyed) ByAnchor(ctx context.Context, k cloud.Type, a directory.Anchor) (cloud.Object, error) {
	t.alone()
	return t.Target.ByAnchor(ctx, k, a)
}

func (t *surveyed) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	if t.before != nil {
		t.before(c)
	}
	return t.Target.Export(ctx, c, resolve)
}

// renames is a tenant of n users with a plan that gives each another name.
func renames(t *testing.T, n int) (*world, *surveyed, *plan.File, []plan.Change) {
	t.Helper()
	var objects []cloud.Object
	var changes []plan.Change
	for i := range n {
		seen := existing(i + 1)
		objects = append(objects, seen)
		changes = append(changes, against(change(user(i+1), plan.Update, set("displayName", cloud.Text("New"))), seen))
	}
	w := newWorld(t, objects...)
	return w, &surveyed{Target: w.target}, planned(t, changes, nil), changes
}

func (t *surveyed) in(o *apply.Options) {
	o.Targets = map[cloud.Directory]connector.Target{cloud.Entra: t}
}

func TestObjectsAreLookedAtAWindowAtATime(t *testing.T) {
	w, target, f, changes := renames(t, 45)
	if r, err := w.run(f, target.in); err != nil || !r.Complete() {
		t.Fatalf("%+v, %v", r, err)
	}
	if diff := cmp.Diff([]int{20, 20, 5}, target.windows); diff != "" || target.singly != 0 {
		t.Errorf("%d looks at one object; questions of each survey (-want +got)\n%s", target.singly, diff)
	}
	w.once(changes)
}

func TestOneObjectIsLookedAtByItself(t *testing.T) {
	w, target, f, _ := renames(t, 1)
	if r, err := w.run(f, target.in); err != nil || !r.Complete() {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(target.windows) != 0 || target.singly != 1 {
		t.Errorf("surveys %v, looks %d, want one look", target.windows, target.singly)
	}
}

// What hangs together in a plan comes out the same whether the tenant answers many questions at once or one.
func TestSurveyedPlanEndsInTheSameState(t *testing.T) {
	calm := newWorld(t)
	changes := company()
	calm.must(planned(t, changes, nil))
	for _, workers := range []int{1, 4} {
		w := newWorld(t)
		target := &surveyed{Target: w.target}
		if r, err := w.run(planned(t, changes, nil), func(o *apply.Options) { target.in(o); o.Workers = workers }); err != nil || !r.Complete() {
			t.Fatalf("%+v, %v", r, err)
		}
		if len(target.windows) == 0 {
			t.Error("nothing was asked ahead")
		}
		if diff := cmp.Diff(calm.shape(), w.shape()); diff != "" {
			t.Errorf("%d workers (-one by one +surveyed)\n%s", workers, diff)
		}
		w.once(changes)
	}
}

// An answer counts for 30 seconds by the run's clock: an object that somebody changes later than that is seen as it is.
func TestAnswersAreFreshForThirtySeconds(t *testing.T) {
	for name, c := range map[string]struct {
		took   time.Duration // the first write
		singly int
		want   journal.State // of the last change
	}{
		"within":     {30 * time.Second, 0, journal.Done},
		"afterwards": {30*time.Second + time.Nanosecond, 2, journal.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			w, target, f, changes := renames(t, 3)
			now := noon
			target.before = func(p plan.Change) {
				if p.ID != changes[0].ID {
					return
				}
				now = now.Add(c.took)
				o := existing(3)
				o.Put("displayName", cloud.Text("Theirs"))
				w.target.Set(o)
			}
			if _, err := w.run(f, func(o *apply.Options) { target.in(o); o.Now = func() time.Time { return now } }); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[changes[2].ID]; e.State != c.want || target.singly != c.singly {
				t.Errorf("the change is %s: %q, after %d looks at one object, want %s after %d", e.State, e.Detail, target.singly, c.want, c.singly)
			}
		})
	}
}

// An answer that is an error is asked for again with the patience of a single look, and NotFound of what this plan has just
// made is not believed.
func TestErrorsOfASurveyAreAskedAgain(t *testing.T) {
	for name, err := range map[string]error{
		"throttled": &fault.Error{Kind: fault.Throttled, Err: errors.New("slow down")},
		"unknown":   errors.New("a torn answer"),
		"denied":    &fault.Error{Kind: fault.Denied, Err: errors.New("no")},
	} {
		t.Run(name, func(t *testing.T) {
			w, target, f, changes := renames(t, 3)
			target.answer = func(connector.Answer) connector.Answer { return connector.Answer{Err: err} }
			if r, err := w.run(f, target.in); err != nil || !r.Complete() || target.singly != 3 || len(w.sleeps) != 0 {
				t.Errorf("%+v, %v; %d looks at one object, pauses %v", r, err, target.singly, w.sleeps)
			}
			w.once(changes)
		})
	}
	t.Run("not found, just made", func(t *testing.T) {
		w := newWorld(t)
		target := &surveyed{Target: w.target}
		target.answer = func(connector.Answer) connector.Answer {
			return connector.Answer{Err: &fault.Error{Kind: fault.NotFound, Err: errors.New("a replica lags")}}
		}
		changes := company()
		if r, err := w.run(planned(t, changes, nil), target.in); err != nil || !r.Complete() {
			t.Fatalf("%+v, %v", r, err)
		}
		w.once(changes)
	})
}

// What was seen ahead is of the first change of an object: the write of that comes between, and a later change looks again.
func TestLaterChangesOfAnObjectLookAgain(t *testing.T) {
	var objects []cloud.Object
	var changes []plan.Change
	for i := range 3 {
		seen := existing(i + 1)
		objects = append(objects, seen)
		first := against(change(user(i+1), plan.Update, set("city", cloud.Text("Ulm"))), seen)
		second := against(change(user(i+1), plan.Update, set("displayName", cloud.Text("New"))), seen)
		second.ID += "/name"
		changes = append(changes, first, second)
	}
	w := newWorld(t, objects...)
	target := &surveyed{Target: w.target}
	target.before = func(c plan.Change) {
		if c.ID != changes[0].ID {
			return
		}
		o := existing(1)
		o.Put("displayName", cloud.Text("Theirs"))
		w.target.Set(o)
	}
	if _, err := w.run(planned(t, changes, nil), target.in); err != nil {
		t.Fatal(err)
	}
	if got := w.entries()[changes[1].ID]; got.State != journal.Conflict || target.singly != 3 {
		t.Errorf("the later change is %s: %q, after %d looks at one object, want a conflict after 3", got.State, got.Detail, target.singly)
	}
	for _, c := range []int{0, 2, 3, 4, 5} {
		if got := w.entries()[changes[c].ID]; got.State != journal.Done {
			t.Errorf("change %s is %s: %q", got.Change, got.State, got.Detail)
		}
	}
}

func TestResumedRunsLookForThemselves(t *testing.T) {
	w, target, f, changes := renames(t, 30)
	calls := 0
	cut := func(o *apply.Options) {
		target.in(o)
		o.Until = noon.Add(time.Minute)
		o.Now = func() time.Time {
			if calls++; calls > 60 {
				return noon.Add(time.Minute)
			}
			return noon
		}
	}
	if r, err := w.run(f, cut); err != nil || !r.Interrupted || r.NotReached == 0 || r.Counts.Succeeded() == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	target.windows, target.singly = nil, 0
	r, err := w.run(f, target.in)
	if err != nil || !r.Complete() || !r.Resumed {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(target.windows) != 0 || target.singly == 0 {
		t.Errorf("surveys %v, looks %d, want looks alone", target.windows, target.singly)
	}
	w.once(changes)
}

// However many workers there are, two changes of one object are never on their way together.
func TestChangesOfOneObjectGoOutOneAfterTheOther(t *testing.T) {
	w := newWorld(t)
	f := facts()
	f.SKUs[0].Enabled, f.SKUs[1].Enabled = 1000, 1000
	w.target = memory.New(f)
	target := &surveyed{Target: w.target}
	var mu sync.Mutex
	flying := map[directory.Anchor]int{}
	changes := large(100)
	watch := func(c plan.Change, by int) {
		mu.Lock()
		if flying[c.Object.Anchor] += by; flying[c.Object.Anchor] > 1 {
			t.Errorf("two changes of %s at a time", c.Object.Name)
		}
		mu.Unlock()
		for range 20 {
			runtime.Gosched() // whoever else may be on the way comes by now
		}
	}
	if r, err := w.run(planned(t, changes, nil), func(o *apply.Options) {
		o.Workers = 8
		o.Targets = map[cloud.Directory]connector.Target{cloud.Entra: tracked{target, watch}}
	}); err != nil || !r.Complete() {
		t.Fatalf("%+v, %v", r, err)
	}
	w.once(changes)
}

// tracked says when a write begins and ends.
type tracked struct {
	*surveyed
	at func(c plan.Change, by int)
}

func (t tracked) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	t.at(c, 1)
	defer t.at(c, -1)
	return t.surveyed.Export(ctx, c, resolve)
}
