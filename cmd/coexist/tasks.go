package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
	delayed "github.com/coexistsync/coexist/engine/task"
)

func tasksCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "tasks",
		Usage: "changes that wait, such as settings of a mailbox that is not there yet",
		Subcommands: []*cli.Command{
			taskListCommand(c),
			taskCommand(c, "show", "show one task", nil),
			taskRunCommand(c),
			taskCommand(c, "suspend", "keep a task from being tried until it is resumed; its deadline goes on", func(k *delayed.Task, c *console) error {
				k.State = delayed.Suspended
				return nil
			}),
			taskCommand(c, "resume", "let a suspended task be tried again, with the next sync", func(k *delayed.Task, c *console) error {
				k.State, k.Next = delayed.Waiting, c.now().UTC()
				return nil
			}),
			taskCommand(c, "cancel", "end a task; the next plan proposes its change again while the policies want it", func(k *delayed.Task, c *console) error {
				w := who()
				k.State, k.Ended, k.Detail = delayed.Cancelled, c.now().UTC(), "cancelled by "+w.User+" on "+w.Host
				return nil
			}),
		},
	}
}

func taskListCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the tasks that wait",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.BoolFlag{Name: "all", Usage: "list those that ended, too"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			list := []delayed.Task{}
			err = withStore(x, c, func(s *session) error {
				all := s.store.Tasks(x.Context)
				if x.Bool("all") {
					all = s.store.AllTasks(x.Context)
				}
				for t, err := range all {
					if err != nil {
						return err
					}
					list = append(list, t)
				}
				return nil
			})
			switch {
			case err != nil && !errors.Is(err, store.ErrMissing):
				return err
			case form:
				return writeJSON(c, "coexist.tasks", "tasks", list)
			case len(list) == 0:
				_, err := fmt.Fprintln(c.out, "No task waits.")
				return err
			}
			return report.Tasks(c.out, list, c.options())
		},
	}
}

// taskCommand makes a command about one task, which change alters; nil to show it as it is.
func taskCommand(c *console, name, usage string, change func(*delayed.Task, *console) error) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "TASK",
		Flags: []cli.Flag{configFlag, outputFlag},
		Action: func(x *cli.Context) error {
			form, err := called(x, "TASK")
			if err != nil {
				return err
			}
			return withStore(x, c, func(s *session) error {
				id := x.Args().First()
				k, err := s.store.Task(x.Context, id)
				if err == nil && change != nil {
					k, err = s.store.ChangeTask(x.Context, id, func(k *delayed.Task) error { return change(k, c) })
				}
				switch {
				case err != nil:
					return absent(err, "there is no task %s; coexist tasks list has them", id)
				case form:
					return writeJSON(c, "coexist.task", "task", k)
				}
				return report.Task(c.out, k, c.options())
			})
		},
	}
}

func taskRunCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "carry out the tasks that are due, or the named ones at once",
		Description: "Each task passes the same checks as a change of a plan: the source is read again, and the object is looked at before it is written.\n" +
			"sync does this by itself once its plan is carried out.",
		ArgsUsage: "[TASK…]",
		Flags:     []cli.Flag{configFlag, outputFlag, untilFlag, &cli.BoolFlag{Name: "all", Usage: "every task that waits, due or not"}},
		Action: func(x *cli.Context) error {
			form, err := output(x)
			if err != nil {
				return err
			}
			until, err := windowEnd(x, c)
			if err != nil {
				return err
			}
			s, err := openFor(x, c)
			if err != nil {
				return err
			}
			defer s.close()
			if !s.cfg.Writes {
				return mark(errRefused, coded("writes.off", "tasks refused: writes are off; set writes: true in %s once the plans are right", s.cfg.Path))
			}
			return s.runTasks(x, until, form)
		},
	}
}

