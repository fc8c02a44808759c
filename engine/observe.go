package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// Accepted gives what a complete plan settles that was carried out to its end: its policies are in force from then on, and if
// nothing is left over, the size of its sources is what the next one is held against.
func Accepted(m *plan.Manifest, whole bool) ledger.Observation {
	o := ledger.Observation{At: m.AsOf, Objects: map[string]int{}}
	if !m.Complete || m.Undoes != "" {
		return o
	}
	o.Policy, o.Accepted = m.Policy.Digest, true
	for _, s := range m.Sources {
		if whole {
			o.Objects[s.Name] = s.Objects
		}
	}
	return o
}

// readLedger notes which objects have gone, which cloud ids are known, and what earlier runs carried out.
func (p *planner) readLedger(ctx context.Context) error {
	p.remember, p.added = map[int]string{}, map[string][]string{}
	b := newPriorsBuilder(p.in.Snapshot)
	for m, err := range p.in.State.Memories(ctx) {
		if err != nil {
			return err
		}
		b.memory(m)
	}
	p.priors = &b.priors
	p.decider = p.decider.Recall(p.priors)
	for row, err := range p.in.State.Rows(ctx) {
		if err != nil {
			return err
		}
		members, wrote := row.LastWritten("members")
		if ofCloudGroup(&row) {
			p.added[row.ID] = members.Texts()
			continue
		}
		if wrote {
			p.grouped = true
		}
		if row.Owned() {
			p.owned++
		}
		if i, ok := p.in.Snapshot.ByAnchor(row.Anchor); ok {
			p.remember[i] = row.ID
			b.row(i, &row)
			if !row.Owned() {
				p.lent = append(p.lent, i)
			}
			continue
		}
		p.missing = append(p.missing, row)
	}
	p.bury(b.lost)
	return nil
}

// observe remembers what a complete plan saw. A source that collapsed is not remembered as the new normal.
func (p *planner) observe(ctx context.Context, m *plan.Manifest) error {
	if !m.Complete || p.in.Preview || slices.ContainsFunc(m.Exceeded(), func(g plan.Guard) bool { return g.Name == GuardSourceCollapse }) {
		return nil
	}
	o := ledger.Observation{At: p.in.AsOf, Policy: m.Policy.Digest, Objects: map[string]int{}, Scopes: map[string]directory.GUID{}, Leaving: p.leaving, Lessons: p.lessons}
	for _, s := range p.in.Snapshot.Sources() {
		before, _, err := p.in.State.LastImport(ctx, s.Name)
		if err != nil {
			return fmt.Errorf("remember the run: %w", err)
		}
		for _, sc := range s.Scopes {
			o.Objects[s.Name] += sc.Objects
			name := sc.Configured
			if name == "" {
				name = sc.OU
			}
			if !sc.GUID.IsZero() {
				o.Scopes[directory.Fold(name)] = sc.GUID
			}
		}
		// Planning alone must not wear the guard down: only a plan that was carried out lowers what the next is held against.
		o.Objects[s.Name] = max(o.Objects[s.Name], before)
	}
	if err := p.in.State.Observe(ctx, o); err != nil {
		return fmt.Errorf("remember the run: %w", err)
	}
	return nil
}
