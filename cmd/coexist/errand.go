package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/store"
)

// errand is a command on its way that may write to the tenant: it holds the lease, tells how far it is, and ends when
// somebody asks it to stop or halts everything.
type errand struct {
	*session
	ctx   context.Context
	lease *store.Lease
	run   string // id
	mode  string
	until time.Time // no change is begun from then on; zero for no end
	pulse *store.Pulse
	leave func()
}

// lookEvery is how often a run looks whether it is to stop.
const lookEvery = time.Second

// set takes the lease and begins to watch. run is the id that the run has, or would have. close must be called.
func (s *session) set(ctx context.Context, run, mode string) (*errand, error) {
	lease, err := s.store.Acquire(ctx, s.cfg.Tenant.ID, who())
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(lookEvery)
	watched, end := s.store.Watch(ctx, run, tick.C)
	e := &errand{session: s, ctx: watched, lease: lease, run: run, mode: mode, pulse: lease.Pulse(run)}
	s.progress.also = e.told
	e.leave = func() {
		tick.Stop()
		end()
		s.progress.also = nil
		lease.Release() // it runs out by itself
	}
	return e, nil
}

func (e *errand) close() { e.leave() }

// told stores how far reading and planning are; applying tells by itself.
func (e *errand) told(what string, done, total int) {
	switch what {
	case string(journal.Applying), string(journal.Tasking):
		e.pulse.Report(e.ctx, journal.Phase(what), done, total)
	default:
		e.pulse.Report(e.ctx, journal.Reading, done, total)
	}
}

// newRun gives the id of a run that begins now.
func newRun(now time.Time) string {
	return now.UTC().Format("20060102T150405Z") + "-" + rand.Text()[:8]
}

// askedToEnd gives what a run ended by before its time, for the exit code: a halt refuses, somebody's wish to stop is an
// interruption.
func askedToEnd(cause error) error {
	var halt *store.HaltError
	if errors.As(cause, &halt) {
		return cause
	}
	return outcome(context.Canceled)
}
