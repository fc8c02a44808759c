// Package undo draws up the plan that takes a run back: for each change that the run carried out, the one that brings back
// what was there before, or the reason why there is none. The plan that comes out is a plan like any other: it is reviewed,
// held against guards, approved and applied by the same steps, and its own run can be taken back again.
//
// It takes back what the run wrote, and no more. A value that somebody changed since is left as it is and listed, and so is
// what coexist found to be as wished already. An undo does not change policies or the directory: where those still want what
// is taken back, the next plan proposes it again.
package undo

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// Ledger is what coexist owns.
type Ledger interface {
	Row(ctx context.Context, a directory.Anchor) (r ledger.Row, ok bool, err error)
}

// Inputs is what an undo is made from.
type Inputs struct {
	Run     journal.Run
	Changes iter.Seq2[plan.Change, error]   // of the plan that the run carried out, in anchor order
	Entries iter.Seq2[journal.Entry, error] // of the run, in any order
	Targets map[cloud.Directory]connector.Reader
	Ledger  Ledger
	// Source gives the fingerprint of an object of the source as it is now, which apply looks at again, and whether anything
	// can be told about the object; see engine.Reconsider. nil where there is no source to look at.
	Source func(ctx context.Context, a directory.Anchor) (fingerprint string, known bool, err error)
	// Selected reports whether the plan is about an object; nil for all. Such a plan deletes nothing.
	Selected func(a directory.Anchor) bool
	// Protected says why an object is protected, "" when it is not; nil for none.
	Protected func(o *plan.Object) string
	Limits    engine.Limits
	Recent    map[string]int // what the changes of the last 24 hours count, by guard
	Managed   int            // objects that the ledger owns
	// Base is the head of the plan as far as the caller knows it: times, who plans, sources, policies, selection.
	Base plan.Manifest
}

// Sink takes the plan as it is made; see engine.Sink.
type Sink = engine.Sink

// ErrUnsettled says that the outcome of some changes of the run is not known, so that nobody can say what to take back.
var ErrUnsettled = errors.New("the outcome of some of its changes is not known")

// window is how many changes are looked at together: a tenant answers many questions in few requests.
const window = 200

// Make draws up the plan.
func Make(ctx context.Context, in Inputs, w Sink) (plan.Manifest, error) {
	u := &undoing{Inputs: in, sink: w, entries: map[string]journal.Entry{}, m: in.Base}
	for e, err := range in.Entries {
		switch {
		case err != nil:
			return u.m, err
		case e.State.Unsettled():
			return u.m, fmt.Errorf("undo run %s: %w", in.Run.ID, ErrUnsettled)
		case e.State == journal.Done, e.State == journal.Delayed:
			u.entries[e.Change] = e
		}
	}
	target := in.Targets[cloud.Entra]
	if target == nil {
		return u.m, errors.New("undo: no tenant is connected")
	}
	var err error
	if u.m.Tenant, err = target.Tenant(ctx); err != nil {
		return u.m, fmt.Errorf("undo: read the tenant: %w", err)
	}
	u.weights = engine.NewWeights(&u.m.Tenant, in.Limits, in.Recent)
	if err := u.windows(ctx); err != nil {
		return u.m, fmt.Errorf("undo run %s: %w", in.Run.ID, err)
	}
	u.m.Undoes, u.m.Complete = in.Run.ID, in.Selected == nil
	u.m.Guards, u.m.Seats = u.weights.Guards(in.Managed), u.weights.Seats()
	return u.m, nil
}

// undoing is an undo on its way.
type undoing struct {
	Inputs
	sink    Sink
	entries map[string]journal.Entry
	weights *engine.Weights
	m       plan.Manifest
}

// step is one change of the run with what is there now.
type step struct {
	change plan.Change
	entry  journal.Entry
	now    cloud.Object
	absent bool
	needs  cloud.Directory // the directory that could tell, when it is not connected
}

