package main

import (
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/internal/wire"
)

func schemaCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of a form that programs read or write",
		Subcommands: []*cli.Command{{
			Name:  "wire",
			Usage: "what the PowerShell module and coexist say to each other with --wire jsonl",
			Action: func(x *cli.Context) error {
				if err := arguments(x); err != nil {
					return err
				}
				b, err := wire.Schema()
				if err != nil {
					return err
				}
				_, err = c.out.Write(b)
				return err
			},
		}},
	}
}
