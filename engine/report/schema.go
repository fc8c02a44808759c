package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/schema"
)

// Schema writes what can stand at a path of keys, for people at a terminal. path is "" for the whole file.
func Schema(w io.Writer, path string, s *schema.Schema, o Options) error {
	p := newPage(w, o)
	title := path
	if title == "" {
		title = s.Title
	}
	p.line(bold, Safe(title))
	if s.Description != "" {
		p.line(plain, "  "+s.Description)
	}
	p.line(plain, "  takes "+takes(s))
	for i, x := range s.AnyOf {
		word := "  or"
		if i == 0 {
			word = "  either"
		}
		p.line(plain, fmt.Sprintf("%s %s%s", word, takes(x), about(x)))
	}
	p.keys(s)
	if s.Expression {
		p.expressions()
	}
	return p.err
}

// keys lists the keys of a mapping, or of the mappings in a list.
func (p *page) keys(s *schema.Schema) {
	for s.Items != nil {
		s = s.Items
	}
	if s.Free != nil {
		p.line(plain, "  names are yours; each takes "+takes(s.Free)+about(s.Free))
		if s.Free.Free == nil && s.Free.Items == nil {
			p.keys(s.Free)
		}
	}
	width := 0
	for _, k := range s.Keys {
		width = max(width, len(k.Name))
	}
	for _, k := range s.Keys {
		required := ""
		if k.Required {
			required = " (required)"
		}
		p.line(plain, fmt.Sprintf("    %-*s  %s%s%s", width, k.Name, takes(k.Value), about(k.Value), required))
	}
}

// expressions lists what expressions are made of.
func (p *page) expressions() {
	p.line(bold, "functions")
	width := 0
	for _, f := range schema.FunctionHelp() {
		width = max(width, len(f.Name))
	}
	for _, f := range schema.FunctionHelp() {
		p.line(plain, fmt.Sprintf("    %-*s  %s, as in %s", width, f.Name, f.About, f.Use))
	}
	p.line(bold, "attributes, after user, group, contact or object; others are declared under attributes:")
	byType := map[string][]string{}
	for _, a := range rules.BuiltinAttributes() {
		byType[a.Type] = append(byType[a.Type], a.Name)
	}
	for _, t := range []string{"string", "integer", "boolean", "time", "list", "binary"} {
		p.line(plain, "    "+t+": "+strings.Join(byType[t], " "))
	}
}

func about(s *schema.Schema) string {
	if s.Description == "" {
		return ""
	}
	return "; " + s.Description
}

// few is how many words of an enumeration are listed.
const few = 16

// takes says in words what a schema accepts.
func takes(s *schema.Schema) string {
	switch {
	case s.Expression:
		return "an expression"
	case s.Const != nil:
		return fmt.Sprint(s.Const)
	case len(s.Enum) == 1:
		return s.Enum[0]
	case len(s.Enum) > few:
		return fmt.Sprintf("one of %d words: %s, …", len(s.Enum), strings.Join(s.Enum[:few], ", "))
	case len(s.Enum) > 0:
		return "one of " + strings.Join(s.Enum, ", ")
	case len(s.AnyOf) > 0:
		return "one of several forms"
	case s.Items != nil:
		return "a list, each item " + takes(s.Items)
	case len(s.Types) != 1:
		return "any value"
	}
	return map[string]string{"string": "a text", "boolean": "true or false", "integer": "a whole number", "number": "a number", "array": "a list", "object": "a mapping"}[s.Types[0]]
}
