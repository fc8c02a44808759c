package policies_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/policies"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

func load(t *testing.T, fsys fs.FS) *rules.Set {
	t.Helper()
	set, problems := rules.Load(fsys, ".")
	for _, p := range problems {
		t.Errorf("%v", p)
	}
	if set == nil {
		t.Fatal("the policies do not load")
	}
	return set
}

func sampleCompany(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	if err := company.Generate(company.Options{}).Fill(b); err != nil {
		t.Fatal(err)
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// decide calls f with every object of s, by distinguished name, and what set decides about it.
func decide(t *testing.T, set *rules.Set, s *snapshot.Snapshot, f func(o directory.Object, out *rules.Outcome)) {
	t.Helper()
	var nested, direct []func(i int) bool
	for _, name := range set.Groups() {
		found := s.GroupNamed(name)
		if len(found) != 1 {
			t.Fatalf("group %s: found %d", name, len(found))
		}
		all, members := s.MembersOf(found[0]), s.Members(found[0])
		nested = append(nested, all.Has)
		direct = append(direct, func(i int) bool { _, ok := slices.BinarySearch(members, int32(i)); return ok })
	}
	order := make([]int, s.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(s.At(a).DN(), s.At(b).DN()) })
	e := set.NewEvaluator(s.Schema(), company.At())
	for _, i := range order {
		out := e.Evaluate(rules.Input{Object: s.At(i), Domain: company.Domain,
			InGroup: func(ref int) bool { return nested[ref](i) }, DirectlyIn: func(ref int) bool { return direct[ref](i) }})
		if out.ScopeErr != nil {
			t.Errorf("%s: %v", s.At(i).DN(), out.ScopeErr)
		}
		f(s.At(i), &out)
	}
}

// line tells what was decided about one object.
func line(o directory.Object, out *rules.Outcome) string {
	kind := out.Find(rules.CloudType)
	b := fmt.Sprintf("%q: %s", o.DN(), kind.Text)
	if len(kind.Origins) > 0 {
		b += " by " + kind.Origins[0].Rule
	}
	if l := out.Find(rules.UsageLocation); l.Status == rules.Held {
		b += ", location held"
	} else if l.Text != "" {
		b += ", in " + l.Text
	}
	if l := out.Find(rules.Licenses); l.Status == rules.Decided {
		b += ", licensed " + strings.Join(l.List, "+")
	}
	return b
}

func TestDecisionsAboutTheSampleCompany(t *testing.T) {
	s := sampleCompany(t)
	for name, fsys := range map[string]fs.FS{"default": policies.Default(), "sample": policies.Sample()} {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			types, bundles := map[string]int{}, map[string]int{}
			decide(t, load(t, fsys), s, func(o directory.Object, out *rules.Outcome) {
				types[out.Find(rules.CloudType).Text]++
				for _, b := range out.Find(rules.Licenses).List {
					bundles[b]++
				}
				fmt.Fprintln(&lines, line(o, out))
			})
			golden.File(t, name+".txt", fmt.Appendf(nil, "types: %v\nseats: %v\n\n%s", types, bundles, &lines))
		})
	}
}

// TestAttributeFlow shows everything that is decided about one object of each kind.
func TestAttributeFlow(t *testing.T) {
	var b bytes.Buffer
	shown := map[string]bool{}
	decide(t, load(t, policies.Sample()), sampleCompany(t), func(o directory.Object, out *rules.Outcome) {
		kind := out.Find(rules.CloudType)
		if rule := kind.Origins[0].Rule; shown[rule] || kind.Text == "none" {
			return
		} else {
			shown[rule] = true
		}
		fmt.Fprintln(&b, line(o, out))
		for _, d := range out.Decisions {
			if d.Err != nil {
				fmt.Fprintf(&b, "  %s: %v\n", d.Name, d.Err)
			}
			for _, e := range d.Entries {
				if v := e.Value.String(); len(e.Refs) > 0 {
					fmt.Fprintf(&b, "  %s.%s -> %d: %s\n", d.Name, e.Key, len(e.Refs), e.Refs[0])
				} else if !e.Value.IsNothing() {
					fmt.Fprintf(&b, "  %s.%s = %q\n", d.Name, e.Key, v)
				}
			}
		}
		leave := out.Find(rules.Leave)
		fmt.Fprintf(&b, "  leave = %s after %s\n\n", leave.Text, leave.Hold)
	})
	golden.File(t, "flow.txt", b.Bytes())
}

