package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules"
)

// remarkFlag is the form of results that are about places in files.
var remarkFlag = &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text, json, sarif or github"}

func policyCheckCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "load and compile policies",
		ArgsUsage: "[FOLDER]",
		Description: "Checks the folder given, else the one that coexist.yaml names. All mistakes are reported at once, each with its place and what was\n" +
			"probably meant. The forms sarif and github are for code scanning and for annotations of pull requests.",
		Flags: []cli.Flag{configFlag, remarkFlag},
		Action: func(x *cli.Context) error {
			form, err := remarkForm(x)
			if err != nil {
				return err
			}
			folder, err := policyFolder(x)
			if err != nil {
				return err
			}
			set, err := loadPolicies(folder)
			var problems strictyaml.Problems
			if err != nil && !errors.As(err, &problems) {
				return err
			}
			switch form {
			case "json":
				err = writeChecked(c, folder, set, problems)
			case "sarif":
				err = report.SARIF(c.out, located(report.Mistakes(problems)), report.MistakeRules(), version)
			case "github":
				err = report.GitHub(c.out, located(report.Mistakes(problems)))
			default:
				if err == nil {
					_, err = fmt.Fprintf(c.out, "%s is valid: %s, digest %s\n", report.Safe(folder), counted(len(set.Files()), "file", "files"), set.Digest())
				}
				return err
			}
			if err != nil || len(problems) == 0 {
				return err
			}
			return mark(errConfig, errors.New(found(len(problems))))
		},
	}
}

// checkedRow is what policy check found, as JSON shows it. Digest, files and policies are those of valid policies.
type checkedRow struct {
	Folder   string          `json:"folder"`
	Problems []report.Remark `json:"problems"`
	Files    int             `json:"files,omitempty"`
	Digest   string          `json:"digest,omitempty"`
	Policies []policyRow     `json:"policies,omitempty"`
}

func writeChecked(c *console, folder string, set *rules.Set, problems strictyaml.Problems) error {
	out := checkedRow{Folder: folder, Problems: report.Mistakes(problems)}
	if set != nil {
		out.Files, out.Digest, out.Policies = len(set.Files()), set.Digest(), policyRows(set)
	}
	return writeJSON(c, "coexist.policies", "policies", out)
}

// remarkForm reads the form of a result about places in files.
func remarkForm(x *cli.Context) (string, error) {
	switch f := x.String(remarkFlag.Name); f {
	case "text", "json", "sarif", "github":
		return f, nil
	default:
		return "", usagef("unknown output form %q; there are text, json, sarif and github", f)
	}
}

// located names files as seen from the working folder, which build systems take for the repository.
func located(remarks []report.Remark) []report.Remark {
	here, err := os.Getwd()
	for i := range remarks {
		r := &remarks[i]
		if err == nil && filepath.IsAbs(r.File) {
			if rel, err := filepath.Rel(here, r.File); err == nil && filepath.IsLocal(rel) {
				r.File = rel
			}
		}
		r.File = filepath.ToSlash(r.File)
	}
	return remarks
}
