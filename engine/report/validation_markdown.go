package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/validate"
)

// ValidationMarkdown writes a validation for a ticket or a wiki: the verdict, a table of the checks that found something, and
// one table for each. Directory text stands in code spans, in which nothing is markup or a link. Of each check the first few
// findings are kept, or all with Options.Full.
func ValidationMarkdown(w io.Writer, v Validated, o Options) Validation {
	return &validationMarkdown{validationText{w: w, of: v, o: o, groups: map[groupKey]*findings{}}}
}

type validationMarkdown struct{ validationText }

// Close implements Validation.
func (m *validationMarkdown) Close(s validate.Summary) error {
	buf := bufio.NewWriter(m.w)
	line := func(format string, args ...any) { fmt.Fprintf(buf, format+"\n", args...) }
	verdict := "READY"
	switch {
	case s.Compared != nil:
		verdict = fmt.Sprintf("SINCE %s: %d new, %d fixed, %d as they were", markdown(s.Compared.ID), s.Compared.New, len(s.Compared.Fixed), s.Compared.Same)
	case s.Errors > 0:
		verdict = fmt.Sprintf("NOT READY: %s in %s", plural(s.Errors, "error", "errors"), plural(m.failed, "object", "objects"))
	case s.Objects == 0:
		verdict = "NOTHING CHECKED"
	case s.Warnings > 0:
		verdict += ", with " + plural(s.Warnings, "warning", "warnings")
	}
	line("# Validation: %s\n", verdict)
	tenant := "not read"
	if m.of.Tenant != nil {
		tenant = markdown(m.of.Tenant.Name) + " " + markdown(m.of.Tenant.ID)
	}
	line("| | |\n|---|---|\n| errors | %d |\n| warnings | %d |\n| info | %d |\n| checked | %d |\n| tenant | %s |\n| mode | %s |\n| as of | %s |",
		s.Errors, s.Warnings, s.Info, s.Objects, tenant, m.of.Mode, m.of.AsOf.UTC().Format(time.RFC3339))
	for _, o := range m.of.Objects {
		line("| object | %s |", markdown(short(o, m.o)))
	}
	for _, g := range m.ordered() {
		m.table(line, g)
	}
	if c := s.Compared; c != nil && len(c.Fixed) > 0 {
		line("\n## Fixed\n\n| check | object | attribute |\n|---|---|---|")
		for _, f := range c.Fixed {
			line("| %s | %s | %s |", markdown(f.Check), markdown(short(f.Object, m.o)), markdown(f.Attribute))
		}
	}
	if len(s.Suppressed) > 0 {
		line("\n## Suppressed\n\n| check | object | findings | owner | until | reason |\n|---|---|---|---|---|---|")
		for _, u := range s.Suppressed {
			line("| %s | %s | %d | %s | %s | %s |", markdown(u.Check), markdown(u.Object), u.Findings, markdown(u.Owner), u.Until.UTC().Add(-time.Second).Format(time.DateOnly), markdown(u.Reason))
		}
	}
	if len(s.Excluded)+len(s.NotEvaluated)+len(m.of.Unknown) > 0 {
		line("\n## Not checked\n")
	}
	for _, x := range s.Excluded {
		line("- %d objects: %s", x.Objects, markdown(x.Reason))
	}
	for _, x := range s.NotEvaluated {
		line("- %s %s: %s", markdown(x.Check), markdown(x.Source), markdown(x.Why))
	}
	for _, u := range m.of.Unknown {
		line("- unknown: %s", markdown(u))
	}
	return buf.Flush()
}

func (m *validationMarkdown) table(line func(string, ...any), g *findings) {
	c, _ := validate.CheckNamed(g.check)
	line("\n## %s %s: %s (%d)\n\n%s.\n\n| object | attribute | value | what | others | fix |\n|---|---|---|---|---|---|", g.check, g.severity, c.Title, g.count, c.Why)
	for _, f := range g.kept {
		fix := ""
		if f.Fix != nil {
			fix = markdown(f.Fix.After)
			if !f.Fix.Safe {
				fix += " have somebody look at it"
			}
		}
		line("| %s | %s | %s | %s | %s | %s |", markdown(short(f.Object, m.o)), markdown(f.Attribute), markdown(f.Value), markdown(f.Detail), markdown(others(f, m.o, 3)), fix)
	}
	if more := g.count - len(g.kept); more > 0 {
		line("\nand %d more", more)
	}
}

// markdown makes any text a code span that is safe in the cell of a table: nothing in it is markup, HTML or a link. A
// vertical bar ends a cell even in a span, and is shown as an escape.
func markdown(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(Safe(s), "|", `\x7c`)
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) != s {
		s = " " + s + " " // the span takes one blank off each end
	}
	return fence + s + fence
}
