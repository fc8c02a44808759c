package snapshot

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

var seed = maphash.MakeSeed()

// index builds the look-ups. The DN index holds hashes, not strings: a DN is checked against the object it finds.
func (s *Snapshot) index() {
	s.byGUID = make(map[directory.GUID]int32, len(s.objects))
	s.byDN = make(map[uint64][]int32, len(s.objects))
	s.byName, s.bySID = map[string][]int32{}, map[string]int32{}
	s.primary, s.members = map[string][]int32{}, map[int32][]int32{}
	for i, o := range s.objects {
		s.byGUID[o.GUID] = int32(i)
		h := dnHash(o.DN())
		s.byDN[h] = append(s.byDN[h], int32(i))
		if o.Kind == directory.Group {
			s.nameGroup(int32(i), o)
			continue
		}
		if rid := o.First(directory.AttrPrimaryGroupID); rid != "" {
			if sid, err := ldapvalue.SID(o.First(directory.AttrObjectSID)); err == nil {
				if k := strings.LastIndexByte(sid, '-'); k > 0 {
					p := sid[:k+1] + rid
					s.primary[p] = append(s.primary[p], int32(i))
				}
			}
		}
	}
	for i, o := range s.objects {
		if o.Kind == directory.Group {
			s.members[int32(i)] = s.resolve(o)
		}
	}
}

func dnHash(dn string) uint64 { return maphash.String(seed, directory.Fold(dn)) }

// nameGroup files a group under its sAMAccountName, its cn and its SID.
func (s *Snapshot) nameGroup(i int32, o directory.Object) {
	names := []string{directory.Fold(o.First(directory.AttrSAMAccountName)), directory.Fold(o.First(directory.AttrCN))}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if n != "" {
			s.byName[n] = append(s.byName[n], i)
		}
	}
	if sid, err := ldapvalue.SID(o.First(directory.AttrObjectSID)); err == nil {
		s.bySID[directory.Fold(sid)] = i
	}
}

// resolve gives the direct members of a group that lie in the snapshot, including those that have it as their primary
// group, which Active Directory leaves out of member.
func (s *Snapshot) resolve(o directory.Object) []int32 {
	var out []int32
	for _, dn := range o.Values(directory.AttrMember) {
		if i, ok := s.ByDN(dn); ok {
			out = append(out, int32(i))
		}
	}
	if sid, err := ldapvalue.SID(o.First(directory.AttrObjectSID)); err == nil {
		out = append(out, s.primary[sid]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ByDN gives the index of the object with the distinguished name, compared as the directory compares it.
func (s *Snapshot) ByDN(dn string) (int, bool) {
	for _, i := range s.byDN[dnHash(dn)] {
		if directory.EqualFold(s.objects[i].DN(), dn) {
			return int(i), true
		}
	}
	return 0, false
}

// GroupNamed finds groups by sAMAccountName, cn, distinguished name or SID. More than one index means that the name is
// ambiguous, which callers must report and never resolve.
func (s *Snapshot) GroupNamed(name string) []int {
	f := directory.Fold(name)
	if i, ok := s.bySID[f]; ok {
		return []int{int(i)}
	}
	if strings.ContainsRune(name, '=') {
		if i, ok := s.ByDN(name); ok && s.objects[i].Kind == directory.Group {
			return []int{i}
		}
	}
	var out []int
	for _, i := range s.byName[f] {
		out = append(out, int(i))
	}
	return out
}

// Members gives the direct members of the group at index i that lie in the snapshot, ascending. The slice belongs to the
// snapshot.
func (s *Snapshot) Members(i int) []int32 { return s.members[int32(i)] }

// Set is a set of object indexes.
type Set []uint64

// Has reports whether the object at index i is in the set.
func (m Set) Has(i int) bool { return i>>6 < len(m) && m[i>>6]&(1<<(uint(i)&63)) != 0 }

func (m Set) add(i int32) { m[i>>6] |= 1 << (uint(i) & 63) }

// MembersOf gives all members of the group at index i, however deeply nested, without the group itself unless a cycle
// leads back to it.
func (s *Snapshot) MembersOf(i int) Set {
	out := make(Set, (len(s.objects)+63)/64)
	stack := []int32{int32(i)}
	for len(stack) > 0 {
		g := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, m := range s.members[g] {
			if out.Has(int(m)) {
				continue
			}
			out.add(m)
			if s.objects[m].Kind == directory.Group {
				stack = append(stack, m)
			}
		}
	}
	return out
}
