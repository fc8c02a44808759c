package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/company"
	"github.com/coexistsync/coexist/policies"
)

func demoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "plan and apply a sample company against a rehearsal tenant on this machine",
		Description: "Makes an LDIF export of a company of 600 objects, starts a rehearsal tenant, plans, says what the plan comes to, applies it,\n" +
			"lets the mailboxes come, works off what waited for them, and plans until nothing is left. Needs no directory, no tenant and no network.\n" +
			"The whole dry-run report, the export, the policies and the plan are left in a folder that it names.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "full", Usage: "print the whole dry-run report, with every object"},
			&cli.StringFlag{Name: "dir", Usage: "leave the files in this new or empty `FOLDER` instead of a temporary one"},
			&cli.BoolFlag{Name: "serve", Usage: "keep the tenant up for exploring until interrupted"}},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			dir, err := demoFolder(x.String("dir"))
			if err != nil {
				return err
			}
			return (&demo{console: c, dir: dir, full: x.Bool(fullFlag.Name)}).run(x.Context, x.Bool("serve"))
		},
	}
}

// demoFolder gives the folder to work in. It stays, for whoever wants to look closer.
func demoFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "coexist-demo-")
	}
	dir, err := filepath.Abs(dir) // it is named in a line for another shell
	if err != nil {
		return "", err
	}
	list, err := os.ReadDir(dir)
	if err == nil && len(list) > 0 {
		return "", usagef("option --dir: %s is not empty", filepath.Base(dir))
	}
	if err != nil {
		err = os.MkdirAll(dir, 0o755)
	}
	return dir, err
}

// demo is one demonstration. It begins at the instant that the sample company's directory was read, so that it comes out the
// same on every day.
type demo struct {
	*console
	dir    string
	full   bool
	passed time.Duration // the time that the demonstration let pass
}

func (d *demo) run(ctx context.Context, serve bool) error {
	began := time.Now()
	d.now = func() time.Time { return company.At().Add(time.Since(began) + d.passed) }
	c := company.Generate(company.Options{})
	server, err := d.prepare(c)
	if err != nil {
		return err
	}
	defer server.Close() // the process ends
	if err := d.rehearse(ctx); err != nil || !serve {
		return err
	}
	d.say("\nThe tenant stays up. In another shell:\n\n  cd %s\n  export %s=%s\n  %s plan\n  %s explain SOMEBODY\n\nChange policies/ or tailspin.ldif and plan again. Ctrl-C ends it.",
		d.dir, rehearsalSecret, server.ClientSecret, program(), program())
	return untilInterrupted(ctx)
}

// program gives what starts this program from any folder.
func program() string {
	path, err := os.Executable()
	switch {
	case err != nil:
		return "coexist"
	case strings.ContainsAny(path, " '()&;$"):
		return strconv.Quote(path)
	}
	return path
}

