package ldif

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// description is an attribute description: a name with options, RFC 4512 section 2.5.
type description struct {
	name   string // without options that only say how the value was transferred
	folded string
	span   *span // of ;range=
}

// span is the part of an attribute's values that one line belongs to: AD hands out at most 1,500 values at once.
type span struct {
	from, to int // to is -1 for the last part
	values   int // that were read of it
}

// descriptions remembers those seen before: a file has few, and each a million times.
type descriptions map[string]description

// maxDescriptions bounds what a hostile file can make us remember.
const maxDescriptions = 4096

// read reads an attribute description.
func (d descriptions) read(s string) (description, error) {
	if known, ok := d[s]; ok {
		return known, nil
	}
	read, err := describe(s)
	if err == nil && len(d) < maxDescriptions {
		d[strings.Clone(s)] = read
	}
	return read, err
}

func describe(s string) (description, error) {
	parts := strings.Split(strings.Clone(s), ";")
	for _, part := range parts {
		if part == "" || strings.IndexFunc(part, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._=*", r))
		}) >= 0 {
			return description{}, fmt.Errorf("%s is not the name of an attribute", quote(s))
		}
	}
	d := description{name: parts[0]}
	for _, option := range parts[1:] {
		switch o := strings.ToLower(option); {
		case o == "binary":
		case strings.HasPrefix(o, "range="):
			r, err := readSpan(o[len("range="):])
			if err != nil {
				return description{}, fmt.Errorf("%s: %w", d.name, err)
			}
			d.span = &r
		default: // a language or the like makes it another attribute
			d.name += ";" + option
		}
	}
	d.folded = directory.Fold(d.name)
	return d, nil
}

// pair is one attribute line, decoded.
type pair struct {
	description
	value   string
	encoded bool // the value stood in base64
}

// decode reads one attribute line.
func (d descriptions) decode(text string) (pair, error) {
	name, rest, ok := strings.Cut(text, ":")
	if !ok {
		return pair{}, fmt.Errorf("%s is no attribute line: it has no colon", quote(text))
	}
	about, err := d.read(name)
	if err != nil {
		return pair{}, err
	}
	p := pair{description: about}
	switch {
	case strings.HasPrefix(rest, "<"):
		return pair{}, fmt.Errorf("%s: values by URL are not fetched", p.name)
	case strings.HasPrefix(rest, ":"):
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.Trim(rest[1:], " "))
		if err != nil {
			return pair{}, fmt.Errorf("%s: the value is not base64: %w", p.name, err)
		}
		p.value, p.encoded = string(raw), true
		return p, nil
	}
	p.value = strings.TrimLeft(rest, " ")
	if !utf8.ValidString(p.value) || strings.IndexByte(p.value, 0) >= 0 {
		return pair{}, fmt.Errorf("%s: the value %s is not UTF-8 text", p.name, quote(p.value))
	}
	return p, nil
}

func readSpan(s string) (span, error) {
	from, to, ok := strings.Cut(s, "-")
	low, err := strconv.Atoi(from)
	if !ok || err != nil || low < 0 {
		return span{}, fmt.Errorf("range=%s is not a range of values", quote(s))
	}
	if to == "*" {
		return span{from: low, to: -1}, nil
	}
	high, err := strconv.Atoi(to)
	if err != nil || high < low {
		return span{}, fmt.Errorf("range=%s is not a range of values", quote(s))
	}
	return span{from: low, to: high}, nil
}

// record is one entry of the file.
type record struct {
	line    int
	dn      string
	classes []string // folded
	deleted bool
	attrs   []attribute
	byName  map[string]int // folded name -> attrs
}

// attribute is one attribute of a record.
type attribute struct {
	directory.Attribute
	folded string
	line   int
	spans  []span
}

func (r *record) reset(line int) {
	r.line, r.dn, r.classes, r.deleted, r.attrs = line, "", r.classes[:0], false, r.attrs[:0]
	if r.byName == nil {
		r.byName = map[string]int{}
	}
	clear(r.byName)
}

// add takes one attribute line.
func (r *record) add(p pair, line int) {
	switch p.folded {
	case "objectclass":
		r.classes = append(r.classes, directory.Fold(p.value))
	case "isdeleted":
		r.deleted = directory.EqualFold(p.value, "TRUE")
	}
	i, ok := r.byName[p.folded]
	if !ok {
		i = len(r.attrs)
		r.byName[p.folded] = i
		r.attrs = append(r.attrs, attribute{Attribute: directory.Attribute{Name: p.name}, folded: p.folded, line: line})
	}
	a := &r.attrs[i]
	if p.span != nil {
		a.count(*p.span, p.value != "")
	}
	if p.value != "" {
		a.Values = append(a.Values, raw(p))
	}
}

// count notes that a line belongs to a part of the values.
func (a *attribute) count(s span, value bool) {
	i := slices.IndexFunc(a.spans, func(x span) bool { return x.from == s.from && x.to == s.to })
	if i < 0 {
		i = len(a.spans)
		a.spans = append(a.spans, s)
	}
	if value {
		a.spans[i].values++
	}
}

// raw gives the value as the directory holds it: ldbsearch writes GUIDs and SIDs as text.
func raw(p pair) string {
	if p.encoded || directory.SyntaxOf(p.folded) != directory.Binary {
		return p.value
	}
	if g, err := directory.ParseGUID(p.value); err == nil {
		return string(g[:])
	}
	if sid, err := ldapvalue.ParseSID(p.value); err == nil {
		return sid
	}
	return p.value
}

// complete holds that the parts of an attribute that came in ranges make up the whole.
func (a *attribute) complete() error {
	if len(a.spans) == 0 {
		return nil
	}
	slices.SortFunc(a.spans, func(x, y span) int { return x.from - y.from })
	next := 0
	for i, s := range a.spans {
		if s.from != next || s.to < 0 && i < len(a.spans)-1 {
			return fmt.Errorf("%s: values from %d on are missing", a.Name, next)
		}
		if s.to < 0 {
			return nil
		}
		if n := s.to - s.from + 1; n != s.values {
			return fmt.Errorf("%s: of the values %d to %d there are %d", a.Name, s.from, s.to, s.values)
		}
		next = s.to + 1
	}
	return fmt.Errorf("%s: only the values 0 to %d were exported; fetch the further ranges, as a server hands out no more at once",
		a.Name, next-1)
}

// first gives the first value of an attribute by its folded name.
func (r *record) first(folded string) string {
	if i, ok := r.byName[folded]; ok && len(r.attrs[i].Values) > 0 {
		return r.attrs[i].Values[0]
	}
	return ""
}

var errNoClass = errors.New("the record has no objectClass, so nobody can say what it is; export that attribute too")

// kind says what the record is; ok is false for objects that are not synchronised. Computers are users to the schema.
func (r *record) kind() (k directory.Kind, ok bool) {
	has := func(class string) bool { return slices.Contains(r.classes, class) }
	switch {
	case r.deleted || has("computer"):
		return 0, false
	case has("user") || has("inetorgperson"):
		return directory.User, true
	case has("contact"):
		return directory.Contact, true
	case has("group"):
		return directory.Group, true
	}
	return 0, false
}

// guid gives the objectGUID.
func (r *record) guid() (directory.GUID, error) {
	v := r.first("objectguid")
	if v == "" {
		return directory.GUID{}, errors.New("the record has no objectGUID; export that attribute too")
	}
	g, ok := directory.GUIDFromBytes([]byte(v))
	if !ok || g.IsZero() {
		return g, fmt.Errorf("objectGUID has %d bytes, want 16 that are not all zero", len(v))
	}
	return g, nil
}
