package validate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/tenant"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/internal/golden"
)

// companyTenant is a tenant that holds every third member of staff, and rivals for some addresses.
func companyTenant(t testing.TB, s *snapshot.Snapshot, order []int) *tenant.View {
	t.Helper()
	facts := cloud.Tenant{ID: "t", Domains: []cloud.Domain{{Name: company.Tenant + ".onmicrosoft.com", Verified: true, Initial: true}}}
	for _, d := range company.Domains() {
		facts.Domains = append(facts.Domains, cloud.Domain{Name: d, Verified: true})
	}
	b := tenant.NewBuilder()
	for _, i := range order {
		o := s.At(i)
		if o.Kind != directory.User || i%3 != 0 || o.First("mail") == "" {
			continue
		}
		c := person(fmt.Sprintf("c%05d", i), o.First("userPrincipalName"), o.Values("proxyAddresses")...)
		c.Anchor, c.Synced, c.Admin = s.Anchor(i), i%6 == 0, i%9 == 0
		if i%30 == 3 {
			c.Anchor = ""
		}
		if i%30 == 9 {
			c.Anchor = "of somebody else"
		}
		b.Add(c)
	}
	v, err := b.View(facts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSampleCompanyWithATenant(t *testing.T) {
	s := snapshotOf(t, company.Options{Users: 60})
	order := rand.New(rand.NewPCG(1, 1)).Perm(s.Len())
	list, sum := run(t, validate.Input{Snapshot: s, Tenant: companyTenant(t, s, order)})
	golden.File(t, "tenant.txt", []byte(text(list, sum)))
}

func TestShuffledInputGivesTheSameFindings(t *testing.T) {
	var entries []company.Entry
	for e := range company.Generate(company.Options{Users: 300}).Entries() {
		if e.Kind != 0 {
			entries = append(entries, e)
		}
	}
	made := func(seed uint64) string {
		r := rand.New(rand.NewPCG(seed, seed))
		r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		b := snapshot.NewBuilder()
		for _, e := range entries {
			attrs := append([]directory.Attribute{{Name: directory.AttrDN, Values: []string{e.DN}}}, e.Attrs...)
			r.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
			if err := b.Add(e.Kind, e.GUID, attrs); err != nil {
				t.Fatal(err)
			}
		}
		b.AddSource(snapshot.Source{Name: "x", Domain: company.Domain, Attributes: validate.Attributes()})
		s, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		list, sum := run(t, validate.Input{Snapshot: s, Tenant: companyTenant(t, s, r.Perm(s.Len()))})
		return text(list, sum)
	}
	first := made(1)
	for seed := range uint64(4) {
		if diff := cmp.Diff(first, made(seed+2)); diff != "" {
			t.Fatalf("another order finds (-first +then):\n%s", diff)
		}
	}
}

func TestFixesCollideWithNothing(t *testing.T) {
	cases := map[string]struct {
		parts []any
		want  string
	}{
		"nobody has it":            {s(user("ann", "userPrincipalName=änn@x.example"), user("ben")), "ann@x.example"},
		"another user has it":      {s(user("ann", "userPrincipalName=änn@x.example"), user("ben", "userPrincipalName=ANN@x.example")), ""},
		"a group's address":        {s(user("ann", "userPrincipalName=änn@x.example"), list("crew", "proxyAddresses+=smtp:ann@x.example")), ""},
		"an excluded one has it":   {s(user("ann", "userPrincipalName=änn@x.example"), user("ben", "userPrincipalName=ann@x.example", "isCriticalSystemObject=TRUE")), ""},
		"the tenant has it":        {s(user("ann", "userPrincipalName=änn@x.example"), with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Anchor = "z" })), ""},
		"proposed to another":      {s(user("ann", "userPrincipalName=änn@x.example"), user("ben", "userPrincipalName=ánn@x.example")), "ann@x.example"},
		"the second of two":        {s(user("ben", "cn=first", "userPrincipalName=ánn@x.example"), user("ann", "userPrincipalName=änn@x.example")), ""},
		"it has the value already": {s(user("ann", "proxyAddresses=SMTP:ann@x.example", "proxyAddresses+=SMTP:ann@x.example ")), ""},
		"it is its own in another": {s(user("ann", "mail=ann@x.example", "userPrincipalName=änn@x.example")), "ann@x.example"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found, _ := run(t, scene(t, c.parts...))
			for _, f := range found {
				if f.Object.Name != "ann" || f.Check != "UPN-007" && f.Check != "ADR-004" {
					continue
				}
				got := ""
				if f.Fix != nil {
					got = f.Fix.After
				}
				if got != c.want {
					t.Errorf("%s: proposes %q, want %q", f.Check, got, c.want)
				}
				return
			}
			t.Error("no finding")
		})
	}
}

