package verify

import (
	"encoding/xml"
	"fmt"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit gives a report as JUnit XML, in the form that GitHub, GitLab, Jenkins and Azure Pipelines read, with the gate and
// the mutants and the decisions about a snapshot where there are any. Mistakes in suites and a run without tests appear as errors; todo, and mutants that are
// argued for or invalid, count as skipped. Characters that XML cannot hold become U+FFFD.
func (r *Report) JUnit(gate *GateResult, mutants *Mutation, golden *GoldenResult) ([]byte, error) {
	out := junitSuites{}
	for _, file := range r.Suites {
		s := junitSuite{Name: file}
		for i := range r.Results {
			if r.Results[i].Suite == file {
				s.add(junitCaseOf(&r.Results[i]))
			}
		}
		if len(s.Cases) > 0 {
			out.add(s)
		}
	}
	if s := r.junitProblems(golden != nil); len(s.Cases) > 0 {
		out.add(s)
	}
	if gate != nil {
		out.add(gate.junit(r.Coverage.Stale))
	}
	if mutants != nil {
		out.add(mutants.junit())
	}
	if golden != nil {
		out.add(golden.junit())
	}
	b, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func (s *junitSuites) add(x junitSuite) {
	s.Suites = append(s.Suites, x)
	s.Tests, s.Failures, s.Errors, s.Skipped = s.Tests+x.Tests, s.Failures+x.Failures, s.Errors+x.Errors, s.Skipped+x.Skipped
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitCaseOf(r *Result) junitCase {
	c := junitCase{Name: r.Name, Class: r.Suite, File: r.Suite, Line: r.Line}
	var lines []string
	for _, m := range r.Mismatches {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s is %s, want %s", r.Suite, m.Line, m.Col, m.Subject, m.Got, m.Want))
	}
	o := &junitOutcome{Message: r.Reason, Text: strings.Join(lines, "\n")}
	if o.Message == "" && len(lines) > 0 {
		o.Message = lines[0]
	}
	switch r.Status {
	case Fail:
		c.Failure = o
	case Error:
		c.Error = o
	case Skip, Todo:
		o.Text = ""
		c.Skipped = o
	}
	return c
}

// junitProblems gives a suite of what kept tests from running. Where other things than tests were looked at, no test is fine.
func (r *Report) junitProblems(others bool) junitSuite {
	s := junitSuite{Name: "suites"}
	for _, p := range r.Problems {
		text := p.Message
		if p.Hint != "" {
			text += ", " + p.Hint
		}
		s.add(junitCase{Name: fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col), Class: p.File, File: p.File, Line: p.Line, Error: &junitOutcome{Message: text}})
	}
	if r.Counts.Total() == 0 && len(r.Problems) == 0 && !others {
		s.add(junitCase{Name: "tests", Class: "suites", Error: &junitOutcome{Message: "no test was found"}})
	}
	return s
}

// junit gives a suite with a case for each share that is asked for and for each argument that no longer holds.
func (g *GateResult) junit(stale []Argument) junitSuite {
	s := junitSuite{Name: "coverage"}
	var lines []string
	for i := range g.Missing {
		lines = append(lines, fmt.Sprintf("%s:%d: %s: %s", g.Missing[i].File, g.Missing[i].Line, g.Missing[i].Rule, g.Missing[i].Lacks()))
	}
	for i := range g.Decisions {
		lines = append(lines, fmt.Sprintf("%s:%d: %s/%s: %s", g.Decisions[i].File, g.Decisions[i].Line, g.Decisions[i].Policy, g.Decisions[i].Decision, g.Decisions[i].Lacks()))
	}
	for i := range g.Parts {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s: %s", g.Parts[i].File, g.Parts[i].Line, g.Parts[i].Col, g.Parts[i].Text, g.Parts[i].Lacks()))
	}
	for _, x := range []struct {
		what          string
		hit, of, want int
	}{{"rules", g.Totals.Fired, g.Totals.Rules, g.Rules}, {"branches", g.Totals.BranchesHit, g.Totals.Branches, g.Branches}} {
		c := junitCase{Name: fmt.Sprintf("%s: at least %d %%", x.what, x.want), Class: "coverage"}
		if x.hit*100 < x.want*x.of {
			c.Failure = &junitOutcome{Message: fmt.Sprintf("%d of %d %s", x.hit, x.of, x.what), Text: strings.Join(lines, "\n")}
		}
		s.add(c)
	}
	s.stale(stale, "is said to be unreachable, and is reached")
	return s
}

// junit gives a suite with a case for each mutant and for each argument that no longer holds.
func (m *Mutation) junit() junitSuite {
	s := junitSuite{Name: "mutants"}
	for _, x := range m.Mutants {
		c := junitCase{Name: x.Name, Class: "mutants", File: x.File, Line: x.Line}
		switch x.Fate {
		case Survived:
			c.Failure = &junitOutcome{Message: fmt.Sprintf("no test notices it: %s:%d:%d", x.File, x.Line, x.Col)}
		case Argued, Invalid:
			c.Skipped = &junitOutcome{Message: string(x.Fate) + ": " + x.Reason}
		}
		s.add(c)
	}
	s.stale(m.Stale, "is said to survive, and is killed or does not exist")
	return s
}

// stale adds a case for each argument that no longer holds.
func (s *junitSuite) stale(list []Argument, why string) {
	for _, a := range list {
		s.add(junitCase{Name: a.About, Class: s.Name, File: a.File, Line: a.Line, Failure: &junitOutcome{Message: a.About + " " + why}})
	}
}
