package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
)

func syncCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "plan, apply within the guards, then work off delayed tasks; what a schedule runs",
		Description: "A plan that exceeds a guard is written and not applied; apply it by hand once it was looked at.\n" +
			"With --dry-run it ends after the plan's report. As JSON, plan and run are one document; run is null when nothing was applied.\n" +
			"With --detach it goes on in the background: the id of its run is printed, for coexist runs show, wait and stop.",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag, objectsFlag, ouFlag, objectFlag, untilFlag,
			&cli.BoolFlag{Name: "dry-run", Usage: "plan and report, write nothing"},
			&cli.BoolFlag{Name: "detach", Usage: "go on in the background and print the id of the run"},
			&cli.StringFlag{Name: "run", Hidden: true, Usage: "`ID` of the run, given by the process that detached it"},
			&cli.StringFlag{Name: "out", Value: "coexist.plan", Usage: "write the plan to this `FILE`"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			r, err := requestOf(x, c)
			if err != nil {
				return err
			}
			until, err := windowEnd(x, c)
			if err != nil {
				return err
			}
			if err := planAt(x.String("out")); err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			switch {
			case x.Bool("dry-run") && x.Bool("detach"):
				return usagef("option --detach: a dry run is for looking at")
			case x.Bool("dry-run"):
				return s.syncDry(x, r, form)
			case x.Bool("detach"):
				return s.detach(x, form)
			}
			return s.sync(x, r, until, form)
		},
	}
}

// syncDry makes a plan and reports it as sync does, and nothing more.
func (s *session) syncDry(x *cli.Context, r request, json bool) error {
	if !json {
		m, _, err := s.planAndShow(x, x.String("out"), r, false)
		return errors.Join(err, planOutcome(m, false, false))
	}
	m, _, err := s.plan(x.Context, x.String("out"), r, nil)
	if err != nil {
		return err
	}
	f, err := openPlan(x.String("out"))
	if err != nil {
		return err
	}
	defer f.Close()
	s.progress.clear()
	return errors.Join(report.SyncJSON(s.out, f, nil), planOutcome(m, false, false))
}

// syncing is one sync on its way.
type syncing struct {
	*errand
	x    *cli.Context
	json bool
	row  journal.Run

	plan    *plan.File // nil until it was made
	applied apply.Result
	tasks   *apply.TaskResult // nil when none was due
}

// sync makes a plan, carries it out unless it exceeds a guard, and then the tasks that are due. All of it is one run, which
// can be followed and stopped from its first second on.
func (s *session) sync(x *cli.Context, r request, until time.Time, json bool) error {
	id := cmp.Or(x.String("run"), newRun(s.now()))
	e, err := s.set(x.Context, id, "sync")
	if err != nil {
		return err
	}
	defer e.close()
	e.until = until
	y := &syncing{errand: e, x: x, json: json, row: journal.Run{ID: id, Tenant: s.cfg.Tenant.ID, Mode: "sync", By: who(), Engine: version, State: journal.Running, Started: s.now().UTC()}}
	if err := e.lease.Register(e.ctx, y.row); err != nil {
		return err
	}
	err = y.work(r)
	s.progress.clear()
	if y.plan != nil {
		defer y.plan.Close() // read only
	}
	if y.applied.Run.ID == "" {
		err = errors.Join(err, y.finish(err))
	}
	if json && y.plan != nil {
		return errors.Join(y.document(), err)
	}
	return err
}

// work does everything that a sync does, and reports as text unless JSON is asked for.
func (y *syncing) work(r request) error {
	if err := y.lease.RetireTasks(y.ctx, y.policies.Digest()); err != nil {
		return err
	}
	if err := y.makePlan(r); err != nil {
		return y.unlessAsked(err)
	}
	m := y.plan.Manifest()
	if exceeded := planOutcome(m, false, false); exceeded != nil {
		return exceeded
	}
	var again reconsider
	var err error
	switch {
	case m.Changes() > 0:
		if again, err = y.carryPlan(); y.cutOff() || err != nil && !errors.Is(err, errPartial) {
			return err
		}
	case y.cfg.Writes: // everything is as the plan wants it
		if err = y.store.Observe(context.WithoutCancel(y.ctx), engine.Accepted(&m, true)); err != nil {
			return err
		}
	}
	return errors.Join(err, y.workTasks(again))
}

