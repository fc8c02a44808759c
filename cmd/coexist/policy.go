package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/rules"
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
					return writeJSON(c, "coexist.policies", "policies", map[string]any{"folder": folder, "files": len(set.Files()), "digest": set.Digest(), "policies": policyRows(set)})
				}
				_, err = fmt.Fprintf(c.out, "%s is valid: %s, digest %s\n", report.Safe(folder), counted(len(set.Files()), "file", "files"), set.Digest())
				return err
			},
		}},
	}
}

// policyRow is one policy as policy check lists it in its JSON form.
type policyRow struct {
	Name        string   `json:"name"`
	File        string   `json:"file"`
	Owner       string   `json:"owner,omitempty"`
	Description string   `json:"description,omitempty"`
	Decisions   []string `json:"decisions"`
	Rules       int      `json:"rules"`
}

func policyRows(set *rules.Set) []policyRow {
	rows := []policyRow{}
	for _, p := range set.Policies() {
		r := policyRow{Name: p.Name, File: p.File, Owner: p.Owner, Description: p.Description, Decisions: []string{}}
		for _, d := range p.Decisions {
			r.Decisions, r.Rules = append(r.Decisions, d.Name), r.Rules+len(d.Rules)
		}
		rows = append(rows, r)
	}
	return rows
}
