package engine

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
)

// joined reports whether a cloud object belongs to an object of the source.
func (p *planner) joined(id string) bool {
	t, ok := p.view.ByID(id)
	if !ok {
		return false
	}
	_, ok = p.table.SourceOf(t)
	return ok
}

// departed reports whether a cloud object belongs to an object of the source that is no member of the group at index i:
// neither among refs nor by its primary group, which a directory leaves out of member.
func (p *planner) departed(id string, refs []string, group int) bool {
	t, ok := p.view.ByID(id)
	if !ok {
		return false
	}
	j, ok := p.table.SourceOf(t)
	if !ok {
		return false
	}
	if _, member := slices.BinarySearch(p.in.Snapshot.Members(group), int32(j)); member {
		return false
	}
	dn := p.in.Snapshot.At(j).DN()
	return !slices.ContainsFunc(refs, func(r string) bool { return directory.EqualFold(r, dn) })
}

// removals names the members that a change removes, and drops those outside a selection.
func (p *planner) removals(c *plan.Change) {
	for i := range c.Attributes {
		a := &c.Attributes[i]
		a.Remove = slices.DeleteFunc(a.Remove, func(r plan.Ref) bool {
			t, ok := p.view.ByID(r.ID)
			if p.in.Selection == nil {
				return false
			}
			if !ok {
				return true
			}
			j, ok := p.table.SourceOf(t)
			return !ok || !p.selected(j)
		})
		for j, r := range a.Remove {
			a.Remove[j].Name = r.ID
			if t, ok := p.view.ByID(r.ID); ok {
				a.Remove[j].Name, a.Remove[j].Anchor = p.view.At(t).Name(), p.view.At(t).Anchor
			}
		}
	}
}

// resolve gives the counterpart of the object that a DN names.
func (p *planner) resolve(dn string) diff.Reference {
	i, ok := p.in.Snapshot.ByDN(dn)
	if !ok {
		return diff.Reference{Ref: plan.Ref{Name: dn}, Problem: "not in scope"}
	}
	return p.counterpart(i)
}

// counterpart gives the counterpart of the source object at index i.
func (p *planner) counterpart(i int) diff.Reference {
	r := diff.Reference{Ref: plan.Ref{Anchor: p.in.Snapshot.Anchor(i), Name: name(p.in.Snapshot.At(i))}}
	v, m := &p.verdicts[i], p.table.Matches[i]
	switch {
	case m.Target != join.None && !p.view.At(m.Target).Deleted:
		t := p.view.At(m.Target)
		r.ID, r.Type, r.Bare = t.ID, t.Type, !t.Recipient.Known()
	case m.Target != join.None:
		r.Problem = "its counterpart lies in deleted items"
	case m.Problem != nil:
		r.Problem = string(m.Problem.Reason)
	case !v.wanted():
		r.Problem = "not wanted in the cloud"
	case !p.connected(v.kind.Creator()):
		r.Problem = "needs " + v.kind.Creator().Title()
	case v.lacks || p.wait(i) != "" || !p.selected(i) || v.upn != "" && p.holder(v.upn, i) != nil:
		r.Problem = "not created by this plan"
	default:
		r.Pending, r.Type, r.Bare = diff.ChangeID(string(r.Anchor), plan.Create, ""), v.kind, v.kind.Creator() != cloud.Exchange
	}
	return r
}
