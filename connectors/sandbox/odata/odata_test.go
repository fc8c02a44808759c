package odata

import (
	"strings"
	"testing"
	"time"
)

// thing is a row for tests; lists stand under their path.
type thing struct {
	values map[string]Value
	lists  map[string][]thing
}

func (x thing) Value(path string) (Value, bool) { return x.values[path], path == "exact" }

func (x thing) Each(path string, yield func(Row) bool) {
	for _, e := range x.lists[path] {
		if !yield(e) {
			return
		}
	}
}

func element(s string) thing { return thing{values: map[string]Value{"": Text(s)}} }

var ann = thing{
	values: map[string]Value{"name": Text("Ann O'Hara"), "exact": Text("Ab"), "on": Truth(true), "age": Number(7),
		"made": Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), "nothing": {}},
	lists: map[string][]thing{"tags": {element("smtp:a"), element("SMTP:b")}, "rows": {{values: map[string]Value{"id": Text("x")}}}, "none": nil},
}

func TestMatch(t *testing.T) {
	for filter, want := range map[string]bool{
		"name eq 'ann o''hara'":                    true,
		"exact eq 'ab'":                            false,
		"exact eq 'Ab'":                            true,
		"name ne 'x'":                              true,
		"startsWith(name,'ANN')":                   true,
		"startswith(name, 'nn') eq true":           false,
		"endsWith(name,'hara')":                    true,
		"on eq true":                               true,
		"not on eq true":                           false,
		"not(on eq false)":                         true,
		"age ge 7 and age le 7":                    true,
		"age gt 7 or age lt 7":                     false,
		"made ge 2026-01-02T03:04:05Z":             true,
		"made gt 2026-01-02T03:04:05Z":             false,
		"nothing eq null":                          true,
		"nothing ge 'a'":                           false,
		"name in ('x','ANN O''HARA')":              true,
		"name in ('x')":                            false,
		"tags/any(t:t eq 'SMTP:A')":                true,
		"tags/any(t: startsWith(t,'smtp:c'))":      false,
		"rows/any(r:r/id eq 'x')":                  true,
		"tags/any()":                               true,
		"none/any()":                               false,
		"name eq 'x' or on eq true and age eq 8":   false,
		"(name eq 'x' or on eq true) and age eq 7": true,
	} {
		n, err := Parse(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := n.Match(ann); got != want {
			t.Errorf("%s is %v, want %v", filter, got, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, filter := range []string{"", "name", "name eq", "name eq 'x", "name eq 'x' and", "(name eq 'x'", "name is 'x'", "name in ()", "name in 'x'",
		"startsWith(name)", "tags/any(t)", "name eq x", "name eq 'a' name eq 'b'", "{", "'x' eq name", "startsWith(name,'a') eq false",
		strings.Repeat("(", 1000) + "a eq 1", strings.Repeat("not ", 1000) + "a eq 1"} {
		if _, err := Parse(filter); err == nil {
			t.Errorf("%.40q was read", filter)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"name eq 'a''b' and not(on eq true)", "tags/any(t:startsWith(t,'x')) or made ge 2026-01-02T03:04:05Z", "id in ('a','b')", "x eq 05e9a617-0261-4cee-bb44-138d3ef5d965"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Parse(s); err == nil {
			n.Match(ann)
		}
	})
}
