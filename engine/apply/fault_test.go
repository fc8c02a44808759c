package apply_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/coexistsync/coexist/engine/ledger"
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

// existing is a user that coexist owns, as a plan found it.
func existing(n int) cloud.Object {
	return live(user(n), fmt.Sprintf("00000000-0000-4000-8000-0000000f%04d", n), cloud.Set{Name: "accountEnabled", Value: cloud.Truth(true)},
		cloud.Set{Name: "city", Value: cloud.Text("Berlin")}, cloud.Set{Name: "displayName", Value: cloud.Text("Old")},
		cloud.Set{Name: "department", Value: cloud.Text("Sales")}, cloud.Set{Name: "usageLocation", Value: cloud.Text("DE")})
}

func ownedRow(o cloud.Object) ledger.Row {
	return ledger.Row{Anchor: o.Anchor, Kind: directory.User, Type: cloud.User, ID: o.ID, How: ledger.Created}
}

func TestTargetIsHeldAgainstThePlan(t *testing.T) {
	seen := existing(1)
	rename := against(change(user(1), plan.Update, set("displayName", cloud.Text("New"))), seen)
	remove := against(change(user(1), plan.Delete, set("displayName", cloud.Value{})), seen)
	disable := against(change(user(1), plan.Disable, set("accountEnabled", cloud.Truth(false))), seen)
	with := func(name string, v cloud.Value) func(*cloud.Object) { return func(o *cloud.Object) { o.Put(name, v) } }
	cases := map[string]struct {
		change plan.Change
		meddle func(*cloud.Object)
		want   journal.State
		sent   int
	}{
		"update as planned":                  {rename, func(*cloud.Object) {}, journal.Done, 1},
		"update done by another":             {rename, with("displayName", cloud.Text("New")), journal.Already, 0},
		"update that another has overtaken":  {rename, with("displayName", cloud.Text("Other")), journal.Conflict, 0},
		"update beside another's change":     {rename, with("city", cloud.Text("Bonn")), journal.Done, 1},
		"update of an object deleted since":  {rename, func(o *cloud.Object) { o.Deleted = true }, journal.Conflict, 0},
		"delete as planned":                  {remove, func(*cloud.Object) {}, journal.Done, 1},
		"delete of an object deleted since":  {remove, func(o *cloud.Object) { o.Deleted = true }, journal.Already, 0},
		"delete of an object renamed since":  {remove, with("displayName", cloud.Text("Other")), journal.Conflict, 0},
		"delete of an object anchored anew":  {remove, func(o *cloud.Object) { o.Anchor = userAnchor(2) }, journal.Conflict, 0},
		"delete of an object now another's":  {remove, func(o *cloud.Object) { o.Synced = true }, journal.Conflict, 0},
		"disable as planned":                 {disable, func(*cloud.Object) {}, journal.Done, 1},
		"disable of a blocked object":        {disable, with("accountEnabled", cloud.Truth(false)), journal.Already, 0},
		"disable of an object now another's": {disable, func(o *cloud.Object) { o.Synced = true }, journal.Conflict, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			now := existing(1)
			c.meddle(&now)
			w := newWorld(t, now)
			w.seed(ownedRow(seen))
			if _, err := w.run(planned(t, []plan.Change{c.change}, nil), nil); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[c.change.ID]; e.State != c.want || (e.Detail != "") != (c.want == journal.Conflict) {
				t.Errorf("state is %s: %q, want %s", e.State, e.Detail, c.want)
			}
			if n := len(w.target.Log()); n != c.sent {
				t.Errorf("%d changes were sent, want %d", n, c.sent)
			}
		})
	}
}

