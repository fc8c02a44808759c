package cloud

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
)

// Canonical brings a value to the form in which the cloud stores it and refuses what the cloud would refuse: texts are
// trimmed, over-long ones and those with control characters are errors that name the property and the limit.
func (p Property) Canonical(v Value) (Value, error) {
	switch p.Kind {
	case TextKind:
		s, err := p.text(v.Text())
		if err == nil && p.Name == Photo {
			err = checkDigest(s)
		}
		if s == v.Text() {
			return v, err // the same value, without a new one
		}
		return Text(s), err
	case TextsKind:
		list := make([]string, 0, len(v.Texts()))
		for _, t := range v.Texts() {
			s, err := p.text(t)
			if err != nil {
				return Value{}, err
			}
			if s != "" {
				list = append(list, s)
			}
		}
		if p.Name == "businessPhones" && len(list) > 1 {
			return Value{}, fmt.Errorf("businessPhones takes one value, not %d", len(list))
		}
		return Texts(list), nil
	case NumberKind:
		if v.Number() < 0 {
			return Value{}, fmt.Errorf("%s: %d is less than 0", p.Name, v.Number())
		}
	}
	return v, nil
}

func (p Property) text(s string) (string, error) {
	s = strings.TrimSpace(s)
	if p.Directory == Exchange && s != "" {
		var err error
		if s, err = p.mailText(s); err != nil {
			return "", err
		}
	}
	if printable(s) && (p.MaxLen == 0 || len(s) <= p.MaxLen) && len(p.Enum) == 0 && p.Name != "mailNickname" {
		return s, nil // nearly all values, at a fraction of the cost
	}
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%s: %q is not UTF-8", p.Name, s)
	}
	if n := utf8.RuneCountInString(s); p.MaxLen > 0 && n > p.MaxLen {
		return "", fmt.Errorf("%s: %d characters, the cloud takes %d", p.Name, n, p.MaxLen)
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }); i >= 0 {
		return "", fmt.Errorf("%s: %q holds a control character", p.Name, s)
	}
	if len(p.Enum) > 0 && s != "" && !slices.Contains(p.Enum, s) {
		return "", fmt.Errorf("%s: %q is not one of %s", p.Name, s, strings.Join(p.Enum, ", "))
	}
	if p.Name == "mailNickname" {
		return s, CheckMailNickname(s)
	}
	return s, nil
}

// mailText brings the texts of mail keys to the forms that the table tells.
func (p Property) mailText(s string) (string, error) {
	var err error
	switch p.Name {
	case "primaryAddress", "externalAddress", "forwardAddress":
		if len(s) > 5 && strings.EqualFold(s[:5], "smtp:") {
			s = s[5:]
		}
		err = CheckAddress(s)
	case "addresses":
		scheme, rest, ok := strings.Cut(s, ":")
		switch {
		case !ok:
			s, err = "smtp:"+s, CheckAddress(s)
		case strings.EqualFold(scheme, "smtp"):
			s, err = "smtp:"+rest, CheckAddress(rest)
		case scheme == "" || rest == "":
			err = fmt.Errorf("%q has a prefix or an address that is empty", s)
		}
	case "exchangeGuid":
		s = strings.ToLower(strings.Trim(s, "{}"))
		_, err = directory.ParseGUID(s)
	case "alias":
		err = CheckMailNickname(s)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Name, err)
	}
	return s, nil
}

// CheckAddress checks the grammar of an SMTP address: printable ASCII without spaces and brackets, one name and one domain,
// at most 64 characters before the @ and 320 in all. Source: RFC 5321; "Prepare to provision users through directory
// synchronization".
func CheckAddress(a string) error {
	at := strings.LastIndexByte(a, '@')
	switch {
	case at <= 0 || at == len(a)-1:
		return fmt.Errorf("%q is not of the form name@domain", a)
	case at > 64 || len(a) > 320:
		return fmt.Errorf("%q is too long: 64 characters before the @ and 320 in all", a)
	case a[0] == '.' || a[at-1] == '.' || strings.Contains(a, ".."):
		return fmt.Errorf("%q begins, ends or doubles a full stop", a)
	}
	for i, r := range a {
		if r <= ' ' || r > '~' || strings.ContainsRune(`<>()[];,:"\`, r) || r == '@' && i != at {
			return fmt.Errorf("%q holds %q, which an address must not", a, r)
		}
	}
	return nil
}

// printable reports whether a text consists of printable ASCII alone.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// CheckMailNickname checks a mail nickname: ASCII without @ ( ) \ [ ] " ; : < > , and space. Source: Microsoft Graph, resource
// group, property mailNickname. The empty text passes.
func CheckMailNickname(s string) error {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`@()\[]";:<>,`, r) {
			return fmt.Errorf("mailNickname: %q holds %q, which the cloud refuses", s, r)
		}
	}
	return nil
}

// CheckUPN checks the grammar of a user principal name: one @, letters A-Z a-z 0-9 and ' . - _ ! # ^ ~ before it, at most
// 64 characters before and 113 in all. Sources: Microsoft Graph, create user; "Prepare to provision users through
// directory synchronization".
func CheckUPN(upn string) error {
	at := strings.LastIndexByte(upn, '@')
	if at <= 0 || at == len(upn)-1 {
		return fmt.Errorf("%q is not of the form name@domain", upn)
	}
	if at > 64 || len(upn) > 113 {
		return fmt.Errorf("%q is too long: 64 characters before the @ and 113 in all", upn)
	}
	local := upn[:at]
	for _, r := range local {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("'.-_!#^~", r)) {
			return fmt.Errorf("%q holds %q, which a user principal name must not", upn, r)
		}
	}
	if local[0] == '.' || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return fmt.Errorf("%q begins, ends or doubles a full stop before the @", upn)
	}
	for _, label := range strings.Split(upn[at+1:], ".") {
		if label == "" || strings.IndexFunc(label, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
		}) >= 0 {
			return fmt.Errorf("%q: %q is not a domain name", upn, upn[at+1:])
		}
	}
	return nil
}
