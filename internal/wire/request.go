package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Version is the version of the protocol, and the only one that this program speaks.
const Version = 1

// MaxRequest is the longest request, MaxLine the longest line of an answer, in bytes with the line feed.
const (
	MaxRequest = 1 << 20
	MaxLine    = 256 << 10
)

// Mode says how far a command may go.
type Mode string

// The modes. A command that would change something is refused in mode read.
const (
	Read   Mode = "read"
	WhatIf Mode = "whatif"
	Apply  Mode = "apply"
)

// Request asks for one command.
type Request struct {
	Wire       int                        `json:"wire"`
	ID         string                     `json:"id,omitempty"`
	Op         string                     `json:"op"`   // the command, its words joined by dots: policy.test
	Mode       Mode                       `json:"mode"` // "" for read
	Client     Client                     `json:"client"`
	ProgressHz float64                    `json:"progressHz,omitempty"` // at most this many progress lines a second; 0 for 5, which is also the most
	Culture    string                     `json:"culture,omitempty"`    // of the person at the other end; texts are English all the same
	ConfigPath string                     `json:"configPath,omitempty"` // "" for the command's default
	Params     map[string]json.RawMessage `json:"params,omitempty"`     // options by name: text, number, truth or a list of texts
	Args       []string                   `json:"args,omitempty"`       // what stands behind the options
	Secret     Secret                     `json:"secret,omitempty"`     // what the command reads from its standard input
	Records    []string                   `json:"records,omitempty"`    // the types of records to send; absent for all
}

// Client says who asks.
type Client struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	PS      string `json:"ps,omitempty"`      // version of PowerShell
	Edition string `json:"edition,omitempty"` // Desktop or Core
}

// Secret is text that appears in no message.
type Secret string

// String hides the secret from formatting.
func (Secret) String() string { return "(secret)" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "(secret)" }

// Reveal gives the text.
func (s Secret) Reveal() string { return string(s) }

// ErrRequest says that a request was not understood.
var ErrRequest = errors.New("wire request not understood")

var (
	wordOfOp = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$`)
	option   = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// ReadRequest reads the line of a request. A byte order mark before it is skipped: Windows PowerShell 5.1 on a system whose
// code page is UTF-8 writes one. No message quotes what was read, because it may hold a secret. The error is io.EOF where
// the input ended before anything came.
func ReadRequest(r *bufio.Reader) (*Request, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxRequest:
			return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrRequest, MaxRequest)
		case err == nil:
			return DecodeRequest(line)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			if len(bytes.TrimSpace(line)) == 0 {
				return nil, io.EOF
			}
			return DecodeRequest(line)
		default:
			return nil, fmt.Errorf("read wire request: %w", err)
		}
	}
}

// DecodeRequest decodes the line of a request and checks it as far as that needs no command.
func DecodeRequest(line []byte) (*Request, error) {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(line) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrRequest)
	}
	var q Request
	d := json.NewDecoder(bytes.NewReader(line))
	if err := d.Decode(&q); err != nil {
		return nil, fmt.Errorf("%w: it is not a JSON object of the published schema", ErrRequest)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: there is more than one JSON object", ErrRequest)
	}
	if q.Mode == "" {
		q.Mode = Read
	}
	return &q, q.check()
}

func (q *Request) check() error {
	switch {
	case q.Wire != Version:
		return fmt.Errorf("%w: it speaks version %d, and this program version %d", ErrRequest, q.Wire, Version)
	case !wordOfOp.MatchString(q.Op):
		return fmt.Errorf("%w: op is no command", ErrRequest)
	case q.Mode != Read && q.Mode != WhatIf && q.Mode != Apply:
		return fmt.Errorf("%w: there is no mode %q", ErrRequest, string(q.Mode))
	case q.ProgressHz < 0:
		return fmt.Errorf("%w: progressHz is negative", ErrRequest)
	}
	for name, value := range q.Params {
		if !option.MatchString(name) {
			return fmt.Errorf("%w: a parameter's name is no option", ErrRequest)
		}
		if _, err := Texts(value); err != nil {
			return fmt.Errorf("%w: parameter %s: %w", ErrRequest, name, err)
		}
	}
	return nil
}

// Texts gives the values of a parameter as an option takes them: none for null and an empty list.
func Texts(value json.RawMessage) ([]string, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, errors.New("it is no JSON value")
	}
	list, ok := v.([]any)
	if !ok {
		if v == nil {
			return nil, nil
		}
		list = []any{v}
	}
	out := make([]string, len(list))
	for i, x := range list {
		switch x := x.(type) {
		case string:
			out[i] = x
		case json.Number:
			out[i] = x.String()
		case bool:
			out[i] = map[bool]string{true: "true", false: "false"}[x]
		default:
			return nil, errors.New("it is neither text, number, truth nor a list of these")
		}
	}
	return out, nil
}

// Cancels reports whether a line behind the request asks for a clean end.
func Cancels(line []byte) bool {
	var q struct {
		Op string `json:"op"`
	}
	return json.Unmarshal(line, &q) == nil && strings.EqualFold(q.Op, "cancel")
}
