package impact_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/impact"
)

var at = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

const staff = `apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
scope: inOU("OU=Staff,DC=corp,DC=example")
imports: [lib/c.yaml]
tables: {countries: {file: c.csv, key: country, columns: [code]}}
bundles: {premium: {sku: SPE_E5}, standard: {sku: SPE_E3, disablePlans: [SWAY]}}
decisions:
  cloudType:
    rules:
      - {id: type-a, when: it, then: user}
      - {id: type-b, when: user.department == "HR", then: mailUser}
      - {id: type-c, when: user.department == "Ops", then: user}
    default: {id: type-none, then: none, reason: no}
  usageLocation:
    rules: [{id: loc-table, when: 'inTable("countries", user.c)', thenExpr: 'lookup("countries", user.c, "code")'}]
    default: {id: loc-none, fail: no country}
  licenses:
    when: decided("cloudType") == "user"
    rules: [{id: lic-it, when: it, then: [premium]}]
    default: {id: lic-all, then: [standard]}
  attributes:
    default: {id: attr-all, then: {city: Bonn}, thenExpr: {department: user.department}}
`

func files() fstest.MapFS {
	return fstest.MapFS{
		"staff.yaml":   {Data: []byte(staff)},
		"zothers.yaml": {Data: []byte("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: others}\nscope: user.enabled\ndecisions: {cloudType: {default: {id: others-type, then: mailUser}}}\n")},
		"lib/c.yaml":   {Data: []byte("apiVersion: coexist/v1\nkind: Conditions\nconditions: {it: user.department == \"IT\"}\n")},
		"c.csv":        {Data: []byte("country,code\nDE,DE\nAT,AT\n")},
	}
}

// edited gives the files with texts replaced: file, old, new.
func edited(tb testing.TB, replacements ...string) fstest.MapFS {
	tb.Helper()
	out := files()
	for i := 0; i < len(replacements); i += 3 {
		f := out[replacements[i]]
		if f == nil {
			out[replacements[i]] = &fstest.MapFile{Data: []byte(replacements[i+2])}
			continue
		}
		if !strings.Contains(string(f.Data), replacements[i+1]) {
			tb.Fatalf("%s holds no %q", replacements[i], replacements[i+1])
		}
		out[replacements[i]] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), replacements[i+1], replacements[i+2]))}
	}
	return out
}

func load(tb testing.TB, f fstest.MapFS) *rules.Set {
	tb.Helper()
	set, problems := rules.Load(f, ".")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return set
}

// world is users of several departments; every fourth lies outside OU=Staff.
func world(tb testing.TB, n int) (*directory.Schema, []directory.Object) {
	tb.Helper()
	schema := directory.NewSchema()
	var out []directory.Object
	for i := range n {
		ou := "OU=Staff"
		if i%4 == 3 {
			ou = "OU=Guests"
		}
		o, err := schema.NewObject(directory.User, directory.GUID{byte(i), byte(i >> 8), byte(i >> 16), 1}, []directory.Attribute{
			{Name: "distinguishedName", Values: []string{fmt.Sprintf("CN=U%d,%s,DC=corp,DC=example", i, ou)}}, {Name: "userAccountControl", Values: []string{"512"}},
			{Name: "sAMAccountName", Values: []string{fmt.Sprint("u", i)}}, {Name: "mail", Values: []string{fmt.Sprintf("u%d@corp.example", i)}}, {Name: "employeeType", Values: []string{"Employee"}},
			{Name: "displayName", Values: []string{fmt.Sprint("User ", i)}}, {Name: "proxyAddresses", Values: []string{fmt.Sprintf("SMTP:u%d@corp.example", i)}},
			{Name: "department", Values: []string{[]string{"IT", "HR", "Ops"}[i%3]}}, {Name: "c", Values: []string{[]string{"DE", "AT"}[i%2]}}})
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, o)
	}
	schema.Seal()
	return schema, out
}

