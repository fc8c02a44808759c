package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
)

// pageSize is the most that Graph gives of users, groups, members and deleted items in one page.
const pageSize = "999"

// decodePage reads one page of a collection and hands over its elements one by one; each must not keep its argument. It
// returns the link to the next page, "" on the last. A page without its value, cut off, or with anything behind its end
// is an error: a page that cannot be read is never an empty one.
func decodePage[T any](body []byte, each func(*T) error) (next string, err error) {
	next, _, err = decodeDelta(body, each)
	return next, err
}

// decodeDelta is decodePage for a page of changes, the last of which has a link for the changes to come.
func decodeDelta[T any](body []byte, each func(*T) error) (next, later string, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := expect(d, '{'); err != nil {
		return "", "", err
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", "", err
		}
		switch {
		case name == "value" && found:
			return "", "", errors.New("page has two values")
		case name == "value":
			found = true
			err = decodeElements(d, each)
		case name == "@odata.nextLink":
			err = d.Decode(&next)
		case name == "@odata.deltaLink":
			err = d.Decode(&later)
		default:
			var skipped json.RawMessage
			err = d.Decode(&skipped)
		}
		if err != nil {
			return "", "", err
		}
	}
	if err := expect(d, '}'); err != nil {
		return "", "", err
	}
	if _, err := d.Token(); err == nil || !found {
		return "", "", errors.New("page is not one object with a value")
	}
	return next, later, nil
}

func decodeElements[T any](d *json.Decoder, each func(*T) error) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var element T
		if err := d.Decode(&element); err != nil {
			return err
		}
		if err := each(&element); err != nil {
			return err
		}
	}
	return expect(d, ']')
}

// expect reads one delimiter.
func expect(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v where %v should be", t, want)
	}
	return nil
}

// passed is an error of the caller's own function, to be returned as it is.
type passed struct{ err error }

func (p *passed) Error() string { return p.err.Error() }

// list reads a collection to its end. An error of each is returned as it is.
func list[T any](ctx context.Context, c *Connector, r request, each func(*T) error) error {
	for r.method = "GET"; ; {
		a, err := c.send(ctx, r)
		if err != nil {
			return err
		}
		next, err := decodePage(a.body, func(element *T) error {
			if err := each(element); err != nil {
				return &passed{err}
			}
			return nil
		})
		var own *passed
		if errors.As(err, &own) {
			return own.err
		}
		if err != nil {
			return c.unreadable(r, a, err)
		}
		if next == "" {
			return nil
		}
		before := r.link
		if r.link, err = c.follow(next); err != nil {
			return c.unreadable(r, a, err)
		}
		if before != nil && *before == *r.link {
			return c.unreadable(r, a, errors.New("the next page is the same page again"))
		}
	}
}

// unreadable is the fault of an answer that was given and makes no sense.
func (c *Connector) unreadable(r request, a answer, err error) error {
	return &fault.Error{Kind: failed(r.why), Op: r.op, RequestID: a.header.Get("request-id"), Err: fmt.Errorf("answer of Graph: %w", err)}
}

// follow checks a link that Graph gave. It goes with our token, so it must stay on the host and below the base.
func (c *Connector) follow(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, errors.New("the link to the next page is no URL")
	}
	if u.Scheme != c.base.Scheme || !strings.EqualFold(u.Host, c.base.Host) || u.User != nil ||
		!strings.HasPrefix(u.Path, c.base.Path+"/") || path.Clean(u.Path) != u.Path {
		return nil, fmt.Errorf("the link to the next page leads to %s://%s", u.Scheme, u.Host)
	}
	return u, nil
}