func TestCreateOfAnObjectThatIsThere(t *testing.T) {
	c := createUser(1)
	made := live(user(1), "")
	for _, a := range c.Attributes {
		made.Put(a.Name, a.After)
	}
	cases := map[string]struct {
		meddle func(*cloud.Object)
		want   journal.State
		how    ledger.How
	}{
		"as wished":        {func(*cloud.Object) {}, journal.Already, ledger.Adopted},
		"otherwise":        {func(o *cloud.Object) { o.Put("displayName", cloud.Text("Other")) }, journal.Conflict, ""},
		"in deleted items": {func(o *cloud.Object) { o.Deleted = true }, journal.Conflict, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := made
			o.Properties = append([]cloud.Set(nil), made.Properties...)
			tc.meddle(&o)
			w := newWorld(t, o)
			if _, err := w.run(planned(t, []plan.Change{c}, nil), nil); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[c.ID]; e.State != tc.want {
				t.Errorf("state is %s: %s", e.State, e.Detail)
			}
			var how ledger.How
			for _, r := range w.rows() {
				how = r.How
			}
			if how != tc.how {
				t.Errorf("the ledger says %q, want %q", how, tc.how)
			}
		})
	}
}

func TestNothingIsTakenFromWhatTheLedgerDoesNotOwn(t *testing.T) {
	seen := existing(1)
	other := ownedRow(seen)
	other.ID = "another"
	activated := ownedRow(seen)
	activated.How = ledger.Activated
	for name, rows := range map[string][]ledger.Row{"no row": nil, "activated": {activated}, "row of another object": {other}} {
		for _, a := range []plan.Action{plan.Delete, plan.Disable} {
			t.Run(string(a)+", "+name, func(t *testing.T) {
				w := newWorld(t, seen)
				w.seed(rows...)
				c := against(change(user(1), a, set("displayName", cloud.Value{})), seen)
				if _, err := w.run(planned(t, []plan.Change{c}, nil), nil); err != nil {
					t.Fatal(err)
				}
				if e := w.entries()[c.ID]; e.State != journal.Conflict || len(w.target.Log()) != 0 {
					t.Errorf("state is %s, %d sent", e.State, len(w.target.Log()))
				}
			})
		}
	}
}

func TestSourceIsHeldAgainstThePlan(t *testing.T) {
	seen := existing(1)
	rename := against(change(user(1), plan.Update, set("displayName", cloud.Text("New"))), seen)
	rename.Source = "facts"
	remove := against(change(user(1), plan.Delete), seen)
	cases := map[string]struct {
		change plan.Change
		now    string
		err    error
		want   journal.State
	}{
		"as planned":                {rename, "facts", nil, journal.Done},
		"changed":                   {rename, "other", nil, journal.Stale},
		"left":                      {rename, "", nil, journal.Stale},
		"still away":                {remove, "", nil, journal.Done},
		"back again":                {remove, "facts", nil, journal.Stale},
		"source cannot be read":     {rename, "", kind(fault.Unreachable), journal.Deferred},
		"source refuses to be read": {rename, "", kind(fault.Denied), journal.Failed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, seen)
			w.seed(ownedRow(seen))
			f := planned(t, []plan.Change{c.change}, func(m *plan.Manifest) { m.Offline = false })
			if _, err := w.run(f, func(o *apply.Options) {
				o.Reconsider = func(context.Context, directory.Anchor) (string, error) { return c.now, c.err }
			}); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[c.change.ID]; e.State != c.want {
				t.Errorf("state is %s: %s", e.State, e.Detail)
			}
			if sent := len(w.target.Log()); (sent == 1) != (c.want == journal.Done) {
				t.Errorf("%d changes were sent", sent)
			}
		})
	}
}

