package verify

import "github.com/coexistsync/coexist/internal/strictyaml"

// Status is what came of a case.
type Status string

// The statuses. A case is an error when the policies could not even say whether they concern the object. A test that is
// marked todo is expected to fail: it is TODO as long as it does, and FAIL once it passes, so that the mark is removed.
const (
	Pass  Status = "PASS"
	Fail  Status = "FAIL"
	Error Status = "ERROR"
	Skip  Status = "SKIP"
	Todo  Status = "TODO"
)

// Report is what a run of all suites gave.
type Report struct {
	Suites   []string  `json:"suites"` // files, in path order
	Results  []Result  `json:"results"`
	Problems []Problem `json:"problems,omitempty"` // mistakes in suites, whose tests did not run
	Counts   Counts    `json:"counts"`
	Coverage Coverage  `json:"coverage"`
}

// Counts are how many cases came out how.
type Counts struct {
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
	Error int `json:"error"`
	Skip  int `json:"skip"`
	Todo  int `json:"todo"`
}

// Total gives the number of cases.
func (c Counts) Total() int { return c.Pass + c.Fail + c.Error + c.Skip + c.Todo }

// OK reports whether the run succeeded: there were tests, every suite could be read, and nothing failed.
func (r *Report) OK() bool {
	return r.Counts.Total() > 0 && len(r.Problems) == 0 && r.Counts.Fail == 0 && r.Counts.Error == 0
}

// Problem is a mistake in a suite.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // from 1; 0 when the file as a whole is meant
	Col     int    `json:"col,omitempty"`  // from 1, in characters
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Source  string `json:"source,omitempty"` // the line
}

func problemsOf(list strictyaml.Problems) []Problem {
	var out []Problem
	for _, p := range list {
		out = append(out, Problem(p))
	}
	return out
}

// Argument is what a suite says for a mutant that may survive, or for a rule that nothing can reach.
type Argument struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	About  string `json:"about"` // the mutant's name or the rule's id
	Reason string `json:"reason"`
}

// Result is what came of one case.
type Result struct {
	Suite      string     `json:"suite"` // file
	Name       string     `json:"name"`  // of the test, with its foreach values
	Line       int        `json:"line"`  // of the test
	Col        int        `json:"col"`
	Status     Status     `json:"status"`
	Reason     string     `json:"reason,omitempty"`     // why it is skipped or todo, or what the error is
	Mismatches []Mismatch `json:"mismatches,omitempty"` // with FAIL and TODO, in the order written
}

// Mismatch is one expectation that was not met.
type Mismatch struct {
	Subject string      `json:"subject"` // a decision, decision.key, what its rules were, or policy
	Line    int         `json:"line"`    // of the expectation
	Col     int         `json:"col"`
	Want    string      `json:"want"`
	Got     string      `json:"got"`
	Decided []string    `json:"decided,omitempty"` // ids of the rules that decided or held
	Trace   []RuleTrace `json:"trace,omitempty"`   // of the rules in question: see Run
}

// RuleTrace is what became of one rule in a case.
type RuleTrace struct {
	Rule    string   `json:"rule"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Default bool     `json:"default,omitempty"`
	Verdict string   `json:"verdict"` // of rules.Verdict
	Adds    []string `json:"adds,omitempty"`
	Message string   `json:"message,omitempty"` // of an error
	When    string   `json:"when,omitempty"`    // as written
}
