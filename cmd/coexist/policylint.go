package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
)

func policyLintCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "prove which rules can never do anything",
		ArgsUsage: "[FOLDER]",
		Description: "Looks at the folder given, else at the one that coexist.yaml names, and shows rules that no object can make matter:\n" +
			"shadowed, impossible, duplicate, or with a constant condition. Exit code 4 when there are any.",
		Flags: []cli.Flag{configFlag, outputFlag},
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
			l := report.NewLinted(folder, set)
			if form {
				err = writeJSON(c, "coexist.policyLint", "lint", l)
			} else {
				err = report.Lint(c.out, l, c.options())
			}
			if err != nil || len(l.Findings) == 0 {
				return err
			}
			return mark(errUnmet, errors.New(counted(len(l.Findings), "finding", "findings")))
		},
	}
}
