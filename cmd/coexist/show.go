package main

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
)

func showCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "report a plan file, or a run by its id or its plan's digest",
		ArgsUsage: "PLAN|RUN",
		Flags:     []cli.Flag{configFlag, outputFlag, fullFlag, exchangeScriptFlag},
		Action: func(x *cli.Context) error {
			form, err := called(x, "PLAN or RUN")
			if err != nil {
				return err
			}
			name := x.Args().First()
			f, err := plan.Open(name)
			if err == nil {
				defer f.Close()
				if path := x.String(exchangeScriptFlag.Name); path != "" {
					if err := exchangeScript(c, f, path); err != nil {
						return err
					}
				}
				return showPlan(x, c, f, form)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if x.String(exchangeScriptFlag.Name) != "" {
				return noScript(name)
			}
			err = withStore(x, c, func(s *session) error {
				r, err := s.store.Run(x.Context, name)
				if err != nil {
					return err
				}
				return s.reportRun(x.Context, r, form, x.Bool(fullFlag.Name))
			})
			return absent(err, "%s is neither a plan file nor a run", name)
		},
	}
}

// showPlan reports a plan file and, where the store can be read, what became of it.
func showPlan(x *cli.Context, c *console, f *plan.File, json bool) error {
	s, end, err := standing(x, c, f)
	if err != nil {
		return err
	}
	defer end()
	if json {
		return report.ShownJSON(c.out, f, s)
	}
	o := planOptions(c, x.Args().First(), x)
	return errors.Join(report.Plan(c.out, f, o), report.Stand(c.out, f, s, o))
}

// standing asks the store what became of a plan. A plan can be looked at where there is no configuration and no store, and
// then nobody knows; a store that cannot be read is an error only when the configuration was named.
func standing(x *cli.Context, c *console, f *plan.File) (report.Standing, func(), error) {
	var out report.Standing
	for _, s := range f.Signatures() {
		out.Signed = append(out.Signed, base64Of(s.Key))
	}
	nobody := func() {}
	cfg, err := config.Load(x.String(configFlag.Name))
	if err != nil {
		if x.IsSet(configFlag.Name) {
			return out, nobody, mark(errConfig, err)
		}
		return out, nobody, nil
	}
	s := &session{console: c, cfg: cfg}
	if err := s.openStored(x.Context, store.Options{Existing: true}); err != nil {
		return out, nobody, nil
	}
	if out.Approvals, err = s.store.Approvals(x.Context, f.Digest()); err != nil {
		s.close()
		return out, nobody, err
	}
	r, err := s.store.Run(x.Context, f.Digest())
	if err != nil {
		return out, s.close, nil // it was not applied
	}
	p, err := s.performed(x.Context, r)
	out.Run = &p
	return out, s.close, err
}

// withStore opens what coexist remembers, and no more: neither directories nor policies need to be there. A store that is
// not there is not made: store.ErrMissing.
func withStore(x *cli.Context, c *console, f func(*session) error) error {
	cfg, err := load(x)
	if err != nil {
		return err
	}
	s := &session{console: c, cfg: cfg}
	if err := s.openStored(x.Context, store.Options{Existing: true}); err != nil {
		return err
	}
	defer s.close()
	return f(s)
}

// writeJSON writes a result as one document with its version and kind.
func writeJSON(c *console, kind, name string, value any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"formatVersion": report.FormatVersion, "kind": kind, name: value})
}
