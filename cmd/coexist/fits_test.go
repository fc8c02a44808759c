package main

import (
	"bytes"
	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/coexistsync/coexist/internal/schemacheck"
)

// fits is the script command "fits SCHEMA FILE": the document in FILE, which may be stdout, is what the published schema
// says, and holds nothing of which that does not speak.
func fits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: fits SCHEMA FILE")
	}
	var schema any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &schema))
	closed(schema)
	b, err := json.Marshal(schema)
	ts.Check(err)
	s, err := schemacheck.Compile(b)
	ts.Check(err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(ts.ReadFile(args[1]))))
	ts.Check(err)
	switch err := s.Validate(document); {
	case err != nil && !neg:
		ts.Fatalf("%s does not fit %s: %v", args[1], args[0], err)
	case err == nil && neg:
		ts.Fatalf("%s fits %s", args[1], args[0])
	}
}

// closed lets objects have no other members than those that a schema names.
func closed(schema any) {
	switch x := schema.(type) {
	case map[string]any:
		if _, ok := x["properties"].(map[string]any); ok && x["additionalProperties"] == nil {
			x["additionalProperties"] = false
		}
		for _, y := range x {
			closed(y)
		}
	case []any:
		for _, y := range x {
			closed(y)
		}
	}
}
