package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/internal/strictyaml"
	"github.com/coexistsync/coexist/rules/format"
)

const onlyCheckFlag = "check"

// rewriter is a command that rewrites policy files.
type rewriter struct {
	// rewrite gives a file's new bytes and what was done, "" where it stays as it is.
	rewrite func(file string, b []byte) (out []byte, done string, problems strictyaml.Problems)
	kind    string // of the JSON form
	unmet   string // what is wrong with files that would change
}

func policyFmtCommand(c *console) *cli.Command {
	r := rewriter{kind: fmtKind, unmet: "not formatted", rewrite: func(file string, b []byte) ([]byte, string, strictyaml.Problems) {
		out, problems := format.Source(file, b)
		if bytes.Equal(out, b) {
			return out, "", problems
		}
		return out, "formatted", problems
	}}
	return &cli.Command{
		Name:      "fmt",
		Usage:     "lay policy files out in one way",
		ArgsUsage: "[FOLDER|FILE]",
		Description: "Puts keys in order and indents alike, in all YAML files of the folder given, else of the one that coexist.yaml names. Comments, values and\n" +
			"the kind of line breaks stay. With --" + onlyCheckFlag + " nothing is written, and the exit code is 4 when something would be.",
		Flags:  []cli.Flag{configFlag, outputFlag, &cli.BoolFlag{Name: onlyCheckFlag, Usage: "write nothing, and say which files would change"}},
		Action: func(x *cli.Context) error { return r.run(x, c) },
	}
}

func policyFixCommand(c *console) *cli.Command {
	r := rewriter{kind: fixKind, unmet: "of an earlier form", rewrite: func(file string, b []byte) ([]byte, string, strictyaml.Problems) {
		out, changed, problems := format.Fix(file, b)
		var done []string
		for _, m := range changed {
			done = append(done, m.About)
		}
		return out, strings.Join(done, "; "), problems
	}}
	return &cli.Command{
		Name:      "fix",
		Usage:     "bring policy files of earlier forms up to date",
		ArgsUsage: "[FOLDER|FILE]",
		Description: "Rewrites what is written otherwise today, and keeps comments. With --" + onlyCheckFlag + " nothing is written, and the exit code is 4 when\n" +
			"something would be.",
		Flags:  []cli.Flag{configFlag, outputFlag, &cli.BoolFlag{Name: onlyCheckFlag, Usage: "write nothing, and say which files would change"}},
		Action: func(x *cli.Context) error { return r.run(x, c) },
	}
}

// The kinds of the JSON forms.
const (
	fmtKind = "coexist.policyFormat"
	fixKind = "coexist.policyFix"
)

// rewrittenRow says what became of a folder, as JSON shows it.
type rewrittenRow struct {
	Files   int         `json:"files"`
	Changed []rewritten `json:"changed"`
	Written bool        `json:"written"`
}

// rewritten is one file that changed or would.
type rewritten struct {
	File string `json:"file"`
	Done string `json:"done"`
	new  []byte
}

// run reads all files before it writes the first, so that a mistake in one leaves all as they are.
func (r *rewriter) run(x *cli.Context, c *console) error {
	form, err := output(x)
	if err != nil {
		return err
	}
	folder, err := policyFolder(x)
	if err != nil {
		return err
	}
	files, err := yamlFiles(folder)
	if err != nil {
		return mark(errConfig, err)
	}
	changed := []rewritten{}
	var problems strictyaml.Problems
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return mark(errConfig, err)
		}
		out, done, wrong := r.rewrite(name, b)
		problems = append(problems, wrong...)
		if done != "" {
			changed = append(changed, rewritten{filepath.ToSlash(name), done, out})
		}
	}
	if len(problems) > 0 {
		return mark(errConfig, problems)
	}
	check := x.Bool(onlyCheckFlag)
	for _, f := range changed {
		if !check {
			if err := replaceFile(f.File, f.new); err != nil {
				return err
			}
		}
	}
	if form {
		err = writeJSON(c, r.kind, "files", rewrittenRow{len(files), changed, !check})
	} else {
		for _, f := range changed {
			if _, err = fmt.Fprintf(c.out, "%s: %s\n", report.Safe(f.File), f.Done); err != nil {
				return err
			}
		}
	}
	if err == nil && check && len(changed) > 0 {
		return mark(errUnmet, errors.New(counted(len(changed), "file is ", "files are ")+r.unmet))
	}
	return err
}

// replaceFile puts new bytes in the place of a file, which keeps its permissions.
func replaceFile(name string, b []byte) error {
	name = filepath.FromSlash(name)
	st, err := os.Stat(name)
	if err != nil {
		return err
	}
	f, err := atomicfile.Create(name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := f.Commit(); err != nil {
		return err
	}
	return os.Chmod(name, st.Mode().Perm())
}

// yamlFiles lists the YAML files of a folder, as policies are found in it, or the file itself.
func yamlFiles(folder string) (out []string, err error) {
	st, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return []string{folder}, nil
	}
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch ext := filepath.Ext(name); {
		case err != nil:
			return err
		case name != folder && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.Type().IsRegular() && (ext == ".yaml" || ext == ".yml"):
			out = append(out, name)
		}
		return nil
	})
	return out, err
}
