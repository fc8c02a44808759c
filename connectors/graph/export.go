package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// Export carries out one change. See connector.Exporter. What only Exchange Online can make or set is refused with
// fault.Invalid.
func (c *Connector) Export(ctx context.Context, change plan.Change, resolve func(plan.Ref) (id string, ok bool)) (string, error) {
	id, _, err := c.ExportTraced(ctx, change, resolve)
	return id, err
}

// ExportTraced is Export, with the request-id that Graph gave its last answer to a write. See connector.Tracer.
func (c *Connector) ExportTraced(ctx context.Context, change plan.Change, resolve func(plan.Ref) (id string, ok bool)) (id, request string, err error) {
	w := &writer{Connector: c, change: change, resolve: resolve, op: operation(change)}
	if err := w.check(); err != nil {
		return "", "", &fault.Error{Kind: fault.Invalid, Op: w.op, Err: err}
	}
	if id, err = w.write(ctx); err != nil {
		return "", w.traced, err
	}
	return id, w.traced, nil
}

// operation names a change in errors.
func operation(c plan.Change) string {
	s := string(c.Action) + " " + string(c.Object.Type)
	if c.Object.ID != "" {
		s += " " + c.Object.ID
	}
	return s
}

// writer is one change on its way.
type writer struct {
	*Connector
	change  plan.Change
	resolve func(plan.Ref) (string, bool)
	op      string
	traced  string // request-id of the last answer to a write
}

// send is the connector's, and notes which request it was.
func (w *writer) send(ctx context.Context, r request) (answer, error) {
	a, err := w.Connector.send(ctx, r)
	w.note(a)
	return a, err
}

// batch is the connector's, and notes which request the last one was.
func (w *writer) batch(ctx context.Context, items []item) []result {
	out := w.Connector.batch(ctx, items)
	for _, r := range out {
		w.note(r.answer)
	}
	return out
}

func (w *writer) note(a answer) {
	if id := a.header.Get("request-id"); id != "" {
		w.traced = printable(id)
	}
}

func (w *writer) write(ctx context.Context) (string, error) {
	id, group := w.change.Object.ID, w.group()
	switch w.change.Action {
	case plan.Create:
		if group {
			return w.createGroup(ctx)
		}
		return w.createUser(ctx)
	case plan.Adopt:
		return id, w.adopt(ctx)
	case plan.Update:
		return id, w.update(ctx)
	case plan.License:
		return id, w.license(ctx)
	case plan.Refer:
		return id, w.refer(ctx)
	case plan.Members:
		return id, w.members(ctx)
	case plan.Disable:
		return id, w.call(ctx, "PATCH", w.path(), entity{{"accountEnabled", false}})
	case plan.Delete:
		return id, w.delete(ctx)
	case plan.Restore:
		return id, w.restore(ctx)
	}
	return "", &fault.Error{Kind: fault.Invalid, Op: w.op, Err: errors.New("unknown action")}
}

func (w *writer) group() bool { return w.change.Object.Type.IsGroup() }
func (w *writer) path() string {
	return collection(w.change.Object.Type) + "/" + segment(w.change.Object.ID)
}

// call sends one write whose answer does not matter. That an object does not exist is fault.NotReady if it is the one
// changed or one of others and was just made.
func (w *writer) call(ctx context.Context, method, path string, body entity, others ...string) error {
	_, err := w.send(ctx, request{op: w.op, why: write, method: method, path: path, body: body})
	return w.unseen(w.unseen(err, w.change.Object.ID), others...)
}

// look reads the object that is changed, with the values of columns.
func (w *writer) look(ctx context.Context, columns []column) (cloud.Object, error) {
	r := request{op: w.op, path: w.path(), query: selection(w.group(), false, columns)}
	o, err := w.one(ctx, r, w.group(), columns)
	return o, w.unseen(err, w.change.Object.ID)
}

// check refuses what Graph cannot do before anything is sent.
func (w *writer) check() error {
	c := &w.change
	t := c.Object.Type
	switch {
	case c.Directory != cloud.Entra:
		return fmt.Errorf("the change belongs to directory %q", c.Directory)
	case !t.IsUser() && !t.IsGroup():
		return fmt.Errorf("objects of type %s are not written through Graph", t)
	case c.Action == plan.Create && t.Creator() != cloud.Entra:
		return fmt.Errorf("objects of type %s are made by Exchange Online", t)
	case t.IsGroup() && t.Creator() != cloud.Entra && t != cloud.DynamicGroup:
		return fmt.Errorf("groups of type %s are changed by Exchange Online", t)
	case c.Action == plan.Create && c.Object.ID != "":
		return errors.New("the object to create has an id already")
	case c.Action != plan.Create && c.Object.ID == "":
		return errors.New("the object has no id")
	case (c.Action == plan.Create || c.Action == plan.Adopt) && c.Object.Anchor == "":
		return errors.New("the object has no anchor")
	case t.IsGroup() && (c.Action == plan.License || c.Action == plan.Refer || c.Action == plan.Disable),
		t.IsUser() && c.Action == plan.Members, t == cloud.DynamicGroup && c.Action == plan.Members:
		return fmt.Errorf("objects of type %s have nothing to %s", t, c.Action)
	}
	return w.checkAttributes()
}

