package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/internal/retry"
)

// purpose says what a request is for, and so what it means when no good answer comes.
type purpose uint8

// Of a read of the whole, silence means that the tenant cannot be reached; of a read of one object, that it may be asked
// again; of a write, that its outcome is not known.
const (
	readWhole purpose = iota
	readOne
	write
)

// refusal is what Graph says of a request that it did not carry out.
type refusal struct {
	status  int
	code    string
	message string
	details []detail
	request string // request id
}

type detail struct{ code, target string }

// classify is the one place where a failure of Graph gets its kind. It keeps the server's own text, and neither the
// address nor the body of the request, which hold names, tokens of paging and passwords.
func (c *Connector) classify(r request, a answer, err error) error {
	if err != nil {
		kind, cause := c.unanswered(r.why, err)
		return &fault.Error{Kind: kind, Op: r.op, Err: cause}
	}
	no := c.refusal(a)
	f := &fault.Error{Kind: no.kind(r.why), Op: r.op, Code: no.code, RequestID: no.request, Err: no.text()}
	if f.Kind == fault.Throttled {
		f.Delay, _ = retry.After(a.header, c.now())
	}
	return f
}

// unanswered gives the kind of a request that got no answer, and a cause without the request's address.
func (c *Connector) unanswered(why purpose, err error) (fault.Kind, error) {
	var lost *sendError
	if errors.As(err, &lost) {
		if why == write && lost.sent {
			return fault.Unknown, lost.err
		}
		return silent(why), lost.err
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	var network net.Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) {
		return silent(why), fmt.Errorf("get a token: %w", err)
	}
	return fault.SignIn, signInText(err)
}

// silent is the kind of a request that did not take effect for want of an answer.
func silent(why purpose) fault.Kind {
	if why == readWhole {
		return fault.Unreachable
	}
	return fault.Transient
}

// signInText shortens what azidentity says, which is a dump of the exchange, to the reason that Entra ID gives.
func signInText(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		return fmt.Errorf("sign-in was refused with status %d: %s", failed.RawResponse.StatusCode, firstReason(err.Error()))
	}
	return fmt.Errorf("sign-in: %s", printable(firstLine(err.Error())))
}

// firstReason finds Entra ID's own code and sentence in a text, such as "AADSTS7000215: Invalid client secret provided."
func firstReason(s string) string {
	i := strings.Index(s, "AADSTS")
	if i < 0 {
		return printable(firstLine(s))
	}
	s = s[i:]
	if end := strings.IndexAny(s, "\r\n\"\\"); end >= 0 {
		s = s[:end]
	}
	return printable(s)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
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

// refusal reads an error answer with the SDK's error models. What is no JSON, such as a gateway's page, has no code.
func (c *Connector) refusal(a answer) refusal {
	out := refusal{status: a.status, request: a.header.Get("request-id")}
	if !json.Valid(a.body) {
		return out
	}
	node, err := c.json.GetRootParseNode("application/json", a.body)
	if err != nil || node == nil {
		return out
	}
	value, err := node.GetObjectValue(odataerrors.CreateODataErrorFromDiscriminatorValue)
	if err != nil {
		return out
	}
	o, ok := value.(odataerrors.ODataErrorable)
	if !ok || o.GetErrorEscaped() == nil {
		return out
	}
	e := o.GetErrorEscaped()
	out.code, out.message = text(e.GetCode()), text(e.GetMessage())
	for _, d := range e.GetDetails() {
		if d == nil { // the models hand a null in a list on as it is
			continue
		}
		out.details = append(out.details, detail{text(d.GetCode()), text(d.GetTarget())})
	}
	if inner := e.GetInnerError(); inner != nil && out.request == "" {
		out.request = text(inner.GetRequestId())
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// text is the cause for people: the server's own words, whom it conflicts with, and the status.
func (n refusal) text() error {
	s := printable(n.message)
	if s == "" {
		s = http.StatusText(n.status)
	}
	if other := n.other(); other != "" {
		s += " Held by object " + printable(other) + "."
	}
	return fmt.Errorf("%s (status %d)", s, n.status)
}

// other gives the id of the object that holds a value already, from a detail's target such as User_<id>.
func (n refusal) other() string {
	for _, d := range n.details {
		if d.code == "ConflictingObjects" {
			if _, id, ok := strings.Cut(d.target, "_"); ok {
				return id
			}
		}
	}
	return ""
}

// kind gives the kind by status, then by code, then by the details' codes, then by a part of the message.
func (n refusal) kind(why purpose) fault.Kind {
	switch {
	case n.status == http.StatusUnauthorized:
		return fault.SignIn
	case n.status == http.StatusForbidden && n.code == "Directory_QuotaExceeded":
		return fault.Invalid
	case n.status == http.StatusForbidden:
		return fault.Denied
	case n.status == http.StatusNotFound && n.code == "": // of a gateway or a wrong address: it says nothing about the object
		return failed(why)
	case n.status == http.StatusNotFound, n.says("one of the objects being referenced do"): // "… not exist", of members of a fresh group
		return fault.NotFound
	case n.status == http.StatusTooManyRequests:
		return fault.Throttled
	case n.conflict(), n.status == http.StatusPreconditionFailed:
		return fault.Conflict
	case n.status == http.StatusConflict && why == write:
		return fault.Transient // Directory_ConcurrencyViolation: two writes met
	case n.status == http.StatusConflict, n.code == "Directory_ExpiredPageToken" || n.status == http.StatusGone:
		return silent(why)
	case n.status == http.StatusRequestTimeout, n.status >= 500 && n.status != http.StatusNotImplemented:
		return failed(why)
	}
	return fault.Invalid
}

// failed is the kind of an answer that does not say what became of the request.
func failed(why purpose) fault.Kind {
	if why == write {
		return fault.Unknown
	}
	return silent(why)
}

// conflict reports whether another object holds a value that must be unique.
func (n refusal) conflict() bool {
	if n.code == "Request_MultipleObjectsWithSameKeyValue" {
		return true
	}
	for _, d := range n.details {
		if d.code == "ObjectConflict" || d.code == "ConflictingObjects" {
			return true
		}
	}
	return n.says("another object with the same value") || n.says("conflicting object with one or more of the specified property values") ||
		n.says("property netid is invalid")
}

// says reports whether the message has a part, in any case.
func (n refusal) says(part string) bool { return strings.Contains(strings.ToLower(n.message), part) }

// says reports whether an error of send holds a part of the server's text, for the few answers that mean more than their
// kind.
func says(err error, part string) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), part)
}
