package graph

import (
	"bytes"
	"encoding/json"

	"github.com/microsoft/kiota-abstractions-go/serialization"
)

// entity is the body of a request: a slim stand-in for the SDK's models, which cost gigabytes to compile. Its fields are
// written in their order; nil is written as null, which the SDK's models cannot do and clearing a value needs.
type entity []field

type field struct {
	name  string
	value any // nil, or what encoding/json writes
}

var _ serialization.Parsable = entity(nil)

// Serialize writes the fields.
func (e entity) Serialize(w serialization.SerializationWriter) error {
	for _, f := range e {
		var err error
		if f.value == nil {
			err = w.WriteNullValue(f.name)
		} else {
			err = w.WriteAnyValue(f.name, f.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// GetFieldDeserializers is empty: entities are only written.
func (e entity) GetFieldDeserializers() map[string]func(serialization.ParseNode) error {
	return map[string]func(serialization.ParseNode) error{}
}

// MarshalJSON writes the fields in their order, for a body inside another, as a batch holds them.
func (e entity) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range e {
		if i > 0 {
			b.WriteByte(',')
		}
		for part, v := range []any{f.name, f.value} {
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			if part == 1 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
