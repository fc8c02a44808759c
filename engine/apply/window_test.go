package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// ticking is a clock that goes on by a minute with every change that comes to an end.
type ticking struct{ at time.Time }

func (c *ticking) now() time.Time { return c.at }

func (c *ticking) progress(int, int, journal.Entry) { c.at = c.at.Add(time.Minute) }

func TestChangeWindowEndsTheRunAndTheNextOneCarriesItOn(t *testing.T) {
	w := newWorld(t)
	changes := company()
	f := planned(t, changes, nil)
	c := &ticking{noon}
	r, err := w.run(f, func(o *apply.Options) { o.Now, o.Progress, o.Until = c.now, c.progress, noon.Add(3*time.Minute) })
	if err != nil {
		t.Fatal(err)
	}
	sent := len(w.target.Log())
	if !r.Interrupted || !errors.Is(r.Cause, apply.ErrWindow) || r.Run.State != journal.Interrupted || r.NotReached == 0 || sent == 0 || sent == len(changes) {
		t.Fatalf("%d sent, %+v", sent, r)
	}
	if !strings.Contains(r.Run.Detail, "2026-09-15T12:03:00Z") {
		t.Errorf("the run says %q", r.Run.Detail)
	}
	w.must(f)
	w.once(changes)
}

func TestChangeWindowIsNotOverrunByAPause(t *testing.T) {
	w := newWorld(t)
	w.target.Inject(memory.Fault{Err: &fault.Error{Kind: fault.Throttled, Delay: 10 * time.Minute}})
	r, err := w.run(planned(t, []plan.Change{createUser(1)}, nil), func(o *apply.Options) { o.Until = noon.Add(9 * time.Minute) })
	if err != nil || len(w.sleeps) > 0 || !errors.Is(r.Cause, apply.ErrWindow) {
		t.Fatalf("slept %v; %+v, %v", w.sleeps, r, err)
	}
	if e := w.entries()[createUser(1).ID]; e.State != journal.Deferred {
		t.Errorf("the change is %s", e.State)
	}
}

