package apply

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// A target that can answer many questions in one request is asked about the next objects together, right before their
// changes go out. An answer serves one look, and only while it is fresh: between it and the write somebody else may change
// the object, as between any look and write, and the time for that must stay short however long throttling holds a run up.
const (
	window   = 20               // objects asked about together, which is what one $batch takes
	freshFor = 30 * time.Second // how long an answer counts
)

// prospect is the changes of one object in one round, with what was seen of it ahead; seen is nil when it was not.
type prospect struct {
	changes []plan.Change
	seen    *glance
}

// glance is one answer and when it was given.
type glance struct {
	connector.Answer
	at time.Time
}

// ahead looks at the objects of a round before their turn, a window at a time. A run that was cut off looks for itself:
// much of it may be done already.
func (r *runner) ahead(ctx context.Context, groups iter.Seq2[[]plan.Change, error]) iter.Seq2[prospect, error] {
	return func(yield func(prospect, error) bool) {
		var next []prospect
		flush := func() bool {
			r.survey(ctx, next)
			for _, p := range next {
				if !yield(p, nil) {
					return false
				}
			}
			next = next[:0]
			return true
		}
		for changes, err := range groups {
			if err != nil {
				yield(prospect{}, err)
				return
			}
			if next = append(next, prospect{changes: changes}); len(next) == window && !flush() {
				return
			}
		}
		flush()
	}
}

// of gives what was seen for the change at an index. What was seen for the first says nothing of a later one, but that what
// both await is not there.
func (p *prospect) of(i int) *glance {
	first, c := &p.changes[0], &p.changes[i]
	if i == 0 || p.seen != nil && p.seen.Err != nil && fault.KindOf(p.seen.Err) == fault.NotReady && c.Await == first.Await &&
		c.Directory == first.Directory && c.Object.ID == first.Object.ID {
		return p.seen
	}
	return nil
}

// survey asks about the first change of each object. What comes of a later one may depend on it.
func (r *runner) survey(ctx context.Context, list []prospect) {
	if r.resumed || len(list) < 2 || r.over(ctx) {
		return
	}
	asked := map[cloud.Directory][]connector.Question{}
	of := map[cloud.Directory][]int{}
	for i, p := range list {
		d := p.changes[0].Directory
		if _, ok := r.Targets[d].(connector.Surveyor); !ok {
			continue
		}
		if q, ok := r.question(ctx, &p.changes[0]); ok {
			asked[d], of[d] = append(asked[d], q), append(of[d], i)
		}
	}
	for _, d := range slices.Sorted(maps.Keys(asked)) {
		at := r.Now()
		for k, a := range r.Targets[d].(connector.Surveyor).Survey(ctx, asked[d]) {
			// Anything but a plain answer is asked for again, where there is patience for it. That what a change awaits is not
			// there yet is plain.
			p := &list[of[d][k]]
			if kind := fault.KindOf(a.Err); a.Err == nil || kind == fault.NotFound || kind == fault.NotReady && p.changes[0].Await != "" {
				p.seen = &glance{a, at}
			}
		}
	}
}

// question is what must be known before a change is sent; ok is false when it cannot be asked yet.
func (r *runner) question(ctx context.Context, c *plan.Change) (q connector.Question, ok bool) {
	q = connector.Question{Type: c.Object.Type, Properties: lookedAt(c)}
	switch {
	case c.Action == plan.Create, c.Action == plan.Restore:
		q.Anchor, q.Properties = c.Object.Anchor, nil
		return q, true
	case c.Object.ID != "":
		q.ID = c.Object.ID
		return q, true
	}
	row, _, err := r.Ledger.Row(ctx, c.Object.Anchor)
	q.ID = row.ID
	return q, err == nil && q.ID != ""
}

// current reads the object of the change, or takes what was seen of it ahead.
func (s *step) current(ctx context.Context, id string) (cloud.Object, error) {
	if g := s.glanced(); g != nil {
		return g.Object, g.Err
	}
	return s.target.Current(ctx, s.change.Object.Type, id, lookedAt(&s.change))
}

// byAnchor looks for the object of the change, or takes what was seen of it ahead.
func (s *step) byAnchor(ctx context.Context) (cloud.Object, error) {
	if g := s.glanced(); g != nil {
		return g.Object, g.Err
	}
	return s.target.ByAnchor(ctx, s.change.Object.Type, s.change.Object.Anchor)
}

// glanced gives what was seen ahead, once, while it is fresh.
func (s *step) glanced() *glance {
	g := s.seen
	s.seen = nil
	if g == nil || s.doubt || s.Now().Sub(g.at) > freshFor {
		return nil
	}
	return g
}
