package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

func syncCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "plan, then apply within the guards; what a schedule runs",
		Description: "A plan that exceeds a guard is written and not applied; apply it by hand once it was looked at.\n" +
			"With --dry-run it ends after the plan's report.",
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
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.sync(x, r, form)
		},
	}
}

// sync makes a plan and carries it out unless it exceeds a guard. Both reports are written; as JSON they are two documents,
// one after the other.
func (s *session) sync(x *cli.Context, r request, json bool) error {
	path := x.String("out")
	m, err := s.planAndShow(x, path, r, json)
	if err != nil || x.Bool("dry-run") || m.Changes() == 0 || len(m.Exceeded()) > 0 {
		return errors.Join(err, planOutcome(m, false, false))
	}
	f, err := openPlan(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !json {
		fmt.Fprintln(s.out)
	}
	return s.applyAndReport(x.Context, f, nil, "sync", json, x.Bool(fullFlag.Name))
}
