package engine_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/rules"
)

// staff is how many users there are before an accident, and keeper how many of them most accidents leave alone.
const (
	staff  = 24
	keeper = 4
)

// deletesLeavers deletes at once whoever has left, which no hold softens.
const deletesLeavers = `apiVersion: coexist/v1
kind: Policy
metadata: {name: people, owner: iam@x.example}
scope: user.sAMAccountName != "never" && !(user.department == "elsewhere")
decisions:
  cloudType:
    rules:
      - {id: staff, when: 'user.employeeType == "Staff"', then: user}
    default: {id: nobody, then: none, reason: no staff}
  attributes:
    default: {id: flow, thenExpr: {displayName: user.cn, userPrincipalName: user.userPrincipalName, mailNickname: user.sAMAccountName}}
  account:
    default: {id: enabled, then: {enabled: true}}
  leave:
    default: {id: leave-delete, then: delete}
`

// accidents are what happens to a directory by mistake, and looks like many leavers. Each is told of one user
// and changes what the source holds of it; where those who vanished are found is the worst that can be: seen deleted, or alive
// outside of every scope.
var accidents = map[string]struct {
	spares int // users that it leaves alone
	fate   string
	wreck  func(user map[string]any) bool // false: the user vanishes
}{
	"empty source":    {0, "deleted", func(map[string]any) bool { return false }},
	"OU emptied":      {keeper, "moved", func(map[string]any) bool { return false }},
	"filter emptied":  {keeper, "", func(u map[string]any) bool { u["department"] = "elsewhere"; return true }},
	"half the DC":     {staff / 2, "deleted", func(map[string]any) bool { return false }},
	"attribute wiped": {keeper, "", func(u map[string]any) bool { delete(u, "employeeType"); return true }},
	"anchor changed": {keeper, "", func(u map[string]any) bool {
		u["mS-DS-ConsistencyGuid"] = fmt.Sprintf("%016v", "new"+u["cn"].(string))
		return true
	}},
}

// TestNoAccidentDeletes is row F7 of the faults that this project is held against: six accidents, three halves of the guard
// of deletions, planned and carried out. Each ends before the first deletion is sent: by the guard, or because what happened
// is no reason to delete anybody.
func TestNoAccidentDeletes(t *testing.T) {
	limits := map[string]struct {
		limit  engine.Limit
		recent int // deletions of the last 24 hours
	}{
		"count":           {engine.Limit{Count: 5}, 0},
		"percent":         {engine.Limit{Percent: 5}, 0},
		"24 hours' count": {engine.Limit{Count: staff}, staff},
	}
	for name, a := range accidents {
		for kind, l := range limits {
			t.Run(name+"/"+kind+"/plan", func(t *testing.T) {
				w := afterAccident(t, a.spares, a.fate, a.wreck)
				w.deleted(l.recent)
				f := planFile(t, w.inputs(l.limit))
				defer f.Close()
				if m := f.Manifest(); m.Counts[string(plan.Delete)] > 0 && !guardOf(t, m, engine.GuardDelete).Exceeded {
					t.Errorf("%d deletions are planned, and the guard says %+v", m.Counts[string(plan.Delete)], guardOf(t, m, engine.GuardDelete))
				}
				w.nobodyIsGone()
			})
			t.Run(name+"/"+kind+"/apply", func(t *testing.T) {
				w := afterAccident(t, a.spares, a.fate, a.wreck)
				in := w.inputs(l.limit)
				f := planFile(t, in)
				defer f.Close()
				w.deleted(l.recent) // since the plan was made
				m := f.Manifest()
				res, err := apply.Run(t.Context(), apply.Options{Plan: f, Targets: w.targets(w.target), Journal: w.lease, Ledger: w.store, Now: func() time.Time { return asOf },
					Rolling: apply.Rolling{Weigh: engine.Weigh(&m.Tenant), Most: in.Guards.Most(&m)}})
				if m.Counts[string(plan.Delete)] > 0 && err == nil && res.Run.State != journal.Stopped {
					t.Errorf("the run of %d deletions ended as %s: %v", m.Counts[string(plan.Delete)], res.Run.State, res.Counts)
				}
				w.nobodyIsGone()
			})
		}
	}
}

// TestAccidentsWouldDelete proves that the guard is what stops them: with it off, all but those that are no reason to delete
// anybody plan deletions.
func TestAccidentsWouldDelete(t *testing.T) {
	for name, a := range accidents {
		w := afterAccident(t, a.spares, a.fate, a.wreck)
		f := planFile(t, w.inputs(engine.Limit{}))
		defer f.Close()
		m := f.Manifest()
		want := staff - a.spares
		if name == "anchor changed" {
			want = 0 // the account is there, and whose it is by now is for a person to say
		}
		if got := m.Counts[string(plan.Delete)]; got != want {
			t.Errorf("%s: %d deletions without a guard, want %d; skips %v", name, got, want, m.Skips)
		}
	}
}

