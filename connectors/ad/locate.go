package ad

import (
	"context"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/connector"
)

// chunk is how many GUIDs one search names.
const chunk = 50

// Locate looks for objects by objectGUID in the whole domain, among deleted ones too; see connector.Locator.
//
// Without the right to list the Deleted Objects container, which only administrators have unless it is granted with dsacls,
// the server shows no deleted object, and what was deleted comes back as connector.FateUnreadable: nothing tells it from an
// object that was hidden.
//
// An object that lies in a scope and matches its filter is connector.FateEscaped: it is not gone, it only escaped the
// import, as one does that moves from a scope that is still to be read to one that was read already.
func (c *Connector) Locate(ctx context.Context, guids []directory.GUID) (map[directory.GUID]connector.Sighting, error) {
	out := make(map[directory.GUID]connector.Sighting, len(guids))
	for _, g := range guids {
		out[g] = connector.Sighting{Fate: connector.FateUnreadable}
	}
	if len(guids) == 0 {
		return out, nil
	}
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	scopes, err := c.scopes(s)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	for part := range slices.Chunk(guids, chunk) {
		if err := s.locate(part, scopes, c.cfg.PageSize, out); err != nil {
			return nil, interrupted(ctx, err)
		}
	}
	return out, nil
}

// scopes gives the scopes as the last import found them, or finds them.
func (c *Connector) scopes(s *session) ([]scope, error) {
	c.mu.Lock()
	read := c.read
	c.mu.Unlock()
	if read != nil {
		return read, nil
	}
	return s.resolve(c.cfg.Scopes, nil)
}

// locate looks for a few objects. Those in a scope are looked for last, so that one that moves into a scope meanwhile is
// not taken for moved out.
func (s *session) locate(guids []directory.GUID, scopes []scope, pageSize int, out map[directory.GUID]connector.Sighting) error {
	var any strings.Builder
	any.WriteString("(|")
	for _, g := range guids {
		any.WriteString(guidFilter(g))
	}
	any.WriteByte(')')
	live := ldapwire.Control{OID: domainScopeOID, Critical: true}
	everywhere := ldapwire.Search{Base: s.domain.naming, Scope: ldapwire.Subtree, Filter: any.String(),
		Attributes: []string{directory.AttrObjectGUID, isDeleted},
		Controls:   []ldapwire.Control{live, {OID: showDeletedOID, Critical: true}, {OID: showRecycledOID, Critical: true}}}
	if err := s.sight(everywhere, pageSize, out, elsewhere); err != nil {
		return classify("look for missing objects in "+s.domain.naming, err)
	}
	for _, sc := range scopes {
		inside := ldapwire.Search{Base: sc.base(), Scope: ldapwire.Subtree, Filter: "(&" + any.String() + sc.objects() + ")",
			Attributes: []string{directory.AttrObjectGUID}, Controls: []ldapwire.Control{live}}
		if err := s.sight(inside, pageSize, out, escaped); err != nil {
			return classify("look for missing objects in "+sc.dn, err)
		}
	}
	return nil
}

const isDeleted = "isDeleted"

// elsewhere is the sighting of an object somewhere in the domain.
func elsewhere(dn string, deleted bool) connector.Sighting {
	if deleted {
		return connector.Sighting{Fate: connector.FateDeleted, DN: dn}
	}
	return connector.Sighting{Fate: connector.FateMoved, DN: dn}
}

// escaped is the sighting of an object that an import should have read.
func escaped(dn string, _ bool) connector.Sighting {
	return connector.Sighting{Fate: connector.FateEscaped, DN: dn}
}

// sight notes which of the objects in out a search shows.
func (s *session) sight(q ldapwire.Search, pageSize int, out map[directory.GUID]connector.Sighting,
	sighting func(dn string, deleted bool) connector.Sighting) error {
	return s.conn.Pages(q, pageSize, func(e *ldapwire.Entry) error {
		guid, _ := directory.GUIDFromBytes([]byte(first(e, directory.AttrObjectGUID)))
		if _, asked := out[guid]; asked {
			out[guid] = sighting(e.DN, directory.EqualFold(first(e, isDeleted), "TRUE"))
		}
		return nil
	}, nil)
}

// first gives the first value of an entry's attribute, "" when it has none.
func first(e *ldapwire.Entry, name string) string {
	for _, a := range e.Attributes {
		if directory.EqualFold(a.Name, name) && len(a.Values) > 0 {
			return a.Values[0]
		}
	}
	return ""
}
