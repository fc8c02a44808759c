// Package selection finds objects in a snapshot by what people call them, and restricts a plan to some of them: objects
// named one by one, in a CSV file, by organizational unit or by a pilot group.
package selection

import (
	"errors"
	"fmt"
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
		said = append(said, fmt.Sprintf("%s (%d objects)", w.File, len(found)))
	}
	for _, ou := range w.OUs {
		n := below(s, ou, chosen)
		if n == 0 {
			return nil, fmt.Errorf("no object lies below %s: %w", ou, ErrNotFound)
		}
		said = append(said, fmt.Sprintf("OU %s (%d objects)", ou, n))
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
	return &engine.Selection{Describe: strings.Join(said, ", "), Has: func(o directory.Object) bool { return chosen[o.GUID] }}, nil
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
		return 0, fmt.Errorf("objectGUID %s: %w", text, ErrNotFound)
	}
	if i, ok := s.ByDN(text); ok {
		return i, nil
	}
	found := map[int]bool{}
	last := 0
	for i := range s.Len() {
		o := s.At(i)
		for _, a := range []string{directory.AttrUserPrincipalName, directory.AttrSAMAccountName} {
			if directory.EqualFold(o.First(a), text) {
				found[i] = true
				last = i
			}
		}
	}
	switch len(found) {
	case 0:
		return 0, fmt.Errorf("%s: %w", text, ErrNotFound)
	case 1:
		return last, nil
	}
	return 0, fmt.Errorf("%s names %d objects; use a distinguished name or an objectGUID", text, len(found))
}
