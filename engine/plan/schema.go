package plan

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Schema gives the JSON Schema (draft 2020-12) of the members of a plan file, made from the Go types: below $defs,
// "manifest" is manifest.json, and "change", "skip" and "signature" are a line of the other members. What a newer minor
// version adds does not make a plan invalid.
func Schema() ([]byte, error) {
	s := &schemas{defs: map[string]any{}}
	s.object("manifest", reflect.TypeFor[Manifest]())
	s.object("change", reflect.TypeFor[writtenChange]())
	s.object("skip", reflect.TypeFor[Skip]())
	s.object("signature", reflect.TypeFor[Signature]())
	s.enum("action", Create, Adopt, Update, License, Refer, Members, Disable, Delete, Restore)
	s.enum("undo", Exact, Partial, Never)
	s.defs["manifest"].(map[string]any)["properties"].(map[string]any)["kind"] = map[string]any{"const": fileKind}
	var kinds []any
	for _, n := range []string{"manifest", "change", "skip", "signature"} {
		kinds = append(kinds, ref(n))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "coexist.plan " + formatVersion,
		"description": "manifest.json is a manifest; changes.jsonl, skips.jsonl and signatures.jsonl hold a change, a skip or a signature a line.",
		"anyOf":       kinds, "$defs": s.defs})
	return b.Bytes(), err
}

// schemas gathers the definitions.
type schemas struct{ defs map[string]any }

func ref(name string) any { return map[string]any{"$ref": "#/$defs/" + name} }

// enum restricts the texts of a type that has a fixed set.
func (s *schemas) enum(name string, values ...any) {
	s.defs[name] = map[string]any{"type": "string", "enum": values}
}

// object defines a struct.
func (s *schemas) object(name string, t reflect.Type) {
	if s.defs[name] != nil {
		return
	}
	properties, required := map[string]any{}, []string{}
	o := map[string]any{"type": "object", "properties": properties}
	s.defs[name] = o
	s.fields(t, properties, &required)
	slices.Sort(required)
	o["required"] = required
}

// fields adds those of a struct, and of what is embedded in it those that no name of its own hides.
func (s *schemas) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, more, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if _, hidden := properties[name]; f.Anonymous || hidden || name == "-" {
			continue
		}
		properties[name] = s.of(f.Type)
		if !strings.Contains(more, "omit") {
			*required = append(*required, name)
		}
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			s.fields(f.Type, properties, required)
		}
	}
}

// of gives the schema of a type.
func (s *schemas) of(t reflect.Type) any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[cloud.Value]():
		s.value()
		return ref("value")
	case reflect.TypeFor[Action]():
		return ref("action")
	case reflect.TypeFor[Undo]():
		return ref("undo")
	case reflect.TypeFor[[]byte]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		name := strings.TrimPrefix(t.Name(), "written")
		name = strings.ToLower(name[:1]) + name[1:]
		s.object(name, t)
		return ref(name)
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint8:
		return map[string]any{"type": "integer"}
	}
	return map[string]any{"type": "string"}
}

// value defines what a property may hold; see cloud.Value.
func (s *schemas) value() {
	s.object("license", reflect.TypeFor[cloud.License]())
	s.defs["value"] = map[string]any{"description": "nothing, a text, a truth, a whole number, a set of texts, or licences",
		"anyOf": []any{map[string]any{"type": []string{"null", "string", "boolean", "integer"}},
			map[string]any{"type": "array", "items": map[string]any{"type": "string"}}, map[string]any{"type": "array", "items": ref("license")}}}
}
