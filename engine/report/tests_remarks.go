package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/coexistsync/coexist/rules/verify"
)

// The rules of remarks about tests of policies.
const (
	suiteMistake = "suite-mistake"
	policyTest   = "policy-test"
	testCoverage = "test-coverage"
	testMutant   = "surviving-mutant"
	testGolden   = "expected-decision"
)

// Remarks gives what does not succeed as remarks about files: mistakes in suites and expectations that are not met stand at
// their place in the suite, what no test has seen and mutants that no test notices at their place in the policy.
func (t *Tested) Remarks() []Remark {
	out := []Remark{}
	add := func(rule string, level Level, file string, line, col int, text string) {
		out = append(out, Remark{Rule: rule, Level: level, Text: text, File: path.Join(t.Folder, file), Line: line, Col: col})
	}
	for _, p := range t.Report.Problems {
		add(suiteMistake, LevelError, p.File, p.Line, p.Col, p.Message)
		out[len(out)-1].Hint, out[len(out)-1].Source = p.Hint, p.Source
	}
	if len(t.Report.Problems) == 0 && t.Report.Counts.Total() == 0 && t.Golden == nil {
		add(policyTest, LevelError, "", 0, 0, "no tests found")
	}
	for i := range t.Report.Results {
		r := &t.Report.Results[i]
		switch {
		case r.Status != verify.Fail && r.Status != verify.Error:
			continue
		case len(r.Mismatches) == 0:
			add(policyTest, LevelError, r.Suite, r.Line, r.Col, r.Name+": "+r.Reason)
		}
		for _, m := range r.Mismatches {
			add(policyTest, LevelError, r.Suite, m.Line, m.Col, r.Name+": "+m.Subject+" is "+m.Got+", want "+m.Want+decidedBy(m.Decided))
		}
	}
	t.lacks(func(file string, line, col int, text string) { add(testCoverage, LevelWarning, file, line, col, text) })
	if g := t.Golden; g != nil && !g.Updated {
		for i := range g.Differences {
			out = append(out, Remark{Rule: testGolden, Level: LevelError, File: g.File, Line: g.Differences[i].Line, Text: g.Differences[i].String()})
		}
	}
	if t.Mutation == nil {
		return out
	}
	for _, x := range t.Mutation.Mutants {
		if x.Fate == verify.Survived {
			add(testMutant, LevelWarning, x.File, x.Line, x.Col, "no test notices this change: "+x.Name)
		}
	}
	for _, a := range t.Mutation.Stale {
		add(testMutant, LevelError, a.File, a.Line, 0, a.About+": said to survive, and is killed or does not exist")
	}
	return out
}

func decidedBy(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return "; decided by " + strings.Join(ids, ", ")
}

// lacks tells what a gate misses, nothing where it is passed.
func (t *Tested) lacks(tell func(file string, line, col int, text string)) {
	if t.Gate == nil || t.Gate.OK {
		return
	}
	for i := range t.Gate.Missing {
		x := &t.Gate.Missing[i]
		tell(x.File, x.Line, 0, x.Rule+": "+x.Lacks())
	}
	for i := range t.Gate.Decisions {
		x := &t.Gate.Decisions[i]
		tell(x.File, x.Line, 0, x.Policy+"/"+x.Decision+": "+x.Lacks())
	}
	for i := range t.Gate.Parts {
		x := &t.Gate.Parts[i]
		tell(x.File, x.Line, x.Col, x.Text+": "+x.Lacks())
	}
	for _, a := range t.Report.Coverage.Stale {
		tell(a.File, a.Line, 0, a.About+": said to be unreachable, and reached")
	}
}

// maxTestsMarkdown keeps a page below what GitHub takes as a comment, 65,536 characters, with room for what is put around it.
const maxTestsMarkdown = 60_000

// TestsMarkdown writes what a run of policy tests gave for a pull request or a job summary, in less than 60,000 characters:
// the verdict and the figures first, then what does not succeed; what has no room is counted.
func TestsMarkdown(w io.Writer, t *Tested) error {
	var b strings.Builder
	verdict := "passed"
	if unmet := t.Unmet(); len(unmet) > 0 {
		verdict = "not passed: " + strings.Join(unmet, "; ")
	}
	c, x := t.Report.Counts, t.Report.Coverage.Totals(nil)
	fmt.Fprintf(&b, "### Policy tests · %s\n\n%s\n\n", plainText(t.Folder), verdict)
	b.WriteString("| tests | passed | failed | errors | skipped | to do |\n|---:|---:|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n\n", count(c.Total()), count(c.Pass), count(c.Fail), count(c.Error), count(c.Skip), count(c.Todo))
	fmt.Fprintf(&b, "Coverage: %s of %s%s, %s of %s%s.\n", count(x.Fired), plural(x.Rules, "rule", "rules"), percent(x.Fired, x.Rules),
		count(x.BranchesHit), plural(x.Branches, "branch", "branches"), percent(x.BranchesHit, x.Branches))
	if g := t.Gate; g != nil && g.Of {
		fmt.Fprintf(&b, "Of %s: %s fired, %s of %s.\n", plural(len(g.Changed), "changed rule", "changed rules"), count(g.Totals.Fired),
			count(g.Totals.BranchesHit), plural(g.Totals.Branches, "branch", "branches"))
	}
	if m := t.Mutation; m != nil {
		fmt.Fprintf(&b, "Mutants: %s killed, %s survived, %s argued for, %s invalid; score %.1f %%.\n", count(m.Killed), count(m.Survived),
			count(m.Argued), count(m.Invalid), m.Score())
	}
	if g := t.Golden; g != nil {
		fmt.Fprintf(&b, "Decisions about %s as of %s: %s otherwise than expected.\n", plural(g.Objects, "object", "objects"), g.AsOf.Format("2006-01-02"), count(g.Others()))
	}
	remarks := t.Remarks()
	if len(remarks) > 0 {
		b.WriteString("\n| where | what |\n|---|---|\n")
	}
	const tail = 100 // room for the line that counts the rest
	for i, r := range remarks {
		place := r.File
		if r.Line > 0 {
			place += fmt.Sprintf(":%d", r.Line)
		}
		row := fmt.Sprintf("| %s | %s |\n", plainText(place), plainText(r.said()))
		if b.Len()+len(row) > maxTestsMarkdown-tail {
			fmt.Fprintf(&b, "\n… and %s more.\n", count(len(remarks)-i))
			break
		}
		b.WriteString(row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plainText escapes everything that Markdown or the HTML in it gives a meaning, so that a text stands in a table as it is.
func plainText(s string) string {
	var b strings.Builder
	for _, r := range Safe(strings.ReplaceAll(s, "\n", " ")) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@': // no mention of somebody
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_{}[]()#+-!|~", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
