package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coexistsync/coexist/directory/fault"
)

// refusal is what Exchange Online says of a command that it did not carry out. Its details hold "id|exception|text".
type refusal struct {
	status    int
	code      string // error.code, such as NotFound
	id        string // Ex6F9304 and the like, "" where there is none
	exception string // the exception's type without its namespace, "" where there is none
	text      string // the server's own words
	request   string // request id
	blank     bool   // the body says nothing at all
}

type errorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Details []struct {
			Message string `json:"message"`
		} `json:"details"`
		Inner struct {
			Internal struct {
				Message string `json:"message"`
				Type    string `json:"type"`
			} `json:"internalexception"`
		} `json:"innererror"`
	} `json:"error"`
}

// readRefusal reads an error answer: the details first, then the inner exception, then the message, then the raw text, as
// Microsoft's own module does.
func readRefusal(status int, h http.Header, body []byte) refusal {
	n := refusal{status: status, request: requestID(h), exception: short(h.Get("x-ExceptionType"))}
	body = bytes.Trim(body, "\x00 \r\n\t")
	n.blank = len(body) == 0
	var b errorBody
	if json.Unmarshal(body, &b) != nil {
		n.text = string(body)
		return n
	}
	n.code, n.text = b.Error.Code, b.Error.Message
	if s := b.Error.Inner.Internal.Message; s != "" {
		n.text = s
	}
	if len(b.Error.Details) > 0 && b.Error.Details[0].Message != "" {
		n.detail(b.Error.Details[0].Message)
	}
	if n.text == "" && n.code == "" {
		n.text = string(body)
	}
	return n
}

// detail reads "id|exception|text", whose text may hold more bars, or the JSON that stands there at times.
func (n *refusal) detail(s string) {
	var nested struct {
		Localized struct {
			ID string `json:"stringId"`
		} `json:"localizedString"`
		Class   string `json:"ClassName"`
		Message string `json:"Message"`
	}
	if strings.HasPrefix(strings.TrimSpace(s), "{") && json.Unmarshal([]byte(s), &nested) == nil && nested.Message != "" {
		n.id, n.exception, n.text = nested.Localized.ID, short(nested.Class), nested.Message
		return
	}
	parts := strings.SplitN(s, "|", 3)
	if len(parts) < 3 {
		n.text = s
		return
	}
	n.id, n.exception, n.text = parts[0], short(parts[1]), parts[2]
}

// short gives the name of a type without its namespace.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func requestID(h http.Header) string {
	for _, k := range []string{"Request-Id", "client-request-id"} {
		if s := h.Get(k); s != "" {
			return printable(s)
		}
	}
	return ""
}

// says reports whether the text has a part, in any case.
func (n refusal) says(part string) bool {
	return strings.Contains(strings.ToLower(n.text), strings.ToLower(part))
}

// is reports whether the exception is one of those named.
func (n refusal) is(names ...string) bool {
	for _, s := range names {
		if n.exception == s {
			return true
		}
	}
	return false
}

// crowded reports whether the tenant has too many requests at once, which Exchange Online says in plain text and with
// whatever status.
func (n refusal) crowded() bool { return n.says("maximum number of concurrent requests") }

// busy reports whether the command was refused before it was carried out, and may be sent again, whatever the status is.
func (n refusal) busy() bool {
	return n.is("CmdletProxyNotAvailableFailure", "ServerBusyException", "OverBudgetException") || n.says("CmdletProxyNotAvailableFailure")
}

// passing reports whether the failure may pass by itself, though the command may have taken effect.
func (n refusal) passing() bool {
	return n.is("TransientException", "BackendCommunicationException", "UnableToWriteToAadException", "ADTransientException", "CmdletProxyException") ||
		n.says("the issue may be transient")
}

// already reports whether what the command adds is there.
func (n refusal) already() bool {
	return n.is("MemberAlreadyExistsException") || n.says("is already a member of the group") || n.says("already present on the object") ||
		n.says("already has an archive") || n.says("archive is already enabled") || n.says("already enabled for archive")
}

// absent reports whether what the command removes is not there.
func (n refusal) absent() bool {
	return n.is("MemberNotFoundException") || n.id == "Ex94914C" || n.says("isn't a member of the group") ||
		n.says("doesn't have an archive") || n.says("archive is not enabled") || n.says("because the ACE isn't present")
}

