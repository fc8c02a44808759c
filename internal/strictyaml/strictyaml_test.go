package strictyaml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// config is walked by most tests below.
type config struct {
	Name   string
	Writes bool
	Count  int64
	Mode   string
	After  time.Duration
	From   string
	Tags   []string
}

func walk(text string) (config, strictyaml.Problems) {
	var c config
	d := strictyaml.Parse("f.yaml", []byte(text), 1<<10)
	d.Root().Fields(map[string]func(strictyaml.Value){
		"name":   func(v strictyaml.Value) { c.Name = v.Words() },
		"writes": func(v strictyaml.Value) { c.Writes = v.Bool() },
		"count":  func(v strictyaml.Value) { c.Count = v.Int() },
		"mode":   func(v strictyaml.Value) { c.Mode = v.Enum("mode", "first", "merge") },
		"after":  func(v strictyaml.Value) { c.After = v.Duration() },
		"from":   func(v strictyaml.Value) { c.From = v.Date().Format(time.DateOnly) },
		"tags":   func(v strictyaml.Value) { c.Tags = v.Texts() },
	}, "name")
	return c, d.Problems()
}

func TestValues(t *testing.T) {
	for name, text := range map[string]string{
		"block style":           "name: x\nwrites: true\ncount: 7\nmode: first\nafter: 14d\nfrom: 2026-09-01\ntags:\n  - a\n  - \"1\"\n",
		"carriage returns":      "name: x\r\nwrites: true\r\ncount: 7\r\nmode: first\r\nafter: 14d\r\nfrom: 2026-09-01\r\ntags: [a, '1']\r\n",
		"byte order mark":       "\ufeffname: x\nwrites: true\ncount: 7\nmode: first\nafter: 14d\nfrom: 2026-09-01\ntags: [a, \"1\"]\n",
		"a document start mark": "---\nname: x\nwrites: true\ncount: 7\nmode: first\nafter: 336h\nfrom: \"2026-09-01\"\ntags: [a, \"1\"]\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, problems := walk(text)
			want := config{"x", true, 7, "first", 14 * 24 * time.Hour, "2026-09-01", []string{"a", "1"}}
			if diff := cmp.Diff(want, c); diff != "" || len(problems) > 0 {
				t.Errorf("problems %v (-want +got):\n%s", problems, diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"every mistake at once": {"nmae: x\nwrites: yes\ncount: 1.5\n",
			`f.yaml:1:1: key "name" is missing
f.yaml:1:1: unknown key "nmae", did you mean "name"?
f.yaml:2:9: expected true or false, found "yes"
f.yaml:3:8: expected a whole number, found 1.5`},
		"other spellings of booleans":  {"name: x\nwrites: True\n", `f.yaml:2:9: expected true or false, found True`},
		"a quoted boolean":             {"name: x\nwrites: \"true\"\n", `f.yaml:2:9: expected true or false, found "true"`},
		"a number for a text":          {"name: 007\n", `f.yaml:1:7: expected text, found the number 007, put it in quotes`},
		"an octal number":              {"name: x\ncount: 010\n", `f.yaml:2:8: expected a whole number, found 010`},
		"a hexadecimal number":         {"name: x\ncount: 0x10\n", `f.yaml:2:8: expected a whole number, found 0x10`},
		"a missing value":              {"name:\n", `f.yaml:1:6: value is missing`},
		"null":                         {"name: null\n", `f.yaml:1:7: value is missing`},
		"a blank text":                 {"name: \" \"\n", `f.yaml:1:7: text is empty`},
		"a key that stands twice":      {"name: x\nname: y\n", `f.yaml:2:1: key "name" already stands in line 1`},
		"a list for a text":            {"name: [x]\n", `f.yaml:1:7: expected text, found a list`},
		"a text for a list":            {"name: x\ntags: a\n", `f.yaml:2:7: expected a list, found "a"`},
		"a list for the whole":         {"- a\n", `f.yaml:1:1: expected a mapping, found a list`},
		"an unknown word":              {"name: x\nmode: frist\n", `f.yaml:2:7: mode "frist" is not one of first, merge, did you mean "first"?`},
		"a wrong unit":                 {"name: x\nafter: 14w\n", `f.yaml:2:8: "14w" is not a duration like 14d, 36h, 90m or 30s`},
		"a duration beyond all reason": {"name: x\nafter: 4000000000d\n", `f.yaml:2:8: "4000000000d" is not a duration like 14d, 36h, 90m or 30s`},
		"a day that does not exist":    {"name: x\nfrom: \"2026-02-30\"\n", `f.yaml:2:7: "2026-02-30" is not a date like 2026-09-01`},
		"an anchor and its alias":      {"name: &a x\nmode: *a\n", "f.yaml:1:7: anchor &a is not allowed\nf.yaml:2:7: alias *a is not allowed; write the value out"},
		"a merge key":                  {"name: x\n<<: {mode: first}\n", `f.yaml:2:1: merge key << is not allowed`},
		"a tag":                        {"name: !!str 7\n", `f.yaml:1:7: tag !!str is not allowed`},
		"two documents":                {"name: x\n---\nname: y\n", `f.yaml:2:1: a second document in the file; keep one document in each file`},
		"an empty file":                {"", `f.yaml:1: file is empty`},
		"a tab as indentation":         {"name: x\ntags:\n\t- a\n", `f.yaml:3: not readable as YAML: found character that cannot start any token, indent with blanks`},
		"indented unlike neighbours":   {"name: x\nmode: y\n  tags:\n   - a\n", `f.yaml:3: not readable as YAML: mapping values are not allowed in this context, a text that holds a colon and a blank must stand in quotes`},
		"indented less than the list":  {"name: x\ntags:\n  - a\n other: b\n", `f.yaml:4: not readable as YAML: did not find expected key, is the line above complete, and is this one indented like its neighbours?`},
		"a bracket that stays open":    {"name: x\ntags: [a\nmode: {a: b}\n", `f.yaml:2: not readable as YAML: did not find expected ',' or ']', a bracket before this is not closed, or a text within it must stand in quotes`},
		"text that is not UTF-8":       {"name: x\nmode: \xff\n", `f.yaml:2:7: file is not UTF-8 text`},
		"a file beyond the limit":      {strings.Repeat("#", 1<<10+1), `f.yaml: file has 1025 bytes, more than the limit of 1024`},
		"nesting without end":          {strings.Repeat("[", 200), `f.yaml:1: not readable as YAML: did not find expected node content`},
		"deep nesting":                 {strings.Repeat("[", 200) + strings.Repeat("]", 200), `f.yaml:1:102: nested more than 100 levels deep`},
		"a key that is a list":         {"name: x\n[a]: b\n", `f.yaml:2:1: a key must be plain text`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := walk(c.text)
			if diff := cmp.Diff(c.want, problems.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemCarriesItsLine(t *testing.T) {
	_, problems := walk("name: x\r\nwrites: yes # sure\r\n")
	if len(problems) != 1 || problems[0].Source != "writes: yes # sure" {
		t.Errorf("got %+v", problems)
	}
}

// TestScript looks for a marker in the text and expects its place in the file.
func TestScript(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		line, col int
	}{
		"plain":                      {"name: user.a == X\n", 1, 17},
		"plain, not in ASCII":        {"name: user.ä == \"ö\" && X\n", 1, 24},
		"plain over lines":           {"name: user.a ==\n   b ||\n\n   c == X\n", 4, 9},
		"single-quoted":              {"name: 'it''s == X'\n", 1, 17},
		"double-quoted with escapes": {`name: "a \"b\" \\ \u00e4 X"` + "\n", 1, 26},
		"double-quoted over lines":   {"name: \"a\n  b\\\n  X\"\n", 3, 3},
		"literal block":              {"name: |\n  a ||\n    b == X\n", 3, 10},
		"literal block, indented":    {"name: |2-\n    a ||\n  b == X\n", 3, 8},
		"folded block":               {"name: >-\n  a ||\n  b ||\n\n  c == X\n", 5, 8},
		"block with CRLF":            {"name: |\r\n  a\r\n  X\r\n", 3, 3},
		"block after a comment":      {"name: | # why\n  a\n  X\n", 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := strictyaml.Parse("f.yaml", []byte(c.text), 1<<10)
			var s strictyaml.Script
			d.Root().Each(func(_ string, _, v strictyaml.Value) { s = v.Script() })
			at := strings.Index(s.Text, "X")
			if at < 0 {
				t.Fatalf("no marker in %q: %v", s.Text, d.Problems())
			}
			line, col := s.Position(len([]rune(s.Text[:at])))
			if line != c.line || col != c.col {
				t.Errorf("%q: got %d:%d, want %d:%d", s.Text, line, col, c.line, c.col)
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"when", "then", "thenExpr", "usageLocation"}
	for word, want := range map[string]string{"wehn": "when", "thenexpr": "thenExpr", "usagelocation": "usageLocation", "x": "", "when": "then",
		"completely": "", "": ""} {
		if got := strictyaml.Suggest(word, known); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: |\n  b\nc: [1, {d: 'e'}]\n"))
	f.Add([]byte("\ufeffa: \"\\u00e4\\\n  b\"\r\n"))
	f.Add([]byte("a: &x [*x]\n<<: *x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := strictyaml.Parse("f.yaml", b, 1<<12)
		visit(t, d.Root())
		for _, p := range d.Problems() {
			if p.Message == "" || p.Line < 0 || p.Col < 0 {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

// visit calls every accessor; positions of scripts must lie in the file.
func visit(t *testing.T, v strictyaml.Value) {
	switch {
	case v.IsMapping():
		v.Each(func(_ string, _, x strictyaml.Value) { visit(t, x) })
	case v.IsList():
		v.Items(func(_ int, x strictyaml.Value) { visit(t, x) })
	default:
		v.Bool()
		v.Int()
		v.Words()
		v.Date()
		v.Duration()
		s := v.Script()
		for i := range len([]rune(s.Text)) {
			if line, col := s.Position(i); line < 1 || col < 1 {
				t.Errorf("character %d of %q at %d:%d", i, s.Text, line, col)
			}
		}
	}
}