// added are the shipped policies that are the default ones with additions.
func added() map[string]fs.FS {
	return map[string]fs.FS{"sample": policies.Sample(), "staged-migration": policies.StagedMigration()}
}

func TestAdditionsShareWhatTheyDoNotChange(t *testing.T) {
	for _, name := range []string{"conditions.yaml", "groups.yaml", "contacts.yaml", "tables/countries.csv"} {
		shipped, err := fs.ReadFile(policies.Default(), name)
		if err != nil {
			t.Fatal(err)
		}
		for folder, fsys := range added() {
			kept, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(shipped, kept) {
				t.Errorf("%s/%s differs from default/%s", folder, name, name)
			}
		}
	}
}

// TestStagedMigrationLeavesTheRestAlone holds what is added against the default's rules: nothing of those is missing.
func TestStagedMigrationLeavesTheRestAlone(t *testing.T) {
	lines := func(fsys fs.FS) []string {
		b, err := fs.ReadFile(fsys, "users.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(b), "\n")[2:]
	}
	rest := lines(policies.StagedMigration())
	for _, l := range lines(policies.Default()) {
		if strings.HasPrefix(l, "imports:") {
			continue
		}
		i := slices.Index(rest, l)
		if i < 0 {
			t.Fatalf("default's line %q is missing or in another place", l)
		}
		rest = rest[i+1:]
	}
}

// TestNoExchangeSchema decides about a directory that knows mail, displayName and proxyAddresses alone.
func TestNoExchangeSchema(t *testing.T) {
	b := snapshot.NewBuilder()
	value := func(name string, v ...string) directory.Attribute { return directory.Attribute{Name: name, Values: v} }
	for i, attrs := range [][]directory.Attribute{
		{value("distinguishedName", "CN=Anna,DC=x"), value("cn", "Anna"), value("sAMAccountName", "anna"), value("userAccountControl", "512"), value("c", "DE"),
			value("proxyAddresses", "smtp:second@x.example", "SMTP:anna.m@x.example"), value("mail", "old@x.example")},
		{value("distinguishedName", "CN=List,DC=x"), value("cn", "List"), value("sAMAccountName", "list"), value("groupType", "8"), value("mail", "list@x.example")},
		{value("distinguishedName", "CN=Partner,DC=x"), value("cn", "Partner"), value("mail", "p@y.example")},
	} {
		kind := []directory.Kind{directory.User, directory.Group, directory.Contact}[i]
		if err := b.Add(kind, directory.GUID{15: byte(i + 1)}, attrs); err != nil {
			t.Fatal(err)
		}
	}
	b.AddSource(snapshot.Source{Name: "plain"})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"CN=Anna,DC=x":    "user anna.m@",
		"CN=List,DC=x":    "distributionGroup list@",
		"CN=Partner,DC=x": "mailContact p@",
	}
	e := load(t, policies.Default()).NewEvaluator(s.Schema(), company.At())
	for i := range s.Len() {
		out := e.Evaluate(rules.Input{Object: s.At(i), Domain: "x.example"})
		got := out.Find(rules.CloudType).Text
		for _, d := range out.Decisions {
			if d.Status == rules.Held {
				t.Errorf("%s: %s is held: %v", s.At(i).DN(), d.Name, d.Err)
			}
			for _, x := range d.Entries {
				if x.Key == "mailNickname" {
					got += " " + x.Value.Text() + "@"
				}
			}
		}
		if got != want[s.At(i).DN()] {
			t.Errorf("%s becomes %q, want %q", s.At(i).DN(), got, want[s.At(i).DN()])
		}
	}
}

