package snapshot

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// seed is shared by all snapshots; nothing that depends on it leaves the process.
var seed = maphash.MakeSeed()

// dnHash gives the same hash for names that the directory takes as equal. Names of ASCII, nearly all, are folded without
// allocating.
func dnHash(dn string) uint64 {
	var folded [512]byte
	if len(dn) > len(folded) {
		return maphash.String(seed, directory.Fold(dn))
	}
	for i := 0; i < len(dn); i++ {
		c := dn[i]
		switch {
		case c >= utf8.RuneSelf:
			return maphash.String(seed, directory.Fold(dn))
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	return maphash.Bytes(seed, folded[:len(dn)])
}

// index builds the look-ups.
func (s *Snapshot) index() {
	s.byGUID = make(map[directory.GUID]int32, len(s.objects))
	s.byDN, s.sameHash = make(map[uint64]int32, len(s.objects)), map[uint64][]int32{}
	s.byName, s.bySID, s.members = map[string][]int32{}, map[string]int32{}, map[int32][]int32{}
	for k, src := range s.sources {
		for n, sc := range src.Scopes {
			s.scopes = append(s.scopes, scope{k, n, directory.Fold(sc.OU)})
		}
	}
	primary := map[string][]int32{} // by raw SID of the primary group
	for i, o := range s.objects {
		s.byGUID[o.GUID] = int32(i)
		s.nameDN(int32(i), o.DN())
		if o.Kind == directory.Group {
			s.nameGroup(int32(i), o)
		} else if sid := primaryGroup(o); sid != "" {
			primary[sid] = append(primary[sid], int32(i))
		}
	}
	for i, o := range s.objects {
		if o.Kind == directory.Group {
			s.members[int32(i)] = s.resolve(o, primary)
		}
	}
}

// nameDN files the object at index i under its distinguished name.
func (s *Snapshot) nameDN(i int32, dn string) {
	h := dnHash(dn)
	if _, taken := s.byDN[h]; taken {
		s.sameHash[h] = append(s.sameHash[h], i)
		return
	}
	s.byDN[h] = i
}

// primaryGroup gives the raw SID of an object's primary group: its own with the last part replaced by primaryGroupID; ""
// when it has none.
func primaryGroup(o directory.Object) string {
	rid, err := ldapvalue.Int(o.First(directory.AttrPrimaryGroupID))
	sid := o.First(directory.AttrObjectSID)
	if err != nil || len(sid) < 12 {
		return ""
	}
	return string(binary.LittleEndian.AppendUint32([]byte(sid[:len(sid)-4]), uint32(rid)))
}

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
func (s *Snapshot) resolve(o directory.Object, primary map[string][]int32) []int32 {
	var out []int32
	for _, dn := range o.Values(directory.AttrMember) {
		if i, ok := s.ByDN(dn); ok {
			out = append(out, int32(i))
		}
	}
	if sid := o.First(directory.AttrObjectSID); sid != "" {
		out = append(out, primary[sid]...)
	}
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// ByDN gives the index of the object with the distinguished name, compared as the directory compares it. Should several
// objects have it, as happens in files that were put together by hand, the first in anchor order is given.
func (s *Snapshot) ByDN(dn string) (int, bool) {
	h := dnHash(dn)
	i, ok := s.byDN[h]
	if !ok {
		return 0, false
	}
	if is := s.objects[i].DN(); is == dn || directory.EqualFold(is, dn) {
		return int(i), true
	}
	for _, i := range s.sameHash[h] {
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
