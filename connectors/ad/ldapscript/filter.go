package ldapscript

import (
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
)

// match says whether an object matches a filter.
type match func(*object) bool

// compile reads a search filter: and, or, not, presence and equality. Text is compared without case.
func compile(p *ber.Packet) (match, error) {
	switch p.Tag {
	case ldap.FilterAnd, ldap.FilterOr:
		parts := make([]match, len(p.Children))
		for i, child := range p.Children {
			m, err := compile(child)
			if err != nil {
				return nil, err
			}
			parts[i] = m
		}
		return combine(parts, p.Tag == ldap.FilterAnd), nil
	case ldap.FilterNot:
		if len(p.Children) == 1 {
			m, err := compile(p.Children[0])
			return func(o *object) bool { return !m(o) }, err
		}
	case ldap.FilterPresent:
		name := directory.Fold(p.Data.String())
		return func(o *object) bool { return len(o.values[name]) > 0 }, nil
	case ldap.FilterEqualityMatch:
		if len(p.Children) == 2 {
			return equal(directory.Fold(p.Children[0].Data.String()), p.Children[1].Data.String()), nil
		}
	}
	return nil, fmt.Errorf("filter component %d is not known", p.Tag)
}

// combine is and or or.
func combine(parts []match, all bool) match {
	return func(o *object) bool {
		for _, m := range parts {
			if m(o) != all {
				return !all
			}
		}
		return all
	}
}

func equal(name, value string) match {
	binary := directory.SyntaxOf(name) == directory.Binary
	return func(o *object) bool {
		for _, v := range o.values[name] {
			if v == value || !binary && strings.EqualFold(v, value) {
				return true
			}
		}
		return false
	}
}
