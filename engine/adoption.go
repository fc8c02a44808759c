package engine

import (
	"context"

	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// An adoption says that a cloud account is ours from now on, by what could be a mistake: an address, or a name. A plan that
// adopts takes nothing away from anybody, so that who reviews it looks for one kind of mistake alone, and a wrong match has
// done no harm when it is found. What would be taken away is withheld and proposed by the plan after it.

// afterAdoption is the detail of what a plan that adopts withholds.
const afterAdoption = "this plan adopts objects and takes nothing away besides; the plan after it proposes this again"

// lookForAdoptions finds out whether the plan adopts any object, before it is written.
func (p *planner) lookForAdoptions(ctx context.Context) error {
	if !p.mayAdopt() {
		return nil
	}
	q := *p // that tells nobody of the names and mailboxes it sees
	q.in.Names, q.in.Mailboxes = nil, nil
	k := q.worker()
	for items, err := range p.chunks(ctx) {
		if err != nil {
			return err
		}
		for _, it := range items {
			if it.source == join.None || !p.selected(it.source) || !p.candidate(it.source, it.row) {
				continue
			}
			var o outcome
			k.object(&o, it)
			for i := range o.changes {
				if o.changes[i].Action == plan.Adopt {
					p.adopting = true
					return nil
				}
			}
		}
	}
	return nil
}

// mayAdopt reports whether any object could be adopted, as far as that can be told without the ledger's rows.
func (p *planner) mayAdopt() bool {
	for _, i := range p.lent {
		if p.selected(i) && p.candidate(i, nil) {
			return true
		}
	}
	for i := range p.table.Matches {
		if _, known := p.remember[i]; known && !p.table.Matches[i].How.Soft() && !p.reanchored(i) {
			continue
		}
		if p.selected(i) && p.candidate(i, nil) {
			return true
		}
	}
	return false
}

// reanchored reports whether the counterpart of the source object at index i has lost our anchor.
func (p *planner) reanchored(i int) bool {
	m := p.table.Matches[i]
	if m.Target == join.None {
		return false
	}
	t := p.view.At(m.Target)
	return t.Anchor != p.in.Snapshot.Anchor(i) && !t.Type.MasteredWhole()
}

// candidate reports whether the source object at index i has a counterpart that is not ours by its row.
func (p *planner) candidate(i int, row *ledger.Row) bool {
	m := p.table.Matches[i]
	if m.Target == join.None || m.Problem != nil || !p.verdicts[i].wanted() {
		return false
	}
	t := p.view.At(m.Target)
	return !t.Deleted && !t.Synced && !t.CloudOwned && (row == nil || !row.Owned() || p.reanchored(i))
}

// withheld lists what a plan that adopts does not do.
func (p *planner) withheld(about plan.Object, property string) plan.Skip {
	return plan.Skip{Object: about, Reason: plan.AfterAdoption, Property: property, Detail: afterAdoption}
}
