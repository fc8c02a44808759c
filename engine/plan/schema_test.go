package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crypto/ed25519"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaOf compiles one definition of the published schema.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("plan.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("plan.json#/$defs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMembersAreAsTheSchemaSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeSample(t, path)
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := signFile(path, key, "anna", time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	for member, def := range map[string]string{changesMember: "change", skipsMember: "skip", signaturesMember: "signature", manifestMember: "manifest"} {
		s := schemaOf(t, def)
		b, err := fs.ReadFile(f.zip, member)
		if err != nil {
			t.Fatal(err)
		}
		docs := [][]byte{b}
		if strings.HasSuffix(member, "l") {
			docs = nil
			for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
				docs = append(docs, bytes.Clone(lines.Bytes()))
			}
		}
		if len(docs) == 0 {
			t.Errorf("%s holds nothing to look at", member)
		}
		for _, d := range docs {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(d))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); err != nil {
				t.Errorf("%s: %v\n%s", member, err, d)
			}
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	for name, c := range map[string]struct{ def, doc string }{
		"an unknown action":       {"change", `{"id":"a/x","object":{"kind":"user","name":"a"},"action":"purge","directory":"entra","undo":"none"}`},
		"a change without object": {"change", `{"id":"a/x","action":"delete","directory":"entra","undo":"none"}`},
		"a value that is a map":   {"change", `{"id":"a/x","object":{"kind":"user","name":"a"},"action":"delete","directory":"entra","undo":"none","attributes":[{"name":"x","before":{}}]}`},
		"another kind of file":    {"manifest", `{"kind":"zip"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var v any
			if err := json.Unmarshal([]byte(c.doc), &v); err != nil {
				t.Fatal(err)
			}
			if schemaOf(t, c.def).Validate(v) == nil {
				t.Error("accepted")
			}
		})
	}
}
