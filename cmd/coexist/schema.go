package main

import (
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/wire"
)

func schemaCommand(c *console) *cli.Command {
	out := &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of a form that programs read or write",
		Subcommands: []*cli.Command{
			publishedSchema(c, "plan", "the members of a plan file; see docs/plan-file.md", plan.Schema),
			publishedSchema(c, "wire", "what the PowerShell module and coexist say to each other with --wire jsonl", wire.Schema),
		},
	}
	for _, f := range append(report.Forms(), policyForms()...) {
		out.Subcommands = append(out.Subcommands, publishedSchema(c, f.Name, f.Usage, f.Schema))
	}
	return out
}

// policyForms are the documents about policies that are made here.
func policyForms() []report.Form {
	return []report.Form{
		report.NewForm("check", "coexist policy check --output json; see docs/policy-tools.md", "coexist.policies", "policies", checkedRow{}),
		report.NewForm("fixture", "coexist policy fixture add --output json; see docs/policy-tests.md", "coexist.fixture", "fixture", fixtureRow{}),
		report.NewForm("fmt", "coexist policy fmt --output json; see docs/policy-tools.md", fmtKind, "files", rewrittenRow{}),
		report.NewForm("fix", "coexist policy fix --output json; see docs/policy-tools.md", fixKind, "files", rewrittenRow{}),
		report.NewForm("condition", "coexist policy import-entra-rule --output json; see docs/policy-tools.md", "coexist.condition", "condition", conditionRow{}),
	}
}

// publishedSchema is the command that prints one schema.
func publishedSchema(c *console, name, usage string, schema func() ([]byte, error)) *cli.Command {
	return &cli.Command{Name: name, Usage: usage, Action: func(x *cli.Context) error {
		if err := arguments(x); err != nil {
			return err
		}
		b, err := schema()
		if err != nil {
			return err
		}
		_, err = c.out.Write(b)
		return err
	}}
}
