package apply_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

func TestRunCarriesOutEverything(t *testing.T) {
	w := newWorld(t)
	changes := company()
	r := w.must(planned(t, changes, nil))
	if r.Counts[journal.Done] != len(changes) || r.NotReached != 0 || len(r.Failures) != 0 {
		t.Errorf("counts are %v, %d not reached, failures %v", r.Counts, r.NotReached, r.Failures)
	}
	w.once(changes)
	objects := map[directory.Anchor]cloud.Object{}
	for _, o := range w.target.All() {
		objects[o.Anchor] = o
	}
	boss, two, g := objects[userAnchor(1)], objects[userAnchor(2)], objects[group(4).Anchor]
	if got := two.Get("manager").Text(); got != boss.ID {
		t.Errorf("manager is %q, want %q", got, boss.ID)
	}
	if diff := cmp.Diff(cloud.Texts([]string{boss.ID, two.ID, objects[group(5).Anchor].ID}).Texts(), g.Get("members").Texts()); diff != "" {
		t.Errorf("members (-want +got)\n%s", diff)
	}
}

func TestRunFillsTheLedger(t *testing.T) {
	w := newWorld(t)
	w.must(planned(t, company(), nil))
	var two ledger.Row
	for _, r := range w.rows() {
		if r.Anchor == userAnchor(2) {
			two = r
		}
	}
	ids := map[directory.Anchor]string{}
	for _, o := range w.target.All() {
		ids[o.Anchor] = o.ID
	}
	want := ledger.Row{Anchor: userAnchor(2), GUID: guid(2), Kind: directory.User, Type: cloud.User, ID: ids[userAnchor(2)], Name: "User 2", DN: "CN=User 2",
		How: ledger.Created, Leave: "disable", Hold: 14 * 24 * time.Hour, Exported: []cloud.Set{
			{Name: "accountEnabled", Value: cloud.Truth(true)}, {Name: "displayName", Value: cloud.Text("User 2")},
			{Name: "licenses", Value: cloud.Licenses([]cloud.License{{SKU: f3}})}, {Name: "mailNickname", Value: cloud.Text("user2")},
			{Name: "manager", Value: cloud.Text(ids[userAnchor(1)])}, {Name: "usageLocation", Value: cloud.Text("DE")},
			{Name: "userPrincipalName", Value: cloud.Text("user2@contoso.example")}}}
	if diff := cmp.Diff(want, two); diff != "" {
		t.Errorf("row (-want +got)\n%s", diff)
	}
}

func TestFinishedPlanIsRefused(t *testing.T) {
	w := newWorld(t)
	f := planned(t, company(), nil)
	w.must(f)
	n := len(w.target.Log())
	if _, err := w.run(f, nil); reasonOf(err) != apply.AlreadyApplied {
		t.Errorf("second run: %v", err)
	}
	if got := len(w.target.Log()); got != n {
		t.Errorf("the second run sent %d changes", got-n)
	}
}

func TestRefusals(t *testing.T) {
	one := createUser(1)
	cases := map[string]struct {
		changes  []plan.Change
		manifest func(*plan.Manifest)
		options  func(*apply.Options)
		want     apply.Reason
	}{
		"expired":            {manifest: func(m *plan.Manifest) { m.Expires = noon }, want: apply.Expired},
		"without an expiry":  {manifest: func(m *plan.Manifest) { m.Expires = time.Time{} }, want: apply.Expired},
		"a preview":          {manifest: func(m *plan.Manifest) { m.Preview = true }, want: apply.Preview},
		"of a later instant": {manifest: func(m *plan.Manifest) { m.AsOf = m.Created.Add(time.Second) }, want: apply.Preview},
		"other tenant":       {manifest: func(m *plan.Manifest) { m.Tenant.ID = "22222222-2222-3333-4444-555555555555" }, want: apply.OtherTenant},
		"guard exceeded":     {manifest: func(m *plan.Manifest) { m.Guards = []plan.Guard{{Name: "delete", Exceeded: true}} }, want: apply.GuardExceeded},
		"source not at hand": {manifest: func(m *plan.Manifest) { m.Offline = false }, want: apply.NoSource},
		"target not at hand": {options: func(o *apply.Options) {
			o.Targets = map[cloud.Directory]connector.Target{cloud.Exchange: o.Targets[cloud.Entra]}
		}, want: apply.NoTarget},
		"override of another plan": {options: func(o *apply.Options) {
			o.Allow = []journal.Override{{Guard: "delete", Plan: "sha256:00", Reason: "x"}}
		}, want: apply.BadOverride},
		"override without a reason": {options: func(o *apply.Options) {
			o.Allow = []journal.Override{{Guard: "delete", Plan: o.Plan.Digest()}}
		}, want: apply.BadOverride},
		"override of another guard": {
			manifest: func(m *plan.Manifest) { m.Guards = []plan.Guard{{Name: "delete", Exceeded: true}} },
			options: func(o *apply.Options) {
				o.Allow = []journal.Override{{Guard: "disable", Plan: o.Plan.Digest(), Reason: "x"}}
			}, want: apply.GuardExceeded},
		"dependency not in the plan": {changes: []plan.Change{after(license(user(1), e3), one)}, want: apply.Malformed},
		"dependency that is later":   {changes: []plan.Change{after(one, license(user(1), e3)), license(user(1), e3)}, want: apply.Malformed},
		"dependencies in a circle":   {changes: []plan.Change{after(one, createUser(2)), after(createUser(2), one)}, want: apply.Malformed},
		"dependency on itself":       {changes: []plan.Change{after(one, one)}, want: apply.Malformed},
		"unknown action":             {changes: []plan.Change{change(user(1), "purge")}, want: apply.Malformed},
		"update without fingerprint": {changes: []plan.Change{func() plan.Change { c := change(user(1), plan.Update); c.Object.ID = "x"; return c }()}, want: apply.Malformed},
		"delete in a partial plan": {changes: []plan.Change{change(user(1), plan.Delete)},
			manifest: func(m *plan.Manifest) { m.Complete = false }, want: apply.Malformed},
		"kind that the ledger does not know": {changes: []plan.Change{func() plan.Change { c := createUser(1); c.Object.Kind = "cloud"; return c }()}, want: apply.Malformed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.changes == nil {
				c.changes = []plan.Change{one}
			}
			_, err := w.run(planned(t, c.changes, c.manifest), c.options)
			if got := reasonOf(err); got != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if n := len(w.target.Log()); n != 0 {
				t.Errorf("%d changes were sent", n)
			}
			if n := len(w.entries()); n != 0 {
				t.Errorf("%d entries were written", n)
			}
		})
	}
}

