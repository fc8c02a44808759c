package report

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/impact"
)

// Impact is what lies between two revisions of the policies, with the names that it takes to show it.
type Impact struct {
	*impact.Impact
	Base, Head Revision
	Policies   string // the folder
	AsOf       time.Time
	TakenAt    time.Time // when the snapshot was taken
	Object     func(i int) Named
}

// Revision is one revision as it was named.
type Revision struct {
	Given  string `json:"given"`
	Commit string `json:"commit,omitempty"` // full; "" for a work tree
}

// Named is an object by its names.
type Named struct {
	Name string `json:"name,omitempty"`
	UPN  string `json:"userPrincipalName,omitempty"`
	DN   string `json:"distinguishedName,omitempty"`
	GUID string `json:"objectGUID"`
}

// short names the object among others.
func (n Named) short() string {
	for _, s := range []string{n.UPN, n.Name, n.DN, n.GUID} {
		if s != "" {
			return s
		}
	}
	return "(unnamed)"
}

// short names a revision.
func (r Revision) short() string {
	if r.Commit == "" || strings.HasPrefix(r.Commit, r.Given) {
		return r.Given
	}
	return r.Given + " (" + r.Commit[:min(12, len(r.Commit))] + ")"
}

// concern ranks a group: first what takes something away or can no longer be decided, then what another rule decides to the
// same end, then the rest.
func concern(g impact.Group) int {
	switch {
	case g.Same:
		return 1
	case loses(g):
		return 0
	}
	return 2
}

func loses(g impact.Group) bool {
	switch {
	case g.To.Status == impact.Held, g.From.Status == impact.Set && g.To.Status == impact.NotManaged:
		return true
	case g.Decision == rules.CloudType:
		return g.To.Value == string(cloud.None)
	case g.Decision == rules.Leave:
		return strings.HasPrefix(g.To.Value, rules.LeaveDelete)
	case g.Decision == rules.Account && g.Key == "accountEnabled":
		return g.To.Value == "false"
	case g.Decision == rules.Licenses || g.Decision == rules.Groups:
		now := members(g.To.Value)
		return slices.ContainsFunc(members(g.From.Value), func(m string) bool { return !slices.Contains(now, m) })
	}
	return false
}

func members(list string) []string {
	list = strings.TrimSuffix(strings.TrimPrefix(list, "["), "]")
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// arranged gives the groups in the order of concern.
func (x *Impact) arranged() []impact.Group {
	out := slices.Clone(x.Groups)
	slices.SortStableFunc(out, func(a, b impact.Group) int { return concern(a) - concern(b) })
	return out
}

// decisionKey names the decision of a group, with its key.
func decisionKey(g impact.Group) string {
	switch g.Key {
	case "":
		return g.Decision
	case "accountEnabled":
		return g.Decision + ".enabled"
	}
	return g.Decision + "." + g.Key
}

// cameOf says what came of a decision.
func cameOf(s impact.State, various bool) string {
	switch {
	case s.Status == impact.Held && s.Value != "":
		return "held: " + s.Value
	case s.Status != impact.Set:
		return string(s.Status)
	case various:
		return "other values"
	case s.Value == "":
		return "empty"
	}
	return s.Value
}

// fromTo says from what to what a group changes.
func fromTo(g impact.Group) string {
	if g.Same {
		return cameOf(g.From, g.Various) + ", by another rule"
	}
	return cameOf(g.From, g.Various) + " → " + cameOf(g.To, g.Various)
}

// byRule says which rules decided.
func byRule(g impact.Group) string {
	switch {
	case g.Old == g.New:
		return g.New
	case g.Old == "":
		return "→ " + g.New
	case g.New == "":
		return g.Old + " →"
	}
	return g.Old + " → " + g.New
}

// verdict says in a line what the change comes to.
func (x *Impact) verdict() string {
	switch {
	case x.Changed == 0 && len(x.Edits) == 0:
		return "nothing was changed: " + plural(x.Objects, "object keeps", "objects keep") + " every decision"
	case x.Changed == 0:
		return "no decision changes for any of " + plural(x.Objects, "object", "objects")
	}
	s := count(x.Changed) + " of " + plural(x.Objects, "object", "objects")
	if x.Changed == 1 {
		s += " changes"
	} else {
		s += " change"
	}
	if x.Held > 0 {
		s += ", " + count(x.Held) + " of them can no longer be decided"
	}
	return s
}

// ImpactText writes an impact for a terminal.
func ImpactText(w io.Writer, x Impact, o Options) error {
	buf := bufio.NewWriter(w)
	p := newPage(buf, o)
	p.line(bold, "Policy impact: "+x.verdict())
	p.table(2, [][]string{{"base", Safe(x.Base.short())}, {"head", Safe(x.Head.short())}, {"policies", Safe(x.Policies)}, {"snapshot", instant(x.TakenAt)}, {"dates as of", instant(x.AsOf)}})
	if len(x.Groups) > 0 {
		p.head("Decisions")
	}
	for _, g := range x.arranged() {
		st := plain
		if concern(g) == 0 {
			st = yellow
		}
		p.flow(st, "  ", pad(count(g.Objects), 7)+" "+Safe(decisionKey(g))+": "+clip(Safe(fromTo(g)), 200)+" · "+Safe(byRule(g)), 10)
		var list []string
		for _, i := range g.Examples[:min(len(g.Examples), o.names())] {
			list = append(list, o.name(x.Object(i).short()))
		}
		p.flow(faint, "          ", strings.Join(list, ", ")+more(g.Objects-len(list)), 10)
	}
	p.seats(x)
	if len(x.Edits) > 0 {
		p.head("What was changed in the policies")
	}
	for _, e := range x.Edits {
		p.flow(plain, "  ", editWords(e), 4)
		for _, f := range e.Fields {
			p.field(e, f)
		}
	}
	if p.err != nil {
		return p.err
	}
	return buf.Flush()
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return " and " + count(n) + " more"
}

// seats writes who has a licence before and after, where that differs.
func (p *page) seats(x Impact) {
	var rows [][]string
	for _, s := range x.Seats {
		if s.Before == s.After {
			continue
		}
		name := Safe(s.SKU)
		if s.Bundle != "" {
			name = "  bundle " + Safe(s.Bundle)
		}
		rows = append(rows, []string{name, count(s.Before), "→", count(s.After)})
	}
	if len(rows) == 0 {
		return
	}
	p.head("Seats that the policies want")
	p.table(2, rows, 1, 3)
}

// editWords says what became of a thing.
func editWords(e impact.Edit) string {
	s := string(e.What) + " " + string(e.Kind) + " " + Safe(e.Name)
	switch e.Kind {
	case impact.Rule:
		s += " of " + Safe(e.Decision)
	case impact.Row:
		s += " of table " + Safe(e.Decision)
	}
	if e.Was != "" {
		s += ", before " + Safe(e.Was)
	}
	s += " (" + place(rules.Origin{File: e.File, Line: e.Line}) + ")"
	if e.Changes > 0 {
		s += ": " + plural(e.Changes, "decision goes", "decisions go") + " from it or to it"
	}
	return s
}

// field writes one key of an edit, as it stood and as it stands.
func (p *page) field(e impact.Edit, f impact.Field) {
	if f.Old != "" {
		p.flow(red, "      ", "- "+Safe(f.Name)+": "+Safe(f.Old), 8)
	}
	if f.New != "" && e.What != impact.Removed {
		p.flow(plain, "      ", "+ "+Safe(f.Name)+": "+Safe(f.New), 8)
	}
}
