package engine

import (
	"cmp"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/plan"
)

// Shield names the objects that nothing is taken away from without a person's word: break-glass accounts, executives.
// Administrators of the tenant are among them unasked. The zero Shield names no others.
type Shield struct {
	GUIDs  []directory.GUID
	UPNs   []string // with * for any number of letters
	OUs    []string // DNs of OUs, everything below counts; with * for any number of letters
	Groups []string // of the source, by sAMAccountName, cn, DN or SID: they themselves, and their members however nested
}

// shield is a Shield over one snapshot.
type shield struct {
	guids  map[directory.GUID]bool
	upns   []string // folded
	ous    []string // folded
	groups []guarded
}

type guarded struct {
	name    string
	group   int
	members snapshot.Set
}

// resolve finds the groups. A group that is not there protects nobody, so that it is an error.
func (s *Shield) resolve(snap *snapshot.Snapshot) (shield, error) {
	out := shield{guids: map[directory.GUID]bool{}}
	for _, g := range s.GUIDs {
		out.guids[g] = true
	}
	for _, u := range s.UPNs {
		out.upns = append(out.upns, directory.Fold(u))
	}
	for _, ou := range s.OUs {
		out.ous = append(out.ous, directory.Fold(ou))
	}
	for _, name := range s.Groups {
		found := snap.GroupNamed(name)
		if len(found) != 1 {
			return out, &GroupError{Name: name, Found: len(found), Protects: true}
		}
		out.groups = append(out.groups, guarded{name, found[0], snap.MembersOf(found[0])})
	}
	return out, nil
}

// named says why an object is protected by its names, "" when it is not.
func (s *shield) named(o *plan.Object) string {
	if g, err := directory.ParseGUID(o.GUID); err == nil && s.guids[g] {
		return "is protected by its objectGUID"
	}
	upn, dn := directory.Fold(o.UPN), directory.Fold(o.DN)
	for _, u := range s.upns {
		if upn != "" && matches(u, upn) {
			return "is protected as " + u
		}
	}
	for _, ou := range s.ous {
		if dn != "" && underPattern(dn, ou) {
			return "is protected below " + ou
		}
	}
	return ""
}

// member says why the source object at index i is protected by a group, "" when it is not.
func (s *shield) member(i int) string {
	for _, g := range s.groups {
		if g.group == i || g.members.Has(i) {
			return "is protected by group " + g.name
		}
	}
	return ""
}

// matches holds a text against a pattern in which * stands for any letters.
func matches(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	for ok && more {
		var part string
		if part, rest, more = strings.Cut(rest, "*"); !more {
			return strings.HasSuffix(text, part)
		}
		_, text, ok = strings.Cut(text, part)
	}
	return false
}

// underPattern reports whether a DN is, or lies below, one that a pattern names.
func underPattern(dn, pattern string) bool {
	if !strings.Contains(pattern, "*") {
		return directory.UnderDN(dn, pattern)
	}
	return matches(pattern, dn) || matches("*,"+pattern, dn)
}

// Over gives what says why an object of a plan is protected, over the snapshot; "" for one that is not. Of an object that is
// named by no more than its anchor it takes the rest from the snapshot.
func (s *Shield) Over(snap *snapshot.Snapshot) (func(*plan.Object) string, error) {
	p := &planner{in: Inputs{Snapshot: snap}}
	var err error
	if p.shield, err = s.resolve(snap); err != nil {
		return nil, err
	}
	return func(o *plan.Object) string {
		known := *o
		if i, ok := snap.ByAnchor(o.Anchor); ok {
			s := snap.At(i)
			known.GUID, known.DN = s.GUID.String(), s.DN()
			known.UPN = cmp.Or(o.UPN, s.First(directory.AttrUserPrincipalName))
		}
		return p.protection(&known)
	}, nil
}

// protect marks a change that takes something away from a protected object.
func (p *planner) protect(c *plan.Change, t *cloud.Object) {
	switch c.Action {
	case plan.Create, plan.Adopt, plan.Restore, plan.Refer:
		return
	case plan.Members:
		p.protectMembers(c)
		return
	}
	why := p.protection(&c.Object)
	if why == "" && t != nil && t.Admin {
		why = "holds an administrative role in the tenant"
	}
	if why != "" && p.harms(c) {
		c.Protected = why
	}
}

// protectMembers marks a change that removes a protected member, or empties a protected group of some.
func (p *planner) protectMembers(c *plan.Change) {
	for _, a := range c.Attributes {
		for _, r := range a.Remove {
			why := p.protection(&c.Object)
			if why == "" {
				if why = p.protectionOf(r.ID); why != "" {
					why = "loses " + r.Name + ", who " + why
				}
			}
			if why != "" {
				c.Protected = why
				return
			}
		}
	}
}

// protection says why an object of a plan is protected, "" when it is not.
func (p *planner) protection(o *plan.Object) string {
	if why := p.shield.named(o); why != "" {
		return why
	}
	if len(p.shield.groups) == 0 {
		return ""
	}
	if i, ok := p.in.Snapshot.ByAnchor(o.Anchor); ok {
		return p.shield.member(i)
	}
	return ""
}

// protectionOf says why an object of the tenant is protected.
func (p *planner) protectionOf(id string) string {
	t, ok := p.view.ByID(id)
	if !ok {
		return ""
	}
	o := plan.Object{ID: id, UPN: p.view.At(t).Get("userPrincipalName").Text()}
	if i, ok := p.table.SourceOf(t); ok {
		s := p.in.Snapshot.At(i)
		o.Anchor, o.GUID, o.DN = p.in.Snapshot.Anchor(i), s.GUID.String(), s.DN()
	}
	return p.protection(&o)
}

// harms reports whether a change counts for any guard but that of adoptions.
func (p *planner) harms(c *plan.Change) bool {
	one := newTally(p.tally.tenant)
	one.change(c, 0, Limits{})
	delete(one.planned, GuardAdoption)
	return len(one.planned) > 0
}
