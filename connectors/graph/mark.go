package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
)

// marks are what is known of objects from elsewhere than their own rows; by id.
type marks struct {
	admins     map[string]bool
	cloudOwned map[string]bool
}

// marks reads who holds a directory role, directly or through a group, and what is cloud-managed on purpose.
func (c *Connector) marks(ctx context.Context) (marks, error) {
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
	return m, nil
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
