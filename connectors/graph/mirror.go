package graph

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// Cookies keeps what a connector must remember from one run to the next, by name. Values are opaque; that of 100,000 users
// has some 20 MB. Losing one costs a full read and nothing else.
type Cookies interface {
	// Cookie gives a value; ok is false when there is none.
	Cookie(ctx context.Context, name string) (value []byte, ok bool, err error)
	// SetCookie keeps a value; nil removes it.
	SetCookie(ctx context.Context, name string, value []byte) error
}

const (
	mirrorName   = "graph/mirror"
	mirrorFormat = 1
	// mirrorLast is how long a mirror is brought up to date before everything is read afresh, so that nothing that a replica
	// kept from us lasts longer. Tokens themselves last seven days.
	mirrorLast = 24 * time.Hour
)

// mirror is what the live part of the tenant was at the last read, with the links that tell what changed since. Both lie in
// one value, so that they never disagree.
type mirror struct {
	Format     int
	Base       string // of the URL, and of which tenant
	Tenant     string
	Properties []string
	Read       time.Time // when everything was read
	Users      string    // the delta link
	Groups     string
	Pending    []string // ids of users and groups of which a change was told and which could not be seen yet
	// Gone are ids of what was removed since everything was read. Others may still point there, and that they do no more is
	// not told as a change of theirs.
	Gone []string
	Bin  []string // ids of deleted items: when one is restored, others point there again without being told of
}

// of reports whether the mirror serves a read of properties.
func (m *mirror) of(c *Connector, properties []string) bool {
	age := c.now().Sub(m.Read)
	return m.Format == mirrorFormat && m.Base == c.base.String() && m.Tenant == c.tenantID && slices.Equal(m.Properties, properties) && age >= 0 && age < mirrorLast
}

// restored reports whether one of the objects came back from deleted items.
func (m *mirror) restored(now map[string]cloud.Object) bool {
	for _, list := range [][]string{m.Gone, m.Bin} {
		for _, id := range list {
			if _, ok := now[id]; ok {
				return true
			}
		}
	}
	return false
}

// mirrored yields the tenant from the mirror and what changed since, or, where that cannot be, reads everything and makes a
// new mirror. Either way the result is what a full read gives.
func (s *sweep) mirrored(ctx context.Context) error {
	s.properties = slices.Compact(slices.Sorted(slices.Values(s.properties)))
	value, _, err := s.cookies.Cookie(ctx, mirrorName)
	if err != nil {
		return &fault.Error{Kind: fault.Transient, Op: "read what is remembered of the tenant", Err: err}
	}
	old, rows := openMirror(value)
	if old != nil && old.of(s.Connector, s.properties) {
		next, err := s.catchUp(ctx, old, rows)
		switch {
		case err == nil:
			return s.finish(ctx, old, next)
		case !errors.Is(err, errResync):
			return err
		}
	}
	m, err := s.fresh(ctx)
	if err != nil {
		return err
	}
	return s.finish(ctx, nil, m)
}

// finish reads the deleted objects and keeps the new mirror, unless it says what the old one does.
func (s *sweep) finish(ctx context.Context, old *mirror, m *copied) error {
	if err := s.dead(ctx); err != nil {
		return err
	}
	if old != nil && !m.differs {
		return nil
	}
	m.head.Bin = s.bin
	value, err := m.close()
	if err == nil {
		err = s.cookies.SetCookie(ctx, mirrorName, value)
	}
	if err != nil {
		return &fault.Error{Kind: fault.Transient, Op: "remember the tenant", Err: err}
	}
	return nil
}

// fresh reads every live object. The links are asked for first: what changes while the read goes on is told again later.
func (s *sweep) fresh(ctx context.Context) (*copied, error) {
	m := mirror{Format: mirrorFormat, Base: s.base.String(), Tenant: s.tenantID, Properties: s.properties, Read: s.now()}
	var err error
	if m.Users, err = s.latest(ctx, false, s.users); err == nil {
		m.Groups, err = s.latest(ctx, true, s.groups)
	}
	if errors.Is(err, errResync) { // a tenant that refuses to begin is read without a mirror
		m.Format, err = 0, nil
	}
	if err != nil {
		return nil, err
	}
	out := copying(m)
	yield := s.yield
	s.yield = func(o cloud.Object) error {
		if err := out.add(o); err != nil {
			return err
		}
		return yield(o)
	}
	err = s.live(ctx)
	s.yield = yield
	return out, err
}

