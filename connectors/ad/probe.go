package ad

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/engine/connector"
)

// Finding is the outcome of one check of Probe.
type Finding struct {
	Check  string // connect, sign-in, domain controller, clock, schema, scope DN, deleted objects
	OK     bool
	Detail string // what was found
	Hint   string // what to do about it, "" when there is nothing to do
}

// Limits of Probe: how far the clocks may be apart, and how long before its end a certificate is reported.
const (
	clockSkew       = 5 * time.Minute
	certificateTerm = 30 * 24 * time.Hour
)

// Probe checks what an import and a look for missing objects need, in that order, and goes on as far as it can. want is
// what an import would be given. A finding that is not OK need not stop an import: missing attributes and unreadable
// deleted objects do not.
func (c *Connector) Probe(ctx context.Context, want connector.Want) []Finding {
	s, err := c.connect(ctx)
	if err != nil {
		return []Finding{failed("connect", classify("connect to "+c.cfg.URL, err))}
	}
	defer s.close()
	out := []Finding{c.probeTLS(s)}
	if err := c.signIn(s); err != nil {
		return append(out, failed("sign-in", classify("sign in as "+c.cfg.User, err)))
	}
	out = append(out, Finding{Check: "sign-in", OK: true, Detail: "signed in as " + c.cfg.User})
	if s.domain, err = s.readDomain(); err != nil {
		return append(out, failed("domain controller", classify("read the root of "+c.cfg.URL, err)))
	}
	out = append(out, Finding{Check: "domain controller", OK: true, Detail: s.domain.host + " serves " + s.domain.naming}, c.probeClock(s.domain.clock))
	out = append(out, s.probeSchema(want.Attributes, c.cfg.PageSize))
	for _, sc := range c.cfg.Scopes {
		out = append(out, s.probeScope(sc, want.Known, c.cfg.PageSize))
	}
	return append(out, s.probeDeleted())
}

func failed(check string, err error) Finding {
	return Finding{Check: check, Detail: err.Error()}
}

func (c *Connector) probeTLS(s *session) Finding {
	state, ok := s.conn.TLS()
	if !ok || len(state.PeerCertificates) == 0 {
		return Finding{Check: "connect", Detail: "the connection is not encrypted"}
	}
	end := state.PeerCertificates[0].NotAfter
	f := Finding{Check: "connect", OK: true,
		Detail: fmt.Sprintf("%s, certificate for %s valid until %s", tls.VersionName(state.Version), c.tls.ServerName, end.UTC().Format(time.DateOnly))}
	if end.Sub(c.cfg.Now()) < certificateTerm {
		f.OK, f.Hint = false, "renew the domain controller's certificate"
	}
	return f
}

func (c *Connector) probeClock(current string) Finding {
	server, err := ldapvalue.Time(current)
	if err != nil {
		return failed("clock", err)
	}
	skew := c.cfg.Now().Sub(server).Round(time.Second)
	f := Finding{Check: "clock", OK: skew.Abs() <= clockSkew, Detail: fmt.Sprintf("%s from the server's clock", skew)}
	if !f.OK {
		f.Hint = "synchronise this computer's clock with the domain's"
	}
	return f
}

func (s *session) probeSchema(attributes []string, pageSize int) Finding {
	cols, err := ask(attributes)
	if err == nil {
		err = s.readSchema(&cols, pageSize)
	}
	switch {
	case err != nil:
		return failed("schema", err)
	case len(cols.missing) == 0:
		return Finding{Check: "schema", OK: true, Detail: fmt.Sprintf("has all %d attributes", len(cols.asked))}
	}
	f := Finding{Check: "schema", Detail: "lacks " + strings.Join(cols.missing, ", ")}
	if slices.ContainsFunc(cols.missing, func(name string) bool { return directory.EqualFold(name, directory.AttrMailNickname) }) {
		f.Hint = "the schema was never extended for Exchange: policies read these attributes as empty"
	} else {
		f.Hint = "policies read these attributes as empty"
	}
	return f
}

func (s *session) probeScope(want Scope, known map[string]directory.GUID, pageSize int) Finding {
	check := "scope " + want.OU
	found, err := s.resolve([]Scope{want}, known)
	if err == nil {
		err = s.admitted(found[0], pageSize)
	}
	if err != nil {
		return failed(check, classify("read scope "+want.OU, err))
	}
	return Finding{Check: check, OK: true, Detail: found[0].dn + " is readable"}
}

// deletedObjects is the well-known GUID of the Deleted Objects container, [MS-ADTS] 6.1.1.4.2.
const deletedObjects = "18e2ea80684f11d2b9aa00c04f79f805"

// probeDeleted checks that deleted objects show. Where the list of who may see them cannot be read, seeing one decides.
func (s *session) probeDeleted() Finding {
	f := Finding{Check: "deleted objects", OK: true, Detail: "readable"}
	base := "<WKGUID=" + deletedObjects + "," + s.domain.naming + ">"
	show := ldapwire.Control{OID: showDeletedOID, Critical: true}
	granted, known, err := s.listable(base, show)
	if err == nil && !known {
		q := ldapwire.Search{Base: base, Scope: ldapwire.OneLevel, Filter: "(isDeleted=TRUE)", Attributes: []string{isDeleted}, Controls: []ldapwire.Control{show}}
		err = s.conn.Pages(q, 1, func(*ldapwire.Entry) error {
			granted = true
			return errSeen
		}, nil)
	}
	switch {
	case granted:
		return f
	case err != nil && !absent(err):
		f.Detail = classify("read Deleted Objects", err).Error()
	default:
		f.Detail = "the account may not read them"
	}
	f.OK, f.Hint = false, "without the right to list Deleted Objects (dsacls), what was deleted cannot be told from what is hidden, "+
		"and its cloud counterpart is left as it is"
	return f
}

// errSeen ends a search that has shown what it was for.
var errSeen = errors.New("seen")
