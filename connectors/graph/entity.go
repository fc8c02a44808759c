package graph

import (
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
