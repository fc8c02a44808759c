package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
	"github.com/coexistsync/coexist/internal/atomicfile"
)

// lastRun is the word for the newest run in place of an id.
const lastRun = "last"

func runsCommand(c *console) *cli.Command {
	list := runListCommand(c)
	return &cli.Command{
		Name:        "runs",
		Usage:       "what was applied, and what is under way",
		Description: "Alone it lists. A RUN is named by its id, its plan's digest, or last.",
		Flags:       list.Flags,
		Subcommands: []*cli.Command{list, runShowCommand(c), runWaitCommand(c), runStopCommand(c), runExportCommand(c), runPurgeCommand(c)},
		Action: func(x *cli.Context) error {
			if x.Args().Present() {
				return unknownCommand(x.Args().First(), x.Command.Subcommands)
			}
			return list.Action(x)
		},
	}
}

func runListCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list runs, the newest first",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.IntFlag{Name: "limit", Value: 20, Usage: "list at most this `NUMBER`; 0 for all"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			var list []journal.Run
			var counts []journal.Counts
			var effects []map[plan.Action]int
			err = withStore(x, c, func(s *session) (err error) {
				if list, err = s.store.Runs(x.Context, x.Int("limit")); err != nil {
					return err
				}
				counts, effects = make([]journal.Counts, len(list)), make([]map[plan.Action]int, len(list))
				for i, r := range list {
					if counts[i], err = s.store.Counts(x.Context, r.ID); err != nil {
						return err
					}
					if effects[i], err = s.store.Effects(x.Context, r.ID); err != nil {
						return err
					}
				}
				return nil
			})
			switch {
			case err != nil && !errors.Is(err, store.ErrMissing):
				return err
			case form:
				return runsJSON(c, list, counts, effects)
			}
			return report.Runs(c.out, list, counts)
		},
	}
}

// aboutRun makes the action of a command about one run.
func aboutRun(c *console, f func(x *cli.Context, s *session, r journal.Run, json bool) error) cli.ActionFunc {
	return func(x *cli.Context) error {
		form, err := called(x, "RUN")
		if err != nil {
			return err
		}
		return withStore(x, c, func(s *session) error {
			r, err := s.runNamed(x.Context, x.Args().First())
			if err != nil {
				return err
			}
			return f(x, s, r, form)
		})
	}
}

func (s *session) runNamed(ctx context.Context, name string) (journal.Run, error) {
	if name != lastRun {
		r, err := s.store.Run(ctx, name)
		return r, absent(err, "there is no run %s; coexist runs list has them", name)
	}
	list, err := s.store.Runs(ctx, 1)
	if err != nil || len(list) == 0 {
		return journal.Run{}, errors.Join(err, mark(errNotFound, errors.New("there is no run yet")))
	}
	return list[0], nil
}

// absent gives what an error says that means that what the command line names is not there.
func absent(err error, format string, args ...any) error {
	switch {
	case errors.Is(err, store.ErrNoRun), errors.Is(err, store.ErrNoTask), errors.Is(err, store.ErrMissing):
		return mark(errNotFound, fmt.Errorf(format, args...))
	case errors.Is(err, store.ErrTaskState):
		return mark(errRefused, err)
	}
	return err
}

func runShowCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "show a run: its changes by state and what went wrong, also while it is under way", ArgsUsage: "RUN",
		Flags: []cli.Flag{configFlag, outputFlag, fullFlag},
		Action: aboutRun(c, func(x *cli.Context, s *session, r journal.Run, json bool) error {
			return s.reportRun(x.Context, r, json, x.Bool(fullFlag.Name))
		}),
	}
}

func runWaitCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "wait", Usage: "wait until a run ends, and end as it ended", ArgsUsage: "RUN",
		Description: "The exit code tells how the run ended: 0, 5 or 6 when its plan was not applied, 7 when it ended in part or was cut off.",
		Flags:       []cli.Flag{configFlag, outputFlag, fullFlag, &cli.DurationFlag{Name: "timeout", Usage: "wait no longer than this `TIME`, such as 10m; exit code 7 then"}},
		Action: aboutRun(c, func(x *cli.Context, s *session, r journal.Run, json bool) error {
			r, why := s.wait(x, r, x.Duration("timeout"))
			if why != nil && r.ID == "" {
				return why
			}
			s.progress.clear()
			if err := s.reportRun(x.Context, r, json, x.Bool(fullFlag.Name)); err != nil {
				return err
			}
			return errors.Join(why, s.runOutcome(x, r))
		}),
	}
}

// waitEvery is how often a run that is waited for is looked at.
const waitEvery = 300 * time.Millisecond

// wait looks at a run until it has ended, its process is gone, or the time is over; the latter two are errors.
func (s *session) wait(x *cli.Context, r journal.Run, timeout time.Duration) (journal.Run, error) {
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	var over <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	id := r.ID
	for {
		if r.State.Ended() {
			return r, nil
		}
		alive, err := s.store.Alive(x.Context, r, who().Host)
		if err != nil {
			return r, err
		}
		next, err := s.store.Run(x.Context, id)
		switch {
		case err != nil:
			return journal.Run{}, absent(err, "run %s is gone", id)
		case !alive && !next.State.Ended():
			return next, mark(errPartial, fmt.Errorf("run %s was cut off: its process %d on %s is gone; coexist apply --resume carries it on", id, r.By.PID, r.By.Host))
		}
		r = next
		if p := r.Progress; p != nil {
			s.progress.of(string(p.Phase), p.Done, p.Total)
		}
		select {
		case <-x.Context.Done():
			return journal.Run{}, x.Context.Err()
		case <-over:
			return r, mark(errPartial, fmt.Errorf("run %s has not ended within %s; it goes on", id, timeout))
		case <-tick.C:
		}
	}
}

// runOutcome tells how a run ended as an exit code.
func (s *session) runOutcome(x *cli.Context, r journal.Run) error {
	switch r.State {
	case journal.Finished:
		counts, err := s.store.Counts(x.Context, r.ID)
		if err == nil && r.Mode != "tasks" && counts.Succeeded()+counts[journal.Delayed] < r.Changes {
			return outcome(errPartial)
		}
		return err
	case journal.Refused:
		if strings.HasPrefix(r.Detail, "guard ") {
			return outcome(errGuard)
		}
		return outcome(errRefused)
	case journal.Broken:
		return errors.New("the run ended by an error: " + report.Safe(r.Detail))
	case journal.Interrupted, journal.Stopped:
		return outcome(errPartial)
	}
	return nil
}

func runStopCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "stop", Usage: "ask a run to end after the changes in flight; it can be carried on", ArgsUsage: "RUN",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.StringFlag{Name: "reason", Usage: "`WHY`, for the list of runs"}},
		Action: aboutRun(c, func(x *cli.Context, s *session, r journal.Run, json bool) error {
			if !r.State.Ended() {
				if err := s.store.AskToStop(x.Context, r.ID, who(), strings.TrimSpace(x.String("reason"))); err != nil {
					return err
				}
			}
			r, err := s.store.Run(x.Context, r.ID)
			switch {
			case err != nil:
				return err
			case json:
				return writeJSON(c, "coexist.run", "run", r)
			case r.State.Ended():
				_, err = fmt.Fprintf(c.out, "Run %s has ended already: %s.\n", r.ID, r.State)
			default:
				_, err = fmt.Fprintf(c.out, "Run %s was asked to stop; coexist runs wait %s waits for its end.\n", r.ID, r.ID)
			}
			return err
		}),
	}
}

func runExportCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write a run and every change of it as JSON lines, for archives and other programs", ArgsUsage: "RUN",
		Flags: []cli.Flag{configFlag, outputFlag, &cli.StringFlag{Name: "out", Usage: "write to this `FILE` instead of standard output"}},
		Action: aboutRun(c, func(x *cli.Context, s *session, r journal.Run, _ bool) error {
			path := x.String("out")
			if path == "" {
				return s.exportRun(x, r, json.NewEncoder(c.out))
			}
			if _, err := os.Lstat(path); err == nil {
				return usagef("option --out: %s is there already", path)
			}
			f, err := atomicfile.Create(path)
			if err != nil {
				return usagef("option --out: %w", err)
			}
			defer f.Abort()
			if err := s.exportRun(x, r, json.NewEncoder(f)); err != nil {
				return err
			}
			return f.Commit()
		}),
	}
}

