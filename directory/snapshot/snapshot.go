// Package snapshot holds what connected directories held at one instant. A snapshot is whole or it does not exist: an
// object missing from a partial read would be planned for deletion, so importers hand over a Snapshot or an error, never
// both. It is immutable once built and safe for concurrent use.
//
// Objects stand in anchor order. Groups are resolved here, once: Members gives the direct members that lie in the
// snapshot, MembersOf the nested ones of a named group.
package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// Source says where the objects of a snapshot came from.
type Source struct {
	Name         string         `json:"name"`                   // as coexist.yaml names the directory
	Server       string         `json:"server,omitempty"`       // host that answered
	Domain       string         `json:"domain,omitempty"`       // DNS name of the domain, for sAMAccountName@domain
	Naming       string         `json:"naming,omitempty"`       // DN of the default naming context
	InvocationID directory.GUID `json:"invocationId,omitempty"` // of the DC: watermarks hold for it alone
	HighestUSN   int64          `json:"highestUsn,omitempty"`   // highestCommittedUSN before the read began
	TakenAt      time.Time      `json:"takenAt"`                // UTC
	Scopes       []Scope        `json:"scopes"`                 // what was read
	Attributes   []string       `json:"attributes"`             // what was asked for
	MissingAttrs []string       `json:"missingAttrs,omitempty"` // asked for, but the directory's schema lacks them
}

// Scope is one subtree that was read.
type Scope struct {
	OU     string         `json:"ou"`               // DN at the time of reading
	GUID   directory.GUID `json:"guid"`             // of the OU, so that a rename is not a mass deletion
	Filter string         `json:"filter,omitempty"` // LDAP filter in force
	// ExcludedFromOtherEngine says that Entra Connect does not synchronise this OU, so objects may be created from it.
	ExcludedFromOtherEngine bool `json:"excludedFromOtherEngine,omitempty"`
	Objects                 int  `json:"objects"`
}

// Duplicate is an anchor that several objects claim. None of them is in the snapshot's order; all are listed.
type Duplicate struct {
	Anchor directory.Anchor
	DNs    []string
}

// Unusable is an object that cannot be synchronised because it has no usable anchor.
type Unusable struct {
	DN  string
	Err error
}

// Snapshot is what the named sources held. Objects are addressed by index, 0 to Len()-1, in anchor order.
type Snapshot struct {
	sources    []Source
	schema     *directory.Schema
	objects    []directory.Object
	anchors    []directory.Anchor
	byGUID     map[directory.GUID]int32
	byDN       map[uint64][]int32
	duplicates []Duplicate
	unusable   []Unusable
	members    map[int32][]int32 // direct members of a group that are in the snapshot, ascending
	byName     map[string][]int32
	bySID      map[string]int32
	primary    map[string][]int32 // by SID of the primary group
}

// Builder collects objects. It is not safe for concurrent use.
type Builder struct {
	schema  *directory.Schema
	objects []directory.Object
	sources []Source
}

// NewBuilder starts a snapshot.
func NewBuilder() *Builder { return &Builder{schema: directory.NewSchema()} }

// Add packs one object; see directory.Schema.NewObject for what is refused.
func (b *Builder) Add(kind directory.Kind, guid directory.GUID, attrs []directory.Attribute) error {
	o, err := b.schema.NewObject(kind, guid, attrs)
	if err != nil {
		return err
	}
	b.objects = append(b.objects, o)
	return nil
}

// Len is the number of objects added so far.
func (b *Builder) Len() int { return len(b.objects) }

// AddSource records where objects came from; one call for each directory.
func (b *Builder) AddSource(s Source) { b.sources = append(b.sources, s) }

// ErrNoSource says that Finish was called before any source was recorded.
var ErrNoSource = errors.New("snapshot without a source")

// Finish orders the objects, resolves groups and seals the snapshot. The builder must not be used afterwards. An object
// that was added twice, as happens where scopes overlap, counts once.
func (b *Builder) Finish() (*Snapshot, error) {
	if len(b.sources) == 0 {
		return nil, ErrNoSource
	}
	b.schema.Seal()
	s := &Snapshot{sources: b.sources, schema: b.schema}
	slices.SortFunc(s.sources, func(a, c Source) int { return cmp.Compare(a.Name, c.Name) })
	s.order(b.objects)
	s.index()
	return s, nil
}

