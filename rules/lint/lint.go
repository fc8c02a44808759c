// Package lint looks for what is allowed in policies and should not be there: rules that can never do anything, parts that
// nothing uses, outcomes that take something away without a safeguard, names that the directory or the tenant does not
// know. Mistakes, which stop a policy from loading, are rules.Load's.
//
// What needs only the policies is always looked at. With a snapshot of the directory, with the facts of the tenant, with the
// coverage of the tests, and with a list of owners, more can be said; each is optional. The day comes in as data.
//
// Every finding belongs to a Rule, whose name is that of its page in docs/lint.
package lint

import (
	"cmp"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
	"github.com/coexistsync/coexist/rules/verify"
)

// Severity says how grave a finding is.
type Severity string

// The severities. Info is worth knowing and may be meant so; a Warning is nearly always a slip.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
)

// Needs says without what a lint rule cannot be looked at.
type Needs string

// What lint rules need beside the policies.
const (
	Nothing      Needs = ""
	NeedSnapshot Needs = "snapshot"
	NeedTenant   Needs = "tenant facts"
	NeedTests    Needs = "tests"
	NeedOwners   Needs = "a list of owners"
)

// Rule is one thing that lint looks for.
type Rule struct {
	Name     string // also of its page in docs/lint
	Summary  string
	Severity Severity
	Needs    Needs
}

// Rules lists what lint looks for, by name.
func Rules() []Rule {
	return []Rule{
		{"case-noop", "lower() or upper() where case does not count anyway", Warning, Nothing},
		{"constant-condition", "a condition is true for every object, or for none", Warning, Nothing},
		{"date-over", "a rule or an exception whose last day lies in the past", Warning, Nothing},
		{"duplicate-condition", "two rules are true for the same objects, so that one does nothing", Warning, Nothing},
		{"exception-expiring", "an exception ends within 14 days", Warning, Nothing},
		{"exception-for-deleted-object", "an exception is about an object that the directory does not have", Warning, NeedSnapshot},
		{"impossible-rule", "a rule can never be true", Warning, Nothing},
		{"missing-description", "a rule that takes something away does not say why", Warning, Nothing},
		{"missing-hold", "a rule that takes something away does so at once", Warning, Nothing},
		{"negated-default", "the last rule is the opposite of an earlier one, so that the default is never reached", Warning, Nothing},
		{"never-acts", "a rule sets what can never have an effect where it applies", Warning, Nothing},
		{"no-test-for-rule", "no test sees the rule decide", Info, NeedTests},
		{"not-decided", "the search for a proof about a rule was given up", Warning, Nothing},
		{"overlap-first", "two rules of which the first decides are true for the same objects", Info, NeedSnapshot},
		{"regex-could-be-prefix", "a pattern that a comparison says more plainly", Warning, Nothing},
		{"shadowed-rule", "rules before it have always decided already", Warning, Nothing},
		{"unknown-group", "a group that the directory does not have, or has twice", Warning, NeedSnapshot},
		{"unknown-ou", "an OU in which the directory has no object", Warning, NeedSnapshot},
		{"unknown-owner", "an owner whom the list of owners does not have", Warning, NeedOwners},
		{"unknown-plan", "a service plan that the licence does not contain", Warning, NeedTenant},
		{"unknown-sku", "a licence that the tenant does not have", Warning, NeedTenant},
		{"unused-bundle", "a bundle that no rule gives", Warning, Nothing},
		{"unused-condition", "a named condition that nothing uses", Warning, Nothing},
		{"unused-table-row", "a table, or a row of it, that nothing looks up", Info, Nothing},
		{"unverified-domain", "an address in a domain that the tenant has not verified", Warning, NeedTenant},
		{"value-never-seen", "a value that the attribute never has in the directory", Warning, NeedSnapshot},
	}
}

// Finding is one thing that lint found.
type Finding struct {
	Lint     string // the Rule's name
	Severity Severity
	File     string // below the policy folder
	Line     int    // from 1
	Col      int    // from 1; 0 where the line as a whole is meant
	Policy   string // "" where several or none are concerned
	Decision string
	Rule     string         // id of the policy's rule or of an exception
	Keys     []string       // mode merge: what the rule sets in vain
	Because  []rules.Origin // rules that are the reason
	Together bool           // only all of Because together are the reason
	Text     string         // one sentence, which may be followed by lines with details
	Hint     string         // what was probably meant, or what to write; "" for none
}

// Options say what may be looked at beside the policies. The zero value of each leaves its rules out.
type Options struct {
	Day      time.Time          // of the dates in policies and exceptions; required
	Snapshot *snapshot.Snapshot // what the directory holds
	Tenant   *cloud.Tenant      // facts of the tenant
	Coverage *verify.Coverage   // of a run of the tests
	Owners   []string           // who may own policies, rules and exceptions; nil for no list
}

// Stats says how much was looked at.
type Stats struct {
	Policies, Rules int // rules beside defaults
}

// Check looks for everything that the options allow. Findings stand by file, line and column.
func Check(s *rules.Set, o Options) ([]Finding, Stats) {
	k := &checker{set: s, Options: o, docs: readDocuments(s), severity: map[string]Severity{}}
	for _, r := range Rules() {
		k.severity[r.Name] = r.Severity
	}
	stats := k.proofs()
	k.expressions = s.Written()
	k.written()
	k.unused()
	k.outcomes()
	k.dates()
	k.negatedDefaults()
	if o.Snapshot != nil {
		k.directory()
	}
	if o.Tenant != nil {
		k.tenant()
	}
	if o.Coverage != nil {
		k.untested()
	}
	if o.Owners != nil {
		k.owners()
	}
	slices.SortStableFunc(k.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Lint, b.Lint), cmp.Compare(a.Text, b.Text))
	})
	return slices.CompactFunc(k.findings, func(a, b Finding) bool {
		return a.Lint == b.Lint && a.File == b.File && a.Line == b.Line && a.Col == b.Col && a.Text == b.Text
	}), stats
}

// checker collects the findings about a set.
type checker struct {
	Options
	set         *rules.Set
	docs        *documents
	expressions []rules.Written
	severity    map[string]Severity
	findings    []Finding
}

func (k *checker) report(f Finding) {
	f.Severity = k.severity[f.Lint]
	k.findings = append(k.findings, f)
}

// proofs takes over what can be proved from the conditions alone.
func (k *checker) proofs() Stats {
	proved, stats := prove.Set(k.set)
	for _, f := range proved {
		k.report(Finding{Lint: string(f.Kind), File: f.Rule.File, Line: f.Rule.Line, Col: f.Col, Policy: f.Rule.Policy, Decision: f.Decision,
			Rule: f.Rule.Rule, Keys: f.Keys, Because: f.Blame, Together: f.Together, Text: f.Text})
	}
	return Stats{Policies: stats.Policies, Rules: stats.Rules}
}

// untested reports rules that no test saw decide.
func (k *checker) untested() {
	for _, r := range k.Coverage.Rules {
		if r.State != verify.Fired && r.Argued == "" {
			k.report(Finding{Lint: "no-test-for-rule", File: r.File, Line: r.Line, Policy: r.Policy, Decision: r.Decision, Rule: r.Rule,
				Text: "no test sees rule " + r.Rule + " decide: " + string(r.State)})
		}
	}
}