func TestSuppressions(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	ann, ben := user("ann", "displayName=Ann "), user("ben", "displayName=Ben ")
	cases := map[string]struct {
		object string
		until  time.Duration
		want   []string
	}{
		"by anchor":       {string(anchor(1)), time.Hour, []string{"Ben "}},
		"by GUID":         {strings.ToUpper(directory.GUID{15: 1}.String()), time.Hour, []string{"Ben "}},
		"by DN":           {strings.ToUpper(dn("ann")), time.Hour, []string{"Ben "}},
		"of every object": {"*", time.Hour, nil},
		"of nobody":       {"CN=Carl,DC=x", time.Hour, []string{"Ann ", "Ben "}},
		"expired":         {"*", 0, []string{"Ann ", "Ben "}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := scene(t, ann, ben)
			in.AsOf = at
			in.Suppressions = []validate.Suppression{{Check: "DSP-003", Object: c.object, Reason: "known", Owner: "iam", Until: at.Add(c.until)}, {Check: "DSP-001", Object: "*", Until: at.Add(time.Hour)}}
			list, sum := run(t, in)
			var got []string
			for _, f := range of(list, "DSP-003") {
				got = append(got, f.Value)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) || sum.Warnings != len(c.want)+len(sum.Expired) || len(of(list, "SUP-001")) != len(sum.Expired) {
				t.Errorf("found %v, want %v; %d warnings", got, c.want, sum.Warnings)
			}
			silenced := 0
			for _, u := range sum.Suppressed {
				silenced += u.Findings
			}
			if silenced+len(got) != 2 || len(sum.Expired)+len(sum.Suppressed) != 2 {
				t.Errorf("%d silenced; suppressed %v, expired %v", silenced, sum.Suppressed, sum.Expired)
			}
		})
	}
}

// TestNothingPassesInSilence: whatever cannot be evaluated is said to be so.
func TestNothingPassesInSilence(t *testing.T) {
	in := scene(t, user("ann", "sAMAccountName="+long(30)), contact("carl", "mailNickname="), notRead{"sAMAccountName", "mailNickname", "targetAddress", "thumbnailPhoto"})
	list, sum := run(t, in)
	why := map[string]string{}
	for _, u := range sum.NotEvaluated {
		why[u.Check] = u.Source + " " + u.Why
	}
	for _, c := range validate.Checks() {
		needs := len(c.Needs) > 0 || slices.ContainsFunc(append(c.Attributes, c.Also...), func(a string) bool { return a == "targetAddress" || a == "thumbnailPhoto" })
		if _, said := why[c.ID]; said != needs {
			t.Errorf("%s: said %v, want %v: %s", c.ID, said, needs, why[c.ID])
		}
	}
	if got := why["SIZ-001"]; got != "x was not read from the directory: thumbnailPhoto" {
		t.Errorf("SIZ-001: %q", got)
	}
	if len(of(list, "TGT-006")) > 0 || len(of(list, "SAM-001")) == 0 {
		t.Errorf("found %v", list)
	}
}

