package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/rules/entrarule"
)

const (
	groupFlag  = "group"
	personFlag = "person"
)

func policyImportCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "import-entra-rule",
		Usage:     "translate the rule of a dynamic membership group into a condition",
		ArgsUsage: "[RULE]",
		Description: "RULE is the membership rule as Microsoft Entra ID shows it; without it, it is read from standard input. Names of properties become those that\n" +
			"Active Directory has by Entra Connect's attribute flow. What has no counterpart is listed with the reason, and the exit code is 3.",
		Flags: []cli.Flag{outputFlag,
			&cli.StringSliceFlag{Name: groupFlag, Usage: "the directory's name of a group of the cloud: `ID=NAME`; may be repeated"},
			&cli.StringSliceFlag{Name: personFlag, Usage: "the distinguished name of a user of the cloud: `ID=DN`; may be repeated"}},
		Action: func(x *cli.Context) error {
			form, err := output(x)
			if err != nil {
				return err
			}
			rule := x.Args().First()
			if x.Args().Present() {
				err = arguments(x, "RULE")
			} else {
				rule, err = readRule(c.in)
			}
			if err != nil {
				return err
			}
			var o entrarule.Options
			if o.Groups, err = pairs(x, groupFlag); err != nil {
				return err
			}
			if o.People, err = pairs(x, personFlag); err != nil {
				return err
			}
			condition, err := entrarule.Translate(strings.TrimSpace(rule), o)
			if err != nil {
				return mark(errConfig, err)
			}
			if form {
				return writeJSON(c, "coexist.condition", "condition", conditionRow{strings.TrimSpace(rule), condition})
			}
			_, err = fmt.Fprintln(c.out, condition)
			return err
		},
	}
}

// readRule reads a rule from standard input, which is not much.
func readRule(in io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(in, 64<<10))
	if err != nil {
		return "", fmt.Errorf("read rule: %w", err)
	}
	if strings.TrimSpace(string(b)) == "" {
		return "", usagef("%w", errors.New("the rule is empty"))
	}
	return string(b), nil
}

// pairs reads an option of the form ID=NAME.
func pairs(x *cli.Context, option string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range x.StringSlice(option) {
		id, name, ok := strings.Cut(s, "=")
		if !ok || strings.TrimSpace(id) == "" || strings.TrimSpace(name) == "" {
			return nil, usagef("option --%s: %q is not of the form ID=NAME", option, s)
		}
		out[strings.TrimSpace(id)] = name
	}
	return out, nil
}

// conditionRow is a rule of Microsoft Entra ID and the condition that it becomes, as JSON shows them.
type conditionRow struct {
	Rule string `json:"rule"`
	When string `json:"when"`
}
