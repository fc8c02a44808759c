package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/validate"
)

// comparedVerdict says how a validation differs from a former one.
func comparedVerdict(c *validate.Comparison) string {
	return fmt.Sprintf("SINCE %s: %s new, %s fixed, %s as they were", Safe(c.ID), count(c.New), count(len(c.Fixed)), count(c.Same))
}

func comparedStyle(c *validate.Comparison) style {
	if c.New > 0 {
		return red
	}
	return bold
}

// compared lists what is fixed.
func compared(p *page, c *validate.Comparison, o Options) {
	if c == nil {
		return
	}
	if len(c.Fixed) > 0 {
		p.head("Fixed since " + instant(c.At))
		for n, f := range c.Fixed {
			if n == o.names() {
				p.line(faint, "  and "+count(len(c.Fixed)-n)+" more; --full lists them")
				break
			}
			line := Safe(f.Check) + " " + Safe(f.Object.Kind) + " " + label(f.Object, o)
			if f.Attribute != "" {
				line += " · " + Safe(f.Attribute)
			}
			p.flow(plain, "  ", line, 4)
		}
	}
	if len(c.Fresh) > 0 {
		p.flow(faint, "  ", "not evaluated then, so that what they find may be old: "+strings.Join(c.Fresh, ", "), 4)
	}
	if len(c.Blind) > 0 {
		p.flow(faint, "  ", "not evaluated now, so that nobody knows whether their findings are fixed: "+strings.Join(c.Blind, ", "), 4)
	}
}

// suppressed lists what is silenced, and by whom.
func suppressed(p *page, s validate.Summary) {
	if len(s.Suppressed) == 0 {
		return
	}
	p.head("Suppressed")
	for _, u := range s.Suppressed {
		text := fmt.Sprintf("%s of %s: %s, by %s until %s, because %s", Safe(u.Check), Safe(u.Object), plural(u.Findings, "finding", "findings"), Safe(u.Owner),
			u.Until.UTC().Add(-time.Second).Format(time.DateOnly), Safe(u.Reason))
		if u.Findings == 0 {
			text += "; it silences nothing any more"
		}
		p.flow(plain, "  ", text, 4)
	}
}

// switches says what the tenant does with what is synchronised into it.
func switches(x *validate.Switches) string {
	var out []string
	for _, w := range []struct {
		on   bool
		text string
	}{
		{x.BlockSoftMatch, "soft matches are blocked"}, {x.BlockHardMatch, "hard matches that take cloud objects over are blocked"},
		{x.SoftMatchOnUPN, "cloud users are matched by user principal name"}, {x.QuarantineUPN, "user principal names that are taken are quarantined"},
		{x.QuarantineProxies, "addresses that are taken are quarantined"},
	} {
		if w.on {
			out = append(out, w.text)
		}
	}
	switch {
	case !x.DeletionsPrevented:
		out = append(out, "no threshold stops deletions")
	case x.DeletionsByPercent:
		out = append(out, fmt.Sprintf("more than %d %% deletions stop an export", x.DeletionsAllowed))
	default:
		out = append(out, fmt.Sprintf("more than %s deletions stop an export", count(x.DeletionsAllowed)))
	}
	return strings.Join(out, "; ")
}
