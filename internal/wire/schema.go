package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Schema gives the JSON Schema (draft 2020-12) of requests, of lines and, below $defs, of the data of each type of record,
// made from the Go types.
func Schema() ([]byte, error) {
	defs := map[string]any{"request": object(reflect.TypeFor[Request](), false), "line": object(reflect.TypeFor[Line](), false)}
	for _, r := range Records() {
		defs[r.RecordType()] = object(reflect.TypeOf(r), true)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "coexist wire 1",
		"description": "Standard input takes one request. Standard output is lines: hello first, result last. A record's data is of the type that the line names.",
		"oneOf":       []any{map[string]string{"$ref": "#/$defs/request"}, map[string]string{"$ref": "#/$defs/line"}}, "$defs": defs})
	return b.Bytes(), err
}

// Property is a member of a record's data as PowerShell sees it.
type Property struct {
	Name string
	Time bool // a text that becomes [datetime]
}

// Properties lists the members of a type of record, in the order of its fields.
func Properties(r any) []Property {
	t := reflect.TypeOf(r)
	out := make([]Property, t.NumField())
	for i := range out {
		f := t.Field(i)
		of := f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		out[i] = Property{raised(nameOf(f)), of == reflect.TypeFor[time.Time]()}
	}
	return out
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func raised(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

// object gives the schema of a struct. Records hold every member; of requests and lines those that are not empty.
func object(t reflect.Type, record bool) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := nameOf(f)
		if record {
			name = raised(name)
		}
		properties[name] = of(f.Type, record)
		if !strings.Contains(f.Tag.Get("json"), ",omit") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// of gives the schema of a type.
func of(t reflect.Type, record bool) any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{of(t.Elem(), record), map[string]string{"type": "null"}}}
	case reflect.Struct:
		return object(t, record)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": of(t.Elem(), record)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": of(t.Elem(), record)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	}
	return map[string]any{"type": "string"}
}
