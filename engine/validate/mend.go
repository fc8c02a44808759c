package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The functions here propose a value that passes every check of form, "" when there is none. Each does everything at
// once: a value mended for one check is not left failing another.

// mendUPN takes what a user principal name must not hold out of it.
func mendUPN(v string) string {
	at := strings.LastIndexByte(v, '@')
	if at <= 0 {
		return ""
	}
	local := strings.TrimRight(dots(drop(plain(v[:at]), badInUPN)), ".")
	fixed := local + "@" + drop(plain(v[at+1:]), badInHost)
	if len(upnFlaws(fixed)) > 0 || fixed == v {
		return ""
	}
	return fixed
}

// mendAlias does it for a mail nickname.
func mendAlias(v string) string {
	fixed := strings.Trim(dots(drop(plain(v), func(r rune) bool { return badInAlias(r) || r == '&' })), ".")
	if fixed == "" || len(aliasFlaws(fixed)) > 0 || fixed == v {
		return ""
	}
	return fixed
}

// mendSMTP does it for an address without its scheme. Nothing is taken away where it cannot be told which of two colons
// or @ is the right one.
func mendSMTP(v, bad string) string {
	v = strings.TrimSpace(v)
	for _, twice := range []string{"smtp:", "sip:"} { // SMTP:smtp:a@b
		if len(v) > len(twice) && strings.EqualFold(v[:len(twice)], twice) {
			v = v[len(twice):]
		}
	}
	fixed := drop(plain(v), func(r rune) bool { return r <= ' ' || r == 0x7f || unicode.IsSpace(r) || strings.ContainsRune(bad, r) })
	if len(addressFlaws(fixed, bad)) > 0 {
		return ""
	}
	return fixed
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}

// plain spells a text in ASCII as far as it can be: diacritics are taken away, as the policy language's normalize does.
func plain(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r > 0x7f }) < 0 {
		return s
	}
	return drop(norm.NFD.String(ligatures.Replace(s)), func(r rune) bool { return unicode.Is(unicode.Mn, r) })
}

var ligatures = strings.NewReplacer("ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "ø", "o", "Ø", "O",
	"đ", "d", "Đ", "D", "ð", "d", "Ð", "D", "þ", "th", "Þ", "TH", "ł", "l", "Ł", "L", "ı", "i")

// drop takes characters out of a text.
func drop(s string, out func(r rune) bool) string {
	return strings.Map(func(r rune) rune {
		if out(r) {
			return -1
		}
		return r
	}, s)
}

// dots takes a leading full stop away and joins doubled ones.
func dots(s string) string {
	for strings.Contains(s, "..") {
		s = strings.ReplaceAll(s, "..", ".")
	}
	return strings.TrimLeft(s, ".")
}
