package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
)

func refreshCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "refresh",
		Usage:     "make a plan again and compare it with the old one",
		ArgsUsage: "OLD",
		Description: "The new plan is identical, a subset, or holds new changes, which are listed. What was approved of the old plan is approved\n" +
			"of a new one that is identical or a subset: only what does the same to the same object counts as the same. Restrict it as\n" +
			"the old one was restricted.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, objectsFlag, ouFlag, objectFlag,
			&cli.StringFlag{Name: "out", Value: "refreshed.plan", Usage: "write the new plan to this `FILE`"},
			detailed("there are new changes")},
		Action: func(x *cli.Context) error {
			form, err := called(x, "OLD")
			if err != nil {
				return err
			}
			r, err := requestOf(x, c)
			if err != nil {
				return err
			}
			path := x.String("out")
			if err := planAt(path); err != nil {
				return err
			}
			older, err := openPlan(x.Args().First())
			if err != nil {
				return err
			}
			defer older.Close() // read only
			if sameFile(older.Path(), path) {
				return usagef("option --out: %s is the old plan; name another file", path)
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.refresh(x, older, path, r, form)
		},
	}
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// refresh makes the new plan, compares it, and remembers when an approval of the old one holds for it.
func (s *session) refresh(x *cli.Context, older *plan.File, path string, r request, json bool) error {
	was := older.Manifest()
	switch {
	case was.Undoes != "":
		return mark(errRefused, fmt.Errorf("%s takes back run %s; make it again with coexist undo", older.Path(), report.Safe(was.Undoes)))
	case !directory.EqualFold(was.Tenant.ID, s.cfg.Tenant.ID):
		return mark(errRefused, coded("plan.tenant", "%s was made for tenant %s, and %s names tenant %s", older.Path(), was.Tenant.ID, s.cfg.Path, s.cfg.Tenant.ID))
	}
	m, _, err := s.plan(x.Context, path, r, nil)
	if err != nil {
		return err
	}
	newer, err := openPlan(path)
	if err != nil {
		return err
	}
	defer newer.Close() // read only
	limit := 20
	if x.Bool(fullFlag.Name) {
		limit = m.Changes() + was.Changes()
	}
	cmp, err := report.Compare(older, newer, limit)
	if err != nil {
		return err
	}
	if cmp.Verdict != report.Exceeds && !was.Preview {
		if err := s.store.Subset(x.Context, newer.Digest(), older.Digest()); err != nil {
			return err
		}
	}
	s.progress.clear()
	if err := writeRefresh(s.out, cmp, json, s.options()); err != nil {
		return err
	}
	return errors.Join(planOutcome(m, false, false), refreshOutcome(cmp, x.Bool(detailedFlag)))
}

func writeRefresh(w io.Writer, c report.Compared, asJSON bool, o report.Options) error {
	if !asJSON {
		return report.Refreshed(w, c, o)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

func refreshOutcome(c report.Compared, detailed bool) error {
	if detailed && c.Verdict == report.Exceeds {
		return outcome(errChanges)
	}
	return nil
}
