package undo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/undo"
)

func TestUndoAndUndoOfUndo(t *testing.T) {
	for name := range newWorld(t).each() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.state()
			f := w.file(head(), []plan.Change{w.each()[name]}, nil)
			r := w.apply(f)
			after := w.state()
			if cmp.Equal(before, after) {
				t.Fatal("the run changed nothing")
			}
			m, s := w.undo(r, f, nil)
			if len(s.changes) != 1 || m.Undoes != r.Run.ID || s.changes[0].Reverts == nil {
				t.Fatalf("%d changes, undoes %q; skips %+v", len(s.changes), m.Undoes, s.skips)
			}
			back := w.file(m, s.changes, s.skips)
			r2 := w.apply(back)
			if !r2.Complete() {
				t.Fatalf("undo: %v %v", r2.Counts, r2.Failures)
			}
			if name == "create" { // what was made lies in deleted items
				for id, text := range w.state() {
					if before[id] == "" && !strings.HasPrefix(text, "deleted true") {
						t.Errorf("%s is still there: %s", id, text)
					}
				}
			} else if diff := cmp.Diff(before, w.state()); diff != "" {
				t.Errorf("after the undo (-before +now)\n%s", diff)
			}
			m, s = w.undo(r2, back, nil)
			if r3 := w.apply(w.file(m, s.changes, s.skips)); !r3.Complete() {
				t.Fatalf("undo of the undo: %v %v", r3.Counts, r3.Failures)
			}
			if diff := cmp.Diff(after, w.state()); diff != "" {
				t.Errorf("after the undo of the undo (-before +now)\n%s", diff)
			}
		})
	}
}

// TestAdministratorsAndProtectedMembers holds the undo of what a run did to people who must not lose it.
func TestAdministratorsAndProtectedMembers(t *testing.T) {
	for name, c := range map[string]struct {
		of     string
		meddle func(*world)
		reason plan.SkipReason // of the one skip, "" for a change that is protected
	}{
		"the run made who is an administrator by now": {"create", func(w *world) {
			for _, o := range w.target.All() {
				if o.Get("displayName").Text() == "New" {
					o.Admin = true
					w.target.Set(o)
				}
			}
		}, plan.Protected},
		"a licence of an administrator": {"licences", func(w *world) { w.meddle(1, func(o *cloud.Object) { o.Admin = true }) }, ""},
		"a protected member":            {"members", func(*world) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := w.file(head(), []plan.Change{w.each()[c.of]}, nil)
			r := w.apply(f)
			c.meddle(w)
			m, s := w.undo(r, f, func(in *undo.Inputs) {
				in.Protected = func(o *plan.Object) string {
					if o.Anchor == about(2).Anchor {
						return "is protected"
					}
					return ""
				}
			})
			if c.reason != "" {
				if len(s.changes) != 0 || len(s.skips) != 1 || s.skips[0].Reason != c.reason {
					t.Errorf("changes %+v, skips %+v", s.changes, s.skips)
				}
				return
			}
			if len(s.changes) != 1 || s.changes[0].Protected == "" || !slices.ContainsFunc(m.Exceeded(), func(g plan.Guard) bool { return g.Name == engine.GuardProtected }) {
				t.Errorf("nobody is asked: %+v, %+v", s.changes, m.Exceeded())
			}
		})
	}
}

func TestUndoHoldsAGroupAgainstItsMembers(t *testing.T) {
	w := newWorld(t)
	f := w.file(head(), []plan.Change{w.each()["members"]}, nil)
	r := w.apply(f)
	g := cloud.Object{ID: team().ID, Anchor: team().Anchor, Type: cloud.SecurityGroup}
	members := []string{about(2).ID}
	for n := range 29 {
		o := cloud.Object{ID: fmt.Sprintf("10000000-0000-4000-8000-%012d", n), Type: cloud.User}
		w.target.Set(o)
		members = append(members, o.ID)
	}
	g.Put("members", cloud.Texts(members))
	w.target.Set(g)
	m, s := w.undo(r, f, func(in *undo.Inputs) {
		in.Recent = map[string]int{engine.GuardMemberRemoval + "/" + string(team().Anchor): 10}
	})
	if len(s.changes) != 1 || s.changes[0].Population != 40 {
		t.Fatalf("the change is held against %+v", s.changes)
	}
	if over := m.Exceeded(); len(over) != 1 || over[0].Name != engine.GuardMemberRemoval || over[0].Population != 40 || over[0].Recent != 10 {
		t.Errorf("guards over their limits: %+v", over)
	}
}

