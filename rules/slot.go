package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// operation says how a slot's value is found for an object. The operations up to opHas decode attributes; the later ones
// work on what those found.
type operation uint8

const (
	opText operation = iota
	opFold
	opList
	opFoldList
	opInteger
	opTruth
	opInstant
	opBinary
	opEnabled
	opSID
	opClass
	opGUID
	opDomain
	opHas
	opPrimary   // primarySMTP()
	opRDN       // rdn()
	opDomainOf  // of the slot from
	opLocalPart // of the slot from
	opInOU      // arg is the folded DN, from the folded dn
	opMember    // ref is the group
	opDirect    // ref is the group
	opProxy     // arg is a folded address or @domain, from the folded proxyAddresses
	opAnyBit    // ref is the mask, from the integer
	opAllBits   // ref is the mask, from the integer
	opInTable   // table, from the folded key
	opToday     // zone
	opDecided   // set once the decision is made
	opWas       // arg is the decision, from the priors
	opMeter     // the step counter of loops
)

// slot is one field of the environment in which expressions run: an attribute, or something that is computed once for an
// object so that expressions need no call.
type slot struct {
	name  string // the key in its layout and the identifier in syntax trees, where it cannot be mistaken for a name in a policy
	kind  reflect.Type
	op    operation
	read  int // position in layout.reads, -1 for none
	from  int // the slot it is computed from, -1 for none
	arg   string
	ref   int
	table *table
	zone  *time.Location
	attr  attribute
}

// layout collects the slots and the LDAP attributes that the expressions of a set mention.
type layout struct {
	slots  []slot
	byKey  map[string]int
	reads  []string // LDAP names, in the order of first mention
	groups []string // as first spelled
}

func newLayout() *layout {
	l := &layout{byKey: map[string]int{}}
	l.put("steps taken", slot{kind: reflect.TypeFor[*meter](), op: opMeter})
	return l
}

// meterSlot is the position of the step counter, the first slot of every layout.
const meterSlot = 0

// put gives the slot of a key, making it when it is new.
func (l *layout) put(key string, s slot) int {
	if i, ok := l.byKey[key]; ok {
		return i
	}
	s.name = key
	l.byKey[key] = len(l.slots)
	l.slots = append(l.slots, s)
	return len(l.slots) - 1
}

func (l *layout) readOf(ldap string) int {
	for i, r := range l.reads {
		if directory.EqualFold(r, ldap) {
			return i
		}
	}
	l.reads = append(l.reads, ldap)
	return len(l.reads) - 1
}

var (
	stringType = reflect.TypeFor[string]()
	intType    = reflect.TypeFor[int]()
	boolType   = reflect.TypeFor[bool]()
	timeType   = reflect.TypeFor[time.Time]()
	listType   = reflect.TypeFor[[]string]()
)

// attributeOps gives how an attribute's own slot is filled.
var attributeOps = map[kind]struct {
	op  operation
	typ reflect.Type
}{textKind: {opText, stringType}, integerKind: {opInteger, intType}, truthKind: {opTruth, boolType},
	instantKind: {opInstant, timeType}, listKind: {opList, listType}, binaryKind: {opBinary, stringType}}

// attribute gives the slot that holds an attribute as the directory spelled it.
func (l *layout) attribute(a attribute) int {
	s := slot{op: attributeOps[a.kind].op, kind: attributeOps[a.kind].typ, read: -1, from: -1, attr: a}
	switch {
	case a.name == "class":
		s.op = opClass
	case a.name == "guid":
		s.op = opGUID
	case a.name == "domain":
		s.op = opDomain
	case a.origin == fromLogic && a.kind == truthKind:
		s.op = opEnabled
	case a.origin == fromLogic:
		s.op = opSID
	}
	if a.ldap != "" {
		s.read = l.readOf(a.ldap)
	}
	return l.put(a.key(), s)
}

// folded gives the slot that holds slot i's text or list in the form in which texts are compared; ok is false for slots
// that hold neither.
func (l *layout) folded(i int) (int, bool) {
	s := l.slots[i]
	switch s.op {
	case opClass, opDomainOf, opGUID, opBinary: // lower case by nature
		return i, true
	case opText, opSID, opDomain, opPrimary, opRDN, opLocalPart:
		return l.put("folded "+s.name, slot{kind: stringType, op: opFold, read: -1, from: i, attr: s.attr}), true
	case opList:
		return l.put("folded "+s.name, slot{kind: listType, op: opFoldList, read: -1, from: i, attr: s.attr}), true
	}
	return 0, false
}

// group gives the position of a group in the set's list of groups.
func (l *layout) group(name string) int {
	i := slices.IndexFunc(l.groups, func(g string) bool { return directory.EqualFold(g, name) })
	if i < 0 {
		l.groups = append(l.groups, name)
		i = len(l.groups) - 1
	}
	return i
}

// attributes gives the LDAP names that are read, sorted.
func (l *layout) attributes() []string {
	names := slices.Clone(l.reads)
	slices.Sort(names)
	return names
}

// environment gives the struct type that expressions are compiled against and run with: one field for each slot. Fields
// are read from a struct held by value in an interface without allocating; a pointer or a map would allocate at each read.
func (l *layout) environment() reflect.Type {
	fields := make([]reflect.StructField, len(l.slots))
	for i, s := range l.slots {
		fields[i] = reflect.StructField{
			Name: "F" + strconv.Itoa(i),
			Type: s.kind,
			Tag:  reflect.StructTag(fmt.Sprintf("expr:%q", s.name)),
		}
	}
	return reflect.StructOf(fields)
}
