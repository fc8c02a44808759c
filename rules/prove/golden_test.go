package prove_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules/prove"
)

// TestFindings holds what is found in the policies of each archive against its file findings.
func TestFindings(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		files := fstest.MapFS{}
		for _, f := range a.Files {
			if f.Name != "findings" {
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		findings, stats := prove.Set(load(t, files))
		if stats.NotDecided > 0 {
			t.Errorf("not decided: %+v", stats)
		}
		var b strings.Builder
		for _, f := range findings {
			fmt.Fprintf(&b, "%s: %s\n", f.Kind, f.Text)
		}
		return []txtar.File{{Name: "findings", Data: []byte(b.String())}}
	})
}

// policyFile writes a policy whose cloudType has a rule for each condition: r01 and so on, after a prefix.
func policyFile(name, scope, prefix string, conditions ...string) *fstest.MapFile {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: %s}\nscope: '%s'\n", name, scope)
	b.WriteString("tables:\n  t: {file: t.csv, key: k, columns: [x]}\ndecisions:\n  cloudType:\n    rules:\n")
	for i, c := range conditions {
		fmt.Fprintf(&b, "      - {id: %sr%02d, then: user, when: '%s'}\n", prefix, i+1, strings.ReplaceAll(c, "'", "''"))
	}
	fmt.Fprintf(&b, "    default: {id: %sother, then: mailUser}\n", prefix)
	return &fstest.MapFile{Data: []byte(b.String())}
}

// policy gives one such policy, for all objects.
func policy(conditions ...string) fstest.MapFS {
	return fstest.MapFS{"users.yaml": policyFile("users", "true", "", conditions...), "t.csv": {Data: []byte("k,x\nDE,1\nAT,2\n")}}
}

