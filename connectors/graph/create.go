package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// createUser makes a user. Its password is made right before and not kept. A request that may have taken effect is
// fault.Unknown, and its anchor is remembered for ByAnchor.
func (w *writer) createUser(ctx context.Context) (id string, err error) {
	profile, settled, err := w.profile(ctx)
	if err != nil {
		return "", err
	}
	if settled != nil {
		defer func() { settled(id, err) }()
	}
	body := append(w.body(),
		field{"onPremisesImmutableId", string(w.change.Object.Anchor)},
		field{"passwordProfile", profile})
	r := request{op: w.op, why: write, method: "POST", path: "/users", body: dropNulls(body)}
	a, err := w.send(ctx, r)
	return w.created(r, a, err)
}

// createGroup makes a group under its own key: groups may share a display name, so that a repeated POST would make a
// second one, and a repeated upsert does not.
func (w *writer) createGroup(ctx context.Context) (string, error) {
	anchor := string(w.change.Object.Anchor)
	if _, err := directory.ParseGUID(anchor); err != nil {
		return "", &fault.Error{Kind: fault.Invalid, Op: w.op, Err: errors.New("the anchor of a group is a GUID")}
	}
	body := w.body()
	if w.change.Object.Type == cloud.Microsoft365Group {
		body = append(body, field{"groupTypes", []string{"Unified"}}, field{"mailEnabled", true}, field{"securityEnabled", false})
	} else {
		body = append(body, field{"groupTypes", []string{}}, field{"mailEnabled", false}, field{"securityEnabled", true})
	}
	path := "/groups(uniqueName=" + literal(anchor) + ")"
	r := request{op: w.op, why: write, method: "PATCH", path: path, header: []string{"Prefer", "create-if-missing"}, body: dropNulls(body)}
	a, err := w.send(ctx, r)
	if err == nil && a.status != 204 || err != nil && fault.KindOf(err) != fault.Invalid {
		return w.created(r, a, err)
	}
	// It was there already, and the answer does not say under which id; or it was there, and Graph refuses to update what
	// can be set only when a group is made.
	o, missing := w.one(ctx, request{op: w.op, path: path, query: selection(true, false, nil)}, true, nil)
	switch {
	case missing == nil && o.Type == w.change.Object.Type:
		return o.ID, nil
	case missing == nil:
		return "", &fault.Error{Kind: fault.Conflict, Op: w.op, Err: fmt.Errorf("group %s has this anchor and is of type %s", o.ID, o.Type)}
	case err != nil && fault.KindOf(missing) == fault.NotFound:
		return "", err
	}
	w.unsure.Add(anchor)
	return "", &fault.Error{Kind: fault.Unknown, Op: w.op, Err: missing}
}

// created reads the id of a new object, and remembers what a look-up by another replica may miss.
func (w *writer) created(r request, a answer, err error) (string, error) {
	anchor := string(w.change.Object.Anchor)
	if err != nil {
		if fault.KindOf(err) == fault.Unknown {
			w.unsure.Add(anchor)
		}
		return "", err
	}
	var got link
	if err := json.Unmarshal(a.body, &got); err != nil || got.ID == "" {
		w.unsure.Add(anchor)
		return "", w.unreadable(r, a, errors.New("the new object has no id"))
	}
	id := strings.ToLower(got.ID)
	w.made.Add(id)
	w.located.Add(id)
	return id, nil
}

// dropNulls leaves out what has no value: a new object has none anyway.
func dropNulls(e entity) entity {
	out := make(entity, 0, len(e))
	for _, f := range e {
		if f.value != nil {
			out = append(out, f)
		}
	}
	return out
}

// names gives what a password of the new user must not hold: the local part of the sign-in name, and the longer words of
// the display name, which on-premises policies forbid too.
func (w *writer) names() []string {
	var out []string
	for _, a := range w.change.Attributes {
		switch a.Name {
		case "userPrincipalName":
			local, _, _ := strings.Cut(a.After.Text(), "@")
			out = append(out, local)
		case "displayName":
			for _, word := range strings.Fields(a.After.Text()) {
				if len(word) >= 3 {
					out = append(out, word)
				}
			}
		}
	}
	return out
}
