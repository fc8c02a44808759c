package sandbox

import (
	"slices"
	"strings"
)

// admissible checks whether m may be a member of g.
func (t *Tenant) admissible(g, m *object) error {
	switch {
	case g.exchangeGroup():
		return exchangeOnly()
	case g.synced():
		return mastered()
	case g.dynamic():
		return badRequest("Cannot Update the members of a group with dynamic membership.")
	case g.unified() && !m.isUser():
		return badRequest("Invalid object type for the reference property 'members': only users can be members of a Microsoft 365 group.")
	case g == m:
		return badRequest("A group cannot be a member of itself.")
	case m.unified():
		return badRequest("Invalid object type for the reference property 'members': a Microsoft 365 group cannot be a member of a group.")
	}
	return nil
}

// maxOwners is how many owners a group may have.
const maxOwners = 100

// ownable checks whether m may become an owner of g, beside others that the same request adds.
func (t *Tenant) ownable(g, m *object, adding int) error {
	if g.exchangeGroup() {
		return exchangeOnly()
	}
	if g.synced() {
		return mastered()
	}
	if !m.isUser() {
		return badRequest("Invalid object type for the reference property 'owners'.")
	}
	if _, there := find(g.owners, m.id); there {
		return alreadyThere("owners")
	}
	if n := len(g.owners) + adding + 1; n > maxOwners {
		return refuse(403, "Directory_QuotaExceeded", "Unable to perform operation as '%d' would exceed the maximum quota count '%d' for forward-link 'owners'.", n, maxOwners)
	}
	return nil
}

// join adds checked links to a group.
func (t *Tenant) join(g *object, add links) {
	for _, m := range add.members {
		g.members, _ = link(g.members, m)
		m.memberOf, _ = link(m.memberOf, g)
		t.linked(g, "members", m, true)
		if m.isUser() && len(g.licences) > 0 {
			t.inherit(m)
		}
	}
	for _, m := range add.owners {
		g.owners, _ = link(g.owners, m)
		m.ownerOf, _ = link(m.ownerOf, g)
		t.linked(g, "owners", m, true)
	}
}

// leave removes m from the members of g; it reports whether m was one.
func (t *Tenant) leave(g, m *object) bool {
	var was bool
	if g.members, was = unlink(g.members, m); !was {
		return false
	}
	m.memberOf, _ = unlink(m.memberOf, g)
	t.linked(g, "members", m, false)
	if m.isUser() && len(g.licences) > 0 {
		t.inherit(m)
	}
	return true
}

func (t *Tenant) mixed() []*schema { return []*schema{t.users, t.groups, t.contacts} }

func (t *Tenant) listMembers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "directoryObjects", objects: g.members, schemas: t.mixed(), typed: true})
}

func (t *Tenant) countMembers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.count(r, collection{objects: g.members, schemas: t.mixed()})
}

// listMemberUsers is the members cast to users.
func (t *Tenant) listMemberUsers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	users := slices.DeleteFunc(slices.Clone(g.members), func(m *object) bool { return !m.isUser() })
	return t.list(r, collection{set: "users", objects: users, schemas: []*schema{t.users}})
}

func (t *Tenant) listOwners(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "directoryObjects", objects: g.owners, schemas: t.mixed(), typed: true})
}

func (t *Tenant) addMember(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, err := t.reference(r)
	if err != nil {
		return answer{}, err
	}
	if err := t.admissible(g, m); err != nil {
		return answer{}, err
	}
	if _, there := find(g.members, m.id); there {
		return answer{}, alreadyThere("members")
	}
	t.join(g, links{members: []*object{m}})
	return noContent(), nil
}

func (t *Tenant) removeMember(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, ok := t.index.byID[strings.ToLower(r.args[1])]
	if !ok {
		return answer{}, notFound(r.args[1])
	}
	switch {
	case g.exchangeGroup():
		return answer{}, exchangeOnly()
	case g.synced():
		return answer{}, mastered()
	case g.dynamic():
		return answer{}, badRequest("Cannot Update the members of a group with dynamic membership.")
	}
	if !t.leave(g, m) {
		return answer{}, notFound(r.args[1])
	}
	return noContent(), nil
}

// deleteMemberObject is the trap of a forgotten /$ref: it deletes the member itself, if the permissions allow that.
func (t *Tenant) deleteMemberObject(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, ok := t.object(r.args[1])
	if _, member := find(g.members, strings.ToLower(r.args[1])); !ok || !member {
		return answer{}, notFound(r.args[1])
	}
	if m.isUser() && !r.caller.may(deleteUsers) || m.isGroup() && !r.caller.may(writeGroups) {
		return answer{}, denied()
	}
	return noContent(), t.deleteObject(r, m)
}

func (t *Tenant) addOwner(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, err := t.reference(r)
	if err != nil {
		return answer{}, err
	}
	if err := t.ownable(g, m, 0); err != nil {
		return answer{}, err
	}
	t.join(g, links{owners: []*object{m}})
	return noContent(), nil
}

func (t *Tenant) removeOwner(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	m, ok := t.index.byID[strings.ToLower(r.args[1])]
	if !ok {
		return answer{}, notFound(r.args[1])
	}
	switch {
	case g.exchangeGroup():
		return answer{}, exchangeOnly()
	case g.synced():
		return answer{}, mastered()
	}
	if _, is := find(g.owners, m.id); !is {
		return answer{}, notFound(r.args[1])
	}
	if len(g.owners) == 1 {
		return answer{}, badRequest("The group must have at least one owner, hence this owner cannot be removed.")
	}
	g.owners, _ = unlink(g.owners, m)
	m.ownerOf, _ = unlink(m.ownerOf, g)
	t.linked(g, "owners", m, false)
	return noContent(), nil
}

// getByIDs answers with those of up to 1,000 ids that exist; the others are left out.
func (t *Tenant) getByIDs(r *request) (answer, error) {
	var body struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types"`
	}
	if err := r.decode(&body); err != nil {
		return answer{}, err
	}
	if len(body.IDs) > 1000 {
		return answer{}, badRequest("Too many object ids: %d, the limit is 1000.", len(body.IDs))
	}
	wanted := func(o *object) bool {
		kind := strings.TrimPrefix(o.schema.entity, "microsoft.graph.")
		return len(body.Types) == 0 || slices.Contains(body.Types, kind) || slices.Contains(body.Types, "directoryObject")
	}
	var found []*object
	for _, id := range body.IDs {
		if o, ok := t.object(id); ok && wanted(o) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, byID)
	r.query.top = maxPage + 1
	return t.list(r, collection{set: "directoryObjects", objects: slices.Compact(found), schemas: t.mixed(), typed: true})
}
