package directory

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Schema numbers the attributes that the objects of one snapshot hold and keeps the values that many of them share. It
// grows while a snapshot is built and is read-only, and safe for concurrent use, from then on.
type Schema struct {
	mu      sync.Mutex
	names   []string
	numbers map[string]int // by folded name, and by the name as it was first spelled, which spares folding it
	shares  []sharing      // by number; nil once sealed
	pool    []string       // shared values by number
	pooled  map[string]uint64
	text    arena
	record  []byte // scratch
	sealed  bool
}

// sharing is what is known about how often the values of an attribute repeat.
type sharing struct {
	always      bool // distinguished names: the same few name every object, its manager, and every group's members
	seen, fresh int  // values seen, and how many of them were new to the pool
}

// worthwhile says whether it pays to pool a further value that is not in the pool yet.
func (s sharing) worthwhile() bool { return s.always || s.fresh <= 1024 || s.fresh*4 <= s.seen }

// NewSchema returns an empty schema.
func NewSchema() *Schema {
	return &Schema{numbers: map[string]int{}, pooled: map[string]uint64{}}
}

// Names gives the attribute names by number. An attribute spelled in several ways has the spelling that sorts first, so
// that it does not depend on the order of objects. The slice belongs to the schema.
func (s *Schema) Names() []string { return s.names }

// Number gives the number of an attribute by its name in any case; ok is false when no object has it.
func (s *Schema) Number(name string) (n int, ok bool) {
	if n, ok = s.numbers[name]; ok {
		return n, true
	}
	n, ok = s.numbers[Fold(name)]
	return n, ok
}

// Seal ends building: the tables that only building needs are dropped.
func (s *Schema) Seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pooled, s.shares, s.record, s.sealed = nil, nil, nil, true
}

// declare returns the number of an attribute, giving it one if it is new.
func (s *Schema) declare(name string) int {
	if n, ok := s.Number(name); ok {
		if name < s.names[n] {
			s.names[n] = strings.Clone(name)
		}
		return n
	}
	name = strings.Clone(name)
	s.numbers[name], s.numbers[Fold(name)] = len(s.names), len(s.names)
	s.names = append(s.names, name)
	s.shares = append(s.shares, sharing{always: SyntaxOf(name) == DN})
	return len(s.names) - 1
}

// intern pools a value of an attribute whose values repeat. An attribute stops being pooled once most of its values turn
// out to be its own, so that the pool stays small beside the objects.
func (s *Schema) intern(attr int, v string) (uint64, bool) {
	share := &s.shares[attr]
	if len(v) < 4 || len(v) > 256 && !share.always {
		return 0, false
	}
	if n, ok := s.pooled[v]; ok {
		share.seen++
		return n, true
	}
	if !share.worthwhile() {
		return 0, false
	}
	share.seen++
	share.fresh++
	n := uint64(len(s.pool))
	kept := s.text.keep([]byte(v))
	s.pool = append(s.pool, kept)
	s.pooled[kept] = n
	return n, true
}

// Attribute is one attribute with its values, in the order in which the directory returned them; used to build objects.
type Attribute struct {
	Name   string
	Values []string
}

// numbered is an Attribute with its number in the schema.
type numbered struct {
	n      int
	values []string
}

// NewObject packs an object; the values are copied. Attributes without values are left out: to a directory, absent and
// empty are the same. An attribute named twice, or an object for a sealed schema, is a programming error reported as such.
func (s *Schema) NewObject(kind Kind, guid GUID, attrs []Attribute) (Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return Object{}, fmt.Errorf("object %s: the schema is sealed", guid)
	}
	list := make([]numbered, 0, len(attrs))
	for _, a := range attrs {
		if len(a.Values) > 0 {
			list = append(list, numbered{s.declare(a.Name), a.Values})
		}
	}
	slices.SortFunc(list, func(a, b numbered) int { return a.n - b.n })
	for i := 1; i < len(list); i++ {
		if list[i-1].n == list[i].n {
			return Object{}, fmt.Errorf("object %s: attribute %s stands twice", guid, s.names[list[i].n])
		}
	}
	s.record = s.pack(s.record[:0], list)
	return Object{Kind: kind, GUID: guid, schema: s, record: s.text.keep(s.record)}, nil
}

// pack appends attributes in the form that cursor reads: for each its number, the count of its values, and the values,
// where an odd head is the number of a pooled value and an even one the length of a value that follows.
func (s *Schema) pack(buf []byte, list []numbered) []byte {
	for _, a := range list {
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
	return buf
}

// arena keeps texts end to end in large blocks, which costs neither a size class nor the garbage collector's attention
// for each of them.
type arena struct{ block strings.Builder }

const arenaBlock = 64 << 10

// keep copies v into the arena. A text stays valid when more are added: a block never grows, a new one is begun.
func (a *arena) keep(v []byte) string {
	if a.block.Cap()-a.block.Len() < len(v) {
		a.block.Reset()
		a.block.Grow(max(arenaBlock, len(v)))
	}
	at := a.block.Len()
	a.block.Write(v)
	return a.block.String()[at:]
}
