package main

import (
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/wire"
)

func schemaCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of a form that programs read or write",
		Subcommands: []*cli.Command{
			publishedSchema(c, "plan", "the members of a plan file; see docs/plan-file.md", plan.Schema),
			publishedSchema(c, "wire", "what the PowerShell module and coexist say to each other with --wire jsonl", wire.Schema),
		},
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
