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
		Subcommands: []*cli.Command{configSchemaCommand(c), {
			Name:        "check",
			Usage:       "check coexist.yaml, what it names on this machine, and the policies; connects to nothing",
			Description: "All mistakes are reported at once, with file, line and column. coexist doctor also connects.",
			Flags:       []cli.Flag{configFlag, outputFlag},
			Action: func(x *cli.Context) error {
				form, err := called(x)
				if err != nil {
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
				s.sayPasswords()
				if form {
					return writeJSON(c, "coexist.configuration", "configuration", map[string]any{"file": cfg.Path, "directories": len(list),
						"tenant": cfg.Tenant.ID, "policyFiles": len(s.policies.Files()), "writes": cfg.Writes})
				}
				writes := "writes are off: plans can be made, not applied"
				if cfg.Writes {
					writes = "writes are on"
				}
				_, err = fmt.Fprintf(c.out, "%s is valid: %s, tenant %s, %s; %s\n", report.Safe(cfg.Path), counted(len(list), "directory", "directories"),
					report.Safe(cfg.Tenant.ID), counted(len(s.policies.Files()), "policy file", "policy files"), writes)
				return err
			},
		}},
	}
}
