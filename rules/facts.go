package rules

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
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

// first gives the first value of a slot's attribute.
func (f *facts) first(s *slot) string {
	if v := f.values[s.read]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// fill sets a slot.
func (f *facts) fill(i int, s *slot) {
	c := &f.cells[i]
	switch s.op {
	case opText:
		*c.text = f.first(s)
	case opFold:
		*c.text = f.folding.fold(*f.cells[s.from].text)
	case opList:
		*c.list = f.values[s.read]
	case opFoldList:
		f.foldList(i, s)
	case opBinary:
		*c.text = binaryText(s.attr.ldap, f.first(s))
	case opInteger, opTruth, opInstant, opSID, opEnabled:
		if err := f.decode(c, s); err != nil {
			f.unreadable = append(f.unreadable, unreadable{i, fmt.Errorf("%s: %w", s.attr.ldap, err)})
		}
	case opClass:
		*c.text = f.input.Object.Kind.String()
	case opGUID:
		*c.text = f.input.Object.GUID.String()
	case opDomain:
		*c.text = f.input.Domain
	case opMember:
		*c.truth = f.member(f.input.InGroup, s.ref)
	case opDirect:
		*c.truth = f.member(f.input.DirectlyIn, s.ref)
	case opDecided:
		if c.text != nil {
			*c.text = ""
		} else {
			*c.list = nil
		}
	case opToday, opMeter:
	default:
		f.derive(c, s)
	}
}

// member asks for a membership and keeps the answer for the fingerprint.
func (f *facts) member(in func(int) bool, group int) bool {
	m := in != nil && in(group)
	if m {
		f.members = append(f.members, 1)
	} else {
		f.members = append(f.members, 0)
	}
	return m
}

// decode reads an attribute whose values can be malformed. Without a value the slot is zero.
func (f *facts) decode(c *cell, s *slot) (err error) {
	v := f.first(s)
	if v == "" && s.op != opEnabled {
		*c = c.zero()
		return nil
	}
	var n int64
	switch s.op {
	case opInteger:
		n, err = ldapvalue.Int(v)
		*c.number = int(n)
	case opTruth:
		*c.truth, err = ldapvalue.Bool(v)
	case opInstant:
		*c.instant, err = instantOf(v)
	case opSID:
		*c.text, err = ldapvalue.SID(v)
	case opEnabled:
		*c.truth, err = enabled(f.input.Object.Kind, v)
	}
	return err
}

// zero clears the cell's field.
func (c *cell) zero() cell {
	switch {
	case c.text != nil:
		*c.text = ""
	case c.number != nil:
		*c.number = 0
	case c.truth != nil:
		*c.truth = false
	case c.instant != nil:
		*c.instant = time.Time{}
	}
	return *c
}

// enabled says whether an account is enabled. Every user has userAccountControl: one that shows none is not disabled, it
// is not readable.
func enabled(kind directory.Kind, control string) (bool, error) {
	if control == "" {
		if kind == directory.User {
			return false, fmt.Errorf("the user shows none; may the connection read it?")
		}
		return false, nil
	}
	n, err := ldapvalue.Int(control)
	return n&2 == 0, err
}

// instantOf reads a generalized time or a file time; never is the zero time.
func instantOf(v string) (time.Time, error) {
	if strings.ContainsAny(v, ".Z") {
		return ldapvalue.Time(v)
	}
	t, ok, err := ldapvalue.FileTime(v)
	if !ok || err != nil {
		return time.Time{}, err
	}
	return t, nil
}

// binaryText shows a binary value: a GUID where it is one by name and length, else hexadecimal.
func binaryText(ldap, v string) string {
	if len(v) == 16 && strings.HasSuffix(directory.Fold(ldap), "guid") {
		if g, ok := directory.GUIDFromBytes([]byte(v)); ok {
			return g.String()
		}
	}
	return hex.EncodeToString([]byte(v))
}

func (f *facts) foldList(i int, s *slot) {
	out := f.lists[i][:0]
	for _, v := range *f.cells[s.from].list {
		out = append(out, f.folding.fold(v))
	}
	f.lists[i] = out
	*f.cells[i].list = out
}

// derive sets the slots that are worked out from other slots.
func (f *facts) derive(c *cell, s *slot) {
	from := cell{}
	if s.from >= 0 {
		from = f.cells[s.from]
	}
	switch s.op {
	case opHas:
		*c.truth = f.has(&f.layout.slots[s.from], from)
	case opPrimary:
		*c.text = primaryOf(*from.list, *f.cells[s.ref].text)
	case opRDN:
		dn := *from.text
		*c.text = strings.TrimSuffix(dn[:len(dn)-len(directory.ParentDN(dn))], ",")
	case opDomainOf:
		*c.text = f.folding.fold((*from.text)[strings.LastIndexByte(*from.text, '@')+1:])
		if strings.IndexByte(*from.text, '@') < 0 {
			*c.text = ""
		}
	case opLocalPart:
		*c.text = localPart(*from.text)
	case opInOU:
		*c.truth = directory.UnderDN(*from.text, s.arg)
	case opProxy:
		*c.truth = hasProxy(*from.list, s.arg)
	case opAnyBit:
		*c.truth = *from.number&s.ref != 0
	case opAllBits:
		*c.truth = *from.number&s.ref == s.ref
	case opInTable:
		_, *c.truth = s.table.row(*from.text)
	}
}

func (f *facts) has(s *slot, from cell) bool {
	switch s.op {
	case opClass:
		return true
	case opGUID:
		return !f.input.Object.GUID.IsZero()
	case opInstant:
		return !from.instant.IsZero()
	}
	if s.read < 0 {
		return *from.text != ""
	}
	return len(f.values[s.read]) > 0
}

// primaryOf gives the primary address without its prefix: the one marked SMTP:, else mail.
func primaryOf(proxies []string, mail string) string {
	for _, p := range proxies {
		if a, ok := strings.CutPrefix(p, "SMTP:"); ok {
			return a
		}
	}
	return mail
}

// hasProxy looks for an SMTP address, or any in a domain when want begins with @. All are folded.
func hasProxy(proxies []string, want string) bool {
	for _, p := range proxies {
		a, ok := strings.CutPrefix(p, "smtp:")
		if !ok && strings.IndexByte(p, ':') >= 0 {
			continue
		}
		if a == want || want[0] == '@' && strings.HasSuffix(a, want) {
			return true
		}
	}
	return false
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
