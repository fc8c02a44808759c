package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// TestObservingChangesNothing holds what an Observer decides against what an Evaluator decides, for the shipped policies, the
// forty rules and random ones.
func TestObservingChangesNothing(t *testing.T) {
	sets := map[string]*Set{"forty rules": benchSet(t)}
	if s := shipped(t); s != nil {
		sets["shipped"] = s
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		sets[fmt.Sprint("random ", i)] = randomSet(t, random)
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			schema, in := inputs(t, set, 60)
			e := set.NewEvaluator(schema, benchTime)
			o, err := set.NewObserver(schema, benchTime)
			if err != nil {
				t.Fatal(err)
			}
			for i := range in {
				in[i].Unreadable = []string{"company"}[:i%2]
				want := e.Evaluate(in[i])
				plain := fmt.Sprintf("%q %v %+v %s", want.Policy, want.ScopeErr, described(want.Decisions), want.Fingerprint)
				got := o.Observe(in[i])
				var decisions []Decision
				for _, d := range got.Decisions {
					decisions = append(decisions, d.Decision)
				}
				if seen := fmt.Sprintf("%q %v %+v %s", got.Policy, got.ScopeErr, described(decisions), got.Fingerprint); seen != plain {
					t.Fatalf("object %d: observed\n%s\nevaluated\n%s", i, seen, plain)
				}
				for _, x := range got.Expressions {
					consistent(t, x)
				}
			}
		})
	}
}

func described(list []Decision) (out []string) {
	for _, d := range list {
		out = append(out, fmt.Sprintf("%s %d %q %q %v %q %v %v %v", d.Name, d.Status, d.Text, d.Reason, d.Hold, d.List, d.Entries, d.Origins, d.Err))
	}
	return out
}

// consistent holds what the parts of a whole gave against the whole.
func consistent(t *testing.T, x Observed) {
	t.Helper()
	for i, p := range x.Parts {
		s := x.Seen[i]
		if x.Err == nil && !p.Loop && p.Operator != "" && p.Operator != "?" && s.Times == 1 && x.Value(i).(bool) != combined(x, p) {
			t.Errorf("%s gave %v, and its parts say otherwise", p.Text, x.Value(i))
		}
		for _, c := range p.Parts {
			if s.Times == 0 && x.Seen[c].Times > 0 && x.Err == nil {
				t.Errorf("%s was evaluated, and %s was not", x.Parts[c].Text, p.Text)
			}
		}
	}
}

func combined(x Observed, p Part) bool {
	value := func(i int) bool { v, _ := x.Value(i).(bool); return v }
	switch p.Operator {
	case "&&":
		return !slices.ContainsFunc(p.Parts, func(i int) bool { return !value(i) })
	case "||":
		return slices.ContainsFunc(p.Parts, value)
	}
	return !value(p.Parts[0])
}

// atoms are conditions of all kinds.
var atoms = []string{`user.department == "D1"`, `user.department in ["D1", "d2", "D3"]`, `user.company contains "OR"`, `user.enabled`, `has(user.mail)`, `inOU("OU=Staff,DC=corp,DC=example")`,
	`memberOf("A")`, `directMemberOf("B")`, `any(user.proxyAddresses, # startsWith "smtp:" && domainOf(#) == "corp.de")`, `exact(user.department == "d1")`, `exact(user.c, "DE")`,
	`domainOf(user.mail) == "corp.example"`, `lower(user.l) + "x" == "berlinx"`, `ageDays(user.whenCreated) > 10`, `daysUntil(user.accountExpires) > 3`, `inTable("t", user.c)`,
	`inTable("t", trim(user.c))`, `lookup("t", user.c, "code", "XX") == "DE"`, `lookup("t", user.department, "code") == "DE"`, `len(user.proxyAddresses) > 2`, `count(user.proxyAddresses, # contains "corp") == 2`,
	`(let d = user.department; d == "D1" || d == "D2")`, `user.mail matches "^user\\.number[0-5]"`, `user.userAccountControl == 512`, `hasFlag(user.userAccountControl, "ACCOUNTDISABLE")`,
	`first(filter(user.proxyAddresses, # startsWith "smtp:")) endsWith "de"`, `primarySMTP() startsWith "user"`, `localPart(user.mail) != ""`, `named`, `other`, `split(user.mail, "@")[0:1] == []`}

func randomCondition(r *rand.Rand, depth int) string {
	if depth == 0 {
		return atoms[r.IntN(len(atoms)-1)] // the last is not of the language
	}
	a, b := randomCondition(r, depth-1), randomCondition(r, depth-1)
	switch r.IntN(6) {
	case 0:
		return "!(" + a + ")"
	case 1:
		return "(" + a + ") || (" + b + ")"
	case 2:
		return "(" + a + ") ? (" + b + ") : " + randomCondition(r, 0)
	}
	return "(" + a + ") && (" + b + ")"
}

