// Package schema says what the files of policies look like: as JSON Schema (draft 2020-12) for editors, and as help for
// people. It is made from the tables that the loader itself works with, so that a new key or value appears by itself.
//
// A schema sees one file and no expressions. What it cannot express, such as names that stand elsewhere, coexist policy check
// says; a test feeds one corpus to both and lists those cases.
package schema

import (
	"encoding/json"
	"strings"
)

// dialect is the JSON Schema that is written.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema describes a value. The zero Schema is any value.
type Schema struct {
	Title       string
	Description string   // for people: what it is for
	Types       []string // JSON's names; none is any
	Enum        []string
	Const       any
	Pattern     string // of texts
	MinLength   int
	Minimum     *int
	Maximum     *int
	Keys        []Key   // of mappings, in the order of the documentation
	Free        *Schema // of mappings: what stands under names of the author's; nil where only Keys may stand
	NamePattern string  // of those names
	MinKeys     int
	Items       *Schema // of lists
	MinItems    int
	Unique      bool             // the items of the list are different
	AnyOf       []*Schema        // one of them at least; with a description each is a way to write it
	Rules       []map[string]any // further keywords, each applied as a schema of its own
	Expression  bool             // it is an expression
}

// Key is a key of a mapping.
type Key struct {
	Name     string
	Required bool
	Value    *Schema
}

