package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/directory"
)

func initTenantCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "tenant",
		Usage: "print a PowerShell script that makes the app registrations; read it, then run it as an administrator",
		Description: "Two registrations: one that may only read, for plans, and another for apply. Each signs in with a certificate of its own,\n" +
			"which the script makes and leaves on the machine where it runs. Nothing is changed by this command.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "tenant", Required: true, Usage: "tenant `ID`"},
			&cli.StringFlag{Name: "cloud", Value: "global", Usage: "`CLOUD`: global, usgov, usgovdod or china"},
			&cli.StringFlag{Name: "name", Value: "coexist", Usage: "`NAME` that the registrations begin with"},
			&cli.IntFlag{Name: "months", Value: 12, Usage: "how long the certificates last, in `MONTHS`"},
			&cli.BoolFlag{Name: "no-exchange", Usage: "leave Exchange Online out"},
		},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			s, err := newTenantScript(x)
			if err != nil {
				return err
			}
			return tenantScriptText.Execute(c.out, s)
		},
	}
}

//go:embed inittenant.ps1.tmpl
var tenantScriptSource string

var tenantScriptText = template.Must(template.New("script").Funcs(template.FuncMap{"ps": psString, "list": psList}).Parse(tenantScriptSource))

// tenantScript is what the script is made of.
type tenantScript struct {
	Tenant, Name, Environment, ExchangeEnvironment string
	Months                                         int
	Exchange                                       bool
	Plan, Apply                                    []string // permissions of Microsoft Graph
	ViewRoles, WriteRoles                          []string // management roles of Exchange Online
}

// Where the modules Microsoft.Graph and ExchangeOnlineManagement connect to, by the cloud's name in coexist.yaml.
var powershellClouds = map[string][2]string{"global": {"Global", "O365Default"}, "usgov": {"USGov", "O365USGovGCCHigh"},
	"usgovdod": {"USGovDoD", "O365USGovDoD"}, "china": {"China", "O365China"}}

func newTenantScript(x *cli.Context) (tenantScript, error) {
	s := tenantScript{Tenant: strings.ToLower(x.String("tenant")), Name: x.String("name"), Months: x.Int("months"), Exchange: !x.Bool("no-exchange"),
		Plan: graph.LeastPermissions(false), Apply: graph.LeastPermissions(true),
		// Least roles for the cmdlets used (Get-ManagementRole -Cmdlet).
		ViewRoles:  []string{"View-Only Recipients", "View-Only Configuration"},
		WriteRoles: []string{"Mail Recipients", "Mail Recipient Creation", "Distribution Groups", "Security Group Creation and Membership", "Legal Hold", "View-Only Recipients", "View-Only Configuration"}}
	if _, err := directory.ParseGUID(s.Tenant); err != nil {
		return s, usagef("option --tenant: %q is not a tenant id, which is a GUID", s.Tenant)
	}
	cloud, ok := powershellClouds[x.String("cloud")]
	if !ok {
		return s, usagef("option --cloud: %q is none of global, usgov, usgovdod and china", x.String("cloud"))
	}
	s.Environment, s.ExchangeEnvironment = cloud[0], cloud[1]
	if s.Name == "" || len(s.Name) > 60 || strings.ContainsFunc(s.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return s, usagef("option --name: 1 to 60 printable characters are expected")
	}
	if s.Months < 1 || s.Months > 24 {
		return s, usagef("option --months: 1 to 24 are expected, not %d", s.Months)
	}
	return s, nil
}

// psString writes a text as PowerShell in single quotes, where nothing but the quotes themselves means anything; PowerShell
// takes typographic quotes for quotes too.
func psString(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return "'" + b.String() + "'"
}

// psList writes texts as a PowerShell list, a line each.
func psList(list []string) string {
	out := make([]string, len(list))
	for i, s := range slices.All(list) {
		out[i] = "    " + psString(s)
	}
	return fmt.Sprintf("@(\n%s\n)", strings.Join(out, "\n"))
}
