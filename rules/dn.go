package rules

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// canonicalDN brings a distinguished name that an author wrote to the spelling in which Active Directory gives names out:
// no blanks around commas and equals signs, and its escapes (RFC 4514, with a line feed as \0A). Case is left alone.
func canonicalDN(dn string) (string, error) {
	var parts []string
	for rest := dn; ; {
		parent := directory.ParentDN(rest)
		component := strings.TrimSuffix(rest[:len(rest)-len(parent)], ",")
		name, value, ok := strings.Cut(component, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.TrimLeft(directory.Fold(name), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			return "", fmt.Errorf("%q is not a distinguished name: %q is no name=value", dn, strings.TrimSpace(component))
		}
		plain, err := unescapeDN(value)
		if err != nil || plain == "" {
			return "", fmt.Errorf("%q is not a distinguished name: the value of %q is not well formed", dn, strings.TrimSpace(component))
		}
		parts = append(parts, name+"="+escapeDN(plain))
		if len(rest) == len(component) {
			return strings.Join(parts, ","), nil
		}
		rest = parent
	}
}

// unescapeDN decodes the value of a component; blanks around it that are not escaped fall away.
func unescapeDN(s string) (string, error) {
	s = strings.TrimLeft(s, " ")
	var b strings.Builder
	kept := 0 // length up to the last character that is not a plain blank
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 >= len(s):
			return "", fmt.Errorf("ends in a backslash")
		case c == '\\' && strings.IndexByte(` "#+,;<=>\`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case c == '\\':
			raw, err := hex.DecodeString(s[i+1 : min(i+3, len(s))])
			if err != nil || len(raw) != 1 {
				return "", fmt.Errorf("bad escape")
			}
			i += 2
			b.WriteByte(raw[0])
		case c == ' ':
			b.WriteByte(c)
			continue
		case strings.IndexByte(`"+;<>`, c) >= 0:
			return "", fmt.Errorf("%c must be escaped", c)
		default:
			b.WriteByte(c)
		}
		kept = b.Len()
	}
	return b.String()[:kept], nil
}

func escapeDN(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case strings.IndexByte(`"+,;<=>\`, c) >= 0, i == 0 && c == '#', c == ' ' && (i == 0 || i == len(s)-1):
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\%02X`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
