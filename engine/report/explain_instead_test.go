package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules"
)

func TestExplainSaysWhatStandsInTheWay(t *testing.T) {
	at := time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC)
	exception := &rules.Exception{ID: "EXC-1", File: "exceptions.yaml", Line: 4, Reason: "merger", Owner: "jane@contoso.example", Expires: "2026-10-31"}
	frozen, over := *exception, *exception
	frozen.Freeze, over.ID = true, "EXC-0"
	x := report.Explanation{Decisions: traced([]rules.DecisionTrace{
		{Decision: rules.Decision{Name: rules.CloudType, Status: rules.Decided, Text: "user", Pending: &rules.Pending{Text: "sharedMailbox", Since: at, Until: at.AddDate(0, 0, 14)}}, Mode: rules.First},
		{Decision: rules.Decision{Name: rules.Licenses, Status: rules.Decided, Exception: exception, Lapsed: &over}, Mode: rules.Collect},
		{Decision: rules.Decision{Name: rules.Groups, Status: rules.NotApplicable, Exception: &frozen}, Mode: rules.Collect},
	})}
	var text, doc bytes.Buffer
	if err := report.Explain(&text, x, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := report.ExplainJSON(&doc, x); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[*bytes.Buffer][]string{
		&text: {"stays so until 2026-09-29", "then sharedMailbox", "decided by exception EXC-1 (merger) of jane@contoso.example", "frozen by exception EXC-1", "exception EXC-0 (merger)", "is over since 2026-10-31"},
		&doc:  {`"pending"`, `"until": "2026-09-29T00:00:00Z"`, `"exception"`, `"freeze": true`, `"lapsed"`},
	} {
		plain := strings.Join(strings.Fields(out.String()), " ")
		for _, w := range want {
			if !strings.Contains(plain, w) {
				t.Errorf("nothing says %q in\n%s", w, out)
			}
		}
	}
}
