package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// errResync says that what is remembered cannot be brought up to date and everything is to be read again.
var errResync = errors.New("the tenant no longer tells what changed since")

// change is what a delta query says of one object. Its properties are not taken from there: a row holds some or all of
// them, several times or never, and the object itself is read as it is now.
type change struct {
	ID      string       `json:"id"`
	Removed *removal     `json:"@removed"`
	Members []linkChange `json:"members@delta"`
}

// removal is of reason "changed" for what lies in deleted items, "deleted" for what is gone for good.
type removal struct {
	Reason string `json:"reason"`
}

type linkChange struct {
	ID      string   `json:"id"`
	Removed *removal `json:"@removed"`
}

// changed is what became of one object since the last read.
type changed struct {
	removed bool
	members map[string]bool // by id: a member now, or not any more
}

// changes is what became of the objects of one collection, by id.
type changes map[string]*changed

// take notes one row. Rows may come again, and a later one counts.
func (c changes) take(row *change) {
	id := strings.ToLower(row.ID)
	x := c[id]
	if x == nil {
		x = &changed{members: map[string]bool{}}
		c[id] = x
	}
	x.removed = row.Removed != nil
	for _, m := range row.Members {
		x.members[strings.ToLower(m.ID)] = m.Removed == nil
	}
}

// tracked gives what a delta query is asked to watch. Licences are watched by assignedLicenses, which changes with every
// assignment: licenseAssignmentStates is calculated and not among what delta queries are documented to follow.
func tracked(group bool, columns []column) string {
	base := groupBase
	if !group {
		base = slices.DeleteFunc(slices.Clone(userBase), func(f string) bool { return f == "licenseAssignmentStates" })
		base = append(base, "assignedLicenses")
	}
	list := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.field == "licenseAssignmentStates" })
	for i, c := range list {
		if c.name == "manager" || c.name == "members" {
			list[i].field = c.name
		}
	}
	return fields(base, list)
}

// latest gives the link that tells what changes from now on.
func (c *Connector) latest(ctx context.Context, group bool, columns []column) (string, error) {
	r := deltaRequest(group)
	r.query = []string{"$deltatoken", "latest", "$select", tracked(group, columns)}
	return c.deltas(ctx, r, func(*change) error { return nil })
}

func deltaRequest(group bool) request {
	r := request{op: "read changes of users", why: readWhole, method: "GET", path: "/users/delta"}
	if group {
		r.op, r.path = "read changes of groups", "/groups/delta"
	}
	return r
}

// since gives what changed since a link was given, and the link for what changes from now on. It fails with errResync when
// the tenant does not know any more.
func (c *Connector) since(ctx context.Context, group bool, link string) (changes, string, error) {
	r := deltaRequest(group)
	var err error
	if r.link, err = c.follow(link); err != nil {
		return nil, "", errResync
	}
	out := changes{}
	later, err := c.deltas(ctx, r, func(row *change) error {
		if row.ID == "" {
			return &fault.Error{Kind: fault.Unreachable, Op: r.op, Err: errors.New("a change has no id")}
		}
		out.take(row)
		return nil
	})
	return out, later, err
}

// deltas reads pages of changes to their end and gives the link for the changes to come.
func (c *Connector) deltas(ctx context.Context, r request, each func(*change) error) (string, error) {
	for {
		a, err := c.send(ctx, r)
		if err != nil {
			if stale(a, err) {
				return "", errResync
			}
			return "", err
		}
		next, later, err := decodeDelta(a.body, each)
		var own *fault.Error
		switch {
		case errors.As(err, &own):
			return "", err
		case err == nil && (next == "") == (later == ""):
			err = errors.New("a page of changes has to have a next page or an end")
		}
		if err != nil {
			return "", c.unreadable(r, a, err)
		}
		if next == "" {
			if _, err := c.follow(later); err != nil {
				return "", c.unreadable(r, a, err)
			}
			return later, nil
		}
		before := r.link
		if r.link, err = c.follow(next); err != nil {
			return "", c.unreadable(r, a, err)
		}
		if before != nil && *before == *r.link {
			return "", c.unreadable(r, a, errors.New("the next page is the same page again"))
		}
	}
}

// stale reports whether a delta query was refused because its token is too old or unknown (Microsoft Graph, delta query:
// 410, or 40x with one of the codes).
func stale(a answer, err error) bool {
	var f *fault.Error
	if !errors.As(err, &f) {
		return false
	}
	for _, code := range []string{"syncStateNotFound", "resyncRequired", "syncStateInvalid"} {
		if strings.EqualFold(f.Code, code) {
			return true
		}
	}
	return a.status == http.StatusGone || a.status == http.StatusBadRequest || a.status == http.StatusNotImplemented
}

// reread reads the named objects as they are now, twenty to a request, members and owners aside. What is not there, though
// a change of it was told, is asked for again a few times: it may be so new that the replica has not heard of it. ids that
// remain unseen are returned as missing.
func (c *Connector) reread(ctx context.Context, group bool, ids []string, columns []column) (found map[string]cloud.Object, missing []string, err error) {
	found = map[string]cloud.Object{}
	for n := range 3 {
		if n > 0 {
			if err := c.sender.sleep(ctx, 5*time.Second); err != nil {
				return nil, nil, &fault.Error{Kind: fault.Unreachable, Op: "read changed objects", Err: err}
			}
		}
		items := make([]item, len(ids))
		path := "/users/"
		if group {
			path = "/groups/"
		}
		for i, id := range ids {
			items[i].request = request{op: "read changed object " + id, why: readWhole, method: "GET", path: path + segment(id), query: selection(group, false, columns)}
		}
		missing = nil
		for i, r := range c.batch(ctx, items) {
			switch {
			case fault.KindOf(r.err) == fault.NotFound && r.err != nil:
				missing = append(missing, ids[i])
			case r.err != nil:
				return nil, nil, r.err
			default:
				var got row
				if err := json.Unmarshal(r.body, &got); err != nil || !strings.EqualFold(got.ID, ids[i]) {
					return nil, nil, c.unreadable(items[i].request, r.answer, fmt.Errorf("not the object asked for: %w", errors.Join(err, errResync)))
				}
				found[ids[i]] = got.object(group, columns)
			}
		}
		if ids = missing; len(ids) == 0 {
			break
		}
	}
	return found, missing, nil
}

// living gives the ids of those that changed and were not removed, in order.
func (c changes) living() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(c)) {
		if !c[id].removed {
			out = append(out, id)
		}
	}
	return out
}

// merge gives members after the changes to them.
func (x *changed) merge(members []string) cloud.Value {
	set := map[string]bool{}
	for _, id := range members {
		set[id] = true
	}
	for id, in := range x.members {
		set[id] = in
	}
	maps.DeleteFunc(set, func(_ string, in bool) bool { return !in })
	return cloud.Texts(slices.Collect(maps.Keys(set)))
}
