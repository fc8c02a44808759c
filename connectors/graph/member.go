package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// bindLimit is how many members one PATCH adds (Microsoft Graph, add members).
const bindLimit = 20

// reference gives the id of an object that must exist.
func (w *writer) reference(ref plan.Ref) (string, error) {
	id, ok := w.resolve(ref)
	if !ok || id == "" {
		return "", &fault.Error{Kind: fault.NotFound, Op: w.op, Err: fmt.Errorf("%s has no cloud object", printable(ref.Name))}
	}
	return id, nil
}

// address gives the URL by which a body refers to an object.
func (c *Connector) address(collection, id string) string {
	return c.base.String() + "/" + collection + "/" + segment(id)
}

// refer sets or clears the manager.
func (w *writer) refer(ctx context.Context) error {
	for _, a := range w.change.Attributes {
		ref, set := a.Reference()
		if !set {
			if err := w.unlink(ctx, "manager", ""); err != nil {
				return err
			}
			continue
		}
		id, err := w.reference(ref)
		if err != nil {
			return err
		}
		if err := w.call(ctx, "PUT", w.path()+"/manager/$ref", entity{{"@odata.id", w.address("users", id)}}, id); err != nil {
			return err
		}
	}
	return nil
}

// unlink removes a link of the object: its manager, or one member or owner.
func (w *writer) unlink(ctx context.Context, name, id string) error {
	r := w.unlinking(name, id)
	_, err := w.send(ctx, r)
	return w.unlinked(ctx, w.unseen(err, w.change.Object.ID))
}

// unlinking is the request that removes a link. It is the only place that builds such an address, because the same one
// without /$ref at its end deletes the object that the link leads to.
func (w *writer) unlinking(name, id string) request {
	path := w.path() + "/" + name
	if id != "" {
		path += "/" + segment(id)
	}
	return request{op: w.op, why: write, method: "DELETE", path: path + "/$ref"}
}

// unlinked judges the answer to such a request: a link that is not there is a success.
func (w *writer) unlinked(ctx context.Context, err error) error {
	switch kind := fault.KindOf(err); {
	case err == nil, says(err, "removed object references do not exist"):
		return nil
	case kind != fault.NotFound && kind != fault.NotReady:
		return err
	}
	// The link or the object itself is missing: only the object can tell.
	_, gone := w.look(ctx, nil)
	return gone
}

// members adds and removes members and owners. One that is refused does not hold up the others; the first refusal is
// returned once all have been tried. Anything but a refusal ends it at once.
func (w *writer) members(ctx context.Context) error {
	var first error
	for _, a := range w.change.Attributes {
		add, err := w.references(a.Add)
		if err != nil {
			return err
		}
		remove, err := w.references(a.Remove)
		if err != nil {
			return err
		}
		for _, step := range []struct {
			ids []string
			do  func(context.Context, string, []string) error
		}{{add, w.link}, {remove, w.unlinkAll}} {
			err := step.do(ctx, a.Name, step.ids)
			if err != nil && !refused(err) {
				return err
			}
			if first == nil {
				first = err
			}
		}
	}
	return first
}

func (w *writer) references(refs []plan.Ref) ([]string, error) {
	ids := make([]string, 0, len(refs))
	for _, ref := range refs {
		id, err := w.reference(ref)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// refused reports whether the server decided against one member, as opposed to being unable to decide.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.NotReady, fault.Invalid, fault.Conflict:
		return true
	}
	return false
}

// link adds members in batches, owners one by one.
func (w *writer) link(ctx context.Context, name string, ids []string) error {
	size := bindLimit
	if name == "owners" {
		size = 1
	}
	var first error
	for len(ids) > 0 {
		n := min(size, len(ids))
		err := w.bind(ctx, name, ids[:n])
		if err != nil && !refused(err) {
			return err
		}
		if first == nil {
			first = err
		}
		ids = ids[n:]
	}
	return first
}

// bind adds a batch, which Graph takes whole or not at all; a refused one is halved until what is wrong stands alone.
func (w *writer) bind(ctx context.Context, name string, ids []string) error {
	err := w.post(ctx, name, ids)
	switch {
	case err == nil, !refused(err):
		return err
	case len(ids) > 1:
		half := len(ids) / 2
		first := w.bind(ctx, name, ids[:half])
		if first != nil && !refused(first) {
			return first
		}
		second := w.bind(ctx, name, ids[half:])
		if first == nil || second != nil && !refused(second) {
			return second
		}
		return first
	case says(err, "added object references already exist"):
		return nil
	}
	return naming(err, ids[0])
}

// post sends one batch of links.
func (w *writer) post(ctx context.Context, name string, ids []string) error {
	if name == "owners" {
		return w.call(ctx, "POST", w.path()+"/owners/$ref", entity{{"@odata.id", w.address("directoryObjects", ids[0])}}, ids...)
	}
	addresses := make([]string, len(ids))
	for i, id := range ids {
		addresses[i] = w.address("directoryObjects", id)
	}
	return w.call(ctx, "PATCH", w.path(), entity{{name + "@odata.bind", addresses}}, ids...)
}

// naming adds which member an error is about.
func naming(err error, id string) error {
	var f *fault.Error
	if !errors.As(err, &f) || strings.Contains(f.Err.Error(), id) {
		return err
	}
	named := *f
	named.Err = fmt.Errorf("member %s: %w", id, f.Err)
	return &named
}

// unlinkAll removes members or owners, several in one batch.
func (w *writer) unlinkAll(ctx context.Context, name string, ids []string) error {
	if len(ids) == 1 {
		return w.unlink(ctx, name, ids[0])
	}
	var first error
	for chunk := range slices.Chunk(ids, batchLimit) {
		items := make([]item, len(chunk))
		for i, id := range chunk {
			items[i].request = w.unlinking(name, id)
		}
		for i, r := range w.batch(ctx, items) {
			err := w.unlinked(ctx, w.unseen(r.err, w.change.Object.ID))
			if err != nil && !refused(err) {
				return err
			}
			if err != nil && first == nil {
				first = naming(err, chunk[i])
			}
		}
	}
	return first
}
