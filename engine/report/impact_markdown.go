package report

import (
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/coexistsync/coexist/rules/impact"
)

// Limits of the Markdown form. GitHub takes comments of 65,536 characters; bytes are counted here, which are never fewer.
const (
	maxMarkdown = 60_000
	maxRows     = 40  // of the table of decisions
	maxCell     = 120 // characters of one value
	maxField    = 600 // characters of one key of an edit
	maxNamed    = 20  // objects of a group
)

func instantJSON(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ImpactMarkdown writes an impact as a comment on a pull request: never more than 60,000 characters. What does not fit is left
// out as a whole and counted; the totals always stand. Whatever comes from a directory or a policy stands as code, where
// Markdown, HTML and mentions mean nothing.
func ImpactMarkdown(w io.Writer, x Impact) error {
	d := &document{}
	d.must("<!-- coexist:impact -->\n")
	d.must(fmt.Sprintf("### Policy impact · %s against %s\n\n", code(x.Head.short()), code(x.Base.short())))
	d.must(fmt.Sprintf("**%s** · snapshot %s · dates as of %s\n\n", x.verdict(), instant(x.TakenAt), instant(x.AsOf)))
	groups := x.arranged()
	d.decisions(groups)
	d.seats(x.Seats)
	d.objects(x, groups)
	d.edits(x.Edits)
	_, err := io.WriteString(w, d.text())
	return err
}

// document is a text of bounded size. Room is kept for the lines that say what was left out.
type document struct {
	b    strings.Builder
	left []string // what was left out, in words
}

const reserve = 2_000

// must writes what always stands.
func (d *document) must(s string) { d.b.WriteString(s) }

// may writes a block if there is room for it.
func (d *document) may(s string) bool {
	if d.b.Len()+len(s) > maxMarkdown-reserve {
		return false
	}
	d.b.WriteString(s)
	return true
}

func (d *document) leave(format string, args ...any) {
	d.left = append(d.left, fmt.Sprintf(format, args...))
}

func (d *document) text() string {
	if len(d.left) > 0 {
		d.must("\n_Left out for the size of this comment: " + strings.Join(d.left, "; ") + ". The JSON form holds all._\n")
	}
	return d.b.String()
}

// decisions writes the table of changes. What goes beyond its rows is added up in a last one.
func (d *document) decisions(groups []impact.Group) {
	if len(groups) == 0 {
		return
	}
	d.must("| decision | change | objects | by rule |\n|---|---|---:|---|\n")
	rest, folded := 0, 0
	for i, g := range groups {
		row := fmt.Sprintf("| %s | %s | %s | %s |\n", tableCode(decisionKey(g)), tableCode(fromTo(g)), loud(g), tableCode(byRule(g)))
		if i >= maxRows || !d.may(row) {
			rest, folded = rest+g.Objects, folded+1
		}
	}
	if folded > 0 {
		d.must(fmt.Sprintf("| | %s more | %s | |\n", plural(folded, "change", "changes"), count(rest)))
	}
	d.must("\n")
}

// loud gives the number of objects, in bold where something is taken away.
func loud(g impact.Group) string {
	if concern(g) == 0 {
		return "**" + count(g.Objects) + "** ⚠"
	}
	return count(g.Objects)
}

func (d *document) seats(list []impact.Seat) {
	var parts []string
	for _, s := range list {
		if s.Before != s.After && s.Bundle == "" {
			parts = append(parts, code(s.SKU)+" "+count(s.Before)+" → "+count(s.After))
		}
	}
	if len(parts) == 0 {
		return
	}
	if !d.may("Seats that the policies want: " + strings.Join(parts, " · ") + "\n\n") {
		d.leave("seats of %s", plural(len(parts), "subscription", "subscriptions"))
	}
}

// objects names objects of each group, as many as there is room for.
func (d *document) objects(x Impact, groups []impact.Group) {
	leftGroups, leftObjects := 0, 0
	for _, g := range groups {
		n := min(maxNamed, len(g.Examples))
		title := count(g.Objects) + " " + decisionKey(g) + ": " + fromTo(g)
		if n < g.Objects {
			title += fmt.Sprintf(" (first %d)", n)
		}
		var b strings.Builder
		b.WriteString("<details><summary><code>" + html.EscapeString(clip(Safe(title), 2*maxCell)) + "</code></summary>\n\n")
		for _, i := range g.Examples[:n] {
			b.WriteString("- " + code(x.Object(i).short()) + "\n")
		}
		b.WriteString("\n</details>\n")
		if !d.may(b.String()) {
			leftGroups, leftObjects = leftGroups+1, leftObjects+g.Objects
		}
	}
	if leftGroups > 0 {
		d.leave("the objects of %s (%s)", plural(leftGroups, "change", "changes"), plural(leftObjects, "object", "objects"))
	}
}

// edits writes what was changed in the policies.
func (d *document) edits(list []impact.Edit) {
	if len(list) == 0 {
		return
	}
	head := "<details><summary>Policies: " + plural(len(list), "edit", "edits") + "</summary>\n\n"
	const tail = "\n</details>\n"
	if !d.may(head) {
		d.leave("%s of the policies", plural(len(list), "edit", "edits"))
		return
	}
	left := 0
	for _, e := range list {
		var b strings.Builder
		b.WriteString("- " + codeOf(editWords(e), 2*maxCell) + "\n")
		for _, f := range e.Fields {
			if f.Old != "" {
				b.WriteString("  - was " + codeOf(f.Name+": "+f.Old, maxField) + "\n")
			}
			if f.New != "" && e.What != impact.Removed {
				b.WriteString("  - now " + codeOf(f.Name+": "+f.New, maxField) + "\n")
			}
		}
		if left > 0 || !d.may(b.String()) {
			left++
		}
	}
	d.must(tail)
	if left > 0 {
		d.leave("%s of the policies", plural(left, "edit", "edits"))
	}
}

// code shows a text as code in Markdown.
func code(s string) string { return codeOf(s, maxCell) }

// tableCode is code within a table, where the sign that divides cells is escaped even in code.
func tableCode(s string) string { return strings.ReplaceAll(code(s), "|", `\|`) }

// codeOf is code of at most n characters. Within code no Markdown, HTML or mention has a meaning. The fence is longer than any
// run of backticks in the text, and invisible characters show.
func codeOf(s string, n int) string {
	s = clip(Safe(s), n)
	if strings.TrimSpace(s) == "" {
		return "–"
	}
	run, longest := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || s[0] == ' ' || s[len(s)-1] == ' ' {
		s = " " + s + " "
	}
	return fence + s + fence
}
