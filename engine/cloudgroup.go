package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// The decision groups says of which groups of the cloud an object is a member. A plan holds one Members change for each such
// group, after all others and in the order of the groups' ids: one request can add twenty members, and the guards of
// memberships count by group. Such a group has no counterpart in the source, so it stands in plan and ledger under an anchor
// of its own that sorts after every anchor of the source. The ledger's row holds whom coexist added, and nobody else is ever
// removed.

// cloudGroupAnchor begins the anchors of groups that live in the cloud alone.
const cloudGroupAnchor = "~group:"

// ofCloudGroup reports whether a row of the ledger is about a group that lives in the cloud alone.
func ofCloudGroup(r *ledger.Row) bool { return strings.HasPrefix(string(r.Anchor), cloudGroupAnchor) }

// membership is what an object's decision groups came to.
type membership struct {
	decided bool
	groups  []rules.CloudGroup // shared by the objects of a policy that decide alike
}

// groupKey is a group as policies name it.
type groupKey struct {
	key   rules.GroupKey
	value string
}

// memberships notes of which cloud groups an object shall be a member.
func (p *planner) memberships(out *rules.Outcome) membership {
	d := out.Find(rules.Groups)
	if d.Status != rules.Decided {
		return membership{}
	}
	m := membership{decided: true}
	for _, name := range d.List {
		if g, ok := p.in.Policies.CloudGroup(out.Policy, name); ok {
			m.groups = append(m.groups, g)
		}
	}
	return m
}

// namesCloudGroups reports whether some policy names groups of the cloud.
func (p *planner) namesCloudGroups() bool {
	return slices.ContainsFunc(p.in.Policies.Policies(), func(q rules.Policy) bool { return len(q.CloudGroups) > 0 })
}

// cloudGroups compares the members of the groups that policies name.
func (p *planner) cloudGroups(w Sink) error {
	wished := map[groupKey][]int32{}
	named := map[groupKey]rules.CloudGroup{}
	for _, q := range p.in.Policies.Policies() {
		for _, g := range q.CloudGroups {
			named[groupKey{g.Key, g.Value}] = g
		}
	}
	for i := range p.verdicts {
		if !p.verdicts[i].wanted() || !p.selected(i) {
			continue
		}
		for _, g := range p.verdicts[i].member.groups {
			k := groupKey{g.Key, g.Value}
			wished[k] = append(wished[k], int32(i))
		}
	}
	keys := slices.SortedFunc(maps.Keys(named), func(a, b groupKey) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value)) })
	type found struct{ target, key int }
	var groups []found
	var o outcome
	for n, k := range keys {
		t, s := p.findGroup(named[k])
		if s != nil {
			if len(wished[k]) > 0 {
				o.skips = append(o.skips, *s)
			}
			continue
		}
		groups = append(groups, found{t, n})
	}
	slices.SortFunc(groups, func(a, b found) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.key, b.key)) })
	for i := 0; i < len(groups); { // the same group by another key
		var members []int32
		t := groups[i].target
		for ; i < len(groups) && groups[i].target == t; i++ {
			members = append(members, wished[keys[groups[i].key]]...)
		}
		slices.Sort(members)
		p.cloudGroup(&o, t, slices.Compact(members))
	}
	return p.write(w, o)
}

