package apply_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

const (
	tenantID = "11111111-2222-3333-4444-555555555555"
	e3       = "05e9a617-0261-4cee-bb44-138d3ef5d965"
	f3       = "66b55226-6b4f-492c-910c-a3b7a3c9d993"
)

var noon = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

var (
	_ apply.Journal = (*store.Lease)(nil)
	_ apply.Ledger  = (*store.Store)(nil)
)

// world is a tenant with a store, and a plan to carry out.
type world struct {
	t      *testing.T
	target *memory.Target
	path   string // of the store
	store  *store.Store
	mu     sync.Mutex
	sleeps []time.Duration
}

func facts() cloud.Tenant {
	return cloud.Tenant{ID: tenantID, Name: "Contoso", SKUs: []cloud.SKU{{ID: e3, Name: "SPE_E3", Enabled: 100}, {ID: f3, Name: "SPE_F1", Enabled: 100}}}
}

func newWorld(t *testing.T, objects ...cloud.Object) *world {
	return &world{t: t, target: memory.New(facts(), objects...), path: filepath.Join(t.TempDir(), "coexist.db")}
}

// open opens the store, once.
func (w *world) open() *store.Store {
	w.t.Helper()
	if w.store != nil {
		return w.store
	}
	s, err := store.Open(w.t.Context(), w.path, store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	w.store = s
	return s
}

// run applies a plan once, as one process would, with the options that adapt sets.
func (w *world) run(f *plan.File, adapt func(*apply.Options)) (apply.Result, error) {
	w.t.Helper()
	s := w.open()
	lease, err := s.Acquire(w.t.Context(), tenantID, journal.Who{User: "u", Host: "h", PID: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	defer lease.Release()
	o := w.options(f)
	o.Journal, o.Ledger = lease, s
	if adapt != nil {
		adapt(&o)
	}
	return apply.Run(w.t.Context(), o)
}

func (w *world) options(f *plan.File) apply.Options {
	return apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: w.target}, Mode: "apply", Workers: 1,
		Now: func() time.Time { return noon }, Rand: func() float64 { return 0.5 },
		Sleep: w.sleep}
}

// sleep notes the pause and takes none.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sleeps = append(w.sleeps, d)
	return ctx.Err()
}

