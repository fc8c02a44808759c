package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/rules"
)

// Decider decides about the objects of one snapshot by one set of policies. It is safe for concurrent use; each goroutine
// takes an Evaluator of its own.
type Decider struct {
	snapshot *snapshot.Snapshot
	policies *rules.Set
	asOf     time.Time
	groups   []snapshot.Set // members of each group that policies name, nested
	direct   [][]int32      // likewise, direct
}

// NewDecider resolves the groups that policies name. Each that cannot be told is a *GroupError.
func NewDecider(s *snapshot.Snapshot, policies *rules.Set, asOf time.Time) (*Decider, error) {
	d := &Decider{snapshot: s, policies: policies, asOf: asOf}
	var wrong []error
	for _, name := range policies.Groups() {
		found := s.GroupNamed(name)
		if len(found) != 1 {
			wrong = append(wrong, &GroupError{name, len(found)})
			continue
		}
		d.groups = append(d.groups, s.MembersOf(found[0]))
		d.direct = append(d.direct, s.Members(found[0]))
	}
	return d, errors.Join(wrong...)
}

// Evaluator makes an evaluator for one goroutine.
func (d *Decider) Evaluator() *rules.Evaluator {
	return d.policies.NewEvaluator(d.snapshot.Schema(), d.asOf)
}

// Input gives the object at index i as policies read it.
func (d *Decider) Input(i int) rules.Input {
	in := rules.Input{Object: d.snapshot.At(i),
		InGroup: func(ref int) bool { return d.groups[ref].Has(i) },
		DirectlyIn: func(ref int) bool {
			_, ok := slices.BinarySearch(d.direct[ref], int32(i))
			return ok
		}}
	if s, ok := d.snapshot.SourceOf(i); ok {
		in.Domain = s.Domain
	}
	return in
}
