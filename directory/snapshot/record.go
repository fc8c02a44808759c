package snapshot

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/coexistsync/coexist/directory"
)

// packer writes objects in the canonical form of the snapshot file: equal objects give equal bytes, in whatever order
// the attributes of their schema were declared.
//
// A record is: kind (1 byte), objectGUID (16 bytes), then for each attribute in order of its folded name: its number in
// the file's list of names as the difference from the number before (from -1 at first), the count of its values, and each
// value with its length before it. Numbers are unsigned varints.
type packer struct {
	rank  []int // by number in the schema
	list  []ranked
	bytes []byte
}

type ranked struct {
	rank, count int
	value       string
}

// newPacker numbers the attributes of schema by their place in names, which hold at least those that the objects have.
func newPacker(schema *directory.Schema, names []string) *packer {
	p := &packer{rank: make([]int, len(schema.Names()))}
	sorted := canonicalNames(names)
	for n, name := range schema.Names() {
		if i, ok := slices.BinarySearchFunc(sorted, name, compareNames); ok {
			p.rank[n] = i
		}
	}
	return p
}

func compareNames(a, b string) int { return cmp.Compare(directory.Fold(a), directory.Fold(b)) }

// canonicalNames gives names in the order of the file.
func canonicalNames(names []string) []string {
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, compareNames)
	return sorted
}

// object gives the record of o. The bytes are valid until the next call.
func (p *packer) object(o directory.Object) []byte {
	p.list = p.list[:0]
	for at, v := range o.All() {
		p.list = append(p.list, ranked{p.rank[at.Attribute], at.Count, v})
	}
	slices.SortStableFunc(p.list, func(a, b ranked) int { return a.rank - b.rank })
	b := append(p.bytes[:0], byte(o.Kind))
	b = append(b, o.GUID[:]...)
	before := -1
	for _, v := range p.list {
		if v.rank != before {
			b = binary.AppendUvarint(b, uint64(v.rank-before))
			b = binary.AppendUvarint(b, uint64(v.count))
			before = v.rank
		}
		b = binary.AppendUvarint(b, uint64(len(v.value)))
		b = append(b, v.value...)
	}
	p.bytes = b
	return b
}

// unpacker reads what packer wrote.
type unpacker struct {
	names  []string
	attrs  []directory.Attribute
	values []string
}

var errRecord = errors.New("malformed object record")

// object reads one record. The attributes are valid until the next call; their values are parts of record.
func (u *unpacker) object(record string) (directory.Kind, directory.GUID, []directory.Attribute, error) {
	if len(record) < 17 {
		return 0, directory.GUID{}, nil, errRecord
	}
	kind := directory.Kind(record[0])
	if _, err := directory.ParseKind(kind.String()); err != nil {
		return 0, directory.GUID{}, nil, err
	}
	guid := directory.GUID([]byte(record[1:17]))
	u.attrs, u.values = u.attrs[:0], u.values[:0]
	number := -1
	for rest := record[17:]; rest != ""; {
		var step, count uint64
		var err error
		if step, rest, err = cutUvarint(rest); err != nil {
			return 0, guid, nil, err
		}
		if count, rest, err = cutUvarint(rest); err != nil {
			return 0, guid, nil, err
		}
		if step == 0 || step > uint64(len(u.names)-1-number) || count == 0 || count > uint64(len(rest)) {
			return 0, guid, nil, errRecord
		}
		number += int(step)
		from := len(u.values)
		for range count {
			var n uint64
			if n, rest, err = cutUvarint(rest); err != nil || n > uint64(len(rest)) {
				return 0, guid, nil, errRecord
			}
			u.values, rest = append(u.values, rest[:n]), rest[n:]
		}
		u.attrs = append(u.attrs, directory.Attribute{Name: u.names[number], Values: u.values[from:len(u.values):len(u.values)]})
	}
	return kind, guid, u.attrs, nil
}

// cutUvarint reads an unsigned varint in its shortest form off the front of s.
func cutUvarint(s string) (v uint64, rest string, err error) {
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		c := s[i]
		if i == binary.MaxVarintLen64-1 && c > 1 || i > 0 && c == 0 {
			return 0, "", errRecord
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, s[i+1:], nil
		}
	}
	return 0, "", errRecord
}