// exportRun writes a line for the run and one for each change of it.
func (s *session) exportRun(x *cli.Context, r journal.Run, to *json.Encoder) error {
	counts, err := s.store.Counts(x.Context, r.ID)
	if err != nil {
		return err
	}
	to.SetEscapeHTML(false)
	type head struct {
		FormatVersion string `json:"formatVersion"`
		Kind          string `json:"kind"`
		journal.Run
		Counts journal.Counts `json:"counts"`
	}
	type line struct {
		Kind string `json:"kind"`
		journal.Entry
	}
	if err := to.Encode(head{report.FormatVersion, "coexist.run", r, counts}); err != nil {
		return err
	}
	for e, err := range s.store.Entries(x.Context, r.ID) {
		if err == nil {
			err = to.Encode(line{"coexist.run.change", e})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func runPurgeCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "purge", Usage: "remove old runs and tasks that ended; what is owned stays known",
		Description: "A run is kept, however old, while the tenant may hold an effect of it that is not recorded, or while a task of it waits.",
		Flags:       []cli.Flag{configFlag, outputFlag, &cli.StringFlag{Name: "older-than", Required: true, Usage: "remove what ended this `TIME` ago: 90d, 12h"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			age, err := ageOf(x.String("older-than"))
			if err != nil {
				return err
			}
			return withStore(x, c, func(s *session) error {
				before := c.now().Add(-age)
				p, err := s.store.Purge(x.Context, before)
				if err == nil {
					err = s.purgeFiles(x.Context, before)
				}
				switch {
				case err != nil:
					return err
				case form:
					return writeJSON(c, "coexist.purged", "purged", p)
				}
				_, err = fmt.Fprintf(c.out, "Removed %s with %s, and %s.\n", counted(p.Runs, "run", "runs"), counted(p.Changes, "change", "changes"), counted(p.Tasks, "task", "tasks"))
				return err
			})
		},
	}
}

// purgeFiles removes what runs in the background said, and copies of plans that no run needs any more.
func (s *session) purgeFiles(ctx context.Context, before time.Time) error {
	var wrong []error
	for _, pattern := range []string{s.cfg.Store + ".runs/*.log", s.cfg.Store + ".plans/*.plan"} {
		list, err := filepath.Glob(pattern)
		wrong = append(wrong, err)
		for _, path := range list {
			name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
			if filepath.Ext(path) == ".plan" {
				name = "sha256:" + name
			}
			r, err := s.store.Run(ctx, name)
			needed := err == nil && r.State != journal.Finished
			if st, stat := os.Stat(path); stat == nil && st.ModTime().Before(before) && !needed && (err == nil || errors.Is(err, store.ErrNoRun)) {
				wrong = append(wrong, os.Remove(path))
			}
		}
	}
	return errors.Join(wrong...)
}

// ageOf reads a time in days or hours.
func ageOf(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.Atoi(number); err == nil && n >= 1 && n <= 100_000 {
				return time.Duration(n) * unit, nil
			}
		}
	}
	return 0, usagef("option --older-than: %q is no time like 90d or 12h", text)
}

// runsJSON writes one document: formatVersion, kind "coexist.runs", and the array runs with their counts by state, and by action those of the
// changes that have their effect.
func runsJSON(c *console, list []journal.Run, counts []journal.Counts, effects []map[plan.Action]int) error {
	type row struct {
		journal.Run
		Counts  journal.Counts      `json:"counts"`
		Effects map[plan.Action]int `json:"effects"`
	}
	rows := make([]row, len(list))
	for i := range list {
		rows[i] = row{list[i], counts[i], effects[i]}
	}
	return writeJSON(c, "coexist.runs", "runs", rows)
}
