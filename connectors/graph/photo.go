package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// checkPhoto refuses a change that does not carry the photo that it names.
func checkPhoto(a *plan.Attribute) error {
	switch {
	case a.After.IsNothing():
		return nil
	case len(a.Content) == 0:
		return errors.New("the change does not carry the photo")
	case cloud.PhotoDigest(a.Content) != a.After.Text():
		return errors.New("the photo that the change carries is not the one that it names")
	}
	return cloud.CheckPhoto(a.Content)
}

func photoPath(id string) string { return "/users/" + segment(id) + "/photo/$value" }

// photo writes or removes the photo; removing one that is not there is a success.
func (w *writer) photo(ctx context.Context, a *plan.Attribute) error {
	r := request{op: w.op, why: write, method: "DELETE", path: photoPath(w.change.Object.ID)}
	if !a.After.IsNothing() {
		r.method, r.media, r.kind = "PUT", a.Content, cloud.PhotoMediaType(a.Content)
	}
	_, err := w.send(ctx, r)
	if a.After.IsNothing() && noImage(err) {
		return nil
	}
	return w.unseen(err, w.change.Object.ID)
}

// noImage reports whether a user has no photo, which Graph answers as though the address were wrong.
func noImage(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.NotFound && f.Code == "ImageNotFound"
}

// withPhoto reads one user's photo and puts its digest in.
func (c *Connector) withPhoto(ctx context.Context, o *cloud.Object) error {
	a, err := c.send(ctx, request{op: "read photo of " + o.ID, why: readOne, method: "GET", path: photoPath(o.ID)})
	switch {
	case noImage(err):
		return nil
	case err != nil:
		return err
	}
	o.Put(cloud.Photo, cloud.Text(cloud.PhotoDigest(a.body)))
	return nil
}

// Detail reads the photos of users, twenty to a request. See connector.Detailer.
func (c *Connector) Detail(ctx context.Context, ids []string, properties []string, yield func(cloud.Object) error) error {
	for _, p := range properties {
		if p != cloud.Photo {
			return &fault.Error{Kind: fault.Invalid, Op: "read details", Err: fmt.Errorf("property %q is read with the objects", p)}
		}
	}
	if len(properties) == 0 {
		return nil
	}
	for from := 0; from < len(ids); from += batchLimit {
		part := ids[from:min(from+batchLimit, len(ids))]
		items := make([]item, len(part))
		for i, id := range part {
			items[i].request = request{op: "read photo of " + id, why: readWhole, method: "GET", path: photoPath(id)}
		}
		for i, r := range c.batch(ctx, items) {
			o := cloud.Object{ID: strings.ToLower(part[i]), Type: cloud.User}
			var f *fault.Error
			switch {
			case noImage(r.err):
			case errors.As(r.err, &f) && f.Kind == fault.NotFound:
				continue
			case r.err != nil:
				return r.err
			default:
				photo, err := media(r.body)
				if err != nil {
					return c.unreadable(items[i].request, r.answer, err)
				}
				o.Put(cloud.Photo, cloud.Text(cloud.PhotoDigest(photo)))
			}
			if err := yield(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// media gives the bytes of a batch item's answer that is not JSON, which comes as base64 text.
func media(body []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}
