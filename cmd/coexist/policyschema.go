package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules/schema"
)

const (
	jsonSchemaFlag = "json"
	ofFlag         = "of"
)

// configurationSchema is the name of the schema of coexist.yaml beside those of policy files.
const configurationSchema = "configuration"

func policySchemaCommand(c *console) *cli.Command {
	kinds := append(schema.Kinds(), configurationSchema)
	return &cli.Command{
		Name:      "schema",
		Usage:     "say what can stand in policy files, or print their JSON Schema",
		ArgsUsage: "[PATH]",
		Description: "PATH is a path of keys such as decisions.cloudType.rules.when; without it the top of the file is described.\n" +
			"Editors take the JSON Schema, for instance by a first line: # yaml-language-server: $schema=policy.schema.json",
		Flags: []cli.Flag{&cli.StringFlag{Name: ofFlag, Value: "policy", Usage: "`KIND` of file: " + strings.Join(kinds, ", ")},
			&cli.StringFlag{Name: jsonSchemaFlag, Usage: "print the JSON Schema (2020-12) of this `KIND` of file"}},
		Action: func(x *cli.Context) error {
			if kind := x.String(jsonSchemaFlag); kind != "" {
				if err := arguments(x); err != nil {
					return err
				}
				return printSchema(c, kind)
			}
			return describeSchema(x, c, x.String(ofFlag))
		},
	}
}

// configSchemaCommand is config schema.
func configSchemaCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "say what can stand in coexist.yaml, or print its JSON Schema",
		ArgsUsage: "[PATH]",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: jsonSchemaFlag, Usage: "print the JSON Schema (2020-12)"}},
		Action: func(x *cli.Context) error {
			if !x.Bool(jsonSchemaFlag) {
				return describeSchema(x, c, configurationSchema)
			}
			if err := arguments(x); err != nil {
				return err
			}
			return printSchema(c, configurationSchema)
		},
	}
}

// schemaOf finds the schema of a kind of file.
func schemaOf(kind string) (*schema.Schema, error) {
	if kind == configurationSchema {
		return config.Schema(), nil
	}
	if s := schema.Of(kind); s != nil {
		return s, nil
	}
	kinds := append(schema.Kinds(), configurationSchema)
	err := fmt.Errorf("there is no schema of %q; there are %s", kind, strings.Join(kinds, ", "))
	if hint := strictyaml.DidYouMean(kind, kinds); hint != "" {
		err = fmt.Errorf("%w; %s", err, hint)
	}
	return nil, usagef("%w", err)
}

func printSchema(c *console, kind string) error {
	s, err := schemaOf(kind)
	if err != nil {
		return err
	}
	b, err := s.JSON(kind)
	if err != nil {
		return err
	}
	_, err = c.out.Write(b)
	return err
}

// describeSchema writes help for a path of keys.
func describeSchema(x *cli.Context, c *console, kind string) error {
	path := x.Args().First()
	if x.Args().Present() {
		if err := arguments(x, "PATH"); err != nil {
			return err
		}
	}
	s, err := schemaOf(kind)
	if err != nil {
		return err
	}
	found, unknown := s.At(path)
	if unknown != "" {
		names := found.Names()
		slices.Sort(names)
		err := fmt.Errorf("there is no key %q; there are %s", unknown, strings.Join(slices.Compact(names), ", "))
		if len(names) == 0 {
			err = fmt.Errorf("there is no key %q: no keys stand below that", unknown)
		} else if hint := strictyaml.DidYouMean(unknown, names); hint != "" {
			err = fmt.Errorf("%w; %s", err, hint)
		}
		return mark(errNotFound, err)
	}
	return report.Schema(c.out, path, found, c.options())
}
