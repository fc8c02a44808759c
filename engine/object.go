package engine

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// object compares one source object.
func (k *worker) object(o *outcome, it item) {
	i, p := it.source, k.planner
	out := k.ev.Evaluate(p.decider.Input(i))
	state := p.keeping(i).FoldInto(k.room, &out)
	k.room = state.Properties
	m := &p.table.Matches[i]
	about := p.about(i, &state)
	p.predict(i, &state)
	for _, s := range state.Problems {
		s.Object = about
		o.skips = append(o.skips, s)
	}
	if s, damaged := p.damage(i); damaged {
		if s.Object = about; it.row == nil || needed(s.Property) {
			s.Property, state.Type = "", "" // what was decided without that attribute is not what its owner wants
		}
		o.skips = append(o.skips, s)
	}
	if state.LeaveHeld && it.row != nil {
		state.Leave, state.Hold = it.row.Leave, it.row.Hold
	}
	if held(&state, it.row, p.priors.Of(i)) {
		state.Type = ""
	}
	switch {
	case state.Type == "": // undecided is not gone: what was stored stays
		if it.row != nil {
			o.stays(it.row, &about, it.row.Leave, it.row.Hold)
		}
		return
	case state.Type == cloud.None:
		o.match.Unmanaged++
		if it.row != nil {
			p.left(o, *it.row, about, plan.OutOfScope)
		}
		k.learn(o, i, &out, func(decision string) bool { return decision == rules.CloudType && len(p.priors.Of(i)) > 0 })
		return
	}
	if it.row != nil {
		o.stays(it.row, &about, state.Leave, state.Hold)
	}
	if m.Problem != nil {
		s := *m.Problem
		s.Object = about
		o.skips = append(o.skips, s)
		o.match.Ambiguous++
		k.learn(o, i, &out, func(string) bool { return false })
		return
	}
	in := diff.Input{Object: about, Source: fingerprint(p.in.Snapshot.At(i), &out), State: &state, Adopt: m.How.Soft(), Row: it.row, Wait: p.wait(i),
		Connected: p.connected, Resolve: p.resolve, Managed: func(sku string) bool { return p.managed[sku] },
		Holder: func(upn string) *plan.Ref { return p.holder(upn, i) }, Joined: p.joined,
		Departed: func(id string, refs []string) bool { return p.departed(id, refs, i) }, KeepDrift: p.in.KeepDrift, Adopting: p.adopting}
	if m.Target != join.None {
		in.Target = p.view.At(m.Target)
	}
	p.mailbox(&in, i)
	r := diff.Object(in)
	p.photograph(&r, i)
	p.count(o, in, r)
	lapsed(&r, p.priors.Of(i), &out)
	k.settle(&r, &state, &out)
	k.learn(o, i, &out, func(decision string) bool {
		return in.Target != nil && !in.Target.Deleted && !open(decision, &r, &state)
	})
	p.put(o, in.Target, r)
}

// damage gives the skip of an object of which an attribute could not be taken over; its property is that attribute.
func (p *planner) damage(i int) (plan.Skip, bool) {
	if len(p.flaws) == 0 {
		return plan.Skip{}, false
	}
	list := p.flaws[p.in.Snapshot.At(i).GUID]
	if len(list) == 0 {
		return plan.Skip{}, false
	}
	f := list[max(0, slices.IndexFunc(list, func(f snapshot.Flaw) bool { return needed(f.Attribute) }))]
	return plan.Skip{Reason: plan.Damaged, Property: f.Attribute, Detail: f.Attribute + ": " + f.Problem}, true
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
		p.protect(&c, t)
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
