package report_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules/lint"
)

func remarks() []report.Remark {
	l := report.NewLinted("policies", []lint.Finding{
		{Lint: "shadowed-rule", Severity: lint.Warning, File: "lib/a b.yaml", Line: 3, Col: 7, Text: "rule x decides nothing\n  a.yaml:1  y  user.c == \"DE\""},
		{Lint: "overlap-first", Severity: lint.Info, File: "u.yaml", Line: 9, Text: "100% of <b>\x1b[2J"},
	}, lint.Stats{Policies: 1, Rules: 2})
	return append(l.Remarks(), report.Mistakes(strictyaml.Problems{{File: "p\\u.yaml", Line: 4, Col: 2, Message: "unknown key \"wehn\"", Hint: "did you mean \"when\"?", Source: " wehn: x"},
		{File: "p/empty.yaml", Message: "file is empty"}})...)
}

func TestGitHub(t *testing.T) {
	var b strings.Builder
	if err := report.GitHub(&b, remarks()); err != nil {
		t.Fatal(err)
	}
	want := `::warning file=policies/lib/a b.yaml,line=3,col=7,title=shadowed-rule::rule x decides nothing%0A  a.yaml:1  y  user.c == "DE"
::notice file=policies/u.yaml,line=9,title=overlap-first::100%25 of <b>\x1b[2J
::error file=p/u.yaml,line=4,col=2,title=policy-mistake::unknown key "wehn", did you mean "when"?
::error file=p/empty.yaml,title=policy-mistake::file is empty
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSARIF holds the form against what SARIF 2.1.0 asks for: which properties must stand, which values they take, and that
// each result names a rule that is described (§3.13, §3.14, §3.19, §3.27, §3.28, §3.29, §3.30, §3.49).
func TestSARIF(t *testing.T) {
	var b strings.Builder
	if err := report.SARIF(&b, remarks(), append(report.LintRules(), report.MistakeRules()...), "1.2.3"); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						ShortDescription struct{ Text string }
						Default          struct{ Level string } `json:"defaultConfiguration"`
					}
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID              string
				RuleIndex           *int
				Level               string
				Message             struct{ Text string }
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct {
							StartLine, StartColumn int
							Snippet                object
						}
					}
				}
			}
		}
	}
	d := json.NewDecoder(strings.NewReader(b.String()))
	if err := d.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || !strings.Contains(log.Schema, "sarif-2.1.0") || len(log.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || run.ColumnKind != "unicodeCodePoints" || len(run.Results) != 4 {
		t.Errorf("driver %q, columns %q, %d results", run.Tool.Driver.Name, run.ColumnKind, len(run.Results))
	}
	levels := map[string]bool{"none": true, "note": true, "warning": true, "error": true}
	ids := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || ids[r.ID] || r.ShortDescription.Text == "" || !levels[r.Default.Level] {
			t.Errorf("rule %+v", r)
		}
		ids[r.ID] = true
	}
	prints := map[string]bool{}
	for _, r := range run.Results {
		if r.RuleIndex == nil || *r.RuleIndex < 0 || *r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[*r.RuleIndex].ID != r.RuleID {
			t.Errorf("result of rule %q has index %v", r.RuleID, r.RuleIndex)
		}
		if !levels[r.Level] || r.Message.Text == "" || len(r.Locations) != 1 || len(r.PartialFingerprints) != 1 {
			t.Errorf("result %+v", r)
		}
		for _, p := range r.PartialFingerprints {
			if prints[p] {
				t.Errorf("fingerprint %s stands twice", p)
			}
			prints[p] = true
		}
		at := r.Locations[0].PhysicalLocation
		u, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil || u.IsAbs() || strings.ContainsAny(at.ArtifactLocation.URI, " \\") {
			t.Errorf("place %q: %v", at.ArtifactLocation.URI, err)
		}
		if at.Region != nil && at.Region.StartLine < 1 {
			t.Errorf("region %+v", at.Region)
		}
	}
	if strings.Contains(b.String(), "\x1b") || strings.Contains(b.String(), `\u001b`) {
		t.Error("a control character is passed on")
	}
}

// An absolute path is a file URI, of Windows too.
func TestSARIFOfAbsolutePaths(t *testing.T) {
	for file, want := range map[string]string{"/a b/u.yaml": "file:///a%20b/u.yaml", `C:\policies\u.yaml`: "file:///C:/policies/u.yaml", "./p/../u.yaml": "u.yaml"} {
		var b strings.Builder
		if err := report.SARIF(&b, []report.Remark{{Rule: report.Mistake, Level: report.LevelError, Text: "x", File: file}}, report.MistakeRules(), "1"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `"uri": "`+want+`"`) {
			t.Errorf("%s: want %s in %s", file, want, b.String())
		}
	}
}
