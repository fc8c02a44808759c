package ad

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

var (
	_ connector.Importer = (*Connector)(nil)
	_ connector.Locator  = (*Connector)(nil)
)

// pauses are how long to wait before a read that found the server busy is begun again; their number bounds the attempts.
var pauses = [...]time.Duration{5 * time.Second, 30 * time.Second}

// Import reads every scope; see connector.Importer. A read that found the server busy is begun again on a new connection.
func (c *Connector) Import(ctx context.Context, want connector.Want, b *snapshot.Builder) error {
	before := b.Len()
	for attempt := 0; ; attempt++ {
		err := c.importOnce(ctx, want, b)
		if fault.KindOf(err) != fault.Transient {
			return err
		}
		if attempt == len(pauses) {
			return &fault.Error{Kind: fault.Unreachable, Op: fmt.Sprintf("%d attempts", attempt+1), Err: err}
		}
		b.Truncate(before)
		if err := c.cfg.Wait(ctx, pauses[attempt]); err != nil {
			return interrupted(ctx, err)
		}
	}
}

func (c *Connector) importOnce(ctx context.Context, want connector.Want, b *snapshot.Builder) error {
	taken := c.cfg.Now().UTC()
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	r := reading{session: s, builder: b, progress: func() { want.Progress.Report(c.cfg.Name, b.Len()) }}
	if err := r.prepare(want.Attributes, c.cfg.PageSize); err != nil {
		return interrupted(ctx, err)
	}
	scopes, err := s.resolve(c.cfg.Scopes, want.Known)
	if err != nil {
		return interrupted(ctx, err)
	}
	source := c.source(s.domain, r.columns, taken)
	for _, sc := range scopes {
		before := b.Len()
		if err := r.scope(sc, c.cfg.PageSize); err != nil {
			return interrupted(ctx, err)
		}
		source.Scopes = append(source.Scopes, sc.describe(b.Len()-before))
	}
	source.Flaws = r.flaws
	b.AddSource(source)
	c.remember(scopes)
	return nil
}

// source describes the directory as it is before its objects are read.
func (c *Connector) source(d domain, cols columns, taken time.Time) snapshot.Source {
	return snapshot.Source{Name: c.cfg.Name, Server: d.host, Domain: directory.DomainOfDN(d.naming), Naming: d.naming, InvocationID: d.invocation,
		HighestUSN: d.highestUSN, TakenAt: taken, Attributes: cols.asked, MissingAttrs: cols.missing}
}

func (s scope) describe(objects int) snapshot.Scope {
	out := snapshot.Scope{OU: s.dn, GUID: s.guid, Filter: s.Filter, ExcludedFromOtherEngine: s.ExcludedFromOtherEngine, Objects: objects}
	if !directory.EqualFold(s.dn, s.OU) {
		out.Configured = s.OU
	}
	return out
}

// remember keeps where the scopes were found, for Locate.
func (c *Connector) remember(scopes []scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = scopes
}

// reading is one attempt to read everything.
type reading struct {
	session  *session
	builder  *snapshot.Builder
	columns  columns
	progress func()
	flaws    []snapshot.Flaw
	current  object
	waiting  []*object // whose values did not all come with their page
}

// prepare decides which attributes to read.
func (r *reading) prepare(more []string, pageSize int) (err error) {
	if r.columns, err = ask(more); err != nil {
		return err
	}
	return r.session.readSchema(&r.columns, pageSize)
}

// scope reads the objects of one scope.
func (r *reading) scope(sc scope, pageSize int) error {
	op := "read scope " + sc.dn
	if err := r.session.admitted(sc, pageSize); err != nil {
		return err
	}
	seen := false
	q := ldapwire.Search{Base: sc.base(), Scope: ldapwire.Subtree, Filter: "(|" + guidFilter(sc.guid) + sc.objects() + ")",
		Attributes: r.columns.names, Controls: []ldapwire.Control{{OID: domainScopeOID, Critical: true}}}
	err := r.session.conn.Pages(q, pageSize, func(e *ldapwire.Entry) error {
		if err := r.current.take(e, &r.columns); err != nil {
			return err
		}
		if r.current.guid == sc.guid {
			seen = true
			return nil
		}
		return r.add()
	}, r.drain)
	if err == nil && !seen {
		err = &fault.Error{Kind: fault.Denied, Op: op, Err: errHidden}
	}
	return classify(op, err)
}

// What tells that a scope's objects are kept from the account although the server answers with success.
var (
	errHidden   = errors.New("the server does not show the OU in its own search; grant the account to list and read it")
	errUnlisted = errors.New("the account may not list what lies in it; grant it the right List Contents, or configure scopes without it")
)

// add hands the current object to the snapshot, or keeps it until the connection is free to read the rest of its values.
func (r *reading) add() error {
	if len(r.current.partial) > 0 {
		r.waiting = append(r.waiting, r.current.clone())
		return nil
	}
	return r.commit(&r.current)
}

func (r *reading) commit(o *object) error {
	if o.kind == 0 {
		return fmt.Errorf("%s: it is neither user nor contact nor group; its objectClass may not be readable", o.dn[0])
	}
	r.flaws = append(r.flaws, o.flaws...)
	return r.builder.Add(o.kind, o.guid, o.attrs)
}

// drain completes the objects of a page that came in part.
func (r *reading) drain() error {
	for _, o := range r.waiting {
		if err := r.complete(o); err != nil {
			return err
		}
		if err := r.commit(o); err != nil {
			return err
		}
	}
	r.waiting = r.waiting[:0]
	r.progress()
	return nil
}
