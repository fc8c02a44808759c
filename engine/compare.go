package engine

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// chunk is how many objects a worker takes at a time.
const chunk = 256

// item is one thing to compare, in anchor order: a source object, a ledger row, or both.
type item struct {
	source int // index in the snapshot, or join.None
	row    *ledger.Row
}

// outcome is what came of one chunk.
type outcome struct {
	changes   []plan.Change
	members   []int // of each change: how many members its group has now
	skips     []plan.Skip
	inGroups  int // members that the groups compared have now
	leaving   []ledger.Leaving
	lessons   []ledger.Lesson
	match     plan.Match
	unchanged int
}

// compare streams through source and ledger in anchor order. Chunks are compared side by side and written in order.
func (p *planner) compare(ctx context.Context, w Sink) error {
	if err := p.unusable(w); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type job struct {
		items []item
		done  chan outcome
	}
	jobs, order := make(chan job), make(chan job, max(1, p.in.Workers)*2)
	var wg sync.WaitGroup
	for range max(1, p.in.Workers) {
		wg.Go(func() {
			k := p.worker()
			for j := range jobs {
				j.done <- k.compare(j.items)
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for items, err := range p.chunks(ctx) {
			if err != nil {
				readErr = err
				return
			}
			j := job{items, make(chan outcome, 1)}
			for _, c := range []chan job{order, jobs} {
				select {
				case c <- j:
				case <-ctx.Done():
					readErr = ctx.Err()
					j.done <- outcome{}
					return
				}
			}
		}
	})
	var err error
	for j := range order {
		if err == nil {
			if err = p.write(w, <-j.done); err != nil {
				stop()
			}
		}
	}
	wg.Wait()
	if err == nil {
		err = readErr
	}
	return err
}

// chunks merges source and ledger by anchor and cuts them into pieces.
func (p *planner) chunks(ctx context.Context) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		next, stop := iter.Pull2(p.in.State.Rows(ctx))
		defer stop()
		row, err, more := next()
		var items []item
		put := func(it item) bool {
			if items = append(items, it); len(items) == chunk {
				ok := yield(items, nil)
				items = nil
				return ok
			}
			return true
		}
		for i := 0; i < p.in.Snapshot.Len() || more; {
			if err != nil {
				yield(nil, err)
				return
			}
			it := item{source: join.None}
			if i < p.in.Snapshot.Len() && (!more || p.in.Snapshot.Anchor(i) <= row.Anchor) {
				it.source = i
				i++
			}
			if more && (it.source == join.None || p.in.Snapshot.Anchor(it.source) == row.Anchor) {
				r := row
				it.row = &r
				row, err, more = next()
			}
			if !put(it) {
				return
			}
		}
		if len(items) > 0 {
			yield(items, nil)
		}
	}
}

// write hands a chunk's outcome to the sink and counts it.
func (p *planner) write(w Sink, o outcome) error {
	for i := range o.changes {
		o.changes[i].Population = p.tally.population(&o.changes[i], o.members[i])
		p.tally.change(&o.changes[i], o.members[i], p.in.Guards)
		if err := w.Change(o.changes[i]); err != nil {
			return err
		}
	}
	for _, s := range o.skips {
		p.tally.skips[string(s.Reason)]++
		if err := w.Skip(s); err != nil {
			return err
		}
	}
	p.leaving = append(p.leaving, o.leaving...)
	p.lessons = append(p.lessons, o.lessons...)
	p.unchanged += o.unchanged
	p.tally.members += o.inGroups
	p.match.Joined += o.match.Joined
	p.match.Adopt += o.match.Adopt
	p.match.Create += o.match.Create
	p.match.Waiting += o.match.Waiting
	p.match.Ambiguous += o.match.Ambiguous
	p.match.Unmanaged += o.match.Unmanaged
	p.match.Unreachable += o.match.Unreachable
	return nil
}

// unusable lists the objects that have no anchor of their own.
func (p *planner) unusable(w Sink) error {
	var o outcome
	for _, d := range p.in.Snapshot.Duplicates() {
		for _, dn := range d.DNs {
			o.skips = append(o.skips, plan.Skip{Object: plan.Object{Anchor: d.Anchor, Kind: directory.User.String(), Name: dn, DN: dn}, Reason: plan.DuplicateAnchor,
				Detail: fmt.Sprintf("%d objects carry anchor %s: correct mS-DS-ConsistencyGuid of all but one", len(d.DNs), d.Anchor)})
		}
	}
	for _, u := range p.in.Snapshot.Unusable() {
		o.skips = append(o.skips, plan.Skip{Object: plan.Object{Kind: directory.User.String(), Name: u.DN, DN: u.DN}, Reason: plan.NoAnchor, Detail: u.Err.Error()})
	}
	return p.write(w, o)
}

// worker is what one goroutine compares with.
type worker struct {
	*planner
	ev   *rules.Evaluator
	room []desired.Property // of the object before
	memo memo
}

func (p *planner) worker() *worker { return &worker{planner: p, ev: p.decider.Evaluator()} }

// compare compares one chunk.
func (k *worker) compare(items []item) outcome {
	o := outcome{changes: make([]plan.Change, 0, 2*len(items)), members: make([]int, 0, 2*len(items))}
	for _, it := range items {
		switch {
		case it.source == join.None && k.in.Selection == nil:
			k.gone(&o, *it.row)
		case it.source != join.None && k.selected(it.source):
			before := len(o.changes)
			k.object(&o, it)
			if len(o.changes) == before {
				o.unchanged++
			}
		}
	}
	return o
}

// selected reports whether the plan is about the source object at index i.
func (p *planner) selected(i int) bool {
	return p.in.Selection == nil || p.in.Selection.Has(p.in.Snapshot.At(i))
}
