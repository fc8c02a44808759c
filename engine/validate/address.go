package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// The limits of "Prepare for directory synchronization to Microsoft 365" and RFC 5321.
const (
	maxAddress  = 256
	maxLocal    = 64
	maxLabel    = 63
	maxUPN      = 113
	maxUPNLocal = 64
	maxUPNHost  = 48
)

// address is one value of proxyAddresses or targetAddress, taken apart.
type address struct {
	scheme  string // folded, without its colon; "" when there is none
	primary bool   // the scheme is in capitals
	prefix  string // the scheme with its colon, as it stands
	rest    string // what follows the colon; the whole value without one
}

// parseAddress takes a value apart. A scheme consists of ASCII letters and digits and begins with a letter; x.400 and x.500
// are known as well. White space before the scheme is not part of it; that after it is part of the rest.
func parseAddress(v string) address {
	scheme, rest, ok := strings.Cut(strings.TrimLeftFunc(v, unicode.IsSpace), ":")
	word := scheme
	if len(word) == 5 && (word[0]|0x20) == 'x' && word[1] == '.' {
		word = "x" + word[2:]
	}
	if !ok || word == "" || !isLetter(rune(word[0])) || strings.IndexFunc(word, func(r rune) bool { return !isLetter(r) && !isDigit(r) }) >= 0 {
		return address{rest: v}
	}
	return address{scheme: strings.ToLower(word), primary: word == strings.ToUpper(word), prefix: scheme + ":", rest: rest}
}

// x500 reports whether the address names an object by its former legacyExchangeDN. Exchange writes these itself.
func (a address) x500() bool { return a.scheme == "x500" }

// mailbox reports whether the address is of a type that the cloud keeps and whose grammar is local@domain.
func (a address) mailbox() bool { return a.scheme == "smtp" || a.scheme == "sip" }

// legacy reports whether the type is one that the cloud discards.
func (a address) legacy() bool {
	switch a.scheme {
	case "x400", "msmail", "ms", "ccmail", "notes", "gwise", "fax", "faxnet":
		return true
	}
	return false
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func isDigit(r rune) bool  { return '0' <= r && r <= '9' }

// flaw is one way in which an address is wrong.
type flaw uint8

const (
	secondColon flaw = iota
	tooLong
	whiteSpace
	forbidden
	beyondASCII
	grammar // and none of the others, which would explain it
)

// addressFlaws says what is wrong with an address without its scheme. bad are the characters forbidden in it.
func addressFlaws(rest, bad string) []flaw {
	var found [grammar + 1]bool
	found[secondColon] = strings.Contains(rest, ":")
	found[tooLong] = utf8.RuneCountInString(rest) > maxAddress
	for _, r := range rest {
		switch {
		case unicode.IsSpace(r):
			found[whiteSpace] = true
		case r < ' ' || r == 0x7f || r != ':' && strings.ContainsRune(bad, r):
			found[forbidden] = true
		case r > 0x7f:
			found[beyondASCII] = true
		}
	}
	found[grammar] = !found[secondColon] && !found[whiteSpace] && !found[forbidden] && !found[beyondASCII] && !validSMTP(rest)
	var out []flaw
	for f, is := range found {
		if is {
			out = append(out, flaw(f))
		}
	}
	return out
}

// The characters that Microsoft forbids in addresses.
const (
	badInProxy  = `<>();,[]"`
	badInTarget = `\<>();,[]"`
)

// validSMTP reports whether a is local@domain: a dot-atom of RFC 5321 with one @, and a host name of two labels or more.
func validSMTP(a string) bool {
	local, host, ok := strings.Cut(a, "@")
	if !ok || local == "" || len(local) > maxLocal || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return false
	}
	for _, r := range local {
		if !isLetter(r) && !isDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r) {
			return false
		}
	}
	return validHost(host) && strings.Contains(host, ".")
}

// validHost reports whether a host name consists of labels of letters, digits and inner hyphens; punycode is of this form.
func validHost(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if !isLetter(r) && !isDigit(r) && r != '-' {
				return false
			}
		}
	}
	return true
}

// routable reports whether the top-level domain of a host name is in the Internet's DNS, after the ICANN part of the
// Public Suffix List. The names kept for documentation (.example, RFC 2606) pass: nobody has them by mistake.
func routable(host string) bool {
	dot := strings.LastIndexByte(host, '.')
	if dot < 0 {
		return false
	}
	tld := strings.ToLower(host[dot+1:])
	if tld == "com" || tld == "example" || tld == "net" || tld == "org" {
		return true
	}
	_, icann := publicsuffix.PublicSuffix("x." + tld)
	return icann
}

// reserved reports whether Microsoft discards addresses of the host. The domain of hybrid mail routing,
// tenant.mail.onmicrosoft.com, is kept.
func reserved(host string) bool {
	host = strings.ToLower(host)
	if strings.HasSuffix(host, ".mail.onmicrosoft.com") {
		return false
	}
	return host == "onmicrosoft.com" || host == "microsoftonline.com" ||
		strings.HasSuffix(host, ".onmicrosoft.com") || strings.HasSuffix(host, ".microsoftonline.com")
}

// hostOf gives what follows the last @, "" without one.
func hostOf(a string) string {
	if at := strings.LastIndexByte(a, '@'); at >= 0 {
		return a[at+1:]
	}
	return ""
}

// upnFlaws gives the checks that a user principal name fails by its form alone, by ID.
func upnFlaws(v string) []string {
	var out []string
	add := func(id string, failed bool) {
		if failed {
			out = append(out, id)
		}
	}
	local, host, _ := strings.Cut(v, "@")
	if at := strings.LastIndexByte(v, '@'); at > 0 {
		local, host = v[:at], v[at+1:]
	}
	trimmed := strings.TrimRight(local, ".& ")
	letters := trimmed + host
	add("UPN-002", strings.Count(v, "@") != 1 || local == "" || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") || host == "")
	add("UPN-003", utf8.RuneCountInString(v) > maxUPN)
	add("UPN-004", utf8.RuneCountInString(local) > maxUPNLocal)
	add("UPN-005", utf8.RuneCountInString(host) > maxUPNHost)
	add("UPN-006", strings.IndexFunc(strings.ReplaceAll(trimmed, "@", ""), badInUPN) >= 0 || strings.IndexFunc(host, badInHost) >= 0)
	add("UPN-007", strings.IndexFunc(letters, func(r rune) bool { return r > 0x7f }) >= 0)
	add("UPN-008", trimmed != local)
	add("UPN-013", strings.HasPrefix(local, ".") || strings.Contains(trimmed, ".."))
	return out
}

// badInUPN reports whether an ASCII character must not stand before the @ of a user principal name.
func badInUPN(r rune) bool {
	return r <= 0x7f && !isLetter(r) && !isDigit(r) && !strings.ContainsRune("'.-_!#^~", r)
}

func badInHost(r rune) bool { return r <= 0x7f && !isLetter(r) && !isDigit(r) && r != '.' && r != '-' }

// aliasFlaws gives the checks that a mail nickname fails by its form alone, by ID. The character sets are Exchange's, less
// those that Microsoft Graph refuses.
func aliasFlaws(v string) []string {
	var out []string
	add := func(id string, failed bool) {
		if failed {
			out = append(out, id)
		}
	}
	add("ALI-001", utf8.RuneCountInString(v) > maxLocal)
	add("ALI-002", strings.HasPrefix(v, ".") || strings.HasSuffix(v, "."))
	add("ALI-003", strings.Contains(v, ".."))
	add("ALI-004", strings.IndexFunc(v, badInAlias) >= 0)
	add("ALI-005", strings.Contains(v, "&"))
	add("ALI-006", strings.IndexFunc(v, func(r rune) bool { return r > 0x7f }) >= 0)
	return out
}

func badInAlias(r rune) bool {
	return r <= 0x7f && !isLetter(r) && !isDigit(r) && !strings.ContainsRune("!#%*+-/=?^_~$&'`{}|.", r)
}

// beyondLatin1 reports whether a mail nickname holds what Exchange refuses: anything but ASCII and U+00A1 to U+00FF.
func beyondLatin1(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool { return r > 0x7f && (r < 0xa1 || r > 0xff) }) >= 0
}
