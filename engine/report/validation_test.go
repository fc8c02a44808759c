package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/golden"
)

// hostile are findings whose texts try to do something else than stand for themselves.
func hostile() []validate.Finding {
	user := func(name string) plan.Object {
		return plan.Object{Kind: "user", Name: name, UPN: "u@contoso.example", DN: "CN=" + name + ",DC=contoso,DC=example"}
	}
	out := []validate.Finding{
		{Check: "ADR-014", Severity: validate.Error, Mode: cloud.Provision, Object: user("=cmd|' /C calc'!A0"), Attribute: "mail", Value: "\t=1+1", Detail: "2 objects hold it",
			Others: []validate.Party{{Object: user("@SUM(1)\x1b[31m"), Attribute: "mail"}}, More: 7},
		{Check: "DSP-003", Severity: validate.Warning, Mode: cloud.Provision, Object: user("Anna\r\nBerg"), Attribute: "displayName", Value: "\u202egnp.exe, \"x\"",
			Detail: "white space at an end", Fix: &validate.Fix{Attribute: "displayName", Before: "+1 ", After: "-1", Safe: true}},
	}
	for range 7 {
		out = append(out, validate.Finding{Check: "ALI-009", Severity: validate.Info, Mode: cloud.Provision, Object: user("＝1"), Detail: "the cloud gets \x9b31m"})
	}
	return out
}

var hostileSummary = validate.Summary{Objects: 1234, Errors: 1, Warnings: 1, Info: 7, Excluded: []validate.Excluded{{Reason: "a policy decides none", Objects: 12}},
	NotEvaluated: []validate.Unevaluated{{Check: "COX-001", Why: "needs what was not supplied: tenant"}, {Check: "COX-002", Why: "needs what was not supplied: tenant"},
		{Check: "SIZ-001", Source: "contoso\x1b", Partly: true, Why: "was not read from the directory: thumbnailPhoto"}}}

func tell(t *testing.T, v report.Validation, list []validate.Finding, s validate.Summary) {
	t.Helper()
	for _, f := range list {
		if err := v.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(s); err != nil {
		t.Fatal(err)
	}
}

var validated = report.Validated{AsOf: time.Date(2026, 9, 15, 22, 0, 0, 0, time.UTC), Mode: cloud.Provision, Least: validate.Info}

func TestValidationText(t *testing.T) {
	cases := map[string]struct {
		list []validate.Finding
		sum  validate.Summary
		o    report.Options
	}{
		"hostile": {hostile(), hostileSummary, report.Options{}},
		"full":    {hostile(), hostileSummary, report.Options{Full: true}},
		"clean":   {nil, validate.Summary{Objects: 3}, report.Options{}},
		"nothing": {nil, validate.Summary{}, report.Options{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			tell(t, report.ValidationText(&out, validated, c.o), c.list, c.sum)
			golden.File(t, "validation/"+name+".txt", out.Bytes())
		})
	}
}

func TestValidationJSON(t *testing.T) {
	for name, list := range map[string][]validate.Finding{"findings": hostile(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			tell(t, report.ValidationJSON(&out, validated), list, hostileSummary)
			var doc struct {
				FormatVersion, Kind string
				Findings            []struct{ Check, Severity, Value string }
				Summary             struct{ Errors int }
			}
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(out.Bytes(), []byte("null")) {
				t.Errorf("null for an array:\n%s", out.Bytes())
			}
			if doc.FormatVersion != report.FormatVersion || doc.Kind != "coexist.report.validation" || doc.Summary.Errors != 1 || len(doc.Findings) != len(list) {
				t.Errorf("got %+v", doc)
			}
			for i, f := range list {
				if got := doc.Findings[i]; got.Check != f.Check || got.Severity != f.Severity.String() || got.Value != f.Value {
					t.Errorf("finding %d is %+v", i, got)
				}
			}
		})
	}
}

func TestValidationCSVIsNoProgram(t *testing.T) {
	var out bytes.Buffer
	tell(t, report.ValidationCSV(&out), hostile(), hostileSummary)
	text, ok := strings.CutPrefix(out.String(), "\uFEFF")
	if !ok {
		t.Error("no byte order mark")
	}
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\n") != 10 {
		t.Errorf("lines do not end in CR LF, one a finding:\n%q", text)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝", []rune(cell)[0]) || strings.ContainsAny(cell, "\x1b\r\n\u202e\u009b") {
				t.Errorf("%s is %q", rows[0][i], cell)
			}
		}
	}
	want := []string{"'=cmd|' /C calc'!A0", `'\t=1+1`, "u@contoso.example (mail) and 7 more"}
	if diff := cmp.Diff(want, []string{rows[1][5], rows[1][11], rows[1][13]}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"displayName", "'+1 ", "'-1", "true"}, rows[2][14:]); diff != "" {
		t.Error(diff)
	}
}

// noRoom is a file system without room.
type noRoom struct{}

var errFull = errors.New("no space left")

func (noRoom) Write([]byte) (int, error) { return 0, errFull }

func TestValidationSaysWhatCannotBeWritten(t *testing.T) {
	for name, v := range map[string]report.Validation{"text": report.ValidationText(noRoom{}, validated, report.Options{}),
		"json": report.ValidationJSON(noRoom{}, validated), "csv": report.ValidationCSV(noRoom{})} {
		if err := v.Close(hostileSummary); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
