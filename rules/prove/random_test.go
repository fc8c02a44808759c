package prove_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// author writes random policies over few attributes, so that every object that they can tell apart can be tried out.
type author struct {
	*rand.Rand
	atoms []string // of the attributes that this policy looks at
	loose bool     // rules have holds, and objects have exceptions and what was carried out before
}

// dimensions are the attributes: their values among the objects tried, and conditions about them. The values hold one that
// no condition mentions, as a directory always may.
var dimensions = []struct {
	attribute string
	values    []string // several values of one object are separated by a bar
	atoms     []string // that are understood
	opaque    []string // of which nothing is known
}{
	{"department", []string{"", "IT", "it", "Sales", "Salesforce", "board-SALES", "zz", "sales", "sales-sales", "in", "a male", "S"}, []string{
		`user.department == "it"`, `user.department == "Sales"`, `user.department in ["IT", "sales"]`, `user.department != "sales"`,
		`user.department startsWith "Sales"`, `user.department startsWith "sal"`, `user.department endsWith "sales"`,
		`user.department contains "ale"`, `has(user.department)`, `user.department == ""`, `exact(user.department, "IT")`,
		`exact(user.department startsWith "S")`, `user.department startsWith "I"`,
		`(let d = user.department; d == "IT" || d == "sales")`, `inTable("t", user.department)`,
		`user.department not in ["it", "Salesforce"]`, `(has(user.department) ? user.department : "none") == "sales"`,
	}, []string{
		`user.department matches "^s"`, `len(user.department) > 2`, `lower(user.department) == "it"`,
		`lookup("t", user.department, "x") == "1"`, `lookup("t", user.department, "x", "0") == "1"`,
		`upper(user.department) in ["IT", "it"]`, `coalesce(user.department, "x") == "x"`,
	}},
	{"c", []string{"", "DE", "at", "XX"}, []string{
		`user.c == "de"`, `user.c in ["DE", "AT"]`, `user.country != "AT"`, `has(user.c)`, `inTable("u", user.c)`,
	}, []string{`user.c == user.department`, `user.c != "" && domainOf(user.c) == ""`}},
	{"userAccountControl", []string{"512", "514", "66048", "66050", "8", "65536"}, []string{
		`user.enabled`, `!user.enabled`, `hasFlag(user.userAccountControl, "ACCOUNTDISABLE")`, `user.userAccountControl == 512`,
		`hasBits(user.userAccountControl, 0x10002)`, `allBits(user.userAccountControl, 0x10200)`, `user.enabled == true`,
		`user.userAccountControl in [514, 66048]`,
	}, []string{`user.enabled == has(user.userAccountControl)`, `has(user.userAccountControl)`}},
	{"distinguishedName", []string{"CN=u,OU=Berlin,OU=Staff,DC=x", "CN=u,OU=Staff,DC=x", `CN=u,OU=a\,OU=Staff,DC=x`, "CN=u,OU=Other,DC=x", "CN=u,DC=y"}, []string{
		`inOU("OU=Staff,DC=x")`, `inOU("OU=Berlin, OU=Staff, DC=x")`, `inOU("ou=other,dc=x")`, `user.dn endsWith "ou=staff,dc=x"`,
		`inOU("DC=x")`,
	}, []string{`rdn() == "cn=u"`, `user.distinguishedName contains "berlin"`}},
	{"groups", []string{"", "n0", "n0|d0", "n1", "n0|d0|n1"}, []string{
		`memberOf("g0")`, `memberOf("G1")`, `directMemberOf("g0")`, `memberOf("g0") && memberOf("g1")`,
	}, nil},
	{"proxyAddresses", []string{"", "SMTP:a@x.example", "smtp:b@y.example", "SMTP:a@x.example|smtp:b@y.example", "X500:q", "smtp:a@x.example", "SMTP:c@y.example|X500:z", "SMTP:c@x.example", "Y:smtp"}, []string{
		`any(user.proxyAddresses, # startsWith "smtp:")`, `any(user.proxyAddresses, exact(# startsWith "SMTP:"))`,
		`any(user.proxyAddresses, # endsWith "@y.example")`, `"smtp:b@y.example" in user.proxyAddresses`, `hasProxy("a@x.example")`,
		`hasProxy("@x.example")`, `has(user.proxyAddresses)`, `len(user.proxyAddresses) > 0`,
		`none(user.proxyAddresses, # contains "smtp" || # startsWith "x")`, `any(user.proxyAddresses, # in ["smtp:a@x.example", "x500:q"])`,
	}, []string{
		`all(user.proxyAddresses, # startsWith "smtp:")`, `count(user.proxyAddresses, # startsWith "smtp:") >= 1`,
	}},
	{"countryCode", []string{"", "-4", "3", "5", "6", "7", "4", "0", "-1"}, []string{
		`user.countryCode > 4`, `user.countryCode >= 5`, `5 > user.countryCode`, `user.countryCode == 5`, `user.countryCode in [3, 5, 6]`,
		`user.countryCode != 6`, `user.countryCode < 0`, `has(user.countryCode)`, `user.countryCode <= 6`,
		`user.countryCode == -4`,
	}, []string{`user.countryCode + 1 > 5`}},
	{"whenCreated", []string{"20200101000000.0Z", "20210101000000.0Z", "20210501000000.0Z", "20240101000000.0Z", ""}, []string{
		`user.whenCreated < date("2022-01-01")`, `user.whenCreated >= date("2022-01-01")`,
		`has(user.whenCreated)`, `user.whenCreated <= date("2021-01-01")`, `today() >= date("2025-06-01")`, `today() < date("2026-01-01")`,
	}, []string{`ageDays(user.whenCreated) > 1000`}},
	{"prior", []string{"", "user", "sharedMailbox", "equipmentMailbox"}, []string{
		`was("cloudType") == "user"`, `was("cloudType") in ["sharedMailbox", "mailUser"]`, `was("cloudType") != "equipmentMailbox"`, `was("cloudType") == ""`,
	}, nil},
}