// windows goes through the plan's changes, those of an object together.
func (u *undoing) windows(ctx context.Context) error {
	var batch []step
	var anchor directory.Anchor
	for c, err := range u.Changes {
		if err != nil {
			return err
		}
		u.m.Objects += count(c.Object.Anchor != anchor)
		if c.Object.Anchor != anchor && len(batch) >= window {
			if err := u.work(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		anchor = c.Object.Anchor
		if e, ok := u.entries[c.ID]; ok {
			batch = append(batch, step{change: c, entry: e})
		}
	}
	return u.work(ctx, batch)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// work looks at the objects of some changes and writes what takes these back.
func (u *undoing) work(ctx context.Context, batch []step) error {
	if err := u.look(ctx, batch); err != nil {
		return err
	}
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].change.Object.Anchor == batch[0].change.Object.Anchor {
			n++
		}
		if err := u.object(ctx, batch[:n]); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// look asks the tenant what the objects of the changes are now.
func (u *undoing) look(ctx context.Context, batch []step) error {
	questions := map[cloud.Directory][]connector.Question{}
	asked := map[cloud.Directory][]int{}
	for i := range batch {
		q, ok := question(&batch[i])
		if !ok {
			continue
		}
		d := batch[i].change.Directory
		questions[d], asked[d] = append(questions[d], q), append(asked[d], i)
	}
	for _, d := range []cloud.Directory{cloud.Entra, cloud.Exchange} {
		if len(questions[d]) == 0 {
			continue
		}
		target := u.Targets[d]
		if target == nil {
			for _, i := range asked[d] {
				batch[i].needs = d
			}
			continue
		}
		for n, a := range answers(ctx, target, questions[d]) {
			i := asked[d][n]
			switch {
			case a.Err != nil && fault.KindOf(a.Err) == fault.NotFound:
				batch[i].absent = true
			case a.Err != nil:
				return fmt.Errorf("look at %s: %w", batch[i].change.Object.Name, a.Err)
			}
			batch[i].now = a.Object
		}
	}
	return nil
}

func answers(ctx context.Context, target connector.Reader, questions []connector.Question) []connector.Answer {
	if s, ok := target.(connector.Surveyor); ok {
		return s.Survey(ctx, questions)
	}
	out := make([]connector.Answer, len(questions))
	for i, q := range questions {
		if q.ID == "" {
			out[i].Object, out[i].Err = target.ByAnchor(ctx, q.Type, q.Anchor)
		} else {
			out[i].Object, out[i].Err = target.Current(ctx, q.Type, q.ID, q.Properties)
		}
	}
	return out
}

// question gives what has to be known of the object of a change.
func question(s *step) (connector.Question, bool) {
	c := &s.change
	q := connector.Question{Type: c.Object.Type, ID: idOf(s)}
	if s.entry.State == journal.Delayed {
		return q, false
	}
	switch c.Action {
	case plan.Create, plan.Restore:
		q.Properties = []string{"displayName"}
	case plan.Update, plan.License, plan.Refer:
		for _, a := range c.Attributes {
			if p := cloud.Row(a.Name); a.Name == cloud.TypeProperty || p != nil && !p.WriteOnly {
				q.Properties = append(q.Properties, a.Name)
			}
		}
	case plan.Disable:
		q.Properties = []string{enabled}
	case plan.Delete:
		q.ID, q.Anchor = "", c.Object.Anchor
	case plan.Members:
		if q.Properties = []string{"displayName"}; c.Object.Type.IsGroup() {
			q.Properties = append(q.Properties, "members")
		}
	default:
		return q, false
	}
	return q, true
}

const enabled = "accountEnabled"

func idOf(s *step) string {
	if s.entry.TargetID != "" {
		return s.entry.TargetID
	}
	return s.change.Object.ID
}

// object takes back the changes of one object.
func (u *undoing) object(ctx context.Context, steps []step) error {
	if u.Selected != nil && !u.Selected(steps[0].change.Object.Anchor) {
		return u.skip(&steps[0], plan.OutsideSelection, "", "the configuration restricts plans, and this object is outside")
	}
	fingerprint, known, err := u.source(ctx, steps[0].change.Object.Anchor)
	if err != nil {
		return err
	}
	if !known {
		return u.skip(&steps[0], plan.Unreadable, "", "nothing can be told about its source object just now, which apply looks at again")
	}
	var made []plan.Change
	var at []int            // of each: the position of the step that it takes back
	ids := map[string]int{} // position of what takes a change back
	for i := range steps {
		s := &steps[i]
		if first := maker(steps); first != nil && first != s {
			continue // it goes with the object
		}
		c, err := u.invert(ctx, s)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		c.Source = fingerprint
		ids[s.change.ID] = len(made)
		made, at = append(made, *c), append(at, i)
	}
	turnRound(steps, made, ids)
	for i := range made {
		if err := u.put(&made[i], &steps[at[i]].now); err != nil {
			return err
		}
	}
	return nil
}

func (u *undoing) source(ctx context.Context, a directory.Anchor) (string, bool, error) {
	if u.Source == nil {
		return "", true, nil
	}
	return u.Source(ctx, a)
}

// maker gives the change by which the run made the object, or brought it back; nil when it did neither.
func maker(steps []step) *step {
	for i := range steps {
		if a := steps[i].change.Action; (a == plan.Create || a == plan.Restore) && steps[i].entry.State == journal.Done {
			return &steps[i]
		}
	}
	return nil
}

// turnRound makes what takes a change back wait for what takes back those that waited for it.
func turnRound(steps []step, made []plan.Change, ids map[string]int) {
	for i := range steps {
		later, ok := ids[steps[i].change.ID]
		if !ok {
			continue
		}
		for _, d := range steps[i].change.DependsOn {
			if first, ok := ids[d]; ok && made[later].Stage() <= made[first].Stage() {
				made[first].DependsOn = append(made[first].DependsOn, made[later].ID)
			}
		}
	}
}

// put writes a change and counts it. now is what its object is.
func (u *undoing) put(c *plan.Change, now *cloud.Object) error {
	if u.Selected != nil && (c.Action == plan.Delete || c.Action == plan.Disable) {
		s := step{change: *c}
		return u.skip(&s, plan.OutsideSelection, "", "a plan for a selection deletes and disables nothing")
	}
	if now.Admin && c.LocksOut() {
		s := step{change: *c}
		return u.skip(&s, plan.Protected, "", "it holds an administrative role in the tenant by now")
	}
	if c.Protected = u.protection(c); c.Protected == "" && now.Admin && c.Action != plan.Members && engine.Takes(&u.m.Tenant, c) {
		c.Protected = "holds an administrative role in the tenant"
	}
	u.weights.Add(c, len(now.Get("members").Texts()))
	return u.sink.Change(*c)
}

// protection says why something is taken away from a protected object, "" when it is not: the object itself, or a member
// that its group loses.
func (u *undoing) protection(c *plan.Change) string {
	if u.Protected == nil || !engine.Takes(&u.m.Tenant, c) {
		return ""
	}
	if why := u.Protected(&c.Object); why != "" {
		return why
	}
	for _, a := range c.Attributes {
		for _, r := range a.Remove {
			if why := u.Protected(&plan.Object{Anchor: r.Anchor, ID: r.ID, Name: r.Name}); why != "" {
				return "loses " + r.Name + ", who " + why
			}
		}
	}
	return ""
}

// skip lists what is not taken back. property is "" for a change as a whole.
func (u *undoing) skip(s *step, r plan.SkipReason, property, detail string) error {
	o := s.change.Object
	o.ID = idOf(s)
	return u.sink.Skip(plan.Skip{Object: o, Reason: r, Property: property, Detail: word(s.change.Action) + ": " + detail, Needs: s.needs})
}

// word says what a run did.
func word(a plan.Action) string {
	switch a {
	case plan.License:
		return "licences"
	case plan.Refer:
		return "manager"
	}
	return string(a)
}

// begin gives the change that takes one back, before it says what it sets. Ids are those of the change taken back below a
// word of their own, so that no two are the same.
func begin(s *step, a plan.Action) *plan.Change {
	o := s.change.Object
	o.ID = idOf(s)
	rest := s.change.ID[len(o.Anchor)+1:]
	return &plan.Change{ID: diff.ChangeID(string(o.Anchor), a, "undo/"+rest), Object: o, Action: a, Directory: s.change.Directory, Facet: s.change.Facet,
		Undo: plan.Exact, Reverts: &plan.Reverted{Change: s.change.ID, How: s.change.Undo}}
}