// TestFacts holds for pairs of conditions whether the first is known to contain the second.
func TestFacts(t *testing.T) {
	for name, x := range map[string]struct {
		first, second string
		contains      bool
	}{
		"in a list":                    {`user.c in ["DE", "AT"]`, `user.c == "de"`, true},
		"another value":                {`user.c != "DE"`, `user.c == "AT"`, true},
		"short name and LDAP name":     {`user.country == "DE"`, `group["c"] == "de"`, true},
		"case counts":                  {`user.c == "DE"`, `exact(user.c, "DE")`, true},
		"case does not count":          {`exact(user.c, "DE")`, `user.c == "DE"`, false},
		"other case":                   {`exact(user.c, "DE")`, `exact(user.c, "de")`, false},
		"longer beginning":             {`user.sam startsWith "svc-"`, `user.sam startsWith "SVC-SQL"`, true},
		"shorter beginning":            {`user.sam startsWith "svc-sql"`, `user.sam startsWith "svc-"`, false},
		"part of an end":               {`user.mail contains "contoso"`, `user.mail endsWith "@contoso.example"`, true},
		"beginnings exclude":           {`!(user.sam startsWith "adm-")`, `user.sam startsWith "svc-"`, true},
		"beginning and end":            {`!(user.sam endsWith "$")`, `user.sam startsWith "svc-"`, false},
		"value and pattern":            {`user.c matches "^d"`, `user.c == "de"`, false},
		"same pattern":                 {`user.c matches "^d"`, `user.c matches "^d" && user.enabled`, true},
		"has and value":                {`has(user.c)`, `user.c == "DE"`, true},
		"has and empty":                {`has(user.c)`, `user.c != ""`, true},
		"empty and has":                {`user.c != ""`, `has(user.c)`, false},
		"bounds":                       {`user.countryCode > 4`, `user.countryCode >= 5`, true},
		"between":                      {`user.countryCode in [5, 6]`, `user.countryCode > 4 && user.countryCode < 7`, true},
		"fewer between":                {`user.countryCode in [5, 6]`, `user.countryCode > 4 && user.countryCode < 8`, false},
		"number on the left":           {`4 < user.countryCode`, `user.countryCode == 5`, true},
		"absent number":                {`has(user.countryCode)`, `user.countryCode < 0`, true},
		"bits of a number":             {`hasBits(user.groupType, 6)`, `user.groupType == 4`, true},
		"bits and bits":                {`hasBits(user.groupType, 6)`, `allBits(user.groupType, 0xC)`, true},
		"more bits":                    {`hasBits(user.groupType, 4)`, `hasBits(user.groupType, 6)`, false},
		"disabled":                     {`hasFlag(user.userAccountControl, "ACCOUNTDISABLE")`, `!user.enabled`, false},
		"enabled":                      {`!hasFlag(user.userAccountControl, "ACCOUNTDISABLE")`, `user.enabled`, true},
		"parent OU":                    {`inOU("OU=Staff,DC=x")`, `inOU("OU=Berlin,OU=Staff,DC=x")`, true},
		"child OU":                     {`inOU("OU=Berlin,OU=Staff,DC=x")`, `inOU("OU=Staff,DC=x")`, false},
		"OUs exclude":                  {`!inOU("OU=Staff,DC=x")`, `inOU("OU=Guests,DC=x")`, true},
		"OU and name":                  {`user.dn endsWith "DC=x"`, `inOU("OU=Guests,DC=x")`, true},
		"comma in a name":              {`inOU("OU=Staff,DC=x")`, `inOU("OU=a\\,OU=Staff,DC=x")`, false},
		"nested member":                {`memberOf("GG-A")`, `directMemberOf("gg-a")`, true},
		"direct member":                {`directMemberOf("GG-A")`, `memberOf("GG-A")`, false},
		"other group":                  {`memberOf("GG-A")`, `!memberOf("GG-B")`, false},
		"lists have many values":       {`!("b" in user.url)`, `"a" in user.url`, false},
		"item and beginning":           {`any(user.url, # startsWith "a")`, `"AB" in user.url`, true},
		"items one by one":             {`any(user.url, # == "a" || # == "b")`, `any(user.url, # in ["A"])`, true},
		"has items":                    {`has(user.url)`, `"a" in user.url`, true},
		"number of items":              {`len(user.url) > 0`, `any(user.url, # contains "x")`, true},
		"domain of an address":         {`hasProxy("@x.example")`, `hasProxy("a@x.example")`, true},
		"other domain":                 {`hasProxy("@x.example")`, `hasProxy("a@y.example")`, false},
		"table holds":                  {`inTable("t", user.c)`, `user.c == "de"`, true},
		"table is no more":             {`user.c in ["DE", "AT"]`, `inTable("t", user.c)`, true},
		"table lacks":                  {`!inTable("t", user.c)`, `user.c == "FR"`, true},
		"unlike columns":               {`lookup("t", user.c, "x") == "1"`, `lookup("t", user.co, "x") == "1"`, false},
		"same call":                    {`lookup("t", user.c, "x") != "2"`, `lookup("t", user.c, "x") == "1"`, true},
		"instants":                     {`user.whenCreated < date("2026-01-01")`, `user.whenCreated <= date("2025-12-31")`, true},
		"within a day":                 {`user.whenCreated <= date("2025-12-31")`, `user.whenCreated < date("2026-01-01")`, false},
		"today":                        {`today() >= date("2026-01-01")`, `today() == date("2026-05-01")`, true},
		"let":                          {`user.c in ["DE", "AT"]`, `let x = user.c; x == "de"`, true},
		"let of a call":                {`let x = lower(user.c); x == "de"`, `let y = lower(user.co); y == "de"`, false},
		"class":                        {`user.class != "user"`, `user.class in ["contact", "group"]`, true},
		"remaining class":              {`user.class in ["contact", "group"]`, `user.class != "user"`, true},
		"choice":                       {`user.enabled && user.c == "DE"`, `user.enabled ? user.c == "DE" : false`, true},
		"choice of texts":              {`user.enabled`, `(user.enabled ? "a" : "b") == "a"`, true},
		"truth compared":               {`user.enabled == false`, `!user.enabled`, true},
		"calls are equal or different": {`upper(user.c) == "DE"`, `upper(user.c) == "AT"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			findings, _ := prove.Set(load(t, policy(x.first, x.second)))
			got := false
			for _, f := range findings {
				got = got || f.Rule.Rule == "r02" && (f.Kind == prove.Shadowed || f.Kind == prove.Duplicate)
				if f.Kind == prove.Impossible || f.Kind == prove.Constant {
					t.Errorf("%s: %s", f.Kind, f.Text)
				}
			}
			if got != x.contains {
				t.Errorf("found %v, want %v: %+v", got, x.contains, findings)
			}
		})
	}
}