// makePlan makes the plan and opens it.
func (y *syncing) makePlan(r request) (err error) {
	path := y.x.String("out")
	ctx := y.x.Context
	y.x.Context = y.ctx
	defer func() { y.x.Context = ctx }()
	y.pulse.Report(y.ctx, journal.Reading, 0, 0)
	if y.json {
		_, _, err = y.session.plan(y.ctx, path, r, nil)
	} else {
		_, _, err = y.planAndShow(y.x, path, r, false)
	}
	if err != nil {
		return err
	}
	y.plan, err = openPlan(path)
	if err == nil {
		y.row.Plan = y.plan.Digest()
		m := y.plan.Manifest()
		y.row.Changes = m.Changes()
		y.pulse.Report(y.ctx, journal.Planning, 1, 1)
	}
	return err
}

// carryPlan carries the plan out.
func (y *syncing) carryPlan() (reconsider, error) {
	if err := y.acceptable(y.plan); err != nil {
		return nil, err
	}
	res, again, err := y.apply(y.plan, terms{mode: "sync", until: y.until})
	y.applied = res
	if res.Run.ID != "" && !y.json {
		y.progress.clear()
		fmt.Fprintln(y.out)
		if reported := y.reportRun(context.WithoutCancel(y.ctx), res.Run, false, y.x.Bool(fullFlag.Name)); reported != nil {
			return again, errors.Join(err, reported)
		}
	}
	return again, applyOutcome(res, err)
}

// cutOff reports whether the plan was left before its end, so that tasks are for the next run.
func (y *syncing) cutOff() bool {
	return y.applied.Interrupted || y.applied.Run.State == journal.Stopped
}

// finish records how a sync ended that applied nothing.
func (y *syncing) finish(err error) error {
	r := y.row
	r.State, r.Finished = journal.Finished, y.now().UTC()
	var refused *apply.Refusal
	switch {
	case err == nil, errors.Is(err, errPartial):
	case errors.Is(err, errGuard), errors.Is(err, errRefused), errors.As(err, &refused):
		r.State, r.Detail = journal.Refused, err.Error()
	case y.ctx.Err() != nil:
		r.State, r.Detail = journal.Interrupted, context.Cause(y.ctx).Error()
	default:
		r.State, r.Detail = journal.Broken, err.Error()
	}
	return y.lease.Finish(context.WithoutCancel(y.ctx), r)
}

// document writes the result as one document.
func (y *syncing) document() error {
	var run *report.Performed
	if y.applied.Run.ID != "" {
		p, err := y.performed(context.WithoutCancel(y.ctx), y.applied.Run)
		if err != nil {
			return err
		}
		run = &p
	}
	if y.tasks == nil {
		return report.SyncJSON(y.out, y.plan, run)
	}
	return report.SyncJSON(y.out, y.plan, run, tasked(*y.tasks))
}

// workTasks carries out the tasks that are due. again looks at the source where it was read again already.
func (y *syncing) workTasks(again reconsider) error {
	if !y.cfg.Writes {
		return nil
	}
	res, err := y.carryTasks(false, nil, again)
	if res.Run.ID == "" {
		return err
	}
	y.tasks = &res
	if !y.json {
		y.progress.clear()
		fmt.Fprintln(y.out)
		err = errors.Join(err, report.TaskRun(y.out, tasked(res), y.options()))
	}
	return errors.Join(err, taskOutcome(res))
}

// followed opens the store of a run that was detached, to see whether it has begun.
func (s *session) followed(ctx context.Context, run string) (bool, error) {
	_, err := s.store.Run(ctx, run)
	if errors.Is(err, store.ErrNoRun) {
		return false, nil
	}
	return err == nil, err
}
