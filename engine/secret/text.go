// Package secret keeps secrets from being shown, and makes passwords. A Text shows itself to nobody who does not ask by name;
// Make makes a password after a policy's wish. The package does no I/O: randomness is passed in.
//
// It does not hand passwords over, and does not keep them; see docs/secrets.md.
package secret

import (
	"fmt"
	"io"
)

// hidden is what is shown in place of every secret.
const hidden = "[secret]"

// Text is a text that nothing prints: not fmt with any verb, not encoding/json, not a log. Only Reveal gives it. It is
// behind a pointer, so that fmt, which cannot ask the unexported field of a struct how it wants to be shown, finds an address
// there. The zero Text is empty. Two are not compared with ==.
type Text struct {
	_    [0]func() // not comparable
	text *string
}

// New hides a text.
func New(s string) Text { return Text{text: &s} }

// Reveal gives the text, for the one place that needs it.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// IsEmpty reports whether there is nothing to hide.
func (t Text) IsEmpty() bool { return t.Reveal() == "" }

// String implements fmt.Stringer.
func (Text) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Text) GoString() string { return hidden }

// Format implements fmt.Formatter, for the verbs that would go around String.
func (Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) } // as fmt itself does

// MarshalJSON implements json.Marshaler.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText implements encoding.TextMarshaler, which encoders other than JSON's ask for.
func (Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }
