package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
)

// planLife is how long a plan may be applied: past that, what people approved is too far from what is.
const planLife = 24 * time.Hour

// previewFile is where a plan for another instant goes.
const previewFile = "preview.plan"

func planCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:        "plan",
		Usage:       "compare directory and tenant by the policies, and write a plan file and its report",
		Subcommands: []*cli.Command{refreshCommand(c)},
		Description: "Nothing is written to the tenant. The plan file is what coexist apply carries out, and nothing else.\n" +
			"With --objects, --ou, --object or a pilot group, only some objects are planned and nothing is deleted.\n" +
			"With --as-of the plan is a preview, which cannot be applied; it is written to preview.plan unless --out says otherwise.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, asOfFlag, objectsFlag, ouFlag, objectFlag,
			&cli.StringFlag{Name: "out", Value: "coexist.plan", Usage: "write the plan to this `FILE`"},
			signFlag,
			detailed("there are changes"),
			&cli.BoolFlag{Name: "strict-held", Usage: "exit with 7 when objects are held"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			request, err := requestOf(x, c)
			if err != nil {
				return err
			}
			path := x.String("out")
			if request.preview && !x.IsSet("out") {
				path = previewFile // what is there to be applied stays
			}
			if err := planAt(path); err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			if err := keyIsThere(x.String(signFlag.Name)); err != nil {
				return err
			}
			m, digest, err := s.planAndShow(x, path, request, form)
			if err != nil {
				return err
			}
			if err := s.signPlan(path, digest, x.String(signFlag.Name)); err != nil {
				return err
			}
			return planOutcome(m, x.Bool("strict-held"), x.Bool(detailedFlag))
		},
	}
}

// request is what a plan is asked for.
type request struct {
	wish    selection.Wish
	asOf    time.Time // zero for now
	preview bool
}

// requestOf reads the options that restrict and date a plan.
func requestOf(x *cli.Context, c *console) (request, error) {
	r := request{wish: selection.Wish{Objects: x.StringSlice(objectFlag.Name), OUs: x.StringSlice(ouFlag.Name), File: x.String(objectsFlag.Name)}}
	if r.wish.File != "" {
		b, err := os.ReadFile(r.wish.File)
		if err != nil {
			return r, usagef("option --objects: %w", err)
		}
		r.wish.CSV = b
	}
	if err := named(r.wish.Objects, r.wish.OUs); err != nil {
		return r, err
	}
	var err error
	r.asOf, r.preview, err = asOf(x, c)
	return r, err
}

// named checks what --object and --ou name, as far as that can be told without a directory.
func named(objects, ous []string) error {
	for _, text := range objects {
		if strings.TrimSpace(text) == "" {
			return usagef("option --object is empty")
		}
	}
	for _, text := range ous {
		if strings.TrimSpace(text) == "" {
			return usagef("option --ou is empty")
		}
		if _, err := ldap.ParseDN(text); err != nil {
			return usagef("option --ou: %q is not a DN like OU=Staff,DC=contoso,DC=example", text)
		}
	}
	return nil
}

// asOf reads the instant that dates are held against: now unless another is given.
func asOf(x *cli.Context, c *console) (at time.Time, preview bool, err error) {
	text := x.String(asOfFlag.Name)
	if text == "" {
		return c.now(), false, nil
	}
	at, err = parseInstant(text)
	return at, err == nil, err
}

// parseInstant reads what --as-of takes.
func parseInstant(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usagef("option --as-of: %q is neither a date like 2026-12-31 nor an instant like 2026-12-31T22:00:00Z", text)
}

// planAndShow makes a plan file and writes its report, or the plan as JSON.
func (s *session) planAndShow(x *cli.Context, path string, r request, json bool) (m plan.Manifest, digest string, err error) {
	if json {
		if m, digest, err = s.plan(x.Context, path, r, nil); err != nil {
			return m, "", err
		}
		f, err := openPlan(path)
		if err != nil {
			return m, "", err
		}
		defer f.Close()
		s.progress.clear()
		return m, digest, report.PlanJSON(s.out, f)
	}
	summary := report.NewSummary(planOptions(s.console, path, x))
	if m, digest, err = s.plan(x.Context, path, r, summary); err != nil {
		return m, "", err
	}
	s.progress.clear()
	return m, digest, summary.Write(s.out, m, digest)
}

// both gives what is planned to the plan file and to its report at once: reading a large plan back takes longer than
// making it.
type both struct{ file, report engine.Sink }

// Change implements engine.Sink.
func (b both) Change(c plan.Change) error { return errors.Join(b.file.Change(c), b.report.Change(c)) }

// Skip implements engine.Sink.
func (b both) Skip(k plan.Skip) error { return errors.Join(b.file.Skip(k), b.report.Skip(k)) }

