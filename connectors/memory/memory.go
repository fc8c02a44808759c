// Package memory is the smallest target: a tenant held in memory, with faults to inject, for tests of the engine and of
// apply. It keeps the rules that decide whether a run is right: anchors and sign-in names are unique, deletion is soft, a
// licence needs a usage location and a seat, what another engine masters is refused. It is not a rehearsal tenant: the
// sandbox is.
//
// Words: a Fault is a failure that strikes an export before or after it took effect. Lag is the time, counted in looks,
// for which a fresh object is not visible.
package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// Target is a tenant in memory. It is safe for concurrent use; the order of concurrent exports is that of its log.
type Target struct {
	mu      sync.Mutex
	tenant  cloud.Tenant
	objects map[string]*cloud.Object
	made    int            // objects given an id so far
	lag     int            // looks for which an object made from now on stays invisible
	unseen  map[string]int // looks left, by id
	faults  []*Fault
	reading *readFault
	log     []Export
	mail    bool           // it has an Exchange Online of its own
	slow    bool           // licences bring no mailboxes for now
	lost    []cloud.Object // mailboxes deleted softly or inactive
}

// Export is one entry of the log: a change that was asked for, whether it took effect, and what was answered.
type Export struct {
	Change  plan.Change
	ID      string // the object's id, "" when nothing was made
	Applied bool
	Err     error
}

// New makes a tenant. Objects are copied; one without an id gets one.
func New(tenant cloud.Tenant, objects ...cloud.Object) *Target {
	t := &Target{objects: map[string]*cloud.Object{}, unseen: map[string]int{}}
	t.tenant = tenant
	t.tenant.SKUs = slices.Clone(tenant.SKUs)
	for _, o := range objects {
		t.Set(o)
	}
	return t
}

// Set makes or replaces an object behind everyone's back, as another administrator would, and returns its id. Nothing is
// checked.
func (t *Target) Set(o cloud.Object) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := clone(&o)
	c.ID = strings.ToLower(c.ID)
	if c.ID == "" {
		c.ID = t.newID()
	}
	t.objects[c.ID] = &c
	return c.ID
}

// Remove takes an object away for good behind everyone's back.
func (t *Target) Remove(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.objects, id)
}

// All gives every object with all its properties, deleted ones included, by id.
func (t *Target) All() []cloud.Object {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all()
}

// Log gives the exports asked for so far, in their order.
func (t *Target) Log() []Export {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.log)
}

func (t *Target) all() []cloud.Object {
	out := make([]cloud.Object, 0, len(t.objects))
	for _, o := range t.objects {
		out = append(out, clone(o))
	}
	slices.SortFunc(out, func(a, b cloud.Object) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// newID gives ids in the order of making, in the form of Entra's object ids.
func (t *Target) newID() string {
	t.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", t.made)
}

// Tenant gives the facts of the tenant with the seats taken up to now.
func (t *Target) Tenant(ctx context.Context) (cloud.Tenant, error) {
	if err := ctx.Err(); err != nil {
		return cloud.Tenant{}, &fault.Error{Kind: fault.Unreachable, Op: "read tenant", Err: err}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.tenant
	c.Domains, c.SKUs = slices.Clone(c.Domains), slices.Clone(c.SKUs)
	return c, nil
}

// Objects yields all objects by id. See connector.Reader.
func (t *Target) Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error {
	t.mu.Lock()
	list, failing := t.all(), t.reading
	t.reading = nil
	t.mu.Unlock()
	for i := range list {
		if err := ctx.Err(); err != nil {
			return &fault.Error{Kind: fault.Unreachable, Op: "read objects", Err: err}
		}
		if failing != nil && failing.after == i {
			return failing.err
		}
		if err := yield(t.entra(&list[i], properties)); err != nil {
			return err
		}
	}
	if failing != nil && failing.after >= len(list) {
		return failing.err
	}
	return nil
}

// Current gives one live object by id. See connector.Reader.
func (t *Target) Current(_ context.Context, kind cloud.Type, id string, properties []string) (cloud.Object, error) {
	t.mu.Lock()
	op := "read " + string(kind)
	o, err := t.live(op, id)
	var c cloud.Object
	if err == nil {
		c = clone(o)
	}
	t.mu.Unlock()
	if err != nil {
		return cloud.Object{}, err
	}
	return t.entra(&c, properties), nil
}

// entra gives an object as Entra ID shows it.
func (t *Target) entra(o *cloud.Object, properties []string) cloud.Object {
	c := t.view(o, properties)
	if t.mail {
		c.Recipient = nil
		if c.Type.IsUser() && c.Type != cloud.Guest {
			c.Type = cloud.User
		}
		if c.Type == cloud.RoomList {
			c.Type = cloud.DistributionGroup
		}
	}
	return c
}

// ByAnchor finds an object by its anchor. See connector.Reader.
func (t *Target) ByAnchor(_ context.Context, kind cloud.Type, a directory.Anchor) (cloud.Object, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	op := "find " + string(kind) + " by anchor"
	o := t.anchored(kind, a, "")
	if o == nil {
		return cloud.Object{}, &fault.Error{Kind: fault.NotFound, Op: op, Err: fmt.Errorf("no object has anchor %q", a)}
	}
	if err := t.look(op, o.ID); err != nil {
		return cloud.Object{}, err
	}
	c := clone(o)
	c.Properties = nil
	return c, nil
}

// view cuts an object down to the properties asked for. A reference to an object that is deleted does not show, and
// shows again once that is restored.
func (t *Target) view(o *cloud.Object, properties []string) cloud.Object {
	c := *o
	c.Properties = nil
	for _, name := range properties {
		v := o.Get(name)
		if p, ok := cloud.Lookup(name); ok {
			switch p.Kind {
			case cloud.ReferenceKind:
				v = cloud.Text(strings.Join(t.visible(v.Text()), ""))
			case cloud.ReferencesKind:
				v = cloud.Texts(t.visible(v.Texts()...))
			}
		}
		c.Put(name, v)
	}
	return c
}

func (t *Target) visible(ids ...string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for _, id := range ids {
		if o := t.objects[id]; o != nil && !o.Deleted {
			out = append(out, id)
		}
	}
	return out
}

// live finds an object that is not deleted; the look counts against its lag.
func (t *Target) live(op, id string) (*cloud.Object, error) {
	if err := t.look(op, id); err != nil {
		return nil, err
	}
	if o := t.objects[id]; o != nil && !o.Deleted {
		return o, nil
	}
	return nil, &fault.Error{Kind: fault.NotFound, Op: op, Err: fmt.Errorf("object %q does not exist", id)}
}

// anchored finds the object with an anchor, other than the one with id except. Anchors are compared among users and
// among the rest, as they stand in different properties.
func (t *Target) anchored(kind cloud.Type, a directory.Anchor, except string) *cloud.Object {
	for _, o := range t.objects {
		if a != "" && o.Anchor == a && o.Type.IsUser() == kind.IsUser() && o.ID != except {
			return o
		}
	}
	return nil
}

// clone copies an object so that the copy shares nothing that can change.
func clone(o *cloud.Object) cloud.Object {
	c := *o
	c.Proxies, c.Inherited = slices.Clone(o.Proxies), slices.Clone(o.Inherited)
	c.Properties = slices.Clone(o.Properties)
	slices.SortFunc(c.Properties, func(a, b cloud.Set) int { return strings.Compare(a.Name, b.Name) })
	return c
}
