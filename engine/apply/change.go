package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// step is one change on its way.
type step struct {
	*runner
	change    plan.Change
	target    connector.Target
	entry     journal.Entry
	refs      map[directory.Anchor]string // cloud ids of the objects that the change refers to
	lost      []string                    // names of those that have none
	fresh     bool                        // this plan made the object: it may not be visible everywhere yet
	doubt     bool                        // an attempt may have taken effect without an answer
	cut       bool                        // ctx or the change window ended while waiting to ask again
	over      bool                        // the change came to an end
	counted   bool                        // an earlier process counted it for the guards
	unreached bool                        // a guard would be crossed by it: nothing was recorded
	begun     time.Time                   // when an earlier process recorded it last, zero when none did
	unmade    []string                    // properties that a create did not set, of an object that was looked up
	seen      *glance                     // of its object ahead, for the first look
	put       *putter                     // where a change that is a task is recorded; nil for one of a plan
}

// carry brings one change to an end, or to where the next process can take it up. An error means that the run cannot go
// on.
func (r *runner) carry(ctx context.Context, c plan.Change, seen *glance) (out outcome, cut bool, err error) {
	var prior journal.Entry
	if r.resumed {
		if prior, _, err = r.Journal.Entry(ctx, r.run.ID, c.ID); err != nil {
			return out, false, fmt.Errorf("change %s: %w", c.ID, err)
		}
		if prior.State.Succeeded() || prior.State == journal.Delayed {
			return outcome{entry: prior, old: true}, false, nil
		}
	}
	s := r.taken(c, prior)
	s.seen = seen
	if err = s.prepare(ctx); err == nil {
		err = s.advance(ctx, prior.State)
	}
	if err != nil {
		return out, false, fmt.Errorf("change %s: %w", c.ID, err)
	}
	return outcome{entry: s.entry, none: s.unreached}, s.cut, nil
}

// advance goes on from where an earlier process left the change; "" for the beginning.
func (s *step) advance(ctx context.Context, from journal.State) error {
	switch from {
	case journal.Exported:
		return s.settle(ctx, journal.Done)
	case journal.Begun, journal.Unknown:
		s.doubt = true
		if err := s.lookUp(ctx); err != nil || s.over {
			return err
		}
	}
	for _, check := range []func(context.Context) error{s.depends, s.source, s.owned, s.compare} {
		if err := check(ctx); err != nil || s.over {
			return err
		}
	}
	s.entry.Weights = s.rolling.weigh(&s.change)
	if !s.counted && !s.rolling.take(s.entry.Weights) {
		s.over, s.unreached = true, true
		return nil
	}
	return s.send(ctx)
}

// prepare finds out the cloud ids of the object and of those that it refers to.
func (s *step) prepare(ctx context.Context) error {
	if s.change.Object.ID == "" && s.change.Action != plan.Create {
		row, _, err := s.Ledger.Row(ctx, s.change.Object.Anchor)
		if err != nil {
			return err
		}
		s.change.Object.ID, s.fresh = row.ID, true
	}
	return s.references(ctx)
}

// depends ends the change when one that it depends on is not done.
func (s *step) depends(ctx context.Context) error {
	for _, id := range s.change.DependsOn {
		e, ok, err := s.Journal.Entry(ctx, s.run.ID, id)
		switch {
		case err != nil:
			return err
		case !ok:
			return s.end(ctx, journal.Blocked, "depends on "+id+", which was not reached")
		case e.State == journal.Delayed && s.change.Await != "":
			s.over = true
			s.entry.Detail = "waits with " + id
			return s.delay(ctx)
		case !e.State.Succeeded():
			return s.end(ctx, journal.Blocked, "depends on "+id+", which is "+string(e.State))
		}
	}
	switch c := &s.change; {
	case c.Object.ID == "" && c.Action != plan.Create:
		return s.end(ctx, journal.Blocked, "its object has no counterpart in the cloud")
	case len(s.lost) > 0 && (c.Action == plan.Refer || c.Action == plan.Members && s.idle()):
		return s.end(ctx, journal.Blocked, s.missing())
	}
	return nil
}

