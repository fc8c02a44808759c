package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
)

func applyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "carry out a plan file, exactly",
		ArgsUsage: "PLAN",
		Description: "Each object is looked at again before it is written; what is no longer as planned is left alone and listed.\n" +
			"A run that was cut off or stopped is carried on by applying the same plan again; changes that failed need a new plan.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, allowFlag, reasonFlag},
		Action: func(x *cli.Context) error {
			if err := arguments(x, "PLAN"); err != nil {
				return err
			}
			form, err := output(x)
			if err != nil {
				return err
			}
			allow, err := overrides(x)
			if err != nil {
				return err
			}
			f, err := openPlan(x.Args().First())
			if err != nil {
				return err
			}
			defer f.Close()
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			return s.applyAndReport(x.Context, f, allow, "apply", form, x.Bool(fullFlag.Name))
		},
	}
}

// openPlan opens a plan file that the command line names.
func openPlan(path string) (*plan.File, error) {
	f, err := plan.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mark(errNotFound, err)
	}
	return f, err
}

// overrides reads --allow and --reason.
func overrides(x *cli.Context) ([]journal.Override, error) {
	var out []journal.Override
	reason := strings.TrimSpace(x.String(reasonFlag.Name))
	for _, text := range x.StringSlice(allowFlag.Name) {
		guard, digest, ok := strings.Cut(text, "@")
		switch {
		case !ok:
			return nil, usagef("option --allow: %q is not GUARD@DIGEST", text)
		case !slices.Contains(engine.GuardNames(), guard):
			return nil, usagef("option --allow: unknown guard %q; there are %s", guard, strings.Join(engine.GuardNames(), ", "))
		case reason == "":
			return nil, usagef("option --allow needs --reason")
		}
		out = append(out, journal.Override{Guard: guard, Plan: digest, Reason: reason})
	}
	return out, nil
}

// applyAndReport carries out a plan and writes the report of the run.
func (s *session) applyAndReport(ctx context.Context, f *plan.File, allow []journal.Override, mode string, json, full bool) error {
	res, err := s.apply(ctx, f, allow, mode)
	if err != nil && res.Run.ID == "" {
		return err
	}
	s.progress.clear()
	if reported := s.reportRun(context.WithoutCancel(ctx), res.Run, json, full); reported != nil {
		return errors.Join(err, reported)
	}
	return applyOutcome(res, err)
}

// applyOutcome tells what a run comes to as an exit code; err is why it could not go on.
func applyOutcome(res apply.Result, err error) error {
	switch {
	case err != nil:
		return err
	case res.Interrupted:
		return outcome(context.Canceled)
	case res.Run.State == journal.Stopped && slices.ContainsFunc(res.Failures, forbidden):
		return outcome(errSignIn)
	case !res.Complete():
		return outcome(errPartial)
	}
	return nil
}

// forbidden tells changes that failed for want of a sign-in or a permission.
func forbidden(e journal.Entry) bool {
	return e.FaultKind == fault.SignIn.String() || e.FaultKind == fault.Denied.String()
}

// apply carries out a plan file under the tenant's lease.
func (s *session) apply(ctx context.Context, f *plan.File, allow []journal.Override, mode string) (apply.Result, error) {
	m := f.Manifest()
	switch {
	case !s.cfg.Writes:
		return apply.Result{}, mark(errRefused, fmt.Errorf("plan refused: writes are off; set writes: true in %s once the plans are right", s.cfg.Path))
	case !directory.EqualFold(m.Tenant.ID, s.cfg.Tenant.ID):
		return apply.Result{}, mark(errRefused, fmt.Errorf("plan refused: it was made for tenant %s, and %s names tenant %s", m.Tenant.ID, s.cfg.Path, s.cfg.Tenant.ID))
	case m.Policy.Digest != s.policies.Digest():
		return apply.Result{}, mark(errRefused, errors.New("plan refused: the policies changed since it was made; plan again"))
	}
	target, err := s.target()
	if err != nil {
		return apply.Result{}, err
	}
	reconsider, err := s.reconsider(ctx, f)
	if err != nil {
		return apply.Result{}, err
	}
	lease, err := s.store.Acquire(ctx, m.Tenant.ID, who())
	if err != nil {
		return apply.Result{}, err
	}
	defer lease.Release() // it runs out by itself
	res, err := apply.Run(ctx, apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: target}, Journal: lease, Ledger: s.store,
		Reconsider: reconsider, Mode: mode, By: who(), Allow: allow, Now: s.now, Sleep: (&patience{console: s.console}).sleep,
		Progress: func(done, total int, _ journal.Entry) { s.progress.report(fmt.Sprintf("apply, of %d", total), done) }})
	if err == nil && res.Complete() {
		err = s.store.Observe(ctx, engine.Accepted(&m))
	}
	return res, err
}

// reconsider reads the sources once more and gives what decides again about one object, by the plan's own policies and
// instant: an object that was changed since the plan was made is then left alone. nil for a plan that was made offline.
// The whole source is read, because decisions depend on groups, and those on everybody.
func (s *session) reconsider(ctx context.Context, f *plan.File) (func(context.Context, directory.Anchor) (string, error), error) {
	m := f.Manifest()
	if m.Offline {
		return nil, nil
	}
	policies, err := readPolicies(f.Policy(), f.Path())
	if err != nil {
		return nil, err
	}
	list, err := s.sources()
	if err != nil {
		return nil, err
	}
	snap, err := s.read(ctx, list, policies)
	if err != nil {
		return nil, err
	}
	return engine.Reconsider(snap, policies, m.AsOf)
}

// reportRun writes the report of a run from the store.
func (s *session) reportRun(ctx context.Context, r journal.Run, json, full bool) error {
	p, err := s.performed(ctx, r)
	if err != nil {
		return err
	}
	if json {
		return report.RunJSON(s.out, p)
	}
	o := s.options()
	o.Full = full
	return report.Run(s.out, p, o)
}

// performed gathers what the store knows about a run.
func (s *session) performed(ctx context.Context, r journal.Run) (report.Performed, error) {
	counts, err := s.store.Counts(ctx, r.ID)
	return report.Performed{Run: r, Counts: counts, Entries: s.store.Entries(ctx, r.ID)}, err
}

// patience is how a run waits: the first long pause is said, since a run that begins with one looks as if it hung.
type patience struct {
	*console
	once sync.Once
}

// longPause is from when on a pause is worth a line.
const longPause = 5 * time.Second

// sleep waits, or returns the error of ctx when that ends first.
func (p *patience) sleep(ctx context.Context, d time.Duration) error {
	if d >= longPause {
		p.once.Do(func() {
			p.say("waiting %s before the tenant is asked again: it is busy, or a write that was cut off may not show yet", d.Round(time.Second))
		})
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