func TestWhatIsNotTakenBack(t *testing.T) {
	adopted := change(about(1), plan.Adopt, plan.Attribute{Name: "anchor", After: cloud.Text(string(about(1).Anchor))})
	for name, c := range map[string]struct {
		of     string
		change *plan.Change
		meddle func(w *world)
		adapt  func(*undo.Inputs)
		want   plan.SkipReason
	}{
		"a value that somebody changed since":              {of: "values", meddle: func(w *world) { w.put(1, "city", cloud.Text("Ulm")) }, want: plan.Drifted},
		"licences that were changed since":                 {of: "licences", meddle: func(w *world) { w.put(1, "licenses", cloud.Value{}) }, want: plan.Drifted},
		"an object that is gone":                           {of: "values", meddle: func(w *world) { w.target.Remove(about(1).ID) }, want: plan.NotUndone},
		"sign-in that is allowed again":                    {of: "disable", meddle: func(w *world) { w.put(1, "accountEnabled", cloud.Truth(true)) }, want: plan.NotUndone},
		"what was purged":                                  {of: "delete", meddle: func(w *world) { w.target.Remove(about(3).ID) }, want: plan.NotUndone},
		"an adoption":                                      {change: &adopted, want: plan.NotUndone},
		"an object outside of the pilot":                   {of: "values", adapt: func(in *undo.Inputs) { in.Selected = func(directory.Anchor) bool { return false } }, want: plan.OutsideSelection},
		"a creation inside of a pilot":                     {of: "create", adapt: func(in *undo.Inputs) { in.Selected = func(directory.Anchor) bool { return true } }, want: plan.OutsideSelection},
		"what was made, and another engine masters by now": {of: "create", meddle: func(w *world) { w.made(func(o *cloud.Object) { o.Synced = true }) }, want: plan.MasteredElse},
		"what was made, and the cloud masters by now":      {of: "create", meddle: func(w *world) { w.made(func(o *cloud.Object) { o.CloudOwned = true }) }, want: plan.MasteredElse},
		"what was made, and gave way to another object":    {of: "create", adapt: func(in *undo.Inputs) { in.Ledger = other{} }, want: plan.NotOurs},
		"what was deleted, and another one with its anchor lies there": {of: "delete", meddle: func(w *world) {
			w.target.Remove(about(3).ID)
			w.target.Set(cloud.Object{ID: about(8).ID, Anchor: about(3).Anchor, Type: cloud.User, Deleted: true})
		}, want: plan.NotUndone},
		"an object in doubt": {of: "values", adapt: func(in *undo.Inputs) {
			in.Source = func(context.Context, directory.Anchor) (string, bool, error) { return "", false, nil }
		}, want: plan.Unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			x := w.each()[c.of]
			if c.change != nil {
				x = *c.change
				w.meddle(1, func(o *cloud.Object) { o.Anchor = "" })
			}
			f := w.file(head(), []plan.Change{x}, nil)
			r := w.apply(f)
			if r.Counts[journal.Done] != 1 {
				t.Fatalf("%v %v", r.Counts, r.Failures)
			}
			if c.meddle != nil {
				c.meddle(w)
			}
			_, s := w.undo(r, f, c.adapt)
			if len(s.changes) != 0 || len(s.skips) != 1 || s.skips[0].Reason != c.want || s.skips[0].Detail == "" {
				t.Errorf("changes %+v, skips %+v; want one skip: %s", s.changes, s.skips, c.want)
			}
		})
	}
}

// made changes the object that a run made, behind coexist's back.
func (w *world) made(how func(*cloud.Object)) {
	for _, o := range w.target.All() {
		if o.Get("displayName").Text() == "New" {
			how(&o)
			w.target.Set(o)
		}
	}
}

// other is a ledger that has another object in the place of each.
type other struct{}

func (other) Row(context.Context, directory.Anchor) (ledger.Row, bool, error) {
	return ledger.Row{ID: about(8).ID, How: ledger.Created}, true, nil
}

// Nobody can say what a change did whose answer never came: the run is to be settled first.
func TestRunOfUnknownOutcomeIsNotTakenBack(t *testing.T) {
	for _, state := range []journal.State{journal.Begun, journal.Exported, journal.Unknown} {
		w := newWorld(t)
		f := w.file(head(), []plan.Change{w.each()["values"], w.each()["delete"]}, nil)
		r := w.apply(f)
		entries := func(yield func(journal.Entry, error) bool) {
			for e, err := range w.store.Entries(t.Context(), r.Run.ID) {
				if e.Action == plan.Delete {
					e.State = state
				}
				if !yield(e, err) {
					return
				}
			}
		}
		s := &sink{}
		_, err := undo.Make(t.Context(), undo.Inputs{Run: r.Run, Changes: f.Changes(), Entries: entries, Ledger: w.store,
			Targets: map[cloud.Directory]connector.Reader{cloud.Entra: w.target}, Limits: engine.DefaultLimits(), Base: head()}, s)
		if !errors.Is(err, undo.ErrUnsettled) || len(s.changes) != 0 {
			t.Errorf("%s: %v, changes %+v", state, err, s.changes)
		}
	}
}

func TestWhatTheRunDidNotDoIsNotTakenBack(t *testing.T) {
	w := newWorld(t)
	w.put(1, "city", cloud.Text("Köln"))
	c := w.against(change(about(1), plan.Update, plan.Attribute{Name: "city", After: cloud.Text("Köln")}))
	f := w.file(head(), []plan.Change{c}, nil)
	r := w.apply(f)
	if r.Counts[journal.Already] != 1 {
		t.Fatalf("%v", r.Counts)
	}
	if _, s := w.undo(r, f, nil); len(s.changes)+len(s.skips) != 0 {
		t.Errorf("%+v %+v", s.changes, s.skips)
	}
}

func TestUndoIsGuarded(t *testing.T) {
	w := newWorld(t)
	f := w.file(head(), []plan.Change{w.each()["create"]}, nil)
	r := w.apply(f)
	m, s := w.undo(r, f, func(in *undo.Inputs) {
		in.Limits.ByGuard[engine.GuardDelete] = engine.Limit{Count: 1}
		in.Recent = map[string]int{engine.GuardDelete: 1}
		in.Protected = func(*plan.Object) string { return "is protected" }
	})
	var over []string
	for _, g := range m.Exceeded() {
		over = append(over, g.Name)
	}
	if diff := cmp.Diff([]string{engine.GuardDelete, engine.GuardProtected}, over); diff != "" {
		t.Errorf("guards (-want +got)\n%s\n%+v", diff, s.changes)
	}
}