// only is the one property that an action of its own writes.
var only = map[plan.Action][]string{plan.License: {"licenses"}, plan.Refer: {"manager"}, plan.Members: {"members", "owners"}}

func (w *writer) checkAttributes() error {
	switch w.change.Action {
	case plan.Adopt, plan.Delete, plan.Restore:
		return nil // they name what people read; what is written is the object's anchor, or the object as a whole
	}
	for _, a := range w.change.Attributes {
		if a.Name == passwordName || a.Name == mustChangeName { // of a first password
			if w.change.Action != plan.Create || w.group() {
				return fmt.Errorf("property %q is written when a user is made, and never again", a.Name)
			}
			continue
		}
		col, ok := columnNamed(w.group(), a.Name)
		if !ok {
			return fmt.Errorf("property %q of %s is not in Graph", a.Name, w.change.Object.Type)
		}
		allowed, own := only[w.change.Action]
		switch {
		case own && !slices.Contains(allowed, a.Name):
			return fmt.Errorf("property %q is not written by %s", a.Name, w.change.Action)
		case a.Name == cloud.Photo && w.change.Action == plan.Update:
			if err := checkPhoto(&a); err != nil {
				return err
			}
		case a.Name == cloud.Photo:
			return errors.New("a photo is written by an update, once the user is there")
		case !own && (col.field == "" || a.Name == "licenses"):
			return fmt.Errorf("property %q has an action of its own", a.Name)
		}
		if p, _ := cloud.Lookup(a.Name); p.Required && a.After.IsNothing() && !own {
			return fmt.Errorf("property %q cannot be cleared", a.Name)
		}
	}
	return nil
}

// body writes the change's values as Graph takes them. What is nothing becomes null, an empty set of texts an empty list,
// because Graph refuses null there; the extension attributes lie in an object of their own.
func (w *writer) body() entity {
	var out entity
	var extension entityMap
	for _, a := range w.change.Attributes {
		if a.Name == passwordName || a.Name == mustChangeName {
			continue // of passwordProfile
		}
		col, _ := columnNamed(w.group(), a.Name)
		if col.field == "" {
			continue // written by a request of its own
		}
		if col.field == extensionField {
			if extension == nil {
				extension = entityMap{}
				out = append(out, field{extensionField, extension})
			}
			extension[a.Name] = plain(a)
			continue
		}
		out = append(out, field{col.field, plain(a)})
	}
	return out
}

// entityMap is an object inside a body; encoding/json writes its keys in order and nil as null.
type entityMap map[string]any

// plain gives a value as encoding/json writes it.
func plain(a plan.Attribute) any {
	p, _ := cloud.Lookup(a.Name)
	switch {
	case p.Kind == cloud.TextsKind:
		return append([]string{}, a.After.Texts()...)
	case a.After.IsNothing():
		return nil
	case p.Kind == cloud.TruthKind:
		return a.After.Truth()
	case p.Kind == cloud.NumberKind:
		return a.After.Number()
	}
	return a.After.Text()
}

// update writes properties in one request, and a photo in another.
func (w *writer) update(ctx context.Context) error {
	if body := w.body(); len(body) > 0 {
		if err := w.call(ctx, "PATCH", w.path(), body); err != nil {
			return err
		}
	}
	for i := range w.change.Attributes {
		switch a := &w.change.Attributes[i]; a.Name {
		case "usageLocation":
			w.located.Add(strings.ToLower(w.change.Object.ID))
		case cloud.Photo:
			if err := w.photo(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt writes the anchor, which is our mark: it is never written over another one. A group's uniqueName can be set while
// it is null (Microsoft Graph, update group).
func (w *writer) adopt(ctx context.Context) error {
	anchor := w.change.Object.Anchor
	have, err := w.look(ctx, nil)
	switch {
	case err != nil:
		return err
	case have.Anchor == anchor:
		return nil
	case have.Anchor != "":
		return &fault.Error{Kind: fault.Conflict, Op: w.op, Err: fmt.Errorf("the object has another anchor, %q", have.Anchor)}
	}
	name := "onPremisesImmutableId"
	if w.group() {
		name = "uniqueName"
	}
	return w.call(ctx, "PATCH", w.path(), entity{{name, string(anchor)}})
}

// delete removes the object; one that is gone already is a success.
func (w *writer) delete(ctx context.Context) error {
	err := w.call(ctx, "DELETE", w.path(), nil)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	w.made.Forget(strings.ToLower(w.change.Object.ID))
	return nil
}

// restore takes the object out of deleted items; one that lives already is a success.
func (w *writer) restore(ctx context.Context) error {
	err := w.call(ctx, "POST", deletedItems+"/"+segment(w.change.Object.ID)+"/restore", entity{})
	if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.NotReady {
		return err
	}
	if _, live := w.look(ctx, nil); live != nil {
		return err
	}
	return nil
}
