package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// folder is one package as its files show it, whatever the operating system they are meant for.
type folder struct {
	path      string // below the module
	documents int    // files with a package comment
	files     []*ast.File
}

// read parses every package of the module. External test packages are left out: they may import anything.
func read(t *testing.T) (map[string]*folder, *token.FileSet) {
	t.Helper()
	root := filepath.Join("..", "..")
	set, out := token.NewFileSet(), map[string]*folder{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if b := d.Name(); name != root && (strings.HasPrefix(b, ".") || b == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if strings.HasSuffix(f.Name.Name, "_test") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		p := filepath.ToSlash(rel)
		if out[p] == nil {
			out[p] = &folder{path: p}
		}
		if f.Doc != nil && !strings.HasSuffix(name, "_test.go") {
			out[p].documents++
		}
		out[p].files = append(out[p].files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, set
}

func TestImports(t *testing.T) {
	folders, set := read(t)
	if len(folders) < 10 {
		t.Fatalf("found %d packages; is this the source tree?", len(folders))
	}
	for _, f := range folders {
		for _, file := range f.files {
			for _, i := range file.Imports {
				to, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if why := forbidden(f.path, to); why != "" && !isTest(set, file) {
					t.Errorf("%s: %s imports %s: %s", set.Position(i.Pos()), f.path, to, why)
				}
			}
		}
	}
}

// isTest reports whether the file is a test inside its package: such may read files and measure time, and reach for what
// their package cannot.
func isTest(set *token.FileSet, f *ast.File) bool {
	return strings.HasSuffix(set.Position(f.Pos()).Filename, "_test.go")
}

func TestSilentPackagesReadNoClock(t *testing.T) {
	folders, set := read(t)
	for _, f := range folders {
		if !belowAny(f.path, silent) {
			continue
		}
		for _, file := range f.files {
			if isTest(set, file) {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After"}, s.Sel.Name) {
					t.Errorf("%s: %s reads the clock; time comes in as data", set.Position(s.Pos()), f.path)
				}
				return true
			})
		}
	}
}

func TestPackagesHaveOneComment(t *testing.T) {
	folders, _ := read(t)
	for _, f := range folders {
		if f.documents != 1 {
			t.Errorf("%s: %d files with a package comment, want 1", f.path, f.documents)
		}
	}
}

func TestPackageNames(t *testing.T) {
	folders, _ := read(t)
	for _, f := range folders {
		if slices.Contains(vague, path.Base(f.path)) {
			t.Errorf("%s: the name says nothing of the field", f.path)
		}
	}
}

// TestRules holds the rules against planted imports: a rule that lets everything through would keep TestImports green.
func TestRules(t *testing.T) {
	ours := func(p string) string { return module + "/" + p }
	cases := map[string]struct {
		from, to string
		allowed  bool
	}{
		"the vocabulary knows nobody":              {"directory", ours("directory/cloud"), false},
		"a snapshot knows the vocabulary":          {"directory/snapshot", ours("directory"), true},
		"rules see the cloud's facts":              {"rules", ours("directory/cloud"), true},
		"rules do not see the engine":              {"rules", ours("engine/plan"), false},
		"rules may see strict YAML":                {"rules", ours("internal/strictyaml"), true},
		"rules open no files":                      {"rules", "os", false},
		"the engine decides with rules":            {"engine", ours("rules"), true},
		"the engine names no connector":            {"engine", ours("connectors/ad"), false},
		"diff sees plan":                           {"engine/diff", ours("engine/plan"), true},
		"diff does not see the store":              {"engine/diff", ours("engine/store"), false},
		"diff does not see the engine":             {"engine/diff", ours("engine"), false},
		"diff opens no connections":                {"engine/diff", "net/http", false},
		"apply sees the plan":                      {"engine/apply", ours("engine/plan"), true},
		"apply renders nothing":                    {"engine/apply", ours("engine/report"), false},
		"a connector sees the plan":                {"connectors/graph", ours("engine/plan"), true},
		"a connector does not decide":              {"connectors/graph", ours("rules"), false},
		"a connector does not see the store":       {"connectors/graph", ours("engine/store"), false},
		"connectors do not see each other":         {"connectors/sandbox", ours("connectors/graph"), false},
		"a connector sees what lies below it":      {"connectors/ad", ours("connectors/ad/ldapscript"), true},
		"Graph's SDK in its connector":             {"connectors/graph", "github.com/microsoftgraph/msgraph-sdk-go-core", true},
		"Graph's SDK nowhere else":                 {"connectors/sandbox", "github.com/microsoftgraph/msgraph-sdk-go", false},
		"internal is a leaf":                       {"internal/strictyaml", ours("rules"), false},
		"the sample company uses the vocabulary":   {"internal/company", ours("directory"), true},
		"commands report":                          {"cmd/coexist", ours("engine/report"), true},
		"commands carry the policies":              {"cmd/coexist", ours("policies"), true},
		"the engine does not carry the policies":   {"engine", ours("policies"), false},
		"a part of a command is still the command": {"cmd/coexist/internal/config", ours("internal/strictyaml"), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if why := forbidden(c.from, c.to); (why == "") != c.allowed {
				t.Errorf("forbidden(%q, %q) = %q, want allowed %v", c.from, c.to, why, c.allowed)
			}
		})
	}
}

// TestMain runs the tests where the source tree is: the go command starts them in the package's folder.
func TestMain(m *testing.M) {
	if _, err := os.Stat(filepath.Join("..", "..", "go.mod")); err != nil {
		fmt.Fprintln(os.Stderr, "layers: the source tree is not here:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
