package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
)

// asOf is the instant of every plan in these tests.
var asOf = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// state is what the engine remembers, in memory.
type state struct {
	rows     []ledger.Row
	memories []ledger.Memory
	tasks    []task.Task
	last     map[string]int
	observed *ledger.Observation
}

func (s *state) Rows(context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		for _, r := range s.rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *state) Memories(context.Context) iter.Seq2[ledger.Memory, error] {
	return func(yield func(ledger.Memory, error) bool) {
		for _, m := range s.memories {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func (s *state) Scopes(context.Context) (map[string]directory.GUID, error) { return nil, nil }

func (s *state) LastImport(_ context.Context, source string) (int, bool, error) {
	n, ok := s.last[source]
	return n, ok, nil
}

func (s *state) Tasks(context.Context) iter.Seq2[task.Task, error] {
	return func(yield func(task.Task, error) bool) {
		for _, t := range s.tasks {
			if !yield(t, nil) {
				return
			}
		}
	}
}

func (s *state) Observe(_ context.Context, o ledger.Observation) error {
	s.observed = &o
	return nil
}

// written is a sink that keeps everything.
type written struct {
	changes []plan.Change
	skips   []plan.Skip
}

func (w *written) Change(c plan.Change) error { w.changes = append(w.changes, c); return nil }
func (w *written) Skip(s plan.Skip) error     { w.skips = append(w.skips, s); return nil }

// setting is the file setting.yaml of a case.
type setting struct {
	Source  []map[string]any           `yaml:"source"`
	Located map[string]string          `yaml:"located"` // GUID -> deleted or moved; absent: no locator
	Last    int                        `yaml:"last"`    // objects of the run before
	Only    string                     `yaml:"only"`    // a selection: sAMAccountName
	Guards  map[string]engine.Limit    `yaml:"guards"`
	Ledger  []ledgerRow                `yaml:"ledger"`
	Tenant  tenantState                `yaml:"tenant"`
	Scope   map[string]map[string]bool `yaml:"scope"`
	Damaged string                     `yaml:"damaged"` // GUID of an object with a broken attribute
}

type ledgerRow struct {
	Anchor, GUID, ID, Type, Name, How, Leave, Since string
	Hold                                            time.Duration
	Exported                                        map[string]any
}

type tenantState struct {
	Synced   bool
	Exchange bool // Exchange Online is connected
	Objects  []map[string]any
	Lost     []map[string]any // mailboxes deleted softly or inactive
}

// tenantFacts is the tenant of all cases.
func tenantFacts(synced bool) cloud.Tenant {
	return cloud.Tenant{ID: "11111111-2222-3333-4444-555555555555", Name: "X", Synced: synced,
		Domains: []cloud.Domain{{Name: "x.example", Verified: true, Default: true}, {Name: "x.onmicrosoft.example", Verified: true, Initial: true}},
		SKUs: []cloud.SKU{{ID: "05e9a617-0261-4cee-bb44-138d3ef5d965", Name: "SPE_E3", Enabled: 2, Status: "Enabled",
			Plans: []cloud.ServicePlan{{ID: "efb87545-963c-4e0d-99df-69c6916d9eb0", Name: "EXCHANGE_S_ENTERPRISE", PerUser: true}}},
			{ID: "66b55226-6b4f-492c-910c-a3b7a3c9d993", Name: "SPE_F1", Enabled: 2, Status: "Enabled"}}}
}

func value(v any) cloud.Value {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out cloud.Value
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	delete(m, key)
	return s
}

func truth(m map[string]any, key string) bool {
	b, _ := m[key].(bool)
	delete(m, key)
	return b
}

// source builds the snapshot of a case in the given order.
func (s setting) source(t *testing.T, order []int) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	src := snapshot.Source{Name: "x", Domain: "x.example", TakenAt: asOf,
		Scopes: []snapshot.Scope{{OU: "DC=x,DC=example", Objects: len(s.Source), ExcludedFromOtherEngine: s.Scope["x"]["excluded"]}}}
	if s.Damaged != "" {
		g, err := directory.ParseGUID(s.Damaged)
		if err != nil {
			t.Fatal(err)
		}
		src.Flaws = []snapshot.Flaw{{GUID: g, DN: "CN=Ann", Attribute: "title", Problem: "not UTF-8"}}
	}
	b.AddSource(src)
	for _, i := range order {
		kind, guid, attrs := s.object(t, i)
		if err := b.Add(kind, guid, attrs); err != nil {
			t.Fatal(err)
		}
	}
	snap, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func (s setting) object(t *testing.T, i int) (directory.Kind, directory.GUID, []directory.Attribute) {
	t.Helper()
	var attrs []directory.Attribute
	kind, guid := directory.User, directory.GUID{15: byte(i + 1)}
	keys := make([]string, 0, len(s.Source[i]))
	for k := range s.Source[i] {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		switch v := s.Source[i][k].(type) {
		case []any:
			a := directory.Attribute{Name: k}
			for _, x := range v {
				a.Values = append(a.Values, fmt.Sprint(x))
			}
			attrs = append(attrs, a)
		default:
			x := fmt.Sprint(v)
			var err error
			switch k {
			case "kind":
				if kind, err = directory.ParseKind(x); err != nil {
					t.Fatal(err)
				}
				continue
			case "guid":
				if guid, err = directory.ParseGUID(x); err != nil {
					t.Fatal(err)
				}
				continue
			}
			attrs = append(attrs, directory.Attribute{Name: k, Values: []string{x}})
		}
	}
	return kind, guid, attrs
}

func (s setting) target() *memory.Target {
	target := memory.New(tenantFacts(s.Tenant.Synced))
	for _, m := range s.Tenant.Objects {
		target.Set(tenantObject(m))
	}
	for _, m := range s.Tenant.Lost {
		target.Lose(tenantObject(m))
	}
	return target
}

// targets gives the directories of a case.
func (s setting) targets(target *memory.Target) map[cloud.Directory]connector.Target {
	out := map[cloud.Directory]connector.Target{cloud.Entra: target}
	if s.Tenant.Exchange {
		out[cloud.Exchange] = target.Exchange()
	}
	return out
}

func tenantObject(m map[string]any) cloud.Object {
	m = clone(m)
	o := cloud.Object{ID: text(m, "id"), Type: cloud.Type(text(m, "type")), Anchor: directory.Anchor(text(m, "anchor")), Mail: text(m, "mail"),
		Synced: truth(m, "synced"), CloudOwned: truth(m, "cloudOwned"), Admin: truth(m, "admin"), Deleted: truth(m, "deleted")}
	if details := text(m, "recipient"); details != "" {
		o.Recipient = &cloud.Recipient{Details: details, GUID: o.ID, CloudManaged: truth(m, "cloudManaged"), SoftDeleted: truth(m, "softDeleted"),
			Inactive: truth(m, "inactive"), Held: truth(m, "held"), ArchiveGUID: text(m, "archiveGuid"), ExchangeGUID: text(m, "mailboxGuid")}
	}
	for k, v := range m {
		o.Put(k, value(v))
	}
	return o
}

func clone(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (s setting) state(t *testing.T) *state {
	t.Helper()
	st := &state{last: map[string]int{}}
	if s.Last > 0 {
		st.last["x"] = s.Last
	}
	for _, r := range s.Ledger {
		row := ledger.Row{Anchor: directory.Anchor(r.Anchor), ID: r.ID, Type: cloud.Type(r.Type), Name: r.Name, How: ledger.How(r.How), Leave: r.Leave, Hold: r.Hold, Kind: directory.User}
		var err error
		if r.GUID != "" {
			if row.GUID, err = directory.ParseGUID(r.GUID); err != nil {
				t.Fatal(err)
			}
		}
		if r.Since != "" {
			if row.LeftSince, err = time.Parse(time.RFC3339, r.Since); err != nil {
				t.Fatal(err)
			}
		}
		for k, v := range r.Exported {
			row.Exported = append(row.Exported, cloud.Set{Name: k, Value: value(v)})
		}
		slices.SortFunc(row.Exported, func(a, b cloud.Set) int { return strings.Compare(a.Name, b.Name) })
		st.rows = append(st.rows, row)
	}
	slices.SortFunc(st.rows, func(a, b ledger.Row) int { return strings.Compare(string(a.Anchor), string(b.Anchor)) })
	return st
}

// fates is a locator that knows what a case says.
type fates map[string]string

func (f fates) Locate(_ context.Context, guids []directory.GUID) (map[directory.GUID]connector.Sighting, error) {
	out := map[directory.GUID]connector.Sighting{}
	for _, g := range guids {
		switch f[g.String()] {
		case "deleted":
			out[g] = connector.Sighting{Fate: connector.FateDeleted}
		case "moved":
			out[g] = connector.Sighting{Fate: connector.FateMoved, DN: "CN=elsewhere"}
		default:
			out[g] = connector.Sighting{}
		}
	}
	return out, nil
}

// loaded is a case ready to be planned.
type loaded struct {
	setting
	policies *rules.Set
}

func load(t *testing.T, a *txtar.Archive) loaded {
	t.Helper()
	files := fstest.MapFS{}
	var c loaded
	for _, f := range a.Files {
		if f.Name == "setting.yaml" {
			d := yaml.NewDecoder(strings.NewReader(string(f.Data)))
			d.KnownFields(true)
			if err := d.Decode(&c.setting); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(f.Name, "policies/") {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	set, problems := rules.Load(files, "policies")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c.policies = set
	return c
}

// inputs gives what the case is planned from.
func (c loaded) inputs(t *testing.T, target *memory.Target, st engine.State, snap *snapshot.Snapshot, workers int) engine.Inputs {
	readers := map[cloud.Directory]connector.Reader{}
	for d, x := range c.targets(target) {
		readers[d] = x
	}
	in := engine.Inputs{Snapshot: snap, Targets: readers, Policies: c.policies, State: st, AsOf: asOf, Now: asOf, Expiry: 24 * time.Hour,
		Guards: engine.DefaultLimits(), Workers: workers, Version: "test"}
	for name, l := range c.Guards {
		in.Guards.ByGuard[name] = l
	}
	if c.Located != nil {
		in.Locator = fates(c.Located)
	}
	if c.Only != "" {
		in.Selection = &engine.Selection{Describe: c.Only, Has: func(o directory.Object) bool { return o.First(directory.AttrSAMAccountName) == c.Only }}
	}
	return in
}

func (c loaded) inOrder() []int {
	order := make([]int, len(c.Source))
	for i := range order {
		order[i] = i
	}
	return order
}

// render gives a plan as a reviewer of a test reads it.
func render(m plan.Manifest, w *written) string {
	var b strings.Builder
	for _, c := range w.changes {
		fmt.Fprintf(&b, "%s %s %s", c.Action, c.Object.Name, c.Object.Type)
		if c.Directory != cloud.Entra {
			fmt.Fprintf(&b, " in %s", c.Directory)
		}
		if c.Facet != "" {
			fmt.Fprintf(&b, " %s", c.Facet)
		}
		if c.Await != "" {
			fmt.Fprintf(&b, " (awaits %s)", c.Await)
		}
		if len(c.DependsOn) > 0 {
			b.WriteString(" (waits)")
		}
		b.WriteByte('\n')
		for _, a := range c.Attributes {
			fmt.Fprintf(&b, "  %s: %s -> %s", a.Name, a.Before, a.After)
			for _, r := range a.Add {
				b.WriteString(" +" + r.Name)
			}
			for _, r := range a.Remove {
				b.WriteString(" -" + r.Name)
			}
			fmt.Fprintf(&b, " (%s", a.Reason)
			for _, y := range a.Because {
				if y.Rule != "" {
					fmt.Fprintf(&b, ", %s:%d %s", y.File, y.Line, y.Rule)
				}
			}
			b.WriteString(")\n")
		}
	}
	for _, s := range w.skips {
		fmt.Fprintf(&b, "skip %s: %s: %s\n", s.Object.Name, s.Reason, s.Detail)
	}
	mt := m.Match
	fmt.Fprintf(&b, "match joined=%d adopt=%d create=%d waiting=%d ambiguous=%d foreign=%d unmanaged=%d unreachable=%d; unchanged=%d\n",
		mt.Joined, mt.Adopt, mt.Create, mt.Waiting, mt.Ambiguous, mt.Foreign, mt.Unmanaged, mt.Unreachable, m.Unchanged)
	for _, g := range m.Exceeded() {
		fmt.Fprintf(&b, "guard %s exceeded: %d of %d %s\n", g.Name, g.Planned, g.Population, g.Detail)
	}
	return b.String()
}

func TestPlan(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		c := load(t, a)
		var w written
		st := c.state(t)
		m, err := engine.Plan(t.Context(), c.inputs(t, c.target(), st, c.source(t, c.inOrder()), 1), &w)
		if err != nil {
			return []txtar.File{{Name: "plan", Data: []byte("error: " + err.Error() + "\n")}}
		}
		out := render(m, &w)
		switch {
		case st.observed == nil:
			out += "nothing is remembered\n"
		default:
			for _, l := range st.observed.Leaving {
				if l.Left {
					out += "remembered as left: " + l.Name + "\n"
				}
			}
		}
		return []txtar.File{{Name: "plan", Data: []byte(out)}}
	})
}

// TestPlanIsTheSameInAnyOrder plans every case with its objects in another order and with several workers.
func TestPlanIsTheSameInAnyOrder(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		c := load(t, a)
		var want string
		for workers := 1; workers <= 3; workers += 2 {
			for turn := range max(1, len(c.Source)) {
				order := c.inOrder()
				order = append(order[turn:], order[:turn]...)
				var w written
				m, err := engine.Plan(t.Context(), c.inputs(t, c.target(), c.state(t), c.source(t, order), workers), &w)
				b, jerr := json.Marshal([]any{m, w.changes, w.skips, fmt.Sprint(err)})
				if jerr != nil {
					t.Fatal(jerr)
				}
				if want == "" {
					want = string(b)
				}
				if string(b) != want {
					t.Fatalf("order turned by %d with %d workers gives another plan:\n%s\n%s", turn, workers, b, want)
				}
			}
		}
		return nil
	})
}
