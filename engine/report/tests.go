package report

import (
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules/verify"
)

// Tested is what a run of policy tests gave.
type Tested struct {
	Folder   string               `json:"folder"` // that of the policies; files are named below it
	Report   *verify.Report       `json:"report"`
	Gate     *verify.GateResult   `json:"gate,omitempty"`     // nil where no least coverage was asked for
	Mutation *verify.Mutation     `json:"mutation,omitempty"` // nil where no mutants were tried
	Golden   *verify.GoldenResult `json:"golden,omitempty"`   // nil where no snapshot was decided about
}

// Unmet says in a line each why the run does not succeed; none when it does.
func (t *Tested) Unmet() []string {
	var out []string
	c := t.Report.Counts
	if n := len(t.Report.Problems); n > 0 {
		out = append(out, plural(n, "mistake", "mistakes")+" in suites")
	}
	if n := c.Fail + c.Error; n > 0 {
		out = append(out, plural(n, "test does not pass", "tests do not pass"))
	}
	if c.Total() == 0 && t.Golden == nil {
		out = append(out, "no tests found")
	}
	if g := t.Golden; g != nil && !g.Updated && len(g.Differences) > 0 {
		out = append(out, plural(g.Others(), "object is", "objects are")+" decided about otherwise than "+g.File+" expects; if that is wanted, write it anew with --update")
	}
	if t.Gate != nil && !t.Gate.OK {
		out = append(out, "coverage is below what was asked for, or an entry of unreachable no longer holds")
	}
	if m := t.Mutation; m != nil {
		if m.Survived > 0 {
			out = append(out, plural(m.Survived, "mutant survives", "mutants survive"))
		}
		if n := len(m.Stale); n > 0 {
			out = append(out, plural(n, "entry of accepted mutants no longer holds", "entries of accepted mutants no longer hold"))
		}
	}
	return out
}

// Tests writes what a run of policy tests gave: mistakes in suites, every test that did not pass with what was wanted and
// what came, what coverage lacks where it was asked for, surviving mutants, and last the summary.
func Tests(w io.Writer, t *Tested, o Options) error {
	p := &tests{newPage(w, o), t.Folder}
	for _, x := range t.Report.Problems {
		x.File = path.Join(t.Folder, x.File)
		p.line(red, Safe(strictyaml.Problem(x).String()))
	}
	for i := range t.Report.Results {
		p.result(&t.Report.Results[i])
	}
	p.lacking(t)
	if t.Mutation != nil {
		p.mutants(t.Mutation)
	}
	if t.Golden != nil {
		p.golden(t.Golden)
	}
	p.summary(t)
	return p.err
}

type tests struct {
	*page
	folder string
}

// at gives a place in a file of the folder.
func (p *tests) at(file string, line int) string {
	return Safe(path.Join(p.folder, file)) + ":" + strconv.Itoa(line)
}

// result writes a test that did not pass, or is not run; those that passed are only counted.
func (p *tests) result(r *verify.Result) {
	st := red
	switch r.Status {
	case verify.Pass:
		return
	case verify.Skip, verify.Todo:
		st = yellow
	}
	p.line(st, fmt.Sprintf("%-5s  %s: %s", r.Status, p.at(r.Suite, r.Line), Safe(r.Name)))
	if r.Reason != "" {
		p.line(plain, "  "+Safe(r.Reason))
	}
	if r.Status == verify.Todo {
		return // known, and said by its reason
	}
	for i := range r.Mismatches {
		p.mismatch(r.Suite, &r.Mismatches[i])
	}
}

func (p *tests) mismatch(suite string, m *verify.Mismatch) {
	p.line(bold, "  "+Safe(m.Subject)+"  ("+p.at(suite, m.Line)+")")
	p.line(plain, "    want        "+Safe(m.Want))
	p.line(plain, "    got         "+Safe(m.Got))
	if len(m.Decided) > 0 {
		p.line(plain, "    decided by  "+Safe(strings.Join(m.Decided, ", ")))
	}
	var rows [][]string
	for _, x := range m.Trace {
		note := x.When
		switch {
		case x.Message != "":
			note = x.Message
		case x.Default:
			note = "default"
		}
		rows = append(rows, []string{Safe(x.Verdict), Safe(x.Rule), p.at(x.File, x.Line), Safe(note)})
	}
	p.table(6, rows)
}

