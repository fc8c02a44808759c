package schema_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/coexistsync/coexist/internal/schemacheck"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/schema"
	"github.com/coexistsync/coexist/rules/verify"
)

// inexpressible lists, by what the loader says, the mistakes outside of expressions that a schema of one file cannot know,
// with the reason.
var inexpressible = []struct{ message, reason string }{
	{`^unknown (bundle|cloud group|fixture|rule|policy|attribute)|^(licenses|groups|cloudType|usageLocation|attributes|mail|account|leave) has no rule`, "names that stand elsewhere"},
	{`^no policy (knows|asks|decides)|^policies declare|^attribute \w+ is built in`, "names that policies or the language declare"},
	{`already|stands twice|stands in then and in thenExpr|is the id of|was the id of|is the same cloud group|is imported twice|is about the same decision`, "the same thing twice, in keys, in lists of mappings or in other files"},
	{`does not lie inside|there is no (file|policy file)|is not of kind Conditions`, "other files"},
	{`lies before|days at most|than the limit|more than 2000 rules|foreach makes|ends more than`, "sums and comparisons of values"},
	{`^unknown timezone`, "the database of timezones"},
	{`^a second document|^not readable as YAML|^alias|^anchor|^tag |^merge key|^a key must be plain|^file is|nested more`, "YAML itself, before any schema"},
	{`^condition cannot be called`, "words that expressions keep for themselves"},
	{`distinguished name`, "the grammar of distinguished names"},
	{`^the policy needs engine`, "the version that reads it"},
	{`is not a date like`, "how many days a month has"},
	{`has no prior value|has no class|like itself|are like each other|is neither a GUID|unexpected length`, "what a fixture means, which depends on others and on its attributes"},
	{`^expected (a whole number|true or false|text|a date|an instant|a mapping|a list)`, "attributes of fixtures, whose types the policies declare"},
}

// inExpression reports whether a mistake stands in an expression of the document: a schema takes any text for one. That
// it is a text, and not a mapping or a list, the schema sees.
func inExpression(doc *yaml.Node, p strictyaml.Problem) bool {
	found := false
	var walk func(n *yaml.Node, expression bool)
	walk = func(n *yaml.Node, expression bool) {
		if n.Kind == yaml.ScalarNode {
			last := n.Line + strings.Count(n.Value, "\n") + 2*min(1, strings.Count(n.Value, "\n"))
			inside := n.Line < p.Line && p.Line <= last || n.Line == p.Line && p.Col >= n.Column && p.Col <= n.Column+2+len([]rune(n.Value))
			found = found || expression && inside && strings.TrimSpace(n.Value) != ""
			return
		}
		for i, c := range n.Content {
			if n.Kind != yaml.MappingNode {
				walk(c, expression)
			} else if i%2 == 1 {
				walk(c, expression || slices.Contains([]string{"when", "scope", "thenExpr", "conditions"}, n.Content[i-1].Value))
			}
		}
	}
	walk(doc, false)
	return found
}

// expressible reports whether a schema should see a mistake.
func expressible(doc *yaml.Node, p strictyaml.Problem) bool {
	return !inExpression(doc, p) && !slices.ContainsFunc(inexpressible, func(x struct{ message, reason string }) bool {
		return regexp.MustCompile(x.message).MatchString(p.Message)
	})
}

// corpus gives every archive of policies, good and bad, and the shipped policies.
func corpus(t *testing.T) map[string]fstest.MapFS {
	t.Helper()
	out := map[string]fstest.MapFS{}
	for _, pattern := range []string{"../testdata/*/*.txtar", "../prove/testdata/*.txtar", "../verify/testdata/*/*.txtar", "testdata/*.txtar"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			a, err := txtar.ParseFile(p)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			for _, f := range a.Files {
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			out[p] = files
		}
	}
	for _, shipped := range []string{"default", "sample"} {
		files := fstest.MapFS{}
		root := os.DirFS(filepath.Join("..", "..", "policies", shipped))
		err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(root, name)
			files[name] = &fstest.MapFile{Data: b}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		out[shipped] = files
	}
	if len(out) < 20 {
		t.Fatalf("the corpus has %d archives", len(out))
	}
	return out
}

// kindOf gives the kind of a document as schemas name it, "" for other files.
func kindOf(b []byte) string {
	var head struct{ Kind string }
	_ = yaml.Unmarshal(b, &head)
	return map[string]string{"Policy": "policy", "Conditions": "conditions", "Exceptions": "exceptions", "PolicyTest": "tests"}[head.Kind]
}

func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	out := map[string]*jsonschema.Schema{}
	for _, k := range schema.Kinds() {
		b, err := schema.Of(k).JSON(k)
		if err != nil {
			t.Fatal(err)
		}
		if out[k], err = schemacheck.Compile(b); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
	}
	return out
}

// TestSchemaAndLoaderAgree holds every document of the corpus against its schema and against the loader. Where the loader
// finds a mistake that a schema can express, the schema finds one in that line; where the schema finds a mistake, the loader
// does, in that line or below it.
func TestSchemaAndLoaderAgree(t *testing.T) {
	schemas := compiled(t)
	valid, invalid := map[string]int{}, map[string]int{}
	for name, files := range corpus(t) {
		t.Run(strings.ReplaceAll(name, "../", ""), func(t *testing.T) {
			set, problems := rules.Load(files, ".")
			if set != nil {
				_, more := verify.Load(files, ".", set)
				problems = append(problems, more...)
			}
			for file, f := range files {
				kind := kindOf(f.Data)
				if kind == "" || strings.Contains(file, "problems") || kind == "tests" && set == nil {
					continue
				}
				complaints, err := schemacheck.YAML(schemas[kind], f.Data)
				if err != nil {
					continue // no YAML, which no schema sees
				}
				if len(complaints) == 0 {
					valid[kind]++
				} else {
					invalid[kind]++
				}
				compare(t, file, f.Data, complaints, problems)
			}
		})
	}
	for _, k := range schema.Kinds() {
		if valid[k] == 0 || invalid[k] == 0 {
			t.Errorf("the corpus has %d valid and %d invalid documents of kind %s", valid[k], invalid[k], k)
		}
	}
}

func compare(t *testing.T, file string, document []byte, complaints []schemacheck.Complaint, problems strictyaml.Problems) {
	t.Helper()
	at := func(line int) bool {
		return slices.ContainsFunc(complaints, func(c schemacheck.Complaint) bool { return c.Line == line })
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	lines := map[int]bool{}
	for _, p := range problems {
		if p.File != file {
			continue
		}
		lines[p.Line] = true
		if expressible(&doc, p) && !at(p.Line) && !slices.ContainsFunc(complaints, func(c schemacheck.Complaint) bool { return c.Line < p.Line && c.Whole }) {
			t.Errorf("%s: the schema finds nothing there", p)
		}
	}
	for _, c := range complaints {
		found := lines[c.Line]
		for l := range lines {
			found = found || c.Whole && l >= c.Line
		}
		if !found {
			t.Errorf("%s:%d: the schema says %s, and the loader nothing", file, c.Line, c.Text)
		}
	}
}

func TestFunctionsAreAllDescribed(t *testing.T) {
	var described []string
	for _, f := range schema.FunctionHelp() {
		described = append(described, f.Name)
		if !strings.Contains(f.Use, f.Name+"(") || f.About == "" {
			t.Errorf("%s: use %q, about %q", f.Name, f.Use, f.About)
		}
	}
	slices.Sort(described)
	if want := rules.Functions(); !slices.Equal(described, want) {
		t.Errorf("described %q, want %q", described, want)
	}
}