// prior is the position of what was carried out before among the dimensions.
var prior = len(dimensions) - 1

// pick takes some of the dimensions and gives their positions.
func (a *author) pick(n int, opaque bool) []int {
	picked := a.Perm(len(dimensions))[:n]
	if a.loose && !slices.Contains(picked, prior) {
		picked = append(picked, prior)
	}
	a.atoms = nil
	for _, i := range picked {
		a.atoms = append(a.atoms, dimensions[i].atoms...)
		if opaque {
			a.atoms = append(a.atoms, dimensions[i].opaque...)
		}
	}
	return picked
}

// expression writes a condition; extra are further atoms that it may use.
func (a *author) expression(depth int, extra ...string) string {
	if depth == 0 || a.Intn(4) == 0 {
		if i := a.Intn(len(a.atoms) + 2*len(extra)); i >= len(a.atoms) {
			return extra[(i-len(a.atoms))/2]
		} else {
			return a.atoms[i]
		}
	}
	x := func() string { return a.expression(depth-1, extra...) }
	switch a.Intn(9) {
	case 0, 1, 2, 3:
		return "(" + x() + " && " + x() + ")"
	case 4, 5, 6:
		return "(" + x() + " || " + x() + ")"
	case 7:
		return "(" + x() + " ? " + x() + " : " + x() + ")"
	}
	return "!(" + x() + ")"
}

// policy writes a policy that makes decisions in all modes.
func (a *author) policy(name string, rules int) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	line("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: policy-%s}\ntimezone: Europe/Berlin", name)
	if a.Intn(2) == 0 {
		line("requires: {engine: '>=1.0'}")
	}
	if a.Intn(2) == 0 {
		all := a.atoms // a scope cannot ask what was carried out
		a.atoms = slices.DeleteFunc(slices.Clone(all), func(s string) bool { return strings.HasPrefix(s, "was(") })
		if len(a.atoms) > 0 {
			line("scope: %s", quoted(a.expression(1)))
		}
		a.atoms = all
	}
	line("conditions:\n  named: %s\n  other: %s", quoted(a.expression(2)), quoted(a.expression(1, "named")))
	line("tables:\n  t: {file: t.csv, key: k, columns: [x]}\n  u: {file: u.csv, key: k, columns: [x]}")
	line("bundles:\n  one: {sku: ONE}\n  two: {sku: TWO}\ndecisions:")
	id := 0
	rule := func(extra []string, then func() string) {
		id++
		line("      - id: r%s-%d\n        when: %s\n%s", name, id, quoted(a.expression(2, extra...)), then())
		switch a.Intn(8) {
		case 0:
			line("        from: 2025-06-01")
		case 1:
			line("        until: 2025-12-31")
		case 2:
			line("        from: 2025-06-01\n        until: 2025-12-31")
		case 3:
			line("        was: old-%s-%d", name, id)
		}
	}
	fails := func(then string) string {
		if a.Intn(12) == 0 {
			return "        fail: no"
		}
		return "        " + then
	}
	decision := func(decision, fallback string, extra []string, then func() string) {
		line("  %s:", decision)
		if a.Intn(3) == 0 {
			line("    when: %s", quoted(a.expression(1, extra...)))
		}
		line("    rules:")
		for range rules {
			rule(extra, then)
		}
		id++
		line("    default: {id: r%s-%d, %s}", name, id, fallback)
	}
	extra := []string{"named", "other"}
	types := []string{"user", "mailUser", "sharedMailbox"}
	decision("cloudType", "then: roomMailbox", extra, func() string {
		then := fails("then: " + types[a.Intn(3)])
		if a.loose && a.Intn(3) == 0 && !strings.Contains(then, "fail") {
			then += "\n        hold: 14d"
		}
		return then
	})
	extra = append(extra, `decided("cloudType") == "user"`, `decided("cloudType") in ["mailUser", "roomMailbox"]`, `decided("cloudType") != "sharedMailbox"`)
	bundles := []string{"[one]", "[two]", "[one, two]", "[]"}
	decision("licenses", "then: []", extra, func() string { return fails("then: " + bundles[a.Intn(4)]) })
	keys := []string{"{displayName: a}", "{givenName: b}", "{displayName: c, givenName: d}", "{displayName: e, givenName: f, surname: g}"}
	decision("attributes", "then: {displayName: z}", extra, func() string { return fails("then: " + keys[a.Intn(4)]) })
	return b.String()
}

// exceptions writes exceptions for some of the first objects. They are over on the last of the days.
func (a *author) exceptions() string {
	var b strings.Builder
	b.WriteString("apiVersion: coexist/v1\nkind: Exceptions\nexceptions:\n")
	for i := range 6 {
		set := [][2]string{{"cloudType", "set: user"}, {"cloudType", "set: equipmentMailbox"}, {"cloudType", "freeze: true"}, {"licenses", "set: [one]"},
			{"licenses", "freeze: true"}, {"attributes", "set: {displayName: q}"}}[a.Intn(6)]
		fmt.Fprintf(&b, "  - {id: EXC-%d, object: {objectGUID: %s}, decision: %s, %s, reason: r, owner: o@x.example, expires: 2025-10-01}\n",
			i, directory.GUID{15: byte(6*a.Intn(7) + i + 1)}, set[0], set[1])
	}
	return b.String()
}
