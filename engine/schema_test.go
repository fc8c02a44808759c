package engine_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/golden"
)

// TestPlansAreAsTheirSchemaSays holds the plan of every case against the schema that is published.
func TestPlansAreAsTheirSchemaSays(t *testing.T) {
	b, err := plan.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", doc); err != nil {
		t.Fatal(err)
	}
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		l := load(t, a)
		f := planFile(t, l.inputs(t, l.target(), l.state(t), l.source(t, l.inOrder()), 1))
		defer f.Close()
		z, err := zip.OpenReader(f.Path())
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for member, name := range map[string]string{"changes.jsonl": "change", "skips.jsonl": "skip", "manifest.json": "manifest"} {
			s, err := c.Compile("plan.json#/$defs/" + name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := z.Open(member)
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			docs := [][]byte{all}
			if name != "manifest" {
				docs = bytes.Split(bytes.TrimSpace(all), []byte("\n"))
			}
			for _, d := range docs {
				if len(d) == 0 {
					continue
				}
				v, err := jsonschema.UnmarshalJSON(bytes.NewReader(d))
				if err == nil {
					err = s.Validate(v)
				}
				if err != nil {
					t.Errorf("%s: %v\n%s", member, err, d)
				}
			}
		}
		return nil
	})
}
