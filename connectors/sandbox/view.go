package sandbox

import (
	"encoding/json"
	"time"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// view shows an object to a filter.
type view struct {
	t *Tenant
	o *object
}

// Value gives a property, or a member of onPremisesExtensionAttributes or onPremisesSyncBehavior.
func (v view) Value(path string) (odata.Value, bool) {
	p, ok := v.o.schema.property(path)
	if !ok {
		head, tail, _ := cutPath(path)
		if head == "onpremisessyncbehavior" {
			return odata.Truth(v.o.cloudManaged), false
		}
		var members map[string]*string
		if json.Unmarshal([]byte(v.o.raw("onPremisesExtensionAttributes")), &members) != nil {
			return odata.Value{}, false
		}
		for name, value := range members {
			if directory.EqualFold(name, tail) && value != nil {
				return odata.Text(*value), false
			}
		}
		return odata.Value{}, false
	}
	return valueOf(string(v.t.appendValue(nil, v.o, p)), p.syntax), p.exact
}

// Each yields the elements of a collection property.
func (v view) Each(path string, yield func(odata.Row) bool) {
	p, ok := v.o.schema.property(path)
	if !ok {
		return
	}
	raw := v.t.appendValue(nil, v.o, p)
	if p.syntax == textsSyntax {
		for _, s := range unquoteAll(string(raw)) {
			if !yield(element{"": odata.Text(s)}) {
				return
			}
		}
		return
	}
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return
	}
	for _, m := range list {
		e := element{}
		for k, x := range m {
			e[directory.Fold(k)] = valueOf(string(x), textSyntax)
		}
		if !yield(e) {
			return
		}
	}
}

// element is one value of a collection: a text under "", or a complex value's members in lower case.
type element map[string]odata.Value

// Value gives a member.
func (e element) Value(path string) (odata.Value, bool) { return e[directory.Fold(path)], false }

// Each yields nothing: no collection lies within an element that filters reach.
func (e element) Each(string, func(odata.Row) bool) {}

// valueOf reads a JSON scalar.
func valueOf(raw string, s syntax) odata.Value {
	switch raw {
	case "", "null":
		return odata.Value{}
	case "true", "false":
		return odata.Truth(raw == "true")
	}
	if raw[0] != '"' {
		return odata.Value{}
	}
	text := unquote(raw)
	if s == timeSyntax {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return odata.Time(at)
		}
	}
	return odata.Text(text)
}
