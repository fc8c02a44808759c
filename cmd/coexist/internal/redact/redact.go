// Package redact takes names and secrets out of what is passed on to support. A value becomes a mark that is the same for the
// same value within one bundle, so that two places can be seen to hold the same, and that means nothing elsewhere: it is made
// with a key that is thrown away.
//
// It works the other way round from a list of patterns: what is not known to be one of our own words is replaced.
package redact

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Marks makes the marks of one bundle.
type Marks struct{ key []byte }

// NewMarks makes marks with a key of their own.
func NewMarks() *Marks {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return &Marks{key}
}

// Of gives the mark of a value; "" stays.
func (m *Marks) Of(value string) string {
	if value == "" {
		return ""
	}
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte(value))
	return "mark-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// words is what the names of checks and guards are made of that the program gives itself.
var words = regexp.MustCompile(`^[a-z][A-Za-z-]*(:? [a-z][a-z-]*){0,7}$`)

// Plain keeps a name that the program gives itself. Behind the word scope stands the name of an OU.
func (m *Marks) Plain(name string) string {
	if rest, ok := strings.CutPrefix(name, "scope "); ok {
		return "scope " + m.Of(rest)
	}
	if words.MatchString(name) {
		return name
	}
	return m.Of(name)
}

var requestID = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// RequestID keeps what is the id of a request, a GUID, and nothing else.
func RequestID(s string) string {
	if requestID.MatchString(s) {
		return s
	}
	return ""
}

// measure is a number, a share or a time.
var measure = regexp.MustCompile(`^\d{1,6}(\.\d+)?\s?[a-z%]{0,2}$`)

// YAML gives a document with a mark in the place of every text that is neither a number, a truth, a measure, nor one of the
// words that a JSON Schema lists, and of every name of a member that the schema does not know.
func (m *Marks) YAML(text, schema []byte) (any, error) {
	names, values, err := vocabulary(schema)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		return nil, fmt.Errorf("read configuration: it is no YAML") // the library's own text quotes it
	}
	w := walk{m, names, values}
	return w.node(&n), nil
}

// delicate are members whose value is a secret, or names somebody, whatever it looks like. A secret that somebody wrote where
// only a reference may stand is one, too.
var delicate = map[string]bool{"password": true, "passphrase": true, "secret": true, "credential": true, "env": true, "file": true, "user": true, "id": true, "clientId": true}

type walk struct {
	*Marks
	names, values map[string]bool
}

func (w walk) node(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return w.node(n.Content[0])
		}
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, x := range n.Content {
			out[i] = w.node(x)
		}
		return out
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i].Value, n.Content[i+1]
			switch {
			case !w.names[name]:
				out[w.Of(name)] = w.node(value)
			case delicate[name] && value.Kind == yaml.ScalarNode: // a number or word there is no setting
				out[name] = w.Of(value.Value)
			default:
				out[name] = w.node(value)
			}
		}
		return out
	case yaml.ScalarNode:
		if n.Tag == "!!bool" || n.Tag == "!!null" || w.values[n.Value] || measure.MatchString(n.Value) {
			return n.Value
		}
		return w.Of(n.Value)
	}
	return nil // an alias: coexist.yaml has none
}

// vocabulary gives the names and the words that a JSON Schema lists.
func vocabulary(schema []byte) (names, values map[string]bool, err error) {
	var doc any
	if err := json.Unmarshal(schema, &doc); err != nil {
		return nil, nil, err
	}
	names, values = map[string]bool{}, map[string]bool{}
	collect(doc, names, values)
	return names, values, nil
}

func collect(x any, names, values map[string]bool) {
	switch x := x.(type) {
	case []any:
		for _, y := range x {
			collect(y, names, values)
		}
	case map[string]any:
		if of, ok := x["properties"].(map[string]any); ok {
			for name := range of {
				names[name] = true
			}
		}
		if of, ok := x["enum"].([]any); ok {
			for _, v := range of {
				if s, ok := v.(string); ok {
					values[s] = true
				}
			}
		}
		if s, ok := x["const"].(string); ok {
			values[s] = true
		}
		for _, y := range x {
			collect(y, names, values)
		}
	}
}
