package main

import (
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/rules"
)

func policyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:        "policy",
		Usage:       "work with policies",
		Subcommands: []*cli.Command{policyCheckCommand(c), policyTestCommand(c), policyImpactCommand(c), policyFixtureCommand(c), policyLintCommand(c), policyFmtCommand(c), policyFixCommand(c), policySchemaCommand(c), policyImportCommand(c)},
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
