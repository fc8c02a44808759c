package ad

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/connector"
)

// Find looks an object up in the whole domain, among deleted ones too where the account may see them; see connector.Finder.
func (c *Connector) Find(ctx context.Context, name string) ([]connector.Found, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	scopes, err := c.scopes(s)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	found, err := s.named(name, c.cfg.PageSize)
	if err != nil {
		return nil, interrupted(ctx, classify("look for "+name, err))
	}
	for i := range found {
		if err := s.explain(&found[i], scopes, c.cfg.PageSize); err != nil {
			return nil, interrupted(ctx, classify("look for "+name, err))
		}
	}
	return found, nil
}

// named finds the objects of a name.
func (s *session) named(name string, pageSize int) ([]connector.Found, error) {
	if dn, err := ldap.ParseDN(name); err == nil && len(dn.RDNs) > 1 {
		entry, spelled, shown, err := s.object(name, directory.AttrObjectGUID)
		if raw := entry["objectguid"]; err == nil && shown && len(raw) == 1 {
			guid, _ := directory.GUIDFromBytes([]byte(raw[0]))
			return []connector.Found{{GUID: guid, DN: spelled}}, nil
		}
		return nil, err
	}
	filter := "(|"
	for _, a := range []string{directory.AttrUserPrincipalName, directory.AttrSAMAccountName, directory.AttrMail} {
		filter += "(" + a + "=" + ldap.EscapeFilter(name) + ")"
	}
	if g, err := directory.ParseGUID(name); err == nil {
		filter += guidFilter(g)
	}
	q := ldapwire.Search{Base: s.domain.naming, Scope: ldapwire.Subtree, Filter: filter + ")", Attributes: []string{directory.AttrObjectGUID, isDeleted},
		Controls: []ldapwire.Control{{OID: domainScopeOID, Critical: true}, {OID: showDeletedOID, Critical: true}, {OID: showRecycledOID, Critical: true}}}
	var out []connector.Found
	err := s.conn.Pages(q, pageSize, func(e *ldapwire.Entry) error {
		guid, _ := directory.GUIDFromBytes([]byte(first(e, directory.AttrObjectGUID)))
		out = append(out, connector.Found{GUID: guid, DN: e.DN, Deleted: directory.EqualFold(first(e, isDeleted), "TRUE")})
		return nil
	}, nil)
	slices.SortFunc(out, func(a, b connector.Found) int { return cmp.Compare(a.DN, b.DN) })
	return out, err
}

// explain says in which scope an object lies, and why it is not read there.
func (s *session) explain(f *connector.Found, scopes []scope, pageSize int) error {
	matches := func(base, filter string) (any bool, err error) {
		q := ldapwire.Search{Base: base, Scope: ldapwire.Subtree, Filter: "(&" + guidFilter(f.GUID) + filter + ")",
			Attributes: []string{directory.AttrObjectGUID}, Controls: []ldapwire.Control{{OID: domainScopeOID, Critical: true}}}
		err = s.conn.Pages(q, pageSize, func(*ldapwire.Entry) error { any = true; return nil }, nil)
		return any, err
	}
	for _, sc := range scopes {
		if !f.Deleted && directory.UnderDN(directory.Fold(f.DN), directory.Fold(sc.dn)) {
			f.Scope, f.Filter = sc.dn, sc.Filter
			kind, err := matches(sc.base(), kinds)
			if err != nil || !kind {
				f.OtherKind = true
				return err
			}
			f.Read, err = matches(sc.base(), sc.objects())
			if err != nil || f.Read {
				return err
			}
		}
	}
	return nil
}
