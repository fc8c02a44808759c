package apply

import (
	"context"
	"errors"
	"time"

	"github.com/coexistsync/coexist/directory/fault"
)

// Retry says how often and when to ask again. A field that is 0 takes its default.
type Retry struct {
	Attempts int           // how often one process sends one change; 8
	Base     time.Duration // bound of the first pause, doubled for each that follows; 2 s
	Max      time.Duration // bound of all pauses; 2 min
	Patience time.Duration // how long a pause the service may ask for; longer ones put the change off; 15 min
	Looks    int           // how often a create is looked for before it counts as not made; 3
	Look     time.Duration // pause between those looks, for replicas that lag; 30 s
}

func (r *Retry) complete() {
	if r.Attempts <= 0 {
		r.Attempts = 8
	}
	if r.Looks <= 0 {
		r.Looks = 3
	}
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{{&r.Base, 2 * time.Second}, {&r.Max, 2 * time.Minute}, {&r.Patience, 15 * time.Minute}, {&r.Look, 30 * time.Second}} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
}

// errImpatient says that the service asked for a longer pause than a run waits.
var errImpatient = errors.New("the service asks to wait longer than a run does")

// pause waits before asking again, after err, for the n-th time, n from 1: what the service asked for, and on top a random
// part of a bound that doubles, so that workers that failed together do not come back together.
func (r *runner) pause(ctx context.Context, err error, n int) error {
	bound := r.Retry.Max
	if shift := min(n-1, 30); r.Retry.Base<<shift < bound && r.Retry.Base<<shift > 0 {
		bound = r.Retry.Base << shift
	}
	asked := fault.DelayOf(err)
	if asked > r.Retry.Patience {
		return errImpatient
	}
	wait := asked + time.Duration(r.Rand()*float64(bound))
	if r.shut(wait) {
		return ErrWindow // what is left of the window is too short to ask again in it
	}
	return r.Sleep(ctx, wait)
}

// patiently calls f, which changes nothing, until it gives an answer or has been asked often enough. A NotFound counts as
// NotReady for an object that this plan has just made.
func (s *step) patiently(ctx context.Context, f func(context.Context) error) error {
	for n := 1; ; n++ {
		err := f(context.WithoutCancel(ctx))
		if err == nil {
			return nil
		}
		switch k := fault.KindOf(err); {
		case k == fault.Transient, k == fault.Throttled, k == fault.NotReady, k == fault.Unknown, k == fault.Unreachable, k == fault.NotFound && s.fresh:
		default:
			return err
		}
		if n == s.Retry.Attempts || s.waits(err) {
			return err
		}
		if wait := s.pause(ctx, err, n); wait != nil {
			s.cut = ctx.Err() != nil || errors.Is(wait, ErrWindow)
			return err
		}
	}
}
