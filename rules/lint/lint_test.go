package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/rules/lint"
)

// policy gives an archive with a policy whose cloudType has one rule with a condition.
func policy(when string, more ...string) string {
	return "-- users.yaml --\napiVersion: coexist/v1\nkind: Policy\nmetadata: {name: users}\n" + strings.Join(more, "\n") +
		"\ndecisions:\n  cloudType:\n    rules:\n      - {id: type-one, then: user, when: '" + when + "'}\n    default: {id: type-default, then: mailUser}\n"
}

const oneRow = "-- directory --\nuser CN=Jane,DC=contoso,DC=example | sAMAccountName=jane | c=DE\n"

// TestFindings has what the pages do not show: above all what is left alone.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		archive string
		want    []string // names of lints
	}{
		"case that counts":                {policy(`exact(lower(user.c) == "de")`), nil},
		"case of a value":                 {policy(`len(lower(user.c)) > 0`), nil},
		"case in a list":                  {policy(`upper(user.c) in ["DE"]`), []string{"case-noop"}},
		"a pattern that is one":           {policy(`user.sam matches "^svc-[0-9]"`), nil},
		"a whole value as a pattern":      {policy(`user.sam matches "^svc$"`), []string{"regex-could-be-prefix"}},
		"a part as a pattern":             {policy(`user.sam matches ".*svc.*"`), []string{"regex-could-be-prefix"}},
		"an empty pattern":                {policy(`user.sam matches ""`), nil},
		"a condition used by another":     {policy("a", "conditions: {a: b, b: user.enabled}"), nil},
		"conditions that use each other":  {policy("user.enabled", "conditions: {a: b && user.enabled, b: has(user.mail)}"), []string{"unused-condition", "unused-condition"}},
		"a condition used by the scope":   {policy("user.enabled", "scope: a", "conditions: {a: has(user.mail)}"), nil},
		"a table with all rows seen":      {policy(`inTable("t", user.c)`, "tables: {t: {file: t.csv, key: k, columns: [v]}}") + "-- t.csv --\nk,v\nde,x\n" + oneRow, nil},
		"a row that nobody has":           {policy(`inTable("t", user.c)`, "tables: {t: {file: t.csv, key: k, columns: [v]}}") + "-- t.csv --\nk,v\nde,x\nAT,y\n" + oneRow, []string{"unused-table-row"}},
		"rows looked up by a computed":    {policy(`inTable("t", left(user.c, 1))`, "tables: {t: {file: t.csv, key: k, columns: [v]}}") + "-- t.csv --\nk,v\nAT,y\n" + oneRow, nil},
		"a value that somebody has":       {policy(`user.c == "de"`) + oneRow, nil},
		"a value nobody has, in a list":   {policy(`user.c in ["de", "AT"]`) + oneRow, []string{"value-never-seen"}},
		"an attribute that was not read":  {policy(`user.title == "CEO"`) + oneRow, nil},
		"an OU above what was read":       {policy(`inOU("DC=contoso,DC=example")`) + oneRow, nil},
		"presence is no state":            {strings.Replace(policy(`!has(user.userAccountControl)`), "then: user,", "then: none, reason: unreadable,", 1), nil},
		"disabled without a hold":         {strings.Replace(policy(`!user.enabled`), "then: user,", "then: none, reason: left,", 1), []string{"missing-hold"}},
		"disabled by a condition":         {strings.Replace(policy(`gone`, "conditions: {gone: '!user.enabled'}"), "then: user,", "then: none, reason: left,", 1), []string{"missing-hold"}},
		"disabled with a hold":            {strings.Replace(policy(`!user.enabled`), "then: user,", "then: none, reason: left, hold: 14d,", 1), nil},
		"the last day counts":             {strings.Replace(policy(`user.enabled`), "then: user,", "then: user, until: 2026-11-22,", 1), nil},
		"the day after it":                {strings.Replace(policy(`user.enabled`), "then: user,", "then: user, until: 2026-11-21,", 1), []string{"date-over"}},
		"a team without its organisation": {strings.Replace(policy(`user.enabled`), "then: user,", "then: user, owner: iam,", 1) + "-- owners --\n* @contoso/iam\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range check(t, txtar.Parse([]byte(c.archive))) {
				got = append(got, f.Lint)
				if f.Line == 0 || f.File == "" || f.Severity == "" {
					t.Errorf("finding without a place or severity: %+v", f)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRowsOfATable holds that every row that nobody needs is told of, in one finding for its table.
func TestRowsOfATable(t *testing.T) {
	for name, c := range map[string]struct{ rows, place, want string }{
		"one": {"de,x\nAT,y\n", "t.csv:3:1", `row "AT" of table t: no object of the snapshot has that value`},
		"two": {"AT,x\nde,y\nCH,z\n", "t.csv:2:1", "2 rows of table t: no object of the snapshot has their values \"AT\", \"CH\"\n  lines 2, 4"},
		"a run and one": {"AT,1\nCH,2\nde,3\nDK,4\nES,5\nFI,6\nFR,7\nGB,8\n", "t.csv:2:1",
			"7 rows of table t: no object of the snapshot has their values \"AT\", \"CH\", \"DK\", \"ES\", \"FI\" and 2 more\n  lines 2-3, 5-9"},
	} {
		t.Run(name, func(t *testing.T) {
			archive := policy(`inTable("t", user.c)`, "tables: {t: {file: t.csv, key: k, columns: [v]}}") + "-- t.csv --\nk,v\n" + c.rows + oneRow
			found := check(t, txtar.Parse([]byte(archive)))
			if len(found) != 1 || found[0].Lint != "unused-table-row" {
				t.Fatalf("found %+v", found)
			}
			f := found[0]
			if place := fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Col); place != c.place || f.Text != c.want {
				t.Errorf("%s: %s", place, f.Text)
			}
		})
	}
}

func TestReadOwners(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"CODEOWNERS":         {"# who\n* @contoso/iam\n/policies/ a@x.example @b # both\n\n/docs/\n", []string{"@contoso/iam", "a@x.example", "@b", "/docs/"}},
		"a list":             {"\ufeffiam-team\r\nhr@x.example\r\n", []string{"iam-team", "hr@x.example"}},
		"sections of GitLab": {"[Identity] @contoso/iam\n^[Optional]\n*.yaml @a\n", []string{"@a"}},
		"nothing":            {"", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lint.ReadOwners(c.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
