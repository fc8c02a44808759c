package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
)

func configCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "work with coexist.yaml",
		Subcommands: []*cli.Command{{
			Name:        "check",
			Usage:       "check coexist.yaml, what it names on this machine, and the policies; connects to nothing",
			Description: "All mistakes are reported at once, with file, line and column. coexist doctor also connects.",
			Flags:       []cli.Flag{configFlag},
			Action: func(x *cli.Context) error {
				if err := arguments(x); err != nil {
					return err
				}
				cfg, err := load(x)
				if err != nil {
					return err
				}
				if err := cfg.Verify(); err != nil {
					return err
				}
				s := &session{console: c, cfg: cfg}
				if s.policies, err = loadPolicies(cfg.Policies); err != nil {
					return err
				}
				list, err := s.sources()
				if err != nil {
					return err
				}
				if _, err := s.target(); err != nil {
					return err
				}
				writes := "writes are off: plans can be made, not applied"
				if cfg.Writes {
					writes = "writes are on"
				}
				_, err = fmt.Fprintf(c.out, "%s is valid: %d directories, tenant %s, %d policy files; %s\n",
					report.Safe(cfg.Path), len(list), report.Safe(cfg.Tenant.ID), len(s.policies.Files()), writes)
				return err
			},
		}},
	}
}
