package graph

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// marks are what is known of objects from elsewhere than their own rows; by id.
type marks struct {
	admins     map[string]bool
	cloudOwned map[string]bool
	unknown    []string // what could not be read and is not vital, for people
}

// eligiblePath lists who can become an administrator through Privileged Identity Management.
const eligiblePath = "/roleManagement/directory/roleEligibilityScheduleInstances"

// marksLast is how old marks may be when a single object is looked at. They take a handful of requests to read.
const marksLast = 10 * time.Minute

// marked keeps the marks that were read last.
type marked struct {
	mu sync.Mutex
	at time.Time
	of *marks
}

// read gives marks that are younger than age.
func (m *marked) read(ctx context.Context, c *Connector, age time.Duration) (*marks, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of != nil && c.now().Sub(m.at) < age {
		return m.of, nil
	}
	at := c.now()
	of, err := c.readMarks(ctx)
	if err != nil {
		return nil, err
	}
	m.at, m.of = at, &of
	return m.of, nil
}

// mark puts what is known from elsewhere on an object.
func (c *Connector) mark(ctx context.Context, o *cloud.Object) error {
	m, err := c.marked.read(ctx, c, marksLast)
	if err != nil {
		return late(err)
	}
	o.Admin, o.CloudOwned = m.admins[o.ID], m.cloudOwned[o.ID]
	return nil
}

// late makes the fault of a read of the whole one of a read of a single object.
func late(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Unreachable {
		one := *f
		one.Kind = fault.Transient
		return &one
	}
	return err
}

// readMarks reads who holds a directory role, directly or through a group, and what is cloud-managed on purpose.
func (c *Connector) readMarks(ctx context.Context) (marks, error) {
	m := marks{admins: map[string]bool{}, cloudOwned: map[string]bool{}}
	for _, path := range []string{"/users", "/groups"} {
		r := request{op: "read cloud-managed " + path[1:], why: readWhole, path: path,
			query: []string{"$select", "id", "$filter", "onPremisesSyncBehavior/isCloudManaged eq true", "$top", pageSize}}
		if err := c.ids(ctx, r, func(l link) { m.cloudOwned[l.ID] = true }); err != nil {
			return marks{}, err
		}
	}
	var roles []string
	r := request{op: "read directory roles", why: readWhole, path: "/directoryRoles", query: []string{"$select", "id"}}
	if err := c.ids(ctx, r, func(l link) { roles = append(roles, l.ID) }); err != nil {
		return marks{}, err
	}
	for _, role := range roles {
		if err := c.holders(ctx, role, m.admins); err != nil {
			return marks{}, err
		}
	}
	return m, c.eligible(ctx, &m)
}

// eligible adds those who can become administrators at any time: they are no less powerful, only asleep. Where that may not
// be read, or the tenant has no licence for it, it is noted as unknown.
func (c *Connector) eligible(ctx context.Context, m *marks) error {
	var groups []string
	r := request{op: "read eligible administrators", why: readWhole, path: eligiblePath, query: []string{"$select", "id,principalId"}}
	err := list(ctx, c, r, func(e *eligibility) error {
		id := strings.ToLower(e.PrincipalID)
		if id != "" && !m.admins[id] {
			m.admins[id] = true
			groups = append(groups, id)
		}
		return nil
	})
	switch fault.KindOf(err) {
	case fault.Denied, fault.Invalid, fault.NotFound:
		if err != nil {
			m.unknown = append(m.unknown, "administrators who are only eligible: "+err.Error())
			return nil
		}
	}
	if err != nil {
		return err
	}
	for _, id := range groups { // a principal is a user or a group, and its row does not say which
		r := request{op: "read members of eligible group " + id, why: readWhole, path: "/groups/" + segment(id) + "/transitiveMembers", query: []string{"$select", "id", "$top", pageSize}}
		err := c.ids(ctx, r, func(l link) { m.admins[l.ID] = true })
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

// eligibility is one entry of those lists.
type eligibility struct {
	PrincipalID string `json:"principalId"`
}

// holders adds the members of a role, and of each group among them all members however deep.
func (c *Connector) holders(ctx context.Context, role string, into map[string]bool) error {
	var groups []string
	r := request{op: "read members of directory role " + role, why: readWhole, path: "/directoryRoles/" + segment(role) + "/members",
		query: []string{"$select", "id"}}
	err := c.ids(ctx, r, func(l link) {
		if l.ODataType == "#microsoft.graph.group" && !into[l.ID] {
			groups = append(groups, l.ID)
		}
		into[l.ID] = true
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		r := request{op: "read members of administrators' group " + g, why: readWhole, path: "/groups/" + segment(g) + "/transitiveMembers",
			query: []string{"$select", "id", "$top", pageSize}}
		if err := c.ids(ctx, r, func(l link) { into[l.ID] = true }); err != nil {
			return err
		}
	}
	return nil
}

// ids reads a collection of which nothing but ids and kinds are wanted.
func (c *Connector) ids(ctx context.Context, r request, each func(link)) error {
	return list(ctx, c, r, func(l *link) error {
		if l.ID == "" {
			return &fault.Error{Kind: silent(r.why), Op: r.op, Err: errors.New("one of them has no id")}
		}
		each(link{l.ODataType, strings.ToLower(l.ID)})
		return nil
	})
}
