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
	"iter"
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
	Flaws        []Flaw         `json:"flaws,omitempty"`        // attributes that could not be taken over
}

// Flaw is an attribute that the directory holds and that could not be taken over, as a text that is not valid UTF-8. The
// object is in the snapshot without it. Absent is not what the directory says, so that the object must be held.
type Flaw struct {
	GUID      directory.GUID `json:"guid"`
	DN        string         `json:"dn"`
	Attribute string         `json:"attribute"`
	Problem   string         `json:"problem"`
}

// Scope is one subtree that was read.
type Scope struct {
	OU string `json:"ou"` // DN at the time of reading
	// Configured is the DN in the configuration where it differs from OU, because the OU was renamed or moved since.
	Configured string         `json:"configured,omitempty"`
	GUID       directory.GUID `json:"guid"`             // of the OU, so that a rename is not a mass deletion
	Filter     string         `json:"filter,omitempty"` // LDAP filter in force
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
	aside      []directory.Object // those that duplicates and unusable list
	duplicates []Duplicate
	unusable   []Unusable
	scopes     []scope
	byGUID     map[directory.GUID]int32
	byDN       map[uint64]int32   // by hash; the DN is checked against the object that it finds
	sameHash   map[uint64][]int32 // further objects of the same hash
	byName     map[string][]int32 // groups by folded sAMAccountName and cn
	bySID      map[string]int32   // groups by SID
	members    map[int32][]int32  // direct members of a group that are in the snapshot, ascending
}

// scope is one scope of a source, with its OU folded.
type scope struct {
	source int
	scope  int
	ou     string
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

// Truncate drops the objects added after the first n: an importer that begins again drops what it had read.
func (b *Builder) Truncate(n int) {
	clear(b.objects[n:])
	b.objects = b.objects[:n]
}

// AddSource records where objects came from; one call for each directory.
func (b *Builder) AddSource(s Source) { b.sources = append(b.sources, s) }

// ErrNoSource says that Finish was called before any source was recorded.
var ErrNoSource = errors.New("snapshot without a source")

// Finish orders the objects, resolves groups and seals the snapshot. The builder must not be used afterwards. An object
// that was read twice, as happens where scopes overlap, counts once, as it was read last.
func (b *Builder) Finish() (*Snapshot, error) {
	if len(b.sources) == 0 {
		return nil, ErrNoSource
	}
	b.schema.Seal()
	s := &Snapshot{sources: b.sources, schema: b.schema}
	slices.SortStableFunc(s.sources, func(a, c Source) int { return cmp.Compare(a.Name, c.Name) })
	s.order(b.objects)
	s.index()
	return s, nil
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

// All yields every object that was read: those at the indexes 0 to Len()-1 first, then those that Duplicates and Unusable
// list. The order depends on the objects alone.
func (s *Snapshot) All() iter.Seq[directory.Object] {
	return func(yield func(directory.Object) bool) {
		for _, list := range [][]directory.Object{s.objects, s.aside} {
			for _, o := range list {
				if !yield(o) {
					return
				}
			}
		}
	}
}

// Bytes gives what the packed attributes of all objects occupy, without the values that they share; for measurements.
func (s *Snapshot) Bytes() int {
	n := 0
	for _, o := range s.objects {
		n += o.Bytes()
	}
	return n
}

// ScopeOf gives the source and scope that an object at index i lies in: the one whose OU is its nearest ancestor, of
// several such the first by the name of their source.
func (s *Snapshot) ScopeOf(i int) (Source, Scope, error) {
	dn, best := directory.Fold(s.objects[i].DN()), -1
	for k, sc := range s.scopes {
		if directory.UnderDN(dn, sc.ou) && (best < 0 || len(sc.ou) > len(s.scopes[best].ou)) {
			best = k
		}
	}
	if best < 0 {
		return Source{}, Scope{}, fmt.Errorf("%s lies in no scope of its snapshot", s.objects[i].DN())
	}
	at := s.scopes[best]
	return s.sources[at.source], s.sources[at.source].Scopes[at.scope], nil
}
