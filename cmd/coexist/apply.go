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
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
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
			"A run that was cut off or stopped is carried on by applying the same plan again, or with --resume, where a run may be named\n" +
			"in place of the plan; without a name it is the last one. Changes that failed need a new plan.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, allowFlag, reasonFlag, untilFlag,
			&cli.BoolFlag{Name: "resume", Usage: "carry on a run that was cut off or stopped"}},
		Action: func(x *cli.Context) error {
			if err := planArgument(x); err != nil {
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
			until, err := windowEnd(x, c)
			if err != nil {
				return err
			}
			var f *plan.File
			if !x.Bool("resume") {
				if f, err = openPlan(x.Args().First()); err != nil {
					return err
				}
				defer f.Close()
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			if f == nil {
				if f, err = s.planToResume(x.Context, x.Args().First()); err != nil {
					return err
				}
				defer f.Close()
			}
			return s.carryOut(x.Context, f, terms{allow: allow, mode: "apply", until: until}, form, x.Bool(fullFlag.Name))
		},
	}
}

// planArgument demands a PLAN, which --resume can do without.
func planArgument(x *cli.Context) error {
	if x.Bool("resume") && x.Args().Len() == 0 {
		return nil
	}
	return arguments(x, "PLAN")
}

// untilFlag ends a change window.
var untilFlag = &cli.StringFlag{Name: "until", Usage: "begin no change from this `TIME` on: 05:30 on this machine's clock, or 2026-12-31T05:30:00Z"}

// windowEnd reads --until: the next time that the clock on the wall shows it.
func windowEnd(x *cli.Context, c *console) (time.Time, error) {
	text := x.String(untilFlag.Name)
	if text == "" {
		return time.Time{}, nil
	}
	now := c.now()
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		if !at.After(now) {
			return at, usagef("option --until: %s is over", text)
		}
		return at, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return at, usagef("option --until: %q is neither a time like 05:30 nor an instant like 2026-12-31T05:30:00Z", text)
	}
	local := now.In(time.Local)
	end := time.Date(local.Year(), local.Month(), local.Day(), at.Hour(), at.Minute(), 0, 0, time.Local)
	if !end.After(now) {
		end = time.Date(local.Year(), local.Month(), local.Day()+1, at.Hour(), at.Minute(), 0, 0, time.Local)
	}
	return end, nil
}

// planToResume opens the plan of a run that is to be carried on: named by the run, or by a plan file, or the last one.
func (s *session) planToResume(ctx context.Context, name string) (*plan.File, error) {
	if f, err := plan.Open(name); name != "" && !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	r, err := s.runToResume(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := plan.Open(s.keptPlan(r.Plan))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mark(errNotFound, fmt.Errorf("the plan of run %s is not kept beside the store; name its file: coexist apply PLAN", r.ID))
	}
	return f, err
}

func (s *session) runToResume(ctx context.Context, name string) (journal.Run, error) {
	if name != "" {
		r, err := s.runNamed(ctx, name)
		switch {
		case err != nil:
			return r, err
		case r.State == journal.Finished || r.Plan == "":
			return r, mark(errRefused, fmt.Errorf("run %s is %s: there is nothing to carry on", r.ID, r.State))
		}
		return r, nil
	}
	list, err := s.store.Runs(ctx, 0)
	if err != nil {
		return journal.Run{}, err
	}
	i := slices.IndexFunc(list, func(r journal.Run) bool {
		return r.Plan != "" && (r.State == journal.Running || r.State == journal.Interrupted || r.State == journal.Stopped)
	})
	if i < 0 {
		return journal.Run{}, mark(errNotFound, errors.New("no run was cut off or stopped: there is nothing to carry on"))
	}
	return list[i], nil
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

// terms say how a plan is to be carried out.
type terms struct {
	allow []journal.Override
	mode  string    // the command, for the list of runs
	until time.Time // no change is begun from then on; zero for no end
}

// applyAndReport carries out a plan and writes the report of the run.
func (s *session) applyAndReport(ctx context.Context, f *plan.File, allow []journal.Override, mode string, json, full bool) error {
	return s.carryOut(ctx, f, terms{allow: allow, mode: mode}, json, full)
}

// carryOut carries out a plan and writes the report of the run.
func (s *session) carryOut(ctx context.Context, f *plan.File, t terms, json, full bool) error {
	if err := s.acceptable(f); err != nil {
		return err
	}
	run := newRun(s.now())
	if found, err := s.store.Run(ctx, f.Digest()); err == nil {
		run = found.ID
	}
	e, err := s.set(ctx, run, t.mode)
	if err != nil {
		return err
	}
	defer e.close()
	res, _, err := e.apply(f, t)
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
	case errors.Is(res.Cause, apply.ErrWindow):
		return outcome(errPartial)
	case res.Interrupted:
		return askedToEnd(res.Cause)
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

// acceptable holds a plan against the configuration.
func (s *session) acceptable(f *plan.File) error {
	if err := writesAD(f); err != nil {
		return err
	}
	m := f.Manifest()
	switch {
	case !s.cfg.Writes:
		return mark(errRefused, coded("writes.off", "plan refused: writes are off; set writes: true in %s once the plans are right", s.cfg.Path))
	case !directory.EqualFold(m.Tenant.ID, s.cfg.Tenant.ID):
		return mark(errRefused, coded("plan.tenant", "plan refused: it was made for tenant %s, and %s names tenant %s", m.Tenant.ID, s.cfg.Path, s.cfg.Tenant.ID))
	case s.cfg.Pilot != "" && !directory.EqualFold(m.Pilot, s.cfg.Pilot):
		return mark(errRefused, coded("plan.refused", "plan refused: it was not made for pilot group %s, which %s names by now; plan again", s.cfg.Pilot, s.cfg.Path))
	case m.Policy.Digest != s.policies.Digest():
		return mark(errRefused, coded("plan.policy", "plan refused: the policies changed since it was made; plan again"))
	}
	return nil
}

// apply carries out a plan file that is acceptable, by a copy of it that nobody alters. It gives what it looked at the source
// again with, too, for tasks to use.
func (e *errand) apply(f *plan.File, t terms) (apply.Result, reconsider, error) {
	if err := e.approved(e.ctx, f); err != nil {
		return apply.Result{}, nil, err
	}
	kept, err := e.keep(f)
	if err != nil {
		return apply.Result{}, nil, err
	}
	defer kept.Close() // read only
	m := kept.Manifest()
	if err := e.preparePasswords(kept); err != nil {
		return apply.Result{}, nil, err
	}
	defer func() { e.concludePasswords(context.WithoutCancel(e.ctx), e.run) }()
	targets, err := e.writers()
	if err != nil {
		return apply.Result{}, nil, err
	}
	again, err := e.reconsider(e.ctx, kept)
	if err != nil {
		return apply.Result{}, nil, e.unlessAsked(err)
	}
	most := e.cfg.Guards.Most(&m)
	if err := e.cfg.Guards.MostOfGroups(most, kept.ChangesOf(func(a plan.Action) bool { return a == plan.Members })); err != nil {
		return apply.Result{}, nil, err
	}
	res, err := apply.Run(e.ctx, apply.Options{Plan: kept, Targets: targets, Journal: e.lease, Ledger: e.store, CutOff: e.cutOffBefore(kept.Digest()),
		Reconsider: again, Run: e.run, Mode: t.mode, By: who(), Engine: version, Allow: t.allow, Until: t.until, Now: e.now, Sleep: (&patience{console: e.console}).sleep,
		Delay: apply.Delay{Deadline: e.cfg.TaskDeadline}, Rolling: apply.Rolling{Weigh: engine.Weigh(&m.Tenant), Most: most},
		Progress: func(done, total int, _ journal.Entry) { e.progress.of(string(journal.Applying), done, total) }})
	if err == nil && res.Run.State == journal.Finished && m.Undoes == "" {
		err = e.store.Observe(context.WithoutCancel(e.ctx), engine.Accepted(&m, res.Complete()))
	}
	return res, again, err // the copy stays: coexist undo reads from it what was there before
}

// cutOffBefore reports whether an earlier run of a plan left changes whose outcome is not known.
func (e *errand) cutOffBefore(digest string) bool {
	found, err := e.store.Run(e.ctx, digest)
	if err != nil {
		return false // there is none
	}
	counts, err := e.store.Counts(e.ctx, found.ID)
	return err == nil && found.State != journal.Finished && counts.Unsettled() > 0
}

// unlessAsked gives err, unless the command was asked to end, of which err is the consequence.
func (e *errand) unlessAsked(err error) error {
	if cause := context.Cause(e.ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return askedToEnd(cause)
	}
	return err
}

// reconsider is what looks at an object of the source again; see apply.Options.
type reconsider = func(context.Context, directory.Anchor) (string, error)

// reconsider reads the sources once more and gives what decides again about one object, by the plan's own policies and
// instant: an object that was changed since the plan was made is then left alone. nil for a plan that was made offline.
// The whole source is read, because decisions depend on groups, and those on everybody.
func (s *session) reconsider(ctx context.Context, f *plan.File) (reconsider, error) {
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
	priors, err := engine.ReadPriors(ctx, s.store, snap)
	if err != nil {
		return nil, err
	}
	return engine.Reconsider(snap, policies, priors, m.AsOf)
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
	return p.console.sleep(ctx, d)
}
