package apply_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

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
		"update as planned":                    {rename, func(*cloud.Object) {}, journal.Done, 1},
		"update done by another":               {rename, with("displayName", cloud.Text("New")), journal.Already, 0},
		"update that another has overtaken":    {rename, with("displayName", cloud.Text("Other")), journal.Conflict, 0},
		"update beside another's change":       {rename, with("city", cloud.Text("Bonn")), journal.Done, 1},
		"update of an object deleted since":    {rename, func(o *cloud.Object) { o.Deleted = true }, journal.Conflict, 0},
		"delete as planned":                    {remove, func(*cloud.Object) {}, journal.Done, 1},
		"delete of an object deleted since":    {remove, func(o *cloud.Object) { o.Deleted = true }, journal.Already, 0},
		"delete of an object renamed since":    {remove, with("displayName", cloud.Text("Other")), journal.Conflict, 0},
		"delete of an object anchored anew":    {remove, func(o *cloud.Object) { o.Anchor = userAnchor(2) }, journal.Conflict, 0},
		"delete of an object now another's":    {remove, func(o *cloud.Object) { o.Synced = true }, journal.Conflict, 0},
		"delete after its anchor was cleared":  {remove, func(o *cloud.Object) { o.Anchor = "" }, journal.Conflict, 0},
		"delete of what the cloud owns by now": {remove, func(o *cloud.Object) { o.CloudOwned = true }, journal.Conflict, 0},
		"disable of an object anchored anew":   {disable, func(o *cloud.Object) { o.Anchor = userAnchor(2) }, journal.Conflict, 0},
		"disable after its anchor was cleared": {disable, func(o *cloud.Object) { o.Anchor = "" }, journal.Conflict, 0},
		"delete of an administrator by now":    {remove, func(o *cloud.Object) { o.Admin = true }, journal.Conflict, 0},
		"disable of an administrator by now":   {disable, func(o *cloud.Object) { o.Admin = true }, journal.Conflict, 0},
		"disable as planned":                   {disable, func(*cloud.Object) {}, journal.Done, 1},
		"disable of a blocked object":          {disable, with("accountEnabled", cloud.Truth(false)), journal.Already, 0},
		"disable of an object now another's":   {disable, func(o *cloud.Object) { o.Synced = true }, journal.Conflict, 0},
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
	adopt.Fingerprint = plan.FingerprintOf(&foreign, plan.Identifying(cloud.User))
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