// JSON gives the schema as a document, with its identification. id is a name such as policy.
func (s *Schema) JSON(id string) ([]byte, error) {
	m := s.object()
	m["$schema"] = dialect
	m["$id"] = "urn:coexist:schema:" + id + ":v1"
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// object gives the schema as JSON's values.
func (s *Schema) object() map[string]any {
	m := map[string]any{}
	put := func(key string, value any, given bool) {
		if given {
			m[key] = value
		}
	}
	put("title", s.Title, s.Title != "")
	put("description", s.Description, s.Description != "")
	switch len(s.Types) {
	case 0:
	case 1:
		m["type"] = s.Types[0]
	default:
		m["type"] = s.Types
	}
	put("enum", s.Enum, s.Enum != nil)
	put("const", s.Const, s.Const != nil)
	put("pattern", s.Pattern, s.Pattern != "")
	put("minLength", s.MinLength, s.MinLength > 0)
	put("minimum", s.Minimum, s.Minimum != nil)
	put("maximum", s.Maximum, s.Maximum != nil)
	put("minItems", s.MinItems, s.MinItems > 0)
	put("uniqueItems", true, s.Unique)
	put("minProperties", s.MinKeys, s.MinKeys > 0)
	if s.Items != nil {
		m["items"] = s.Items.object()
	}
	if s.mapping() {
		s.keywords(m)
	}
	if len(s.AnyOf) > 0 {
		list := make([]any, len(s.AnyOf))
		for i, x := range s.AnyOf {
			list[i] = x.object()
		}
		m["anyOf"] = list
	}
	if len(s.Rules) > 0 {
		list := make([]any, len(s.Rules))
		for i, x := range s.Rules {
			list[i] = x
		}
		m["allOf"] = list
	}
	return m
}

func (s *Schema) mapping() bool { return len(s.Keys) > 0 || s.Free != nil }

// keywords writes what a mapping may hold.
func (s *Schema) keywords(m map[string]any) {
	properties, required := map[string]any{}, []string{}
	for _, k := range s.Keys {
		properties[k.Name] = k.Value.object()
		if k.Required {
			required = append(required, k.Name)
		}
	}
	m["properties"] = properties
	if len(required) > 0 {
		m["required"] = required
	}
	if s.Free == nil {
		m["additionalProperties"] = false
		return
	}
	m["additionalProperties"] = s.Free.object()
	if s.NamePattern != "" {
		m["propertyNames"] = map[string]any{"pattern": s.NamePattern}
	}
}

// At finds what stands at a path of keys, such as decisions.cloudType.rules.when: lists are stepped through, and where names
// are the author's any word will do. On an error it gives the deepest schema that was found, and the word that it does not
// know.
func (s *Schema) At(path string) (found *Schema, unknown string) {
	for word := range strings.SplitSeq(strings.Trim(path, "."), ".") {
		if word == "" {
			continue
		}
		next := s.child(word)
		if next == nil {
			return s.inner(), word
		}
		s = next
	}
	return s, ""
}

// inner gives what a list holds.
func (s *Schema) inner() *Schema {
	for s.Items != nil {
		s = s.Items
	}
	return s
}

func (s *Schema) child(word string) *Schema {
	s = s.inner()
	for _, k := range s.Keys {
		if k.Name == word {
			return k.Value
		}
	}
	if s.Free != nil {
		return s.Free
	}
	for _, x := range s.AnyOf {
		if c := x.child(word); c != nil {
			return c
		}
	}
	return nil
}

// Names lists the keys that can stand in a mapping, or in the mappings of a list.
func (s *Schema) Names() []string {
	s = s.inner()
	var out []string
	for _, k := range s.Keys {
		out = append(out, k.Name)
	}
	for _, x := range s.AnyOf {
		out = append(out, x.Names()...)
	}
	return out
}

// The makers of common schemas.

// Text is a text that is not blank.
func Text(description string) *Schema {
	return &Schema{Description: description, Types: []string{"string"}, Pattern: `\S`}
}

// AnyText is a text that may be empty.
func AnyText(description string) *Schema {
	return &Schema{Description: description, Types: []string{"string"}}
}

// Like is a text of a form.
func Like(pattern, description string) *Schema {
	return &Schema{Description: description, Types: []string{"string"}, Pattern: pattern}
}

// OneOf is one of a few words.
func OneOf(description string, words ...string) *Schema {
	return &Schema{Description: description, Types: []string{"string"}, Enum: words}
}

// Truth is true or false.
func Truth(description string) *Schema {
	return &Schema{Description: description, Types: []string{"boolean"}}
}

// Number is a whole number within bounds.
func Number(description string, least, most int) *Schema {
	return &Schema{Description: description, Types: []string{"integer"}, Minimum: &least, Maximum: &most}
}

// List is a list.
func List(description string, items *Schema) *Schema {
	return &Schema{Description: description, Types: []string{"array"}, Items: items}
}

// Mapping has the keys given and no others.
func Mapping(description string, keys ...Key) *Schema {
	return &Schema{Description: description, Types: []string{"object"}, Keys: keys}
}

// Named is a mapping from names that the author chooses.
func Named(description, pattern string, value *Schema) *Schema {
	return &Schema{Description: description, Types: []string{"object"}, Free: value, NamePattern: pattern}
}

// Must is a key that has to stand.
func Must(name string, value *Schema) Key { return Key{name, true, value} }

// May is a key that can be left out.
func May(name string, value *Schema) Key { return Key{name, false, value} }

// Described gives a schema with another description.
func (s *Schema) Described(description string) *Schema {
	c := *s
	c.Description = description
	return &c
}

// ExactlyOne says that of some keys one stands.
func ExactlyOne(keys ...string) map[string]any {
	var list []any
	for _, k := range keys {
		list = append(list, map[string]any{"required": []string{k}})
	}
	return map[string]any{"oneOf": list}
}

// AtLeastOne says that of some keys one stands, or several.
func AtLeastOne(keys ...string) map[string]any {
	var list []any
	for _, k := range keys {
		list = append(list, map[string]any{"required": []string{k}})
	}
	return map[string]any{"anyOf": list}
}

// NotTogether says that two keys exclude each other.
func NotTogether(a, b string) map[string]any {
	return map[string]any{"not": map[string]any{"required": []string{a, b}}}
}

// When says what holds where a key has a value.
func When(key string, value any, then map[string]any) map[string]any {
	return map[string]any{"if": map[string]any{"properties": map[string]any{key: map[string]any{"const": value}}, "required": []string{key}}, "then": then}
}
