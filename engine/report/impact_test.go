package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/rules/impact"
)

// hostileName is a name as somebody may give it to himself.
const hostileName = "@all | <script>alert(1)</script> `x` [l](http://evil.example) #1 \x1b[2J\u202e"

func impactOf(groups int) report.Impact {
	set := func(v string) impact.State { return impact.State{Status: impact.Set, Value: v} }
	m := &impact.Impact{Objects: 48112, Compared: 40000, Changed: 229, Held: 2, Groups: []impact.Group{
		{Decision: "cloudType", From: set("user"), To: set("sharedMailbox after a hold of 14d"), Old: "type-staff", New: "type-leaver", Objects: 12, Examples: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{Decision: "cloudType", From: set("user"), To: set("user"), Old: "type-a", New: "type-b", Same: true, Objects: 7, Examples: []int{1}},
		{Decision: "usageLocation", From: set("DE"), To: impact.State{Status: impact.Held, Value: `table countries has no row "|` + "`" + `"`}, Old: "loc-c", New: "loc-c", Objects: 2, Examples: []int{0, 3}},
		{Decision: "licenses", From: set("[standard]"), To: set("[premium, standard]"), Old: "lic-all", New: "lic-all, lic-it", Objects: 214, Examples: []int{0, 1}},
		{Decision: "licenses", From: set("[premium]"), To: set("[]"), Old: "lic-it", New: "lic-none", Objects: 3, Examples: []int{0}},
		{Decision: "attributes", Key: "displayName", From: set(hostileName), To: set(""), Old: "attr-a", New: "attr-b", Objects: 1, Examples: []int{0}},
		{Decision: "account", Key: "accountEnabled", From: set("true"), To: impact.State{Status: impact.NotManaged}, Various: true, Old: "acc", Objects: 4, Examples: []int{2}},
	}, Seats: []impact.Seat{{SKU: "SPE_E3", Before: 1242, After: 12}, {SKU: "SPE_E3", Bundle: "standard", Before: 1242, After: 12}, {SKU: "VISIO", Before: 1, After: 1}},
		Edits: []impact.Edit{{What: impact.Changed, Kind: impact.Rule, Policy: "staff", Decision: "licenses", Name: "lic-it", Was: "lic-old", File: "users.yaml", Line: 12, Changes: 217,
			Fields: []impact.Field{{Name: "when", Old: "staff || user.l == \"`\"", New: "staff && x <b>"}}}, {What: impact.Removed, Kind: impact.Row, Decision: "countries", Name: "AT", File: "c.csv", Line: 3, Fields: []impact.Field{{Name: "code", Old: "AT"}}}}}
	for i := range groups {
		m.Groups = append(m.Groups, impact.Group{Decision: "mail", Key: fmt.Sprint("key", i), From: set(strings.Repeat("a", 500)), To: set(strings.Repeat("ü", 500)), Old: "mail-a", New: "mail-b", Objects: 100,
			Examples: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}})
		m.Edits = append(m.Edits, impact.Edit{What: impact.Changed, Kind: impact.Rule, Decision: "mail", Name: fmt.Sprint("mail-", i), File: "users.yaml", Line: i, Fields: []impact.Field{{Name: "when", Old: strings.Repeat("x", 5000), New: strings.Repeat("y", 5000)}}})
	}
	return report.Impact{Impact: m, Base: report.Revision{Given: "origin/main", Commit: "4f2c91e0aa4f2c91e0aa4f2c91e0aa4f2c91e0aa"}, Head: report.Revision{Given: "WORKTREE"}, Policies: "policies",
		AsOf: time.Date(2026, 9, 15, 8, 0, 0, 0, time.UTC), TakenAt: time.Date(2026, 9, 15, 4, 0, 0, 0, time.UTC),
		Object: func(i int) report.Named {
			if i == 0 {
				return report.Named{Name: hostileName, GUID: "g0"}
			}
			return report.Named{Name: "Anna", UPN: fmt.Sprintf("user%d@contoso.example", i), GUID: fmt.Sprint("g", i)}
		}}
}

func TestImpact(t *testing.T) {
	var text, doc, comment bytes.Buffer
	x := impactOf(0)
	for _, err := range []error{report.ImpactText(&text, x, report.Options{}), report.ImpactJSON(&doc, x), report.ImpactMarkdown(&comment, x)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden.File(t, "impact/impact.txt", text.Bytes())
	golden.File(t, "impact/impact.json", doc.Bytes())
	golden.File(t, "impact/impact.md", comment.Bytes())
	if !json.Valid(doc.Bytes()) {
		t.Error("not JSON")
	}
}

// TestImpactMarkdownIsHarmless takes all code out of the comment and looks at what is left.
func TestImpactMarkdownIsHarmless(t *testing.T) {
	var comment bytes.Buffer
	if err := report.ImpactMarkdown(&comment, impactOf(0)); err != nil {
		t.Fatal(err)
	}
	rest := withoutCode(comment.String())
	for _, bad := range []string{"<script", "evil.example", "@all", "#1", "\x1b", "\u202e", "alert"} {
		if strings.Contains(rest, bad) {
			t.Errorf("%q stands outside code:\n%s", bad, rest)
		}
	}
	for _, line := range strings.Split(comment.String(), "\n") {
		if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 5 {
			t.Errorf("a row of the table has other cells: %s", line)
		}
	}
}

// withoutCode drops code spans: between fences of backticks of one length, and between the tags of a summary.
func withoutCode(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		if rest, ok := strings.CutPrefix(s, "<code>"); ok {
			_, s, _ = strings.Cut(rest, "</code>")
			continue
		}
		n := len(s) - len(strings.TrimLeft(s, "`"))
		if n == 0 {
			out.WriteByte(s[0])
			s = s[1:]
			continue
		}
		s = s[n:]
		for len(s) > 0 {
			m := len(s) - len(strings.TrimLeft(s, "`"))
			if m == n {
				s = s[m:]
				break
			}
			s = s[max(m, 1):]
		}
	}
	return out.String()
}

// TestImpactMarkdownIsBounded fills a comment with more than it may hold.
func TestImpactMarkdownIsBounded(t *testing.T) {
	for _, n := range []int{1, 30, 100, 3000} {
		var comment bytes.Buffer
		if err := report.ImpactMarkdown(&comment, impactOf(n)); err != nil {
			t.Fatal(err)
		}
		s := comment.String()
		if len(s) >= 60_000 {
			t.Errorf("%d groups make %d bytes", n, len(s))
		}
		for _, want := range []string{"**229 of 48,112 objects change", "SPE_E3"} {
			if !strings.Contains(s, want) {
				t.Errorf("%d groups: no %q", n, want)
			}
		}
		if strings.Count(s, "<details>") != strings.Count(s, "</details>") {
			t.Errorf("%d groups: a section is not closed", n)
		}
		if n == 3000 && (!strings.Contains(s, "changes more |") || !strings.Contains(s, "Left out for the size")) {
			t.Errorf("nothing says what was left out:\n%s", s[len(s)-600:])
		}
	}
}

func TestImpactOfNothing(t *testing.T) {
	x := impactOf(0)
	x.Impact = &impact.Impact{Objects: 3}
	var text, comment bytes.Buffer
	if err := report.ImpactText(&text, x, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := report.ImpactMarkdown(&comment, x); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{text.String(), comment.String()} {
		if !strings.Contains(out, "nothing was changed: 3 objects keep every decision") {
			t.Error(out)
		}
	}
}
