package undo_test

import (
	"fmt"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/undo"
)

// mailbox gives a user that has a mailbox.
func (w *world) mailbox(n int) {
	w.meddle(n, func(o *cloud.Object) {
		o.Recipient = &cloud.Recipient{Details: "UserMailbox", GUID: o.ID}
		o.Put("primaryAddress", cloud.Text("user@contoso.example"))
	})
}

// eachOfExchange gives changes that Exchange Online carries out.
func (w *world) eachOfExchange() map[string]plan.Change {
	in := func(c plan.Change, f cloud.Facet) plan.Change {
		c.Directory, c.Facet = cloud.Exchange, f
		now, err := w.target.Exchange().Current(w.t.Context(), c.Object.Type, c.Object.ID, []string{c.Attributes[0].Name})
		if err != nil {
			w.t.Fatal(err)
		}
		if c.Action == plan.Update {
			c.Attributes[0].Before = now.Get(c.Attributes[0].Name)
			c.Fingerprint = plan.FingerprintOf(&now, []string{c.Attributes[0].Name})
		}
		return c
	}
	shared := about(1)
	shared.Type = cloud.SharedMailbox
	return map[string]plan.Change{
		"hidden from address lists":   in(change(about(1), plan.Update, plan.Attribute{Name: "hidden", After: cloud.Truth(true)}), cloud.FacetRecipient),
		"a shared mailbox made of it": in(change(shared, plan.Update, plan.Attribute{Name: cloud.TypeProperty, After: cloud.Text(string(cloud.SharedMailbox))}), cloud.FacetType),
		"full access":                 in(change(about(1), plan.Members, plan.Attribute{Name: "fullAccess", Add: []plan.Ref{{Anchor: about(2).Anchor, ID: about(2).ID, Name: "User 2"}}}), cloud.FacetFullAccess),
	}
}

func TestUndoInExchangeOnline(t *testing.T) {
	mail := func(w *world) string {
		for _, o := range w.target.All() {
			if o.ID == about(1).ID {
				return fmt.Sprintln(o.Type, o.Get("hidden"), o.Get("fullAccess"))
			}
		}
		return ""
	}
	prepared := func() *world {
		w := newWorld(t)
		w.mailbox(1)
		w.mailbox(2)
		return w
	}
	for name := range prepared().eachOfExchange() {
		t.Run(name, func(t *testing.T) {
			w := prepared()
			w.t = t
			before := mail(w)
			f := w.file(head(), []plan.Change{w.eachOfExchange()[name]}, nil)
			r := w.apply(f)
			after := mail(w)
			if !r.Complete() || after == before {
				t.Fatalf("the run changed nothing: %v %v", r.Counts, r.Failures)
			}
			connected := func(in *undo.Inputs) { in.Targets[cloud.Exchange] = w.target.Exchange() }
			m, s := w.undo(r, f, connected)
			back := w.file(m, s.changes, s.skips)
			r2 := w.apply(back)
			if now := mail(w); !r2.Complete() || now != before {
				t.Fatalf("after the undo it is %sand was %s%v; skips %+v", now, before, r2.Failures, s.skips)
			}
			m, s = w.undo(r2, back, connected)
			if r3 := w.apply(w.file(m, s.changes, s.skips)); !r3.Complete() || mail(w) != after {
				t.Errorf("after the undo of the undo it is %sand was %s%v", mail(w), after, r3.Failures)
			}
		})
	}
	t.Run("Exchange Online is connected no longer", func(t *testing.T) {
		w := prepared()
		f := w.file(head(), []plan.Change{w.eachOfExchange()["full access"]}, nil)
		if _, s := w.undo(w.apply(f), f, nil); len(s.changes) != 0 || len(s.skips) != 1 || s.skips[0].Reason != plan.NeedsConnector {
			t.Errorf("changes %+v, skips %+v", s.changes, s.skips)
		}
	})
}
