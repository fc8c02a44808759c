package validate

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sort"

	"github.com/coexistsync/coexist/directory"
)

// space keeps values of different kinds apart in the index.
type space byte

const (
	byAddress  space = 'a'
	byNickname space = 'n'
	byAccount  space = 's' // within a domain
)

// index finds who holds a value that must be unique, in 16 bytes a value: values are filed by a hash, and compared with the
// objects that it leads to. The hash differs from run to run, so that nobody can prepare values that share one; what is
// found does not depend on it.
type index struct {
	seed  maphash.Seed
	rows  []row
	sets  map[uint64]set   // the sets looked up that have several members
	given map[uint64]int32 // values that fixes propose, by the object that they are proposed to
}

type row struct {
	hash   uint64
	object int32
}

// set is who holds one value.
type set struct {
	text    string
	holders []holder // by object; those of the first MaxOthers+1 objects
	objects int      // how many objects there are
}

// holder is one object holding a value in one attribute.
type holder struct {
	object    int32
	attribute string
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), sets: map[uint64]set{}, given: map[uint64]int32{}}
}

func (x *index) hash(s space, text string) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	h.WriteByte(byte(s))
	h.WriteString(text)
	return h.Sum64()
}

func (x *index) add(s space, text string, object int) {
	if text != "" {
		x.rows = append(x.rows, row{x.hash(s, text), int32(object)})
	}
}

// finish orders the index; nothing may be added afterwards.
func (x *index) finish() {
	slices.SortFunc(x.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.object, b.object))
	})
	x.rows = slices.Clip(slices.Compact(x.rows))
}

// objects gives the rows of a hash.
func (x *index) objects(h uint64) []row {
	from := sort.Search(len(x.rows), func(i int) bool { return x.rows[i].hash >= h })
	to := from
	for to < len(x.rows) && x.rows[to].hash == h {
		to++
	}
	return x.rows[from:to]
}

// keys yields the values of e that must be unique, each with its space and the attribute that it stands in. realm sets
// account names of several domains apart.
func (e *entry) keys(realm string, yield func(s space, attribute, text string)) {
	e.held(func(attribute, address string) { yield(byAddress, attribute, address) })
	if v := e.first(aNickname); v != "" {
		yield(byNickname, slotNames[aNickname], directory.Fold(v))
	}
	if v := e.first(aAccount); v != "" && e.object.Kind == directory.User {
		yield(byAccount, slotNames[aAccount], realm+"\x00"+directory.Fold(v))
	}
}

// holders finds everybody who holds a value, when they are several objects; none otherwise.
func (r *run) holders(s space, text string) set {
	if text == "" {
		return set{}
	}
	h := r.index.hash(s, text)
	if known, ok := r.index.sets[h]; ok && known.text == text {
		return known
	}
	rows := r.index.objects(h)
	for len(rows) > 0 && rows[0].object < 0 { // not synchronised
		rows = rows[1:]
	}
	if len(rows) < 2 {
		return set{}
	}
	out := set{text: text, objects: len(rows)}
	for _, at := range rows[:min(len(rows), MaxOthers+1)] {
		held := false
		r.other.load(int(at.object), r.object(int(at.object)))
		r.other.keys(r.realm(int(at.object)), func(k space, attribute, v string) {
			if k == s && v == text {
				held = true
				out.holders = append(out.holders, holder{at.object, attribute})
			}
		})
		if !held { // another value of the same hash
			out.objects--
		}
	}
	out.holders = slices.Compact(out.holders)
	r.index.sets[h] = out
	return out
}

// taken reports whether another object than i holds a value or is proposed it; if not, it is i's from now on.
func (x *index) taken(s space, text string, i int) bool {
	h := x.hash(s, text)
	for _, at := range x.objects(h) {
		if at.object != int32(i) && at.object != int32(-1-i) {
			return true
		}
	}
	if owner, ok := x.given[h]; ok && owner != int32(i) {
		return true
	}
	x.given[h] = int32(i)
	return false
}
