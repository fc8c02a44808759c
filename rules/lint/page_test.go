package lint_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/lint"
	"github.com/coexistsync/coexist/rules/verify"
)

// day is the one on which the examples are looked at.
var day = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var pages = filepath.Join("..", "..", "docs", "lint")

// TestEveryRuleHasAPage holds the pages against the rules, and each page against its form.
func TestEveryRuleHasAPage(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".md"); name != "README" && name != "optional-chain-compare" {
			have = append(have, name)
		}
	}
	var want []string
	for _, r := range lint.Rules() {
		want = append(want, r.Name)
		b, err := os.ReadFile(filepath.Join(pages, r.Name+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range []string{"# " + r.Name + "\n", "\n## Avoid\n", "\n## Prefer\n", "\n## Why\n"} {
			if !strings.Contains("\n"+string(b), part) {
				t.Errorf("%s.md lacks %q", r.Name, strings.TrimSpace(part))
			}
		}
	}
	if slices.Sort(have); !slices.Equal(have, want) {
		t.Errorf("pages %q, rules %q", have, want)
	}
	index, err := os.ReadFile(filepath.Join(pages, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range want {
		if !strings.Contains(string(index), "("+name+".md)") {
			t.Errorf("README.md does not lead to %s", name)
		}
	}
}

// block finds the fenced blocks of a page.
var block = regexp.MustCompile("(?s)```(\\w*)\n(.*?)```")

// TestExamplesOfPages looks at the example of each page in a whole policy: the lines of the page stand in it, and lint finds
// what the page shows. That the search for a proof is given up has no example that a page could show.
func TestExamplesOfPages(t *testing.T) {
	proofs := []string{"shadowed-rule", "impossible-rule", "constant-condition", "duplicate-condition", "never-acts"}
	for _, r := range lint.Rules() {
		if r.Name == "not-decided" {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			path := filepath.Join("testdata", "pages", r.Name+".txtar")
			if slices.Contains(proofs, r.Name) {
				path = filepath.Join("..", "prove", "testdata", "pages.txtar")
			}
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(pages, r.Name+".md"))
			if err != nil {
				t.Fatal(err)
			}
			avoid, _, _ := strings.Cut(string(b), "\n## Prefer\n")
			var found []string
			for _, f := range check(t, a) {
				text, _, _ := strings.Cut(f.Text, "\n")
				if f.Hint != "" {
					text += ", " + f.Hint
				}
				found = append(found, f.Lint+": "+text)
			}
			shown := 0
			for _, m := range block.FindAllStringSubmatch(avoid, -1) {
				if m[1] == "yaml" {
					holds(t, a, m[2])
					continue
				}
				shown++
				if first, _, _ := strings.Cut(m[2], "\n"); !slices.Contains(found, first) {
					t.Errorf("the page shows %q, found %q", first, found)
				}
			}
			if shown == 0 {
				t.Error("the page shows no finding")
			}
		})
	}
}

// holds checks that the lines of an example stand in the files of an archive, one after the other.
func holds(t *testing.T, a *txtar.Archive, example string) {
	t.Helper()
	var all strings.Builder
	for _, f := range a.Files {
		for l := range strings.Lines(string(f.Data)) {
			all.WriteString(strings.TrimSpace(l) + "\n")
		}
	}
	rest := all.String()
	for part := range strings.SplitSeq(example, "...\n") {
		for l := range strings.Lines(part) {
			if !strings.Contains(rest, strings.TrimSpace(l)+"\n") {
				t.Errorf("the line %q of the page is not in the policy", l)
			}
		}
	}
}

// check loads the policies of an archive and looks at them, with the directory, tenant, tests and owners that it holds.
func check(t *testing.T, a *txtar.Archive) []lint.Finding {
	t.Helper()
	files := fstest.MapFS{}
	o := lint.Options{Day: day}
	for _, f := range a.Files {
		switch f.Name {
		case "directory":
			o.Snapshot = directoryOf(t, string(f.Data))
		case "tenant":
			o.Tenant = &cloud.Tenant{}
			if err := json.Unmarshal(f.Data, o.Tenant); err != nil {
				t.Fatal(err)
			}
		case "owners":
			o.Owners = lint.ReadOwners(string(f.Data))
		case "findings":
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	set, problems := rules.Load(files, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if suites, problems := verify.Load(files, ".", set); suites.Len() > 0 || len(problems) > 0 {
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		o.Coverage = &suites.Run(set, verify.Options{Workers: 1}).Coverage
	}
	found, _ := lint.Check(set, o)
	return found
}

// directoryOf makes a snapshot of lines such as: user DN | attribute=value | …
func directoryOf(t *testing.T, text string) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	b.AddSource(snapshot.Source{Name: "contoso", Domain: "contoso.example", TakenAt: day, Scopes: []snapshot.Scope{{OU: "DC=contoso,DC=example"}},
		Attributes: []string{"department", "c", "employeeType", "sAMAccountName", "member"}})
	n := byte(0)
	for line := range strings.Lines(text) {
		n++
		parts := strings.Split(strings.TrimSpace(line), " | ")
		word, dn, _ := strings.Cut(parts[0], " ")
		kind, err := directory.ParseKind(word)
		if err != nil {
			t.Fatal(err)
		}
		attributes := []directory.Attribute{{Name: directory.AttrDN, Values: []string{dn}}}
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(p, "=")
			attributes = append(attributes, directory.Attribute{Name: name, Values: []string{value}})
		}
		if err := b.Add(kind, directory.GUID{0: n, 15: n}, attributes); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What the page optional-chain-compare warns of does not load.
func TestOptionalChainIsRefused(t *testing.T) {
	a, err := txtar.ParseFile(filepath.Join("testdata", "pages", "optional-chain-compare.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(pages, "optional-chain-compare.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, problems := rules.Load(fstest.MapFS{"users.yaml": {Data: a.Files[0].Data}}, ".")
	if len(problems) != 1 || !strings.Contains(string(page), fmt.Sprintf("```\n%s, %s\n```", problems[0].Message, problems[0].Hint)) {
		t.Errorf("got %v", problems)
	}
}
