// Package apply carries out a plan file: exactly the changes that stand in it, each at most once, whatever breaks. It
// computes no plan.
//
// Before the first write the plan may be refused as a whole; see Refusal. Then the changes go out in stages (plan.Stages),
// inside a stage in the plan's order by several workers, never two changes of one object at a time. Each change passes
// these steps, and the journal is durable before and after the write:
//
//	dependencies done? -> source as planned? -> target as planned? -> begun -> export -> exported -> done, with the ledger
//
// A change whose target already holds the wished values is already; one whose target or source is no longer what the plan
// was made from is not written. What the service answers decides how it goes on, by the kind of the fault alone:
//
//	not ready, of a change that awaits a mailbox   put off: it becomes a task
//	throttled, transient, not ready                asked again after a pause, so many times
//	unknown, unreachable                           looked up: it happened, or it did not and is asked again
//	anything else                                  failed
//
// Applying the same plan again carries on a run that was cut off: what is done stays done, what was begun is looked up
// before anything is sent, and what went out and was answered is only finished.
package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
	"github.com/coexistsync/coexist/internal/retry"
)

// Journal is where a run remembers what it does. Every write is durable when the method returns, and fails, so that the run
// ends before it sends anything, once another process has taken over the tenant.
type Journal interface {
	// Start records a run. When there is one of the same plan already, again is true and it is returned as it was found:
	// finished, and nothing is changed, or else, and it is running again in the name of r.By, with r's overrides added.
	Start(ctx context.Context, r journal.Run) (found journal.Run, again bool, err error)
	// Entry gives what a run knows about a change; ok is false when it was not reached.
	Entry(ctx context.Context, run, change string) (e journal.Entry, ok bool, err error)
	// Record writes an entry over the one of the same change.
	Record(ctx context.Context, e journal.Entry) error
	// Settle does the same and in one transaction changes the ledger's row of the entry's anchor. update gets the row, ok
	// false when there is none, and returns the row to keep, or false to remove it.
	Settle(ctx context.Context, e journal.Entry, update func(r ledger.Row, ok bool) (ledger.Row, bool)) error
	// Counts gives the number of changes of a run by state.
	Counts(ctx context.Context, run string) (journal.Counts, error)
	// Finish records how a run ended.
	Finish(ctx context.Context, r journal.Run) error
	// Defer ends an entry as delayed and makes its change a task, in one transaction.
	Defer(ctx context.Context, e journal.Entry, t task.Task) error
	// Tally gives what the changes since an instant count for each guard, over all runs.
	Tally(ctx context.Context, since time.Time) (map[string]int, error)
}

// Ledger is what coexist owns; see package ledger.
type Ledger interface {
	// Row gives one row; ok is false when coexist never wrote to the object.
	Row(ctx context.Context, a directory.Anchor) (r ledger.Row, ok bool, err error)
}

// Progress is told about each change once it came to an end, in the plan's order.
type Progress func(done, total int, e journal.Entry)

// Options are what a run needs. Plan, Targets, Journal and Ledger are always needed.
type Options struct {
	Plan    *plan.File
	Targets map[cloud.Directory]connector.Target
	Journal Journal
	Ledger  Ledger
	// Reconsider decides once more about one object of the source, with the plan's own policies and instant, and gives the
	// fingerprint that plan.Change.Source holds; "" for an object that is not there or not in scope any more. Only a plan
	// that was made offline is applied without it.
	Reconsider func(ctx context.Context, a directory.Anchor) (fingerprint string, err error)

	Run    string             // id of a run that was registered already; "" for a new one
	Mode   string             // the command, for the list of runs
	By     journal.Who        // likewise
	Engine string             // version of the program, likewise
	Allow  []journal.Override // guards that the plan may exceed

	Until   time.Time // no change is begun from then on; zero for no end
	Workers int       // objects worked on at a time; 0 for 4
	Retry   Retry     // zero fields take the defaults
	Stop    Stop      // likewise
	Delay   Delay     // likewise
	Rolling Rolling   // what guards allow over several runs; the zero value allows everything
	// CutOff says that a run of this plan left changes whose outcome is not known. They are looked up even when the plan has
	// expired meanwhile; nothing is sent then.
	CutOff   bool
	Progress Progress // may be nil

	Now   func() time.Time                                 // nil for time.Now
	Sleep func(ctx context.Context, d time.Duration) error // nil for a timer; returns ctx's error when that ends first
	Rand  func() float64                                   // in [0, 1), for the length of pauses; nil for math/rand
}

// Result is what came of a run.
type Result struct {
	Run         journal.Run
	Resumed     bool            // a run that was left unfinished was carried on
	Counts      journal.Counts  // of all changes of the plan, by state
	NotReached  int             // changes that the run did not come to
	Failures    []journal.Entry // the first changes without success, in the plan's order of stages; the store has all
	Interrupted bool            // ctx ended, or Until passed, before the run did
	Cause       error           // of an interruption: the cause of ctx's end, or ErrWindow
}

// maxFailures bounds Result.Failures.
const maxFailures = 100

// Complete reports whether every change has its effect, or will have as a task.
func (r *Result) Complete() bool {
	return r.Counts.Succeeded()+r.Counts[journal.Delayed] == r.Run.Changes
}

