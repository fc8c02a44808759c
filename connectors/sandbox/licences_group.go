package sandbox

import (
	"net/http"
	"slices"
)

// assignGroupLicense changes what the members of a group inherit. The service does so later; the rehearsal tenant does it
// at once, and what cannot be given stands in the members' licenseAssignmentStates.
func (t *Tenant) assignGroupLicense(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	c, err := readLicenceChange(r)
	if err != nil {
		return answer{}, err
	}
	next, err := t.groupLicensed(g, c)
	if err != nil {
		return answer{}, err
	}
	t.note(g)
	g.licences = next
	for _, m := range g.members {
		if m.isUser() && m.live() {
			t.inherit(m)
		}
	}
	s, err := t.groups.choose(nil, false)
	if err != nil {
		return answer{}, err
	}
	a := t.entity(r, g, s)
	a.status = http.StatusAccepted
	return a, nil
}

// groupLicensed gives the assignments that a change would leave a group with.
func (t *Tenant) groupLicensed(g *object, c licenceChange) ([]assignment, error) {
	next := slices.Clone(g.licences)
	is := func(sku string) func(assignment) bool { return func(a assignment) bool { return a.SKU == sku } }
	for _, sku := range c.remove {
		if t.sku(sku) == nil {
			return nil, unknownSKU(sku)
		}
		if !slices.ContainsFunc(next, is(sku)) {
			return nil, badRequest("Group does not have a corresponding license.")
		}
		next = slices.DeleteFunc(next, is(sku))
	}
	for _, a := range c.add {
		if err := t.assignable(a, c.remove); err != nil {
			return nil, err
		}
		a.Updated = t.now()
		next = append(slices.DeleteFunc(next, is(a.SKU)), a)
	}
	return next, t.compatible(next)
}

// reprocessLicenses brings a user's inherited licences into step once more, for instance after seats were bought.
func (t *Tenant) reprocessLicenses(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	t.inherit(o)
	s, err := t.users.choose(nil, false)
	if err != nil {
		return answer{}, err
	}
	return t.entity(r, o, s), nil
}

// membersInError reports whether a member of a group cannot get what it inherits from it.
func (o *object) membersInError() bool {
	if len(o.licences) == 0 {
		return false
	}
	return slices.ContainsFunc(o.members, func(m *object) bool {
		return m.live() && slices.ContainsFunc(m.licences, func(a assignment) bool { return a.Group == o.id && a.Error != "" })
	})
}
