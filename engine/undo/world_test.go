package undo_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/engine/undo"
)

const (
	e3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
	f3 = "66b55226-6b4f-492c-910c-a3b7a3c9d993"
)

var (
	noon  = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)
	facts = cloud.Tenant{ID: "11111111-2222-3333-4444-555555555555", SKUs: []cloud.SKU{{ID: e3, Name: "SPE_E3", Enabled: 100}, {ID: f3, Name: "SPE_F1", Enabled: 100}}}
)

// world is a tenant with two users and a group that coexist owns, and a user of somebody else.
type world struct {
	t      *testing.T
	target *memory.Target
	store  *store.Store
	runs   int
}

func about(n int) plan.Object {
	g := directory.GUID{15: byte(n)}
	a, err := directory.AnchorOf(directory.User, g, "")
	if err != nil {
		panic(err)
	}
	return plan.Object{Anchor: a, Kind: "user", Type: cloud.User, Name: fmt.Sprint("User ", n), GUID: g.String(), ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n)}
}

func team() plan.Object {
	return plan.Object{Anchor: "00000000-0000-0000-0000-0000000000aa", Kind: "group", Type: cloud.SecurityGroup, Name: "Team", GUID: "00000000-0000-0000-0000-0000000000aa", ID: "00000000-0000-4000-8000-0000000000aa"}
}