// order sorts by anchor and sets aside what cannot be told apart.
func (s *Snapshot) order(objects []directory.Object) {
	type anchored struct {
		anchor directory.Anchor
		object directory.Object
	}
	list := make([]anchored, 0, len(objects))
	for _, o := range objects {
		a, err := o.Anchor()
		if err != nil {
			s.unusable = append(s.unusable, Unusable{o.DN(), err})
			continue
		}
		list = append(list, anchored{a, o})
	}
	slices.SortFunc(list, func(a, b anchored) int {
		return cmp.Or(cmp.Compare(a.anchor, b.anchor), slices.Compare(a.object.GUID[:], b.object.GUID[:]))
	})
	slices.SortFunc(s.unusable, func(a, b Unusable) int { return cmp.Compare(a.DN, b.DN) })
	s.objects = make([]directory.Object, 0, len(list))
	s.anchors = make([]directory.Anchor, 0, len(list))
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].anchor == list[i].anchor {
			j++
		}
		same := slices.CompactFunc(list[i:j:j], func(a, b anchored) bool { return a.object.GUID == b.object.GUID })
		if len(same) == 1 {
			s.objects, s.anchors = append(s.objects, same[0].object), append(s.anchors, same[0].anchor)
		} else {
			d := Duplicate{Anchor: same[0].anchor}
			for _, a := range same {
				d.DNs = append(d.DNs, a.object.DN())
			}
			slices.Sort(d.DNs)
			s.duplicates = append(s.duplicates, d)
		}
		i = j
	}
}

// Sources says what was read, by name.
func (s *Snapshot) Sources() []Source { return s.sources }

// Schema numbers the attributes of the objects.
func (s *Snapshot) Schema() *directory.Schema { return s.schema }

// Len is the number of objects.
func (s *Snapshot) Len() int { return len(s.objects) }

// At gives the object at index i.
func (s *Snapshot) At(i int) directory.Object { return s.objects[i] }

// Anchor gives the anchor of the object at index i.
func (s *Snapshot) Anchor(i int) directory.Anchor { return s.anchors[i] }

// Duplicates lists the anchors that several objects claim, by anchor.
func (s *Snapshot) Duplicates() []Duplicate { return s.duplicates }

// Unusable lists the objects without a usable anchor, by DN.
func (s *Snapshot) Unusable() []Unusable { return s.unusable }

// ByAnchor gives the index of the object with the anchor.
func (s *Snapshot) ByAnchor(a directory.Anchor) (int, bool) { return slices.BinarySearch(s.anchors, a) }

// ByGUID gives the index of the object with the objectGUID.
func (s *Snapshot) ByGUID(g directory.GUID) (int, bool) {
	i, ok := s.byGUID[g]
	return int(i), ok
}

// Bytes gives what the packed attributes of all objects occupy, for measurements.
func (s *Snapshot) Bytes() int {
	n := 0
	for _, o := range s.objects {
		n += o.Bytes()
	}
	return n
}

// ScopeOf gives the source and scope that an object at index i lies in: the one whose OU is its nearest ancestor.
func (s *Snapshot) ScopeOf(i int) (Source, Scope, error) {
	dn := directory.Fold(s.objects[i].DN())
	var src Source
	var best Scope
	for _, c := range s.sources {
		for _, sc := range c.Scopes {
			if ou := directory.Fold(sc.OU); under(dn, ou) && len(ou) >= len(best.OU) {
				src, best = c, sc
			}
		}
	}
	if best.OU == "" {
		return src, best, fmt.Errorf("%s lies in no scope of its snapshot", s.objects[i].DN())
	}
	return src, best, nil
}

// under reports whether the folded dn is ou or lies below it.
func under(dn, ou string) bool {
	return len(dn) >= len(ou) && dn[len(dn)-len(ou):] == ou && (len(dn) == len(ou) || ou == "" || dn[len(dn)-len(ou)-1] == ',')
}