func TestAnAttributeThatTheSchemaLacksIsAbsent(t *testing.T) {
	b := snapshot.NewBuilder()
	place(t, b, user("ann"), 1)
	b.AddSource(snapshot.Source{Name: "x", MissingAttrs: validate.Attributes()})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	_, sum := run(t, validate.Input{Snapshot: s})
	for _, u := range sum.NotEvaluated {
		if u.Source != "" {
			t.Errorf("%s is not evaluated: %s", u.Check, u.Why)
		}
	}
}

func TestModeFollowsFromTheCloudObject(t *testing.T) {
	cases := map[string]struct {
		parts []any
		want  cloud.Mode
	}{
		"not in the cloud":            {s(emptyTenant{}), cloud.Provision},
		"not in the cloud, activate":  {s(emptyTenant{}, cloud.Activate), cloud.Activate},
		"ours":                        {s(linkedTo(person("c", "ann@x.example"), 1), cloud.Activate), cloud.Provision},
		"another engine's":            {s(linkedTo(with(person("c", "ann@x.example"), func(o *cloud.Object) { o.Synced = true }), 1)), cloud.Activate},
		"without a tenant":            {s(), cloud.Provision},
		"without a tenant, activates": {s(cloud.Activate), cloud.Activate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found, _ := run(t, scene(t, append(s(user("ann", "userPrincipalName=änn@x.example")), c.parts...)...))
			f := of(found, "UPN-007")
			want := map[cloud.Mode]validate.Severity{cloud.Provision: validate.Error, cloud.Activate: validate.Warning}[c.want]
			if len(f) != 1 || f[0].Mode != c.want || f[0].Severity != want {
				t.Errorf("found %v, want mode %s", f, c.want)
			}
		})
	}
}

func TestPoliciesDecideWhoIsChecked(t *testing.T) {
	_, sum := run(t, scene(t, user("ann", "userPrincipalName=a b@x.example"), user("ben", "userPrincipalName=b b@x.example", "adminDescription=User_out"), user("cat", "userPrincipalName=c b@x.example"),
		decided("ann", cloud.None), decided("ben", cloud.User), decision{"cat", desired.State{}}))
	if sum.Objects != 2 || sum.Errors != 2 || len(sum.Excluded) != 1 || sum.Excluded[0].Reason != "a policy decides none" {
		t.Errorf("summary %+v", sum)
	}
}