// runTasks carries out tasks under a lease of its own and reports what came of them.
func (s *session) runTasks(x *cli.Context, until time.Time, json bool) error {
	names := x.Args().Slice()
	for _, id := range names {
		if _, err := s.store.Task(x.Context, id); err != nil {
			return absent(err, "there is no task %s; coexist tasks list has them", id)
		}
	}
	e, err := s.set(x.Context, newRun(s.now())+"-tasks", "tasks")
	if err != nil {
		return err
	}
	defer e.close()
	e.until = until
	res, err := e.carryTasks(x.Bool("all"), names, nil)
	s.progress.clear()
	if err != nil && res.Run.ID == "" {
		return e.unlessAsked(err)
	}
	switch {
	case json:
		err = errors.Join(err, writeJSON(s.console, "coexist.tasks.run", "tasks", tasked(res)))
	case res.Run.ID == "":
		_, err = fmt.Fprintln(s.out, "No task is due.")
	default:
		err = errors.Join(err, report.TaskRun(s.out, tasked(res), s.options()))
	}
	return errors.Join(err, taskOutcome(res))
}

// carryTasks carries out the tasks that are due, all that wait, or the named ones. again looks at the source; nil to read it.
func (e *errand) carryTasks(all bool, names []string, again reconsider) (apply.TaskResult, error) {
	var none apply.TaskResult
	list, err := apply.DueTasks(e.store.Tasks(e.ctx), e.now(), all || len(names) > 0)
	if err != nil {
		return none, err
	}
	if len(names) > 0 {
		list = slices.DeleteFunc(list, func(t delayed.Task) bool { return !slices.Contains(names, t.ID) })
	}
	if len(list) == 0 {
		return none, nil
	}
	targets, err := e.writers()
	if err != nil {
		return none, err
	}
	if again == nil {
		if again, err = e.lookAgain(e.ctx); err != nil {
			return none, err
		}
	}
	run := e.run
	if e.mode != "tasks" {
		run = "" // a sync that carried out a plan is a run already
	}
	return apply.RunTasks(e.ctx, apply.TaskOptions{List: list, Tenant: e.cfg.Tenant.ID, Policy: e.policies.Digest(), Tasks: e.lease,
		Options: apply.Options{Run: run, Targets: targets, Ledger: e.store, Reconsider: again, Mode: "tasks", By: who(), Engine: version, Until: e.until, Now: e.now,
			Sleep:    (&patience{console: e.console}).sleep,
			Progress: func(done, total int, _ journal.Entry) { e.progress.of(string(journal.Tasking), done, total) }}})
}

// lookAgain reads the sources and gives what decides about one object by the policies of now. nil where every source is a
// file, at which there is nothing to look at again.
func (s *session) lookAgain(ctx context.Context) (reconsider, error) {
	list, err := s.sources()
	if err != nil || offline(list) {
		return nil, err
	}
	snap, err := s.read(ctx, list, s.policies)
	if err != nil {
		return nil, err
	}
	priors, err := engine.ReadPriors(ctx, s.store, snap)
	if err != nil {
		return nil, err
	}
	return engine.Reconsider(snap, s.policies, priors, s.now())
}

// tasked is what came of tasks as reports show it.
func tasked(r apply.TaskResult) report.Tasked {
	t := report.Tasked{Run: r.Run, Done: r.Done, Waiting: r.Waiting, Ended: r.Ended}
	if t.Ended == nil {
		t.Ended = []delayed.Task{}
	}
	return t
}

// taskOutcome tells what tasks come to as an exit code: one that expired or failed is not passed over in silence.
func taskOutcome(r apply.TaskResult) error {
	switch {
	case r.Interrupted && !errors.Is(r.Cause, apply.ErrWindow):
		return askedToEnd(r.Cause)
	case r.Run.State == journal.Stopped:
		return mark(errPartial, errors.New("tasks stopped: "+r.Run.Detail))
	case r.Lost() > 0:
		return mark(errPartial, errors.New(counted(r.Lost(), "delayed task", "delayed tasks")+" expired or failed; coexist tasks list --all has them"))
	}
	return nil
}
