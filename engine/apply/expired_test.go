package apply_test

import (
	"errors"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// TestExpiredPlanIsSettledAndNoMore cuts a run off between sending and recording, lets its plan expire, and applies it again:
// what happened is in the ledger then, and nothing else was sent.
func TestExpiredPlanIsSettledAndNoMore(t *testing.T) {
	w := newWorld(t)
	f := planned(t, []plan.Change{createUser(1), createUser(2), createUser(3)}, nil)
	if _, err := w.run(f, func(o *apply.Options) {
		o.Journal = &cutter{Journal: o.Journal, at: 2} // the first change is begun and sent
	}); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	late := func(cutOff bool) func(o *apply.Options) {
		return func(o *apply.Options) {
			o.CutOff = cutOff
			o.Now = func() time.Time { return noon.Add(48 * time.Hour) }
		}
	}
	var refused *apply.Refusal
	if _, err := w.run(f, late(false)); !errors.As(err, &refused) || refused.Reason != apply.Expired {
		t.Fatalf("%v, want it to be refused as expired", err)
	}
	elsewhere := facts()
	elsewhere.ID = "22222222-2222-3333-4444-555555555555"
	if _, err := w.run(f, func(o *apply.Options) {
		late(true)(o)
		o.Targets = map[cloud.Directory]connector.Target{cloud.Entra: memory.New(elsewhere)}
	}); !errors.As(err, &refused) || refused.Reason != apply.OtherTenant {
		t.Fatalf("%v, want nothing to be looked up in another tenant", err)
	}
	r, err := w.run(f, late(true))
	if err != nil {
		t.Fatal(err)
	}
	if r.Run.State != journal.Stopped || r.Counts.Succeeded() != 1 || r.NotReached != 2 {
		t.Errorf("run is %s with %v, %d not reached; want one change settled", r.Run.State, r.Counts, r.NotReached)
	}
	if n := len(w.rows()); n != 1 {
		t.Errorf("the ledger has %d rows, want the one that was made", n)
	}
	if _, err := w.run(f, late(false)); !errors.As(err, &refused) || refused.Reason != apply.Expired {
		t.Errorf("%v, want it to be refused once everything is settled", err)
	}
}

func TestAdoptionIsOfTheObjectThatWasMatched(t *testing.T) {
	there := cloud.Object{ID: "00000000-0000-4000-8000-000000000001", Type: cloud.User}
	there.Put("userPrincipalName", cloud.Text("user1@contoso.example"))
	about := user(1)
	about.ID = there.ID
	c := change(about, plan.Adopt, set("anchor", cloud.Text(string(userAnchor(1)))))
	c.Fingerprint = plan.FingerprintOf(&there, plan.Identifying(cloud.User))
	for name, x := range map[string]struct {
		now  string
		want journal.State
	}{
		"the same":            {"user1@contoso.example", journal.Done},
		"renamed to somebody": {"somebody@contoso.example", journal.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			o := there
			o.Put("userPrincipalName", cloud.Text(x.now))
			w := newWorld(t, o)
			r, err := w.run(planned(t, []plan.Change{c}, nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Counts[x.want] != 1 {
				t.Errorf("%v, want %s", r.Counts, x.want)
			}
		})
	}
}

func TestNoPlanAdoptsAndDeletes(t *testing.T) {
	w := newWorld(t)
	w.seed(ledger.Row{Anchor: userAnchor(2), ID: "x", How: ledger.Created})
	gone := user(2)
	gone.ID = "x"
	d := change(gone, plan.Delete, set("displayName", cloud.Text("x")))
	d.Fingerprint = "f"
	_, err := w.run(planned(t, []plan.Change{change(user(1), plan.Adopt, set("anchor", cloud.Text("a"))), d}, nil), nil)
	var refused *apply.Refusal
	if !errors.As(err, &refused) || refused.Reason != apply.Malformed {
		t.Errorf("%v, want it to be refused", err)
	}
}