func TestCauseOfAnEndStandsInTheRun(t *testing.T) {
	w := newWorld(t)
	why := errors.New("asked to stop by Ute on srv1: change 4711")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := w.options(planned(t, company(), nil))
	s := w.open()
	lease, err := s.Acquire(ctx, tenantID, journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	o.Journal, o.Ledger = lease, s
	o.Progress = func(int, int, journal.Entry) { cancel(why) }
	r, err := apply.Run(ctx, o)
	if err != nil || !errors.Is(r.Cause, why) || r.Run.Detail != why.Error() {
		t.Errorf("%+v, %v", r, err)
	}
}

// deletions is a plan that deletes users that coexist made, and the tenant in which they are.
func deletions(t *testing.T, n int) (*world, []plan.Change) {
	var objects []cloud.Object
	var changes []plan.Change
	for i := range n {
		seen := existing(i + 1)
		objects = append(objects, seen)
		changes = append(changes, against(change(user(i+1), plan.Delete, set("displayName", cloud.Value{})), seen))
	}
	w := newWorld(t, objects...)
	for _, o := range objects {
		w.seed(ownedRow(o))
	}
	return w, changes
}

func TestGuardsAddUpOverRuns(t *testing.T) {
	weigh := func(c *plan.Change) map[string]int {
		if c.Action == plan.Delete {
			return map[string]int{"delete": 1}
		}
		return nil
	}
	w, changes := deletions(t, 6)
	limited := func(at time.Time, allow ...journal.Override) func(*apply.Options) {
		return func(o *apply.Options) {
			o.Rolling, o.Allow = apply.Rolling{Weigh: weigh, Most: map[string]int{"delete": 3}}, allow
			o.Now = func() time.Time { return at }
		}
	}
	made := func(at time.Time, list []plan.Change) *plan.File {
		return planned(t, list, func(m *plan.Manifest) { m.Created, m.AsOf, m.Expires = at, at, at.Add(time.Hour) })
	}
	if r, err := w.run(made(noon, changes[:2]), limited(noon)); err != nil || !r.Complete() {
		t.Fatalf("within the guard: %+v, %v", r, err)
	}
	later := noon.Add(23 * time.Hour)
	second := made(later, changes[2:])
	r, err := w.run(second, limited(later))
	if err != nil || r.Run.State != journal.Stopped || r.Counts[journal.Done] != 1 || r.NotReached != 3 {
		t.Fatalf("a second plan on the same day: %+v, %v", r, err)
	}
	if want := "guard delete is about to be crossed: 4 within 24 hours, and 3 are allowed"; r.Run.Detail != want {
		t.Errorf("the run says %q, want %q", r.Run.Detail, want)
	}
	tomorrow := noon.Add(24*time.Hour + time.Minute)
	third := made(tomorrow, changes[3:5])
	if r, err := w.run(third, limited(tomorrow)); err != nil || !r.Complete() {
		t.Fatalf("once a day has passed: %+v, %v", r, err)
	}
	fourth := made(tomorrow, changes[5:])
	over := journal.Override{Guard: "delete", Plan: fourth.Digest(), Reason: "change 4711"}
	if r, err := w.run(fourth, limited(tomorrow, over)); err != nil || !r.Complete() {
		t.Fatalf("with the guard allowed: %+v, %v", r, err)
	}
}

// A change that was counted when it was begun is not counted once more when the run is carried on.
func TestChangeThatWasBegunCountsOnce(t *testing.T) {
	w, changes := deletions(t, 3)
	f := planned(t, changes, nil)
	limited := func(o *apply.Options) {
		o.Workers = 1
		o.Rolling = apply.Rolling{Weigh: func(*plan.Change) map[string]int { return map[string]int{"delete": 1} }, Most: map[string]int{"delete": 3}}
	}
	if _, err := w.run(f, func(o *apply.Options) {
		limited(o)
		o.Journal = &cutter{Journal: o.Journal, at: 1, late: true} // the first is begun, and not sent
	}); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	if r, err := w.run(f, limited); err != nil || !r.Complete() {
		t.Fatalf("three of three allowed: %+v, %v", r, err)
	}
	w.once(changes)
}

// The guard of one group's members has a limit for each group, and is allowed for all of them.
func TestGuardOfEachGroupAddsUpOverRuns(t *testing.T) {
	weigh := func(*plan.Change) map[string]int { return map[string]int{"memberRemoval/team": 1} }
	w, changes := deletions(t, 3)
	limited := func(allow ...journal.Override) func(*apply.Options) {
		return func(o *apply.Options) {
			o.Rolling, o.Allow = apply.Rolling{Weigh: weigh, Most: map[string]int{"memberRemoval/team": 1, "memberRemoval/other": 1}}, allow
		}
	}
	if r, err := w.run(planned(t, changes[:1], nil), limited()); err != nil || !r.Complete() {
		t.Fatalf("within the guard: %+v, %v", r, err)
	}
	second := planned(t, changes[1:], nil)
	if r, err := w.run(second, limited()); err != nil || r.Run.State != journal.Stopped || r.Counts[journal.Done] != 0 {
		t.Fatalf("a second plan on the same day: %+v, %v", r, err)
	}
	over := journal.Override{Guard: "memberRemoval", Plan: second.Digest(), Reason: "change 4711"}
	if r, err := w.run(second, limited(over)); err != nil || !r.Complete() {
		t.Fatalf("with the guard allowed: %+v, %v", r, err)
	}
}

func TestMembersAreASetAndTheirGroupIsLookedAt(t *testing.T) {
	g := group(9)
	anna, ben, carla := existing(1), existing(2), existing(3)
	c := members(g, user(2))
	c.Object.ID = "00000000-0000-4000-8000-00000000000a"
	c.Attributes[0].Add[0].ID = ben.ID
	c.Attributes[0].Remove = []plan.Ref{{Anchor: anna.Anchor, ID: anna.ID, Name: "Anna"}}
	cases := map[string]struct {
		members []string
		meddle  func(*cloud.Object)
		want    journal.State
	}{
		"as planned":                       {[]string{anna.ID}, nil, journal.Done},
		"the member is there already":      {[]string{anna.ID, ben.ID}, nil, journal.Done},
		"the member is gone already":       {[]string{}, nil, journal.Done},
		"somebody changed it otherwise":    {[]string{anna.ID, carla.ID}, nil, journal.Done},
		"the group lies in deleted items":  {[]string{anna.ID}, func(o *cloud.Object) { o.Deleted = true }, journal.Conflict},
		"the group was made cloud-managed": {[]string{anna.ID}, func(o *cloud.Object) { o.CloudOwned = true }, journal.Conflict},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := live(g, c.Object.ID, cloud.Set{Name: "members", Value: cloud.Texts(tc.members)})
			if tc.meddle != nil {
				tc.meddle(&o)
			}
			w := newWorld(t, anna, ben, carla, o)
			if _, err := w.run(planned(t, []plan.Change{c}, nil), nil); err != nil {
				t.Fatal(err)
			}
			if e := w.entries()[c.ID]; e.State != tc.want {
				t.Fatalf("state is %s: %s", e.State, e.Detail)
			}
			now, err := w.target.Current(t.Context(), g.Type, c.Object.ID, []string{"members"})
			if tc.want != journal.Done || err != nil {
				return
			}
			got := fmt.Sprint(now.Get("members").Texts())
			if !strings.Contains(got, ben.ID) || strings.Contains(got, anna.ID) || slices.Contains(tc.members, carla.ID) != strings.Contains(got, carla.ID) {
				t.Errorf("members are %s", got)
			}
		})
	}
}

func TestPlanFromTheFutureIsRefused(t *testing.T) {
	w := newWorld(t)
	f := planned(t, []plan.Change{createUser(1)}, func(m *plan.Manifest) { m.Created, m.AsOf = noon.Add(time.Hour), noon.Add(time.Hour) })
	if _, err := w.run(f, nil); reasonOf(err) != apply.FromFuture {
		t.Errorf("a plan that the clock was set back behind: %v", err)
	}
	skewed := planned(t, []plan.Change{createUser(1)}, func(m *plan.Manifest) { m.Created, m.AsOf = noon.Add(4*time.Minute), noon.Add(4*time.Minute) })
	w.must(skewed)
}
