package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
)

func showCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "report a plan file, or a run by its id or its plan's digest",
		ArgsUsage: "PLAN|RUN",
		Flags:     []cli.Flag{configFlag, outputFlag, fullFlag},
		Action: func(x *cli.Context) error {
			if err := arguments(x, "PLAN or RUN"); err != nil {
				return err
			}
			form, err := output(x)
			if err != nil {
				return err
			}
			name := x.Args().First()
			f, err := plan.Open(name)
			if err == nil {
				defer f.Close()
				if form {
					return report.PlanJSON(c.out, f)
				}
				return report.Plan(c.out, f, planOptions(c, name, x))
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return withStore(x, c, func(s *session) error {
				r, err := s.store.Run(x.Context, name)
				if errors.Is(err, store.ErrNoRun) {
					return mark(errNotFound, fmt.Errorf("%s is neither a plan file nor a run", name))
				}
				if err != nil {
					return err
				}
				return s.reportRun(x.Context, r, form, x.Bool(fullFlag.Name))
			})
		},
	}
}

func runsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "runs",
		Usage: "list what was applied, the newest first",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.IntFlag{Name: "limit", Value: 20, Usage: "list at most this `NUMBER`; 0 for all"}},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			form, err := output(x)
			if err != nil {
				return err
			}
			return withStore(x, c, func(s *session) error {
				list, err := s.store.Runs(x.Context, x.Int("limit"))
				if err != nil {
					return err
				}
				counts := make([]journal.Counts, len(list))
				for i, r := range list {
					if counts[i], err = s.store.Counts(x.Context, r.ID); err != nil {
						return err
					}
				}
				if form {
					return runsJSON(c, list, counts)
				}
				return report.Runs(c.out, list, counts)
			})
		},
	}
}

// withStore opens what the configuration remembers, and no more: neither directories nor policies need to be there.
func withStore(x *cli.Context, c *console, f func(*session) error) error {
	cfg, err := load(x)
	if err != nil {
		return err
	}
	s := &session{console: c, cfg: cfg}
	if err := s.openStore(x.Context); err != nil {
		return err
	}
	defer s.close()
	return f(s)
}

// runsJSON writes one document: formatVersion, kind "coexist.runs", and the array runs with their counts.
func runsJSON(c *console, list []journal.Run, counts []journal.Counts) error {
	type row struct {
		journal.Run
		Counts journal.Counts `json:"counts"`
	}
	rows := make([]row, len(list))
	for i := range list {
		rows[i] = row{list[i], counts[i]}
	}
	return writeJSON(c, "coexist.runs", "runs", rows)
}

// writeJSON writes a result as one document with its version and kind.
func writeJSON(c *console, kind, name string, value any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"formatVersion": report.FormatVersion, "kind": kind, name: value})
}
