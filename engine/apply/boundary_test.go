package apply_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// deadly is a target at whose export the process dies: before the tenant did anything, or after it.
type deadly struct {
	connector.Target
	journal *cutter
	late    bool
}

func (d deadly) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	if d.late {
		if _, err := d.Target.Export(ctx, c, resolve); err != nil {
			return "", err
		}
	}
	d.journal.die()
	return "", kind(fault.Unknown)
}

// die makes every write from now on fail.
func (c *cutter) die() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.late = c.writes, false
}

// never is a write that no run comes to.
const never = 1 << 30

// boundaries are the points at which the process of a change can die, and what is true then.
var boundaries = map[string]struct {
	at     int  // write to the journal, never for one at the export
	late   bool // after that write; after the export
	export bool
}{
	"before begun":                     {at: 1},
	"begun is durable":                 {at: 1, late: true},
	"the request is written":           {at: never, export: true},
	"the tenant did it, unanswered":    {at: never, export: true, late: true},
	"the answer is read":               {at: 2},
	"exported is durable, before done": {at: 2, late: true},
}

// kindOfAction is one change, with the tenant and the ledger that it was planned against.
type kindOfAction struct {
	change  plan.Change
	objects []cloud.Object
	rows    []ledger.Row
}

// actions are the kinds of change that differ in how they are found again.
func actions() map[string]kindOfAction {
	seen, boss := existing(1), existing(2)
	boss.Put("displayName", cloud.Text("Boss"))
	foreign := existing(1)
	foreign.Anchor = ""
	adopt := against(change(user(1), plan.Adopt, plan.Attribute{Name: "anchor", After: cloud.Text(string(userAnchor(1)))}), foreign)
	adopt.Attributes[0].Before, adopt.Fingerprint = cloud.Value{}, plan.FingerprintOf(&foreign, plan.Identifying(cloud.User))
	licensed := existing(1)
	licensed.Put("licenses", cloud.Licenses([]cloud.License{{SKU: f3}}))
	deleted := existing(1)
	deleted.Deleted = true
	restore := change(user(1), plan.Restore)
	restore.Object.ID = deleted.ID
	known := user(2)
	known.ID = boss.ID
	team := live(group(4), "00000000-0000-4000-8000-0000000f0004", cloud.Set{Name: "displayName", Value: cloud.Text("Team")})
	full := live(group(4), team.ID, cloud.Set{Name: "displayName", Value: cloud.Text("Team")}, cloud.Set{Name: "members", Value: cloud.Texts([]string{boss.ID})})
	join := against(members(group(4), known), team)
	part := change(group(4), plan.Members, plan.Attribute{Name: "members", Remove: []plan.Ref{{Anchor: known.Anchor, ID: known.ID, Name: known.Name}}})
	part.Object.ID = full.ID
	refer := manager(user(1), known)
	refer = against(refer, seen)
	owned := []ledger.Row{ownedRow(seen)}
	return map[string]kindOfAction{
		"create a user":     {change: createUser(7)},
		"create a group":    {change: createGroup(8)},
		"adopt":             {adopt, []cloud.Object{foreign}, nil},
		"update":            {against(change(user(1), plan.Update, set("city", cloud.Text("Bonn"))), seen), []cloud.Object{seen}, owned},
		"assign a licence":  {against(license(user(1), e3), seen), []cloud.Object{seen}, owned},
		"take a licence":    {against(license(user(1)), licensed), []cloud.Object{licensed}, owned},
		"set a manager":     {refer, []cloud.Object{seen, boss}, owned},
		"add a member":      {join, []cloud.Object{team, boss}, nil},
		"remove a member":   {part, []cloud.Object{full, boss}, nil},
		"disable":           {against(change(user(1), plan.Disable), seen), []cloud.Object{seen}, owned},
		"delete":            {against(change(user(1), plan.Delete), seen), []cloud.Object{seen}, owned},
		"take from deleted": {restore, []cloud.Object{deleted}, nil},
	}
}

// TestDeathAtEveryBoundaryOfEveryAction lets the process die at the six boundaries of each of twelve kinds of change, and
// the next one carry the run on.
func TestDeathAtEveryBoundaryOfEveryAction(t *testing.T) {
	all := actions()
	if n := len(all) * len(boundaries); n != 72 {
		t.Fatalf("%d cases", n)
	}
	for name, k := range all {
		build := func() *world {
			w := newWorld(t, k.objects...)
			w.seed(k.rows...)
			return w
		}
		changes := []plan.Change{k.change}
		f := planned(t, changes, nil)
		calm := build()
		calm.must(f)
		calm.once(changes)
		for where, b := range boundaries {
			t.Run(name+", "+where, func(t *testing.T) {
				w := build()
				w.t = t
				_, err := w.run(f, func(o *apply.Options) {
					c := &cutter{Journal: o.Journal, at: b.at, late: b.late}
					o.Journal = c
					if b.export {
						o.Targets[cloud.Entra] = deadly{w.target, c, b.late}
					}
				})
				if !errors.Is(err, errCut) {
					t.Fatalf("the run did not die: %v", err)
				}
				w.must(f)
				w.once(changes)
				if diff := cmp.Diff(calm.shape(), w.shape()); diff != "" {
					t.Errorf("(-uncut +resumed)\n%s", diff)
				}
				if _, err := w.run(f, nil); reasonOf(err) != apply.AlreadyApplied {
					t.Errorf("once more: %v", err)
				}
			})
		}
	}
}