func TestOverrideLetsAPlanPassAndIsRecorded(t *testing.T) {
	w := newWorld(t)
	f := planned(t, company(), func(m *plan.Manifest) { m.Guards = []plan.Guard{{Name: "create", Exceeded: true}} })
	allow := []journal.Override{{Guard: "create", Plan: f.Digest(), Reason: "CHG0031337"}}
	r, err := w.run(f, func(o *apply.Options) { o.Allow = allow })
	if err != nil || !r.Complete() {
		t.Fatalf("%v, %v", err, r.Counts)
	}
	s := w.open()
	run, err := s.Run(t.Context(), f.Digest())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allow, run.Overrides); diff != "" {
		t.Errorf("overrides (-want +got)\n%s", diff)
	}
}

func TestWorkersDoNotChangeTheOutcome(t *testing.T) {
	var changes []plan.Change
	for n := 1; n <= 40; n++ {
		c := createUser(n)
		changes = append(changes, c, after(license(user(n), e3), c))
		if n > 1 {
			changes = append(changes, after(manager(user(n), user(n-1)), c, createUser(n-1)))
		}
	}
	bad := createUser(41)
	bad.Attributes[1].After = cloud.Value{} // a display name is required
	changes = append(changes, bad, after(license(user(41), e3), bad))
	f := planned(t, changes, nil)
	outcome := func(workers int) (string, map[string]journal.State, []string) {
		w := newWorld(t)
		var order []string
		if _, err := w.run(f, func(o *apply.Options) {
			o.Workers = workers
			o.Progress = func(done, total int, e journal.Entry) { order = append(order, e.Change) }
		}); err != nil {
			t.Fatal(err)
		}
		return w.shape(), states(w.entries()), order
	}
	shape, entries, order := outcome(1)
	if entries[bad.ID] != journal.Failed || entries[string(userAnchor(41))+"/license"] != journal.Blocked {
		t.Errorf("the bad user is %s, its licence %s", entries[bad.ID], entries[string(userAnchor(41))+"/license"])
	}
	for _, workers := range []int{4, 16} {
		shape4, entries4, order4 := outcome(workers)
		if diff := cmp.Diff(shape, shape4); diff != "" {
			t.Errorf("tenant and ledger with %d workers (-1 +%d)\n%s", workers, workers, diff)
		}
		if diff := cmp.Diff(entries, entries4); diff != "" {
			t.Errorf("journal with %d workers\n%s", workers, diff)
		}
		if diff := cmp.Diff(order, order4); diff != "" {
			t.Errorf("order of reports with %d workers\n%s", workers, diff)
		}
	}
}

func TestDependenciesInsideOneStage(t *testing.T) {
	// The group with the lower anchor waits for the one with the higher, and that for a third.
	one, two, three := createGroup(1), createGroup(2), createGroup(3)
	changes := []plan.Change{after(one, three), after(three, two), two}
	w := newWorld(t)
	w.must(planned(t, changes, nil))
	var order []string
	for _, e := range w.target.Log() {
		order = append(order, e.Change.ID)
	}
	if diff := cmp.Diff([]string{two.ID, three.ID, one.ID}, order); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
}

func TestCancelFinishesWhatIsInFlight(t *testing.T) {
	w := newWorld(t)
	changes := company()
	f := planned(t, changes, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := w.open()
	lease, err := s.Acquire(t.Context(), tenantID, journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	o := w.options(f)
	o.Journal, o.Ledger = lease, s
	o.Progress = func(done, _ int, _ journal.Entry) {
		if done == 2 {
			cancel()
		}
	}
	r, err := apply.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Run.State != journal.Interrupted || r.NotReached == 0 || r.Counts.Unsettled() != 0 {
		t.Errorf("interrupted %t, state %s, %d not reached, %v", r.Interrupted, r.Run.State, r.NotReached, r.Counts)
	}
	if err := lease.Release(); err != nil {
		t.Fatal(err)
	}
	if again := w.must(f); !again.Resumed {
		t.Error("the second run did not carry on the first")
	}
	w.once(changes)
}
