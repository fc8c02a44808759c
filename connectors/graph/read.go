package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// linkReaders is how many groups have their members read at once.
const linkReaders = 8

// Objects yields every user and group, deleted ones included: first users, then groups, then both again from deleted
// items. Properties that Graph does not hold have no value. See connector.Reader.
//
// It needs to know who is an administrator and which objects are cloud-managed on purpose, and fails with fault.Denied
// where the application may not read that: an administrator who is not known as one could be taken over.
func (c *Connector) Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error {
	users, err := wanted(false, properties)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "read objects", Err: err}
	}
	groups, err := wanted(true, properties)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "read objects", Err: err}
	}
	marks, err := c.marks(ctx)
	if err != nil {
		return err
	}
	s := &sweep{Connector: c, marks: marks, seen: map[string]bool{}, yield: yield}
	for _, part := range []struct {
		op, path       string
		group, deleted bool
		columns        []column
	}{
		{"read users", "/users", false, false, users},
		{"read groups", "/groups", true, false, groups},
		{"read deleted users", deletedUsers, false, true, users},
		{"read deleted groups", deletedGroups, true, true, groups},
	} {
		if err := s.collect(ctx, part.op, part.path, part.group, part.deleted, part.columns); err != nil {
			return err
		}
	}
	return nil
}

const (
	deletedItems  = "/directory/deletedItems"
	deletedUsers  = deletedItems + "/microsoft.graph.user"
	deletedGroups = deletedItems + "/microsoft.graph.group"
)

// sweep is one reading of the whole tenant.
type sweep struct {
	*Connector
	marks marks
	seen  map[string]bool // pages can repeat rows when the tenant changes meanwhile
	yield func(cloud.Object) error
}

