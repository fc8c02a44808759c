package apply

import (
	"context"
	"iter"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// lookAhead is how many objects for each worker may be finished ahead of the first unfinished one, whose outcome the
// others wait for because outcomes are taken in the plan's order.
const lookAhead = 16

// outcome is what came of one change. old says that an earlier process of this run brought it to its end.
type outcome struct {
	entry journal.Entry
	old   bool
	none  bool // nothing came of it: a guard would be crossed
}

// group is what came of the changes of one object in one round.
type group struct {
	outcomes []outcome
	cut      bool  // ctx ended before the last of them
	err      error // the run cannot go on
}

// stages carries out all stages, one after the other.
func (r *runner) stages(ctx context.Context) error {
	for stage := range r.rounds {
		for round := range r.rounds[stage] {
			if err := r.pass(ctx, stage, round); err != nil {
				return err
			}
			if r.halted() {
				return nil
			}
		}
	}
	return nil
}

func (r *runner) halted() bool { return r.cut || r.brake.why != "" }

// pass carries out one round of a stage. Objects are begun in the plan's order, and their outcomes are taken in that order
// too, so that what is reported and when a stop rule holds does not depend on which worker was faster.
func (r *runner) pass(ctx context.Context, stage, round int) error {
	var window []chan group
	var failed error
	slots := make(chan struct{}, r.Workers)
	take := func(g group) {
		if err := r.collect(g); failed == nil {
			failed = err
		}
	}
	for p, err := range r.ahead(ctx, r.groups(stage, round)) {
		if err != nil {
			failed = err
			break
		}
		slots <- struct{}{}
		window = r.drain(window, take)
		if failed != nil || r.halted() {
			break
		}
		if r.over(ctx) {
			r.cut = true
			break
		}
		out := make(chan group, 1)
		window = append(window, out)
		go func() {
			out <- r.object(ctx, p)
			<-slots
		}()
	}
	for _, out := range window {
		take(<-out)
	}
	return failed
}

// drain takes what is ready at the head of the window, and waits for the head when the window is full.
func (r *runner) drain(window []chan group, take func(group)) []chan group {
	for len(window) > 0 {
		if len(window) >= r.Workers*lookAhead {
			take(<-window[0])
			window = window[1:]
			continue
		}
		select {
		case g := <-window[0]:
			take(g)
			window = window[1:]
		default:
			return window
		}
	}
	return window
}

// collect takes the outcomes of one object.
func (r *runner) collect(g group) error {
	for _, out := range g.outcomes {
		r.done++
		if !out.entry.State.Succeeded() && out.entry.State != journal.Delayed && len(r.failures) < maxFailures {
			r.failures = append(r.failures, out.entry)
		}
		if !out.old {
			r.brake.add(out.entry)
		}
		if r.Progress != nil {
			r.Progress(r.done, r.total, out.entry)
		}
	}
	r.cut = r.cut || g.cut
	if r.brake.why == "" {
		r.brake.why = r.rolling.why()
	}
	return g.err
}

// object carries out the changes of one object one after the other.
func (r *runner) object(ctx context.Context, p prospect) (g group) {
	for i, c := range p.changes {
		if r.over(ctx) || r.rolling.why() != "" {
			g.cut = r.over(ctx)
			return g
		}
		out, cut, err := r.carry(ctx, c, p.of(i))
		if err != nil {
			g.err = err
			return g
		}
		if !out.none {
			g.outcomes = append(g.outcomes, out)
		}
		g.cut = g.cut || cut
	}
	return g
}

// groups yields the changes of a round, those of one object together. They stand together in the plan, as it is in anchor
// order.
func (r *runner) groups(stage, round int) iter.Seq2[[]plan.Change, error] {
	return func(yield func([]plan.Change, error) bool) {
		var g []plan.Change
		for c, err := range r.Plan.ChangesOf(func(a plan.Action) bool { return a.Reaches(stage) }) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !r.in(&c, stage, round) {
				continue
			}
			if len(g) > 0 && g[0].Object.Anchor != c.Object.Anchor {
				if !yield(g, nil) {
					return
				}
				g = nil
			}
			g = append(g, c)
		}
		if len(g) > 0 {
			yield(g, nil)
		}
	}
}
