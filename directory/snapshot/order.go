package snapshot

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// anchored is an object with its anchor.
type anchored struct {
	anchor directory.Anchor
	object directory.Object
}

// order sorts by anchor and sets aside what cannot be told apart.
func (s *Snapshot) order(objects []directory.Object) {
	pack := newPacker(s.schema, s.schema.Names())
	list := make([]anchored, 0, len(objects))
	for _, o := range latest(objects, pack) {
		a, err := o.Anchor()
		if err != nil {
			s.unusable = append(s.unusable, Unusable{o.DN(), err})
			s.aside = append(s.aside, o)
			continue
		}
		list = append(list, anchored{a, o})
	}
	slices.SortFunc(list, func(a, b anchored) int { return cmp.Compare(a.anchor, b.anchor) })
	s.objects = make([]directory.Object, 0, len(list))
	s.anchors = make([]directory.Anchor, 0, len(list))
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].anchor == list[0].anchor {
			n++
		}
		s.admit(list[:n])
		list = list[n:]
	}
	slices.SortStableFunc(s.unusable, func(a, b Unusable) int { return cmp.Compare(a.DN, b.DN) })
	slices.SortFunc(s.aside, func(a, b directory.Object) int { return compareObjects(a, b, pack) })
}

// admit takes the objects that claim one anchor: a single one joins the order, several are set aside.
func (s *Snapshot) admit(same []anchored) {
	if len(same) == 1 {
		s.objects, s.anchors = append(s.objects, same[0].object), append(s.anchors, same[0].anchor)
		return
	}
	d := Duplicate{Anchor: same[0].anchor}
	for _, a := range same {
		d.DNs = append(d.DNs, a.object.DN())
		s.aside = append(s.aside, a.object)
	}
	slices.Sort(d.DNs)
	s.duplicates = append(s.duplicates, d)
}

// latest keeps one reading of each object, the one with the highest uSNChanged. Objects of one objectGUID under different
// names are no two readings of one object and stay, to be reported as duplicates.
func latest(objects []directory.Object, pack *packer) []directory.Object {
	slices.SortFunc(objects, func(a, b directory.Object) int { return compareObjects(a, b, pack) })
	return slices.CompactFunc(objects, func(a, b directory.Object) bool {
		return a.GUID == b.GUID && !a.GUID.IsZero() && directory.EqualFold(a.DN(), b.DN())
	})
}

// compareObjects orders by objectGUID, then DN, then the latest reading first, then by everything else, so that the order
// of input never shows.
func compareObjects(a, b directory.Object, pack *packer) int {
	if c := bytes.Compare(a.GUID[:], b.GUID[:]); c != 0 {
		return c
	}
	if c := cmp.Compare(directory.Fold(a.DN()), directory.Fold(b.DN())); c != 0 {
		return c
	}
	if c := cmp.Compare(usn(b), usn(a)); c != 0 {
		return c
	}
	return bytes.Compare(slices.Clone(pack.object(a)), pack.object(b))
}

// usn gives uSNChanged, 0 when the object has none that can be read.
func usn(o directory.Object) int64 {
	n, err := ldapvalue.Int(o.First(directory.AttrUSNChanged))
	if err != nil {
		return 0
	}
	return n
}
