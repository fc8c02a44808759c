package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/validate"
)

// validationForms are what --output may ask of validate.
var validationForms = []string{"text", "json", "csv", "markdown", "junit"}

func validateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "say what in the directory the cloud would refuse or change, and how to mend it",
		ArgsUsage: "[OBJECT…]",
		Description: "Nothing is written to the directory or the tenant. With OBJECT, a distinguished name, userPrincipalName, sAMAccountName or objectGUID,\n" +
			"everything is looked at and the findings of that object are told. What each check is about stands in docs/checks.\n" +
			"With --mailbox the way of one object to its mailbox is climbed rung by rung; the first broken one is the headline.\n" +
			"With --fix-plan DIR what can be mended is written as LDIF with its undo, and as a plan to be shown and approved.\n" +
			"With --since RUN|FILE, last or a report in JSON, only new findings are told, and those that are fixed.",
		Flags: []cli.Flag{configFlag, fullFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text, json, csv, markdown or junit"},
			&cli.BoolFlag{Name: "offline", Usage: "do not read the tenant; checks that need it are listed as not evaluated"},
			&cli.StringFlag{Name: "mode", Usage: "`MODE` of objects that are not in the cloud yet: provision when coexist makes them, activate when Entra Connect does; without it the tenant says"},
			&cli.StringFlag{Name: "severity", Value: "info", Usage: "tell findings from this `SEVERITY` on: error, warning or info"},
			&cli.StringFlag{Name: "since", Usage: "tell what is new and what is fixed since this `RUN`, which its report names; last, the latest that read as much; or a file of --output json"},
			&cli.StringFlag{Name: "fix-plan", Usage: "write what can be mended into this new `FOLDER`"},
			&cli.BoolFlag{Name: "mailbox", Usage: "say where the one OBJECT got stuck on its way to a mailbox"},
			&cli.BoolFlag{Name: "list-checks", Usage: "list all checks, and read nothing"},
			detailed("there are findings; with --since, new ones; with --mailbox, a broken rung")},
		Action: func(x *cli.Context) error {
			a, err := validationOf(x)
			if err != nil {
				return err
			}
			if a.list {
				return listChecks(c, a)
			}
			cfg, err := load(x)
			if err != nil {
				return err
			}
			if a.offline { // nobody signs in to the tenant, so that no secret is needed
				cfg.Tenant.Secret, cfg.Tenant.Password = config.Secret{}, config.Secret{}
			}
			s, err := open(x.Context, c, cfg)
			if err != nil {
				return err
			}
			defer s.close()
			work := s.validate
			if a.mailbox {
				work = s.diagnose
			}
			told, err := work(x.Context, a)
			if err == nil && told > 0 && x.Bool(detailedFlag) {
				return outcome(errChanges)
			}
			return err
		},
	}
}

// validation is what the command line asks for.
type validation struct {
	objects []string // none for everything
	form    string
	offline bool
	full    bool
	mode    cloud.Mode // "" where the tenant says
	least   validate.Severity
	since   string // a former validation, "" for none
	fixes   string // folder to write into, "" for none
	mailbox bool
	list    bool
}

// validationOf reads the command line.
func validationOf(x *cli.Context) (validation, error) {
	a := validation{form: x.String("output"), offline: x.Bool("offline"), full: x.Bool(fullFlag.Name), mode: cloud.Mode(x.String("mode")),
		since: x.String("since"), fixes: x.String("fix-plan"), mailbox: x.Bool("mailbox"), list: x.Bool("list-checks")}
	for _, name := range x.Args().Slice() {
		if strings.TrimSpace(name) == "" {
			return a, usagef("OBJECT is empty")
		}
		a.objects = append(a.objects, name)
	}
	if !slices.Contains(validationForms, a.form) {
		return a, usagef("unknown output form %q; there are text, json, csv, markdown and junit", a.form)
	}
	if !slices.Contains([]cloud.Mode{"", cloud.Provision, cloud.Activate}, a.mode) {
		return a, usagef("unknown mode %q; there are provision and activate", string(a.mode))
	}
	least, ok := severityNamed(x.String("severity"))
	if !ok {
		return a, usagef("unknown severity %q; there are error, warning and info", x.String("severity"))
	}
	a.least = least
	return a, a.fits()
}

// fits checks which options go together.
func (a validation) fits() error {
	plain := a.form == "text" || a.form == "json"
	switch {
	case a.list && (len(a.objects) > 0 || a.mailbox || a.since != "" || a.fixes != ""):
		return usagef("option --list-checks reads nothing, and goes with --output alone")
	case a.mailbox && len(a.objects) != 1:
		return usagef("option --mailbox needs one OBJECT, and %d are given", len(a.objects))
	case a.mailbox && (a.since != "" || a.fixes != ""):
		return usagef("option --mailbox goes with neither --since nor --fix-plan")
	case (a.mailbox || a.list) && !plain:
		return usagef("output form %q is for findings; there are text and json here", a.form)
	case a.fixes != "":
		return fixFolder(a.fixes)
	}
	return nil
}

// listChecks writes the table of all checks.
func listChecks(c *console, a validation) error {
	if a.form == "json" {
		return report.ChecksJSON(c.out)
	}
	o := c.options()
	o.Full = a.full
	if err := report.Checks(c.out, o); err != nil {
		return fmt.Errorf("list checks: %w", err)
	}
	return nil
}