func question(tb testing.TB, base, head *rules.Set, n, workers int) impact.Question {
	schema, objects := world(tb, n)
	input := func(i int) rules.Input { return rules.Input{Object: objects[i]} }
	return impact.Question{Base: impact.Side{Set: base, Input: input}, Head: impact.Side{Set: head, Input: input}, Schema: schema, Objects: n, AsOf: at, Workers: workers}
}

func compare(tb testing.TB, q impact.Question) *impact.Impact {
	tb.Helper()
	m, err := impact.Compare(q)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// told writes groups in lines.
func told(m *impact.Impact) (out []string) {
	for _, g := range m.Groups {
		what := g.Decision
		if g.Key != "" {
			what += "." + g.Key
		}
		s := fmt.Sprintf("%d %s %s %s (%s) -> %s %s (%s)", g.Objects, what, g.From.Status, g.From.Value, g.Old, g.To.Status, g.To.Value, g.New)
		if g.Same {
			s += " same"
		}
		if g.Various {
			s += " various"
		}
		out = append(out, s)
	}
	return out
}

func TestGroups(t *testing.T) {
	cases := map[string]struct {
		edit    []string
		changed int
		want    []string
	}{
		"nothing":                            {nil, 0, nil},
		"a comment":                          {[]string{"staff.yaml", "decisions:\n", "# said\ndecisions:\n"}, 0, nil},
		"a condition elsewhere":              {[]string{"lib/c.yaml", `"IT"`, `"Ops"`}, 6, []string{"3 cloudType set user (type-a) -> set none (type-none)", "3 cloudType set user (type-c) -> set user (type-a) same", "3 licenses set [premium] (lic-it) -> not managed  ()", "3 licenses set [standard] (lic-all) -> set [premium] (lic-it)"}},
		"a rule renamed":                     {[]string{"staff.yaml", "id: type-a,", "id: type-it, was: type-a,"}, 0, nil},
		"another rule decides":               {[]string{"staff.yaml", "id: type-a,", "id: type-it,"}, 0, []string{"3 cloudType set user (type-a) -> set user (type-it) same"}},
		"a bundle that means something else": {[]string{"staff.yaml", "[SWAY]", "[]"}, 3, []string{"3 licenses set [standard (SPE_E3 without SWAY)] (lic-all) -> set [standard (SPE_E3)] (lic-all)"}},
		"a bundle renamed":                   {[]string{"staff.yaml", "standard", "normal"}, 0, nil},
		"held":                               {[]string{"c.csv", "AT,AT\n", ""}, 3, []string{"3 usageLocation set AT (loc-table) -> held no country (loc-none)"}},
		"a key":                              {[]string{"staff.yaml", "city: Bonn", "city: Ulm"}, 9, []string{"9 attributes.city set Bonn (attr-all) -> set Ulm (attr-all)"}},
		"a key less":                         {[]string{"staff.yaml", "{city: Bonn}", "{country: DE}"}, 9, []string{"9 attributes.city set Bonn (attr-all) -> not managed  ()", "9 attributes.country not managed  () -> set DE (attr-all)"}},
		"a decision less":                    {[]string{"zothers.yaml", "cloudType: {default: {id: others-type, then: mailUser}}", "leave: {default: {id: others-leave, then: keep}}"}, 3, []string{"3 cloudType set mailUser (others-type) -> not managed  ()", "3 leave not managed  () -> set keep (others-leave)"}},
		"a scope":                            {[]string{"zothers.yaml", "user.enabled", "'!user.enabled'"}, 3, []string{"3 policy set others () -> not managed  ()", "3 cloudType set mailUser (others-type) -> not managed  ()"}},
		"a scope that fails":                 {[]string{"zothers.yaml", "user.enabled", "ageDays(user.accountExpires) > 1"}, 3, nil},
		"a hold":                             {[]string{"staff.yaml", "then: mailUser}", "then: mailUser, hold: 14d}"}, 3, []string{"3 cloudType set mailUser (type-b) -> set mailUser after a hold of 14d (type-b)"}},
		"an exception":                       {[]string{"x.yaml", "", "apiVersion: coexist/v1\nkind: Exceptions\nexceptions: [{id: EXC-1, object: {objectGUID: 01000002-0000-0000-0000-000000000000}, decision: licenses, freeze: true, reason: r, owner: o, expires: 2026-10-31}]\n"}, 1, []string{"1 licenses set [standard] (lic-all) -> frozen  ()"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := compare(t, question(t, load(t, files()), load(t, edited(t, c.edit...)), 12, 1))
			if m.Changed != c.changed || m.Objects != 12 {
				t.Errorf("%d of %d objects change, want %d", m.Changed, m.Objects, c.changed)
			}
			if diff := cmp.Diff(c.want, told(m)); diff != "" && (c.want != nil || c.changed == 0) {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEdits(t *testing.T) {
	rule := func(id string) string { return "      - {id: " + id }
	cases := map[string]struct {
		edit []string
		want []string
	}{
		"comments and blanks": {[]string{"staff.yaml", "decisions:\n", "decisions: # here\n"}, nil},
		"a condition":         {[]string{"lib/c.yaml", `"IT"`, `"Ops"`}, []string{`changed condition lib/c.yaml it: expression [user.department == "IT"] [user.department == "Ops"]`}},
		"a rule changed":      {[]string{"staff.yaml", `== "HR", then: mailUser`, `== "P", from: 2027-01-01, then: user`}, []string{`changed rule staff type-b: from [] [2027-01-01] then [mailUser] [user] when [user.department == "HR"] [user.department == "P"]`}},
		"a rule renamed":      {[]string{"staff.yaml", "id: type-a,", "id: type-it, was: type-a,"}, []string{"changed rule staff type-it was type-a:"}},
		"a rule replaced":     {[]string{"staff.yaml", "id: type-b,", "id: type-x,"}, []string{`added rule staff type-x: then [] [mailUser] when [] [user.department == "HR"]`, `removed rule staff type-b: then [mailUser] [] when [user.department == "HR"] []`}},
		"a rule moved":        {[]string{"staff.yaml", rule("type-a"), rule("type-z"), "staff.yaml", rule("type-b"), rule("type-a"), "staff.yaml", rule("type-z"), rule("type-b"), "staff.yaml", "when: it, then: user", "when: user.department == \"HR1\", then: mailUser", "staff.yaml", "when: user.department == \"HR\", then: mailUser", "when: it, then: user", "staff.yaml", "HR1", "HR"}, []string{"moved rule staff type-a: position [staff, cloudType, rule 1] [staff, cloudType, rule 2]"}},
		"a bundle":            {[]string{"staff.yaml", "[SWAY]", "[SWAY, YAMMER]"}, []string{"changed bundle staff standard: disablePlans [[SWAY]] [[SWAY, YAMMER]]"}},
		"a table row":         {[]string{"c.csv", "AT,AT", "CH,CH"}, []string{"added table row staff CH: code [] [CH]", "removed table row staff AT: code [AT] []"}},
		"a decision":          {[]string{"staff.yaml", `when: decided("cloudType") == "user"`, `when: decided("cloudType") != "none"`}, []string{`changed decision staff licenses: when [decided("cloudType") == "user"] [decided("cloudType") != "none"]`}},
		"a scope":             {[]string{"zothers.yaml", "user.enabled", "user.c == \"DE\""}, []string{`changed policy others others: scope [user.enabled] [user.c == "DE"]`}},
		"a policy more":       {[]string{"p.yaml", "", "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: guests}\ndecisions: {leave: {default: {id: guests-leave, then: keep}}}\n"}, []string{"added policy guests guests:", "added decision guests leave:", "added rule guests guests-leave: default [] [true] then [] [keep]"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := compare(t, question(t, load(t, files()), load(t, edited(t, c.edit...)), 12, 1))
			var got []string
			for _, e := range m.Edits {
				s := fmt.Sprintf("%s %s %s %s", e.What, e.Kind, e.Policy, e.Name)
				if e.Was != "" {
					s += " was " + e.Was
				}
				s += ":"
				for _, f := range e.Fields {
					s += fmt.Sprintf(" %s [%s] [%s]", f.Name, f.Old, f.New)
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSeats(t *testing.T) {
	m := compare(t, question(t, load(t, files()), load(t, edited(t, "lib/c.yaml", `"IT"`, `"Ops"`)), 12, 1))
	want := []impact.Seat{{SKU: "SPE_E3", Before: 3, After: 0}, {SKU: "SPE_E3", Bundle: "standard", Before: 3, After: 0}, {SKU: "SPE_E5", Before: 3, After: 3}, {SKU: "SPE_E5", Bundle: "premium", Before: 3, After: 3}}
	if diff := cmp.Diff(want, m.Seats); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOnlyWhatCanDifferIsCompared changes one of two policies.
func TestOnlyWhatCanDifferIsCompared(t *testing.T) {
	m := compare(t, question(t, load(t, files()), load(t, edited(t, "staff.yaml", "city: Bonn", "city: Ulm")), 12, 1))
	if m.Compared != 9 {
		t.Errorf("%d objects compared, 9 lie in the policy that changed", m.Compared)
	}
}

// TestWorkersAgree compares many objects, with values that differ from object to object, by one worker and by several, with
// the sharing of work and against an evaluation of every object.
func TestWorkersAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 6 {
		edits := [][]string{{"lib/c.yaml", `"IT"`, `"Ops"`}, {"staff.yaml", "department: user.department", "department: user.sam"}, {"zothers.yaml", "mailUser", "user"}, {"c.csv", "AT,AT\n", ""}}
		var all []string
		for _, e := range edits {
			if random.IntN(2) == 0 {
				all = append(all, e...)
			}
		}
		base, head := load(t, files()), load(t, edited(t, all...))
		one := compare(t, question(t, base, head, 5000, 1))
		three := compare(t, question(t, base, head, 5000, 3))
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(three)
		if string(a) != string(b) {
			t.Fatalf("one worker\n%s\nthree\n%s", a, b)
		}
		if n := differing(t, question(t, base, head, 5000, 1)); n != one.Changed {
			t.Errorf("%d objects change, %d are told", n, one.Changed)
		}
	}
}

// differing evaluates every object by both sides.
func differing(t *testing.T, q impact.Question) (n int) {
	a, b := q.Base.Set.NewEvaluator(q.Schema, q.AsOf), q.Head.Set.NewEvaluator(q.Schema, q.AsOf)
	values := func(o rules.Outcome) string {
		s := o.Policy
		for _, d := range o.Decisions {
			s += fmt.Sprint(d.Name, d.Status, d.Text, d.List)
			for _, e := range d.Entries {
				s += fmt.Sprint(e.Key, e.Value, e.Refs)
			}
		}
		return s
	}
	for i := range q.Objects {
		if values(a.Evaluate(q.Base.Input(i))) != values(b.Evaluate(q.Head.Input(i))) {
			n++
		}
	}
	return n
}

// TestManyValuesAreOneGroup lets a key differ from object to object.
func TestManyValuesAreOneGroup(t *testing.T) {
	m := compare(t, question(t, load(t, files()), load(t, edited(t, "staff.yaml", "department: user.department", "department: user.sam")), 5000, 2))
	if len(m.Groups) != 1 || !m.Groups[0].Various || m.Groups[0].Objects != 3750 || len(m.Groups[0].Examples) != 20 || m.Groups[0].Examples[3] != 4 {
		t.Errorf("groups %+v", m.Groups)
	}
}