// verdicts remembers the fingerprints of source objects, so that each is decided about once for all its changes.
type verdicts struct {
	mu sync.Mutex
	of map[directory.Anchor]string
}

// source ends the change when the source object is no longer what the plan was made from.
func (s *step) source(ctx context.Context) error {
	if s.Reconsider == nil {
		return nil
	}
	a := s.change.Object.Anchor
	s.verdicts.mu.Lock()
	now, ok := s.verdicts.of[a]
	s.verdicts.mu.Unlock()
	if !ok {
		fresh := s.fresh
		s.fresh = false // the source is not what was just made
		err := s.patiently(ctx, func(ctx context.Context) (err error) {
			now, err = s.Reconsider(ctx, a)
			return err
		})
		s.fresh = fresh
		if err != nil {
			return s.fail(ctx, fmt.Errorf("look at the source again: %w", err))
		}
		s.verdicts.mu.Lock()
		s.verdicts.of[a] = now
		s.verdicts.mu.Unlock()
	}
	switch planned := s.change.Source; {
	case now == planned:
		return nil
	case planned == "":
		return s.end(ctx, journal.Stale, "the object is back in the source since the plan was made")
	case now == "":
		return s.end(ctx, journal.Stale, "the object has left the source since the plan was made")
	}
	return s.end(ctx, journal.Stale, "the object changed in the source since the plan was made")
}

// owned ends a change that takes something away from an object that is not ours, whatever the plan says.
func (s *step) owned(ctx context.Context) error {
	if s.change.Action != plan.Delete && s.change.Action != plan.Disable {
		return nil
	}
	row, ok, err := s.Ledger.Row(ctx, s.change.Object.Anchor)
	switch {
	case err != nil:
		return err
	case !ok || !row.Owned():
		return s.end(ctx, journal.Conflict, "the ledger does not own the object")
	case row.ID != s.change.Object.ID:
		return s.end(ctx, journal.Conflict, "the ledger owns another object, "+row.ID)
	}
	return nil
}

// compare ends the change when the target is not as planned, or is so already.
func (s *step) compare(ctx context.Context) error {
	seen, err := s.observe(ctx)
	if err != nil {
		return s.fail(ctx, err)
	}
	switch seen.as {
	case wished:
		s.entry.TargetID = seen.id
		return s.settle(ctx, journal.Already)
	case moved:
		return s.end(ctx, journal.Conflict, seen.detail)
	}
	return nil
}

// send asks for the change until there is an answer that tells what came of it.
func (s *step) send(ctx context.Context) error {
	for n := 1; ; n++ {
		s.entry.Attempt++
		if err := s.record(ctx, journal.Begun); err != nil {
			return err
		}
		id, err := s.export(context.WithoutCancel(ctx))
		if err == nil {
			err = s.answered(id)
		}
		if err == nil {
			if err := s.record(ctx, journal.Exported); err != nil {
				return err
			}
			return s.settle(ctx, journal.Done)
		}
		s.note(err)
		if again, err := s.judge(ctx, err); err != nil || !again {
			return err
		}
		if n == s.Retry.Attempts {
			return s.fail(ctx, err)
		}
		if wait := s.pause(ctx, err, n); wait != nil {
			s.cut = ctx.Err() != nil || errors.Is(wait, ErrWindow)
			return s.fail(ctx, fmt.Errorf("%w; not asked again: %w", err, wait))
		}
	}
}

// export asks the target for the change, and keeps which of its requests that was, for the vendor's support.
func (s *step) export(ctx context.Context) (string, error) {
	t, ok := s.target.(connector.Tracer)
	if !ok {
		return s.target.Export(ctx, s.change, s.resolve)
	}
	id, request, err := t.ExportTraced(ctx, s.change, s.resolve)
	if request != "" {
		s.entry.RequestID = request
	}
	return id, err
}

