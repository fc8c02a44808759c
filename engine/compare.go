package engine

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// chunk is how many objects a worker takes at a time.
const chunk = 256

// evaluate decides about every object and keeps what joining and references need.
func (p *planner) evaluate(ctx context.Context) error {
	n := p.in.Snapshot.Len()
	p.verdicts = make([]verdict, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, p.in.Workers) {
		wg.Go(func() {
			ev := p.decider.Evaluator()
			for from := range next {
				for i := from; i < min(from+chunk, n); i++ {
					out := ev.Evaluate(p.decider.Input(i))
					state := p.catalogue.Identity(&out)
					_, known := p.remember[i]
					p.verdicts[i] = verdict{kind: state.Type, upn: state.UPN(), primary: desired.PrimaryAddress(p.in.Snapshot.At(i)), detail: p.detailed(&out), member: p.memberships(&out),
						lacks: len(diff.Missing(&state)) > 0 || !known && undecided(&out) || p.flawed(i)}
				}
			}
		})
	}
	var err error
	for from := 0; from < n && err == nil; from += chunk {
		select {
		case next <- from:
			p.in.Progress.Report("evaluate policies", from)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	close(next)
	wg.Wait()
	p.wishes, p.addresses = map[string]int32{}, map[string]int32{}
	wish := func(m map[string]int32, name string, i int) {
		if _, taken := m[name]; taken {
			m[name] = shared
			return
		}
		m[name] = int32(i)
	}
	for i := range p.verdicts {
		v := &p.verdicts[i]
		if v.wanted() && v.upn != "" {
			wish(p.wishes, directory.Fold(v.upn), i)
		}
		if v.wanted() && v.primary != "" && p.connected(cloud.Exchange) {
			wish(p.addresses, v.primary, i)
		}
	}
	return err
}

// item is one thing to compare, in anchor order: a source object, a ledger row, or both.
type item struct {
	source int // index in the snapshot, or join.None
	row    *ledger.Row
}

// outcome is what came of one chunk.
type outcome struct {
	changes   []plan.Change
	members   []int // of each change: how many members its group has now
	skips     []plan.Skip
	inGroups  int // members that the groups compared have now
	leaving   []ledger.Leaving
	match     plan.Match
	unchanged int
}

// compare streams through source and ledger in anchor order. Chunks are compared side by side and written in order.
func (p *planner) compare(ctx context.Context, w Sink) error {
	if err := p.unusable(w); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type job struct {
		items []item
		done  chan outcome
	}
	jobs, order := make(chan job), make(chan job, max(1, p.in.Workers)*2)
	var wg sync.WaitGroup
	for range max(1, p.in.Workers) {
		wg.Go(func() {
			ev := p.decider.Evaluator()
			for j := range jobs {
				j.done <- p.compareChunk(ev, j.items)
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for items, err := range p.chunks(ctx) {
			if err != nil {
				readErr = err
				return
			}
			j := job{items, make(chan outcome, 1)}
			for _, c := range []chan job{order, jobs} {
				select {
				case c <- j:
				case <-ctx.Done():
					readErr = ctx.Err()
					j.done <- outcome{}
					return
				}
			}
		}
	})
	var err error
	for j := range order {
		if err == nil {
			if err = p.write(w, <-j.done); err != nil {
				stop()
			}
		}
	}
	wg.Wait()
	if err == nil {
		err = readErr
	}
	return err
}

// chunks merges source and ledger by anchor and cuts them into pieces.
func (p *planner) chunks(ctx context.Context) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		next, stop := iter.Pull2(p.in.State.Rows(ctx))
		defer stop()
		row, err, more := next()
		var items []item
		put := func(it item) bool {
			if items = append(items, it); len(items) == chunk {
				ok := yield(items, nil)
				items = nil
				return ok
			}
			return true
		}
		for i := 0; i < p.in.Snapshot.Len() || more; {
			if err != nil {
				yield(nil, err)
				return
			}
			it := item{source: join.None}
			if i < p.in.Snapshot.Len() && (!more || p.in.Snapshot.Anchor(i) <= row.Anchor) {
				it.source = i
				i++
			}
			if more && (it.source == join.None || p.in.Snapshot.Anchor(it.source) == row.Anchor) {
				r := row
				it.row = &r
				row, err, more = next()
			}
			if !put(it) {
				return
			}
		}
		if len(items) > 0 {
			yield(items, nil)
		}
	}
}

// write hands a chunk's outcome to the sink and counts it.
func (p *planner) write(w Sink, o outcome) error {
	for i := range o.changes {
		p.tally.change(&o.changes[i], o.members[i], p.in.Guards)
		if err := w.Change(o.changes[i]); err != nil {
			return err
		}
	}
	for _, s := range o.skips {
		p.tally.skips[string(s.Reason)]++
		if err := w.Skip(s); err != nil {
			return err
		}
	}
	p.leaving = append(p.leaving, o.leaving...)
	p.unchanged += o.unchanged
	p.tally.members += o.inGroups
	p.match.Joined += o.match.Joined
	p.match.Adopt += o.match.Adopt
	p.match.Create += o.match.Create
	p.match.Waiting += o.match.Waiting
	p.match.Ambiguous += o.match.Ambiguous
	p.match.Unmanaged += o.match.Unmanaged
	p.match.Unreachable += o.match.Unreachable
	return nil
}

// unusable lists the objects that have no anchor of their own.
func (p *planner) unusable(w Sink) error {
	var o outcome
	for _, d := range p.in.Snapshot.Duplicates() {
		for _, dn := range d.DNs {
			o.skips = append(o.skips, plan.Skip{Object: plan.Object{Anchor: d.Anchor, Kind: directory.User.String(), Name: dn, DN: dn}, Reason: plan.DuplicateAnchor,
				Detail: fmt.Sprintf("%d objects carry anchor %s: correct mS-DS-ConsistencyGuid of all but one", len(d.DNs), d.Anchor)})
		}
	}
	for _, u := range p.in.Snapshot.Unusable() {
		o.skips = append(o.skips, plan.Skip{Object: plan.Object{Kind: directory.User.String(), Name: u.DN, DN: u.DN}, Reason: plan.NoAnchor, Detail: u.Err.Error()})
	}
	return p.write(w, o)
}

func (p *planner) compareChunk(ev *rules.Evaluator, items []item) outcome {
	o := outcome{changes: make([]plan.Change, 0, 2*len(items)), members: make([]int, 0, 2*len(items))}
	var room []desired.Property
	for _, it := range items {
		switch {
		case it.source == join.None && p.in.Selection == nil:
			p.gone(&o, *it.row)
		case it.source != join.None && p.selected(it.source):
			before := len(o.changes)
			room = p.object(&o, ev, it, room)
			if len(o.changes) == before {
				o.unchanged++
			}
		}
	}
	return o
}

// selected reports whether the plan is about the source object at index i.
func (p *planner) selected(i int) bool {
	return p.in.Selection == nil || p.in.Selection.Has(p.in.Snapshot.At(i))
}

// object compares one source object. room is for its properties, and given back for the next one.
func (p *planner) object(o *outcome, ev *rules.Evaluator, it item, room []desired.Property) []desired.Property {
	i := it.source
	out := ev.Evaluate(p.decider.Input(i))
	state := p.catalogue.FoldInto(room, &out)
	m := &p.table.Matches[i]
	about := p.about(i, &state)
	p.predict(i, &state)
	for _, s := range state.Problems {
		s.Object = about
		o.skips = append(o.skips, s)
	}
	if it.row != nil {
		if state.LeaveHeld {
			state.Leave, state.Hold = it.row.Leave, it.row.Hold
		}
		o.leaving = append(o.leaving, ledger.Leaving{Anchor: it.row.Anchor, Name: about.Name, DN: about.DN, Leave: state.Leave, Hold: state.Hold})
	}
	if f, ok := p.flaws[p.in.Snapshot.At(i).GUID]; ok {
		o.skips = append(o.skips, plan.Skip{Object: about, Reason: plan.Damaged, Detail: f.Attribute + ": " + f.Problem})
		state.Type = "" // what was decided without that attribute is not what its owner wants
	}
	if held(&state, it.row) {
		state.Type = ""
	}
	switch {
	case state.Type == "":
		if it.row != nil { // undecided is not gone: what was stored stays
			o.leaving[len(o.leaving)-1].Leave, o.leaving[len(o.leaving)-1].Hold = it.row.Leave, it.row.Hold
		}
		return state.Properties
	case state.Type == cloud.None:
		o.match.Unmanaged++
		if it.row != nil {
			o.leaving = o.leaving[:len(o.leaving)-1]
			p.left(o, *it.row, about, plan.OutOfScope)
		}
		return state.Properties
	case m.Problem != nil:
		s := *m.Problem
		s.Object = about
		o.skips = append(o.skips, s)
		o.match.Ambiguous++
		return state.Properties
	}
	in := diff.Input{Object: about, Source: fingerprint(p.in.Snapshot.At(i), &out), State: &state, Adopt: m.How.Soft(), Row: it.row, Wait: p.wait(i),
		Connected: p.connected, Resolve: p.resolve, Managed: func(sku string) bool { return p.managed[sku] },
		Holder: func(upn string) *plan.Ref { return p.holder(upn, i) }, Joined: p.joined,
		Departed: func(id string, refs []string) bool { return p.departed(id, refs, i) }, KeepDrift: p.in.KeepDrift}
	if m.Target != join.None {
		in.Target = p.view.At(m.Target)
	}
	p.mailbox(&in, i)
	r := diff.Object(in)
	p.count(o, in, r)
	p.put(o, in.Target, r)
	return state.Properties
}

// put takes over what came of one object.
func (p *planner) put(o *outcome, t *cloud.Object, r diff.Result) {
	o.skips = append(o.skips, r.Skips...)
	members := 0
	if t != nil {
		members = len(t.Get("members").Texts())
		o.inGroups += members
	}
	for _, c := range r.Changes {
		if p.delayed(o, &c) {
			continue
		}
		if p.removals(&c); c.Action == plan.Members && len(c.Attributes[0].Add)+len(c.Attributes[0].Remove) == 0 {
			continue
		}
		o.changes = append(o.changes, c)
		o.members = append(o.members, members)
	}
}

// count files the object in the match report.
func (p *planner) count(o *outcome, in diff.Input, r diff.Result) {
	switch {
	case in.Target != nil && in.Adopt:
		o.match.Adopt++
	case in.Target != nil:
		o.match.Joined++
	case in.Wait != "":
		o.match.Waiting++
	case !p.connected(in.State.Type.Creator()):
		o.match.Unreachable++
	case len(r.Changes) > 0:
		o.match.Create++
	}
}

// about names a source object.
func (p *planner) about(i int, s *desired.State) plan.Object {
	o := p.in.Snapshot.At(i)
	out := plan.Object{Anchor: p.in.Snapshot.Anchor(i), Kind: o.Kind.String(), Type: s.Type, Name: name(o), DN: o.DN(), GUID: o.GUID.String()}
	if out.UPN = s.UPN(); out.UPN == "" {
		out.UPN = o.First(directory.AttrUserPrincipalName)
	}
	if m := p.table.Matches[i]; m.Target != join.None {
		out.ID = p.view.At(m.Target).ID
	}
	return out
}

// wait says why an object may not be created now: where another engine synchronises into the tenant, it may be about to
// make the object itself.
func (p *planner) wait(i int) string {
	if !p.view.Facts.Synced {
		return ""
	}
	_, scope, err := p.in.Snapshot.ScopeOf(i)
	switch {
	case err != nil:
		return err.Error()
	case scope.ExcludedFromOtherEngine:
		return ""
	}
	return "another engine synchronises into this tenant and may make it; declare its OU as excludedFromOtherEngine to create it from here"
}

// holder gives the object other than source i that has, or shall have, a user principal name.
func (p *planner) holder(upn string, i int) *plan.Ref {
	if t, ok := p.view.ByUPN(upn); ok && t != p.table.Matches[i].Target {
		o := p.view.At(t)
		return &plan.Ref{Anchor: o.Anchor, ID: o.ID, Name: o.Name()}
	}
	if j, ok := p.wishes[directory.Fold(upn)]; ok && j != int32(i) {
		return &plan.Ref{Name: "another object of the directory"}
	}
	if p.connected(cloud.Exchange) {
		return p.holds(upn, i) // which a licence makes an address of it
	}
	return nil
}

// sidOf gives the text form of an object's SID, "" when it has none.
func sidOf(o directory.Object) string {
	sid, err := ldapvalue.SID(o.First(directory.AttrObjectSID))
	if err != nil {
		return ""
	}
	return sid
}
