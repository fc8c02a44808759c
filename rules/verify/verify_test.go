package verify_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

// folder gives the files of an archive that are not results.
func folder(a *txtar.Archive) fs.FS {
	files := fstest.MapFS{}
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return files
}

func loadSet(t testing.TB, fsys fs.FS) *rules.Set {
	t.Helper()
	set, problems := rules.Load(fsys, ".")
	if len(problems) > 0 {
		t.Fatalf("the policies do not load:\n%v", problems)
	}
	return set
}

// text shows a report.
func text(r *verify.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ok: %v, suites: %v, %+v\n", r.OK(), r.Suites, r.Counts)
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
		if p.Hint != "" {
			fmt.Fprintf(&b, ", %s", p.Hint)
		}
		b.WriteByte('\n')
	}
	for _, x := range r.Results {
		fmt.Fprintf(&b, "%s %s:%d:%d: %s", x.Status, x.Suite, x.Line, x.Col, x.Name)
		if x.Reason != "" {
			fmt.Fprintf(&b, " (%s)", x.Reason)
		}
		b.WriteByte('\n')
		for _, m := range x.Mismatches {
			fmt.Fprintf(&b, "  %d:%d: %s: want %s, got %s, by %v\n", m.Line, m.Col, m.Subject, m.Want, m.Got, m.Decided)
			for _, t := range m.Trace {
				fmt.Fprintf(&b, "    %s %s:%d %s %v %s %s\n", t.Rule, t.File, t.Line, t.Verdict, t.Adds, t.When, t.Message)
			}
		}
	}
	return b.String()
}

// TestRun holds what archives of policies and tests give against their results.
func TestRun(t *testing.T) {
	golden.Case(t, "run/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		fsys := folder(a)
		set := loadSet(t, fsys)
		suites, _ := verify.Load(fsys, ".", set)
		return []txtar.File{{Name: "want/report.txt", Data: []byte(text(suites.Run(set, verify.Options{Workers: 2})))}}
	})
}

func TestCoverage(t *testing.T) {
	golden.Case(t, "coverage/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		fsys := folder(a)
		set := loadSet(t, fsys)
		suites, problems := verify.Load(fsys, ".", set)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		r := suites.Run(set, verify.Options{})
		var b strings.Builder
		for _, x := range r.Coverage.Rules {
			fmt.Fprintf(&b, "%s:%d %s: %s, true %d, false %d, not in force %d, failed %d %s\n", x.File, x.Line, x.Rule, x.State, x.True, x.False, x.NotInForce, x.Failed, x.Argued)
		}
		for _, x := range r.Coverage.Decisions {
			fmt.Fprintf(&b, "%s:%d %s/%s: true %d, false %d\n", x.File, x.Line, x.Policy, x.Decision, x.True, x.False)
		}
		for _, x := range r.Coverage.Parts {
			fmt.Fprintf(&b, "%s:%d:%d %s: true %d, false %d %v\n", x.File, x.Line, x.Col, x.Text, x.True, x.False, x.Rules)
		}
		for _, s := range r.Coverage.Stale {
			fmt.Fprintf(&b, "stale %s:%d %s\n", s.File, s.Line, s.About)
		}
		for _, g := range []verify.Gate{{}, {Rules: 50}, {Rules: 100, Branches: 100}, {Rules: 100, Branches: 100, Changed: []string{"type-staff", "type-guest"}}, {Rules: 100, Changed: []string{}}} {
			out := r.Coverage.Check(g)
			fmt.Fprintf(&b, "gate %+v: ok %v, %+v, missing", g, out.OK, out.Totals)
			for _, m := range out.Missing {
				b.WriteString(" " + m.Rule)
			}
			for _, d := range out.Decisions {
				b.WriteString(" " + d.Decision)
			}
			for _, p := range out.Parts {
				fmt.Fprintf(&b, " (%s %s)", p.Text, p.Lacks())
			}
			b.WriteByte('\n')
		}
		return []txtar.File{{Name: "want/coverage.txt", Data: []byte(b.String())}}
	})
}

