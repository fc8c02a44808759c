package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/internal/atomicfile"
	"github.com/coexistsync/coexist/internal/company"
)

func sandboxCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "sandbox",
		Usage: "serve a rehearsal tenant on this machine until interrupted",
		Description: "Prints the part of coexist.yaml that leads to it. It speaks the parts of Microsoft Graph and of Exchange\n" +
			"Online that coexist uses, on one address, and refuses what the real ones refuse. Nothing leaves this machine.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "`ADDRESS` to listen on; port 0 takes a free one"},
			&cli.StringFlag{Name: "state", Usage: "start with the tenant in this `FILE`, and save it there, at most two seconds after each change"},
			&cli.BoolFlag{Name: "company", Usage: "the tenant of the sample company instead of an empty one"},
			&cli.BoolFlag{Name: "throttle", Usage: "enforce the documented limits of requests, with Retry-After"},
			&cli.BoolFlag{Name: "slow-replicas", Usage: "show new objects late, as a tenant does on a bad day"},
			&cli.IntFlag{Name: "faults", Usage: "let this `PERCENT` of the requests fail, the same ones for the same --seed"},
			&cli.Uint64Flag{Name: "seed", Usage: "`NUMBER` from which ids, shuffles and faults are made"},
			&cli.StringFlag{Name: "control", Usage: "serve the control surface, for faults and the clock, on this `ADDRESS`"}},
		Action: func(x *cli.Context) error {
			if err := arguments(x); err != nil {
				return err
			}
			return serveSandbox(x, c)
		},
	}
}

func serveSandbox(x *cli.Context, c *console) (err error) {
	t := sandbox.New(sandbox.Options{Clock: c.now, Seed: x.Uint64("seed")})
	if x.Bool("company") {
		if t, err = companyTenant(company.Generate(company.Options{}), x.Uint64("seed"), c.now); err != nil {
			return err
		}
	}
	if path := x.String("state"); path != "" {
		if err := loadState(t, path); err != nil {
			return err
		}
		end := keepState(x.Context, c, t, path)
		defer func() { err = errors.Join(err, end()) }()
	}
	if err := disturb(x, t); err != nil {
		return err
	}
	s, err := sandbox.Serve(x.String("listen"), t)
	if err != nil {
		return usagef("option --listen: %w", err)
	}
	defer s.Close() // the process ends
	if address := x.String("control"); address != "" {
		control, err := sandbox.ServeControl(address, t)
		if err != nil {
			return usagef("option --control: %w", err)
		}
		defer control.Close() // likewise
		c.say("control surface at %s/_sim/", control.URL)
	}
	fmt.Fprintf(c.out, "tenant:\n  id: %s\n  url: %s/v1.0\n  auth: { clientId: %s, secret: { env: %s } }\n", s.TenantID, s.URL, s.ClientID, rehearsalSecret)
	c.say("rehearsal tenant is up; in the shell that runs coexist:\n\n  export %s=%s\n\nCtrl-C ends it.", rehearsalSecret, s.ClientSecret)
	return untilInterrupted(x.Context)
}

// disturb gives the tenant the bad habits that the options ask for.
func disturb(x *cli.Context, t *sandbox.Tenant) error {
	t.SetThrottle(x.Bool("throttle"))
	if x.Bool("slow-replicas") {
		t.SetReplication(sandbox.SlowReplication())
	}
	if err := t.SetProfile(sandbox.Profile{Seed: x.Uint64("seed"), Percent: x.Int("faults")}); err != nil {
		return usagef("option --faults: %w", err)
	}
	return nil
}

// untilInterrupted waits for the end of a command that serves; being interrupted is how it ends.
func untilInterrupted(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func loadState(t *sandbox.Tenant, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.LoadState(f); err != nil {
		return mark(errConfig, fmt.Errorf("%s: %w", path, err))
	}
	return nil
}

// keepEvery is how long a change may be lost to a process that is killed.
const keepEvery = 2 * time.Second

// keepState begins to save the tenant; what it gives ends that and saves it for the last time.
func keepState(ctx context.Context, c *console, t *sandbox.Tenant, path string) (end func() error) {
	ctx, cancel := context.WithCancel(ctx)
	tick, done := time.NewTicker(keepEvery), make(chan error, 1)
	go func() {
		done <- t.Keep(ctx, tick.C, func() error { return saveState(t, path) }, func(err error) { c.say("the tenant was not saved: %s", err) })
	}()
	return func() error {
		cancel()
		tick.Stop()
		return <-done
	}
}

func saveState(t *sandbox.Tenant, path string) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := t.SaveState(f); err != nil {
		return err
	}
	return f.Commit()
}
