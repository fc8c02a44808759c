package config_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/internal/schemacheck"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules/schema"
)

// unseen are the mistakes, by what is said of them, that a schema cannot know: names that stand twice, the grammars of DNs
// and filters, and files that the configuration names.
var unseen = []string{"stands twice", "is not a distinguished name", "is not an LDAP filter", "filters are not applied", "not readable as YAML", "sign-in needs exactly one",
	`key "clientId" is missing`, "this version does not discover", "name a domain controller", "approvals are asked for", "there is no check", "cannot be suppressed",
	"not the public key", "no such file", "not a DN", "sink ", "what opens the credentials", "has exactly one of url", "the URL names a host", `key "name" is missing`, `unknown key "discover"`}

// TestSchemaAndParserAgree holds every configuration of the tests against the schema and against Parse.
func TestSchemaAndParserAgree(t *testing.T) {
	b, err := config.Schema().JSON("configuration")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := schemacheck.Compile(b)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := schemacheck.YAML(compiled, []byte(complete)); err != nil || len(c) > 0 {
		t.Errorf("the complete configuration: %v, %v", c, err)
	}
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		complaints, err := schemacheck.YAML(compiled, a.Files[0].Data)
		if err != nil {
			continue // no YAML
		}
		_, err = config.Parse("coexist.yaml", a.Files[0].Data)
		var problems strictyaml.Problems
		if !errors.As(err, &problems) {
			t.Fatal(err)
		}
		lines := map[int]bool{}
		for _, p := range problems {
			lines[p.Line] = true
			if slices.ContainsFunc(unseen, func(s string) bool { return strings.Contains(p.String(), s) }) {
				continue
			}
			if !slices.ContainsFunc(complaints, func(c schemacheck.Complaint) bool {
				return c.Line == p.Line || c.Line < p.Line && c.Whole
			}) {
				t.Errorf("%s: %s: the schema finds nothing there", path, p)
			}
		}
		for _, c := range complaints {
			found := lines[c.Line]
			for l := range lines {
				found = found || c.Whole && l >= c.Line
			}
			if !found {
				t.Errorf("%s:%d: the schema says %s, and the parser nothing", path, c.Line, c.Text)
			}
		}
	}
}

// TestSchemaHasEveryKey reads from the parser's source which keys it knows.
func TestSchemaHasEveryKey(t *testing.T) {
	known := map[string]bool{}
	var walk func(s *schema.Schema)
	walk = func(s *schema.Schema) {
		for _, k := range s.Keys {
			known[k.Name] = true
			walk(k.Value)
		}
		for _, x := range append(s.AnyOf, s.Items, s.Free) {
			if x != nil {
				walk(x)
			}
		}
	}
	walk(config.Schema())
	for _, k := range []string{"discover", "seats", "protected"} { // of no effect but a message
		known[k] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != "fields" {
				return true
			}
			for _, e := range lit.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					if text, ok := pair.Key.(*ast.BasicLit); ok {
						key, _ := strconv.Unquote(text.Value)
						keys++
						if !known[key] {
							t.Errorf("%s: the schema lacks the key %s", name, key)
						}
					}
				}
			}
			return true
		})
	}
	if keys < 40 {
		t.Errorf("found %d keys in the source", keys)
	}
}
