package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
)

func explanation() report.Explanation {
	at := func(rule string, line int) rules.Origin {
		return rules.Origin{Policy: "staff", Rule: rule, File: "users.yaml", Line: line}
	}
	failed := errors.New("users.yaml:12:9: rule loc-table: \"\x1b[2J\" is not in table countries")
	return report.Explanation{
		Object: plan.Object{Anchor: "QUFBQQ==", Kind: "user", Name: "Anna\u202e Adler", UPN: "anna@contoso.example", DN: "CN=Anna,DC=contoso,DC=example", GUID: "6f0c2d0e-8f0b-4a55-9e0a-2b1f6f3f9a10"},
		AsOf:   time.Date(2026, 9, 15, 4, 0, 0, 0, time.UTC), Policy: "staff",
		When: map[string]string{"type-service": "user.sam startsWith \"svc-\"\n  || memberOf(\"GG-Service\")", "lic-pilot": `memberOf("GG-Pilot")`, "lic-it": `user.department == "IT"`},
		Decisions: []rules.DecisionTrace{
			{Decision: rules.Decision{Name: "cloudType", Status: rules.Decided, Text: "sharedMailbox", Hold: 14 * 24 * time.Hour}, Mode: rules.First,
				Rules: []rules.RuleTrace{{Origin: at("type-service", 5), Verdict: rules.False}, {Origin: at("type-leaver", 8), Verdict: rules.True, Adds: []string{"sharedMailbox"}},
					{Origin: at("type-default", 9), Default: true, Verdict: rules.NotReached}}},
			{Decision: rules.Decision{Name: "usageLocation", Status: rules.Held, Err: failed}, Mode: rules.First, Rules: []rules.RuleTrace{{Origin: at("loc-table", 12), Verdict: rules.Failed, Err: failed}}},
			{Decision: rules.Decision{Name: "licenses", Status: rules.Decided, List: []string{"premium"}}, Mode: rules.Collect, Dropped: []rules.Dropped{{Bundle: "standard", For: "premium"}},
				Rules: []rules.RuleTrace{{Origin: at("lic-pilot", 20), Verdict: rules.NotInForce}, {Origin: at("lic-it", 23), Verdict: rules.True, Adds: []string{"premium", "standard"}}}},
			{Decision: rules.Decision{Name: "attributes", Status: rules.Decided, Entries: []rules.Entry{{Key: "city", Value: cloud.Text("Berlin"), Origin: at("attr", 30)}, {Key: "manager", Refs: []string{"CN=Bernd,DC=contoso,DC=example"}, Origin: at("attr", 30)}}},
				Mode: rules.Merge, Rules: []rules.RuleTrace{{Origin: at("attr", 30), Default: true, Verdict: rules.True, Adds: []string{"city", "manager"}}}},
			{Decision: rules.Decision{Name: "account", Status: rules.NotApplicable}, Mode: rules.Merge},
		},
		Compared: true,
		Changes: []plan.Change{{Object: plan.Object{Type: cloud.User}, Action: plan.Update,
			Attributes: []plan.Attribute{{Name: "city", Before: cloud.Text("Bonn"), After: cloud.Text("Berlin")}}}},
		Skips: []plan.Skip{{Reason: plan.RuleError, Property: "usageLocation", Detail: "not in table countries"}},
		Names: report.Effect(plan.Manifest{}),
	}
}

func TestExplain(t *testing.T) {
	var out bytes.Buffer
	if err := report.Explain(&out, explanation(), report.Options{}); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "explain/user.txt", out.Bytes())
	out.Reset()
	if err := report.Explain(&out, report.Explanation{Object: plan.Object{Kind: "user", Name: "Nobody's"}}, report.Options{}); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "explain/no-policy.txt", out.Bytes())
}

func TestExplainJSON(t *testing.T) {
	var out bytes.Buffer
	if err := report.ExplainJSON(&out, explanation()); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "explain/user.json", out.Bytes())
	if !json.Valid(out.Bytes()) {
		t.Error("not JSON")
	}
}
