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
