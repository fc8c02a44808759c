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
// items, then mail contacts, which are only read here but hold addresses. Properties that Graph does not hold have no value. See connector.Reader.
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
	marks, err := c.marked.read(ctx, c, 0)
	if err != nil {
		return err
	}
	s := &sweep{Connector: c, marks: *marks, users: users, groups: groups, properties: properties, seen: map[string]bool{}, yield: yield}
	if c.cookies != nil {
		return s.mirrored(ctx)
	}
	if err := s.live(ctx); err != nil {
		return err
	}
	return s.dead(ctx)
}

const (
	deletedItems  = "/directory/deletedItems"
	deletedUsers  = deletedItems + "/microsoft.graph.user"
	deletedGroups = deletedItems + "/microsoft.graph.group"
)

// sweep is one reading of the whole tenant.
type sweep struct {
	*Connector
	marks         marks
	users, groups []column
	properties    []string        // that were asked for
	seen          map[string]bool // pages can repeat rows when the tenant changes meanwhile
	gone          map[string]bool // ids that were removed since the mirror was made
	bin           []string        // ids of deleted items
	yield         func(cloud.Object) error
}

// live reads the live objects.
func (s *sweep) live(ctx context.Context) error {
	if err := s.collect(ctx, "read users", "/users", false, false, s.users); err != nil {
		return err
	}
	s.sender.pace.size(len(s.seen))
	return s.collect(ctx, "read groups", "/groups", true, false, s.groups)
}

// dead reads the deleted ones, and what has no changes to follow.
func (s *sweep) dead(ctx context.Context) error {
	if err := s.collect(ctx, "read deleted users", deletedUsers, false, true, s.users); err != nil {
		return err
	}
	if err := s.collect(ctx, "read deleted groups", deletedGroups, true, true, s.groups); err != nil {
		return err
	}
	return s.contacts(ctx)
}

// give yields an object once, with its marks.
func (s *sweep) give(o cloud.Object) error {
	o.Admin, o.CloudOwned = s.marks.admins[o.ID], s.marks.cloudOwned[o.ID]
	return s.yield(o)
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
			if err := s.give(o); err != nil {
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
		if o.Deleted = deleted; deleted {
			s.bin = append(s.bin, o.ID)
		}
		if len(links) == 0 {
			return s.give(o)
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

// linking is the request that reads members or owners.
func (c *Connector) linking(group, name string, why purpose) request {
	return request{op: "read " + name + " of group " + group, why: why, path: "/groups/" + segment(group) + "/" + name,
		query: []string{"$select", "id", "$top", pageSize}}
}

func lowerID(l *link) string { return strings.ToLower(l.ID) }

// linked reads the members or owners of one group.
func (c *Connector) linked(ctx context.Context, group, name string, why purpose) (cloud.Value, error) {
	var ids []string
	r := c.linking(group, name, why)
	err := list(ctx, c, r, func(l *link) error {
		if l.ID == "" {
			return &fault.Error{Kind: silent(why), Op: r.op, Err: errors.New("one of them has no id")}
		}
		ids = append(ids, strings.ToLower(l.ID))
		return nil
	})
	return cloud.Texts(ids), err
}

// Current gives one live object by id as it is now. See connector.Reader. Admin and CloudOwned are facts of the whole
// tenant and as old as marksLast at most.
func (c *Connector) Current(ctx context.Context, t cloud.Type, id string, properties []string) (cloud.Object, error) {
	g, err := c.glance(t, id, properties)
	if err != nil {
		return cloud.Object{}, err
	}
	o, err := c.one(ctx, g.request, g.group, g.columns)
	if err != nil {
		return cloud.Object{}, c.unseen(err, id)
	}
	for _, name := range linkColumns(g.group, false, g.columns) {
		v, err := c.linked(ctx, o.ID, name, readOne)
		if err != nil {
			return cloud.Object{}, c.unseen(err, id)
		}
		o.Put(name, v)
	}
	if has(g.columns, cloud.Photo) {
		if err := c.withPhoto(ctx, &o); err != nil {
			return cloud.Object{}, c.unseen(err, id)
		}
	}
	return o, c.mark(ctx, &o)
}

// glance is a read of one object by its id.
type glance struct {
	request request
	group   bool
	columns []column
}

func (c *Connector) glance(t cloud.Type, id string, properties []string) (glance, error) {
	op, group := "read "+string(t)+" "+id, t.IsGroup()
	columns, err := wanted(group, properties)
	if err == nil && id == "" {
		err = errors.New("no id given")
	}
	if err != nil {
		return glance{}, &fault.Error{Kind: fault.Invalid, Op: op, Err: err}
	}
	return glance{request{op: op, why: readOne, method: "GET", path: collection(t) + "/" + segment(id), query: selection(group, false, columns)}, group, columns}, nil
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
	return c.single(r, a, group, columns)
}

// single decodes the answer to a read of one object.
func (c *Connector) single(r request, a answer, group bool, columns []column) (cloud.Object, error) {
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
		if c.made.Has(strings.ToLower(id)) {
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
	s := search{Connector: c, op: "find " + string(t) + " by anchor " + string(a), group: t.IsGroup(), anchor: a}
	if a == "" {
		return cloud.Object{}, s.empty()
	}
	for _, deleted := range []bool{false, true} {
		err := list(ctx, c, s.request(deleted), func(row *row) error { s.take(row, deleted); return nil })
		if err != nil {
			return cloud.Object{}, s.failed(err)
		}
		if len(s.found) > 0 {
			break
		}
	}
	return s.verdict()
}

// search is a look for the object that has an anchor.
type search struct {
	*Connector
	op     string
	group  bool
	anchor directory.Anchor
	found  []cloud.Object
}

func (s *search) empty() error {
	return &fault.Error{Kind: fault.Invalid, Op: s.op, Err: errors.New("no anchor given")}
}

func (s *search) request(deleted bool) request {
	r := anchored(s.group, deleted, s.anchor)
	r.method, r.op, r.why = "GET", s.op, readOne
	return r
}

func (s *search) take(r *row, deleted bool) {
	if o := r.object(s.group, nil); o.ID != "" && o.Anchor == s.anchor {
		o.Deleted = deleted
		s.found = append(s.found, o)
	}
}

// failed is the fault of a search that was not answered. That the collection is not there must not look as though the
// object were not.
func (s *search) failed(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return &fault.Error{Kind: fault.Transient, Op: s.op, Err: err}
	}
	return err
}

// verdict gives what was found by an answered search.
func (s *search) verdict() (cloud.Object, error) {
	switch len(s.found) {
	case 0:
		kind := fault.NotFound
		if s.unsure.Has(string(s.anchor)) {
			kind = fault.NotReady
		}
		return cloud.Object{}, &fault.Error{Kind: kind, Op: s.op, Err: errors.New("no object has it")}
	case 1:
		s.unsure.Forget(string(s.anchor))
		return s.found[0], nil
	}
	return cloud.Object{}, &fault.Error{Kind: fault.Conflict, Op: s.op, Err: fmt.Errorf("objects %s and %s have it", s.found[0].ID, s.found[1].ID)}
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
