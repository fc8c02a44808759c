package prove_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
)

func load(t testing.TB, fsys fs.FS) *rules.Set {
	t.Helper()
	set, problems := rules.Load(fsys, ".")
	if set == nil {
		t.Fatalf("the policies do not load:\n%v", problems)
	}
	return set
}

// TestShippedPoliciesHaveNoIdleRule expects no finding about the policies that coexist brings along.
func TestShippedPoliciesHaveNoIdleRule(t *testing.T) {
	for name, fsys := range map[string]fs.FS{"default": policies.Default(), "sample": policies.Sample()} {
		findings, stats := prove.Set(load(t, fsys))
		for _, f := range findings {
			t.Errorf("%s: %s: %s", name, f.Kind, f.Text)
		}
		if stats.Rules < 20 || stats.NotDecided > 0 {
			t.Errorf("%s: %+v", name, stats)
		}
		t.Logf("%s: %+v", name, stats)
	}
}

// TestEveryKindHasAPage expects a page for each kind. The findings that it shows are those of testdata/pages.txtar.
func TestEveryKindHasAPage(t *testing.T) {
	tested, err := os.ReadFile("testdata/pages.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []prove.Kind{prove.Shadowed, prove.Impossible, prove.Duplicate, prove.Constant, prove.NeverActs, prove.NotDecided} {
		page, err := os.ReadFile("../../docs/lint/" + string(kind) + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"# " + string(kind) + "\n", "\n## Avoid\n", "\n## Prefer\n", "\n## Why\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("%s: no %q", kind, part)
			}
		}
		for line := range strings.Lines(string(page)) {
			if strings.HasPrefix(line, string(kind)+": ") && !strings.Contains(string(tested), line) {
				t.Errorf("%s: not so: %s", kind, line)
			}
		}
	}
}