// lacking writes what a gate misses.
func (p *tests) lacking(t *Tested) {
	if t.Gate == nil || t.Gate.OK {
		return
	}
	for i := range t.Gate.Missing {
		x := &t.Gate.Missing[i]
		p.line(yellow, fmt.Sprintf("coverage: %s: %s: %s", p.at(x.File, x.Line), Safe(x.Rule), x.Lacks()))
	}
	for i := range t.Gate.Decisions {
		x := &t.Gate.Decisions[i]
		p.line(yellow, fmt.Sprintf("coverage: %s: %s/%s: %s", p.at(x.File, x.Line), Safe(x.Policy), Safe(x.Decision), x.Lacks()))
	}
	for i := range t.Gate.Parts {
		x := &t.Gate.Parts[i]
		p.line(yellow, fmt.Sprintf("coverage: %s:%d: %s: %s", p.at(x.File, x.Line), x.Col, Safe(x.Text), x.Lacks()))
	}
	p.stale(t.Report.Coverage.Stale, "said to be unreachable, and reached")
}

// mutants writes the mutants that survived without an argument.
func (p *tests) mutants(m *verify.Mutation) {
	for _, x := range m.Mutants {
		if x.Fate == verify.Survived {
			p.line(red, fmt.Sprintf("survived: %s: %s", p.at(x.File, x.Line), Safe(x.Name)))
		}
	}
	p.stale(m.Stale, "said to survive, and is killed or does not exist")
}

// mostDifferences is how many are shown; all of them stand in the other forms.
const mostDifferences = 50

// golden writes what is decided otherwise than expected.
func (p *tests) golden(g *verify.GoldenResult) {
	for i := range g.Differences {
		if i == mostDifferences {
			p.line(plain, fmt.Sprintf("… and %s more; --output json has all", count(len(g.Differences)-i)))
			break
		}
		d := &g.Differences[i]
		place := Safe(g.File)
		if d.Line > 0 {
			place += ":" + strconv.Itoa(d.Line)
		}
		p.line(bold, place+": "+Safe(d.Name)+": "+Safe(d.Subject()))
		p.line(plain, "    want        "+Safe(d.Want))
		p.line(plain, "    got         "+Safe(d.Got))
	}
	verdict := "as expected"
	if n := g.Others(); n > 0 {
		verdict = count(n) + " otherwise"
	}
	if g.Updated {
		verdict += ", and " + Safe(g.File) + " was written"
	}
	p.line(plain, fmt.Sprintf("decisions about %s as of %s: %s", plural(g.Objects, "object", "objects"), g.AsOf.Format("2006-01-02 15:04 UTC"), verdict))
}

func (p *tests) stale(list []verify.Argument, why string) {
	for _, x := range list {
		p.line(red, fmt.Sprintf("stale: %s: %s: %s", p.at(x.File, x.Line), Safe(x.About), why))
	}
}

// percent gives a share in brackets, rounded down as a gate sees it; nothing of nothing.
func percent(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d %%)", n*100/of)
}

func (p *tests) summary(t *Tested) {
	if m := t.Mutation; m != nil {
		p.line(plain, fmt.Sprintf("mutants: %s killed, %s survived, %s argued for, %s invalid; score %.1f %%",
			count(m.Killed), count(m.Survived), count(m.Argued), count(m.Invalid), m.Score()))
	}
	c, x := t.Report.Counts, t.Report.Coverage.Totals(nil)
	p.line(plain, fmt.Sprintf("coverage: %s of %s%s, %s of %s%s", count(x.Fired), plural(x.Rules, "rule", "rules"), percent(x.Fired, x.Rules),
		count(x.BranchesHit), plural(x.Branches, "branch", "branches"), percent(x.BranchesHit, x.Branches)))
	if g := t.Gate; g != nil && g.Of {
		p.line(plain, fmt.Sprintf("coverage of %s: %s of %s%s, %s of %s%s", plural(len(g.Changed), "changed rule", "changed rules"), count(g.Totals.Fired),
			plural(g.Totals.Rules, "rule", "rules"), percent(g.Totals.Fired, g.Totals.Rules), count(g.Totals.BranchesHit),
			plural(g.Totals.Branches, "branch", "branches"), percent(g.Totals.BranchesHit, g.Totals.Branches)))
	}
	st := bold
	if len(t.Unmet()) > 0 {
		st = red
	}
	p.line(st, fmt.Sprintf("%s in %s: %s passed, %s failed, %s with errors, %s skipped, %s to do", plural(c.Total(), "test", "tests"),
		plural(len(t.Report.Suites), "suite", "suites"), count(c.Pass), count(c.Fail), count(c.Error), count(c.Skip), count(c.Todo)))
}
