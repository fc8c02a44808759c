package company

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/coexistsync/coexist/directory"
)

// writer writes LDIF, RFC 2849. Errors stay in the buffered writer until its Flush.
type writer struct{ w *bufio.Writer }

// value writes one attribute line, folded after 76 characters and in base64 where the value asks for it.
func (w *writer) value(name, v string) {
	text := name + ": " + v
	if !safe(v) {
		text = name + ":: " + base64.StdEncoding.EncodeToString([]byte(v))
	}
	w.line(text)
}

func (w *writer) line(text string) {
	const width = 76
	for limit := width; len(text) > limit; limit = width - 1 {
		w.w.WriteString(text[:limit])
		w.w.WriteString("\n ")
		text = text[limit:]
	}
	w.w.WriteString(text)
	w.w.WriteByte('\n')
}

func (w *writer) comment(text string) { w.line("# " + text) }

func (w *writer) end() { w.w.WriteByte('\n') }

// safe reports whether a value may stand as it is: RFC 2849, SAFE-STRING, and no space at its end.
func safe(v string) bool {
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c >= 0x80 || c == 0 || c == '\n' || c == '\r' || i == 0 && (c == ' ' || c == ':' || c == '<') {
			return false
		}
	}
	return v == "" || v[len(v)-1] != ' '
}

// guid derives the objectGUID of what is named.
func guid(seed uint64, about string) directory.GUID {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, about))
	return directory.GUID(h[:16])
}

// sid gives the raw security identifier of an account of the domain.
func sid(rid uint32) string {
	b := []byte{1, 5, 0, 0, 0, 0, 0, 5}
	for _, part := range []uint32{21, 1004336348, 1177238915, 682003330, rid} {
		b = binary.LittleEndian.AppendUint32(b, part)
	}
	return string(b)
}
