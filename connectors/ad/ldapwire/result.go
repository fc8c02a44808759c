package ldapwire

import (
	"fmt"
	"strings"
)

// Control is a request or response control.
type Control struct {
	OID      string
	Critical bool
	Value    string // BER, "" for none
}

// Result is the final message of an operation.
type Result struct {
	Code      int // RFC 4511 4.1.9
	MatchedDN string
	Message   string // diagnosticMessage, as the server wrote it
	Referrals []string
	Controls  []Control
}

// Control gives the value of the control with the OID; ok is false when the server did not send it.
func (r Result) Control(oid string) (value string, ok bool) {
	for _, c := range r.Controls {
		if c.OID == oid {
			return c.Value, true
		}
	}
	return "", false
}

// ResultError is a final message with another code than success.
type ResultError struct{ Result }

// Error gives the code and what the server wrote.
func (e *ResultError) Error() string {
	text := fmt.Sprintf("the server answered LDAP result %d", e.Code)
	if m := printable(e.Message); m != "" {
		text += ": " + m
	}
	return text
}

// ReferenceError says that the server pointed to another server for a part of the result.
type ReferenceError struct{ URLs []string }

// Error names where the server pointed to.
func (e *ReferenceError) Error() string {
	return "the server refers to " + printable(strings.Join(e.URLs, " ")) + " for a part of the result"
}

// printable makes a server's text fit for one line of a terminal or log.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > 500 {
		s = string(r[:500]) + "…"
	}
	return strings.TrimSpace(s)
}

// decodeResult reads the components of an LDAPResult; what follows them is left in e.
func decodeResult(e *elements) Result {
	r := Result{Code: e.integer(tagEnumerated), MatchedDN: e.take(tagOctets), Message: e.take(tagOctets)}
	if e.more() && e.rest[0] == tagReferral {
		urls := elements{rest: e.take(tagReferral)}
		for urls.more() {
			r.Referrals = append(r.Referrals, urls.take(tagOctets))
		}
		e.bad = e.bad || urls.bad
	}
	return r
}

// decodeControls reads the controls of a message, if it has any.
func decodeControls(message *elements) []Control {
	if !message.more() || message.rest[0] != tagControls {
		return nil
	}
	list := elements{rest: message.take(tagControls)}
	var out []Control
	for list.more() {
		one := elements{rest: list.take(tagSequence)}
		c := Control{OID: one.take(tagOctets)}
		for one.more() {
			switch tag, body := one.next(); tag {
			case 0x01:
				c.Critical = body != "\x00"
			case tagOctets:
				c.Value = body
			}
		}
		list.bad = list.bad || one.bad
		out = append(out, c)
	}
	message.bad = message.bad || list.bad
	return out
}
