package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/revision"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/impact"
)

// workTree names, in place of a revision, what the folder holds now.
const workTree = "WORKTREE"

const (
	baseFlag     = "base"
	headFlag     = "head"
	noImpactFlag = "no-impact"
)

func policyImpactCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "impact",
		Usage:     "say what a change of the policies changes for the objects of a snapshot",
		ArgsUsage: "[FOLDER]",
		Description: "Compares two revisions of the folder given, else of the one that coexist.yaml names, as Git keeps them, and evaluates both for every\n" +
			"object of a snapshot made with \"coexist snapshot save\". Neither the directory nor the tenant is asked.",
		Flags: []cli.Flag{
			configFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text, json or markdown, which is for a comment on a pull request"},
			&cli.StringFlag{Name: baseFlag, Usage: "`REV` that is in force, such as origin/main"},
			&cli.StringFlag{Name: headFlag, Value: workTree, Usage: "`REV` that is proposed; " + workTree + " is what the folder holds now"},
			&cli.StringFlag{Name: snapshotFlag, Usage: "snapshot `FILE`"},
			asOfFlag, fullFlag,
			detailed("a decision changes"),
			&cli.BoolFlag{Name: noImpactFlag, Usage: "exit with 4 when a decision changes: for changes that are meant to change nothing"},
		},
		Action: func(x *cli.Context) error { return policyImpact(x, c) },
	}
}

func policyImpact(x *cli.Context, c *console) error {
	form := x.String("output")
	switch {
	case form != "text" && form != "json" && form != "markdown":
		return usagef("unknown output form %q; there are text, json and markdown", form)
	case x.String(baseFlag) == "":
		return usagef("option --%s is missing: name the revision that is in force, such as origin/main", baseFlag)
	case x.String(snapshotFlag) == "":
		return usagef("option --%s is missing: name a file that coexist snapshot save made", snapshotFlag)
	}
	at, _, err := asOf(x, c)
	if err != nil {
		return err
	}
	folder, err := policyFolder(x)
	if err != nil {
		return err
	}
	repo, err := revision.Open(x.Context, folder)
	if err != nil {
		return mark(errConfig, fmt.Errorf("%w; policy impact compares revisions of a Git repository", err))
	}
	base, baseName, err := policiesAt(x, repo, folder, x.String(baseFlag))
	if err != nil {
		return err
	}
	head, headName, err := policiesAt(x, repo, folder, x.String(headFlag))
	if err != nil {
		return err
	}
	snap, err := loadSnapshot(x.String(snapshotFlag))
	if err != nil {
		return err
	}
	m, err := impactOf(snap, base, head, at)
	if err != nil {
		return err
	}
	r := report.Impact{Impact: m, Base: baseName, Head: headName, Policies: folder, AsOf: at, TakenAt: takenAt(snap), Object: func(i int) report.Named { return nameIn(snap, i) }}
	if err := writeImpact(x, c, form, r); err != nil {
		return err
	}
	switch {
	case m.None():
		return nil
	case x.Bool(noImpactFlag):
		return mark(errUnmet, fmt.Errorf("%s changes decisions of %s, and shall change none", headName.Given, counted(m.Changed, "object", "objects")))
	case x.Bool(detailedFlag):
		return outcome(errChanges)
	}
	return nil
}

func writeImpact(x *cli.Context, c *console, form string, r report.Impact) error {
	o := c.options()
	o.Full = x.Bool(fullFlag.Name)
	switch form {
	case "json":
		return report.ImpactJSON(c.out, r)
	case "markdown":
		return report.ImpactMarkdown(c.out, r)
	}
	return report.ImpactText(c.out, r, o)
}

// policiesAt loads the policies of a revision.
func policiesAt(x *cli.Context, repo *revision.Repository, folder, rev string) (*rules.Set, report.Revision, error) {
	name := report.Revision{Given: rev}
	if rev == workTree {
		set, err := loadPolicies(folder)
		return set, name, err
	}
	commit, err := repo.Commit(x.Context, rev)
	if errors.Is(err, revision.ErrUnknown) {
		return nil, name, mark(errNotFound, err)
	}
	if err != nil {
		return nil, name, mark(errConfig, err)
	}
	name.Commit = commit
	files, err := repo.Folder(x.Context, commit)
	if err != nil {
		return nil, name, mark(errConfig, fmt.Errorf("revision %q: %w", rev, err))
	}
	set, err := readPolicies(files, rev+":"+folder) // which names the revision in every mistake
	return set, name, err
}

// impactOf compares two sets over a snapshot.
func impactOf(snap *snapshot.Snapshot, base, head *rules.Set, at time.Time) (*impact.Impact, error) {
	var sides [2]impact.Side
	for i, set := range []*rules.Set{base, head} {
		which := []string{"--" + baseFlag, "--" + headFlag}[i]
		if missing := unread(snap, set.Attributes()); len(missing) > 0 {
			return nil, mark(errConfig, fmt.Errorf("the policies of %s read %s, and the snapshot was taken without; take one with these policies", which, missing))
		}
		d, err := engine.NewDecider(snap, set, at)
		if err != nil {
			return nil, mark(errConfig, fmt.Errorf("the policies of %s: %w", which, err))
		}
		sides[i] = impact.Side{Set: set, Input: d.Input}
	}
	return impact.Compare(impact.Question{Base: sides[0], Head: sides[1], Schema: snap.Schema(), Objects: snap.Len(), AsOf: at, Workers: runtime.GOMAXPROCS(0)})
}

// unread gives the first attribute that policies read and a source of the snapshot was not asked for: its absence would read
// as empty.
func unread(snap *snapshot.Snapshot, wanted []string) string {
	for _, src := range snap.Sources() {
		have := map[string]bool{}
		for _, n := range src.Attributes {
			have[directory.Fold(n)] = true
		}
		for _, n := range wanted {
			if !have[directory.Fold(n)] {
				return n
			}
		}
	}
	return ""
}

// takenAt gives when the oldest source of a snapshot was read.
func takenAt(snap *snapshot.Snapshot) time.Time {
	var oldest time.Time
	for _, src := range snap.Sources() {
		if oldest.IsZero() || src.TakenAt.Before(oldest) {
			oldest = src.TakenAt
		}
	}
	return oldest
}

// nameIn names an object for people, and for programs.
func nameIn(snap *snapshot.Snapshot, i int) report.Named {
	o := nameOf(snap, i)
	return report.Named{Name: o.Name, UPN: o.UPN, DN: o.DN, GUID: o.GUID}
}