// catchUp brings the mirror up to date and yields it. Nothing is yielded before everything is known.
func (s *sweep) catchUp(ctx context.Context, old *mirror, rows *json.Decoder) (*copied, error) {
	users, usersLink, err := s.since(ctx, false, old.Users)
	if err != nil {
		return nil, err
	}
	groups, groupsLink, err := s.since(ctx, true, old.Groups)
	if err != nil {
		return nil, err
	}
	for _, id := range old.Pending {
		if users[id] == nil && groups[id] == nil {
			return nil, errResync // it was never seen since
		}
	}
	now, missing, err := s.reread(ctx, false, users.living(), s.users)
	if err != nil {
		return nil, err
	}
	nowGroups, missingGroups, err := s.reread(ctx, true, groups.living(), s.groups)
	if err != nil {
		return nil, err
	}
	maps.Copy(now, nowGroups)
	maps.Copy(users, groups)
	if old.restored(now) {
		return nil, errResync
	}
	gone := map[string]bool{}
	for _, id := range old.Gone {
		gone[id] = true
	}
	for id, x := range users {
		if x.removed {
			gone[id] = true
		}
	}
	s.gone = gone
	next := *old
	next.Gone = slices.Sorted(maps.Keys(gone))
	next.Users, next.Groups, next.Pending = usersLink, groupsLink, append(missing, missingGroups...)
	return s.replay(ctx, copying(next), rows, users, now)
}