func TestManyHoldersOfOneValueAreCounted(t *testing.T) {
	b, n := snapshot.NewBuilder(), 5000
	for i := range n {
		err := b.Add(directory.User, directory.GUID{byte(i), byte(i >> 8), 1}, []directory.Attribute{{Name: "cn", Values: []string{"x"}}, {Name: "sAMAccountName", Values: []string{fmt.Sprint(i)}},
			{Name: "distinguishedName", Values: []string{fmt.Sprintf("CN=x%d", i)}}, {Name: "mail", Values: []string{"all@x.example"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	b.AddSource(snapshot.Source{Name: "x"})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	list, _ := run(t, validate.Input{Snapshot: s})
	all := of(list, "ADR-014")
	if len(all) != n {
		t.Fatalf("%d findings", len(all))
	}
	for _, f := range all {
		if len(f.Others)+f.More != n-1 || len(f.Others) > validate.MaxOthers {
			t.Fatalf("%s names %d and counts %d", f.Object.DN, len(f.Others), f.More)
		}
	}
}

func TestYieldEndsTheRun(t *testing.T) {
	enough, n := errors.New("enough"), 0
	_, err := validate.Run(scene(t, user("ann", "displayName="), user("ben", "displayName=")), func(validate.Finding) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("%d findings, %v", n, err)
	}
}

func TestHostileValues(t *testing.T) {
	for _, v := range []string{"\x00", "\xff\xfe", "\u202egpj.exe", strings.Repeat("@", 10_000), strings.Repeat(".", 10_000), "=cmd|' /C calc'!A0", "<script>", strings.Repeat("ä", 5000), "smtp:", ":", "SMTP:\n", "\u00a0", "%s%n"} {
		for _, a := range validate.Attributes() {
			for _, kind := range []func(string, ...string) thing{user, contact, group} {
				o := kind("x")
				o.attrs[a] = []string{v, v + "2"}
				list, _ := run(t, scene(t, o, user("ben"), emptyTenant{}))
				for _, f := range list {
					if _, known := validate.CheckNamed(f.Check); !known {
						t.Fatalf("%s", f.Check)
					}
				}
			}
		}
	}
}

func TestFiltersThatCannotSeeSaySo(t *testing.T) {
	_, sum := run(t, scene(t, user("ann"), notRead{"isCriticalSystemObject"}))
	if u := sum.NotEvaluated[0]; u.Check != "" || !u.Partly || !strings.Contains(u.Why, "isCriticalSystemObject") {
		t.Errorf("first not evaluated: %+v", u)
	}
	_, sum = run(t, scene(t, user("ann"), notRead{"isCriticalSystemObject"}, decided("ann", cloud.User)))
	if u := sum.NotEvaluated[0]; u.Check == "" {
		t.Errorf("with policies: %+v", u)
	}
}

func TestADamagedAttributeIsNotMissing(t *testing.T) {
	b := snapshot.NewBuilder()
	place(t, b, user("ann", "displayName="), 1)
	place(t, b, user("ben", "displayName="), 2)
	b.AddSource(snapshot.Source{Name: "x", Attributes: validate.Attributes(), Flaws: []snapshot.Flaw{{GUID: directory.GUID{15: 1}, Attribute: "DisplayName", Problem: "not UTF-8"}}})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	list, _ := run(t, validate.Input{Snapshot: s})
	if len(list) != 1 || list[0].Object.Name != "ben" {
		t.Errorf("found %v", list)
	}
}

// TestDomainsKeepAccountNamesApart: sAMAccountName is unique within a domain, addresses are everywhere.
func TestDomainsKeepAccountNamesApart(t *testing.T) {
	b := snapshot.NewBuilder()
	place(t, b, user("ann", "mail=all@x.example"), 1)
	place(t, b, user("ben", "distinguishedName=CN=Ben,DC=y,DC=example", "sAMAccountName=ann", "mail=all@x.example"), 2)
	place(t, b, user("cat", "distinguishedName=CN=Cat,DC=z,DC=example", "sAMAccountName=ann"), 3)
	for _, n := range []string{"x", "y", "z"} {
		b.AddSource(snapshot.Source{Name: n, Attributes: validate.Attributes(), Scopes: []snapshot.Scope{{OU: "DC=" + n + ",DC=example"}}})
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	list, _ := run(t, validate.Input{Snapshot: s})
	if len(of(list, "SAM-003")) != 0 || len(of(list, "ADR-014")) != 2 {
		t.Errorf("found %v", list)
	}
}

// TestAnObjectWithManyAddresses has so many that they are looked up by a table; the result is that of a few.
func TestAnObjectWithManyAddresses(t *testing.T) {
	ann := many(user("ann", "proxyAddresses=SMTP:ann@x.example", "mail=all@x.example"), "proxyAddresses", "smtp:a#@x.example", 200)
	ann.attrs["proxyAddresses"] = append(ann.attrs["proxyAddresses"], "smtp:ALL@x.example", "sip:all@x.example")
	list, _ := run(t, scene(t, ann, user("ben", "mail=all@x.example")))
	collisions := of(list, "ADR-014")
	if len(collisions) != 2 {
		t.Fatalf("found %v", collisions)
	}
	for _, f := range collisions {
		if f.Object.Name == "ann" && !strings.Contains(f.Detail, "in proxyAddresses, mail") {
			t.Errorf("detail %q", f.Detail)
		}
	}
}