// ErrWindow says that a run ended because its change window did. Applying the same plan again carries it on.
var ErrWindow = errors.New("the change window is over")

// Run carries out a plan. It returns a *Refusal before anything was written, and another error when it could not go on,
// because the journal failed or the plan file became unreadable; the same plan may then be applied again. Changes that
// failed are no error but counted in the Result. When ctx ends, the changes in flight are finished first.
func Run(ctx context.Context, o Options) (Result, error) {
	if err := o.complete(); err != nil {
		return Result{}, err
	}
	s, err := survey(&o)
	if err != nil {
		return Result{}, err
	}
	if err := refuse(ctx, &o, s); err != nil {
		var r *Refusal
		if errors.As(err, &r) && r.Reason == Expired && o.CutOff {
			return settleOnly(ctx, &o, s)
		}
		return Result{}, err
	}
	r, err := start(ctx, &o, s)
	if err != nil {
		return Result{}, err
	}
	if err := r.recover(ctx); err != nil {
		return r.finish(ctx, err)
	}
	return r.finish(ctx, r.stages(ctx))
}

// complete checks what must be there and fills in the defaults.
func (o *Options) complete() error {
	if o.Plan == nil || o.Journal == nil || o.Ledger == nil || len(o.Targets) == 0 {
		return errors.New("apply: plan, targets, journal and ledger are needed")
	}
	o.defaults()
	return nil
}

func (o *Options) defaults() {
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = retry.Sleep
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	o.Retry.complete()
	o.Stop.complete()
	o.Delay.complete()
}

// over reports whether no change is to be begun any more: ctx ended, or the change window.
func (r *runner) over(ctx context.Context) bool { return ctx.Err() != nil || r.shut(0) }

// shut reports whether the change window is over after a pause of d.
func (r *runner) shut(d time.Duration) bool {
	return !r.Until.IsZero() && !r.Now().Add(d).Before(r.Until)
}

// why gives the cause of an interruption.
func (r *runner) why(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w at %s", ErrWindow, r.Until.UTC().Format(time.RFC3339))
}

// runner is a run under way.
type runner struct {
	*Options
	schedule
	run      journal.Run
	resumed  bool
	verdicts verdicts // of Reconsider, by anchor
	// What follows belongs to the goroutine that collects.
	done     int
	failures []journal.Entry
	brake    brake
	cut      bool // ctx or the change window ended before everything was done
	rolling  rolling
}

// start records the run, or takes up the one that was cut off.
func start(ctx context.Context, o *Options, s schedule) (*runner, error) {
	now := o.Now().UTC()
	digest := o.Plan.Digest()
	short := strings.TrimPrefix(digest, "sha256:")
	r := journal.Run{ID: cmp.Or(o.Run, now.Format("20060102T150405Z")+"-"+short[:min(8, len(short))]), Plan: digest, Tenant: o.Plan.Manifest().Tenant.ID, Mode: o.Mode, By: o.By, Engine: o.Engine,
		State: journal.Running, Changes: s.total, Started: now, Overrides: o.Allow}
	found, again, err := o.Journal.Start(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("start run: %w", err)
	}
	if again && found.State == journal.Finished {
		return nil, refusal(AlreadyApplied, "run %s finished at %s", found.ID, found.Finished.Format(time.RFC3339))
	}
	run := &runner{Options: o, schedule: s, run: r, resumed: again, brake: brake{Stop: o.Stop}}
	run.verdicts.of = map[directory.Anchor]string{}
	run.run.ID, run.run.Started = found.ID, found.Started
	if run.rolling, err = o.Rolling.begin(ctx, o, now); err != nil {
		return nil, err
	}
	if run.resumed {
		run.run.Overrides = slices.Concat(found.Overrides, o.Allow)
	}
	return run, nil
}

// finish records how the run ended. cause is why it could not go on, nil when it could.
func (r *runner) finish(ended context.Context, cause error) (Result, error) {
	ctx := context.WithoutCancel(ended)
	counts, err := r.Journal.Counts(ctx, r.run.ID)
	if err != nil {
		return Result{Run: r.run, Resumed: r.resumed}, errors.Join(cause, fmt.Errorf("finish run: %w", err))
	}
	var why error
	r.run.Finished = r.Now().UTC()
	switch n := counts.Unsettled() + counts[journal.Deferred]; {
	case cause != nil:
		r.run.State, r.run.Detail = journal.Interrupted, "the run could not go on: "+cause.Error()
	case r.brake.why != "":
		r.run.State, r.run.Detail = journal.Stopped, r.brake.why
	case r.cut:
		r.run.State, r.run.Detail = journal.Interrupted, "interrupted"
		if why = r.why(ended); !errors.Is(why, context.Canceled) {
			r.run.Detail = why.Error()
		}
	case n > 0:
		r.run.State, r.run.Detail = journal.Interrupted, fmt.Sprintf("%d changes were put off or have an unknown outcome; apply the plan again to go on with them", n)
	default:
		r.run.State = journal.Finished
	}
	res := Result{Run: r.run, Resumed: r.resumed, Counts: counts, NotReached: r.total - counts.Reached(), Failures: r.failures, Interrupted: r.cut, Cause: why}
	if err := r.Journal.Finish(ctx, r.run); err != nil {
		cause = errors.Join(cause, fmt.Errorf("finish run: %w", err))
	}
	return res, cause
}
