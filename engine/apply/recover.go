package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// recover looks up every change that an earlier process left begun, before anything else is sent: what happened is finished,
// and what did not waits for its turn.
func (r *runner) recover(ctx context.Context) error {
	if !r.resumed {
		return nil
	}
	counts, err := r.Journal.Counts(ctx, r.run.ID)
	if err != nil || counts.Unsettled() == 0 {
		return err
	}
	var looks sync.WaitGroup
	slots := make(chan struct{}, r.Workers)
	var mu sync.Mutex
	var wrong []error
	for c, err := range r.Plan.Changes() {
		var e journal.Entry
		if err == nil {
			e, _, err = r.Journal.Entry(ctx, r.run.ID, c.ID)
		}
		if err != nil {
			looks.Wait()
			return errors.Join(append(wrong, err)...)
		}
		if !e.State.Unsettled() {
			continue
		}
		slots <- struct{}{}
		looks.Go(func() {
			defer func() { <-slots }()
			if err := r.resettle(ctx, c, e); err != nil {
				mu.Lock()
				defer mu.Unlock()
				wrong = append(wrong, fmt.Errorf("change %s: %w", c.ID, err))
			}
		})
	}
	looks.Wait()
	return errors.Join(wrong...)
}

// settleOnly ends a run that was cut off and whose plan has expired: what was begun is looked up, so that journal and ledger
// know what the tenant holds, and nothing is sent any more.
func settleOnly(ctx context.Context, o *Options, s schedule) (Result, error) {
	if err := sameTenant(ctx, o, s.directories, o.Plan.Manifest().Tenant.ID); err != nil {
		return Result{}, err
	}
	r, err := start(ctx, o, s)
	if err != nil {
		return Result{}, err
	}
	r.brake.why = "its plan has expired: what was begun was looked up, and the rest is for another plan"
	return r.finish(ctx, r.recover(ctx))
}

// resettle finds out what came of one change. One that did not happen is put off until its turn comes.
func (r *runner) resettle(ctx context.Context, c plan.Change, prior journal.Entry) error {
	s := r.taken(c, prior)
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if prior.State == journal.Exported {
		return s.settle(ctx, journal.Done)
	}
	s.doubt = true
	if err := s.lookUp(ctx); err != nil || s.over {
		return err
	}
	s.entry.Detail = "looked up after an attempt without an answer: it did not happen"
	return s.record(ctx, journal.Deferred)
}

// taken gives a change as an earlier process left it.
func (r *runner) taken(c plan.Change, prior journal.Entry) *step {
	s := &step{runner: r, change: c, target: r.Targets[c.Directory], begun: prior.At, counted: len(prior.Weights) > 0, entry: journal.Entry{Run: r.run.ID,
		Change: c.ID, Anchor: c.Object.Anchor, Name: c.Object.Name, Action: c.Action, Directory: c.Directory, Weights: prior.Weights}}
	s.entry.Attempt, s.entry.RequestID, s.entry.TargetID = prior.Attempt, prior.RequestID, prior.TargetID
	return s
}