// replay yields the old rows with the changes, then what is new: users as they are decoded, groups once their links are
// complete.
func (s *sweep) replay(ctx context.Context, out *copied, rows *json.Decoder, what changes, now map[string]cloud.Object) (*copied, error) {
	out.differs = len(what) > 0
	var groups []cloud.Object
	for {
		var o cloud.Object
		err := rows.Decode(&o)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &fault.Error{Kind: fault.Unreachable, Op: "read what is remembered of the tenant", Err: errors.Join(err, s.cookies.SetCookie(ctx, mirrorName, nil))}
		}
		if x := what[o.ID]; x != nil {
			n, live := now[o.ID]
			if !live {
				continue // removed, or not to be seen any more
			}
			delete(now, o.ID)
			if o.Type.IsGroup() && has(s.groups, "members") {
				n.Put("members", x.merge(o.Get("members").Texts()))
			}
			o = n
		}
		if o.Type.IsGroup() {
			groups = append(groups, o)
		} else if err := s.pass(out, o); err != nil {
			return nil, err
		}
	}
	var fresh []cloud.Object
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if o := now[id]; o.Type.IsGroup() {
			fresh = append(fresh, o)
		} else if err := s.pass(out, o); err != nil {
			return nil, err
		}
	}
	s.sender.pace.size(len(s.seen))
	if err := s.complete(ctx, groups, fresh); err != nil {
		return nil, err
	}
	for _, o := range append(groups, fresh...) {
		if err := s.pass(out, o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pass yields an object and copies it into the new mirror.
func (s *sweep) pass(out *copied, o cloud.Object) error {
	s.seen[o.ID] = true
	if err := out.add(o); err != nil {
		return err
	}
	if len(s.gone) > 0 {
		o = s.without(o)
	}
	return s.give(o)
}

// without takes out what points to objects that are gone.
func (s *sweep) without(o cloud.Object) cloud.Object {
	if manager := o.Get("manager").Text(); s.gone[manager] {
		o.Properties = slices.Clone(o.Properties)
		o.Put("manager", cloud.Value{})
	}
	members := o.Get("members").Texts()
	if slices.ContainsFunc(members, func(id string) bool { return s.gone[id] }) {
		o.Properties = slices.Clone(o.Properties)
		o.Put("members", cloud.Texts(slices.DeleteFunc(slices.Clone(members), func(id string) bool { return s.gone[id] })))
	}
	return o
}

// complete reads the links that changes do not tell: members of groups that are new, and owners of all groups, which delta
// queries do not follow.
func (s *sweep) complete(ctx context.Context, old, fresh []cloud.Object) error {
	names := linkColumns(true, false, s.groups)
	if len(names) == 0 {
		return nil
	}
	if err := s.links(ctx, fresh, names); err != nil {
		return err
	}
	if !has(s.groups, "owners") {
		return nil
	}
	return s.owners(ctx, old)
}

// owners reads the owners of groups, twenty groups to a request. A group has a hundred at most, which is one page.
func (s *sweep) owners(ctx context.Context, list []cloud.Object) error {
	var items []item
	var at []int
	for i := range list {
		if list[i].Type.IsGroup() {
			at = append(at, i)
			items = append(items, item{request: s.linking(list[i].ID, "owners", readWhole)})
			items[len(items)-1].method = "GET"
		}
	}
	for i, r := range s.batch(ctx, items) {
		o := &list[at[i]]
		if r.err != nil && fault.KindOf(r.err) == fault.NotFound {
			continue // it went while we read; the next read is told
		}
		if r.err != nil {
			return r.err
		}
		var ids []string
		next, err := decodePage(r.body, func(l *link) error { ids = append(ids, lowerID(l)); return nil })
		if err != nil || next != "" || slices.Contains(ids, "") {
			v, err := s.linked(ctx, o.ID, "owners", readWhole)
			if err != nil {
				return err
			}
			o.Put("owners", v)
			continue
		}
		o.Put("owners", cloud.Texts(ids))
	}
	return nil
}

// copied is a mirror being written: JSON, one object after the other, under gzip, and its head in front as a part of its
// own, because it is complete last.
type copied struct {
	differs bool // from the one before
	head    mirror
	rows    bytes.Buffer
	zip     *gzip.Writer
	buffer  *bufio.Writer
	json    *json.Encoder
	failed  error
}

func copying(m mirror) *copied {
	c := &copied{head: m}
	c.zip, c.failed = gzip.NewWriterLevel(&c.rows, gzip.BestSpeed)
	c.buffer = bufio.NewWriterSize(c.zip, 1<<16)
	c.json = json.NewEncoder(c.buffer)
	return c
}

func (c *copied) add(o cloud.Object) error {
	if c.failed == nil && c.head.Format != 0 {
		o.Admin, o.CloudOwned = false, false // facts that are read anew each time
		c.failed = c.json.Encode(o)
	}
	return c.failed
}

// close gives the mirror's bytes, nil for one that shall not be kept.
func (c *copied) close() ([]byte, error) {
	if err := errors.Join(c.failed, c.buffer.Flush(), c.zip.Close()); err != nil || c.head.Format == 0 {
		return nil, err
	}
	var out bytes.Buffer
	c.zip.Reset(&out)
	if err := errors.Join(json.NewEncoder(c.zip).Encode(c.head), c.zip.Close()); err != nil {
		return nil, err
	}
	out.Write(c.rows.Bytes())
	return out.Bytes(), nil
}

// openMirror reads the head of a mirror and leaves its rows to be read; nil for what is none, or was damaged.
func openMirror(value []byte) (*mirror, *json.Decoder) {
	for _, check := range []bool{true, false} {
		z, err := gzip.NewReader(bytes.NewReader(value))
		if err != nil {
			return nil, nil
		}
		if check { // gzip's own checksum, before anything is yielded
			if _, err := io.Copy(io.Discard, z); err != nil {
				return nil, nil
			}
			continue
		}
		d := json.NewDecoder(bufio.NewReaderSize(z, 1<<16))
		var m mirror
		if err := d.Decode(&m); err != nil {
			return nil, nil
		}
		return &m, d
	}
	return nil, nil
}