func newWorld(t *testing.T) *world {
	var objects []cloud.Object
	for n := 1; n <= 3; n++ {
		o := cloud.Object{ID: about(n).ID, Anchor: about(n).Anchor, Type: cloud.User}
		o.Put("userPrincipalName", cloud.Text(fmt.Sprintf("user%d@contoso.example", n)))
		o.Put("displayName", cloud.Text(about(n).Name))
		o.Put("accountEnabled", cloud.Truth(true))
		o.Put("usageLocation", cloud.Text("DE"))
		o.Put("city", cloud.Text("Bonn"))
		o.Put("licenses", cloud.Licenses([]cloud.License{{SKU: e3}}))
		objects = append(objects, o)
	}
	g := cloud.Object{ID: team().ID, Anchor: team().Anchor, Type: cloud.SecurityGroup}
	g.Put("displayName", cloud.Text("Team"))
	g.Put("members", cloud.Texts([]string{about(1).ID}))
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &world{t: t, target: memory.New(facts, append(objects, g)...), store: s}
	lease, err := s.Acquire(t.Context(), facts.ID, journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	if _, _, err := lease.Start(t.Context(), journal.Run{ID: "seed", Plan: "seed", State: journal.Finished, Started: noon.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []plan.Object{about(1), about(2), about(3), team()} {
		e := journal.Entry{Run: "seed", Change: string(o.Anchor), Anchor: o.Anchor, State: journal.Already, At: noon}
		kind, err := directory.ParseKind(o.Kind)
		if err != nil {
			t.Fatal(err)
		}
		r := ledger.Row{Anchor: o.Anchor, Kind: kind, ID: o.ID, Type: o.Type, How: ledger.Created}
		if err := lease.Settle(t.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) { return r, true }); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// file writes a plan.
func (w *world) file(m plan.Manifest, changes []plan.Change, skips []plan.Skip) *plan.File {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "a.plan")
	out, err := plan.CreateFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Abort()
	slices.SortStableFunc(changes, func(a, b plan.Change) int { return strings.Compare(string(a.Object.Anchor), string(b.Object.Anchor)) })
	for _, c := range changes {
		if err := out.Change(c); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, s := range skips {
		if err := out.Skip(s); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := out.Close(m); err != nil {
		w.t.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { f.Close() })
	return f
}

func head() plan.Manifest {
	return plan.Manifest{Created: noon, AsOf: noon, Expires: noon.Add(time.Hour), Tenant: facts, Offline: true, Complete: true}
}

// apply carries out a plan as a run of its own.
func (w *world) apply(f *plan.File) apply.Result {
	w.t.Helper()
	w.runs++
	lease, err := w.store.Acquire(w.t.Context(), facts.ID, journal.Who{Host: "h"})
	if err != nil {
		w.t.Fatal(err)
	}
	defer lease.Release()
	r, err := apply.Run(w.t.Context(), apply.Options{Plan: f, Targets: w.targets(), Journal: lease, Ledger: w.store,
		Run: fmt.Sprint("run", w.runs), Workers: 1, Now: func() time.Time { return noon }, Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// targets gives the directories: Exchange Online is one of them where anybody has a mailbox.
func (w *world) targets() map[cloud.Directory]connector.Target {
	out := map[cloud.Directory]connector.Target{cloud.Entra: w.target}
	if slices.ContainsFunc(w.target.All(), func(o cloud.Object) bool { return o.Recipient != nil }) {
		out[cloud.Exchange] = w.target.Exchange()
	}
	return out
}

type sink struct {
	changes []plan.Change
	skips   []plan.Skip
}

func (s *sink) Change(c plan.Change) error { s.changes = append(s.changes, c); return nil }
func (s *sink) Skip(k plan.Skip) error     { s.skips = append(s.skips, k); return nil }

// undo makes the plan that takes a run back.
func (w *world) undo(r apply.Result, of *plan.File, adapt func(*undo.Inputs)) (plan.Manifest, *sink) {
	w.t.Helper()
	in := undo.Inputs{Run: r.Run, Changes: of.Changes(), Entries: w.store.Entries(w.t.Context(), r.Run.ID), Ledger: w.store,
		Targets: map[cloud.Directory]connector.Reader{cloud.Entra: w.target}, Limits: engine.DefaultLimits(), Managed: 3, Base: head()}
	if adapt != nil {
		adapt(&in)
	}
	s := &sink{}
	m, err := undo.Make(w.t.Context(), in, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return m, s
}

// state is what a tenant holds, with deletions apart.
func (w *world) state() map[string]string {
	out := map[string]string{}
	for _, o := range w.target.All() {
		text := fmt.Sprint("deleted ", o.Deleted)
		for _, n := range []string{"displayName", "city", "accountEnabled", "licenses", "manager", "members"} {
			text += fmt.Sprintf(" %s=%s", n, o.Get(n))
		}
		out[o.ID] = text
	}
	return out
}

func change(o plan.Object, a plan.Action, attrs ...plan.Attribute) plan.Change {
	c := plan.Change{ID: string(o.Anchor) + "/" + string(a), Object: o, Action: a, Directory: cloud.Entra, Attributes: attrs, Undo: plan.Exact}
	if a == plan.Delete || a == plan.License || a == plan.Create {
		c.Undo = plan.Partial
	}
	return c
}

// against gives a change its values before and its fingerprint, as a planner does.
func (w *world) against(c plan.Change) plan.Change {
	for _, o := range w.target.All() {
		if o.ID != c.Object.ID {
			continue
		}
		var names []string
		for i := range c.Attributes {
			c.Attributes[i].Before = o.Get(c.Attributes[i].Name)
			names = append(names, c.Attributes[i].Name)
		}
		if c.Action != plan.Members {
			c.Fingerprint = plan.FingerprintOf(&o, names)
		}
	}
	return c
}

// each gives one change of each kind, on objects of their own where it matters.
func (w *world) each() map[string]plan.Change {
	newcomer := about(9)
	newcomer.ID = ""
	return map[string]plan.Change{
		"values":   w.against(change(about(1), plan.Update, plan.Attribute{Name: "city", After: cloud.Text("Köln")})),
		"cleared":  w.against(change(about(1), plan.Update, plan.Attribute{Name: "city"})),
		"licences": w.against(change(about(1), plan.License, plan.Attribute{Name: "licenses", After: cloud.Licenses([]cloud.License{{SKU: f3}})})),
		"manager": w.against(change(about(2), plan.Refer, plan.Attribute{Name: "manager", After: cloud.Text(string(about(1).Anchor)),
			Add: []plan.Ref{{Anchor: about(1).Anchor, ID: about(1).ID, Name: "User 1"}}})),
		"members": change(team(), plan.Members, plan.Attribute{Name: "members", Add: []plan.Ref{{Anchor: about(2).Anchor, ID: about(2).ID}}, Remove: []plan.Ref{{Anchor: about(1).Anchor, ID: about(1).ID}}}),
		"disable": w.against(change(about(1), plan.Disable, plan.Attribute{Name: "accountEnabled", After: cloud.Truth(false)})),
		"delete":  w.against(change(about(3), plan.Delete, plan.Attribute{Name: "displayName"})),
		"create": change(newcomer, plan.Create, plan.Attribute{Name: "accountEnabled", After: cloud.Truth(true)}, plan.Attribute{Name: "displayName", After: cloud.Text("New")},
			plan.Attribute{Name: "mailNickname", After: cloud.Text("new")}, plan.Attribute{Name: "usageLocation", After: cloud.Text("DE")}, plan.Attribute{Name: "userPrincipalName", After: cloud.Text("new@contoso.example")}),
	}
}

func (w *world) put(n int, name string, v cloud.Value) {
	w.meddle(n, func(o *cloud.Object) { o.Put(name, v) })
}

// meddle changes an object behind coexist's back.
func (w *world) meddle(n int, how func(*cloud.Object)) {
	for _, o := range w.target.All() {
		if o.ID == about(n).ID {
			how(&o)
			w.target.Set(o)
		}
	}
}
