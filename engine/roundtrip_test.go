package engine_test

import (
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/golden"
)

// TestNothingIsLeftAfterApply plans every case into a file, applies it, and plans again until nothing is left. Once is
// enough, but for an adoption, which takes nothing away before the object is ours, and for what comes back from deleted
// items, which is compared once it is back.
func TestNothingIsLeftAfterApply(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		c := load(t, a)
		target, snap := c.target(), c.source(t, c.inOrder())
		st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), store.Options{Now: func() time.Time { return asOf }})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		lease, err := st.Acquire(t.Context(), tenantFacts(false).ID, journal.Who{User: "test", Host: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer lease.Release()
		seed := journal.Run{ID: "seed", Plan: "sha256:seed", Tenant: tenantFacts(false).ID, State: journal.Running, Started: asOf}
		if _, _, err := lease.Start(t.Context(), seed); err != nil {
			t.Fatal(err)
		}
		for _, row := range c.state(t).rows {
			e := journal.Entry{Run: "seed", Change: string(row.Anchor), Anchor: row.Anchor, State: journal.Done, TargetID: row.ID, At: asOf}
			if err := lease.Settle(t.Context(), e, func(ledger.Row, bool) (ledger.Row, bool) { return row, true }); err != nil {
				t.Fatal(err)
			}
		}
		limit := 2
		for round := 1; ; round++ {
			f := planFile(t, c.inputs(t, target, st, snap, 1))
			defer f.Close()
			m := f.Manifest()
			if m.Changes() == 0 {
				return nil
			}
			if m.Counts[string(plan.Adopt)]+m.Counts[string(plan.Restore)]+m.Skips[string(plan.NoRecipient)] > 0 {
				limit++
			}
			if round == limit {
				for change := range f.Changes() {
					t.Logf("left: %s %v", change.ID, change.Attributes)
				}
				t.Fatalf("changes are left after %d rounds", round-1)
			}
			priors, err := engine.ReadPriors(t.Context(), st, snap)
			if err != nil {
				t.Fatal(err)
			}
			reconsider, err := engine.Reconsider(snap, c.policies, priors, m.AsOf)
			if err != nil {
				t.Fatal(err)
			}
			o := apply.Options{Plan: f, Targets: c.targets(target), Journal: lease, Ledger: st,
				Reconsider: reconsider, Now: func() time.Time { return asOf }}
			for _, g := range m.Exceeded() {
				o.Allow = append(o.Allow, journal.Override{Guard: g.Name, Plan: f.Digest(), Reason: "test"})
			}
			res, err := apply.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if c.Guards == nil && len(m.Exceeded()) == 0 && !res.Complete() {
				t.Fatalf("not everything was carried out: %+v", res.Failures)
			}
			if err := st.Observe(t.Context(), engine.Accepted(&m, res.Complete())); err != nil {
				t.Fatal(err)
			}
			if len(m.Exceeded()) > 0 {
				return nil // more than the tenant can hold: that it is not all carried out is right
			}
		}
	})
}

func planFile(t *testing.T, in engine.Inputs) *plan.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.plan")
	w, err := plan.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	m, err := engine.Plan(t.Context(), in, w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(m); err != nil {
		t.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
