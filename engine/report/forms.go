package report

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/validate"
)

// Form is a JSON document that a command writes, by what it holds.
type Form struct {
	Name, Usage string
	Kind        string
	members     []member
}

// member is one key of a document beside formatVersion and kind.
type member struct {
	name     string
	of       reflect.Type
	optional bool
}

// NewForm describes a document whose content stands under one key.
func NewForm(name, usage, kind, key string, content any) Form {
	return Form{name, usage, kind, []member{{key, reflect.TypeOf(content), false}}}
}

// with adds another key.
func (f Form) with(key string, content any) Form {
	f.members = append(f.members, member{key, reflect.TypeOf(content), false})
	return f
}

// Forms are the documents of this package that programs read.
func Forms() []Form {
	return []Form{
		{"explain", "coexist explain --output json; see docs/explain.md", explanationKind, membersOf(reflect.TypeFor[explainDocument]())},
		{"impact", "coexist policy impact --output json; see docs/impact.md", impactKind, membersOf(reflect.TypeFor[impactDocument]())},
		NewForm("lint", "coexist policy lint --output json; see docs/lint", "coexist.policyLint", "lint", Linted{}),
		NewForm("tests", "coexist policy test --output json; see docs/policy-tests.md", "coexist.policyTests", "tests", Tested{}),
		{"validation", "coexist validate --output json; see docs/validate.md", validationKind, membersOf(reflect.TypeFor[validationDocument]())},
		NewForm("mailbox", "coexist validate OBJECT --mailbox --output json; see docs/validate.md", mailboxKind, "mailbox", validate.Ladder{}).with("asOf", time.Time{}),
		NewForm("checks", "coexist validate --list-checks --output json; see docs/checks", checksKind, "checks", []checkRow{}),
	}
}

func membersOf(t reflect.Type) (out []member) {
	for i := range t.NumField() {
		name, more, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "formatVersion" && name != "kind" {
			out = append(out, member{name, t.Field(i).Type, strings.Contains(more, "omit")})
		}
	}
	return out
}

// Schema gives the JSON Schema (draft 2020-12) of a form, made from the Go types that are written. What a newer minor
// version adds does not make a document invalid.
func (f Form) Schema() ([]byte, error) {
	s := &formSchema{defs: map[string]any{}, types: map[string]reflect.Type{}}
	properties := map[string]any{"formatVersion": map[string]any{"type": "string", "pattern": `^1\.[0-9]+$`}, "kind": map[string]any{"const": f.Kind}}
	required := []string{"formatVersion", "kind"}
	for _, m := range f.members {
		properties[m.name] = s.of(m.of)
		if !m.optional {
			required = append(required, m.name)
		}
	}
	slices.Sort(required)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f.Kind + " " + FormatVersion, "description": "What is written by " + f.Usage,
		"type": "object", "properties": properties, "required": required, "$defs": s.defs})
	return b.Bytes(), err
}

// formSchema gathers the definitions of types.
type formSchema struct {
	defs  map[string]any
	types map[string]reflect.Type
}

// of gives the schema of a type as encoding/json writes it.
func (s *formSchema) of(t reflect.Type) any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[cloud.Value]():
		return map[string]any{"description": "nothing, a text, a truth, a whole number, a set of texts, or licences", "type": []string{"null", "string", "boolean", "integer", "array"}}
	case t == reflect.TypeFor[plan.Change](), t == reflect.TypeFor[plan.Skip]():
		return map[string]any{"type": "object", "description": "as coexist schema plan says"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.object(t)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8:
		return map[string]any{"type": "integer"}
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "string"}
}

// object defines a struct once and refers to it, so that types may hold themselves.
func (s *formSchema) object(t reflect.Type) any {
	name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
	for n := 2; s.types[name] != nil && s.types[name] != t; n++ {
		name = fmt.Sprintf("%s%d", strings.TrimRight(name, "0123456789"), n)
	}
	ref := map[string]any{"$ref": "#/$defs/" + name}
	if s.types[name] == t {
		return ref
	}
	s.types[name] = t
	properties, required := map[string]any{}, []string{}
	s.defs[name] = map[string]any{"type": "object", "properties": properties}
	for _, f := range reflect.VisibleFields(t) { // those of an embedded struct stand among its own
		key, more, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" || !f.IsExported() || f.Anonymous && key == "" {
			continue
		}
		if key == "" {
			key = f.Name
		}
		properties[key] = s.of(f.Type)
		if !strings.Contains(more, "omit") {
			required = append(required, key)
		}
	}
	slices.Sort(required)
	s.defs[name].(map[string]any)["required"] = required
	return ref
}
