package engine_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// a case of its own for tests that need what a golden file cannot say.
func unchanged(t *testing.T) loaded {
	t.Helper()
	a, err := txtar.ParseFile("testdata/unchanged.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, a)
}

// lacking gives the case's source as a file that was exported without some attributes.
func lacking(t *testing.T, c loaded, missing ...string) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	b.AddSource(snapshot.Source{Name: "x", Domain: "x.example", TakenAt: asOf, MissingAttrs: missing,
		Scopes: []snapshot.Scope{{OU: "DC=x,DC=example", Objects: len(c.Source)}}})
	for i := range c.Source {
		kind, guid, attrs := c.object(t, i)
		if err := b.Add(kind, guid, attrs); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSourceWithoutWhatEveryDirectoryHasIsRefused(t *testing.T) {
	member := ledger.Row{Anchor: "group", How: ledger.Created, Exported: []cloud.Set{{Name: "members", Value: cloud.Texts([]string{"c-ann"})}}}
	for name, c := range map[string]struct {
		missing string
		rows    []ledger.Row
		refused bool
	}{
		"an attribute of Exchange":                  {"msExchMailboxGuid", nil, false},
		"userAccountControl":                        {"useraccountcontrol", nil, true},
		"member, before any was written":            {"member", nil, false},
		"member, which coexist has written already": {"member", []ledger.Row{member}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := unchanged(t)
			var w written
			_, err := engine.Plan(t.Context(), l.inputs(t, l.target(), &state{rows: c.rows}, lacking(t, l, c.missing), 1), &w)
			if (err != nil) != c.refused {
				t.Fatalf("error %v, want one: %v", err, c.refused)
			}
			if c.refused && (fault.KindOf(err) != fault.Unreachable || !strings.Contains(strings.ToLower(err.Error()), c.missing)) {
				t.Errorf("error %v names neither its kind nor %s", err, c.missing)
			}
		})
	}
}

func TestPlanningAloneDoesNotWearTheCollapseGuardDown(t *testing.T) {
	l := unchanged(t)
	st := &state{last: map[string]int{"x": 3}}
	in := l.inputs(t, l.target(), st, l.source(t, l.inOrder()), 1)
	in.Guards.ByGuard[engine.GuardSourceCollapse] = engine.Limit{}
	m, err := engine.Plan(t.Context(), in, &written{})
	if err != nil {
		t.Fatal(err)
	}
	if n := st.observed.Objects["x"]; n != 3 {
		t.Errorf("after planning the next run is held against %d objects, want the 3 of the last one carried out", n)
	}
	if n := engine.Accepted(&m, true).Objects["x"]; n != 1 {
		t.Errorf("carried out, the next run is held against %d objects, want 1", n)
	}
	m.Complete = false
	if n := len(engine.Accepted(&m, true).Objects); n != 0 {
		t.Errorf("a plan for a selection settles the size of %d sources", n)
	}
}

func TestReconsiderNeverTakesDoubtForAbsence(t *testing.T) {
	l := unchanged(t)
	anchor := directory.Anchor("AAAAAAAAAAAAAAAAAAAAAQ==")
	ask := func(s *snapshot.Snapshot) string {
		t.Helper()
		f, err := engine.Reconsider(s, l.policies, nil, asOf)
		if err != nil {
			t.Fatal(err)
		}
		print, err := f(t.Context(), anchor)
		if err != nil {
			t.Fatal(err)
		}
		return print
	}
	there := ask(l.source(t, l.inOrder()))
	if again := ask(l.source(t, l.inOrder())); there == "" || again != there {
		t.Errorf("the same object gives %q and %q", there, again)
	}
	l.Damaged = "00000000-0000-0000-0000-000000000001"
	if got := ask(l.source(t, l.inOrder())); got == "" || got == there {
		t.Errorf("a damaged object gives %q", got)
	}
	l.Damaged = ""
	l.Source = append(l.Source, map[string]any{"distinguishedName": "CN=Twin,DC=x,DC=example", "guid": "00000000-0000-0000-0000-0000000000aa",
		"mS-DS-ConsistencyGuid": strings.Repeat("\x00", 15) + "\x01"})
	if got := ask(l.source(t, l.inOrder())); got == "" || got == there {
		t.Errorf("an object that shares its anchor gives %q", got)
	}
	l.Source = nil
	if got := ask(l.source(t, nil)); got != "" {
		t.Errorf("an object that is gone gives %q", got)
	}
}

// TestPrimaryGroupIsAMembership: a directory leaves those out of member who have the group as their primary one.
func TestPrimaryGroupIsAMembership(t *testing.T) {
	l := unchanged(t)
	group := "\x01\x01\x00\x00\x00\x00\x00\x05\x01\x02\x00\x00" // S-1-5-513
	user := "\x01\x01\x00\x00\x00\x00\x00\x05\x07\x00\x00\x00"  // S-1-5-7
	l.Source[0]["objectSid"], l.Source[0]["primaryGroupID"] = user, 513
	l.Source = append(l.Source, map[string]any{"kind": "group", "distinguishedName": "CN=All,DC=x,DC=example", "cn": "All", "sAMAccountName": "all", "objectSid": group})
	anchor := "00000000-0000-0000-0000-000000000002"
	kind, guid, _ := l.object(t, 1)
	a, err := directory.AnchorOf(kind, guid, "")
	if err != nil {
		t.Fatal(err)
	}
	l.Tenant.Objects = append(l.Tenant.Objects, map[string]any{"id": "c-all", "type": "securityGroup", "anchor": string(a), "displayName": "All", "mailNickname": "all", "members": []any{"c-ann"}})
	l.Ledger = append(l.Ledger, ledgerRow{Anchor: string(a), GUID: anchor, ID: "c-all", Type: "securityGroup", How: "created", Exported: map[string]any{"members": []any{"c-ann"}}})
	var w written
	if _, err := engine.Plan(t.Context(), l.inputs(t, l.target(), l.state(t), l.source(t, l.inOrder()), 1), &w); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.changes {
		if c.Action == plan.Members {
			t.Errorf("%s: %v", c.ID, c.Attributes)
		}
	}
}
