package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// Plan writes what a person wants to know before a change window; see Summary.
func Plan(w io.Writer, p Planned, o Options) error {
	s := NewSummary(o)
	for c, err := range p.Changes() {
		if err != nil {
			return err
		}
		_ = s.Change(c) // never fails
	}
	for k, err := range p.Skips() {
		if err != nil {
			return err
		}
		_ = s.Skip(k) // likewise
	}
	return s.Write(w, p.Manifest(), p.Digest())
}

// Summary collects a plan, while it is made or out of its file, and writes the report: the verdict in one sentence, the
// guards, what is taken away, all other changes grouped, the seats, what will not change and why, how source and tenant
// matched, what the plan was made from, and the command that applies it. It is an engine.Sink.
type Summary struct {
	opts    Options
	changes *groups
	skipped *skipped
	drift   group // values that are put back, which somebody changed in the tenant
}

// NewSummary starts a report.
func NewSummary(o Options) *Summary {
	return &Summary{opts: o, changes: newGroups(o), skipped: newSkipped(o), drift: group{index: map[string]*fold{}}}
}

// Change takes one change. It never fails.
func (s *Summary) Change(c plan.Change) error {
	s.changes.add(c)
	for _, a := range c.Attributes {
		if a.Reason == plan.Drift {
			s.drift.count++
			s.drift.fold(Safe(a.Name), c.Object, s.opts)
		}
	}
	return nil
}

// Skip takes one skip. It never fails.
func (s *Summary) Skip(k plan.Skip) error {
	s.skipped.add(k)
	return nil
}

// Write writes the report of everything collected, under the plan's manifest and digest.
func (s *Summary) Write(w io.Writer, m plan.Manifest, digest string) error {
	buf := bufio.NewWriter(w)
	t := &planText{page: newPage(buf, s.opts), m: &m, opts: s.opts, digest: digest}
	s.changes.name(&m.Tenant)
	t.verdict(s.changes, s.skipped)
	t.guards()
	t.changes(s.changes)
	t.drift(&s.drift)
	t.seats()
	t.skips(s.skipped)
	if !s.opts.Brief {
		t.match()
		t.origin()
	}
	t.next()
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}

// planText writes the sections of a plan.
type planText struct {
	*page
	m      *plan.Manifest
	opts   Options
	digest string
}

func tenantName(m *plan.Manifest) string {
	if m.Tenant.Name != "" {
		return Safe(m.Tenant.Name) + " (" + Safe(m.Tenant.ID) + ")"
	}
	return Safe(m.Tenant.ID)
}

// verdict says in one sentence what the plan comes to.
func (t *planText) verdict(g *groups, s *skipped) {
	if t.m.Preview {
		t.line(red, "PREVIEW as of "+instant(t.m.AsOf)+": it cannot be applied; plan without --as-of for one that can.")
	} else if !t.opts.Now.IsZero() && !t.opts.Now.Before(t.m.Expires) {
		t.line(red, "EXPIRED "+instant(t.m.Expires)+": it will not be applied any more; plan again.")
	}
	st, text := bold, ""
	n, over := t.m.Changes(), t.m.Exceeded()
	switch {
	case len(over) > 0:
		st = red
		text = fmt.Sprintf("STOPPED: %s. The plan holds %s to %s and will not be applied as it stands.",
			plural(len(over), "guard is over its limit", "guards are over their limits"), plural(n, "change", "changes"), tenantName(t.m))
	case n == 0:
		text = fmt.Sprintf("Nothing to change in %s: %s looked at.", tenantName(t.m), plural(t.m.Objects, "object", "objects"))
	default:
		text = fmt.Sprintf("%s to make in %s; %s.", plural(n, "change", "changes"), tenantName(t.m), takenAway(g))
	}
	if s.held > 0 {
		text += " " + plural(s.held, "object or value is", "objects or values are") + " held for want of a decision."
	}
	if t.m.Undoes != "" {
		text += " It takes back run " + Safe(t.m.Undoes) + "."
	}
	if !t.m.Complete {
		text += " Only a selection was planned: " + Safe(t.m.Selection) + "."
	}
	t.flow(st, "", text, 0)
	if n == 0 {
		return
	}
	var parts []string
	for _, a := range actionWords {
		if c := t.m.Counts[string(a.action)]; c > 0 {
			parts = append(parts, a.word+" "+count(c))
		}
	}
	t.line(plain, "  "+strings.Join(parts, " · ")+" · unchanged "+count(t.m.Unchanged))
}