// suites loads the tests that stand beside policies.
func suites(t *testing.T, set *rules.Set, fsys fs.FS) *verify.Suites {
	t.Helper()
	s, problems := verify.Load(fsys, ".", set)
	for _, p := range problems {
		t.Errorf("%v", p)
	}
	return s
}

func TestSuitesPass(t *testing.T) {
	for name, fsys := range shipped() {
		t.Run(name, func(t *testing.T) {
			set := load(t, fsys)
			r := suites(t, set, fsys).Run(set, verify.Options{Workers: 2})
			for _, x := range r.Results {
				for _, m := range x.Mismatches {
					t.Errorf("%s:%d: %s: %s is %s, want %s", x.Suite, m.Line, x.Name, m.Subject, m.Got, m.Want)
				}
				if x.Status == verify.Error {
					t.Errorf("%s:%d: %s: %s", x.Suite, x.Line, x.Name, x.Reason)
				}
			}
			if !r.OK() {
				t.Errorf("not OK: %+v", r.Counts)
			}
		})
	}
}

// shipped are the policies that stand in this repository.
func shipped() map[string]fs.FS {
	return map[string]fs.FS{"default": policies.Default(), "sample": policies.Sample(), "staged-migration": policies.StagedMigration()}
}

func TestSuitesCoverEveryRule(t *testing.T) {
	for name, fsys := range shipped() {
		t.Run(name, func(t *testing.T) {
			set := load(t, fsys)
			r := suites(t, set, fsys).Run(set, verify.Options{})
			g := r.Coverage.Check(verify.Gate{Rules: 100, Branches: 90})
			for _, x := range g.Missing {
				t.Logf("%s:%d: %s was true %d and false %d times", x.File, x.Line, x.Rule, x.True, x.False)
			}
			for _, x := range g.Decisions {
				t.Logf("%s:%d: %s applied %d times, and %d times not", x.File, x.Line, x.Decision, x.True, x.False)
			}
			if !g.OK || len(r.Coverage.Stale) > 0 {
				t.Errorf("coverage %+v, stale %v", g.Totals, r.Coverage.Stale)
			}
		})
	}
}

func TestSuitesKillMutants(t *testing.T) {
	for name, fsys := range shipped() {
		t.Run(name, func(t *testing.T) {
			set := load(t, fsys)
			m, err := suites(t, set, fsys).Mutate(t.Context(), set, verify.MutateOptions{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range m.Mutants {
				if x.Fate == verify.Survived || x.Fate == verify.Invalid {
					t.Errorf("%s:%d:%d: %s %s %s", x.File, x.Line, x.Col, x.Name, x.Fate, x.Reason)
				}
			}
			for _, a := range m.Stale {
				t.Errorf("%s:%d: %s is argued for and does not survive", a.File, a.Line, a.About)
			}
			if len(m.Mutants) < 100 {
				t.Errorf("only %d mutants", len(m.Mutants))
			}
			t.Logf("%d mutants: %d killed, %d argued, score %.1f", len(m.Mutants), m.Killed, m.Argued, m.Score())
		})
	}
}

// TestAdditionsKeepTheShippedTests expects all that the default decides where nothing was changed.
func TestAdditionsKeepTheShippedTests(t *testing.T) {
	text := func(fsys fs.FS, name string) string {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "\n") // the first line says whose they are
		rest, _, _ = strings.Cut(rest, "\nunreachable:")
		return rest
	}
	for folder, fsys := range added() {
		for shipped, kept := range map[string]string{"users": "shipped", "groups": "groups", "contacts": "contacts"} {
			if text(policies.Default(), "tests/"+shipped+".yaml") != text(fsys, "tests/"+kept+".yaml") {
				t.Errorf("%s/tests/%s.yaml differs from default/tests/%s.yaml", folder, kept, shipped)
			}
		}
	}
}