// findGroup finds a group of the cloud, or says why its members cannot be managed.
func (p *planner) findGroup(g rules.CloudGroup) (target int, s *plan.Skip) {
	about := plan.Object{Kind: "cloud", Name: g.Name}
	var list []int32
	switch g.Key {
	case rules.GroupID:
		if t, ok := p.view.ByID(strings.ToLower(g.Value)); ok {
			list = []int32{int32(t)}
		}
	case rules.GroupUniqueName:
		list = p.view.ByAnchor(directory.Anchor(g.Value))
	case rules.GroupMail:
		list = p.view.ByPrimary(g.Value)
	}
	list = slices.DeleteFunc(slices.Clone(list), func(t int32) bool { return p.view.At(int(t)).Deleted || !p.view.At(int(t)).Type.IsGroup() })
	skip := func(r plan.SkipReason, format string, args ...any) (int, *plan.Skip) {
		return join.None, &plan.Skip{Object: about, Reason: r, Property: "groups", Detail: fmt.Sprintf(format, args...)}
	}
	if len(list) != 1 {
		return skip(plan.Unresolved, "%d groups of the tenant have %s %s: nobody is added or removed", len(list), g.Key, g.Value)
	}
	o := p.view.At(int(list[0]))
	about.ID, about.Type = o.ID, o.Type
	d, _ := cloud.Row("members").MasteredBy(o.Type)
	_, joined := p.table.SourceOf(int(list[0]))
	switch {
	case o.Synced:
		return skip(plan.MasteredElse, "%s is synchronised from a directory, which masters its members", o.Name())
	case o.Type == cloud.DynamicGroup:
		return skip(plan.MasteredElse, "the members of %s follow a rule of its own", o.Name())
	case joined:
		return skip(plan.MasteredElse, "the members of %s come from its group in the directory", o.Name())
	case !p.connected(d):
		_, s := skip(plan.NeedsConnector, "members of a %s can be changed by %s only", o.Type, d.Title())
		s.Needs = d
		return join.None, s
	}
	return int(list[0]), nil
}

// cloudGroup compares the members of one group. wish are source indexes in order.
func (p *planner) cloudGroup(o *outcome, target int, wish []int32) {
	t := p.view.At(target)
	about := plan.Object{Anchor: directory.Anchor(cloudGroupAnchor + t.ID), Kind: directory.Group.String(), Type: t.Type, Name: t.Name(), ID: t.ID}
	because := []plan.Because{{Decision: rules.Groups}}
	a := plan.Attribute{Name: "members", Because: because, Reason: plan.Changed}
	have := t.Get("members").Texts()
	var lost []plan.Ref
	for _, i := range wish {
		r := p.counterpart(int(i))
		if r.Problem != "" {
			lost = append(lost, r.Ref)
			continue
		}
		if _, there := slices.BinarySearch(have, r.ID); r.ID == "" || !there {
			a.Add = append(a.Add, r.Ref)
		}
	}
	for _, id := range p.added[t.ID] {
		if _, there := slices.BinarySearch(have, id); there && p.unwished(id, wish) {
			a.Remove = append(a.Remove, plan.Ref{ID: id})
		}
	}
	if p.adopting && len(a.Remove) > 0 {
		a.Remove = nil
		o.skips = append(o.skips, p.withheld(about, "members"))
	}
	byName := func(x, y plan.Ref) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(x.Anchor, y.Anchor), strings.Compare(x.ID, y.ID))
	}
	slices.SortFunc(a.Add, byName)
	if len(lost) > 0 {
		o.skips = append(o.skips, plan.Skip{Object: about, Reason: plan.Unresolved, Property: "groups", Others: lost, Because: because,
			Detail: fmt.Sprintf("%d of %d members have no counterpart in the cloud yet", len(lost), len(wish))})
	}
	if len(a.Add)+len(a.Remove) == 0 {
		o.inGroups += len(have)
		return
	}
	d, facet := cloud.Row("members").MasteredBy(t.Type)
	p.put(o, t, diff.Result{Changes: []plan.Change{{ID: diff.ChangeID(string(about.Anchor), plan.Members, "members"), Object: about, Action: plan.Members,
		Directory: d, Facet: facet, Attributes: []plan.Attribute{a}, Undo: plan.Exact}}})
}

// unwished reports whether whom coexist added shall be a member no longer: its source object is there, its decision was made,
// and does not name the group. Who has left is for the leave decision to deal with.
func (p *planner) unwished(id string, wish []int32) bool {
	t, ok := p.view.ByID(id)
	if !ok {
		return false
	}
	i, ok := p.table.SourceOf(t)
	if !ok || !p.selected(i) || !p.verdicts[i].wanted() || !p.verdicts[i].member.decided || p.flawed(i) {
		return false
	}
	_, still := slices.BinarySearch(wish, int32(i))
	return !still
}
