package ldapscript

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
)

// query is a search request.
type query struct {
	base    string // folded
	scope   int64
	match   match
	names   []string
	paged   bool
	size    int
	cookie  string
	deleted bool // show deleted objects
}

func parse(op, message *ber.Packet) (q query, err error) {
	if len(op.Children) != 8 {
		return q, fmt.Errorf("a search request of %d parts", len(op.Children))
	}
	q.base = directory.Fold(op.Children[0].Data.String())
	q.scope, _ = op.Children[1].Value.(int64)
	if q.match, err = compile(op.Children[6]); err != nil {
		return q, err
	}
	for _, name := range op.Children[7].Children {
		q.names = append(q.names, name.Data.String())
	}
	if len(message.Children) < 3 {
		return q, nil
	}
	for _, child := range message.Children[2].Children {
		c, err := ldap.DecodeControl(child)
		if err != nil {
			return q, err
		}
		switch c := c.(type) {
		case *ldap.ControlPaging:
			q.paged, q.size, q.cookie = true, int(c.PagingSize), string(c.Cookie)
		case *ldap.ControlMicrosoftShowDeleted:
			q.deleted = true
		}
	}
	return q, nil
}

// op tells what the search is for.
func (q query) op() Op {
	switch {
	case q.paged && strings.HasPrefix(q.base, "cn=schema,"):
		return Schema
	case q.paged && slices.Contains(q.names, "nTSecurityDescriptor"):
		return Access
	case q.paged:
		return Page
	case len(q.names) > 0 && strings.Contains(q.names[0], ";range="):
		return Range
	}
	return Read
}

func (c *conn) search(id int, op, message *ber.Packet) error {
	q, err := parse(op, message)
	if err != nil {
		return c.send(id, result{code: ldap.LDAPResultProtocolError, message: err.Error()}.encode(ldap.ApplicationSearchResultDone), nil)
	}
	if !c.bound && q.base != "" {
		r := result{code: ldap.LDAPResultOperationsError, message: "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this " +
			"operation a successful bind must be completed on the connection., data 0, v4563"}
		return c.send(id, r.encode(ldap.ApplicationSearchResultDone), nil)
	}
	f, faulty := c.server.fault(q.op())
	found, ok := c.find(q)
	if !ok {
		r := result{code: ldap.LDAPResultNoSuchObject, message: "0000208D: NameErr: DSID-03100245, problem 2001 (NO_OBJECT), data 0"}
		return c.send(id, r.encode(ldap.ApplicationSearchResultDone), nil)
	}
	return c.reply(id, q, found, f, faulty)
}

// find gives what a search finds; ok is false when its base does not exist.
func (c *conn) find(q query) (found []*object, ok bool) {
	if q.cookie != "" {
		found, ok = c.results[q.cookie]
		delete(c.results, q.cookie)
		return found, ok
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if q.base == "" {
		return []*object{c.server.domain.rootDSE()}, true
	}
	where := c.server.objects
	base, meant := q.base, named(q.base)
	if strings.HasPrefix(q.base, "cn=schema,") {
		where, ok = c.server.schema, true
	}
	for _, o := range where {
		if meant(o) && (q.deleted || !o.gone()) {
			base, ok = o.folded, true
		}
	}
	for _, o := range where {
		inside := o.folded == base || q.scope != ldap.ScopeBaseObject && o.under(base)
		if inside && (q.deleted || !o.gone()) && q.match(o) {
			found = append(found, o)
		}
	}
	return found, ok
}

func (o *object) gone() bool { return len(o.values["isdeleted"]) > 0 }

// reply sends a page of what was found, or all of it, as the fault says.
func (c *conn) reply(id int, q query, found []*object, f Fault, faulty bool) error {
	page, rest := found, []*object(nil)
	if q.paged && len(found) > q.size {
		page, rest = found[:q.size], found[q.size:]
	}
	if f.Empty {
		page, rest = nil, nil
	}
	strikes := faulty && (f.Cut || f.Stall || f.Code != 0)
	for i, o := range page {
		if strikes && i == f.After {
			break
		}
		if err := c.send(id, c.server.entry(o, q.names), nil); err != nil {
			return err
		}
	}
	if f.Reference != "" {
		if err := c.send(id, reference(f.Reference), nil); err != nil {
			return err
		}
	}
	if strikes {
		return c.fail(id, ldap.ApplicationSearchResultDone, f)
	}
	var controls []byte
	if q.paged && !f.NoPaging {
		controls = pagingControl(c.keep(rest))
	}
	return c.send(id, result{}.encode(ldap.ApplicationSearchResultDone), controls)
}

// keep remembers what is left of a search and gives the cookie for it, "" when nothing is.
func (c *conn) keep(rest []*object) string {
	if len(rest) == 0 {
		return ""
	}
	cookie := "page" + strconv.Itoa(len(rest))
	c.results[cookie] = rest
	return cookie
}

// attribute gives an attribute as Active Directory returns it: one with more values than come at once is empty under its
// name, and its first values stand under their range.
func (d Domain) attribute(o *object, asked string) (names []string, values [][]string) {
	name, option, ranged := strings.Cut(asked, ";range=")
	all, ok := o.values[directory.Fold(name)]
	if !ok {
		return nil, nil
	}
	spelled, most, from := o.names[directory.Fold(name)], d.MaxValues, 0
	if most == 0 {
		most = 1500
	}
	if ranged {
		start, _, _ := strings.Cut(option, "-")
		from, _ = strconv.Atoi(start)
	} else if len(all) <= most {
		return []string{spelled}, [][]string{all}
	} else {
		names, values = append(names, spelled), append(values, nil)
	}
	if from >= len(all) {
		return nil, nil
	}
	end, mark := min(from+most, len(all)), "*"
	if end < len(all) {
		mark = strconv.Itoa(end - 1)
	}
	return append(names, fmt.Sprintf("%s;range=%d-%s", spelled, from, mark)), append(values, all[from:end])
}
