package plan

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory/cloud"
)

// member is a file of JSON lines on its way into the archive.
type member struct {
	buf   *bufio.Writer
	aside *aside
	hash  hash.Hash
	text  bytes.Buffer // the line at hand
	json  *json.Encoder
}

func newMember(w io.Writer) *member {
	m := &member{hash: sha256.New()}
	m.aside = newAside(io.MultiWriter(w, m.hash))
	m.buf = bufio.NewWriterSize(m.aside, 1<<16)
	m.json = json.NewEncoder(&m.text)
	m.json.SetEscapeHTML(false)
	return m
}

func (m *member) line(v any) error {
	m.text.Reset()
	if err := m.json.Encode(v); err != nil {
		return err
	}
	if m.text.Len() > maxLine {
		return fmt.Errorf("a line of %d bytes, more than %d", m.text.Len(), maxLine)
	}
	_, err := m.buf.Write(m.text.Bytes())
	return err
}

// sum ends the member and gives the digest of its bytes.
func (m *member) sum() (string, error) {
	if err := errors.Join(m.buf.Flush(), m.aside.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(m.hash.Sum(nil)), nil
}

// sealer holds back the archive's last bytes, its comment, to put the digest of all before them in their place.
type sealer struct {
	w    io.Writer
	sum  hash.Hash
	held []byte
}

func (s *sealer) Write(p []byte) (int, error) {
	s.held = append(s.held, p...)
	if n := len(s.held) - sealLen; n > 0 {
		s.sum.Write(s.held[:n])
		if _, err := s.w.Write(s.held[:n]); err != nil {
			return 0, err
		}
		s.held = s.held[:copy(s.held, s.held[n:])]
	}
	return len(p), nil
}

func (s *sealer) close() error {
	_, err := io.WriteString(s.w, digestPrefix+hex.EncodeToString(s.sum.Sum(nil)))
	return err
}

// encode gives the manifest's bytes: indented, times in UTC, maps in the order of their keys.
func (m Manifest) encode() ([]byte, error) {
	m.Created, m.AsOf, m.Expires = m.Created.UTC(), m.AsOf.UTC(), m.Expires.UTC()
	m.Tenant.ReadAt, m.Tenant.LastSync = m.Tenant.ReadAt.UTC(), m.Tenant.LastSync.UTC()
	m.Sources = slices.Clone(m.Sources)
	for i := range m.Sources {
		m.Sources[i].TakenAt = m.Sources[i].TakenAt.UTC()
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	if buf.Len() > maxManifest {
		return nil, fmt.Errorf("manifest has %d bytes, more than %d", buf.Len(), maxManifest)
	}
	return buf.Bytes(), nil
}

// unwritable names the first text of a change that JSON would alter without a word, "" when there is none. What only
// people read, such as names, may be altered.
func unwritable(c *Change) string {
	if !utf8.ValidString(c.ID) {
		return "its id"
	}
	for i := range c.Attributes {
		a := &c.Attributes[i]
		if !valid(a.Before) || !valid(a.After) {
			return a.Name
		}
		if slices.ContainsFunc(a.Add, unwritableRef) || slices.ContainsFunc(a.Remove, unwritableRef) {
			return a.Name
		}
	}
	return ""
}

func unwritableRef(r Ref) bool { return !utf8.ValidString(string(r.Anchor)) || !utf8.ValidString(r.ID) }

func valid(v cloud.Value) bool {
	return utf8.ValidString(v.Text()) && !slices.ContainsFunc(v.Texts(), func(s string) bool { return !utf8.ValidString(s) })
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
