package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/revision"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

const (
	runFlag       = "run"
	minRuleFlag   = "min-rule"
	minBranchFlag = "min-branch"
	mutateFlag    = "mutate"
	changedFlag   = "changed-since"
)

func policyTestCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of policies",
		ArgsUsage: "[FOLDER]",
		Description: "Runs the suites of the folder given, else of the one that coexist.yaml names. Exit code 4 unless there are tests and all pass,\n" +
			"coverage is as asked for, and no mutant survives. With --" + changedFlag + " coverage and mutants are asked only of the rules that differ from\n" +
			"those of a Git revision; tests run all the same. With --" + snapshotFlag + " and --" + expectFlag + " the decisions about every object of a\n" +
			"snapshot are held against a file of them, too, which --" + updateFlag + " writes.",
		Flags: []cli.Flag{
			configFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text, json, junit, github or markdown"},
			&cli.StringFlag{Name: runFlag, Usage: "run only tests whose \"file: name\" matches this `REGEXP`"},
			&cli.IntFlag{Name: minRuleFlag, Usage: "least `PERCENT` of the rules that tests must see fire"},
			&cli.IntFlag{Name: minBranchFlag, Usage: "least `PERCENT` of the conditions' outcomes that tests must see"},
			&cli.BoolFlag{Name: mutateFlag, Usage: "put one mistake after the other into the policies, in memory, and see whether the tests notice"},
			&cli.StringFlag{Name: changedFlag, Usage: "ask for coverage and try mutants only of rules that changed since this Git `REVISION`, such as origin/main"},
			&cli.StringFlag{Name: snapshotFlag, Usage: "decide about every object of this snapshot `FILE`, made by coexist snapshot save"},
			&cli.StringFlag{Name: expectFlag, Usage: "with --" + snapshotFlag + ": the decisions that are expected, a `FILE` of JSON lines"},
			&cli.BoolFlag{Name: updateFlag, Usage: "write the decisions into the file of --" + expectFlag},
			asOfFlag,
		},
		Action: func(x *cli.Context) error {
			ask, err := readTestRun(x)
			if err != nil {
				return err
			}
			folder, set, err := policiesNamed(x)
			if err != nil {
				return err
			}
			if ask.since != "" {
				repo, err := revision.Open(x.Context, folder)
				if err != nil {
					return mark(errConfig, fmt.Errorf("option --%s: %w", changedFlag, err))
				}
				base, _, err := policiesAt(x, repo, folder, ask.since)
				if err != nil {
					return err
				}
				ask.gate.Changed = verify.Changed(base, set)
			}
			done, err := ask.run(x.Context, c, folder, set)
			if err != nil {
				return err
			}
			if err := ask.write(c, done); err != nil {
				return err
			}
			var unmet []error
			for _, why := range done.Unmet() {
				unmet = append(unmet, errors.New(why))
			}
			return mark(errUnmet, errors.Join(unmet...))
		},
	}
}

// policyFolder gives the folder that a command is about: its argument, else the one of the configuration.
func policyFolder(x *cli.Context) (string, error) {
	folder := x.Args().First()
	if folder == "" {
		cfg, err := load(x)
		if err != nil {
			return "", err
		}
		folder = cfg.Policies
	} else if err := arguments(x, "FOLDER"); err != nil {
		return "", err
	}
	if _, err := os.Stat(folder); err != nil {
		return "", mark(errConfig, fmt.Errorf("policies: %w", err))
	}
	return folder, nil
}

// policiesNamed gives the folder that a command is about, and its policies.
func policiesNamed(x *cli.Context) (string, *rules.Set, error) {
	folder, err := policyFolder(x)
	if err != nil {
		return "", nil, err
	}
	set, err := loadPolicies(folder)
	return folder, set, err
}

// testRun is what the command line asks of a run of tests.
type testRun struct {
	form   string
	match  *regexp.Regexp
	gate   *verify.Gate // nil: none is asked for; never with since
	mutate bool
	since  string // a Git revision
	golden expected
}

func readTestRun(x *cli.Context) (*testRun, error) {
	t := &testRun{form: x.String(outputFlag.Name), mutate: x.Bool(mutateFlag), since: x.String(changedFlag)}
	switch t.form {
	case "text", "json", "junit", "github", "markdown":
	default:
		return nil, usagef("unknown output form %q; there are text, json, junit, github and markdown", t.form)
	}
	var err error
	if t.golden, err = readGolden(x); err != nil {
		return nil, err
	}
	if x.IsSet(minRuleFlag) || x.IsSet(minBranchFlag) || t.since != "" {
		t.gate = &verify.Gate{Rules: x.Int(minRuleFlag), Branches: x.Int(minBranchFlag)}
		for _, n := range []int{t.gate.Rules, t.gate.Branches} {
			if n < 0 || n > 100 {
				return nil, usagef("%d is not a percentage from 0 to 100", n)
			}
		}
	}
	if !x.IsSet(runFlag) {
		return t, nil
	}
	if t.gate != nil || t.mutate { // --changed-since makes a gate, too
		return nil, usagef("option --%s leaves tests out, so that coverage and mutants say nothing", runFlag)
	}
	if t.match, err = regexp.Compile(x.String(runFlag)); err != nil {
		return nil, usagef("option --%s: %w", runFlag, err)
	}
	return t, nil
}

// run runs the suites, and mutants where the tests pass: of others nothing could be said.
func (t *testRun) run(ctx context.Context, c *console, folder string, set *rules.Set) (*report.Tested, error) {
	suites, _ := verify.Load(os.DirFS(folder), ".", set) // mistakes stand in the report
	workers := runtime.GOMAXPROCS(0)
	out := &report.Tested{Folder: folder, Report: suites.Run(set, verify.Options{Workers: workers, Match: t.match})}
	if t.gate != nil {
		g := out.Report.Coverage.Check(*t.gate)
		out.Gate = &g
	}
	var err error
	if out.Golden, err = t.golden.run(set); err != nil {
		return nil, err
	}
	if !t.mutate || !out.Report.OK() {
		return out, ctx.Err()
	}
	o := verify.MutateOptions{Workers: workers, Progress: func(done, of int) { c.progress.of("mutants", done, of) }}
	if t.since != "" {
		o.Rules = t.gate.Changed
	}
	out.Mutation, err = suites.Mutate(ctx, set, o)
	c.progress.clear()
	return out, err
}

func (t *testRun) write(c *console, done *report.Tested) error {
	switch t.form {
	case "json":
		return writeJSON(c, "coexist.policyTests", "tests", done)
	case "junit":
		b, err := done.Report.JUnit(done.Gate, done.Mutation, done.Golden)
		if err != nil {
			return err
		}
		_, err = c.out.Write(b)
		return err
	case "github":
		return report.GitHub(c.out, located(done.Remarks()))
	case "markdown":
		return report.TestsMarkdown(c.out, done)
	}
	return report.Tests(c.out, done, c.options())
}
