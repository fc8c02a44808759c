package strictyaml

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Value is one node of a document. Its accessors note a problem and give a zero value when the node is of another type;
// they are silent about nodes that Parse already reported. The zero Value is silent about everything.
type Value struct {
	doc  *Doc
	node *yaml.Node
}

// Root gives the document's value.
func (d *Doc) Root() Value { return Value{d, d.root} }

// usable reports whether there is a node that Parse had nothing against.
func (v Value) usable() bool {
	return v.node != nil && v.node.Kind != yaml.AliasNode && !(v.node.Kind == yaml.ScalarNode && v.node.Tag == "!!null")
}

// Doc gives the document that the value stands in.
func (v Value) Doc() *Doc { return v.doc }

// Line gives the line at which the value begins, from 1; 0 for the zero Value.
func (v Value) Line() int {
	if v.node == nil {
		return 0
	}
	return v.node.Line
}

// Col gives the column at which the value begins, from 1, in characters; 0 for the zero Value.
func (v Value) Col() int {
	if v.node == nil {
		return 0
	}
	return v.node.Column
}

// Problemf notes a problem at the value.
func (v Value) Problemf(format string, args ...any) { v.Hintf("", format, args...) }

// Hintf notes a problem at the value with a hint.
func (v Value) Hintf(hint, format string, args ...any) {
	if v.doc != nil && v.node != nil {
		v.doc.note(v.node.Line, v.node.Column, hint, format, args...)
	}
}

// Unknown notes that word is not among the known ones and suggests the nearest: `unknown bundle "viso", did you mean "visio"?`.
func (v Value) Unknown(what, word string, known []string) {
	v.Hintf(DidYouMean(word, known), "unknown %s %q", what, word)
}

// IsList reports whether the value is a list.
func (v Value) IsList() bool { return v.usable() && v.node.Kind == yaml.SequenceNode }

// IsMapping reports whether the value is a mapping.
func (v Value) IsMapping() bool { return v.usable() && v.node.Kind == yaml.MappingNode }

// IsScalar reports whether the value is a text, a number, a date, or true or false.
func (v Value) IsScalar() bool { return v.usable() && v.node.Kind == yaml.ScalarNode }

// Peek gives a scalar as it is written, "" for anything else, and notes no problem.
func (v Value) Peek() string {
	if !v.IsScalar() {
		return ""
	}
	return v.node.Value
}

func (v Value) is(kind yaml.Kind, want string) bool {
	if !v.usable() {
		return false
	}
	if v.node.Kind != kind {
		v.Problemf("expected %s, found %s", want, v.what())
		return false
	}
	return true
}

// what names what stands there, for messages.
func (v Value) what() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch v.node.Tag {
	case "!!bool":
		return v.node.Value
	case "!!int", "!!float":
		return "the number " + v.node.Value
	case "!!timestamp":
		return "the date " + v.node.Value
	}
	return fmt.Sprintf("%q", v.node.Value)
}

// Fields walks a mapping with known keys in the order written, calling the function of each key. Unknown keys and missing
// required ones are problems.
func (v Value) Fields(fields map[string]func(Value), required ...string) {
	found := map[string]bool{}
	v.pairs(func(k, x Value) {
		name := k.node.Value
		f, ok := fields[name]
		if !ok {
			known := make([]string, 0, len(fields))
			for n := range fields {
				known = append(known, n)
			}
			slices.Sort(known)
			k.Unknown("key", name, known)
			return
		}
		found[name] = true
		f(x)
	})
	if !v.IsMapping() {
		return
	}
	for _, r := range required {
		if !found[r] {
			v.Problemf("key %q is missing", r)
		}
	}
}

// Each walks a mapping with free keys in the order written. key is the key itself, for its position.
func (v Value) Each(f func(name string, key, value Value)) {
	v.pairs(func(k, x Value) { f(k.node.Value, k, x) })
}

func (v Value) pairs(f func(k, x Value)) {
	if !v.is(yaml.MappingNode, "a mapping") {
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		k := v.node.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" || k.Tag == "!!null" || seen[k.Value] {
			continue // reported by Parse
		}
		seen[k.Value] = true
		f(Value{v.doc, k}, Value{v.doc, v.node.Content[i+1]})
	}
}

// Items walks a list.
func (v Value) Items(f func(i int, item Value)) {
	if !v.is(yaml.SequenceNode, "a list") {
		return
	}
	for i, c := range v.node.Content {
		f(i, Value{v.doc, c})
	}
}

// scalar gives a scalar's text when its type is one of tags.
func (v Value) scalar(want string, tags ...string) (string, bool) {
	if !v.is(yaml.ScalarNode, want) {
		return "", false
	}
	if !slices.Contains(tags, v.node.Tag) {
		hint := ""
		if want == "text" {
			hint = "put it in quotes"
		}
		v.Hintf(hint, "expected %s, found %s", want, v.what())
		return "", false
	}
	return v.node.Value, true
}

// Text gives a text. A number, a date or true is not text unless quoted.
func (v Value) Text() string {
	s, _ := v.scalar("text", "!!str")
	return s
}

// Words gives a text that must not be empty or blank.
func (v Value) Words() string {
	s, ok := v.scalar("text", "!!str")
	if ok && strings.TrimSpace(s) == "" {
		v.Problemf("text is empty")
	}
	return s
}

// Bool gives true or false; no other spelling is a boolean.
func (v Value) Bool() bool {
	s, ok := v.scalar("true or false", "!!bool")
	if ok && s != "true" && s != "false" {
		v.Problemf("expected true or false, found %s", s)
	}
	return s == "true"
}

// Int gives a whole number written in decimal.
func (v Value) Int() int64 {
	s, ok := v.scalar("a whole number", "!!int", "!!float")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || len(s) > 1 && (s[0] == '0' || s[0] == '+') {
		v.Problemf("expected a whole number, found %s", s)
		return 0
	}
	return n
}

// Texts gives a list of texts.
func (v Value) Texts() []string {
	var out []string
	v.Items(func(_ int, x Value) {
		if x.usable() {
			out = append(out, x.Text())
		}
	})
	return out
}

// Enum gives a text that must be one of values; "" when it is not.
func (v Value) Enum(what string, values ...string) string {
	s, ok := v.scalar("text", "!!str")
	if !ok {
		return ""
	}
	if !slices.Contains(values, s) {
		v.Hintf(DidYouMean(s, values), "%s %q is not one of %s", what, s, strings.Join(values, ", "))
		return ""
	}
	return s
}

// Date gives a calendar day, written 2026-09-01, as midnight UTC; the zero time when it is none.
func (v Value) Date() time.Time {
	s, ok := v.scalar("a date", "!!timestamp", "!!str")
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		v.Problemf("%q is not a date like 2026-09-01", s)
		return time.Time{}
	}
	return t
}

// units are the units in which durations are written.
var units = map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}

// maxDuration bounds durations at a hundred years, well inside what time.Duration holds.
const maxDuration = 100 * 365 * 24 * time.Hour

// Duration gives a span of time written as a whole number with one unit: 14d, 36h, 90m or 30s.
func (v Value) Duration() time.Duration {
	s, ok := v.scalar("a duration", "!!str", "!!int")
	if !ok {
		return 0
	}
	if len(s) > 1 {
		n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
		if u := units[s[len(s)-1]]; err == nil && u > 0 && time.Duration(n) <= maxDuration/u {
			return time.Duration(n) * u
		}
	}
	v.Problemf("%q is not a duration like 14d, 36h, 90m or 30s", s)
	return 0
}