func randomSet(t *testing.T, r *rand.Rand) *Set {
	t.Helper()
	text := "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: random}\n" +
		"tables: {t: {file: t.csv, key: country, columns: [code]}}\nbundles: {a: {sku: A}, b: {sku: B}}\n" +
		"conditions:\n  named: user.company == \"corp\" && other\n  other: user.l startsWith \"ber\" || memberOf(\"C\")\ndecisions:\n  cloudType:\n    rules:\n"
	for i := range 6 {
		text += fmt.Sprintf("      - {id: type-%d, when: %q, then: %s}\n", i, randomCondition(r, 2), []string{"user", "mailUser", "sharedMailbox"}[i%3])
	}
	text += "    default: {id: type-default, then: user}\n  licenses:\n    when: decided(\"cloudType\") == \"user\"\n    exclusive: [[a, b]]\n    rules:\n"
	for i := range 4 {
		text += fmt.Sprintf("      - {id: lic-%d, when: %q, then: [%s]}\n", i, randomCondition(r, 1), []string{"a", "b"}[i%2])
	}
	text += "    default: {id: lic-none, then: []}\n  attributes:\n    rules:\n" +
		fmt.Sprintf("      - {id: attr-a, when: %q, thenExpr: {city: 'user.l + \"!\"', businessPhones: 'filter(user.proxyAddresses, # contains \":\")'}}\n", randomCondition(r, 1)) +
		"    default: {id: attr-default, then: {country: DE}, thenExpr: {department: user.department, manager: user.manager}}\n"
	set, problems := Load(fstest.MapFS{"p.yaml": {Data: []byte(text)}, "t.csv": {Data: []byte("country,code\nDE,DE\nAT,AT\n")}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

// TestPartsAreAsWritten looks at the parts of one condition.
func TestPartsAreAsWritten(t *testing.T) {
	set, problems := Load(fstest.MapFS{"p.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: parts}
conditions: {staff: 'user.employeeType == "Employee"'}
decisions:
  cloudType:
    rules:
      - {id: type-a, when: 'staff && domainOf(user.mail) in ["corp.example"] && (memberOf("G") || user.l == "Bonn")', then: user}
    default: {id: type-default, then: none, reason: no}
`)}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	schema, in := inputs(t, set, 1)
	o, err := set.NewObserver(schema, benchTime)
	if err != nil {
		t.Fatal(err)
	}
	in[0].InGroup = nil
	x := o.Observe(in[0]).Expressions[0]
	var got []string
	for i, p := range x.Parts {
		got = append(got, fmt.Sprintf("%s|%s|%s|%d|%v", p.Text, p.Condition, p.Operator, x.Seen[i].Times, x.Value(i)))
	}
	want := []string{
		`staff && domainOf(user.mail) in ["corp.example"] && (memberOf("G") || user.l == "Bonn")||&&|1|false`,
		`user.employeeType == "Employee"|staff||1|true`, `user.employeeType|||1|Employee`,
		`domainOf(user.mail) in ["corp.example"]|||1|true`, `domainOf(user.mail)|||1|corp.example`, `user.mail|||1|User.Number0@Corp.Example`,
		`memberOf("G") || user.l == "Bonn"||\|\||1|false`, `memberOf("G")|||1|false`, `user.l == "Bonn"|||1|false`, `user.l|||1|Berlin`,
	}
	want[6] = `memberOf("G") || user.l == "Bonn"||` + "||" + `|1|false`
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestSecretsAreNotObserved expects that a password in an attribute never shows.
func TestSecretsAreNotObserved(t *testing.T) {
	set, problems := Load(fstest.MapFS{"p.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: secrets}
attributes: {laps: {ldap: ms-Mcs-AdmPwd, type: string}}
decisions:
  cloudType:
    rules:
      - {id: type-a, when: 'lower(user.laps) == "x" || user.laps + "1" == "2"', then: user}
    default: {id: type-default, then: none, reason: no}
`)}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	schema := directory.NewSchema()
	object, err := schema.NewObject(directory.User, directory.GUID{1}, []directory.Attribute{{Name: "ms-Mcs-AdmPwd", Values: []string{"Hunter2"}}})
	if err != nil {
		t.Fatal(err)
	}
	o, err := set.NewObserver(schema, benchTime)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range o.Observe(Input{Object: object}).Expressions {
		for i := range x.Seen {
			if v, text := x.Value(i).(string); text {
				t.Errorf("%s shows %q", x.Parts[i].Text, v)
			}
		}
	}
}

// BenchmarkObserve measures observation against plain evaluation in the same run.
func BenchmarkObserve(b *testing.B) {
	sets := map[string]*Set{"forty rules": benchSet(b), "shipped": shipped(b)}
	for _, name := range []string{"forty rules", "shipped"} {
		b.Run(name, func(b *testing.B) {
			schema, in := inputs(b, sets[name], 200)
			e := sets[name].NewEvaluator(schema, benchTime)
			o, err := sets[name].NewObserver(schema, benchTime)
			if err != nil {
				b.Fatal(err)
			}
			plain, observed := time.Hour, time.Hour
			for range b.N {
				start := time.Now()
				for i := range in {
					e.Evaluate(in[i])
				}
				middle := time.Now()
				for i := range in {
					o.Observe(in[i])
				}
				plain, observed = min(plain, middle.Sub(start)), min(observed, time.Since(middle))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(plain)/200, "plain-ns/object")
			b.ReportMetric(float64(observed)/200, "ns/object")
			b.ReportMetric(float64(observed)/float64(plain), "ratio")
		})
	}
}
