package engine

import (
	"iter"
	"math"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// Weigh gives what says how much a change counts for each guard, by the licences of a tenant. It counts as a plan's guards
// do, apart from those that look at seats or at the source.
func Weigh(t *cloud.Tenant) func(*plan.Change) map[string]int {
	return func(c *plan.Change) map[string]int {
		one := newTally(t)
		one.change(c, 0, Limits{})
		delete(one.planned, GuardProtected) // one is too many, however long ago the last was
		if len(one.planned) == 0 {
			return nil
		}
		return one.planned
	}
}

// Most gives how much of each guard the changes of a day may come to, by the populations that a plan was held against. A
// guard that is off is not named.
func (l Limits) Most(m *plan.Manifest) map[string]int {
	out := map[string]int{}
	for _, g := range m.Guards {
		switch g.Name {
		case GuardMemberRemoval, GuardSeats, GuardSourceCollapse, GuardProtected, GuardRepeatedErrors:
		default:
			l.most(out, g.Name, g.Name, g.Population)
		}
	}
	return out
}

// MostOfGroups adds to Most how many members each group may lose in a day of whose changes it is told.
func (l Limits) MostOfGroups(out map[string]int, changes iter.Seq2[plan.Change, error]) error {
	for c, err := range changes {
		if err != nil {
			return err
		}
		l.most(out, ofGroup(&c), GuardMemberRemoval, c.Population)
	}
	return nil
}

// most names what a guard allows of a population under a key.
func (l Limits) most(out map[string]int, key, guard string, population int) {
	limit := l.ByGuard[guard]
	most := limit.Count
	if limit.Percent > 0 && population >= l.MinPopulation {
		if share := max(1, int(math.Ceil(limit.Percent*float64(population)/100))); most == 0 || share < most {
			most = share
		}
	}
	if most > 0 {
		out[key] = most
	}
}