func TestMutation(t *testing.T) {
	golden.Case(t, "mutation/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		fsys := folder(a)
		set := loadSet(t, fsys)
		suites, problems := verify.Load(fsys, ".", set)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "ok %v, killed %d, survived %d, argued %d, invalid %d, score %.1f\n", m.OK(), m.Killed, m.Survived, m.Argued, m.Invalid, m.Score())
		for _, x := range m.Mutants {
			fmt.Fprintf(&b, "%s %s:%d:%d [%s] %s %s%s\n", x.Fate, x.File, x.Line, x.Col, x.Rule, x.Name, x.By, x.Reason)
		}
		for _, s := range m.Stale {
			fmt.Fprintf(&b, "stale %s:%d %s\n", s.File, s.Line, s.About)
		}
		return []txtar.File{{Name: "want/mutants.txt", Data: []byte(b.String())}}
	})
}

// shipped gives the default policies with their suites.
func shipped(t testing.TB) (*rules.Set, *verify.Suites) {
	t.Helper()
	set := loadSet(t, policies.Default())
	suites, problems := verify.Load(policies.Default(), ".", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set, suites
}

func TestWorkersChangeNothing(t *testing.T) {
	set, suites := shipped(t)
	run := func(workers int) string {
		r, err := json.Marshal(suites.Run(set, verify.Options{Workers: workers}))
		if err != nil {
			t.Fatal(err)
		}
		m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{Workers: workers, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(r) + string(b)
	}
	if diff := cmp.Diff(run(1), run(7)); diff != "" {
		t.Errorf("1 worker and 7 (-1 +7):\n%s", diff)
	}
}

func TestALimitSpreadsOverAllMutants(t *testing.T) {
	set, suites := shipped(t)
	m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{Limit: 8})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, x := range m.Mutants {
		files[x.File] = true
	}
	if len(m.Mutants) != 8 || m.Left < 100 || len(files) < 3 || len(m.Stale) > 0 {
		t.Errorf("%d mutants of %v, %d left, stale %v", len(m.Mutants), files, m.Left, m.Stale)
	}
}

func TestMutantsOfChosenRules(t *testing.T) {
	set, suites := shipped(t)
	m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{Rules: []string{"user-linked"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range m.Mutants {
		got = append(got, x.Name)
	}
	want := []string{"user-linked: negate when", "user-linked: == to !=", "user-linked: drop", "user-linked: swap with user-remote-shared"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}

const minimal = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
decisions:
  cloudType:
    default: {id: type-default, then: user}
`

func TestNoTestIsAFailure(t *testing.T) {
	fsys := fstest.MapFS{"p.yaml": {Data: []byte(minimal)}}
	set := loadSet(t, fsys)
	suites, problems := verify.Load(fsys, ".", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if r := suites.Run(set, verify.Options{}); r.OK() || r.Counts.Total() != 0 {
		t.Errorf("no test at all is OK: %+v", r.Counts)
	}
	if _, err := suites.Mutate(t.Context(), set, verify.MutateOptions{}); !errors.Is(err, verify.ErrNotPassing) {
		t.Errorf("mutating without tests: %v", err)
	}
}

func TestMatchChoosesTests(t *testing.T) {
	set, suites := shipped(t)
	r := suites.Run(set, verify.Options{Match: regexp.MustCompile(`^tests/groups\.yaml: a room list$`)})
	if len(r.Results) != 1 || !r.OK() || r.Results[0].Name != "a room list" {
		t.Errorf("%d results: %+v", len(r.Results), r.Results)
	}
	if r := suites.Run(set, verify.Options{Match: regexp.MustCompile(`no such test`)}); r.OK() {
		t.Error("no test matches, and the run is OK")
	}
}

func TestTestsElsewhereThanThePolicies(t *testing.T) {
	fsys := fstest.MapFS{"policies/p.yaml": {Data: []byte(minimal)}, "tests/t.yaml": {Data: []byte("apiVersion: coexist/v1\n")},
		"tests/.hidden.yaml": {Data: []byte("kind: Strange\n")}, "tests/.git/x.yaml": {Data: []byte("kind: Strange\n")}}
	set, problems := rules.Load(fsys, "policies")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	_, problems = verify.Load(fsys, "tests", set)
	if want := "t.yaml:1:1: the file is not of kind PolicyTest"; problems.Error() != want {
		t.Errorf("problems %q, want %q", problems, want)
	}
	if _, problems := verify.Load(fsys, "nowhere", set); len(problems) != 1 {
		t.Errorf("a folder that does not exist: %v", problems)
	}
}

func TestJUnit(t *testing.T) {
	golden.Case(t, "junit/*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		fsys := folder(a)
		set := loadSet(t, fsys)
		suites, _ := verify.Load(fsys, ".", set)
		r := suites.Run(set, verify.Options{})
		var gate *verify.GateResult
		var mutants *verify.Mutation
		if strings.Contains(string(a.Comment), "with a gate and mutants") {
			g := r.Coverage.Check(verify.Gate{Rules: 100, Branches: 90})
			m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			gate, mutants = &g, m
		}
		b, err := r.JUnit(gate, mutants, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(b, new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("not well-formed: %v", err)
		}
		return []txtar.File{{Name: "want/junit.xml", Data: b}}
	})
}

// FuzzLoad feeds suites to a policy that uses every syntax. Whatever they say, loading and running must end, and twice
// the same must give the same.
func FuzzLoad(f *testing.F) {
	a, err := txtar.ParseFile("testdata/run/fixtures.txtar")
	if err != nil {
		f.Fatal(err)
	}
	set := loadSet(f, folder(a))
	for _, x := range a.Files {
		if strings.HasPrefix(x.Name, "tests/") {
			f.Add(x.Data)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		run := func() string {
			suites, _ := verify.Load(fstest.MapFS{"t.yaml": {Data: b}}, ".", set)
			r, err := json.Marshal(suites.Run(set, verify.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			return string(r)
		}
		if x, y := run(), run(); x != y {
			t.Errorf("two runs differ:\n%s\n%s", x, y)
		}
	})
}

func BenchmarkRun(b *testing.B) {
	set, suites := shipped(b)
	for b.Loop() {
		suites.Run(set, verify.Options{})
	}
}

func BenchmarkMutate(b *testing.B) {
	set, suites := shipped(b)
	for b.Loop() {
		if _, err := suites.Mutate(b.Context(), set, verify.MutateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMutateEndsWithItsContext(t *testing.T) {
	set, suites := shipped(t)
	ctx, cancel := context.WithCancel(t.Context())
	tried := 0
	m, err := suites.Mutate(ctx, set, verify.MutateOptions{Progress: func(done, of int) {
		if tried = done; done == 3 {
			cancel()
		}
		if of < 100 {
			t.Errorf("%d of %d", done, of)
		}
	}})
	if !errors.Is(err, context.Canceled) || m != nil || tried != 3 {
		t.Errorf("%d mutants tried, %v", tried, err)
	}
}

// TestTimesAreMutated expects dates and holds dropped and a day off, and tests that notice each.
func TestTimesAreMutated(t *testing.T) {
	files := fstest.MapFS{"p.yaml": {Data: []byte(strings.Replace(minimal, "    default", `    rules:
      - {id: type-leaver, when: user.employeeType == "L", from: 2026-02-01, until: 2026-03-31, then: none, reason: left, hold: 14d}
      - {id: type-old, when: ageDays(user.whenCreated) > 30, then: mailUser}
    default`, 1))},
		"t.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: PolicyTest
asOf: 2026-02-01
fixtures:
  leaver: {class: user, employeeType: L, whenCreated: 2026-02-01}
  old: {class: user, whenCreated: 2026-01-02}
tests:
  - {name: leaver, object: leaver, foreach: {cn: [a]}, expect: {cloudType: {value: none, hold: 14d}}}
  - {name: last day, object: leaver, asOf: 2026-03-31, rules: {cloudType: type-leaver}}
  - {name: the day before, object: leaver, asOf: 2026-01-31, expect: {cloudType: user}}
  - {name: the day after, object: leaver, asOf: 2026-04-01, rules: {cloudType: type-old}}
  - {name: thirty days, object: old, expect: {cloudType: user}}
  - {name: a day more, object: old, asOf: 2026-02-02, expect: {cloudType: mailUser}}
`)}}
	set := loadSet(t, files)
	suites, problems := verify.Load(files, ".", set)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m, err := suites.Mutate(t.Context(), set, verify.MutateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range m.Mutants {
		if x.Fate != verify.Killed {
			t.Errorf("%s: %s %s", x.Name, x.Fate, x.Reason)
		}
		got = append(got, x.Name)
	}
	want := []string{"type-leaver: negate when", "type-leaver: == to !=", "type-leaver: drop from", "type-leaver: from a day off", "type-leaver: drop until",
		"type-leaver: until a day off", "type-leaver: drop hold", "type-leaver: drop", "type-leaver: swap with type-old", "type-old: negate when",
		"type-old: > to >=", "type-old: drop"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}
