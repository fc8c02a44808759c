package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
)

// Linted is what was proved about policies.
type Linted struct {
	Folder   string    `json:"folder"` // that of the policies; files are named below it
	Policies int       `json:"policies"`
	Rules    int       `json:"rules"` // beside defaults
	Findings []Finding `json:"findings"`
}

// Finding is one proof, as JSON shows it.
type Finding struct {
	Kind     prove.Kind  `json:"kind"` // also the name of its page in docs/lint
	File     string      `json:"file"`
	Line     int         `json:"line"`
	Col      int         `json:"col,omitempty"` // 0: the rule as a whole
	Policy   string      `json:"policy,omitempty"`
	Decision string      `json:"decision,omitempty"`
	Rule     string      `json:"rule,omitempty"`
	Keys     []string    `json:"keys,omitempty"`     // mode merge: what the rule sets in vain
	Because  []RulePlace `json:"because,omitempty"`  // rules that are the reason
	Together bool        `json:"together,omitempty"` // only all of Because together are the reason
	Text     string      `json:"text"`
}

// RulePlace names a rule and where it stands.
type RulePlace struct {
	Rule string `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// NewLinted proves what it can about the policies of a folder.
func NewLinted(folder string, set *rules.Set) *Linted {
	findings, stats := prove.Set(set)
	out := &Linted{Folder: folder, Policies: stats.Policies, Rules: stats.Rules, Findings: make([]Finding, len(findings))}
	for i, f := range findings {
		x := Finding{Kind: f.Kind, File: f.Rule.File, Line: f.Rule.Line, Col: f.Col, Policy: f.Rule.Policy, Decision: f.Decision,
			Rule: f.Rule.Rule, Keys: f.Keys, Together: f.Together, Text: f.Text}
		for _, b := range f.Blame {
			x.Because = append(x.Because, RulePlace{b.Rule, b.File, b.Line})
		}
		out.Findings[i] = x
	}
	return out
}

// Lint writes what was proved about policies: each finding with its place, the rules concerned and its page, and last the
// summary.
func Lint(w io.Writer, l *Linted, o Options) error {
	p := newPage(w, o)
	for _, f := range l.Findings {
		place := fmt.Sprintf("%s:%d", Safe(path.Join(l.Folder, f.File)), f.Line)
		if f.Col > 0 {
			place += fmt.Sprintf(":%d", f.Col)
		}
		first, rest, more := strings.Cut(f.Text, "\n")
		p.line(bold, place+": "+Safe(first))
		if more {
			for l := range strings.SplitSeq(rest, "\n") {
				p.line(plain, Safe(l))
			}
		}
		p.line(faint, "  see docs/lint/"+string(f.Kind)+".md")
	}
	p.line(plain, fmt.Sprintf("%s in %s with %s beside defaults", plural(len(l.Findings), "finding", "findings"),
		plural(l.Policies, "policy", "policies"), plural(l.Rules, "rule", "rules")))
	return p.err
}
