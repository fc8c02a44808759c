package rules

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// first gives the first value of a slot's attribute.
func (f *facts) first(s *slot) string {
	if v := f.values[s.read]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// fill sets a slot.
func (f *facts) fill(i int, s *slot) {
	c := &f.cells[i]
	if len(f.input.Unreadable) > 0 && s.read >= 0 && f.input.unreadable(f.layout.reads[s.read]) {
		f.unreadable = append(f.unreadable, unreadable{i, fmt.Errorf("%s could not be read", s.attr.ldap)})
	}
	switch s.op {
	case opText:
		*c.text = f.first(s)
	case opFold:
		*c.text = f.folding.fold(*f.cells[s.from].text)
	case opList:
		*c.list = f.values[s.read]
	case opFoldList:
		f.foldList(i, s)
	case opBinary:
		*c.text = binaryText(s.attr.ldap, f.first(s))
	case opInteger, opTruth, opInstant, opSID, opEnabled:
		if err := f.decode(c, s); err != nil {
			f.unreadable = append(f.unreadable, unreadable{i, fmt.Errorf("%s: %w", s.attr.ldap, err)})
		}
	case opClass:
		*c.text = f.input.Object.Kind.String()
	case opGUID:
		*c.text = f.input.Object.GUID.String()
	case opDomain:
		*c.text = f.input.Domain
	case opMember:
		*c.truth = f.member(f.input.InGroup, s.ref)
	case opDirect:
		*c.truth = f.member(f.input.DirectlyIn, s.ref)
	case opDecided:
		c.give("", nil)
	case opWas:
		prior := f.input.prior(s.arg)
		c.give(prior.Text, prior.List)
	case opToday, opMeter:
	default:
		f.derive(c, s)
	}
}

// member asks for a membership and keeps the answer for the fingerprint.
func (f *facts) member(in func(int) bool, group int) bool {
	m := in != nil && in(group)
	if m {
		f.members = append(f.members, 1)
	} else {
		f.members = append(f.members, 0)
	}
	return m
}

// decode reads an attribute whose values can be malformed. Without a value the slot is zero.
func (f *facts) decode(c *cell, s *slot) (err error) {
	v := f.first(s)
	if v == "" && s.op != opEnabled {
		*c = c.zero()
		return nil
	}
	var n int64
	switch s.op {
	case opInteger:
		n, err = ldapvalue.Int(v)
		*c.number = int(n)
	case opTruth:
		*c.truth, err = ldapvalue.Bool(v)
	case opInstant:
		*c.instant, err = instantOf(v)
	case opSID:
		*c.text, err = ldapvalue.SID(v)
	case opEnabled:
		*c.truth, err = enabled(f.input.Object.Kind, v)
	}
	return err
}

// give sets a cell of a decision, which holds a text or a list.
func (c *cell) give(text string, list []string) {
	if c.text != nil {
		*c.text = text
	} else {
		*c.list = list
	}
}

// zero clears the cell's field.
func (c *cell) zero() cell {
	switch {
	case c.text != nil:
		*c.text = ""
	case c.number != nil:
		*c.number = 0
	case c.truth != nil:
		*c.truth = false
	case c.instant != nil:
		*c.instant = time.Time{}
	}
	return *c
}

// enabled says whether an account is enabled. Every user has userAccountControl: one that shows none is not disabled, it
// is not readable.
func enabled(kind directory.Kind, control string) (bool, error) {
	if control == "" {
		if kind == directory.User {
			return false, fmt.Errorf("the user shows none; may the connection read it?")
		}
		return false, nil
	}
	n, err := ldapvalue.Int(control)
	return n&2 == 0, err
}

// instantOf reads a generalized time or a file time; never is the zero time.
func instantOf(v string) (time.Time, error) {
	if strings.ContainsAny(v, ".Z") {
		return ldapvalue.Time(v)
	}
	t, ok, err := ldapvalue.FileTime(v)
	if !ok || err != nil {
		return time.Time{}, err
	}
	return t, nil
}

// binaryText shows a binary value: a GUID where it is one by name and length, of a photo its digest, else hexadecimal.
func binaryText(ldap, v string) string {
	if v != "" && directory.EqualFold(ldap, "thumbnailPhoto") {
		return cloud.PhotoDigest([]byte(v))
	}
	if len(v) == 16 && strings.HasSuffix(directory.Fold(ldap), "guid") {
		if g, ok := directory.GUIDFromBytes([]byte(v)); ok {
			return g.String()
		}
	}
	return hex.EncodeToString([]byte(v))
}

func (f *facts) foldList(i int, s *slot) {
	out := f.lists[i][:0]
	for _, v := range *f.cells[s.from].list {
		out = append(out, f.folding.fold(v))
	}
	f.lists[i] = out
	*f.cells[i].list = out
}

// derive sets the slots that are worked out from other slots.
func (f *facts) derive(c *cell, s *slot) {
	from := cell{}
	if s.from >= 0 {
		from = f.cells[s.from]
	}
	switch s.op {
	case opHas:
		*c.truth = f.has(&f.layout.slots[s.from], from)
	case opPrimary:
		*c.text = primaryOf(*from.list, *f.cells[s.ref].text)
	case opRDN:
		dn := *from.text
		*c.text = strings.TrimSuffix(dn[:len(dn)-len(directory.ParentDN(dn))], ",")
	case opDomainOf:
		*c.text = f.folding.fold((*from.text)[strings.LastIndexByte(*from.text, '@')+1:])
		if strings.IndexByte(*from.text, '@') < 0 {
			*c.text = ""
		}
	case opLocalPart:
		*c.text = localPart(*from.text)
	case opInOU:
		*c.truth = directory.UnderDN(*from.text, s.arg)
	case opProxy:
		*c.truth = hasProxy(*from.list, s.arg)
	case opAnyBit:
		*c.truth = *from.number&s.ref != 0
	case opAllBits:
		*c.truth = *from.number&s.ref == s.ref
	case opInTable:
		_, *c.truth = s.table.row(*from.text)
	}
}

func (f *facts) has(s *slot, from cell) bool {
	switch s.op {
	case opClass:
		return true
	case opGUID:
		return !f.input.Object.GUID.IsZero()
	case opInstant:
		return !from.instant.IsZero()
	}
	if s.read < 0 {
		return *from.text != ""
	}
	return len(f.values[s.read]) > 0
}

// primaryOf gives the primary address without its prefix: the one marked SMTP:, else mail.
func primaryOf(proxies []string, mail string) string {
	for _, p := range proxies {
		if a, ok := strings.CutPrefix(p, "SMTP:"); ok {
			return a
		}
	}
	return mail
}

// hasProxy looks for an SMTP address, or any in a domain when want begins with @. All are folded.
func hasProxy(proxies []string, want string) bool {
	for _, p := range proxies {
		a, ok := strings.CutPrefix(p, "smtp:")
		if !ok && strings.IndexByte(p, ':') >= 0 {
			continue
		}
		if a == want || want[0] == '@' && strings.HasSuffix(a, want) {
			return true
		}
	}
	return false
}
