package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/store"
)

func haltCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "halt",
		Usage: "let nothing be written to the tenant, by run, task or schedule, until it is lifted",
		Description: "Runs under way end cleanly, after the changes in flight; others are refused with exit code 6. Planning goes on.\n" +
			"Without an option it says whether a halt holds. docs/hand-back.md tells how to return to Entra Connect.",
		Flags: []cli.Flag{configFlag, outputFlag,
			&cli.StringFlag{Name: "reason", Usage: "`WHY`; halts"},
			&cli.BoolFlag{Name: "lift", Usage: "end the halt"}},
		Action: func(x *cli.Context) error {
			form, err := called(x)
			if err != nil {
				return err
			}
			reason := strings.TrimSpace(x.String("reason"))
			switch {
			case x.IsSet("reason") && x.Bool("lift"):
				return usagef("--reason halts and --lift ends a halt; one of the two")
			case x.IsSet("reason") && reason == "":
				return usagef("option --reason is empty")
			case reason != "":
				return halt(x, c, reason, form)
			case x.Bool("lift"):
				return lift(x, c, form)
			}
			return halts(x, c, form)
		},
	}
}

// halt halts, also where nothing was ever planned: a store is made for it.
func halt(x *cli.Context, c *console, reason string, json bool) error {
	cfg, err := load(x)
	if err != nil {
		return err
	}
	s := &session{console: c, cfg: cfg}
	if err := s.openStore(x.Context); err != nil {
		return err
	}
	defer s.close()
	h, err := s.store.Halt(x.Context, who(), reason)
	if err != nil {
		return err
	}
	if json {
		return writeJSON(c, "coexist.halt", "halt", h)
	}
	fmt.Fprintf(c.out, "Halted%s.\n", strings.TrimPrefix(haltText(h), "halted"))
	if h.Reason != reason {
		c.say("it was halted before, and stays so")
	}
	list, err := s.store.Runs(x.Context, 1)
	if err == nil && len(list) == 1 && list[0].State == journal.Running {
		c.say("run %s ends after the changes in flight; coexist runs wait %s", list[0].ID, list[0].ID)
	}
	return err
}

func lift(x *cli.Context, c *console, json bool) error {
	return withStore(x, c, func(s *session) error {
		h, ok, err := s.store.Lift(x.Context, who())
		switch {
		case err != nil:
			return err
		case !ok:
			return mark(errNotFound, errors.New("there is no halt to lift"))
		case json:
			return writeJSON(c, "coexist.halt", "halt", h)
		}
		_, err = fmt.Fprintln(c.out, "Lifted: it was "+haltText(h)+".")
		return err
	})
}

// halts says whether a halt holds, and lists those that were.
func halts(x *cli.Context, c *console, json bool) error {
	list := []journal.Halt{}
	err := withStore(x, c, func(s *session) (err error) {
		list, err = s.store.Halts(x.Context)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrMissing) {
		return err
	}
	if list == nil {
		list = []journal.Halt{}
	}
	if json {
		return writeJSON(c, "coexist.halts", "halts", list)
	}
	if len(list) == 0 || !list[0].Lifted.IsZero() {
		fmt.Fprintln(c.out, "No halt holds.")
	}
	for _, h := range list {
		if _, err := fmt.Fprintln(c.out, haltText(h)); err != nil {
			return err
		}
	}
	return nil
}

func haltText(h journal.Halt) string {
	text := "halted since " + h.Since.Format(time.RFC3339) + " by " + report.Safe(h.By.User) + " on " + report.Safe(h.By.Host) + ": " + report.Safe(h.Reason)
	if !h.Lifted.IsZero() {
		text += "; lifted at " + h.Lifted.Format(time.RFC3339) + " by " + report.Safe(h.Lifter.User) + " on " + report.Safe(h.Lifter.Host)
	}
	return text
}
