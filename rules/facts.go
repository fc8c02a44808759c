package rules

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// facts is what expressions see of one object: the environment and the attribute values behind it. For each object it is
// read anew, and then computed for the scopes and for the policy that was chosen. It allocates little: texts are the
// object's own, folded ones lie end to end in blocks.
type facts struct {
	layout     *layout
	schema     *directory.Schema
	bound      []int      // by the schema's attribute number: position in layout.reads plus one
	values     [][]string // by position in layout.reads
	prototype  reflect.Value
	cells      []cell // by slot
	boxed      any    // the environment; nil when cells have changed since
	stale      bool   // a decision was made since it was boxed
	lists      [][]string
	folding    folding
	unreadable []unreadable
	meter      meter
	input      Input
	members    []byte // the answers about groups, in the order asked
	digest     []byte
	anyGUID    bool
	anyDomain  bool
}

// cell points to a slot's field in the prototype of the environment; the pointer of its kind is set.
type cell struct {
	text    *string
	number  *int
	truth   *bool
	instant *time.Time
	list    *[]string
}

// unreadable is a slot whose attribute has a value that cannot be decoded, or lacks one that it must have.
type unreadable struct {
	slot int
	err  error
}

func newFacts(l *layout, environment reflect.Type, asOf time.Time) *facts {
	f := &facts{layout: l, values: make([][]string, len(l.reads)), lists: make([][]string, len(l.slots)), cells: make([]cell, len(l.slots))}
	f.prototype = reflect.New(environment).Elem()
	for i, s := range l.slots {
		switch p := f.prototype.Field(i).Addr().Interface().(type) {
		case *string:
			f.cells[i].text = p
		case *int:
			f.cells[i].number = p
		case *bool:
			f.cells[i].truth = p
		case *[]string:
			f.cells[i].list = p
		case *time.Time:
			f.cells[i].instant = p
			if s.op == opToday {
				y, m, d := asOf.In(s.zone).Date()
				*p = time.Date(y, m, d, 0, 0, 0, 0, s.zone)
			}
		case **meter:
			*p = &f.meter
		}
		f.anyGUID = f.anyGUID || s.op == opGUID
		f.anyDomain = f.anyDomain || s.op == opDomain
	}
	return f
}

// bind finds the attributes in a schema.
func (f *facts) bind(schema *directory.Schema) {
	f.schema, f.bound = schema, nil
	if schema == nil {
		return
	}
	f.bound = make([]int, len(schema.Names()))
	for i, name := range f.layout.reads {
		if n, ok := schema.Number(name); ok {
			f.bound[n] = i + 1
		}
	}
}

// read fills the environment for an object.
func (f *facts) read(in Input) {
	if s := in.Object.Schema(); s != f.schema || s != nil && len(s.Names()) != len(f.bound) {
		f.bind(s)
	}
	f.input, f.boxed, f.unreadable = in, nil, f.unreadable[:0]
	for i := range f.values {
		f.values[i] = f.values[i][:0]
	}
	for at, v := range in.Object.All() {
		if r := f.bound[at.Attribute]; r > 0 {
			f.values[r-1] = append(f.values[r-1], v)
		}
	}
	f.members = f.members[:0]
}

// compute fills slots. Those that others are computed from come before them.
func (f *facts) compute(slots []int) {
	for _, i := range slots {
		f.fill(i, &f.layout.slots[i])
	}
	f.boxed = nil
}

// environment gives the environment, boxed once by value: fields of such a struct are read without allocating.
func (f *facts) environment() any {
	if f.boxed == nil {
		f.boxed, f.stale = f.prototype.Interface(), false
	}
	return f.boxed
}

// fingerprint digests all that was read of the object.
func (f *facts) fingerprint() string {
	b := append(f.digest[:0], byte(f.input.Object.Kind))
	put := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if f.anyGUID {
		b = append(b, f.input.Object.GUID[:]...)
	}
	if f.anyDomain {
		put(f.input.Domain)
	}
	for _, values := range f.values {
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			put(v)
		}
	}
	b = append(b, f.members...)
	if len(f.input.Unreadable) > 0 {
		for _, name := range f.layout.reads {
			if f.input.unreadable(name) {
				put(name)
			}
		}
	}
	f.digest = b
	sum := sha256.Sum256(b)
	var out [32]byte
	hex.Encode(out[:], sum[:16])
	return string(out[:])
}

// folding folds texts into blocks that are never reused, so that a folded text stays valid however long it is kept.
type folding struct {
	block   strings.Builder
	scratch []byte
}

const foldingBlock = 16 << 10

func (b *folding) fold(s string) string {
	if isFolded(s) {
		return s
	}
	b.scratch = appendFold(b.scratch[:0], s)
	if b.block.Cap()-b.block.Len() < len(b.scratch) {
		b.block.Reset()
		b.block.Grow(max(foldingBlock, len(b.scratch)))
	}
	at := b.block.Len()
	b.block.Write(b.scratch)
	return b.block.String()[at:]
}

// isFolded reports whether s is in folded form for certain.
func isFolded(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' || c >= 0x80 {
			return false
		}
	}
	return true
}