// drift lists, apart from what is new, the values that are put back.
func (t *planText) drift(g *group) {
	if g.count == 0 {
		return
	}
	t.head("Of these, what somebody changed in the tenant and is put back")
	t.line(plain, "  "+pad(count(g.count), 6)+"  "+"values that coexist wrote before; drift: report in coexist.yaml leaves such values as they are")
	t.folds(g, t.opts)
}

// takenAway says how many changes take something away, by what they take.
func takenAway(g *groups) string {
	var parts []string
	for _, a := range actionWords {
		n := g.takes[a.action]
		if n == 0 {
			continue
		}
		switch a.action {
		case plan.Delete:
			parts = append(parts, plural(n, "object is deleted", "objects are deleted"))
		case plan.Disable:
			parts = append(parts, plural(n, "sign-in is blocked", "sign-ins are blocked"))
		case plan.License:
			parts = append(parts, plural(n, "user loses a licence", "users lose a licence"))
		case plan.Members:
			parts = append(parts, plural(n, "group loses members", "groups lose members"))
		default:
			parts = append(parts, plural(n, "value is cleared", "values are cleared"))
		}
	}
	if len(parts) == 0 {
		return "nothing is deleted, blocked or taken away"
	}
	return strings.Join(parts, ", ")
}

// guards lists every guard that counted something, those exceeded first.
func (t *planText) guards() {
	var rows [][]string
	var details []string
	list := slices.Clone(t.m.Guards)
	slices.SortStableFunc(list, func(a, b plan.Guard) int { return rankGuard(a) - rankGuard(b) })
	for _, g := range list {
		if !g.Exceeded && g.Planned == 0 {
			continue
		}
		verdict := "ok"
		if g.Exceeded {
			verdict = "OVER THE LIMIT"
		}
		planned := "planned " + count(g.Planned)
		if g.Recent > 0 {
			planned += ", and " + count(g.Recent) + " in 24 hours"
		}
		rows = append(rows, []string{Safe(g.Name), planned, limit(g), verdict})
		if g.Exceeded && g.Detail != "" {
			details = append(details, Safe(g.Name)+": "+Safe(g.Detail))
		}
	}
	if len(rows) == 0 {
		return
	}
	t.head("Guards")
	t.table(2, rows)
	for _, d := range details {
		t.flow(red, "  ", d, 4)
	}
}

func rankGuard(g plan.Guard) int { return rank(g.Exceeded) }

func limit(g plan.Guard) string {
	var parts []string
	if g.Count > 0 {
		parts = append(parts, count(g.Count))
	}
	if g.Percent > 0 {
		parts = append(parts, fmt.Sprintf("%g %% of %s", g.Percent, count(g.Population)))
	}
	if len(parts) == 0 {
		return "of " + count(g.Population)
	}
	return "limit " + strings.Join(parts, " or ")
}

// changes lists the groups, those that take something away in a section of their own.
func (t *planText) changes(g *groups) {
	section := ""
	shown := map[plan.Action]int{}
	var groups, changes int // left out
	for _, x := range g.sorted() {
		if !x.takes {
			shown[x.action]++
		}
		if t.opts.Brief && shown[x.action] > briefGroups && !x.takes {
			groups, changes = groups+1, changes+x.count
			continue
		}
		title := "Changes"
		if x.takes {
			title = "Taken away"
		}
		if title != section {
			t.head(title)
			section = title
		}
		t.group(x)
	}
	if groups > 0 {
		t.line(faint, "  "+pad(count(changes), 6)+"  more in "+plural(groups, "group", "groups"))
	}
}

func (t *planText) group(x *group) {
	st := plain
	if x.takes {
		st = yellow
	}
	first := fmt.Sprintf("  %s  %s %s", pad(count(x.count), 6), actionWord(x.action), Safe(string(x.typ)))
	if x.what != "" {
		first += ": " + x.what
	}
	if x.takes {
		first += ", " + undoWord(x.action, x.undo)
	}
	var rules string
	if n := len(x.rules); n > 0 {
		rules = "· " + list(x.rules[:min(3, n)], n)
	}
	if rules == "" {
		t.line(st, first)
	} else {
		t.flow(st, first, rules, 10)
	}
	t.folds(x, t.opts)
}

