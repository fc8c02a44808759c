package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

var asOf = time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC)

// jane is the object that most tests decide about.
func jane() map[string][]string {
	return map[string][]string{
		"distinguishedName":          {`CN=Doe\, Jane,OU=Users,OU=Berlin,OU=Staff,DC=corp,DC=example`},
		"cn":                         {"Doe, Jane"},
		"sAMAccountName":             {"Jane"},
		"userPrincipalName":          {"jane@corp.example"},
		"displayName":                {"Jane Müller-Ødegård"},
		"mail":                       {"Jane.Doe@Corp.Example"},
		"proxyAddresses":             {"SMTP:Jane.Doe@Corp.Example", "smtp:jd@old.example", "X500:/o=Corp/cn=jane"},
		"department":                 {"Sales"},
		"employeeType":               {"Employee"},
		"c":                          {"DE"},
		"userAccountControl":         {"66048"},
		"objectSid":                  {"\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x51\x04\x00\x00"},
		"pwdLastSet":                 {"134024256000000000"}, // 2025-09-15
		"accountExpires":             {"9223372036854775807"},
		"whenCreated":                {"20260901120000.0Z"},
		"isCriticalSystemObject":     {"FALSE"},
		"msExchRecipientTypeDetails": {"34359738368"},
		"groupType":                  {"-2147483646"},
		"msExchMailboxGuid":          {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"},
		"contosoBadge":               {"17"},
		"contosoTags":                {"Red", "blue"},
	}
}

// object packs attributes.
func object(t testing.TB, s *directory.Schema, kind directory.Kind, attrs map[string][]string) directory.Object {
	t.Helper()
	var list []directory.Attribute
	for name, values := range attrs {
		list = append(list, directory.Attribute{Name: name, Values: values})
	}
	guid, err := directory.ParseGUID("6f0c2d0e-8f0b-4a55-9e0a-2b1f6f3f9a10")
	if err != nil {
		t.Fatal(err)
	}
	o, err := s.NewObject(kind, guid, list)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// load loads one policy file beside a table.
func load(t testing.TB, policy string) *rules.Set {
	t.Helper()
	set, problems := rules.Load(fstest.MapFS{
		"p.yaml": {Data: []byte(policy)},
		"c.csv":  {Data: []byte("\ufeffcountry,code,region\r\nDE,DE,EU\r\nuk,GB,None\r\n\"Bosnia, Herzegovina\",BA,EU\r\n")},
	}, ".")
	if len(problems) > 0 {
		t.Fatalf("load:\n%v", problems)
	}
	return set
}

// expression gives a policy whose decision attributes sets displayName to an expression.
func expression(expr string) string {
	return fmt.Sprintf(`apiVersion: coexist/v1
kind: Policy
metadata: {name: expression}
timezone: Europe/Berlin
tables:
  countries: {file: c.csv, key: country, columns: [code, region]}
bundles:
  standard: {sku: SPE_E3}
attributes:
  badge: {ldap: contosoBadge, type: integer}
  tags: {ldap: contosoTags, type: list}
decisions:
  cloudType:
    default: {id: type-default, then: sharedMailbox}
  licenses:
    default: {id: lic-default, then: [standard]}
  attributes:
    default:
      id: attr-default
      thenExpr: {displayName: '%s'}
`, strings.ReplaceAll(expr, "'", "''"))
}

func evaluate(t testing.TB, policy string, kind directory.Kind, attrs map[string][]string, groups ...string) rules.Outcome {
	t.Helper()
	set, schema := load(t, policy), directory.NewSchema()
	o := object(t, schema, kind, attrs)
	in := func(ref int) bool {
		for _, g := range groups {
			if g == set.Groups()[ref] {
				return true
			}
		}
		return false
	}
	direct := func(ref int) bool { return in(ref) && strings.HasPrefix(set.Groups()[ref], "direct") }
	return set.NewEvaluator(schema, asOf).Evaluate(rules.Input{Object: o, Domain: "corp.example", InGroup: in, DirectlyIn: direct})
}

func TestTextExpressions(t *testing.T) {
	for expr, want := range map[string]string{
		`user.displayName`:                       "Jane Müller-Ødegård",
		`group.department + "/" + object.c`:      "Sales/DE",
		`contact["department"]`:                  "Sales",
		`user.ext["department"]`:                 "Sales",
		`user.ext["extensionAttribute7"]`:        "",
		`user.class`:                             "user",
		`user.domain`:                            "corp.example",
		`user.guid`:                              "6f0c2d0e-8f0b-4a55-9e0a-2b1f6f3f9a10",
		`user.sid`:                               "S-1-5-21-1-2-3-1105",
		`user.objectSid`:                         "S-1-5-21-1-2-3-1105",
		`user.sam + " " + user.upn`:              "Jane jane@corp.example",
		`user.msExchMailboxGuid`:                 "04030201-0605-0807-090a-0b0c0d0e0f10",
		`user.country`:                           "DE",
		`upper(user.c) + lower(user.department)`: "DEsales",
		`trim("  x ")`:                           "x",
		`domainOf(user.mail)`:                    "corp.example",
		`domainOf(trim(user.mail))`:              "corp.example",
		`domainOf("no address")`:                 "",
		`domainOf(user.department)`:              "",
		`localPart(user.mail)`:                   "Jane.Doe",
		`localPart(first(user.proxyAddresses))`:  "Jane.Doe",
		`localPart(user.department)`:             "Sales",
		`primarySMTP()`:                          "Jane.Doe@Corp.Example",
		`rdn()`:                                  `CN=Doe\, Jane`,
		`coalesce(user.extensionAttribute1, user.department)`:      "Sales",
		`coalesce("", user.extensionAttribute1, "")`:               "",
		`normalize(user.displayName)`:                              "Jane Muller-Odegard",
		`normalize("Weiß Łódź")`:                                   "Weiss Lodz",
		`left(user.displayName, 6)`:                                "Jane M",
		`left(user.c, 40)`:                                         "DE",
		`first(user.proxyAddresses)`:                               "SMTP:Jane.Doe@Corp.Example",
		`first(user.url)`:                                          "",
		`first(filter(user.proxyAddresses, # startsWith "x500:"))`: "X500:/o=Corp/cn=jane",
		`first(split(user.mail, "."))`:                             "Jane",
		`lookup("countries", user.c, "region")`:                    "EU",
		`lookup("countries", "UK", "code")`:                        "GB",
		`lookup("countries", "bosnia, herzegovina", "code")`:       "BA",
		`lookup("countries", user.department, "code", "none")`:     "none",
		`decided("cloudType")`:                                     "sharedMailbox",
		`first(decided("licenses"))`:                               "standard",
		`user.enabled ? "on" : "off"`:                              "on",
		`if user.enabled { "on" } else { "off" }`:                  "on",
		`let d = user.department; d + d`:                           "SalesSales",
		`user.mail | domainOf() | upper()`:                         "CORP.EXAMPLE",
	} {
		t.Run(expr, func(t *testing.T) {
			out := evaluate(t, expression(expr), directory.User, jane())
			d := out.Find(rules.Attributes)
			got := ""
			if len(d.Entries) == 1 {
				got = d.Entries[0].Value.Text()
			}
			if got != want || d.Err != nil {
				t.Errorf("got %q, error %v, want %q", got, d.Err, want)
			}
		})
	}
}

// conditions are expressions about jane on the day asOf, a member of direct-sales and, through another group, of nested-all.
var conditions = map[string]bool{
	// case does not count
	`user.department == "sALES"`:                                               true,
	`"SALES" != user.department`:                                               false,
	`user.department in ["IT", "SALES"]`:                                       true,
	`user.department not in ["IT", "SALES"]`:                                   false,
	`"x500:/O=corp/cn=JANE" in user.proxyAddresses`:                            true,
	`user.mail startsWith "JANE"`:                                              true,
	`user.mail endsWith "EXAMPLE"`:                                             true,
	`user.mail contains ".DOE@"`:                                               true,
	`user.department matches "^SALES$"`:                                        true,
	`not (user.department matches "^[a-r]")`:                                   true,
	`user.displayName contains "MÜLLER-ØDEGÅRD"`:                               true,
	`upper(user.department) == "sales"`:                                        true,
	`lower(user.department) == "SALES"`:                                        true,
	`trim(user.department) == "SALES"`:                                         true,
	`(user.enabled ? user.department : user.c) == "SALES"`:                     true,
	`coalesce(user.l, user.department) == "SALES"`:                             true,
	`user.department + "x" == "SALESX"`:                                        true,
	`let d = user.department; d == "SALES"`:                                    true,
	`localPart(user.mail) == "JANE.DOE"`:                                       true,
	`primarySMTP() == "jane.doe@corp.example"`:                                 true,
	`user.sam == localPart(user.upn)`:                                          true,
	`first(split(user.mail, "@")) == "JANE.DOE"`:                               true,
	`any(user.proxyAddresses, # startsWith "SMTP:JD")`:                         true,
	`all(user.proxyAddresses, # contains "CORP" || # contains "jd")`:           true,
	`none(user.proxyAddresses, # == "smtp:JD@OLD.example")`:                    false,
	`one(user.proxyAddresses, # endsWith "OLD.EXAMPLE")`:                       true,
	`count(user.proxyAddresses, # startsWith "smtp:") == 2`:                    true,
	`len(filter(user.proxyAddresses, # startsWith "SMTP:")) == 2`:              true,
	`any(filter(user.proxyAddresses, # startsWith "SMTP:"), # contains "OLD")`: true,
	`any(user.proxyAddresses, lower(#) == "X500:/o=corp/cn=jane")`:             true,
	`any(user.proxyAddresses, let a = #; a == "x500:/o=CORP/cn=jane")`:         true,
	`any(user.proxyAddresses, # matches "^smtp:JD@")`:                          true,
	`any(["SALES", "IT"], # == user.department)`:                               true,
	`any(split("a;SALES", ";"), # == user.department)`:                         true,
	`any(user.tags, any(user.tags, # == "RED") && # == "BLUE")`:                true,
	`first(user.tags) == "RED"`:                                                true,
	`user.department in split("it,SALES", ",")`:                                true,
	`user.department in (user.enabled ? ["SALES"] : ["IT"])`:                   true,
	// unless exact says so
	`exact(user.department, "SALES")`:                                       false,
	`exact(user.department, "Sales")`:                                       true,
	`exact(user.department startsWith "sa")`:                                false,
	`exact(user.department matches "^sa")`:                                  false,
	`exact(any(user.proxyAddresses, # startsWith "SMTP:"))`:                 true,
	`exact(count(user.proxyAddresses, # startsWith "SMTP:") == 1)`:          true,
	`any(user.proxyAddresses, exact(# startsWith "SMTP:Jane"))`:             true,
	`any(user.proxyAddresses, exact(# startsWith "smtp:Jane"))`:             false,
	`any(user.proxyAddresses, # == "x" || exact(#, "smtp:jd@old.example"))`: true,
	`user.department == "SALES" && !exact(user.department, "SALES")`:        true,
	// place and membership
	`inOU("OU=Staff,DC=corp,DC=example")`:                                   true,
	`inOU("ou=berlin, ou=staff, dc=CORP, dc=example")`:                      true,
	`inOU("OU=taff,DC=corp,DC=example")`:                                    false,
	`inOU("DC=example")`:                                                    true,
	`inOU("CN=Doe\\, Jane,OU=Users,OU=Berlin,OU=Staff,DC=corp,DC=example")`: true,
	`memberOf("direct-sales")`:                                              true,
	`memberOf("nested-all")`:                                                true,
	`memberOf("other")`:                                                     false,
	`directMemberOf("direct-sales")`:                                        true,
	`directMemberOf("nested-all")`:                                          false,
	// addresses
	`hasProxy("JD@old.example")`:      true,
	`hasProxy("smtp:jd@OLD.example")`: true,
	`hasProxy("@old.EXAMPLE")`:        true,
	`hasProxy("@example")`:            false,
	`hasProxy("d@old.example")`:       false,
	// presence
	`has(user.department)`:             true,
	`has(user.description)`:            false,
	`has(user.isCriticalSystemObject)`: true,
	`user.isCriticalSystemObject`:      false,
	`has(user.msExchMailboxGuid)`:      true,
	`has(user.accountExpires)`:         false, // never
	`has(user.pwdLastSet)`:             true,
	`has(user.lastLogonTimestamp)`:     false,
	`has(user.class) && has(user.guid) && has(user.domain) && has(user.sid) && has(user.enabled)`: true,
	`has(user.proxyAddresses)`: true,
	`user.description == ""`:   true,
	// bits
	`hasFlag(user.userAccountControl, "DONT_EXPIRE_PASSWORD")`: true,
	`hasFlag(user.userAccountControl, "ACCOUNTDISABLE")`:       false,
	`hasFlag(group.groupType, "SECURITY_ENABLED")`:             true,
	`hasFlag(group.groupType, "UNIVERSAL")`:                    false,
	`group.groupType < 0`:                                      true,
	`hasBits(user.msExchRecipientTypeDetails, 0x800001000)`:    true,
	`allBits(user.msExchRecipientTypeDetails, 0x800001000)`:    false,
	`allBits(user.userAccountControl, 0x10200)`:                true,
	`user.msExchRecipientTypeDetails == 34359738368`:           true,
	`user.msExchRecipientTypeDetails in [4, 34359738368]`:      true,
	// dates
	`ageDays(user.pwdLastSet) == 365`:                                     true,
	`ageDays(user.whenCreated) == 14`:                                     true,
	`daysUntil(date("2026-09-16")) == 1`:                                  true,
	`daysUntil(user.whenCreated) == -14`:                                  true,
	`today() == date("2026-09-15")`:                                       true,
	`user.whenCreated < date("2026-09-02") && today() > user.whenCreated`: true,
	// the rest
	`user.badge == 17 && user.badge % 5 == 2 && user.badge - 20 == -3 && user.badge * 2 > 33`: true,
	`inTable("countries", user.c) && !inTable("countries", user.department)`:                  true,
	`inTable("countries", trim(" uk "))`:                                                      true,
	`decided("cloudType") == "sharedMailbox"`:                                                 true,
	`decided("cloudType") in ["user", "mailUser"]`:                                            false,
	`"standard" in decided("licenses")`:                                                       true,
	`user.class == "user" && group.class != "contact"`:                                        true,
	`user.enabled and not false or false`:                                                     true,
	`len(user.mail) == 21 && len(user.tags) == 2`:                                             true,
}

func TestConditions(t *testing.T) {
	for expr, want := range conditions {
		t.Run(expr, func(t *testing.T) {
			policy := expression("user.enabled ? (" + expr + ` ? "yes" : "no") : ""`)
			if strings.HasPrefix(expr, "let ") {
				policy = expression(strings.Replace(expr, "; ", "; (", 1) + `) ? "yes" : "no"`)
			}
			d := evaluate(t, policy, directory.User, jane(), "direct-sales", "nested-all")
			got := d.Find(rules.Attributes)
			if got.Err != nil || (got.Entries[0].Value.Text() == "yes") != want {
				t.Errorf("got %+v, want %v", got, want)
			}
		})
	}
}

func TestRunTimeErrors(t *testing.T) {
	many := make([]string, 150)
	for i := range many {
		many[i] = fmt.Sprintf("tag%d", i)
	}
	attrs := jane()
	attrs["contosoTags"], attrs["contosoBadge"] = many, []string{"seventeen"}
	attrs["description"] = []string{strings.Repeat("x", 3000)}
	for expr, want := range map[string]string{
		`lookup("countries", user.department, "code")`:            `p.yaml:20:32: rule attr-default: table countries has no row "Sales"`,
		`user.enabled ? user.description + user.description : ""`: `p.yaml:20:64: rule attr-default: text grows beyond 4096 bytes`,
		`any(user.tags, any(user.tags, # == "x")) ? "y" : "n"`:    `p.yaml:20:47: rule attr-default: loops visit more than 10000 values`,
		`user.badge > 3 ? "y" : "n"`:                              `p.yaml:20:32: rule attr-default: contosoBadge: "seventeen" is not an integer`,
		`has(user.badge) ? "y" : "n"`:                             `p.yaml:20:32: rule attr-default: contosoBadge: "seventeen" is not an integer`,
		`ageDays(user.lastLogonTimestamp) > 3 ? "y" : "n"`:        `p.yaml:20:45: rule attr-default: user.lastLogonTimestamp has no value; ask has(user.lastLogonTimestamp) first`,
		`left("x", 0 - 1)`:                                        `p.yaml:20:32: rule attr-default: left() of -1 characters`,
		`first(split("x", ""))`:                                   `p.yaml:20:38: rule attr-default: split() by an empty text`,
		`1 % (len(user.l)) == 1 ? "y" : "n"`:                      `p.yaml:20:34: rule attr-default: runtime error: integer divide by zero`,
	} {
		t.Run(expr, func(t *testing.T) {
			out := evaluate(t, expression(expr), directory.User, attrs)
			d := out.Find(rules.Attributes)
			got := "no error"
			if d.Err != nil {
				got = d.Err.Error()
			}
			if d.Status != rules.Held || got != want {
				t.Errorf("status %d, error %s\nwant %s", d.Status, got, want)
			}
		})
	}
}

// TestEnabledUnread tells a disabled account from one whose flags cannot be read.
func TestEnabledUnread(t *testing.T) {
	attrs := jane()
	delete(attrs, "userAccountControl")
	policy := expression(`user.enabled ? "on" : "off"`)
	d := evaluate(t, policy, directory.User, attrs)
	if got := d.Find(rules.Attributes); got.Status != rules.Held || !strings.Contains(got.Err.Error(), "userAccountControl") {
		t.Errorf("user: %+v", got)
	}
	d = evaluate(t, policy, directory.Group, attrs)
	if got := d.Find(rules.Attributes); got.Status != rules.Decided || got.Entries[0].Value.Text() != "off" {
		t.Errorf("group: %+v", got)
	}
}

func TestFingerprint(t *testing.T) {
	policy := expression(`memberOf("g") ? user.department : user.domain`)
	base := evaluate(t, policy, directory.User, jane())
	for name, c := range map[string]struct {
		change func(map[string][]string)
		kind   directory.Kind
		groups []string
		same   bool
	}{
		"nothing":                        {func(map[string][]string) {}, directory.User, nil, true},
		"an attribute nobody mentions":   {func(a map[string][]string) { a["title"] = []string{"Dr"} }, directory.User, nil, true},
		"an attribute that is mentioned": {func(a map[string][]string) { a["department"] = []string{"sales"} }, directory.User, nil, false},
		"an attribute that is gone":      {func(a map[string][]string) { delete(a, "department") }, directory.User, nil, false},
		"a membership":                   {func(map[string][]string) {}, directory.User, []string{"g"}, false},
		"the kind":                       {func(map[string][]string) {}, directory.Contact, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			attrs := jane()
			c.change(attrs)
			got := evaluate(t, policy, c.kind, attrs, c.groups...)
			if (got.Fingerprint == base.Fingerprint) != c.same || len(got.Fingerprint) != 32 {
				t.Errorf("got %s, base %s", got.Fingerprint, base.Fingerprint)
			}
		})
	}
}

// TestSet says what a set tells about itself.
func TestSet(t *testing.T) {
	set := load(t, expression(`memberOf("B") || memberOf("a") || memberOf("b") ? user.sam : user.badge == 1 ? user.upn : user.sAMAccountName`))
	if diff := cmp.Diff([]string{"contosoBadge", "sAMAccountName", "userPrincipalName"}, set.Attributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"B", "a"}, set.Groups()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	again := fstest.MapFS{}
	for _, f := range set.Files() {
		again[f.Path] = &fstest.MapFile{Data: f.Bytes}
	}
	second, problems := rules.Load(again, ".")
	if len(problems) > 0 || len(set.Files()) != 2 {
		t.Fatal(problems, len(set.Files()))
	}
	if second.Digest() != set.Digest() || !strings.HasPrefix(set.Digest(), "sha256:") {
		t.Errorf("digests %s and %s", set.Digest(), second.Digest())
	}
	if b, ok := set.Bundle("expression", "standard"); !ok || b.SKU != "SPE_E3" {
		t.Errorf("bundle %+v", b)
	}
	if _, ok := set.Bundle("expression", "premium"); ok {
		t.Error("found a bundle that is not there")
	}
}
