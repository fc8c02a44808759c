package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/trace"
)

// parts writes what each part of a condition gave, as a tree; nothing for a condition that was not looked at.
func (p *page) parts(x *rules.Observed, indent int) {
	if x == nil {
		return
	}
	var rows []partRow
	partRows(x, 0, 0, x.Parts[0].Operator == "&&" && x.Parts[0].Condition == "", &rows)
	wide := 0
	for _, r := range rows {
		wide = max(wide, 2*r.depth+cells(r.text))
	}
	wide = min(wide, 56)
	answer := 0
	for _, r := range rows {
		if r.reads != "" {
			answer = max(answer, cells(r.gave))
		}
	}
	for _, r := range rows {
		line := strings.Repeat(" ", indent+2*r.depth) + pad(r.text, wide-2*r.depth) + "  " + r.gave
		if r.reads != "" {
			line = strings.Repeat(" ", indent+2*r.depth) + pad(r.text, wide-2*r.depth) + "  " + pad(r.gave, answer) + "  " + r.reads
		}
		st := plain
		if r.gave == unseen {
			st = faint
		}
		p.line(st, clip(strings.TrimRight(line, " "), max(p.width, 160)))
	}
}

// unseen says of a part that what stands before it settled the matter.
const unseen = "not evaluated"

// partRow is one line of a tree of parts.
type partRow struct {
	depth             int
	text, gave, reads string
}

// partRows lists a part and those below it. The whole of a plain chain of conditions says nothing that they do not say.
func partRows(x *rules.Observed, at, depth int, silent bool, rows *[]partRow) {
	part := &x.Parts[at]
	if !silent {
		text := part.Text
		if part.Condition != "" {
			text = part.Condition
		}
		*rows = append(*rows, partRow{depth, clip(Safe(strings.Join(strings.Fields(text), " ")), 72), gave(x, at), reads(x, at)})
		depth++
	}
	if part.Operator == "" && part.Condition == "" {
		return
	}
	below := part.Parts
	if part.Operator == "" { // a named condition that is one comparison
		*rows = append(*rows, partRow{depth, clip(Safe(part.Text), 72), gave(x, at), ""})
		return
	}
	for _, i := range below {
		partRows(x, i, depth, false, rows)
	}
}

// gave says what a part gave.
func gave(x *rules.Observed, at int) string {
	s := x.Seen[at]
	switch v := x.Value(at); {
	case s.Times == 0:
		return unseen
	case s.Times > 1 && x.Parts[at].Truth:
		return fmt.Sprintf("%d of %d true", s.True, s.Times)
	case v == nil && x.Parts[at].Secret:
		return secret
	case v == nil:
		return "error"
	default:
		return shown(v)
	}
}

// secret stands for a value that no report shows.
const secret = "(secret)"

// shown writes a value as policies write it.
func shown(v any) string {
	switch x := v.(type) {
	case string:
		return clip(strconv.Quote(Safe(x)), 64)
	case []string:
		var list []string
		for _, s := range x[:min(3, len(x))] {
			list = append(list, clip(strconv.Quote(Safe(s)), 48))
		}
		if len(x) > 3 {
			list = append(list, fmt.Sprintf("and %s more", count(len(x)-3)))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case time.Time:
		if x.IsZero() {
			return "no date"
		}
		return instant(x)
	}
	return fmt.Sprint(v)
}

// reads says what the attributes hold that a part of a condition reads.
func reads(x *rules.Observed, at int) string {
	if x.Parts[at].Operator != "" {
		return ""
	}
	var out []string
	seen := map[string]bool{}
	var walk func(i int)
	walk = func(i int) {
		p := &x.Parts[i]
		if p.LDAP != "" && i != at && x.Seen[i].Times > 0 && !seen[p.Text] {
			seen[p.Text] = true
			v := secret
			if !p.Secret {
				v = shown(x.Value(i))
			}
			out = append(out, Safe(p.Text)+" = "+v)
		}
		for _, c := range p.Parts {
			walk(c)
		}
	}
	walk(at)
	return strings.Join(out, ", ")
}

// given writes what an expression for a value was worked out from.
func (p *page) given(x *rules.Observed) {
	if r := reads(x, 0); r != "" {
		key := ""
		if x.Key != "" {
			key = Safe(x.Key) + ": "
		}
		p.line(faint, clip("           "+key+Safe(strings.Join(strings.Fields(x.Parts[0].Text), " "))+"  "+r, max(p.width, 160)))
	}
}

// missWords says which rule came nearest, and what it lacks.
func missWords(d trace.Decision) string {
	m := d.Miss
	var parts []string
	for _, c := range m.Changes {
		s := Safe(strings.Join(strings.Fields(c.Text), " ")) + " is not " + strconv.FormatBool(c.To)
		if c.Unknown {
			s = Safe(c.Text) + " cannot be told"
		}
		parts = append(parts, s)
	}
	if m.Dates {
		for _, r := range d.Rules {
			if r.Origin.Rule == m.Rule.Rule {
				parts = append(parts, "it is only "+datesOf(r.About))
			}
		}
	}
	why := strings.Join(parts, ", and ")
	switch {
	case m.Rule.Rule == "":
		return "the decision would apply, but " + why
	case m.Otherwise:
		return Safe(m.Rule.Rule) + " would decide in place of the rule before it, but " + why
	}
	return Safe(m.Rule.Rule) + " (" + place(m.Rule) + "), but " + why
}