// seats compares the need for each subscription with what the tenant has.
func (t *planText) seats() {
	var rows [][]string
	for _, s := range t.m.Seats {
		if s.Add == 0 && s.Remove == 0 {
			continue
		}
		free := s.Enabled - s.After()
		verdict := count(free) + " free"
		if free < 0 {
			verdict = count(-free) + " SHORT"
		}
		rows = append(rows, []string{Safe(s.SKU), count(s.Consumed) + " used", "+" + count(s.Add), "-" + count(s.Remove),
			"= " + count(s.After()), "of " + count(s.Enabled), verdict})
	}
	if len(rows) == 0 {
		return
	}
	t.head("Seats")
	t.table(2, rows, 1, 2, 3, 4, 5, 6)
}

// match tells how the objects of source and tenant found each other.
func (t *planText) match() {
	if t.m.Undoes != "" {
		return // it looked at nothing else than the run did
	}
	m := t.m.Match
	rows := [][]string{{"joined", count(m.Joined), "found by source anchor"}}
	for _, r := range []struct {
		name, what string
		n          int
	}{
		{"would adopt", "found by address or user principal name; the plan writes our anchor on them", m.Adopt},
		{"would create", "not in the tenant", m.Create},
		{"waiting", "another engine may make them", m.Waiting},
		{"ambiguous", "several candidates; nothing is guessed", m.Ambiguous},
		{"foreign", "in the tenant without a source object; left alone", m.Foreign},
		{"unmanaged", "no policy wants them in the cloud", m.Unmanaged},
		{"unreachable", "need a connector that is not there", m.Unreachable},
	} {
		if r.n > 0 {
			rows = append(rows, []string{r.name, count(r.n), r.what})
		}
	}
	t.head("Match")
	t.table(2, rows, 1)
}

// origin says what the plan was made from.
func (t *planText) origin() {
	t.head("Made from")
	rows := [][]string{}
	for _, s := range t.m.Sources {
		what := plural(s.Objects, "object", "objects") + ", read " + instant(s.TakenAt)
		if s.Server != "" {
			what += " from " + Safe(s.Server)
		}
		rows = append(rows, []string{"source " + Safe(s.Name), what})
		if n := len(s.Missing); n > 0 {
			rows = append(rows, []string{"", "no object has " + Safe(list(s.Missing[:min(4, n)], n))})
		}
	}
	rows = append(rows, []string{"tenant", tenantName(t.m) + ", read " + instant(t.m.Tenant.ReadAt)},
		[]string{"policies", plural(len(t.m.Policy.Files), "file", "files") + ", digest " + Safe(t.m.Policy.Digest)})
	if g := t.m.Policy.Git; g != nil {
		rows = append(rows, []string{"", "Git commit " + Safe(g.Commit) + " " + Safe(g.Branch) + ", other than committed: " + Safe(g.Dirty)})
	}
	by := ""
	if t.m.By != "" {
		by = Safe(t.m.By) + " with "
	}
	rows = append(rows, []string{"dates as of", instant(t.m.AsOf)},
		[]string{"made", instant(t.m.Created) + " by " + by + "coexist " + Safe(t.m.Engine.Version) + ", expires " + instant(t.m.Expires)})
	if t.m.Offline {
		rows = append(rows, []string{"", "made from a file: apply cannot look at the source again"})
	}
	t.table(2, rows)
}

func instant(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

// next gives the command that carries the plan out.
func (t *planText) next() {
	if t.opts.Path == "" || t.m.Changes() == 0 || t.m.Preview {
		return
	}
	t.head("Apply")
	cmd := "coexist apply " + quote(t.opts.Path)
	if t.opts.Config != "" {
		cmd += " --config " + quote(t.opts.Config)
	}
	for _, g := range t.m.Exceeded() {
		cmd += " --allow " + Safe(g.Name) + "@" + t.digest
	}
	if len(t.m.Exceeded()) > 0 {
		cmd += ` --reason "…"`
	}
	t.line(plain, "  "+cmd)
	t.line(faint, "  plan "+t.digest)
}

// quote makes a path fit for a shell line: blanks are quoted, hostile characters shown.
func quote(path string) string {
	s := Safe(path)
	if strings.ContainsAny(s, " '&;|<>()$`") {
		return `"` + s + `"`
	}
	return s
}
