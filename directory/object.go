package directory

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Schema numbers the attributes that the objects of one snapshot hold and keeps the values that many of them share. It
// grows while a snapshot is built and is read-only, and safe for concurrent use, from then on.
type Schema struct {
	mu      sync.Mutex
	names   []string
	numbers map[string]int // folded name -> number
	pool    []string       // shared values by number
	pooled  map[string]uint64
	seen    []int // values seen per attribute
	fresh   []int // of those, how many were new to the pool
	sealed  bool
}

// NewSchema returns an empty schema.
func NewSchema() *Schema {
	return &Schema{numbers: map[string]int{}, pooled: map[string]uint64{}}
}

// Names gives the attribute names by number, as they were first spelled. The slice belongs to the schema.
func (s *Schema) Names() []string { return s.names }

// Number gives the number of an attribute by its name in any case; ok is false when no object has it.
func (s *Schema) Number(name string) (n int, ok bool) {
	n, ok = s.numbers[Fold(name)]
	return n, ok
}

// Seal ends building: the tables that only building needs are dropped.
func (s *Schema) Seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pooled, s.seen, s.fresh, s.sealed = nil, nil, nil, true
}

// declare returns the number of an attribute, giving it one if it is new.
func (s *Schema) declare(name string) int {
	f := Fold(name)
	if n, ok := s.numbers[f]; ok {
		return n
	}
	s.numbers[f] = len(s.names)
	s.names = append(s.names, name)
	s.seen, s.fresh = append(s.seen, 0), append(s.fresh, 0)
	return len(s.names) - 1
}

// intern pools a value of an attribute whose values repeat. An attribute stops being pooled once most of its values turn
// out to be its own, so that the pool stays small beside the objects.
func (s *Schema) intern(attr int, v string) (uint64, bool) {
	if len(v) < 4 || len(v) > 256 {
		return 0, false
	}
	if n, ok := s.pooled[v]; ok {
		s.seen[attr]++
		return n, true
	}
	if s.fresh[attr] > 1024 && s.fresh[attr]*4 > s.seen[attr] {
		return 0, false
	}
	s.seen[attr]++
	s.fresh[attr]++
	n := uint64(len(s.pool))
	s.pool = append(s.pool, v)
	s.pooled[v] = n
	return n, true
}

// Object is one entry of a connected directory: a small value whose attributes lie packed in one string. Values are
// shared, never copied; treat what the methods return as read-only. The zero Object has no attributes.
type Object struct {
	Kind   Kind
	GUID   GUID
	schema *Schema
	record string
}

// Attribute is one attribute with its values, sorted as the directory returned them; used to build objects.
type Attribute struct {
	Name   string
	Values []string
}

// NewObject packs an object. Attributes without values are left out: to a directory, absent and empty are the same. An
// attribute named twice, or objects built on a sealed schema, are programming errors reported as such.
func (s *Schema) NewObject(kind Kind, guid GUID, attrs []Attribute) (Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return Object{}, fmt.Errorf("object %s: the schema is sealed", guid)
	}
	type numbered struct {
		n      int
		values []string
	}
	list := make([]numbered, 0, len(attrs))
	for _, a := range attrs {
		if len(a.Values) > 0 {
			list = append(list, numbered{s.declare(a.Name), a.Values})
		}
	}
	slices.SortFunc(list, func(a, b numbered) int { return a.n - b.n })
	buf := make([]byte, 0, 512)
	for i, a := range list {
		if i > 0 && list[i-1].n == a.n {
			return Object{}, fmt.Errorf("object %s: attribute %s stands twice", guid, s.names[a.n])
		}
		buf = binary.AppendUvarint(buf, uint64(a.n))
		buf = binary.AppendUvarint(buf, uint64(len(a.values)))
		for _, v := range a.values {
			if n, ok := s.intern(a.n, v); ok {
				buf = binary.AppendUvarint(buf, n<<1|1)
				continue
			}
			buf = binary.AppendUvarint(buf, uint64(len(v))<<1)
			buf = append(buf, v...)
		}
	}
	return Object{Kind: kind, GUID: guid, schema: s, record: string(buf)}, nil
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
