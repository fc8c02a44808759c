package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
)

func policyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "work with policies",
		Subcommands: []*cli.Command{policyTestCommand(c), policyLintCommand(c), {
			Name:        "check",
			Usage:       "load and compile policies",
			ArgsUsage:   "[FOLDER]",
			Description: "Checks the folder given, else the one that coexist.yaml names. All mistakes are reported at once.",
			Flags:       []cli.Flag{configFlag, outputFlag},
			Action: func(x *cli.Context) error {
				form, err := output(x)
				if err != nil {
					return err
				}
				folder, err := policyFolder(x)
				if err != nil {
					return err
				}
				set, err := loadPolicies(folder)
				if err != nil {
					return err
				}
				if form {
					return writeJSON(c, "coexist.policies", "policies", map[string]any{"folder": folder, "files": len(set.Files()), "digest": set.Digest()})
				}
				_, err = fmt.Fprintf(c.out, "%s is valid: %s, digest %s\n", report.Safe(folder), counted(len(set.Files()), "file", "files"), set.Digest())
				return err
			},
		}},
	}
}
