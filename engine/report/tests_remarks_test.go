package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules/verify"
)

// failing is a run in which everything that can be said is said.
func failing() *report.Tested {
	return &report.Tested{Folder: "p",
		Report: &verify.Report{Suites: []string{"t.yaml"}, Counts: verify.Counts{Pass: 1, Fail: 1, Error: 1, Skip: 1},
			Problems: []verify.Problem{{File: "u.yaml", Line: 3, Col: 5, Message: "unknown key", Hint: "did you mean rules?"}},
			Results: []verify.Result{
				{Suite: "t.yaml", Name: "well", Line: 2, Status: verify.Pass},
				{Suite: "t.yaml", Name: "a <b> | *c* @d\x1b[2J", Line: 3, Col: 5, Status: verify.Fail, Mismatches: []verify.Mismatch{
					{Subject: "licenses", Line: 4, Col: 9, Want: "premium", Got: "standard", Decided: []string{"lic-all"}}}},
				{Suite: "t.yaml", Name: "odd", Line: 6, Status: verify.Error, Reason: "scope: no such key"},
				{Suite: "t.yaml", Name: "later", Line: 7, Status: verify.Skip, Reason: "no data"},
			},
			Coverage: verify.Coverage{Stale: []verify.Argument{{File: "t.yaml", Line: 9, About: "lic-none"}}}},
		Gate: &verify.GateResult{Rules: 100, Missing: []verify.RuleCoverage{{File: "p.yaml", Line: 8, Rule: "lic-it", State: verify.Fired}},
			Decisions: []verify.DecisionCoverage{{File: "p.yaml", Line: 7, Policy: "users", Decision: "licenses"}}},
		Mutation: &verify.Mutation{Survived: 1, Stale: []verify.Argument{{File: "t.yaml", Line: 11, About: "lic-it: drop"}},
			Mutants: []verify.Mutant{{Name: "lic-all: drop", File: "p.yaml", Line: 9, Col: 9, Fate: verify.Survived}, {Name: "x: drop", Fate: verify.Killed}}},
	}
}

func TestRemarksOfTests(t *testing.T) {
	var got []string
	for _, r := range failing().Remarks() {
		got = append(got, fmt.Sprintf("%s %s %s:%d:%d %s", r.Rule, r.Level, r.File, r.Line, r.Col, r.Text))
	}
	want := []string{
		"suite-mistake error p/u.yaml:3:5 unknown key",
		"policy-test error p/t.yaml:4:9 a <b> | *c* @d\x1b[2J: licenses is standard, want premium; decided by lic-all",
		"policy-test error p/t.yaml:6:0 odd: scope: no such key",
		"test-coverage warning p/p.yaml:8:0 lic-it: never false",
		"test-coverage warning p/p.yaml:7:0 users/licenses: when was never true",
		"test-coverage warning p/t.yaml:9:0 lic-none: said to be unreachable, and reached",
		"surviving-mutant warning p/p.yaml:9:9 no test notices this change: lic-all: drop",
		"surviving-mutant error p/t.yaml:11:0 lic-it: drop: said to survive, and is killed or does not exist",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("remarks (-want +got):\n%s", diff)
	}
}

func TestTestsMarkdown(t *testing.T) {
	var b strings.Builder
	if err := report.TestsMarkdown(&b, failing()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"### Policy tests · p\n\nnot passed: 1 mistake in suites; 2 tests do not pass; ",
		"| 4 | 1 | 1 | 1 | 1 | 0 |",
		"Mutants: 0 killed, 1 survived,",
		`| p/t.yaml:4 | a &lt;b&gt; \| \*c\* &#64;d\\x1b\[2J: licenses is standard, want premium; decided by lic\-all |`,
		"| p/u.yaml:3 | unknown key, did you mean rules? |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
}

func TestTestsMarkdownStaysShort(t *testing.T) {
	in := failing()
	for i := range 5000 {
		in.Report.Problems = append(in.Report.Problems, verify.Problem{File: "u.yaml", Line: i, Message: strings.Repeat("<", 20)})
	}
	var b strings.Builder
	if err := report.TestsMarkdown(&b, in); err != nil {
		t.Fatal(err)
	}
	if b.Len() >= 60_000 || !strings.Contains(b.String(), "\n… and ") || !strings.Contains(b.String(), " more.\n") {
		t.Errorf("%d bytes, ends with %q", b.Len(), b.String()[b.Len()-100:])
	}
}
