package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
)

func policyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "work with policies",
		Subcommands: []*cli.Command{{
			Name:        "check",
			Usage:       "load and compile policies",
			ArgsUsage:   "[FOLDER]",
			Description: "Checks the folder given, else the one that coexist.yaml names. All mistakes are reported at once.",
			Flags:       []cli.Flag{configFlag},
			Action: func(x *cli.Context) error {
				folder := x.Args().First()
				if folder == "" {
					cfg, err := load(x)
					if err != nil {
						return err
					}
					folder = cfg.Policies
				} else if err := arguments(x, "FOLDER"); err != nil {
					return err
				}
				if _, err := os.Stat(folder); err != nil {
					return mark(errConfig, fmt.Errorf("policies: %w", err))
				}
				set, err := loadPolicies(folder)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.out, "%s is valid: %d files, digest %s\n", report.Safe(folder), len(set.Files()), set.Digest())
				return err
			},
		}},
	}
}