// kind is the one place where a failure of Exchange Online gets its kind: by status, then by exception, then by text.
func (n refusal) kind(c *Command) fault.Kind {
	switch {
	case n.says("isn't supported in this scenario") && n.says("the role assigned to application"):
		return fault.Denied
	case n.status == http.StatusUnauthorized:
		return fault.SignIn
	case n.status == http.StatusTooManyRequests, n.crowded():
		return fault.Throttled
	case n.status == http.StatusForbidden:
		return fault.Denied
	case n.busy():
		return fault.Transient
	case n.passing():
		return unanswered(c)
	case n.is("ManagementObjectNotFoundException", "MemberNotFoundException"):
		return fault.NotFound
	case n.is("ManagementObjectAmbiguousException", "ProxyAddressExistsException", "WLCDManagedMemberExistsException",
		"ADObjectAlreadyExistsException", "NameConflictException", "MemberAlreadyExistsException"), n.says("is already being used by"),
		n.says("is used by another recipient object"):
		return fault.Conflict
	case n.exception != "" || n.status == http.StatusBadRequest && n.code != "":
		return fault.Invalid
	case n.status == http.StatusNotFound, n.status == http.StatusRequestTimeout, n.status >= 500:
		return unanswered(c) // of a gateway: it says nothing about the object
	}
	return fault.Invalid
}

// unanswered is the kind of a command that may or may not have been carried out.
func unanswered(c *Command) fault.Kind {
	if c.Reads() {
		return fault.Transient
	}
	return fault.Unknown
}

// again reports whether to send the command again after a refusal. A create is, only when it certainly did not happen.
func (n refusal) again(c *Command) bool {
	switch {
	case n.status == http.StatusTooManyRequests, n.crowded(), n.busy():
		return true
	case c.makes():
		return false
	}
	return n.passing() || n.exception == "" && (n.status == http.StatusRequestTimeout || n.status >= 500)
}

// fault makes the error of a refusal. It keeps the server's own words and neither the address nor the body of the request.
func (n refusal) fault(c *Command) *fault.Error {
	text := printable(n.text)
	switch {
	case n.blank && n.status == http.StatusForbidden:
		text = "the cmdlet does not exist, or the roles of the application do not allow it"
	case text == "":
		text = http.StatusText(n.status)
	}
	code := n.exception
	if code == "" {
		code = n.code
	}
	return &fault.Error{Kind: n.kind(c), Op: c.op(), Code: printable(code), RequestID: n.request,
		Err: &refused{fmt.Errorf("%s (status %d)", text, n.status), n}}
}

// refused is the cause of an error that Exchange Online answered with, for the few that mean more than their kind.
type refused struct {
	error
	refusal refusal
}

// refusalOf gives the refusal behind an error; ok is false when it has none.
func refusalOf(err error) (refusal, bool) {
	var r *refused
	if errors.As(err, &r) {
		return r.refusal, true
	}
	return refusal{}, false
}

// lost makes the error of a request without an answer.
func lost(c *Command, err error) *fault.Error {
	var s *sendError
	if errors.As(err, &s) {
		kind := fault.Transient
		if s.sent {
			kind = unanswered(c)
		}
		return &fault.Error{Kind: kind, Op: c.op(), Err: withoutAddress(s.err)}
	}
	var network net.Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) {
		return &fault.Error{Kind: fault.Transient, Op: c.op(), Err: fmt.Errorf("get a token: %w", withoutAddress(err))}
	}
	return &fault.Error{Kind: fault.SignIn, Op: c.op(), Err: errors.New("sign-in: " + reason(err.Error()))}
}

func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// reason finds Entra ID's own code and sentence in what a credential says, which is a dump of the exchange.
func reason(s string) string {
	if i := strings.Index(s, "AADSTS"); i >= 0 {
		s = s[i:]
		if end := strings.IndexAny(s, "\r\n\"\\"); end >= 0 {
			s = s[:end]
		}
	}
	s, _, _ = strings.Cut(s, "\n")
	return printable(s)
}

// printable makes hostile text fit for a line of a log: no control characters, at most 1,000 bytes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "") + "…"
	}
	return strings.TrimSpace(s)
}
