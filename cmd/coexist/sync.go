package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
)

func syncCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "plan, then apply within the guards; what a schedule runs",
		Description: "A plan that exceeds a guard is written and not applied; apply it by hand once it was looked at.\n" +
			"With --dry-run it ends after the plan's report. As JSON, plan and run are one document; run is null when nothing was applied.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, objectsFlag, ouFlag, objectFlag,
			&cli.BoolFlag{Name: "dry-run", Usage: "plan and report, write nothing"},
			&cli.StringFlag{Name: "out", Value: "coexist.plan", Usage: "write the plan to this `FILE`"}},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			form, err := output(x)
			if err != nil {
				return err
			}
			r, err := requestOf(x, c)
			if err != nil {
				return err
			}
			if err := planAt(x.String("out")); err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.sync(x, r, form)
		},
	}
}

// sync makes a plan and carries it out unless it exceeds a guard. Both are reported, as JSON in one document at the end.
func (s *session) sync(x *cli.Context, r request, json bool) error {
	if json {
		return s.syncJSON(x, r)
	}
	path := x.String("out")
	m, err := s.planAndShow(x, path, r, false)
	if err != nil || !goesOn(x, &m) {
		return errors.Join(err, planOutcome(m, false, false))
	}
	f, err := openPlan(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintln(s.out)
	return s.applyAndReport(x.Context, f, nil, "sync", false, x.Bool(fullFlag.Name))
}

// goesOn reports whether sync applies a plan.
func goesOn(x *cli.Context, m *plan.Manifest) bool {
	return !x.Bool("dry-run") && m.Changes() > 0 && len(m.Exceeded()) == 0
}

// syncJSON is sync with its result as one document.
func (s *session) syncJSON(x *cli.Context, r request) error {
	path := x.String("out")
	m, _, err := s.plan(x.Context, path, r, nil)
	if err != nil {
		return err
	}
	f, err := openPlan(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !goesOn(x, &m) {
		s.progress.clear()
		return errors.Join(report.SyncJSON(s.out, f, nil), planOutcome(m, false, false))
	}
	res, err := s.apply(x.Context, f, nil, "sync")
	s.progress.clear()
	if res.Run.ID == "" {
		return errors.Join(err, report.SyncJSON(s.out, f, nil))
	}
	p, failed := s.performed(context.WithoutCancel(x.Context), res.Run)
	if failed == nil {
		failed = report.SyncJSON(s.out, f, &p)
	}
	return errors.Join(failed, applyOutcome(res, err))
}