// collect reads one collection and yields its objects.
func (s *sweep) collect(ctx context.Context, op, path string, group, deleted bool, columns []column) error {
	links := linkColumns(group, deleted, columns)
	var waiting []cloud.Object // groups whose links are still to be read
	flush := func() error {
		if err := s.links(ctx, waiting, links); err != nil {
			return err
		}
		for _, o := range waiting {
			if err := s.yield(o); err != nil {
				return err
			}
		}
		waiting = waiting[:0]
		return nil
	}
	r := request{op: op, why: readWhole, path: path, query: selection(group, deleted, columns)}
	r.query = append(r.query, "$top", pageSize)
	err := list(ctx, s.Connector, r, func(row *row) error {
		if row.ID == "" {
			return &fault.Error{Kind: fault.Unreachable, Op: op, Err: errors.New("an object has no id")}
		}
		o := row.object(group, columns)
		if s.seen[o.ID] {
			return nil
		}
		s.seen[o.ID] = true
		o.Deleted, o.Admin, o.CloudOwned = deleted, s.marks.admins[o.ID], s.marks.cloudOwned[o.ID]
		if len(links) == 0 {
			return s.yield(o)
		}
		if waiting = append(waiting, o); len(waiting) < 256 {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// selection gives the query that reads columns. Managers are read along, links of groups are not.
func selection(group, deleted bool, columns []column) []string {
	if group {
		return []string{"$select", fields(groupBase, columns)}
	}
	q := []string{"$select", fields(userBase, columns)}
	if has(columns, "manager") && !deleted {
		q = append(q, "$expand", "manager($select=id)")
	}
	return q
}

// linkColumns gives the columns that each group is asked for by itself.
func linkColumns(group, deleted bool, columns []column) []string {
	var out []string
	for _, c := range columns {
		if group && !deleted && c.value == nil {
			out = append(out, c.name)
		}
	}
	return out
}

// links reads members and owners of groups, several groups at once, and puts them in.
func (s *sweep) links(ctx context.Context, groups []cloud.Object, names []string) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(linkReaders)
	for i := range groups {
		work.Go(func() error {
			for _, name := range names {
				v, err := s.linked(ctx, groups[i].ID, name, readWhole)
				if err != nil {
					return err
				}
				groups[i].Put(name, v)
			}
			return nil
		})
	}
	return work.Wait()
}

// linked reads the members or owners of one group.
func (c *Connector) linked(ctx context.Context, group, name string, why purpose) (cloud.Value, error) {
	var ids []string
	r := request{op: "read " + name + " of group " + group, why: why, path: "/groups/" + segment(group) + "/" + name,
		query: []string{"$select", "id", "$top", pageSize}}
	err := list(ctx, c, r, func(l *link) error {
		if l.ID == "" {
			return &fault.Error{Kind: silent(why), Op: r.op, Err: errors.New("one of them has no id")}
		}
		ids = append(ids, strings.ToLower(l.ID))
		return nil
	})
	return cloud.Texts(ids), err
}

// Current gives one live object by id as it is now. See connector.Reader. Admin and CloudOwned are left false: they are
// facts of the whole tenant, which Objects reads.
func (c *Connector) Current(ctx context.Context, t cloud.Type, id string, properties []string) (cloud.Object, error) {
	op, group := "read "+string(t)+" "+id, t.IsGroup()
	columns, err := wanted(group, properties)
	if err == nil && id == "" {
		err = errors.New("no id given")
	}
	if err != nil {
		return cloud.Object{}, &fault.Error{Kind: fault.Invalid, Op: op, Err: err}
	}
	o, err := c.one(ctx, request{op: op, path: collection(t) + "/" + segment(id), query: selection(group, false, columns)}, group, columns)
	if err != nil {
		return cloud.Object{}, c.unseen(err, id)
	}
	for _, name := range linkColumns(group, false, columns) {
		v, err := c.linked(ctx, o.ID, name, readOne)
		if err != nil {
			return cloud.Object{}, c.unseen(err, id)
		}
		o.Put(name, v)
	}
	return o, nil
}

// collection gives the path of the objects of a type.
func collection(t cloud.Type) string {
	if t.IsGroup() {
		return "/groups"
	}
	return "/users"
}

// one reads a single object.
func (c *Connector) one(ctx context.Context, r request, group bool, columns []column) (cloud.Object, error) {
	r.method, r.why = "GET", readOne
	a, err := c.send(ctx, r)
	if err != nil {
		return cloud.Object{}, err
	}
	var got row
	if err := json.Unmarshal(a.body, &got); err != nil {
		return cloud.Object{}, c.unreadable(r, a, err)
	}
	if got.ID == "" {
		return cloud.Object{}, c.unreadable(r, a, errors.New("the object has no id"))
	}
	return got.object(group, columns), nil
}

// unseen turns "does not exist" into fault.NotReady for an object that was just made here.
func (c *Connector) unseen(err error, ids ...string) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.NotFound {
		return err
	}
	for _, id := range ids {
		if c.made.has(strings.ToLower(id)) {
			late := *f
			late.Kind = fault.NotReady
			return &late
		}
	}
	return err
}

// ByAnchor finds an object by its anchor: a user by onPremisesImmutableId, a group by uniqueName, first among the live,
// then among the deleted. While a create of that anchor may still be on its way to the replica that answers, an anchor
// that is not found is fault.NotReady.
func (c *Connector) ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error) {
	op, group := "find "+string(t)+" by anchor "+string(a), t.IsGroup()
	if a == "" {
		return cloud.Object{}, &fault.Error{Kind: fault.Invalid, Op: op, Err: errors.New("no anchor given")}
	}
	var found []cloud.Object
	for _, deleted := range []bool{false, true} {
		r := anchored(group, deleted, a)
		r.op, r.why = op, readOne
		err := list(ctx, c, r, func(row *row) error {
			if o := row.object(group, nil); o.ID != "" && o.Anchor == a {
				o.Deleted = deleted
				found = append(found, o)
			}
			return nil
		})
		switch {
		case fault.KindOf(err) == fault.NotFound: // the collection, not the object: it must not look as though there were none
			return cloud.Object{}, &fault.Error{Kind: fault.Transient, Op: op, Err: err}
		case err != nil:
			return cloud.Object{}, err
		case len(found) > 1:
			return cloud.Object{}, &fault.Error{Kind: fault.Conflict, Op: op, Err: fmt.Errorf("objects %s and %s have it", found[0].ID, found[1].ID)}
		case len(found) == 1:
			c.unsure.forget(string(a))
			return found[0], nil
		}
	}
	kind := fault.NotFound
	if c.unsure.has(string(a)) {
		kind = fault.NotReady
	}
	return cloud.Object{}, &fault.Error{Kind: kind, Op: op, Err: errors.New("no object has it")}
}

// anchored gives the request that finds an anchor. Live users and groups are asked without an eventual index, which lags
// our own writes; deleted items can be filtered only with one.
func anchored(group, deleted bool, a directory.Anchor) request {
	path, bin, field, base := "/users", deletedUsers, "onPremisesImmutableId", userBase
	if group {
		path, bin, field, base = "/groups", deletedGroups, "uniqueName", groupBase
	}
	r := request{path: path, query: []string{"$select", fields(base, nil), "$filter", field + " eq " + literal(string(a))}}
	if deleted {
		r.path = bin
		r.query = append(r.query, "$count", "true")
		r.header = []string{"ConsistencyLevel", "eventual"}
	}
	return r
}
