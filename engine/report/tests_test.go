package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules/verify"
)

func TestTests(t *testing.T) {
	tested := func() *report.Tested {
		return &report.Tested{Folder: "p", Report: &verify.Report{Suites: []string{"t.yaml"}, Counts: verify.Counts{Pass: 1}}}
	}
	cases := map[string]struct {
		change func(*report.Tested)
		want   []string // lines before those about coverage and counts
		unmet  []string
	}{
		"all is well": {func(*report.Tested) {}, nil, nil},
		"errors and what is not run": {
			func(t *report.Tested) {
				t.Report.Counts = verify.Counts{Pass: 1, Error: 1, Skip: 1, Todo: 1}
				t.Report.Results = []verify.Result{
					{Suite: "t.yaml", Name: "well", Line: 2, Status: verify.Pass},
					{Suite: "t.yaml", Name: "red\x1b[31m", Line: 3, Status: verify.Error, Reason: "scope: no such key"},
					{Suite: "t.yaml", Name: "later", Line: 4, Status: verify.Skip, Reason: "no data"},
					{Suite: "t.yaml", Name: "soon", Line: 5, Status: verify.Todo, Reason: "see 12", Mismatches: []verify.Mismatch{{Subject: "leave"}}},
				}
			},
			[]string{`ERROR  p/t.yaml:3: red\x1b[31m`, "  scope: no such key", "SKIP   p/t.yaml:4: later", "  no data", "TODO   p/t.yaml:5: soon", "  see 12"},
			[]string{"1 test does not pass"},
		},
		"entries that no longer hold": {
			func(t *report.Tested) {
				t.Report.Coverage.Stale = []verify.Argument{{File: "t.yaml", Line: 8, About: "type-none"}}
				t.Gate = &verify.GateResult{Decisions: []verify.DecisionCoverage{{Policy: "users", Decision: "licenses", File: "u.yaml", Line: 7, True: 1}}}
				t.Mutation = &verify.Mutation{Stale: []verify.Argument{{File: "t.yaml", Line: 9, About: "type-x: drop"}}, Survived: 1,
					Mutants: []verify.Mutant{{Name: "type-y: drop", File: "u.yaml", Line: 6, Fate: verify.Survived}, {Name: "type-z: drop", Fate: verify.Argued}}}
			},
			[]string{
				"coverage: p/u.yaml:7: users/licenses: when was never false",
				"stale: p/t.yaml:8: type-none: said to be unreachable, and reached",
				"survived: p/u.yaml:6: type-y: drop",
				"stale: p/t.yaml:9: type-x: drop: said to survive, and is killed or does not exist",
				"mutants: 0 killed, 1 survived, 0 argued for, 0 invalid; score 0.0 %",
			},
			[]string{"coverage is below what was asked for, or an entry of unreachable no longer holds", "1 mutant survives", "1 entry of accepted mutants no longer holds"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := tested()
			c.change(in)
			var b strings.Builder
			if err := report.Tests(&b, in, report.Options{}); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
			if diff := cmp.Diff(c.want, append([]string(nil), lines[:len(lines)-2]...)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.unmet, in.Unmet()); diff != "" {
				t.Errorf("unmet (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLintShowsHostileTextAsEscapes(t *testing.T) {
	l := &report.Linted{Folder: "p", Policies: 1, Rules: 2, Findings: []report.Finding{
		{Kind: "shadowed-rule", File: "u.yaml", Line: 3, Text: "rule a decides nothing\n  u.yaml:3  a  user.l == \"\x1b[2J\""},
	}}
	var b strings.Builder
	if err := report.Lint(&b, l, report.Options{}); err != nil {
		t.Fatal(err)
	}
	want := "p/u.yaml:3: rule a decides nothing\n  u.yaml:3  a  user.l == \"\\x1b[2J\"\n  see docs/lint/shadowed-rule.md\n" +
		"1 finding in 1 policy with 2 rules beside defaults\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