func TestSourceIsAskedOnceForEachObject(t *testing.T) {
	asked := map[directory.Anchor]int{}
	w := newWorld(t)
	changes := company()
	_, err := w.run(planned(t, changes, func(m *plan.Manifest) { m.Offline = false }), func(o *apply.Options) {
		o.Reconsider = func(_ context.Context, a directory.Anchor) (string, error) { asked[a]++; return "", nil }
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[directory.Anchor]int{userAnchor(1): 1, userAnchor(2): 1, userAnchor(3): 1, group(4).Anchor: 1, group(5).Anchor: 1}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("questions (-want +got)\n%s", diff)
	}
}

func TestLedgerAfterEachAction(t *testing.T) {
	seen := existing(1)
	seen.Put("licenses", cloud.Licenses([]cloud.License{{SKU: f3}}))
	old := ownedRow(seen)
	old.How, old.Leave, old.LeftSince = ledger.Activated, "keep", noon
	foreign := seen
	foreign.Anchor = ""
	adopt := against(change(user(1), plan.Adopt, plan.Attribute{Name: "anchor", After: cloud.Text(string(userAnchor(1)))}), foreign)
	adopt.Attributes[0].Before, adopt.Leave, adopt.Hold = cloud.Value{}, "delete", time.Hour
	lics := against(license(user(1), e3, f3), seen)
	cases := map[string]struct {
		object cloud.Object
		row    []ledger.Row
		change plan.Change
		want   func(r *ledger.Row)
	}{
		"update of an object of another engine": {seen, nil, against(change(user(1), plan.Update, set("city", cloud.Text("Bonn"))), seen), func(r *ledger.Row) {
			r.How, r.Exported = ledger.Activated, []cloud.Set{{Name: "city", Value: cloud.Text("Bonn")}}
		}},
		"clearing is remembered": {seen, []ledger.Row{ownedRow(seen)}, against(change(user(1), plan.Update, set("city", cloud.Value{})), seen), func(r *ledger.Row) {
			r.How, r.Exported = ledger.Created, []cloud.Set{{Name: "city"}}
		}},
		"licences that were there are not ours": {seen, []ledger.Row{ownedRow(seen)}, lics, func(r *ledger.Row) {
			r.How, r.Exported = ledger.Created, []cloud.Set{{Name: "licenses", Value: cloud.Licenses([]cloud.License{{SKU: e3}})}}
		}},
		"adoption makes it ours": {foreign, []ledger.Row{old}, adopt, func(r *ledger.Row) {
			r.How, r.Leave, r.Hold = ledger.Adopted, "delete", time.Hour
		}},
		"disable": {seen, []ledger.Row{ownedRow(seen)}, against(change(user(1), plan.Disable), seen), func(r *ledger.Row) {
			r.How, r.Exported = ledger.Created, []cloud.Set{{Name: "accountEnabled", Value: cloud.Truth(false)}}
		}},
		"delete": {seen, []ledger.Row{ownedRow(seen)}, against(change(user(1), plan.Delete), seen), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.object)
			w.seed(c.row...)
			w.must(planned(t, []plan.Change{c.change}, nil))
			var want []ledger.Row
			if c.want != nil {
				r := ledger.Row{Anchor: userAnchor(1), GUID: guid(1), Kind: directory.User, Type: cloud.User, ID: seen.ID, Name: "User 1", DN: "CN=User 1"}
				c.want(&r)
				want = append(want, r)
			}
			if diff := cmp.Diff(want, w.rows()); diff != "" {
				t.Errorf("ledger (-want +got)\n%s", diff)
			}
		})
	}
}

func TestRestore(t *testing.T) {
	seen := existing(1)
	seen.Deleted = true
	c := change(user(1), plan.Restore)
	c.Object.ID, c.Leave = seen.ID, "disable"
	for name, tc := range map[string]struct {
		meddle func(*memory.Target)
		want   journal.State
	}{
		"from deleted items": {func(*memory.Target) {}, journal.Done},
		"restored by another": {func(m *memory.Target) {
			o := seen
			o.Deleted = false
			m.Set(o)
		}, journal.Already},
		"purged meanwhile": {func(m *memory.Target) { m.Remove(seen.ID) }, journal.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, seen)
			tc.meddle(w.target)
			if _, err := w.run(planned(t, []plan.Change{c}, nil), nil); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[c.ID]; e.State != tc.want {
				t.Errorf("state is %s: %s", e.State, e.Detail)
			}
			if rows := w.rows(); (len(rows) == 1 && rows[0].How == ledger.Adopted && rows[0].Leave == "disable") != tc.want.Succeeded() {
				t.Errorf("ledger holds %+v", rows)
			}
		})
	}
}