// wrecked is a case after an accident, with the store that remembers what was before.
type wrecked struct {
	loaded
	t      *testing.T
	target *memory.Target
	store  *store.Store
	lease  *store.Lease
}

func afterAccident(t *testing.T, spares int, fate string, wreck func(map[string]any) bool) *wrecked {
	t.Helper()
	set, problems := rules.Load(fstest.MapFS{"policies/users.yaml": {Data: []byte(deletesLeavers)}}, "policies")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	w := &wrecked{t: t, loaded: loaded{policies: set}}
	w.Located = map[string]string{}
	var rows []ledger.Row
	for n := range staff {
		g, name := directory.GUID{14: 1, 15: byte(n)}, fmt.Sprintf("u%02d", n)
		anchor, err := directory.AnchorOf(directory.User, g, "")
		if err != nil {
			t.Fatal(err)
		}
		user := map[string]any{"guid": g.String(), "distinguishedName": "CN=" + name + ",DC=x,DC=example", "cn": name, "sAMAccountName": name, "userPrincipalName": name + "@x.example",
			"employeeType": "Staff", "department": "IT", "userAccountControl": 512}
		row := ledger.Row{Anchor: anchor, GUID: g, ID: "c-" + name, Kind: directory.User, Type: "user", Name: name, How: ledger.Created, Leave: "delete"}
		there := n < spares || wreck(user)
		if there {
			w.Source = append(w.Source, user)
		} else {
			w.Located[g.String()] = fate
			row.LeftSince = asOf.Add(-time.Hour)
		}
		rows = append(rows, row)
		w.Tenant.Objects = append(w.Tenant.Objects, map[string]any{"id": "c-" + name, "type": "user", "anchor": string(anchor), "displayName": name, "userPrincipalName": name + "@x.example",
			"mailNickname": name, "accountEnabled": true, "usageLocation": "DE"})
	}
	w.target = w.loaded.target()
	w.remember(rows)
	return w
}

// remember makes the store that knows the rows.
func (w *wrecked) remember(rows []ledger.Row) {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(w.t.Context(), filepath.Join(w.t.TempDir(), "coexist.db"), store.Options{Now: func() time.Time { return asOf }}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.store.Close() })
	if w.lease, err = w.store.Acquire(w.t.Context(), tenantFacts(false).ID, journal.Who{User: "test", Host: "test"}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.lease.Release() })
	if _, _, err := w.lease.Start(w.t.Context(), journal.Run{ID: "seed", Plan: "sha256:seed", Tenant: tenantFacts(false).ID, State: journal.Running, Started: asOf}); err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		w.settle(journal.Entry{Run: "seed", Change: string(row.Anchor), Anchor: row.Anchor, State: journal.Done, TargetID: row.ID, At: asOf.Add(-25 * time.Hour)}, row)
	}
}

func (w *wrecked) settle(e journal.Entry, row ledger.Row) {
	w.t.Helper()
	if err := w.lease.Settle(w.t.Context(), e, func(old ledger.Row, ok bool) (ledger.Row, bool) {
		if row.Anchor == "" {
			return old, ok
		}
		return row, true
	}); err != nil {
		w.t.Fatal(err)
	}
}

// deleted journals that other plans deleted some objects an hour ago.
func (w *wrecked) deleted(n int) {
	w.t.Helper()
	if n > 0 {
		w.settle(journal.Entry{Run: "seed", Change: "before", State: journal.Done, At: asOf.Add(-time.Hour), Weights: map[string]int{engine.GuardDelete: n}}, ledger.Row{})
	}
}

// inputs plans with a limit to deletions, and with the guard off that holds the source against what it was.
func (w *wrecked) inputs(limit engine.Limit) engine.Inputs {
	w.t.Helper()
	in := w.loaded.inputs(w.t, w.target, w.store, w.source(w.t, w.inOrder()), 1)
	in.Guards.ByGuard[engine.GuardDelete], in.Guards.ByGuard[engine.GuardSourceCollapse] = limit, engine.Limit{}
	var err error
	if in.Recent, err = w.store.Tally(w.t.Context(), asOf.Add(-24*time.Hour)); err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *wrecked) nobodyIsGone() {
	w.t.Helper()
	for _, o := range w.target.All() {
		if o.Deleted {
			w.t.Errorf("%s is deleted", o.ID)
		}
	}
}
