package trace_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/trace"
)

var at = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

func load(tb testing.TB, policy string) *rules.Set {
	tb.Helper()
	set, problems := rules.Load(fstest.MapFS{"p.yaml": {Data: []byte(policy)}}, ".")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return set
}

// user is a user in Bonn; further attributes are name, value.
func user(tb testing.TB, schema *directory.Schema, more ...string) directory.Object {
	tb.Helper()
	attributes := []directory.Attribute{{Name: "distinguishedName", Values: []string{"CN=Jane,OU=Staff,DC=corp,DC=example"}}, {Name: "userAccountControl", Values: []string{"512"}}}
	for i := 0; i < len(more); i += 2 {
		attributes = slices.DeleteFunc(attributes, func(a directory.Attribute) bool { return a.Name == more[i] })
		attributes = append(attributes, directory.Attribute{Name: more[i], Values: []string{more[i+1]}})
	}
	o, err := schema.NewObject(directory.User, directory.GUID{1}, attributes)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

const head = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
`

// missed writes a miss in one line.
func missed(m *trace.Miss) string {
	if m == nil {
		return ""
	}
	out := m.Rule.Rule
	if out == "" {
		out = "applies"
	}
	for _, c := range m.Changes {
		out += fmt.Sprintf(" | %s=%v", c.Text, c.To)
		if c.Unknown {
			out += "?"
		}
	}
	if m.Dates {
		out += " | dates"
	}
	if m.Otherwise {
		out += " | in place of the one that decided"
	}
	return out
}

func TestNearestMiss(t *testing.T) {
	const first = head + "decisions:\n  cloudType:\n    rules:\n"
	const fallback = "    default: {id: type-default, then: none, reason: no}\n"
	cases := map[string]struct{ policy, want string }{
		"one sub-condition": {first + `      - {id: type-a, when: 'user.l == "Bonn" && user.department == "IT"', then: user}` + "\n" + fallback, `type-a | user.department == "IT"=true`},
		"the nearer of two": {first + `      - {id: type-a, when: 'user.l == "Ulm" && user.department == "IT"', then: user}
      - {id: type-b, when: 'memberOf("G")', then: user}
` + fallback, `type-b | memberOf("G")=true`},
		"what was short-circuited counts": {first + `      - {id: type-a, when: 'user.l == "Ulm" && user.enabled && user.department == "IT"', then: user}` + "\n" + fallback,
			`type-a | user.l == "Ulm"=true | user.department == "IT"=true`},
		"either side of or": {first + `      - {id: type-a, when: '(user.l == "Ulm" && user.department == "IT") || !user.enabled', then: user}` + "\n" + fallback, `type-a | user.enabled=false`},
		"one change for a sub-condition that stands twice": {first + `      - {id: type-a, when: 'memberOf("G") && (memberOf("G") || user.l == "Ulm")', then: user}` + "\n" + fallback, `type-a | memberOf("G")=true`},
		"a choice":       {first + `      - {id: type-a, when: 'user.enabled ? user.l == "Ulm" : user.department == ""', then: user}` + "\n" + fallback, `type-a | user.l == "Ulm"=true`},
		"only the dates": {first + `      - {id: type-a, when: user.enabled, from: 2027-01-01, then: user}` + "\n" + fallback, `type-a | dates`},
		"another rule behind the one that decided": {first + `      - {id: type-a, when: 'user.l == "Bonn"', then: user}
      - {id: type-b, when: 'user.enabled', then: mailUser}
` + fallback, `type-b | user.l == "Bonn"=false | in place of the one that decided`},
		"the default behind the one that decided": {first + `      - {id: type-a, when: 'user.l == "Bonn"', then: user}` + "\n" + fallback, `type-default | user.l == "Bonn"=false | in place of the one that decided`},
		"a part that fails": {first + `      - {id: type-a, when: 'user.l == "Ulm" && daysUntil(user.accountExpires) > 3', then: user}` + "\n" + fallback,
			`type-a | user.l == "Ulm"=true | daysUntil(user.accountExpires) > 3=true?`},
		"nothing can be done":        {first + `      - {id: type-a, when: 'user.l == "Ulm" && !(user.l == "Ulm")', then: user}` + "\n" + fallback, ""},
		"no rule but the default":    {head + "decisions:\n  cloudType:\n" + fallback, ""},
		"a decision that is not due": {head + "decisions:\n  cloudType:\n    when: 'user.l == \"Ulm\" && user.enabled'\n" + fallback, `applies | user.l == "Ulm"=true`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set, schema := load(t, c.policy), directory.NewSchema()
			x, err := trace.New(set, schema, at)
			if err != nil {
				t.Fatal(err)
			}
			got := x.Trace(rules.Input{Object: user(t, schema, "l", "Bonn")})
			if got := missed(got.Decisions[0].Miss); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestScopesAreTold asks three policies in turn.
func TestScopesAreTold(t *testing.T) {
	policy := func(name, scope string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: " + name + "}\n" + scope +
			"\ndecisions: {cloudType: {default: {id: type-" + name + ", then: user}}}\n")}
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"the second":  {fstest.MapFS{"a.yaml": policy("aaa", "scope: user.l == 'Ulm'"), "b.yaml": policy("bbb", "scope: user.enabled"), "c.yaml": policy("ccc", "")}, "aaa false, bbb true"},
		"none":        {fstest.MapFS{"a.yaml": policy("aaa", "scope: user.l == 'Ulm'"), "b.yaml": policy("bbb", "scope: '!user.enabled'")}, "aaa false, bbb false"},
		"without one": {fstest.MapFS{"a.yaml": policy("aaa", "scope: user.l == 'Ulm'"), "b.yaml": policy("bbb", "")}, "aaa false, bbb true"},
		"unreadable":  {fstest.MapFS{"a.yaml": policy("aaa", "scope: user.l == 'Ulm'"), "b.yaml": policy("bbb", "scope: user.company == ''"), "c.yaml": policy("ccc", "")}, "aaa false, bbb false"},
		"failing":     {fstest.MapFS{"a.yaml": policy("aaa", "scope: ageDays(user.accountExpires) > 1"), "b.yaml": policy("bbb", "")}, "aaa false"},
	} {
		t.Run(name, func(t *testing.T) {
			set, problems := rules.Load(c.files, ".")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			schema := directory.NewSchema()
			x, err := trace.New(set, schema, at)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range x.Trace(rules.Input{Object: user(t, schema), Unreadable: []string{"company"}}).Scopes {
				got = append(got, fmt.Sprintf("%s %v", s.Policy, s.Holds))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func shipped(tb testing.TB) *rules.Set {
	tb.Helper()
	set, problems := rules.Load(os.DirFS("../../policies/default"), ".")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return set
}

// people are users of many kinds.
func people(tb testing.TB, schema *directory.Schema, n int) []rules.Input {
	var out []rules.Input
	for i := range n {
		mail := fmt.Sprintf("User%d@%s", i, []string{"contoso.example", "fabrikam.example"}[i%2])
		o := user(tb, schema, "sAMAccountName", []string{"user", "svc-", "MSOL_", "CAS_}"}[i%7%4]+fmt.Sprint(i), "cn", fmt.Sprint("User ", i), "mail", mail, "userPrincipalName", mail,
			"c", []string{"DE", "AT", "XX"}[i%3], "department", []string{"IT", "Sales", "Board"}[i%3], "employeeType", []string{"Employee", "Room", ""}[i%5%3],
			"userAccountControl", []string{"512", "514"}[i%4/3], "displayName", fmt.Sprint("User ", i), "mailNickname", fmt.Sprint("user", i), "proxyAddresses", "SMTP:"+mail)
		out = append(out, rules.Input{Object: o, InGroup: func(ref int) bool { return (ref+i)%5 == 0 }})
	}
	return out
}

// TestTraceIsTheEvaluation holds the traced result of the shipped policies against the evaluator's, and the conditions that
// the trace shows against the verdicts.
func TestTraceIsTheEvaluation(t *testing.T) {
	set, schema := shipped(t), directory.NewSchema()
	x, err := trace.New(set, schema, at)
	if err != nil {
		t.Fatal(err)
	}
	in, e := people(t, schema, 200), set.NewEvaluator(schema, at)
	decided, nearest := 0, 0
	for i := range in {
		got := x.Trace(in[i])
		want := e.Explain(in[i])
		for k, d := range got.Decisions {
			if a, b := fmt.Sprintf("%+v", d.DecisionTrace.Rules), fmt.Sprintf("%+v", want[k].Rules); a != b {
				t.Fatalf("user %d, %s: traced\n%s\nevaluated\n%s", i, d.Name, a, b)
			}
			if a, b := fmt.Sprint(d.Status, d.Text, d.List, d.Origins, d.Err, d.Dropped), fmt.Sprint(want[k].Status, want[k].Text, want[k].List, want[k].Origins, want[k].Err, want[k].Dropped); a != b {
				t.Fatalf("user %d, %s: traced %s, evaluated %s", i, d.Name, a, b)
			}
			decided++
			if d.Miss != nil {
				nearest++
			}
			for _, r := range d.Rules {
				if r.When == nil {
					continue
				}
				if v, _ := r.When.Value(0).(bool); v != (r.Verdict == rules.True) && r.Verdict != rules.Failed {
					t.Errorf("user %d, rule %s is %s, and its condition gave %v", i, r.Origin.Rule, r.Verdict, v)
				}
			}
		}
	}
	if decided < 500 || nearest < 200 {
		t.Errorf("%d decisions, %d near misses", decided, nearest)
	}
}

// BenchmarkTrace measures traces of the shipped policies against plain evaluation in the same run.
func BenchmarkTrace(b *testing.B) {
	set, schema := shipped(b), directory.NewSchema()
	in := people(b, schema, 200)
	x, err := trace.New(set, schema, at)
	if err != nil {
		b.Fatal(err)
	}
	e := set.NewEvaluator(schema, at)
	for i := range in {
		x.Trace(in[i]) // programs for nearest misses are made once
	}
	plain, traced := time.Hour, time.Hour
	for b.Loop() {
		start := time.Now()
		for i := range in {
			e.Evaluate(in[i])
		}
		middle := time.Now()
		for i := range in {
			x.Trace(in[i])
		}
		plain, traced = min(plain, middle.Sub(start)), min(traced, time.Since(middle))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(plain)/float64(len(in)), "plain-ns/object")
	b.ReportMetric(float64(traced)/float64(len(in)), "ns/object")
	b.ReportMetric(float64(traced)/float64(plain), "ratio")
}
