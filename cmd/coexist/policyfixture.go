package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

const (
	suiteFlag     = "suite"
	policiesFlag  = "policies"
	nameFlag      = "name"
	anonymiseFlag = "anonymise"
	keepFlag      = "keep"
)

func policyFixtureCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "fixture",
		Usage: "make fixtures for tests of policies",
		Subcommands: []*cli.Command{{
			Name:      "add",
			Usage:     "write an object of a snapshot into a suite of tests",
			ArgsUsage: "OBJECT",
			Description: "OBJECT is a distinguished name, userPrincipalName, sAMAccountName or objectGUID. What the policies read of it becomes a fixture; where\n" +
				"the suite does not exist it is made, with a test that expects the rules which decide about the object now.\n" +
				"With --" + anonymiseFlag + " names, addresses, identifiers, numbers and dates are replaced, but for what the policies compare with, and what stays\n" +
				"is listed. Nothing is written, and the exit code is 4, when the rules would come out otherwise for the fixture than for the object.",
			Flags: []cli.Flag{configFlag, outputFlag, asOfFlag,
				&cli.StringFlag{Name: snapshotFlag, Usage: "take the object from this snapshot `FILE`, made by coexist snapshot save"},
				&cli.StringFlag{Name: suiteFlag, Usage: "write it into this `FILE`, such as policies/tests/people.yaml"},
				&cli.StringFlag{Name: policiesFlag, Usage: "`FOLDER` of the policies instead of the one that coexist.yaml names"},
				&cli.StringFlag{Name: nameFlag, Value: "captured", Usage: "`NAME` of the fixture; what stands for names follows from it"},
				&cli.BoolFlag{Name: anonymiseFlag, Usage: "replace what tells who the object is"},
				&cli.StringSliceFlag{Name: keepFlag, Usage: "with --" + anonymiseFlag + ": keep this `ATTRIBUTE` as it is; may be repeated"},
			},
			Action: func(x *cli.Context) error { return addFixture(x, c) },
		}},
	}
}

func addFixture(x *cli.Context, c *console) error {
	form, err := called(x, "OBJECT")
	if err != nil {
		return err
	}
	for _, needed := range []string{snapshotFlag, suiteFlag} {
		if x.String(needed) == "" {
			return usagef("option --%s is missing", needed)
		}
	}
	if x.IsSet(keepFlag) && !x.Bool(anonymiseFlag) {
		return usagef("option --%s needs --%s", keepFlag, anonymiseFlag)
	}
	set, err := policiesOf(x)
	if err != nil {
		return err
	}
	snap, err := loadSnapshot(x.String(snapshotFlag))
	if err != nil {
		return err
	}
	f, err := capture(x, c, set, snap)
	if err != nil {
		return err
	}
	if len(f.Differs) > 0 {
		return mark(errUnmet, differs(f))
	}
	path := x.String(suiteFlag)
	made, err := writeFixture(path, f)
	if err != nil {
		return err
	}
	return tellFixture(c, form, path, made, x.Bool(anonymiseFlag), f)
}

// policiesOf loads the policies that a command without an argument for them is about.
func policiesOf(x *cli.Context) (*rules.Set, error) {
	folder := x.String(policiesFlag)
	if folder == "" {
		cfg, err := load(x)
		if err != nil {
			return nil, err
		}
		folder = cfg.Policies
	}
	return loadPolicies(folder)
}

// capture finds the object and writes it down.
func capture(x *cli.Context, c *console, set *rules.Set, snap *snapshot.Snapshot) (*verify.Capture, error) {
	at, _, err := asOf(x, c)
	if err != nil {
		return nil, err
	}
	i, err := selection.One(snap, x.Args().First())
	if err != nil {
		return nil, notFound(err)
	}
	d, err := engine.NewDecider(snap, set, at)
	if err != nil {
		return nil, err
	}
	f, err := verify.NewCapture(set, d.Input(i), verify.CaptureOptions{Name: x.String(nameFlag), AsOf: at, Anonymise: x.Bool(anonymiseFlag), Keep: x.StringSlice(keepFlag)})
	return f, mark(errUsage, err)
}

// differs says which rules come out otherwise.
func differs(f *verify.Capture) error {
	out := []error{fmt.Errorf("fixture %s would stand for another object; keep the attributes that matter with --%s", f.Name, keepFlag)}
	for _, d := range f.Differs {
		what := d.Decision
		if d.Rule != "" {
			what += ": rule " + d.Rule
		}
		out = append(out, errors.New(strings.TrimPrefix(what+": ", ": ")+"for the object "+d.Object+", for the fixture "+d.Fixture))
	}
	return errors.Join(out...)
}

// writeFixture adds a fixture to a suite, or makes the suite.
func writeFixture(path string, f *verify.Capture) (made bool, err error) {
	before, err := os.ReadFile(path)
	var after []byte
	switch {
	case errors.Is(err, fs.ErrNotExist):
		made = true
		after, err = verify.NewSuite(f.AsOf(), f)
	case err == nil:
		if len(bytes.TrimSpace(before)) == 0 {
			return false, mark(errUsage, fmt.Errorf("%s is empty; remove it, and it is made anew", path))
		}
		after, err = verify.AddFixture(before, f)
		err = mark(errUsage, err)
	}
	if err != nil {
		return false, err
	}
	return made, atomicfile.Write(path, after)
}

// fixtureRow is a fixture that was added, as JSON shows it.
type fixtureRow struct {
	File       string        `json:"file"`
	Made       bool          `json:"made"` // the suite is new
	Name       string        `json:"name"`
	Policy     string        `json:"policy"`
	Anonymised bool          `json:"anonymised"`
	Kept       []verify.Kept `json:"kept"` // what stayed as it is
}

func tellFixture(c *console, form bool, path string, made, anonymised bool, f *verify.Capture) error {
	if form {
		kept := f.Kept
		if kept == nil {
			kept = []verify.Kept{}
		}
		return writeJSON(c, "coexist.fixture", "fixture", fixtureRow{path, made, f.Name, f.Policy, anonymised, kept})
	}
	what := "added to"
	if made {
		what = "written, with a test, into the new suite"
	}
	fmt.Fprintf(c.out, "fixture %s %s %s\n", report.Safe(f.Name), what, report.Safe(path))
	for _, k := range f.Kept {
		fmt.Fprintf(c.out, "  kept %s: %s  (%s)\n", report.Safe(k.Attribute), report.Safe(strings.Join(k.Values, ", ")), report.Safe(k.Why))
	}
	if !anonymised {
		c.say("coexist: the suite now holds personal data; --%s replaces it", anonymiseFlag)
	}
	return nil
}
