package directory

import "iter"

// Object is one entry of a connected directory: a small value whose attributes lie packed in one string. Values are
// shared, never copied; treat what the methods return as read-only. The zero Object has no attributes.
type Object struct {
	Kind   Kind
	GUID   GUID
	schema *Schema
	record string
}

// cursor walks a packed record.
type cursor struct {
	schema *Schema
	rest   string
}

func (c *cursor) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(c.rest); i++ {
		b := c.rest[i]
		v |= uint64(b&0x7f) << (7 * uint(i))
		if b < 0x80 {
			c.rest = c.rest[i+1:]
			return v
		}
	}
	c.rest = ""
	return 0
}

func (c *cursor) value() string {
	h := c.uvarint()
	if h&1 == 1 {
		return c.schema.pool[h>>1]
	}
	v := c.rest[:h>>1]
	c.rest = c.rest[h>>1:]
	return v
}

// find positions a cursor at the values of attribute n and gives their count, 0 when the object lacks it.
func (o Object) find(n int) (cursor, int) {
	c := cursor{o.schema, o.record}
	for len(c.rest) > 0 {
		attr, count := int(c.uvarint()), int(c.uvarint())
		if attr == n {
			return c, count
		}
		if attr > n {
			break
		}
		for range count {
			c.value()
		}
	}
	return c, 0
}

// Schema gives the schema that numbers this object's attributes; nil for the zero Object.
func (o Object) Schema() *Schema { return o.schema }

// First gives the first value of an attribute by its LDAP name, "" when the object lacks it.
func (o Object) First(name string) string {
	if o.schema == nil {
		return ""
	}
	n, ok := o.schema.Number(name)
	if !ok {
		return ""
	}
	return o.FirstAt(n)
}

// FirstAt is First for an attribute's number in o.Schema.
func (o Object) FirstAt(n int) string {
	c, count := o.find(n)
	if count == 0 {
		return ""
	}
	return c.value()
}

// Values gives all values of an attribute by its LDAP name, nil when the object lacks it. The slice is the caller's.
func (o Object) Values(name string) []string {
	if o.schema == nil {
		return nil
	}
	n, ok := o.schema.Number(name)
	if !ok {
		return nil
	}
	c, count := o.find(n)
	if count == 0 {
		return nil
	}
	out := make([]string, count)
	for i := range out {
		out[i] = c.value()
	}
	return out
}

// Has reports whether the object has a value of the attribute.
func (o Object) Has(name string) bool {
	if o.schema == nil {
		return false
	}
	n, ok := o.schema.Number(name)
	if !ok {
		return false
	}
	_, count := o.find(n)
	return count > 0
}

// All yields every value with its attribute's number and its position among the attribute's count values, attributes in
// order of their numbers. It allocates nothing.
func (o Object) All() iter.Seq2[ValueAt, string] {
	return func(yield func(ValueAt, string) bool) {
		c := cursor{o.schema, o.record}
		for len(c.rest) > 0 {
			attr, count := int(c.uvarint()), int(c.uvarint())
			for i := range count {
				if !yield(ValueAt{attr, i, count}, c.value()) {
					return
				}
			}
		}
	}
}

// ValueAt says where a value stands in its object: its attribute's number, its index, and how many values there are.
type ValueAt struct{ Attribute, Index, Count int }

// DN gives the distinguished name as the server spelled it.
func (o Object) DN() string { return o.First(AttrDN) }

// Anchor gives the object's source anchor; see AnchorOf.
func (o Object) Anchor() (Anchor, error) {
	return AnchorOf(o.Kind, o.GUID, o.First(AttrConsistencyGUID))
}

// Bytes gives what the packed attributes occupy, for measurements.
func (o Object) Bytes() int { return len(o.record) }
