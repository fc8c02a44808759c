package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/trace"
)

func explanation() report.Explanation {
	at := func(rule string, line int) rules.Origin {
		return rules.Origin{Policy: "staff", Rule: rule, File: "users.yaml", Line: line}
	}
	failed := errors.New("users.yaml:12:9: rule loc-table: \"\x1b[2J\" is not in table countries")
	return report.Explanation{
		Object: plan.Object{Anchor: "QUFBQQ==", Kind: "user", Name: "Anna\u202e Adler", UPN: "anna@contoso.example", DN: "CN=Anna,DC=contoso,DC=example", GUID: "6f0c2d0e-8f0b-4a55-9e0a-2b1f6f3f9a10"},
		AsOf:   time.Date(2026, 9, 15, 4, 0, 0, 0, time.UTC), Policy: "staff",
		Decisions: traced([]rules.DecisionTrace{
			{Decision: rules.Decision{Name: "cloudType", Status: rules.Decided, Text: "sharedMailbox", Hold: 14 * 24 * time.Hour}, Mode: rules.First,
				Rules: []rules.RuleTrace{{Origin: at("type-service", 5), Verdict: rules.False}, {Origin: at("type-leaver", 8), Verdict: rules.True, Adds: []string{"sharedMailbox"}},
					{Origin: at("type-default", 9), Default: true, Verdict: rules.NotReached}}},
			{Decision: rules.Decision{Name: "usageLocation", Status: rules.Held, Err: failed}, Mode: rules.First, Rules: []rules.RuleTrace{{Origin: at("loc-table", 12), Verdict: rules.Failed, Err: failed}}},
			{Decision: rules.Decision{Name: "licenses", Status: rules.Decided, List: []string{"premium"}}, Mode: rules.Collect, Dropped: []rules.Dropped{{Bundle: "standard", For: "premium"}},
				Rules: []rules.RuleTrace{{Origin: at("lic-pilot", 20), Verdict: rules.NotInForce}, {Origin: at("lic-it", 23), Verdict: rules.True, Adds: []string{"premium", "standard"}}}},
			{Decision: rules.Decision{Name: "attributes", Status: rules.Decided, Entries: []rules.Entry{{Key: "city", Value: cloud.Text("Berlin"), Origin: at("attr", 30)}, {Key: "manager", Refs: []string{"CN=Bernd,DC=contoso,DC=example"}, Origin: at("attr", 30)}}},
				Mode: rules.Merge, Rules: []rules.RuleTrace{{Origin: at("attr", 30), Default: true, Verdict: rules.True, Adds: []string{"city", "manager"}}}},
			{Decision: rules.Decision{Name: "account", Status: rules.NotApplicable}, Mode: rules.Merge},
		}),
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

// TestExplainSaysWhatIsLeftOut expects of an object outside the pilot group that explain says so, in both forms.
func TestExplainSaysWhatIsLeftOut(t *testing.T) {
	x := explanation()
	x.Outside = "it is not in the pilot group \x1b[31mPilot"
	var text, doc bytes.Buffer
	if err := report.Explain(&text, x, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "  left out ") || !strings.Contains(text.String(), "it is not in the pilot group") || strings.Contains(text.String(), "\x1b") {
		t.Errorf("text:\n%s", text.String())
	}
	if err := report.ExplainJSON(&doc, x); err != nil {
		t.Fatal(err)
	}
	var back struct{ LeftOut string }
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || back.LeftOut != x.Outside {
		t.Errorf("%q, %v", back.LeftOut, err)
	}
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

// traced makes traces of decisions without the parts of conditions.
func traced(list []rules.DecisionTrace) (out []trace.Decision) {
	for _, d := range list {
		x := trace.Decision{DecisionTrace: d}
		for i := range d.Rules {
			x.Rules = append(x.Rules, trace.Rule{RuleTrace: &d.Rules[i]})
		}
		out = append(out, x)
	}
	return out
}

const traceTestPolicy = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
scope: user.class == "user" && inOU("OU=Staff,DC=contoso,DC=example")
attributes: {laps: {ldap: ms-Mcs-AdmPwd, type: string}}
conditions:
  staff: user.employeeType in ["Employee", "Apprentice"] && user.enabled
  it: user.department == "IT"
bundles: {premium: {sku: SPE_E5}, standard: {sku: SPE_E3}, visio: {sku: VISIOCLIENT}}
decisions:
  cloudType:
    rules:
      - {id: type-service, when: 'user.sam startsWith "svc-" || memberOf("GG-Service")', then: none, reason: service}
      - {id: type-staff, when: 'staff && domainOf(user.mail) == "contoso.example"', then: user}
      - {id: type-late, when: it, then: mailUser}
    default: {id: type-default, then: none, reason: no rule for it}
  licenses:
    when: decided("cloudType") == "user"
    exclusive: [[premium, standard]]
    rules:
      - {id: lic-premium, when: 'staff && user.department in ["IT", "Security"]', then: [premium]}
      - {id: lic-pilot, when: 'memberOf("GG-Pilot")', from: 2026-09-01, until: 2026-12-31, then: [premium]}
      - {id: lic-all, when: staff, then: [standard]}
      - {id: lic-over, when: staff, until: 2026-01-31, then: [visio]}
      - {id: lic-visio, when: 'any(user.proxyAddresses, # startsWith "smtp:") && user.laps != "x"', then: [visio]}
    default: {id: lic-none, then: []}
  usageLocation:
    rules:
      - {id: loc-c, when: 'has(user.c) && !(user.c == "")', thenExpr: 'upper(user.c)'}
    default: {id: loc-unknown, fail: no country}
  mail:
    when: decided("cloudType") == "sharedMailbox"
    default: {id: mail-default, then: {pop: false}}
`

// TestExplainTraces shows traces as they come from an evaluation, with a hostile name in the directory.
func TestExplainTraces(t *testing.T) {
	set, problems := rules.Load(fstest.MapFS{"users.yaml": {Data: []byte(traceTestPolicy)}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	schema := directory.NewSchema()
	attributes := func(dn string) []directory.Attribute {
		return []directory.Attribute{{Name: "distinguishedName", Values: []string{dn}}, {Name: "sAMAccountName", Values: []string{"anna"}}, {Name: "employeeType", Values: []string{"Employee"}},
			{Name: "userAccountControl", Values: []string{"512"}}, {Name: "mail", Values: []string{"Anna@Contoso.example"}}, {Name: "department", Values: []string{"Sales\x1b[2J\u202e`|<b>"}},
			{Name: "proxyAddresses", Values: []string{"SMTP:anna@contoso.example", "smtp:a@contoso.example"}}, {Name: "c", Values: []string{"de"}}, {Name: "ms-Mcs-AdmPwd", Values: []string{"Hunter2"}}}
	}
	at := time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]string{"staff": "CN=Anna,OU=Staff,DC=contoso,DC=example", "outside": "CN=Anna,OU=Guests,DC=contoso,DC=example"} {
		o, err := schema.NewObject(directory.User, directory.GUID{1}, attributes(c))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := trace.New(set, schema, at)
		if err != nil {
			t.Fatal(err)
		}
		groups := set.Groups()
		made := tr.Trace(rules.Input{Object: o, InGroup: func(ref int) bool { return groups[ref] == "GG-Pilot" }})
		x := report.Explanation{Object: plan.Object{Kind: "user", Name: "Anna", DN: c}, AsOf: at, Source: "contoso", OU: "OU=Staff,DC=contoso,DC=example", Filter: "(mail=*)",
			Policy: made.Policy, ScopeErr: made.ScopeErr, Scopes: made.Scopes, Decisions: made.Decisions}
		var text, doc bytes.Buffer
		if err := report.Explain(&text, x, report.Options{}); err != nil {
			t.Fatal(err)
		}
		golden.File(t, "explain/trace-"+name+".txt", text.Bytes())
		if err := report.ExplainJSON(&doc, x); err != nil {
			t.Fatal(err)
		}
		golden.File(t, "explain/trace-"+name+".json", doc.Bytes())
		for _, out := range []string{text.String(), doc.String()} {
			if strings.Contains(out, "Hunter2") || strings.Contains(out, "\x1b") {
				t.Errorf("%s shows what it must not:\n%s", name, out)
			}
		}
	}
}
