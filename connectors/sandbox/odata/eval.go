package odata

import (
	"cmp"
	"strings"
	"time"
)

// Value is null, a text, a truth, a whole number or a time. The zero Value is null.
type Value struct {
	kind   valueKind
	text   string
	number int64
	time   time.Time
}

type valueKind uint8

const (
	null valueKind = iota
	text
	truth
	number
	instant
)

// Text gives a text value.
func Text(s string) Value { return Value{kind: text, text: s} }

// Truth gives a truth value.
func Truth(b bool) Value {
	if b {
		return Value{kind: truth, number: 1}
	}
	return Value{kind: truth}
}

// Number gives a whole number.
func Number(n int64) Value { return Value{kind: number, number: n} }

// Time gives a point in time.
func Time(t time.Time) Value { return Value{kind: instant, time: t} }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == null }

// AsText gives a text value's text, "" for any other.
func (v Value) AsText() string { return v.text }

// Row is the object under the filter. Paths are as the filter spells them.
type Row interface {
	// Value gives the value at a path, and whether its text compares with regard to case.
	Value(path string) (v Value, exact bool)
	// Each yields the elements of the collection at a path until yield returns false.
	Each(path string, yield func(Row) bool)
}

// Match reports whether the row satisfies the filter.
func (n *Node) Match(r Row) bool { return n.match(r) }

func (n *Node) match(r Row) bool {
	switch n.Op {
	case And:
		return n.Kids[0].match(r) && n.Kids[1].match(r)
	case Or:
		return n.Kids[0].match(r) || n.Kids[1].match(r)
	case Not:
		return !n.Kids[0].match(r)
	case Any:
		found := false
		r.Each(n.Path, func(e Row) bool {
			found = len(n.Kids) == 0 || n.Kids[0].match(bound{n.Var, e})
			return !found
		})
		return found
	}
	v, exact := r.Value(n.Path)
	return n.compare(v, exact)
}

func (n *Node) compare(v Value, exact bool) bool {
	switch n.Op {
	case Eq:
		return equal(v, n.Values[0], exact)
	case Ne:
		return !equal(v, n.Values[0], exact)
	case In:
		for _, w := range n.Values {
			if equal(v, w, exact) {
				return true
			}
		}
		return false
	case Word:
		return v.kind == text && words(v.text, n.Values[0].text)
	case StartsWith, EndsWith:
		s, part := v.text, n.Values[0].text
		if v.kind != text || len(part) > len(s) {
			return false
		}
		if n.Op == StartsWith {
			return sameText(s[:len(part)], part, exact)
		}
		return sameText(s[len(s)-len(part):], part, exact)
	}
	c, ok := order(v, n.Values[0])
	return ok && (n.Op == Ge && c >= 0 || n.Op == Le && c <= 0 || n.Op == Gt && c > 0 || n.Op == Lt && c < 0)
}

func sameText(a, b string, exact bool) bool { return a == b || !exact && strings.EqualFold(a, b) }

func equal(a, b Value, exact bool) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case text:
		return sameText(a.text, b.text, exact)
	case instant:
		return a.time.Equal(b.time)
	}
	return a.number == b.number
}

// order compares two values of one kind; null is not ordered.
func order(a, b Value) (int, bool) {
	if a.kind != b.kind || a.kind == null {
		return 0, false
	}
	switch a.kind {
	case text:
		return strings.Compare(strings.ToLower(a.text), strings.ToLower(b.text)), true
	case instant:
		return a.time.Compare(b.time), true
	}
	return cmp.Compare(a.number, b.number), true
}

// bound is an element of a collection under its lambda variable.
type bound struct {
	name string
	row  Row
}

func (b bound) Value(path string) (Value, bool) {
	rest, _ := b.cut(path)
	return b.row.Value(rest)
}

func (b bound) Each(path string, yield func(Row) bool) {
	rest, _ := b.cut(path)
	b.row.Each(rest, yield)
}

// cut takes the variable off a path; the path of the element itself is "".
func (b bound) cut(path string) (string, bool) {
	if path == b.name {
		return "", true
	}
	return strings.CutPrefix(path, b.name+"/")
}
