package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/coexistsync/coexist/rules/lint"
)

// Linted is what lint found in policies.
type Linted struct {
	Folder   string         `json:"folder"` // that of the policies; files are named below it
	Policies int            `json:"policies"`
	Rules    int            `json:"rules"` // beside defaults
	Findings []Finding      `json:"findings"`
	Severity map[string]int `json:"severity"` // how many findings there are of each
	Left     []LeftOut      `json:"leftOut,omitempty"`
}

// LeftOut is something that was not looked at, because what it needs was not given.
type LeftOut struct {
	Needs lint.Needs `json:"needs"`
	Lints []string   `json:"lints"`
}

// Finding is one thing that lint found, as JSON shows it.
type Finding struct {
	Kind     string        `json:"kind"` // also the name of its page in docs/lint
	Severity lint.Severity `json:"severity"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Col      int           `json:"col,omitempty"` // 0: the rule as a whole
	Policy   string        `json:"policy,omitempty"`
	Decision string        `json:"decision,omitempty"`
	Rule     string        `json:"rule,omitempty"`
	Keys     []string      `json:"keys,omitempty"`     // mode merge: what the rule sets in vain
	Because  []RulePlace   `json:"because,omitempty"`  // rules that are the reason
	Together bool          `json:"together,omitempty"` // only all of Because together are the reason
	Text     string        `json:"text"`
	Hint     string        `json:"hint,omitempty"`
}

// RulePlace names a rule and where it stands.
type RulePlace struct {
	Rule string `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// NewLinted brings findings about the policies of a folder into the form in which they are shown.
func NewLinted(folder string, findings []lint.Finding, stats lint.Stats) *Linted {
	out := &Linted{Folder: folder, Policies: stats.Policies, Rules: stats.Rules, Findings: make([]Finding, len(findings)), Severity: map[string]int{}}
	for i, f := range findings {
		x := Finding{Kind: f.Lint, Severity: f.Severity, File: f.File, Line: f.Line, Col: f.Col, Policy: f.Policy, Decision: f.Decision,
			Rule: f.Rule, Keys: f.Keys, Together: f.Together, Text: f.Text, Hint: f.Hint}
		for _, b := range f.Because {
			x.Because = append(x.Because, RulePlace{b.Rule, b.File, b.Line})
		}
		out.Findings[i] = x
		out.Severity[string(f.Severity)]++
	}
	return out
}

// Lint writes what lint found: each finding with its place, the rules concerned and its page, and last the summary.
func Lint(w io.Writer, l *Linted, o Options) error {
	p := newPage(w, o)
	for _, f := range l.Findings {
		place := fmt.Sprintf("%s:%d", Safe(path.Join(l.Folder, f.File)), f.Line)
		if f.Col > 0 {
			place += fmt.Sprintf(":%d", f.Col)
		}
		first, rest, more := strings.Cut(f.Text, "\n")
		if f.Severity == lint.Info {
			first = "info: " + first
		}
		if f.Hint != "" {
			first += ", " + f.Hint
		}
		p.line(bold, place+": "+Safe(first))
		if more {
			for l := range strings.SplitSeq(rest, "\n") {
				p.line(plain, Safe(l))
			}
		}
		p.line(faint, "  see docs/lint/"+f.Kind+".md")
	}
	for _, x := range l.Left {
		p.line(faint, fmt.Sprintf("without %s nobody looked for %s", x.Needs, strings.Join(x.Lints, ", ")))
	}
	p.line(plain, fmt.Sprintf("%s in %s with %s beside defaults", plural(len(l.Findings), "finding", "findings"),
		plural(l.Policies, "policy", "policies"), plural(l.Rules, "rule", "rules")))
	return p.err
}

// Remarks gives the findings as remarks about files.
func (l *Linted) Remarks() []Remark {
	out := make([]Remark, len(l.Findings))
	for i, f := range l.Findings {
		level := LevelWarning
		if f.Severity == lint.Info {
			level = LevelNote
		}
		out[i] = Remark{Rule: f.Kind, Level: level, Text: f.Text, Hint: f.Hint, File: path.Join(l.Folder, f.File), Line: f.Line, Col: f.Col}
	}
	return out
}

// LintRules describes what lint looks for, for forms that list it.
func LintRules() []RemarkRule {
	var out []RemarkRule
	for _, r := range lint.Rules() {
		level := LevelWarning
		if r.Severity == lint.Info {
			level = LevelNote
		}
		out = append(out, RemarkRule{ID: r.Name, Summary: r.Summary, Level: level, Page: "docs/lint/" + r.Name + ".md"})
	}
	return out
}