// plan makes a plan file and tells also, unless it is nil, everything that goes into it.
func (s *session) plan(ctx context.Context, path string, r request, also engine.Sink) (m plan.Manifest, digest string, err error) {
	s.sayPasswords()
	in, err := s.inputs(ctx, r)
	if err != nil {
		return m, "", err
	}
	w, err := plan.CreateFile(path)
	if err != nil {
		return m, "", err
	}
	defer w.Abort()
	for _, f := range s.policies.Files() {
		if err := w.File(f.Path, f.Bytes); err != nil {
			return m, "", err
		}
	}
	var sink engine.Sink = w
	if also != nil {
		sink = both{w, also}
	}
	if m, err = engine.Plan(ctx, in, sink); err != nil {
		return m, "", err
	}
	m.Policy.Git = s.git(ctx)
	digest, err = w.Close(m)
	return m, digest, err
}

// inputs reads the sources and gathers what a plan is made from.
func (s *session) inputs(ctx context.Context, r request) (engine.Inputs, error) {
	var none engine.Inputs
	list, err := s.sources()
	if err != nil {
		return none, err
	}
	targets, err := s.readers()
	if err != nil {
		return none, err
	}
	snap, err := s.read(ctx, list, s.policies)
	if err != nil {
		return none, err
	}
	chosen, err := s.choose(r.wish, snap)
	if err != nil {
		return none, err
	}
	recent, failed, err := s.past(ctx)
	if err != nil {
		return none, err
	}
	return engine.Inputs{By: who().User, Shield: s.cfg.Protected, Recent: recent, Failed: failed, Snapshot: snap, Locator: locator(list), Targets: targets, Policies: s.policies, State: s.store,
		AsOf: r.asOf, Now: s.now(), Expiry: planLife, Guards: s.cfg.Guards, Selection: chosen, Offline: offline(list), Preview: r.preview, KeepDrift: s.cfg.ReportDrift,
		Version: version, Expr: exprVersion(), Workers: runtime.NumCPU(), Progress: connector.Progress(s.progress.report)}, nil
}

// window is how far back changes count for guards.
const window = 24 * time.Hour

// past gives what the changes of the last hours count for guards, and which changes the last run was refused for good.
func (s *session) past(ctx context.Context) (recent map[string]int, failed map[string]bool, err error) {
	if recent, err = s.store.Tally(ctx, s.now().Add(-window)); err != nil {
		return nil, nil, err
	}
	failed, err = s.store.Failed(ctx)
	return recent, failed, err
}

// keyIsThere finds a key that cannot be used before a plan is made for it.
func keyIsThere(path string) error {
	if path == "" {
		return nil
	}
	_, err := readKey(path)
	return err
}

// signPlan signs a plan file that was just made, and no other that lies in its place by now; without a key it does nothing.
func (s *session) signPlan(path, digest, keyFile string) error {
	if keyFile == "" {
		return nil
	}
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	f, err := openPlan(path)
	if err != nil {
		return err
	}
	defer f.Close() // read only
	if f.Digest() != digest {
		return mark(errRefused, fmt.Errorf("%s is not signed: somebody replaced it since it was made", path))
	}
	return f.Sign(key, who().User, s.now())
}

// choose resolves what a plan is restricted to.
func (s *session) choose(w selection.Wish, snap *snapshot.Snapshot) (*engine.Selection, error) {
	w.Pilot = s.cfg.Pilot
	chosen, err := selection.New(w, snap)
	if err != nil {
		return nil, notFound(err)
	}
	return chosen, nil
}

// planOptions gives how the report of a plan file is to look.
func planOptions(c *console, path string, x *cli.Context) report.Options {
	o := c.options()
	o.Full, o.Path = x.Bool(fullFlag.Name), path
	if config := x.String(configFlag.Name); config != configFlag.Value {
		o.Config = config
	}
	return o
}

// planOutcome tells what a plan comes to as an exit code.
func planOutcome(m plan.Manifest, strictHeld, detailed bool) error {
	held := 0
	for reason, n := range m.Skips {
		if plan.SkipReason(reason).Held() {
			held += n
		}
	}
	switch {
	case len(m.Exceeded()) > 0:
		return mark(errGuard, fmt.Errorf("guard %s is over its limit: the plan is written, and not applied as it stands", m.Exceeded()[0].Name))
	case strictHeld && held > 0:
		return mark(errPartial, errors.New(counted(held, "object or value is held", "objects or values are held")))
	case detailed && m.Changes() > 0:
		return outcome(errChanges)
	}
	return nil
}

// exprVersion gives the version of the expression language that is built in.
func exprVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, d := range b.Deps {
			if d.Path == "github.com/expr-lang/expr" {
				return d.Version
			}
		}
	}
	return "unknown"
}
