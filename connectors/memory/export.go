package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// Resolve gives the cloud id of a reference.
type Resolve = func(plan.Ref) (id string, ok bool)

// Export carries out one change whole or not at all. See connector.Exporter.
func (t *Target) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (id string, ok bool)) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := &export{Target: t, change: c, resolve: resolve, op: string(c.Action) + " " + string(c.Object.Type)}
	id, err, applied := "", t.strike(c, false), false
	if err == nil && ctx.Err() != nil {
		err = &fault.Error{Kind: fault.Transient, Op: e.op, Err: ctx.Err()}
	}
	if err == nil {
		id, err = e.run()
		applied = err == nil
	}
	if applied {
		err = t.strike(c, true)
	}
	t.log = append(t.log, Export{Change: c, ID: id, Applied: applied, Err: err})
	if err != nil {
		return "", err
	}
	return id, nil
}

// export is one change on its way. Every method checks all before it writes anything.
type export struct {
	*Target
	change  plan.Change
	resolve Resolve
	op      string
}

func (e *export) run() (string, error) {
	id := e.change.Object.ID
	switch e.change.Action {
	case plan.Create:
		return e.create()
	case plan.Delete:
		return id, e.remove(id)
	case plan.Restore:
		return id, e.restore(id)
	}
	o, err := e.live(e.op, id)
	if err != nil {
		return "", err
	}
	switch e.change.Action {
	case plan.Adopt:
		err = e.adopt(o)
	case plan.Update:
		err = e.update(o)
	case plan.Disable:
		if o.Synced {
			return "", e.fail(fault.Invalid, "object %s is mastered by another engine", o.ID)
		}
		o.Put("accountEnabled", cloud.Truth(false))
	case plan.License:
		err = e.license(o)
	case plan.Refer:
		err = e.refer(o)
	case plan.Members:
		err = e.members(o)
	default:
		err = e.fail(fault.Invalid, "unknown action")
	}
	return id, err
}

func (e *export) fail(kind fault.Kind, format string, args ...any) error {
	return &fault.Error{Kind: kind, Op: e.op, Err: fmt.Errorf(format, args...)}
}

func (e *export) create() (string, error) {
	c := &e.change
	o := cloud.Object{Type: c.Object.Type, Anchor: c.Object.Anchor}
	if err := e.assign(&o); err != nil {
		return "", err
	}
	for _, p := range cloud.Properties() {
		if p.Required && p.Directory == cloud.Entra && o.Get(p.Name).IsNothing() && (p.Users && o.Type.IsUser() || p.Groups && o.Type.IsGroup()) {
			return "", e.fail(fault.Invalid, "property %s needs a value", p.Name)
		}
	}
	if other := e.anchored(o.Type, o.Anchor, ""); other != nil {
		return "", e.fail(fault.Conflict, "object %s has anchor %q already", other.ID, o.Anchor)
	}
	o.ID = e.newID()
	if o.Type == cloud.Microsoft365Group && e.Target.mail {
		o.Recipient = recipient(o.Type, o.ID)
	}
	e.objects[o.ID] = &o
	if e.lag > 0 {
		e.unseen[o.ID] = e.lag
	}
	return o.ID, nil
}

func (e *export) adopt(o *cloud.Object) error {
	a := e.change.Object.Anchor
	switch other := e.anchored(o.Type, a, o.ID); {
	case other != nil:
		return e.fail(fault.Conflict, "object %s has anchor %q already", other.ID, a)
	case o.Anchor != "" && o.Anchor != a:
		return e.fail(fault.Conflict, "object %s has another anchor, %q", o.ID, o.Anchor)
	}
	o.Anchor = a
	return nil
}

func (e *export) update(o *cloud.Object) error {
	c := clone(o)
	if err := e.assign(&c); err != nil {
		return err
	}
	*o = c
	return nil
}

