package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/lint"
	"github.com/coexistsync/coexist/rules/verify"
)

const (
	snapshotFlag    = "snapshot"
	tenantFlag      = "tenant"
	factsFlag       = "tenant-facts"
	saveFactsFlag   = "save-tenant-facts"
	ownersFlag      = "owners"
	failOnFlag      = "fail-on"
	withoutLintFlag = "without"
)

func policyLintCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "find what is allowed in policies and should not be there",
		ArgsUsage: "[FOLDER]",
		Description: "Looks at the folder given, else at the one that coexist.yaml names: rules that no object can make matter, parts that nothing uses,\n" +
			"outcomes without a safeguard. With a snapshot also names and values that the directory does not have, with facts of the tenant licences\n" +
			"and domains that it lacks. Each finding has a page in docs/lint. Exit code 4 when there are findings as grave as --" + failOnFlag + " says.",
		Flags: []cli.Flag{configFlag, remarkFlag, asOfFlag,
			&cli.StringFlag{Name: snapshotFlag, Usage: "hold the policies against this snapshot `FILE`, made by coexist snapshot save"},
			&cli.BoolFlag{Name: tenantFlag, Usage: "hold the policies against the tenant of coexist.yaml, which is read"},
			&cli.StringFlag{Name: factsFlag, Usage: "hold the policies against facts of the tenant that were saved in this `FILE`"},
			&cli.StringFlag{Name: saveFactsFlag, Usage: "with --" + tenantFlag + ": save its facts, without personal data, in this `FILE`"},
			&cli.StringFlag{Name: ownersFlag, Usage: "hold owners against this `FILE`: CODEOWNERS, or a list with one owner a line"},
			&cli.StringFlag{Name: failOnFlag, Value: "warning", Usage: "the least `SEVERITY` that is not accepted: warning, info or never"},
			&cli.StringSliceFlag{Name: withoutLintFlag, Usage: "do not look for `LINT`, such as missing-hold; may be repeated"},
		},
		Action: func(x *cli.Context) error {
			ask, err := readLintRun(x)
			if err != nil {
				return err
			}
			folder, set, err := policiesNamed(x)
			if err != nil {
				return err
			}
			l, err := ask.run(x, c, folder, set)
			if err != nil {
				return err
			}
			switch ask.form {
			case "json":
				err = writeJSON(c, "coexist.policyLint", "lint", l)
			case "sarif":
				err = report.SARIF(c.out, located(l.Remarks()), report.LintRules(), version)
			case "github":
				err = report.GitHub(c.out, located(l.Remarks()))
			default:
				err = report.Lint(c.out, l, c.options())
			}
			if n := ask.unmet(l); err == nil && n > 0 {
				return mark(errUnmet, errors.New(counted(n, "finding", "findings")))
			}
			return err
		},
	}
}

// lintRun is what the command line asks of lint.
type lintRun struct {
	form, failOn string
	without      []string
}

func readLintRun(x *cli.Context) (*lintRun, error) {
	r := &lintRun{failOn: x.String(failOnFlag), without: x.StringSlice(withoutLintFlag)}
	var err error
	if r.form, err = remarkForm(x); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{string(lint.Warning), string(lint.Info), "never"}, r.failOn) {
		return nil, usagef("option --%s: there are warning, info and never", failOnFlag)
	}
	var known []string
	for _, l := range lint.Rules() {
		known = append(known, l.Name)
	}
	for _, name := range r.without {
		if !slices.Contains(known, name) {
			err := fmt.Errorf("option --%s: there is no lint %q", withoutLintFlag, name)
			if hint := strictyaml.DidYouMean(name, known); hint != "" {
				err = fmt.Errorf("%w, %s", err, hint)
			}
			return nil, usagef("%w", err)
		}
	}
	switch {
	case x.Bool(tenantFlag) && x.IsSet(factsFlag):
		return nil, usagef("options --%s and --%s exclude each other", tenantFlag, factsFlag)
	case x.IsSet(saveFactsFlag) && !x.Bool(tenantFlag):
		return nil, usagef("option --%s needs --%s", saveFactsFlag, tenantFlag)
	}
	return r, nil
}

