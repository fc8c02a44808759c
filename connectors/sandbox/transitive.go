package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// below gives the live members of a group and of the groups in it, each once, in order of their ids.
func (o *object) below() []*object {
	return closure(o, func(g *object) []*object { return g.members })
}

// above gives the live groups that an object is a member of, directly or through others.
func (o *object) above() []*object {
	return closure(o, func(m *object) []*object { return m.memberOf })
}

func closure(o *object, next func(*object) []*object) []*object {
	seen := map[*object]bool{o: true}
	var out []*object
	queue := []*object{o}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, n := range next(at) {
			if n.live() && !seen[n] {
				seen[n] = true
				out, queue = append(out, n), append(queue, n)
			}
		}
	}
	slices.SortFunc(out, byID)
	return out
}

// only keeps the objects of one type.
func only(list []*object, s *schema) []*object {
	return slices.DeleteFunc(slices.Clone(list), func(o *object) bool { return o.schema != s })
}

func (t *Tenant) listTransitiveMembers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "directoryObjects", objects: g.below(), schemas: t.mixed(), typed: true})
}

func (t *Tenant) listTransitiveUsers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "users", objects: only(g.below(), t.users), schemas: []*schema{t.users}})
}

func (t *Tenant) countTransitiveMembers(r *request) (answer, error) {
	g, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.count(r, collection{objects: g.below(), schemas: t.mixed()})
}

// memberOwner finds the user, group or contact whose memberships are asked for.
func (t *Tenant) memberOwner(r *request) (*object, error) {
	switch strings.ToLower(r.segments[0]) {
	case "users":
		return t.user(r.args[0])
	case "groups":
		return t.group(r.args[0])
	case "contacts":
		return t.contact(r.args[0])
	}
	if o, ok := t.object(r.args[0]); ok {
		return o, nil
	}
	return nil, notFound(r.args[0])
}

func (t *Tenant) listMemberOf(r *request) (answer, error) {
	o, err := t.memberOwner(r)
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "directoryObjects", objects: o.memberOf, schemas: []*schema{t.groups, t.users}, typed: true})
}

func (t *Tenant) listTransitiveMemberOf(r *request) (answer, error) {
	o, err := t.memberOwner(r)
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "directoryObjects", objects: o.above(), schemas: []*schema{t.groups, t.users}, typed: true})
}

// getMemberGroups answers with the ids of the groups that an object is in, nested ones included.
func (t *Tenant) getMemberGroups(r *request) (answer, error) {
	var body struct {
		SecurityEnabledOnly *bool `json:"securityEnabledOnly"`
	}
	o, err := t.memberOwner(r)
	if err == nil {
		err = r.decode(&body)
	}
	if err != nil {
		return answer{}, err
	}
	if body.SecurityEnabledOnly == nil {
		return answer{}, badRequest("One or more parameters of the operation 'getMemberGroups' are missing from the request payload. The missing parameters are: securityEnabledOnly.")
	}
	var ids []string
	for _, g := range o.above() {
		if !*body.SecurityEnabledOnly || g.truth("securityEnabled") {
			ids = append(ids, g.id)
		}
	}
	return answer{status: http.StatusOK, body: append(r.context("Collection(Edm.String)"), `,"value":[`+quotedList(ids)+"]}"...)}, nil
}

// maxChecked is how many groups one checkMemberGroups may name.
const maxChecked = 20

// checkMemberGroups answers with those of the named groups that an object is in.
func (t *Tenant) checkMemberGroups(r *request) (answer, error) {
	var body struct {
		IDs []string `json:"groupIds"`
	}
	o, err := t.memberOwner(r)
	if err == nil {
		err = r.decode(&body)
	}
	if err != nil {
		return answer{}, err
	}
	if len(body.IDs) == 0 || len(body.IDs) > maxChecked {
		return answer{}, badRequest("The number of group ids must be from 1 to %d.", maxChecked)
	}
	above := o.above()
	var ids []string
	for _, id := range body.IDs {
		if _, in := find(above, strings.ToLower(id)); in {
			ids = append(ids, strings.ToLower(id))
		}
	}
	return answer{status: http.StatusOK, body: append(r.context("Collection(Edm.String)"), `,"value":[`+quotedList(ids)+"]}"...)}, nil
}

// getDirectoryObject answers with one object of any type.
func (t *Tenant) getDirectoryObject(r *request) (answer, error) {
	o, ok := t.object(r.args[0])
	if !ok {
		return answer{}, notFound(r.args[0])
	}
	return t.directoryObject(r, o)
}
