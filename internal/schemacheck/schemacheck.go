// Package schemacheck holds documents against JSON Schemas in tests, and tells in which lines of a YAML file a schema finds
// something wrong.
package schemacheck

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"gopkg.in/yaml.v3"
)

// Compile compiles a schema, which must itself be one of draft 2020-12.
func Compile(document []byte) (*jsonschema.Schema, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	const at = "mem:///schema.json"
	if err := c.AddResource(at, value); err != nil {
		return nil, err
	}
	return c.Compile(at)
}

// Complaint is what a schema says about a place in a file.
type Complaint struct {
	Line  int
	Text  string
	Whole bool // a mapping or list as a whole fits none of its forms; what is wrong stands somewhere in it
}

// YAML holds a YAML document against a schema, reading scalars as YAML 1.2 does: true and false, numbers, and texts, to
// which dates belong. The error is one of YAML, of which a schema says nothing.
func YAML(s *jsonschema.Schema, document []byte) ([]Complaint, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(document, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("the document is empty")
	}
	root := doc.Content[0]
	err := s.Validate(value(root))
	var invalid *jsonschema.ValidationError
	if err == nil {
		return nil, nil
	}
	if !errors.As(err, &invalid) {
		return nil, err
	}
	var out []Complaint
	leaves(invalid, func(e *jsonschema.ValidationError) {
		node := find(root, e.InstanceLocation)
		text := fmt.Sprintf("%T %v", e.ErrorKind, e.InstanceLocation)
		if k, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
			for _, p := range k.Properties {
				out = append(out, Complaint{keyLine(node, p), text + " " + p, false})
			}
			return
		}
		if k, ok := e.ErrorKind.(*kind.PropertyNames); ok { // its location is not that of the mapping
			out = append(out, Complaint{anyKeyLine(root, k.Property), text + " " + k.Property, false})
			return
		}
		out = append(out, Complaint{node.Line, text, whole(e)})
	})
	slices.SortStableFunc(out, func(a, b Complaint) int { return a.Line - b.Line })
	return out, nil
}

// leaves walks the errors that have no further cause.
func leaves(e *jsonschema.ValidationError, f func(*jsonschema.ValidationError)) {
	if _, name := e.ErrorKind.(*kind.PropertyNames); name || whole(e) {
		f(e)
		return
	}
	if len(e.Causes) == 0 {
		f(e)
	}
	for _, c := range e.Causes {
		leaves(c, f)
	}
}

// whole reports whether it is anybody's guess which of several forms was meant.
func whole(e *jsonschema.ValidationError) bool {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf, *kind.Not:
		return true
	}
	return false
}

// value gives a node as JSON's values.
func value(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = value(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = value(c)
		}
		return list
	case yaml.AliasNode:
		return value(n.Alias)
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		if n.Value == "true" || n.Value == "false" {
			return n.Value == "true"
		}
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return i
		}
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

// find gives the node at a location.
func find(n *yaml.Node, location []string) *yaml.Node {
	for _, step := range location {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					n = n.Content[i+1]
					break
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
				n = n.Content[i]
			}
		}
	}
	return n
}

// keyLine gives the line of a key of a mapping.
func keyLine(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i].Line
		}
	}
	return n.Line
}

// anyKeyLine gives the line of the first key of a name in a document.
func anyKeyLine(n *yaml.Node, key string) int {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Value == key {
				return c.Line
			}
			continue
		}
		if line := anyKeyLine(c, key); line > 0 {
			return line
		}
	}
	return 0
}
