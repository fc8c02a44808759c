package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/verify"
)

const (
	expectFlag = "expect"
	updateFlag = "update"
)

// expected is what the command line asks of decisions about a snapshot; snapshot is "" where nothing is asked.
type expected struct {
	snapshot, expect string
	update           bool
	asOf             string // as given
}

func readGolden(x *cli.Context) (expected, error) {
	g := expected{x.String(snapshotFlag), x.String(expectFlag), x.Bool(updateFlag), x.String(asOfFlag.Name)}
	switch {
	case (g.snapshot == "") != (g.expect == ""):
		return g, usagef("options --%s and --%s go together", snapshotFlag, expectFlag)
	case g.update && g.expect == "":
		return g, usagef("option --%s needs --%s and --%s", updateFlag, snapshotFlag, expectFlag)
	case g.asOf != "" && !g.update:
		return g, usagef("option --%s goes with --%s; otherwise the day is the one that the file of --%s says", asOfFlag.Name, updateFlag, expectFlag)
	}
	_, err := g.day(time.Time{})
	return g, err
}

// day gives the day of evaluation: the one asked for, else the one given.
func (g expected) day(otherwise time.Time) (time.Time, error) {
	if g.asOf == "" {
		return otherwise, nil
	}
	return parseInstant(g.asOf)
}

// run decides about the snapshot and holds that against the file, or writes the file. nil where nothing is asked.
func (g expected) run(set *rules.Set) (*verify.GoldenResult, error) {
	if g.snapshot == "" {
		return nil, nil
	}
	want, err := g.read()
	if err != nil {
		return nil, err
	}
	snap, err := loadSnapshot(g.snapshot)
	if err != nil {
		return nil, err
	}
	if missing := unread(snap, set.Attributes()); missing != "" {
		return nil, mark(errConfig, fmt.Errorf("the policies read %s, and the snapshot was taken without; take one with these policies", missing))
	}
	day := takenAt(snap)
	if want != nil {
		day = want.AsOf
	}
	if day, err = g.day(day); err != nil {
		return nil, err
	}
	d, err := engine.NewDecider(snap, set, day)
	if err != nil {
		return nil, mark(errConfig, err)
	}
	got := verify.Decide(snap.Len(), runtime.GOMAXPROCS(0), day, d.Evaluator, d.Input)
	out := &verify.GoldenResult{File: g.expect, AsOf: got.AsOf, Objects: len(got.Objects), Updated: g.update, Differences: []verify.GoldenDifference{}}
	if want != nil {
		out.Differences = append(out.Differences, want.Compare(got)...)
	}
	if !g.update {
		return out, nil
	}
	var b bytes.Buffer
	if err := got.Write(&b); err != nil {
		return nil, err
	}
	return out, atomicfile.Write(g.expect, b.Bytes())
}

// read gives what is expected; nil where it is to be written for the first time.
func (g expected) read() (*verify.Golden, error) {
	b, err := os.ReadFile(g.expect)
	switch {
	case errors.Is(err, fs.ErrNotExist) && g.update:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, mark(errNotFound, fmt.Errorf("%w; --%s writes it", err, updateFlag))
	case err != nil:
		return nil, err
	}
	want, err := verify.ReadGolden(b)
	if err != nil {
		return nil, mark(errConfig, fmt.Errorf("%s: %w; if it is the right file, write it anew: remove it, and give --%s", g.expect, err, updateFlag))
	}
	return want, nil
}
