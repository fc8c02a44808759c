// Package selection finds objects in a snapshot by what people call them, and restricts a plan to some of them: objects
// named one by one, in a CSV file, by organizational unit or by a pilot group.
package selection

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
)

// ErrNotFound says that something named is not in the snapshot.
var ErrNotFound = errors.New("not in the directory's scope")

// Wish is what a plan shall be restricted to. What is named by objects, file and OUs adds up; the pilot group then bounds
// it. The zero Wish restricts nothing.
type Wish struct {
	Objects []string // DN, userPrincipalName, sAMAccountName or objectGUID
	File    string   // name of a CSV file, for messages
	CSV     []byte   // its content
	OUs     []string // DNs
	Pilot   string   // group: sAMAccountName, cn, DN or SID
}

// New resolves a wish against a snapshot; nil when it restricts nothing. What cannot be found is an error, ErrNotFound
// among others: a plan that silently leaves out what was asked for would be taken for complete.
func New(w Wish, s *snapshot.Snapshot) (*engine.Selection, error) {
	chosen := map[directory.GUID]bool{}
	var said []string
	for _, text := range w.Objects {
		i, err := One(s, text)
		if err != nil {
			return nil, err
		}
		chosen[s.At(i).GUID] = true
		said = append(said, "object "+text)
	}
	if w.File != "" {
		found, err := rows(w.File, w.CSV, s)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			chosen[s.At(i).GUID] = true
		}
		said = append(said, fmt.Sprintf("%s (%s)", w.File, objects(len(found))))
	}
	for _, ou := range w.OUs {
		n := below(s, ou, chosen)
		if n == 0 {
			return nil, fmt.Errorf("no object lies below %s: %w", ou, ErrNotFound)
		}
		said = append(said, fmt.Sprintf("OU %s (%s)", ou, objects(n)))
	}
	if w.Pilot != "" {
		if err := pilot(s, w.Pilot, chosen, len(said) == 0); err != nil {
			return nil, err
		}
		said = append(said, "pilot group "+w.Pilot)
	}
	if len(said) == 0 {
		return nil, nil
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no object is selected by %s", strings.Join(said, ", "))
	}
	return &engine.Selection{Describe: strings.Join(said, ", "), Pilot: w.Pilot, Has: func(o directory.Object) bool { return chosen[o.GUID] }}, nil
}

func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}

// below adds the objects below an OU and gives their number.
func below(s *snapshot.Snapshot, ou string, chosen map[directory.GUID]bool) int {
	n, folded := 0, directory.Fold(ou)
	for i := range s.Len() {
		if o := s.At(i); directory.UnderDN(directory.Fold(o.DN()), folded) {
			chosen[o.GUID] = true
			n++
		}
	}
	return n
}

// pilot keeps what is in the group, or takes all of the group when nothing was chosen before. The group itself is in.
func pilot(s *snapshot.Snapshot, name string, chosen map[directory.GUID]bool, all bool) error {
	found := s.GroupNamed(name)
	switch {
	case len(found) == 0:
		return fmt.Errorf("pilot group %s: %w", name, ErrNotFound)
	case len(found) > 1:
		return fmt.Errorf("pilot group %s: %d groups have this name; use the distinguished name", name, len(found))
	}
	members := s.MembersOf(found[0])
	for i := range s.Len() {
		in := i == found[0] || members.Has(i)
		switch g := s.At(i).GUID; {
		case in && all:
			chosen[g] = true
		case !in:
			delete(chosen, g)
		}
	}
	return nil
}

// One finds the one object that text names by DN, userPrincipalName, sAMAccountName or objectGUID.
func One(s *snapshot.Snapshot, text string) (int, error) {
	if g, err := directory.ParseGUID(text); err == nil {
		if i, ok := s.ByGUID(g); ok {
			return i, nil
		}
		return 0, absent(s, aside(s), "objectGUID "+text, func(o directory.Object) bool { return o.GUID == g })
	}
	if i, ok := s.ByDN(text); ok {
		return i, nil
	}
	has := func(o directory.Object) bool {
		return directory.EqualFold(o.First(directory.AttrUserPrincipalName), text) || directory.EqualFold(o.First(directory.AttrSAMAccountName), text)
	}
	found, last := 0, 0
	for i := range s.Len() {
		if has(s.At(i)) {
			found, last = found+1, i
		}
	}
	switch found {
	case 0:
		return 0, absent(s, aside(s), text, func(o directory.Object) bool { return directory.EqualFold(o.DN(), text) || has(o) })
	case 1:
		return last, nil
	}
	return 0, fmt.Errorf("%s names %d objects; use a distinguished name or an objectGUID", text, found)
}

// AsideError says that an object was read, and cannot be planned. It is ErrNotFound: no plan can hold it.
type AsideError struct {
	Name, DN string
	Reason   string
}

// Error gives the reason.
func (e *AsideError) Error() string {
	return fmt.Sprintf("%s: %s is in the directory, and was set aside: %s", e.Name, e.DN, e.Reason)
}

// Is reports whether target is ErrNotFound.
func (e *AsideError) Is(target error) bool { return target == ErrNotFound }

// aside gives the objects that were set aside for the sake of their anchors.
func aside(s *snapshot.Snapshot) []directory.Object {
	if len(s.Duplicates())+len(s.Unusable()) == 0 {
		return nil
	}
	var out []directory.Object
	n := 0
	for o := range s.All() {
		if n++; n > s.Len() { // after those that have an index
			out = append(out, o)
		}
	}
	return out
}

// absent says why a name names nothing: an object that has it was set aside, or there is none.
func absent(s *snapshot.Snapshot, aside []directory.Object, name string, has func(directory.Object) bool) error {
	if i := slices.IndexFunc(aside, has); i >= 0 {
		dn := aside[i].DN()
		return &AsideError{name, dn, reason(s, dn)}
	}
	return fmt.Errorf("%s: %w", name, ErrNotFound)
}

// reason says why an object was set aside.
func reason(s *snapshot.Snapshot, dn string) string {
	for _, d := range s.Duplicates() {
		if i := slices.Index(d.DNs, dn); i >= 0 {
			others := slices.Delete(slices.Clone(d.DNs), i, i+1)
			return fmt.Sprintf("its source anchor %s is claimed by %s too", d.Anchor, strings.Join(others, "; "))
		}
	}
	for _, u := range s.Unusable() {
		if u.DN == dn {
			return fmt.Sprintf("it has no usable source anchor: %v", u.Err)
		}
	}
	return "its source anchor cannot be used"
}