// prepare writes the company's export, the policies and the configuration, and starts the tenant.
func (d *demo) prepare(c *company.Company) (*sandbox.Server, error) {
	ldif := filepath.Join(d.dir, company.Tenant+".ldif")
	f, err := os.OpenFile(ldif, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.WriteLDIF(f), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Chtimes(ldif, company.At(), company.At()); err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(d.dir, "policies"), policies.Sample()); err != nil {
		return nil, err
	}
	t, err := companyTenant(c, 1, d.now)
	if err != nil {
		return nil, err
	}
	s, err := sandbox.Serve("127.0.0.1:0", t)
	if err != nil {
		return nil, err
	}
	sources := fmt.Sprintf("  - name: %s\n    ldif: %s", company.Tenant, filepath.Base(ldif))
	if err := os.WriteFile(d.config(), []byte(rehearsalConfig(s, sources)), 0o600); err != nil {
		s.Close()
		return nil, err
	}
	if err := os.Setenv(rehearsalSecret, s.ClientSecret); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (d *demo) config() string { return filepath.Join(d.dir, configFlag.Value) }

// rehearse plans, explains, applies, and plans again.
func (d *demo) rehearse(ctx context.Context) error {
	cfg, err := config.Load(d.config())
	if err != nil {
		return err
	}
	s, err := open(ctx, d.console, cfg)
	if err != nil {
		return err
	}
	defer s.close()
	d.chapter("coexist plan: what would be done, before anything is")
	if _, err := d.plan(ctx, s); err != nil {
		return err
	}
	if err := d.reports(); err != nil {
		return err
	}
	d.chapter("coexist explain " + demoObject + " --decision " + demoDecision + ": why")
	if err := d.explain(ctx, s); err != nil {
		return err
	}
	d.chapter("coexist apply: exactly this plan")
	if err := d.apply(ctx, s); err != nil {
		return err
	}
	d.passed += half
	d.chapter("coexist tasks run: half an hour later the mailboxes are there, and what waited for them is done")
	if err := d.tasks(ctx, s); err != nil {
		return err
	}
	d.chapter("coexist sync: lists and permissions of those who have a mailbox now")
	if _, err := d.plan(ctx, s); err != nil {
		return err
	}
	if err := d.apply(ctx, s); err != nil {
		return err
	}
	d.chapter("coexist plan: what is left")
	m, err := d.plan(ctx, s)
	if err != nil {
		return err
	}
	if n := m.Changes(); n > 0 {
		return fmt.Errorf("%d changes are left after applying", n)
	}
	_, err = fmt.Fprintf(d.out, "Nothing: all %d objects are as the policies want them, or stand in the report with the reason why not.\n\nFiles: %s\n"+
		"  %-15s the whole report of the first plan, with every object\n  %-15s the directory\n  %-15s what decided, with its tests\n  %-15s where to read, where to write, and how much at once\n",
		m.Objects, d.dir, reportFile, company.Tenant+".ldif", "policies", configFlag.Value)
	return err
}

// The object that is explained, and the decision about it.
const (
	demoObject   = "lukas.bauer@tailspin.example"
	demoDecision = "licenses"
)

// explain says why one user gets his licences.
func (d *demo) explain(ctx context.Context, s *session) error {
	e, err := s.explain(ctx, demoObject, demoDecision, d.now())
	d.progress.clear()
	if err != nil {
		return err
	}
	return report.Explain(d.out, e, d.options())
}

// half is how long the demonstration waits for mailboxes.
const half = 30 * time.Minute

// apply carries out the plan that was made last.
func (d *demo) apply(ctx context.Context, s *session) error {
	f, err := openPlan(d.planFile())
	if err != nil {
		return err
	}
	defer f.Close()
	return s.applyAndReport(ctx, f, nil, "demo", false, d.full)
}

// tasks carries out the delayed tasks, after showing one of them.
func (d *demo) tasks(ctx context.Context, s *session) error {
	for t, err := range s.store.Tasks(ctx) {
		if err != nil {
			return err
		}
		if err := report.Task(d.out, t, d.options()); err != nil {
			return err
		}
		fmt.Fprintln(d.out)
		break
	}
	e, err := s.set(ctx, newRun(s.now())+"-tasks", "tasks")
	if err != nil {
		return err
	}
	defer e.close()
	res, err := e.carryTasks(true, nil, nil)
	d.progress.clear()
	if err != nil {
		return err
	}
	return errors.Join(report.TaskRun(d.out, tasked(res), d.options()), taskOutcome(res))
}

func (d *demo) planFile() string { return filepath.Join(d.dir, "coexist.plan") }

// plan makes a plan. What later plans skip was reported by the first.
func (d *demo) plan(ctx context.Context, s *session) (plan.Manifest, error) {
	m, _, err := s.plan(ctx, d.planFile(), request{asOf: d.now()}, nil)
	d.progress.clear()
	return m, err
}

// reportFile is where the whole report goes.
const reportFile = "report.txt"

// reports writes the whole report of the plan to a file, and what it comes to, or all of it, to the output. They name no
// command: the demonstration goes on by itself.
func (d *demo) reports() error {
	f, err := openPlan(d.planFile())
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := os.OpenFile(filepath.Join(d.dir, reportFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(report.Plan(w, f, report.Options{Full: true, Now: d.now()}), w.Close()); err != nil {
		return err
	}
	o := d.options()
	o.Full, o.Brief = d.full, !d.full
	return report.Plan(d.out, f, o)
}

// chapter sets the parts of the demonstration apart.
func (d *demo) chapter(title string) {
	d.progress.clear()
	fmt.Fprintf(d.out, "\n=== %s\n\n", title)
}
