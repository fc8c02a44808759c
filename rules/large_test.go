package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// TestGrowthOfConditions puts a large condition in the place of its name many times over: what one expression may not do,
// all together may not do either.
func TestGrowthOfConditions(t *testing.T) {
	large := func(uses int) fstest.MapFS {
		var b strings.Builder
		b.WriteString("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: large}\nconditions:\n  a: ")
		b.WriteString(strings.Repeat(`user.l == "x" || `, 60) + "user.enabled\n")
		b.WriteString("  b: " + strings.Repeat("a || ", 8) + "a\n")
		b.WriteString("decisions:\n  cloudType:\n    rules:\n")
		for i := range uses {
			fmt.Fprintf(&b, "      - {id: r-%d, when: b, then: user}\n", i)
		}
		b.WriteString("    default: {id: type-default, then: user}\n")
		return fstest.MapFS{"p.yaml": {Data: []byte(b.String())}}
	}
	timed(t, "loading", func() {
		_, problems := rules.Load(large(800), ".")
		if len(problems) != 1 || !strings.Contains(problems[0].Message, "grow by more than 30000 parts") || problems[0].Line == 0 {
			t.Errorf("got %v", problems)
		}
	})
	if _, problems := rules.Load(large(10), "."); len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
}

// TestPatternsInLoops holds a long text against a pattern once for each of many values.
func TestPatternsInLoops(t *testing.T) {
	set := load(t, expression(`any(user.member, user.info matches "(x+x+)+y") ? "yes" : "no"`))
	schema := directory.NewSchema()
	o := object(t, schema, directory.User, map[string][]string{"member": make([]string, 2000), "info": {strings.Repeat("x", 100_000)}})
	out := set.NewEvaluator(schema, asOf).Evaluate(rules.Input{Object: o})
	d := out.Find(rules.Attributes)
	if d.Status != rules.Held || !strings.Contains(d.Err.Error(), "loops visit more than 10000 values") || !strings.HasPrefix(d.Err.Error(), "p.yaml:") {
		t.Errorf("%v", d.Err)
	}
}

// TestLinksOutOfTheFolder gives a policy folder whose file leads out of it.
func TestLinksOutOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	outside, inside := filepath.Join(dir, "outside.yaml"), filepath.Join(dir, "policies")
	if err := os.WriteFile(outside, []byte("apiVersion: coexist/v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(inside, "a.yaml")); err != nil {
		t.Skip(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, problems := rules.Load(root.FS(), "."); len(problems) == 0 || problems[0].File != "a.yaml" || !strings.Contains(problems[0].Message, "leads out of the policy folder") {
		t.Errorf("got %v", problems)
	}
}