// answered takes the id of an answer. A create without one is as good as unanswered.
func (s *step) answered(id string) error {
	if id == "" {
		id = s.change.Object.ID
	}
	if id == "" {
		return &fault.Error{Kind: fault.Unknown, Op: "create " + string(s.change.Object.Type), Err: errors.New("the answer holds no id")}
	}
	s.entry.TargetID = id
	return nil
}

// judge decides after an error of Export whether to ask again. When it says no, the change came to an end.
func (s *step) judge(ctx context.Context, err error) (again bool, fatal error) {
	create := s.change.Action == plan.Create
	switch k := fault.KindOf(err); {
	case s.waits(err):
		return false, s.fail(ctx, err)
	case k == fault.Throttled, k == fault.Transient, k == fault.NotReady && !create, k == fault.NotFound && s.fresh:
		return true, nil
	case k == fault.NotFound && s.change.Action == plan.Delete:
		s.entry.TargetID = s.change.Object.ID
		return false, s.settle(ctx, journal.Done)
	case k == fault.Unknown, k == fault.Unreachable, k == fault.NotReady:
		s.doubt = true
		fatal = s.lookUp(ctx)
		return !s.over, fatal
	case k == fault.Conflict && create && s.doubt:
		// The value that stands in the way may be that of the object that an earlier attempt made.
		if fatal = s.lookUp(ctx); fatal != nil || s.over {
			return false, fatal
		}
	}
	return false, s.fail(ctx, err)
}

// note keeps what the error says for the journal.
func (s *step) note(err error) {
	s.entry.FaultKind, s.entry.Detail = fault.KindOf(err).String(), err.Error()
	var f *fault.Error
	if errors.As(err, &f) && f.RequestID != "" {
		s.entry.RequestID = f.RequestID
	}
}

// fail ends the change by an error after which nothing of it stands in the target.
func (s *step) fail(ctx context.Context, err error) error {
	s.note(err)
	s.over = true
	if s.waits(err) {
		return s.delay(ctx)
	}
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Transient, fault.NotReady, fault.Unreachable, fault.Unknown:
		return s.record(ctx, journal.Deferred)
	}
	return s.record(ctx, journal.Failed)
}

// end ends the change in a state without success and without an error.
func (s *step) end(ctx context.Context, state journal.State, detail string) error {
	s.over = true
	s.entry.FaultKind, s.entry.Detail = "", detail
	return s.record(ctx, state)
}

// record writes the journal, also when the run was asked to stop.
func (s *step) record(ctx context.Context, state journal.State) error {
	s.entry.State, s.entry.At = state, s.Now().UTC()
	if s.put != nil {
		return s.put.record(context.WithoutCancel(ctx), s.entry)
	}
	return s.Journal.Record(context.WithoutCancel(ctx), s.entry)
}

// settle ends the change with success: journal and ledger in one transaction.
func (s *step) settle(ctx context.Context, state journal.State) error {
	s.over = true
	s.entry.State, s.entry.At = state, s.Now().UTC()
	s.entry.FaultKind, s.entry.Detail = "", s.missing()
	if s.put != nil {
		return s.put.settle(context.WithoutCancel(ctx), s.entry, s.row)
	}
	return s.Journal.Settle(context.WithoutCancel(ctx), s.entry, s.row)
}

// missing says which referenced objects the change goes out without, "" for none.
func (s *step) missing() string {
	if len(s.lost) == 0 {
		return ""
	}
	const shown = 5
	names := strings.Join(s.lost[:min(len(s.lost), shown)], ", ")
	if len(s.lost) > shown {
		names += ", …"
	}
	return fmt.Sprintf("without %d that have no counterpart in the cloud: %s", len(s.lost), names)
}
