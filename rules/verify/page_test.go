package verify

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coexistsync/coexist/rules"
)

// pageFiles gives the files that a page of the documentation shows, each headed by its name.
func pageFiles(t *testing.T, files fstest.MapFS, page string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```(?:yaml|csv)\n# (policies/[^\n]*)\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		files[m[1]] = &fstest.MapFile{Data: []byte(m[2])}
	}
	return string(b)
}

// TestPageExamplePasses runs the tests that the page shows against the policies that the page of the language shows.
func TestPageExamplePasses(t *testing.T) {
	files := fstest.MapFS{}
	pageFiles(t, files, "policy-language.md")
	pageFiles(t, files, "policy-tests.md")
	set, problems := rules.Load(files, "policies")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	suites, problems := Load(files, "policies", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := suites.Run(set, Options{})
	for _, x := range r.Results {
		for _, m := range x.Mismatches {
			t.Errorf("%d: %s: %s is %s, want %s", m.Line, x.Name, m.Subject, m.Got, m.Want)
		}
	}
	if !r.OK() || r.Counts.Pass != 16 {
		t.Errorf("%+v", r.Counts)
	}
}

// TestPageIsComplete expects the words of suites and the limits on the page.
func TestPageIsComplete(t *testing.T) {
	page := pageFiles(t, fstest.MapFS{}, "policy-tests.md")
	for _, w := range append([]string{"with", "foreach", "asOf", "expect", "rules", "policy", "outOfScope", "skip", "skipReason", "todo", "mutants", "accept",
		"unreachable", "{raw: text}", "{managed: false}", "{fail: rule-id}", "{held: true}", "{applies: false}"}, words...) {
		if !strings.Contains(page, "`"+w+"`") {
			t.Errorf("the page says nothing of %s", w)
		}
	}
	for _, w := range []string{string(Pass), string(Fail), string(Error), string(Skip), string(Todo), string(Fired), string(NeverTrue), string(Dormant), string(AlwaysFailed), string(Unreached)} {
		if !strings.Contains(page, "| "+w+" |") {
			t.Errorf("the page says nothing of %s", w)
		}
	}
	if !strings.Contains(page, "256 KiB") || maxFileBytes != 256<<10 || !strings.Contains(page, "| 1,000 |") || maxVariants != 1000 ||
		!strings.Contains(page, "| 20,000 |") || maxCases != 20_000 {
		t.Error("the page states other limits")
	}
}
