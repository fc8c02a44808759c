package ldapwire

import (
	"fmt"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
)

// Search is a search request. Aliases are never dereferenced; size and time are left to the server.
type Search struct {
	Base       string
	Scope      Scope
	Filter     string // RFC 4515
	Attributes []string
	Controls   []Control
}

// Scope is how far below its base a search reaches.
type Scope int

// The scopes, as RFC 4511 numbers them.
const (
	Base Scope = iota
	OneLevel
	Subtree
)

// Entry is one entry of a search result. The entry and its slices are valid until the next one is read; its strings, which
// all lie in one allocation, for as long as they are kept.
type Entry struct {
	DN         string
	Attributes []directory.Attribute // as the server named them, options such as ;range=0-1499 included
	values     []string
}

// Search yields the entries of a result and gives its final message. A result that is not success is a *ResultError, a
// reference to another server a *ReferenceError: both mean that the entries seen are not all. An error of yield ends the
// search and leaves the connection unusable.
func (c *Conn) Search(q Search, yield func(*Entry) error) (Result, error) {
	op, err := q.packet()
	if err != nil {
		return Result{}, err
	}
	if err := c.send(op, q.Controls); err != nil {
		return Result{}, err
	}
	var entry Entry
	for {
		tag, body, rest, err := c.receive()
		if err != nil {
			return Result{}, err
		}
		switch tag {
		case tagSearchEntry:
			if err = entry.decode(body); err == nil {
				err = yield(&entry)
			}
		case tagSearchReference:
			err = reference(body)
		case tagSearchDone:
			return c.done(body, rest)
		default:
			err = fmt.Errorf("%w: tag %#x in a search result", ErrMalformed, tag)
		}
		if err != nil {
			c.broken = true
			return Result{}, err
		}
	}
}

// done decodes the final message of a search.
func (c *Conn) done(body string, rest elements) (Result, error) {
	e := elements{rest: body}
	r := decodeResult(&e)
	r.Controls = decodeControls(&rest)
	if e.bad || rest.bad {
		c.broken = true
		return Result{}, ErrMalformed
	}
	if r.Code != ldap.LDAPResultSuccess {
		return r, &ResultError{r}
	}
	return r, nil
}

func reference(body string) error {
	e := elements{rest: body}
	var urls []string
	for e.more() {
		urls = append(urls, e.take(tagOctets))
	}
	if e.bad {
		return ErrMalformed
	}
	return &ReferenceError{urls}
}

// decode reads a SearchResultEntry into e, reusing its slices.
func (e *Entry) decode(body string) error {
	entry := elements{rest: body}
	e.DN = entry.take(tagOctets)
	e.Attributes, e.values = e.Attributes[:0], e.values[:0]
	list := elements{rest: entry.take(tagSequence)}
	for list.more() {
		pair := elements{rest: list.take(tagSequence)}
		name := pair.take(tagOctets)
		set := elements{rest: pair.take(tagSet)}
		from := len(e.values)
		for set.more() {
			e.values = append(e.values, set.take(tagOctets))
		}
		if pair.bad || set.bad {
			return ErrMalformed
		}
		e.Attributes = append(e.Attributes, directory.Attribute{Name: name, Values: e.values[from:len(e.values):len(e.values)]})
	}
	if entry.bad || list.bad {
		return ErrMalformed
	}
	return nil
}

func (q Search) packet() (*ber.Packet, error) {
	filter, err := ldap.CompileFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	op.AppendChild(octets(q.Base))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(q.Scope), ""))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, ldap.NeverDerefAliases, ""))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	op.AppendChild(filter)
	names := ber.NewSequence("")
	for _, a := range q.Attributes {
		names.AppendChild(octets(a))
	}
	op.AppendChild(names)
	return op, nil
}
