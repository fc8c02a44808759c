package rules_test

import (
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// slowest is how long an input may take. It is measured while fuzzing only: a busy machine must fail no test.
const slowest = 100 * time.Millisecond

// timed fails when f is slow, three times over.
func timed(t *testing.T, what string, f func()) {
	fuzzing := flag.Lookup("test.fuzz").Value.String() != "" || flag.Lookup("test.fuzzworker").Value.String() == "true"
	best := time.Hour
	for range 3 {
		began := time.Now()
		f()
		if best = min(best, time.Since(began)); !fuzzing || best < slowest {
			return
		}
	}
	t.Errorf("%s took %v", what, best)
}

// mistakes gives the files of the archives of mistakes and of the examples, which are where a fuzzer begins.
func mistakes(f *testing.F, each func(name, text string)) {
	for _, pattern := range []string{"testdata/broken/*.txtar", "testdata/evaluate/*.txtar"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("no archive matches %s: %v", pattern, err)
		}
		for _, p := range paths {
			a, err := txtar.ParseFile(p)
			if err != nil {
				f.Fatal(err)
			}
			for _, x := range a.Files {
				each(x.Name, string(x.Data))
			}
		}
	}
}

// victim is an object with long values, for expressions that are allowed to run.
func victim(t testing.TB) (*directory.Schema, rules.Input) {
	t.Helper()
	schema := directory.NewSchema()
	var many []string
	for range 400 {
		many = append(many, "smtp:"+strings.Repeat("a", 60)+"@contoso.example")
	}
	o, err := schema.NewObject(directory.User, directory.GUID{1}, []directory.Attribute{
		{Name: "distinguishedName", Values: []string{"CN=Jane,OU=Staff,DC=contoso,DC=example"}},
		{Name: "userAccountControl", Values: []string{"512"}}, {Name: "proxyAddresses", Values: many}, {Name: "member", Values: many},
		{Name: "department", Values: []string{strings.Repeat("Ä", 1000)}}, {Name: "whenCreated", Values: []string{"20260101000000.0Z"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema, rules.Input{Object: o, Domain: "contoso.example"}
}

// decide loads files and evaluates the victim; nothing may panic, and no error may lack its place.
func decide(t *testing.T, files fstest.MapFS) {
	var set *rules.Set
	timed(t, "loading", func() {
		s, problems := rules.Load(files, ".")
		if (s == nil) != (len(problems) > 0) {
			t.Errorf("set %v with %d problems", s != nil, len(problems))
		}
		for _, p := range problems {
			if p.File == "" || p.Message == "" || strings.Contains(p.Message, "cannot be compiled") {
				t.Errorf("problem %+v", p)
			}
		}
		set = s
	})
	if set == nil {
		return
	}
	schema, in := victim(t)
	e := set.NewEvaluator(schema, time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC))
	timed(t, "evaluating", func() {
		for _, d := range e.Evaluate(in).Decisions {
			if d.Status == rules.Held && !strings.Contains(d.Err.Error(), ".yaml:") {
				t.Errorf("%s is held without a place: %v", d.Name, d.Err)
			}
		}
	})
}

// FuzzLoad loads any file as a policy, as exceptions and as a table.
func FuzzLoad(f *testing.F) {
	mistakes(f, func(_, text string) { f.Add([]byte(text)) })
	f.Add([]byte("apiVersion: coexist/v1\nkind: Exceptions\nexceptions:\n  - {id: EXC-1, object: {objectGUID: x}, decision: leave, set: keep, reason: r, owner: o, expires: 2026-10-31}\n"))
	const policy = "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: fixed}\ntables:\n  t: {file: t.csv, key: k, columns: [a]}\n" +
		"decisions:\n  leave:\n    default: {id: leave-default, then: keep}\n"
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 16<<10 {
			return
		}
		decide(t, fstest.MapFS{"p.yaml": {Data: b}})
		decide(t, fstest.MapFS{"a.yaml": {Data: []byte(policy)}, "t.csv": {Data: b}, "x.yaml": {Data: b}})
	})
}

// FuzzExpression compiles any text as a condition and as values of each type, and runs what compiles.
func FuzzExpression(f *testing.F) {
	mistakes(f, func(name, text string) {
		for line := range strings.Lines(text) {
			if _, expression, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasSuffix(name, ".yaml") {
				f.Add(strings.Trim(expression, `'"`))
			}
		}
	})
	f.Add(`any(user.proxyAddresses, any(user.member, # == #))`)
	f.Add(strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200))
	f.Add(`user.department matches "(a*)*b" || was("cloudType") == "user"`)
	f.Add(strings.Repeat("!", 390) + "user.enabled")
	f.Fuzz(func(t *testing.T, expression string) {
		quoted, err := json.Marshal(expression)
		if err != nil {
			return
		}
		q := string(quoted)
		decide(t, fstest.MapFS{"p.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: fuzz}\nscope: " + q +
			"\nbundles: {e3: {sku: SPE_E3}}\ncloudGroups: {staff: {mail: staff@contoso.example}}\nconditions:\n  named: " + q + `
decisions:
  cloudType:
    rules:
      - {id: type-one, when: named, thenExpr: ` + q + `}
    default: {id: type-default, then: user}
  licenses:
    default: {id: lic-default, thenExpr: ` + q + `}
  mail:
    default: {id: mail-default, thenExpr: {alias: ` + q + `, maxSendMB: ` + q + `, addresses: ` + q + `}}
`)}})
		for _, decision := range []string{"  cloudType:\n    rules:\n      - {id: one-a, when: %, then: user}\n    default: {id: one-b, then: user}\n",
			"  mail:\n    default: {id: two-a, thenExpr: {alias: %}}\n", "  mail:\n    default: {id: two-b, thenExpr: {addresses: %}}\n"} {
			decide(t, fstest.MapFS{"p.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: fuzz}\ndecisions:\n" +
				strings.Replace(decision, "%", q, 1))}})
		}
	})
}
