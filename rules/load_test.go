package rules_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// tree gives the files of an archive, or of text in its form, as a file system.
func tree(a *txtar.Archive) fs.FS {
	t := fstest.MapFS{}
	for _, f := range a.Files {
		t[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return t
}

// TestProblems holds what Load says about broken policies, with the line and a caret, against the file problems of each
// archive.
func TestProblems(t *testing.T) {
	golden.Case(t, "broken/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		set, problems := rules.Load(tree(a), ".")
		if (set == nil) != (len(problems) > 0) {
			t.Errorf("set %v with %d problems", set, len(problems))
		}
		var b strings.Builder
		for _, p := range problems {
			b.WriteString(p.String() + "\n" + caret(p))
		}
		return []txtar.File{{Name: "problems", Data: []byte(b.String())}}
	})
}

// caret shows the line of a problem with a mark below its column.
func caret(p strictyaml.Problem) string {
	if p.Col == 0 {
		return ""
	}
	pad := []rune(p.Source)[:min(p.Col-1, len([]rune(p.Source)))]
	for i, r := range pad {
		if r != '\t' {
			pad[i] = ' '
		}
	}
	return fmt.Sprintf("  | %s\n  | %s^\n", p.Source, string(pad))
}

func TestTooManyRules(t *testing.T) {
	files := fstest.MapFS{}
	for f := range 5 {
		var b strings.Builder
		fmt.Fprintf(&b, "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: many-%d}\ndecisions:\n  leave:\n    rules:\n", f)
		for i := range 401 {
			fmt.Fprintf(&b, "      - {id: r-%d-%d, when: user.enabled, then: keep}\n", f, i)
		}
		fmt.Fprintf(&b, "    default: {id: d-%d, then: keep}\n", f)
		files[fmt.Sprintf("p%d.yaml", f)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	_, problems := rules.Load(files, ".")
	if len(problems) != 1 || problems[0].File != "p4.yaml" || problems[0].Message != "the policies have more than 2000 rules" {
		t.Errorf("got %v", problems)
	}
}
