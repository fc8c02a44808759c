package format_test

import (
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules/format"
)

// TestFix has an archive for each migration; its comment is the migration's name.
func TestFix(t *testing.T) {
	tried := map[string]bool{}
	golden.Case(t, "fix/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		got, changed, problems := format.Fix("f.yaml", a.Files[0].Data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for _, m := range changed {
			tried[m.Name] = true
		}
		if len(changed) == 0 {
			t.Error("nothing was changed")
		}
		if _, again, _ := format.Fix("f.yaml", got); len(again) > 0 {
			t.Errorf("fixing again changes the file: %v", again[0].Name)
		}
		return []txtar.File{{Name: "fixed", Data: got}}
	})
	for _, m := range format.Migrations() {
		if !tried[m.Name] {
			t.Errorf("migration %s has no test", m.Name)
		}
	}
}

func TestFixLeavesOthersAlone(t *testing.T) {
	for name, text := range map[string]string{
		"another kind":      "apiVersion: coexist/v1\nkind: Policy\nsurvivors: []\n",
		"another version":   "apiVersion: coexist/v2\nkind: PolicyTest\nsurvivors: []\n",
		"the form of today": "apiVersion: coexist/v1\nkind: PolicyTest\nmutants: {accept: []}\n",
		"both":              "apiVersion: coexist/v1\nkind: PolicyTest\nsurvivors: []\nmutants: {accept: []}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got, changed, _ := format.Fix("f.yaml", []byte(text)); string(got) != text || len(changed) > 0 {
				t.Errorf("became %q", got)
			}
		})
	}
}