// assign puts the change's values into o after checking them.
func (e *export) assign(o *cloud.Object) error {
	for _, a := range e.change.Attributes {
		p, known := cloud.Lookup(a.Name)
		switch {
		case known && (p.Kind == cloud.LicensesKind || p.Kind == cloud.ReferenceKind || p.Kind == cloud.ReferencesKind && p.Directory == cloud.Entra):
			return e.fail(fault.Invalid, "property %s has an action of its own", a.Name)
		case o.Synced && !p.Activate:
			return e.fail(fault.Invalid, "property %s of object %s is mastered by another engine", a.Name, o.ID)
		case p.Required && a.After.IsNothing():
			return e.fail(fault.Invalid, "property %s cannot be cleared", a.Name)
		case a.Name == "usageLocation" && a.After.IsNothing() && !o.Get(a.Name).IsNothing():
			return e.fail(fault.Invalid, "property usageLocation cannot be cleared once it is set")
		}
		o.Put(a.Name, a.After)
	}
	if upn := o.Get("userPrincipalName").Text(); upn != "" {
		if other := e.named(upn, o.ID); other != nil {
			return e.fail(fault.Conflict, "object %s has userPrincipalName %q already", other.ID, upn)
		}
	}
	return nil
}

// named finds the live object with a sign-in name, other than the one with id except.
func (t *Target) named(upn, except string) *cloud.Object {
	for _, o := range t.objects {
		if !o.Deleted && o.ID != except && strings.EqualFold(o.Get("userPrincipalName").Text(), upn) {
			return o
		}
	}
	return nil
}

func (e *export) refer(o *cloud.Object) error {
	for _, a := range e.change.Attributes {
		ref, set := a.Reference()
		if !set {
			o.Put(a.Name, cloud.Value{})
			continue
		}
		id, err := e.target(ref)
		if err != nil {
			return err
		}
		o.Put(a.Name, cloud.Text(id))
	}
	return nil
}

func (e *export) members(o *cloud.Object) error {
	if (o.Synced || o.Type == cloud.DynamicGroup) && (e.change.Directory != cloud.Exchange || o.Type.IsGroup()) {
		return e.fail(fault.Invalid, "members of object %s are mastered elsewhere", o.ID)
	}
	c := clone(o)
	for _, a := range e.change.Attributes {
		have := slices.Clone(o.Get(a.Name).Texts())
		for _, ref := range a.Add {
			id, err := e.target(ref)
			if err != nil {
				return err
			}
			have = append(have, id)
		}
		for _, ref := range a.Remove {
			if id, ok := e.resolve(ref); ok {
				have = slices.DeleteFunc(have, func(x string) bool { return x == id })
			}
		}
		c.Put(a.Name, cloud.Texts(have))
	}
	*o = c
	return nil
}

// target gives the id of a reference that must exist.
func (e *export) target(ref plan.Ref) (string, error) {
	id, ok := e.resolve(ref)
	if !ok {
		return "", e.fail(fault.NotFound, "%s has no cloud object", ref.Name)
	}
	if _, err := e.live(e.op, id); err != nil {
		return "", err
	}
	return id, nil
}

// remove deletes: users and Microsoft 365 groups softly, the rest for good. A deleted object keeps its licences' names
// but not their seats.
func (e *export) remove(id string) error {
	o := e.objects[id]
	switch {
	case o == nil || o.Deleted:
		return nil
	case o.Synced:
		return e.fail(fault.Invalid, "object %s is mastered by another engine", id)
	}
	e.seat(nil, o.Get("licenses").Licenses())
	if o.Type.IsUser() || o.Type == cloud.Microsoft365Group {
		o.Deleted = true
		return nil
	}
	delete(e.objects, id)
	return nil
}

// restore takes an object back; its licences come back with it as far as there are seats.
func (e *export) restore(id string) error {
	o := e.objects[id]
	switch {
	case o == nil:
		return e.fail(fault.NotFound, "object %q does not exist", id)
	case !o.Deleted:
		return nil
	}
	if upn := o.Get("userPrincipalName").Text(); upn != "" {
		if other := e.named(upn, id); other != nil {
			return e.fail(fault.Conflict, "object %s has userPrincipalName %q already", other.ID, upn)
		}
	}
	var back []cloud.License
	for _, l := range o.Get("licenses").Licenses() {
		if e.free(l.SKU) > 0 {
			back = append(back, l)
		}
	}
	e.seat(back, nil)
	o.Put("licenses", cloud.Licenses(back))
	o.Deleted = false
	return nil
}
