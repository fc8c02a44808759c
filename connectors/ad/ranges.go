package ad

import (
	"errors"
	"fmt"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/snapshot"
)

// errChanged says that an object changed while its values were read range by range. Their order is the server's and may
// have changed too, so that the ranges do not fit together.
var errChanged = errors.New("it changed while it was read; try again when it is quiet")

// rereads is how often an object that changes while it is read is read from its first value again.
const rereads = 5

// complete reads the values that are still to come of an object. The object is read anew when it changes meanwhile.
func (r *reading) complete(o *object) error {
	op := "read all values of " + o.dn[0]
	for range rereads {
		err := r.finish(o)
		if !errors.Is(err, errChanged) {
			return classify(op, err)
		}
		if err := r.again(o); err != nil {
			return classify(op, err)
		}
		if len(o.partial) == 0 {
			return nil
		}
	}
	return &fault.Error{Kind: fault.Transient, Op: op, Err: errChanged}
}

// again reads an object from its first values.
func (r *reading) again(o *object) error {
	found := false
	q := ldapwire.Search{Base: scope{guid: o.guid}.base(), Filter: "(objectClass=*)", Attributes: r.columns.names}
	_, err := r.session.conn.Search(q, func(e *ldapwire.Entry) error {
		found = true
		if err := o.take(e, &r.columns); err != nil {
			return err
		}
		*o = *o.clone()
		return nil
	})
	if absent(err) || err == nil && !found {
		return &fault.Error{Kind: fault.Transient, Op: "read " + o.dn[0], Err: errChanged}
	}
	return err
}

// finish reads range after range of each attribute that came in part.
func (r *reading) finish(o *object) error {
	for _, p := range o.partial {
		a := &o.attrs[p.attr]
		for next, last := p.next, false; !last; {
			values, end, err := r.values(o, a.Name, next)
			if err != nil {
				return err
			}
			a.Values = append(a.Values, values...)
			next, last = next+len(values), end
		}
		if !r.columns.binary[a.Name] && !valid(a.Values) {
			o.flaws = append(o.flaws, snapshot.Flaw{GUID: o.guid, DN: o.dn[0], Attribute: a.Name, Problem: notUTF8})
			a.Values = nil
		}
	}
	return nil
}

// values reads the values of an attribute from the number from on; last says that none follow.
func (r *reading) values(o *object, attribute string, from int) (values []string, last bool, err error) {
	ask := fmt.Sprintf("%s;range=%d-*", attribute, from)
	entry, _, ok, err := r.session.object(scope{guid: o.guid}.base(), ask, directory.AttrUSNChanged)
	if err != nil {
		return nil, false, err
	}
	usn := entry[directory.Fold(directory.AttrUSNChanged)]
	if !ok || len(usn) != 1 || usn[0] != o.usn {
		return nil, false, errChanged
	}
	for name, values := range entry {
		s, ranged, err := parseRange(directory.Attribute{Name: name, Values: values})
		if err != nil {
			return nil, false, err
		}
		if ranged && directory.EqualFold(s.name, attribute) && s.from == from && len(values) > 0 {
			return values, s.last, nil
		}
	}
	return nil, false, fmt.Errorf("the server said that more values of %s follow, and sends none from number %d on", attribute, from)
}
