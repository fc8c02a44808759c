package diff_test

import (
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// TestFullAccessMovesToWithoutAutomapping: Exchange does not tell the two apart, the ledger does.
func TestFullAccessMovesToWithoutAutomapping(t *testing.T) {
	s := state(cloud.User, set("fullAccess", cloud.Value{}), set("fullAccessNoAutomap", cloud.Value{}))
	for i := range s.Properties {
		if s.Properties[i].Name == "fullAccessNoAutomap" {
			s.Properties[i].Refs = []string{"CN=Bob"}
		}
	}
	target := there("fullAccess", cloud.Texts([]string{"id-bob"}))
	target.Recipient = &cloud.Recipient{Details: "UserMailbox"}
	in := diff.Input{State: s, Target: target, Row: ours(cloud.Set{Name: "fullAccess", Value: cloud.Texts([]string{"id-bob"})}),
		Connected: func(cloud.Directory) bool { return true },
		Resolve:   func(string) diff.Reference { return diff.Reference{Ref: plan.Ref{ID: "id-bob", Name: "Bob"}} },
		Joined:    func(string) bool { return false }, Departed: func(string, []string) bool { return false }}
	count := func(row *ledger.Row) (add, remove int) {
		in.Row = row
		for _, c := range diff.Object(in).Changes {
			for _, a := range c.Attributes {
				add, remove = add+len(a.Add), remove+len(a.Remove)
			}
		}
		return add, remove
	}
	if add, remove := count(in.Row); add != 1 || remove != 1 {
		t.Errorf("with what coexist wrote as automapping: %d added, %d removed", add, remove)
	}
	row := ours(cloud.Set{Name: "fullAccess", Value: cloud.Value{}}, cloud.Set{Name: "fullAccessNoAutomap", Value: cloud.Texts([]string{"id-bob"})})
	if add, remove := count(row); add+remove != 0 {
		t.Errorf("once it is so: %d added, %d removed", add, remove)
	}
}

// TestPermissionsOfOthersStay: whom somebody gave access in Exchange Online keeps it; whom coexist added goes with the wish.
func TestPermissionsOfOthersStay(t *testing.T) {
	target := there("fullAccess", cloud.Texts([]string{"id-ann", "id-hand"}))
	target.Recipient = &cloud.Recipient{Details: "UserMailbox"}
	in := diff.Input{State: state(cloud.User, set("fullAccess", cloud.Value{})), Target: target,
		Row:       ours(cloud.Set{Name: "fullAccess", Value: cloud.Texts([]string{"id-ann"})}),
		Connected: func(cloud.Directory) bool { return true }, Resolve: func(string) diff.Reference { return diff.Reference{} },
		Joined: func(string) bool { return true }, Departed: func(string, []string) bool { return true }}
	var removed []string
	for _, c := range diff.Object(in).Changes {
		for _, a := range c.Attributes {
			for _, r := range a.Remove {
				removed = append(removed, r.ID)
			}
		}
	}
	if len(removed) != 1 || removed[0] != "id-ann" {
		t.Errorf("removed %v", removed)
	}
}

// TestAdoptionEndsNoHold: the plan that adopts a mailbox leaves its hold and its archive.
func TestAdoptionEndsNoHold(t *testing.T) {
	target := there("archive", cloud.Truth(true), "litigationHold", cloud.Truth(true))
	target.Recipient = &cloud.Recipient{Details: "UserMailbox", Held: true}
	for name, in := range map[string]diff.Input{"of it": {}, "of others": {Adopting: true, Row: ours()}} {
		in.State, in.Target = state(cloud.User, set("archive", cloud.Truth(false)), set("litigationHold", cloud.Truth(false))), target
		in.Connected = func(cloud.Directory) bool { return true }
		r := diff.Object(in)
		for _, c := range r.Changes {
			if c.Facet == cloud.FacetArchive || c.Facet == cloud.FacetRecipient {
				t.Errorf("adoption %s: %s", name, c.ID)
			}
		}
		if len(r.Skips) != 2 || r.Skips[0].Reason != plan.AfterAdoption || r.Skips[1].Reason != plan.AfterAdoption {
			t.Errorf("adoption %s: %v", name, r.Skips)
		}
	}
}
