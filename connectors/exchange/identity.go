package exchange

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// exoPrefix begins the id of an object that Entra ID does not know; its recipient GUID follows.
const exoPrefix = "exo:"

// idOf gives the id of a row: its Entra object id, else its recipient GUID marked as such; "" when it has neither.
func idOf(r Row) string {
	if id := r.guid("ExternalDirectoryObjectId"); id != "" {
		return id
	}
	if g := r.guid("Guid"); g != "" {
		return exoPrefix + g
	}
	return ""
}

// identity gives what cmdlets find an object by, from its id.
func identity(id string) string { return strings.TrimPrefix(id, exoPrefix) }

// entraKnows reports whether an id is that of an object in Entra ID.
func entraKnows(id string) bool {
	_, err := directory.ParseGUID(id)
	return err == nil
}

// markPrefix begins the name of every object that was made here; see the package comment.
const markPrefix = "coexist-"

// mark gives the name by which an object that is made for an anchor is found again; "" for an anchor that is no GUID in
// either form.
func mark(a directory.Anchor) string {
	g, err := directory.ParseGUID(string(a))
	if err == nil {
		return markPrefix + g.String()
	}
	raw, err := base64.StdEncoding.DecodeString(string(a))
	if g, ok := directory.GUIDFromBytes(raw); ok && err == nil {
		return markPrefix + g.String()
	}
	return ""
}

// anchorOf gives the anchor of a row: its ImmutableId, else what its name says; "" when neither was written here.
func anchorOf(t cloud.Type, r Row) directory.Anchor {
	if s := r.text("ImmutableId"); s != "" && t.IsUser() {
		return directory.Anchor(s)
	}
	s, ok := strings.CutPrefix(r.text("Name"), markPrefix)
	g, err := directory.ParseGUID(s)
	if !ok || err != nil {
		return ""
	}
	kind := directory.Group
	if t.IsUser() {
		kind = directory.User
	}
	a, _ := directory.AnchorOf(kind, g, "")
	return a
}

// identities resolves the names that Exchange Online shows in place of ids. What cannot be resolved, such as a role group
// or the SID of an account that is gone, stands for itself.
type identities struct {
	mu      sync.Mutex
	of      map[string]string // by folded name; "" where several objects share it
	details map[string]string // RecipientTypeDetails by id
}

func newIdentities() *identities {
	return &identities{of: map[string]string{}, details: map[string]string{}}
}

// learn remembers under which names a row is known.
func (x *identities) learn(id string, r Row) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.details[id] = r.text("RecipientTypeDetails")
	names := []string{identity(id)}
	for _, f := range []string{"Name", "Identity", "DistinguishedName", "Guid", "PrimarySmtpAddress", "UserPrincipalName", "LegacyExchangeDN"} {
		if s := r.text(f); s != "" {
			names = append(names, s)
		}
	}
	for _, s := range r.list("EmailAddresses") {
		if a := address(s); a != s {
			names = append(names, a)
		}
	}
	for _, n := range names {
		n = directory.Fold(n)
		if have, ok := x.of[n]; ok && have != id {
			x.of[n] = "" // ambiguous: asked for, where it matters
			continue
		}
		x.of[n] = id
	}
}

// known gives the id of a name; ok is false when it must be asked for.
func (x *identities) known(name string) (id string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	id = x.of[directory.Fold(name)]
	return id, id != ""
}

// detail gives what kind of recipient an id is, "" when it was not read here.
func (x *identities) detail(id string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.details[id]
}

func (x *identities) put(name, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.of[directory.Fold(name)] = id
}

// resolve finds the ids of names; each name is asked for once in the life of the connector.
func (c *Connector) resolve(ctx context.Context, names []string) error {
	var open []string
	for _, n := range names {
		if _, ok := c.names.known(n); !ok && !slices.Contains(open, n) {
			open = append(open, n)
		}
	}
	// Recipients first; what is none may still be a user without a mailbox.
	for _, cmdlet := range []string{"Get-Recipient", "Get-User"} {
		list := make([]Command, len(open))
		for i, n := range open {
			list[i] = command(cmdlet, "Identity", n)
			list[i].Select = []string{"ExternalDirectoryObjectId", "Guid", "Name", "RecipientTypeDetails"}
		}
		var left []string
		for i, r := range c.run.RunAll(ctx, list) {
			switch kind := fault.KindOf(r.Err); {
			case r.Err == nil && len(r.Answer.Rows) == 1 && idOf(r.Answer.Rows[0]) != "":
				c.names.put(open[i], idOf(r.Answer.Rows[0]))
			case r.Err == nil, kind == fault.NotFound, kind == fault.Conflict, kind == fault.Invalid:
				left = append(left, open[i])
			default:
				return r.Err
			}
		}
		open = left
	}
	for _, n := range open {
		c.names.put(n, n)
	}
	return nil
}

// ids gives the ids of names that were resolved.
func (c *Connector) ids(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if id, ok := c.names.known(n); ok {
			n = id
		}
		out[i] = n
	}
	return out
}