// must applies a plan and demands that every change has its effect.
func (w *world) must(f *plan.File) apply.Result {
	w.t.Helper()
	r, err := w.run(f, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if !r.Complete() || r.Run.State != journal.Finished {
		w.t.Fatalf("run is %s with %v: %v", r.Run.State, r.Counts, r.Failures)
	}
	return r
}

// seed puts rows into the ledger, as an earlier run would have.
func (w *world) seed(rows ...ledger.Row) {
	w.t.Helper()
	s := w.open()
	lease, err := s.Acquire(w.t.Context(), tenantID, journal.Who{Host: "h"})
	if err != nil {
		w.t.Fatal(err)
	}
	defer lease.Release()
	if _, _, err := lease.Start(w.t.Context(), journal.Run{ID: "seed", Plan: "seed", State: journal.Finished, Started: noon}); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		e := journal.Entry{Run: "seed", Change: string(r.Anchor), Anchor: r.Anchor, State: journal.Done, At: noon}
		if err := lease.Settle(w.t.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) { return r, true }); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) rows() []ledger.Row {
	w.t.Helper()
	s := w.open()
	var out []ledger.Row
	for r, err := range s.Rows(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// entries gives the states of the newest run by change.
func (w *world) entries() map[string]journal.Entry {
	w.t.Helper()
	s := w.open()
	runs, err := s.Runs(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]journal.Entry{}
	for _, r := range runs {
		for e, err := range s.Entries(w.t.Context(), r.ID) {
			if err != nil {
				w.t.Fatal(err)
			}
			out[e.Change] = e
		}
	}
	return out
}

// applied counts how often each change took effect.
func (w *world) applied() map[string]int {
	out := map[string]int{}
	for _, e := range w.target.Log() {
		if e.Applied {
			out[e.Change.ID]++
		}
	}
	return out
}

// once demands that every change took effect exactly once. Membership changes may be repeated: they are idempotent.
func (w *world) once(changes []plan.Change) {
	w.t.Helper()
	want, got := map[string]int{}, w.applied()
	for _, c := range changes {
		want[c.ID] = 1
		if c.Action == plan.Members && got[c.ID] > 1 {
			got[c.ID] = 1
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("times that changes took effect (-want +got)\n%s", diff)
	}
}

// shape is what tenant and ledger hold, with anchors in place of the ids that depend on the order of making.
func (w *world) shape() string {
	w.t.Helper()
	var swap []string
	for _, o := range w.target.All() {
		if o.Anchor != "" {
			swap = append(swap, o.ID, "<"+string(o.Anchor)+">")
		}
	}
	var lines []string
	add := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			w.t.Fatal(err)
		}
		lines = append(lines, strings.NewReplacer(swap...).Replace(string(b)))
	}
	tenant, err := w.target.Tenant(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	add(tenant)
	for _, o := range w.target.All() {
		for i, p := range o.Properties {
			// A set of ids is sorted by id, which says nothing.
			if p.Name == "members" {
				m := strings.Split(strings.NewReplacer(swap...).Replace(strings.Join(p.Value.Texts(), "\n")), "\n")
				o.Properties[i].Value = cloud.Texts(m)
			}
		}
		add(o)
	}
	for _, r := range w.rows() {
		for i, p := range r.Exported {
			if p.Name == "members" {
				m := strings.Split(strings.NewReplacer(swap...).Replace(strings.Join(p.Value.Texts(), "\n")), "\n")
				r.Exported[i].Value = cloud.Texts(m)
			}
		}
		add(r)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// planned writes changes into a plan file, in anchor order, made offline unless adapt says otherwise.
func planned(t testing.TB, changes []plan.Change, adapt func(*plan.Manifest)) *plan.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.plan")
	w, err := plan.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b plan.Change) int { return strings.Compare(string(a.Object.Anchor), string(b.Object.Anchor)) })
	for _, c := range sorted {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	m := plan.Manifest{Created: noon, AsOf: noon, Expires: noon.Add(time.Hour), Tenant: facts(), Offline: true, Complete: true}
	if adapt != nil {
		adapt(&m)
	}
	if _, err := w.Close(m); err != nil {
		t.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// undisturbed gives the changes of the company, a plan of them, and the shape of a world in which nothing got in its way.
func undisturbed(t *testing.T) (changes []plan.Change, f *plan.File, shape string) {
	t.Helper()
	changes = company()
	f = planned(t, changes, nil)
	w := newWorld(t)
	w.must(f)
	return changes, f, w.shape()
}

// anchor gives the n-th user's anchor; groups take text GUIDs.
func userAnchor(n int) directory.Anchor {
	a, err := directory.AnchorOf(directory.User, guid(n), "")
	if err != nil {
		panic(err)
	}
	return a
}

func guid(n int) (g directory.GUID) {
	binary.BigEndian.PutUint32(g[:], uint32(n))
	g[15] = 1
	return g
}

func user(n int) plan.Object {
	return plan.Object{Anchor: userAnchor(n), Kind: "user", Type: cloud.User, Name: fmt.Sprintf("User %d", n), DN: fmt.Sprintf("CN=User %d", n), GUID: guid(n).String()}
}

func group(n int) plan.Object {
	return plan.Object{Anchor: directory.Anchor(guid(n).String()), Kind: "group", Type: cloud.SecurityGroup, Name: fmt.Sprintf("Group %d", n), GUID: guid(n).String()}
}

func change(o plan.Object, a plan.Action, attrs ...plan.Attribute) plan.Change {
	return plan.Change{ID: string(o.Anchor) + "/" + string(a), Object: o, Action: a, Directory: cloud.Entra, Attributes: attrs, Undo: plan.Exact}
}

func set(name string, after cloud.Value) plan.Attribute {
	return plan.Attribute{Name: name, After: after}
}

// createUser makes a user with all that a user needs.
func createUser(n int) plan.Change {
	c := change(user(n), plan.Create, set("accountEnabled", cloud.Truth(true)), set("displayName", cloud.Text(fmt.Sprintf("User %d", n))),
		set("mailNickname", cloud.Text(fmt.Sprintf("user%d", n))), set("usageLocation", cloud.Text("DE")),
		set("userPrincipalName", cloud.Text(fmt.Sprintf("user%d@contoso.example", n))))
	c.Leave, c.Hold = "disable", 14*24*time.Hour
	return c
}

func createGroup(n int) plan.Change {
	return change(group(n), plan.Create, set("displayName", cloud.Text(fmt.Sprintf("Group %d", n))), set("mailEnabled", cloud.Truth(false)),
		set("mailNickname", cloud.Text(fmt.Sprintf("group%d", n))), set("securityEnabled", cloud.Truth(true)))
}

func after(c plan.Change, on ...plan.Change) plan.Change {
	for _, o := range on {
		c.DependsOn = append(c.DependsOn, o.ID)
	}
	return c
}

func license(o plan.Object, skus ...string) plan.Change {
	var list []cloud.License
	for _, s := range skus {
		list = append(list, cloud.License{SKU: s})
	}
	return change(o, plan.License, set("licenses", cloud.Licenses(list)))
}

func manager(o, of plan.Object) plan.Change {
	return change(o, plan.Refer, plan.Attribute{Name: "manager", After: cloud.Text(string(of.Anchor)), Add: []plan.Ref{{Anchor: of.Anchor, ID: of.ID, Name: of.Name}}})
}

func members(o plan.Object, list ...plan.Object) plan.Change {
	a := plan.Attribute{Name: "members"}
	for _, m := range list {
		a.Add = append(a.Add, plan.Ref{Anchor: m.Anchor, ID: m.ID, Name: m.Name})
	}
	return change(o, plan.Members, a)
}

// company is a plan with every way in which changes hang together: three users, one the manager of the others, with
// licences, and a group that holds them and another group.
func company() []plan.Change {
	one, two, three, g, h := createUser(1), createUser(2), createUser(3), createGroup(4), createGroup(5)
	return []plan.Change{
		one, after(license(user(1), e3), one),
		two, after(license(user(2), f3), two), after(manager(user(2), user(1)), two, one),
		three, after(manager(user(3), user(1)), three, one),
		g, after(members(group(4), user(1), user(2), group(5)), g),
		h, after(members(group(5), user(3)), h),
	}
}

// live makes an object of the tenant that a planner has seen, and completes a change of it.
func live(o plan.Object, id string, props ...cloud.Set) cloud.Object {
	c := cloud.Object{ID: id, Type: o.Type, Anchor: o.Anchor}
	for _, p := range props {
		c.Put(p.Name, p.Value)
	}
	return c
}

// against fills in what a planner that saw the object would have.
func against(c plan.Change, seen cloud.Object) plan.Change {
	c.Object.ID = seen.ID
	var names []string
	for i := range c.Attributes {
		c.Attributes[i].Before = seen.Get(c.Attributes[i].Name)
		names = append(names, c.Attributes[i].Name)
	}
	c.Fingerprint = plan.FingerprintOf(&seen, names)
	return c
}

func states(entries map[string]journal.Entry) map[string]journal.State {
	out := map[string]journal.State{}
	for id, e := range entries {
		out[id] = e.State
	}
	return out
}

func reasonOf(err error) apply.Reason {
	var r *apply.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}