// run gathers what the options name and looks.
func (r *lintRun) run(x *cli.Context, c *console, folder string, set *rules.Set) (*report.Linted, error) {
	at, _, err := asOf(x, c)
	if err != nil {
		return nil, err
	}
	o := lint.Options{Day: at}
	if path := x.String(snapshotFlag); path != "" {
		if o.Snapshot, err = loadSnapshot(path); err != nil {
			return nil, err
		}
	}
	if o.Tenant, err = tenantFacts(x, c); err != nil {
		return nil, err
	}
	if path := x.String(ownersFlag); path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, mark(errConfig, fmt.Errorf("read owners: %w", err))
		}
		o.Owners = lint.ReadOwners(string(b))
	}
	if suites, _ := verify.Load(os.DirFS(folder), ".", set); suites.Len() > 0 {
		o.Coverage = &suites.Run(set, verify.Options{Workers: runtime.GOMAXPROCS(0)}).Coverage
	}
	findings, stats := lint.Check(set, o)
	findings = slices.DeleteFunc(findings, func(f lint.Finding) bool { return slices.Contains(r.without, f.Lint) })
	l := report.NewLinted(folder, findings, stats)
	l.Left = leftOut(o, r.without)
	return l, nil
}

// leftOut says what nobody looked for.
func leftOut(o lint.Options, without []string) (out []report.LeftOut) {
	given := map[lint.Needs]bool{lint.Nothing: true, lint.NeedSnapshot: o.Snapshot != nil, lint.NeedTenant: o.Tenant != nil,
		lint.NeedTests: o.Coverage != nil, lint.NeedOwners: o.Owners != nil}
	for _, need := range []lint.Needs{lint.NeedSnapshot, lint.NeedTenant, lint.NeedTests, lint.NeedOwners} {
		x := report.LeftOut{Needs: need}
		for _, l := range lint.Rules() {
			if l.Needs == need && !slices.Contains(without, l.Name) {
				x.Lints = append(x.Lints, l.Name)
			}
		}
		if !given[need] && len(x.Lints) > 0 {
			out = append(out, x)
		}
	}
	return out
}

// unmet counts the findings that are not accepted.
func (r *lintRun) unmet(l *report.Linted) int {
	switch r.failOn {
	case "never":
		return 0
	case string(lint.Info):
		return len(l.Findings)
	}
	return l.Severity[string(lint.Warning)]
}

// savedFacts is the file in which facts of a tenant are kept. It holds domains and subscriptions, and nobody's data.
type savedFacts struct {
	FormatVersion string       `json:"formatVersion"`
	Kind          string       `json:"kind"`
	Tenant        cloud.Tenant `json:"tenant"`
}

const factsKind = "coexist.tenantFacts"

// tenantFacts reads what is known of the tenant: from the tenant or from a file; nil where nobody asks for it.
func tenantFacts(x *cli.Context, c *console) (*cloud.Tenant, error) {
	if path := x.String(factsFlag); path != "" {
		return loadFacts(path)
	}
	if !x.Bool(tenantFlag) {
		return nil, nil
	}
	cfg, err := load(x)
	if err != nil {
		return nil, err
	}
	s := &session{console: c, cfg: cfg}
	g, err := s.target()
	if err != nil {
		return nil, err
	}
	facts, err := g.Tenant(x.Context)
	if err != nil {
		return nil, err
	}
	if path := x.String(saveFactsFlag); path != "" {
		return &facts, saveFacts(path, facts)
	}
	return &facts, nil
}

func loadFacts(path string) (*cloud.Tenant, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, mark(errConfig, fmt.Errorf("read tenant facts: %w", err))
	}
	var f savedFacts
	if err := json.Unmarshal(b, &f); err != nil || f.Kind != factsKind || !strings.HasPrefix(f.FormatVersion, "1.") {
		return nil, mark(errConfig, fmt.Errorf("read tenant facts: %s does not hold any; save them with coexist policy lint --%s --%s FILE", path, tenantFlag, saveFactsFlag))
	}
	return &f.Tenant, nil
}

func saveFacts(path string, facts cloud.Tenant) error {
	b, err := json.MarshalIndent(savedFacts{report.FormatVersion, factsKind, facts}, "", "  ")
	if err != nil {
		return err
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return fmt.Errorf("save tenant facts: %w", err)
	}
	defer f.Abort()
	if _, err := f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("save tenant facts: %w", err)
	}
	return f.Commit()
}
