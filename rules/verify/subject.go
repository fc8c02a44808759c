package verify

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// subject is the object of a case while it is put together.
type subject struct {
	kind           directory.Kind
	guid           directory.GUID
	domain         string // "": as the distinguished name says
	enabled        *bool  // nil: as userAccountControl says
	attributes     map[string]directory.Attribute
	nested, direct []string // groups
	unreadable     []string // LDAP names
	priors         []rules.Prior
}

// newSubject begins a subject. Its GUID follows from the names, so that no run differs from another.
func newSubject(file, fixture string) *subject {
	s := &subject{attributes: map[string]directory.Attribute{}}
	sum := sha256.Sum256([]byte(file + "\x00" + fixture))
	s.guid, _ = directory.GUIDFromBytes(sum[:16])
	return s
}

// set gives an attribute its values, in place of those it had; none take it away.
func (s *subject) set(a directory.Attribute) {
	folded := directory.Fold(a.Name)
	if folded == directory.Fold(directory.AttrUserAccountCtl) {
		s.enabled = nil
	}
	s.attributes[folded] = a
}

// object packs the subject.
func (s *subject) object(schema *directory.Schema) (directory.Object, error) {
	if s.enabled != nil {
		s.attributes[directory.Fold(directory.AttrUserAccountCtl)] = s.control()
	}
	if s.domain == "" {
		if dn := s.attributes[directory.Fold(directory.AttrDN)].Values; len(dn) > 0 {
			s.domain = directory.DomainOfDN(dn[0])
		}
	}
	var list []directory.Attribute
	for _, name := range slices.Sorted(maps.Keys(s.attributes)) {
		list = append(list, s.attributes[name])
	}
	return schema.NewObject(s.kind, s.guid, list)
}

// The bits of userAccountControl that enabled works on, [MS-ADTS] 2.2.16.
const (
	accountDisable = 2
	normalAccount  = 512
)

// control gives userAccountControl as it was, or that of a normal account, with the bit for disabled accounts as wanted.
func (s *subject) control() directory.Attribute {
	n := int64(normalAccount)
	if v := s.attributes[directory.Fold(directory.AttrUserAccountCtl)].Values; len(v) > 0 {
		if before, err := strconv.ParseInt(v[0], 10, 64); err == nil {
			n = before
		}
	}
	n &^= accountDisable
	if !*s.enabled {
		n |= accountDisable
	}
	return directory.Attribute{Name: directory.AttrUserAccountCtl, Values: []string{strconv.FormatInt(n, 10)}}
}

// input gives what a set decides about. A direct member is a member.
func (s *subject) input(o directory.Object, groups []string) rules.Input {
	in := func(list []string, ref int) bool {
		return slices.ContainsFunc(list, func(g string) bool { return directory.EqualFold(g, groups[ref]) })
	}
	return rules.Input{Object: o, Domain: s.domain, Unreadable: s.unreadable, Priors: s.priors,
		InGroup:    func(ref int) bool { return in(s.nested, ref) || in(s.direct, ref) },
		DirectlyIn: func(ref int) bool { return in(s.direct, ref) }}
}
