package format_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/format"
)

func TestSource(t *testing.T) {
	golden.Case(t, "fmt/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		got := formatted(t, a.Files[0].Data)
		return []txtar.File{{Name: "formatted", Data: got}}
	})
}

// formatted formats and checks that doing so again changes nothing.
func formatted(t *testing.T, b []byte) []byte {
	t.Helper()
	got, problems := format.Source("f.yaml", b)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	again, problems := format.Source("f.yaml", got)
	if diff := cmp.Diff(string(got), string(again)); diff != "" || len(problems) > 0 {
		t.Errorf("formatting again changes the text (-first +second): %v\n%s", problems, diff)
	}
	return got
}

func TestLineBreaks(t *testing.T) {
	const text = "kind: Policy\napiVersion: coexist/v1\n# last\n"
	want := "apiVersion: coexist/v1\nkind: Policy\n# last\n"
	for name, c := range map[string]struct{ in, want string }{
		"plain ones stay":              {text, want},
		"those of Windows stay":        {strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(want, "\n", "\r\n")},
		"the first decides":            {strings.Replace(text, "\n", "\r\n", 1), strings.ReplaceAll(want, "\n", "\r\n")},
		"the end of the file gets one": {strings.TrimSuffix(text, "\n"), want},
		"a byte order mark goes":       {"\ufeff" + text, want},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, string(formatted(t, []byte(c.in)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoYAMLIsNotTouched(t *testing.T) {
	for _, text := range []string{"", "a: {", "a: &x 1\nb: *x\n", "a: 1\na: 2\n"} {
		if _, problems := format.Source("f.yaml", []byte(text)); len(problems) == 0 {
			t.Errorf("%q was formatted", text)
		}
	}
}

// TestSameSet formats every good file of the tests of rules and of the shipped policies: what is loaded stays the same.
func TestSameSet(t *testing.T) {
	sets := map[string]fstest.MapFS{}
	paths, err := filepath.Glob("../testdata/evaluate/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		sets[p] = fstest.MapFS{}
		for _, f := range a.Files {
			sets[p][f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	for _, shipped := range []string{"default", "sample"} {
		sets[shipped] = fstest.MapFS{}
		root := os.DirFS(filepath.Join("..", "..", "policies", shipped))
		err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				b, err := fs.ReadFile(root, name)
				sets[shipped][name] = &fstest.MapFile{Data: b}
				return err
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	for name, files := range sets {
		before, problems := rules.Load(files, ".")
		if len(problems) > 0 {
			continue
		}
		after := fstest.MapFS{}
		for n, f := range files {
			after[n] = f
			if ext := filepath.Ext(n); ext == ".yaml" || ext == ".yml" {
				after[n] = &fstest.MapFile{Data: formatted(t, f.Data)}
			}
		}
		set, problems := rules.Load(after, ".")
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if diff := cmp.Diff(rulesOf(before), rulesOf(set)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
		compared++
	}
	if compared < 4 {
		t.Errorf("compared %d sets", compared)
	}
}

// rulesOf gives what a set says, without places.
func rulesOf(s *rules.Set) []rules.Policy {
	out := s.Policies()
	for i := range out {
		for j := range out[i].Decisions {
			out[i].Decisions[j].WhenLine = 0
			for k := range out[i].Decisions[j].Rules {
				out[i].Decisions[j].Rules[k].Origin.Line = 0
			}
		}
	}
	return out
}

func FuzzSource(f *testing.F) {
	for _, pattern := range []string{"testdata/fmt/*.txtar", "../testdata/*/*.txtar"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, p := range paths {
			if a, err := txtar.ParseFile(p); err == nil {
				f.Add(a.Files[0].Data)
			}
		}
	}
	f.Add([]byte("a:\n  - - b\n    - c\n  -\n    d: |\n      x\n     # y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, problems := format.Source("f.yaml", b)
		if len(problems) > 0 {
			return
		}
		twice, problems := format.Source("f.yaml", once)
		if len(problems) > 0 || string(once) != string(twice) {
			t.Errorf("%q\nonce  %q\ntwice %q %v", b, once, twice, problems)
		}
		one, _ := rules.Load(fstest.MapFS{"f.yaml": {Data: b}}, ".")
		two, _ := rules.Load(fstest.MapFS{"f.yaml": {Data: once}}, ".")
		if (one == nil) != (two == nil) || one != nil && !cmp.Equal(rulesOf(one), rulesOf(two)) {
			t.Errorf("%q\nbecomes %q, which is another set", b, once)
		}
	})
}
