package ad

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

// object is an entry brought to the form of a snapshot. Its slices are reused for the next one.
type object struct {
	kind    directory.Kind
	guid    directory.GUID
	usn     string
	attrs   []directory.Attribute // the DN first
	partial []partial             // attributes that came in part
	flaws   []snapshot.Flaw
	dn      [1]string
}

// partial is an attribute of which the server sent the first values only.
type partial struct {
	attr int // in object.attrs
	next int // number of the first value that is still to come
}

// clone gives a copy that the next entry does not overwrite.
func (o *object) clone() *object {
	c := *o
	c.attrs = slices.Clone(o.attrs)
	for i := range c.attrs {
		c.attrs[i].Values = slices.Clone(c.attrs[i].Values)
	}
	c.partial, c.flaws = slices.Clone(o.partial), slices.Clone(o.flaws)
	return &c
}

// take brings an entry into o. Attributes that were not asked for are passed over.
func (o *object) take(e *ldapwire.Entry, c *columns) error {
	*o = object{attrs: o.attrs[:0], partial: o.partial[:0], flaws: o.flaws[:0], dn: [1]string{e.DN}}
	if e.DN == "" || !utf8.ValidString(e.DN) {
		return fmt.Errorf("an entry with the name %q", e.DN)
	}
	o.attrs = append(o.attrs, directory.Attribute{Name: directory.AttrDN, Values: o.dn[:]})
	for _, a := range e.Attributes {
		if err := o.takeAttribute(a, c); err != nil {
			return fmt.Errorf("%s: %w", e.DN, err)
		}
	}
	if o.guid.IsZero() {
		return fmt.Errorf("%s: its objectGUID may not be read", e.DN)
	}
	for i := range o.flaws {
		o.flaws[i].GUID = o.guid
	}
	return nil
}

// takeAttribute takes one attribute, or the first range of one.
func (o *object) takeAttribute(a directory.Attribute, c *columns) error {
	if len(a.Values) == 0 { // Active Directory sends member empty beside member;range=0-1499
		return nil
	}
	span, ranged, err := parseRange(a)
	if err != nil {
		return err
	}
	name, asked := c.spelling(span.name)
	if !asked {
		return nil
	}
	if ranged && span.from != 0 {
		return fmt.Errorf("attribute %s does not start with its first value", a.Name)
	}
	if slices.ContainsFunc(o.attrs, func(b directory.Attribute) bool { return b.Name == name }) {
		return fmt.Errorf("attribute %s stands twice", name)
	}
	if !c.binary[name] && !valid(a.Values) {
		o.flaws = append(o.flaws, snapshot.Flaw{DN: o.dn[0], Attribute: name, Problem: notUTF8})
		return nil
	}
	switch name {
	case directory.AttrObjectClass:
		o.kind = kindOf(a.Values)
	case directory.AttrUSNChanged:
		o.usn = a.Values[0]
	case directory.AttrObjectGUID:
		guid, ok := directory.GUIDFromBytes([]byte(a.Values[0]))
		if !ok {
			return errors.New("its objectGUID is not a GUID")
		}
		o.guid = guid
	}
	if ranged && !span.last {
		o.partial = append(o.partial, partial{len(o.attrs), len(a.Values)})
	}
	o.attrs = append(o.attrs, directory.Attribute{Name: name, Values: a.Values})
	return nil
}

// spelling gives an attribute's name as the schema spells it; asked is false for one that was not asked for.
func (c *columns) spelling(name string) (spelled string, asked bool) {
	if _, ok := c.binary[name]; ok {
		return name, true
	}
	for _, n := range c.names {
		if directory.EqualFold(n, name) {
			return n, true
		}
	}
	return "", false
}

const notUTF8 = "a value is not valid UTF-8"

func valid(values []string) bool {
	for _, v := range values {
		if !utf8.ValidString(v) {
			return false
		}
	}
	return true
}

// kindOf gives the kind by objectClass, 0 for a computer or anything else that is not read.
func kindOf(classes []string) directory.Kind {
	var kind directory.Kind
	for _, c := range classes {
		switch directory.Fold(c) {
		case "computer":
			return 0
		case "user", "inetorgperson":
			kind = directory.User
		case "contact":
			kind = directory.Contact
		case "group":
			kind = directory.Group
		}
	}
	return kind
}

// span is the part of an attribute's values that an answer holds.
type span struct {
	name string
	from int
	last bool // no values follow
}

var rangeOption = regexp.MustCompile(`(?i)^([a-z][a-z0-9-]*);range=(\d{1,9})-(\d{1,9}|\*)$`)

// parseRange reads the range option of an attribute, [MS-ADTS] 3.1.1.3.1.3.3. A range that does not hold as many values as
// it says is an error.
func parseRange(a directory.Attribute) (s span, ranged bool, err error) {
	if strings.IndexByte(a.Name, ';') < 0 {
		return span{name: a.Name, last: true}, false, nil
	}
	m := rangeOption.FindStringSubmatch(a.Name)
	if m == nil {
		return s, false, fmt.Errorf("attribute option in %q is not known", a.Name)
	}
	s = span{name: m[1], last: m[3] == "*"}
	s.from, _ = strconv.Atoi(m[2])
	if to, _ := strconv.Atoi(m[3]); !s.last && to-s.from+1 != len(a.Values) {
		return s, true, fmt.Errorf("attribute %s holds %d values", a.Name, len(a.Values))
	}
	return s, true, nil
}
