package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
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
	unread   map[directory.GUID][]string
	priors   *Priors
}

// NewDecider resolves the groups that policies name. Each that cannot be told is a *GroupError.
func NewDecider(s *snapshot.Snapshot, policies *rules.Set, asOf time.Time) (*Decider, error) {
	d := &Decider{snapshot: s, policies: policies, asOf: asOf, unread: unread(s)}
	var wrong []error
	for _, name := range policies.Groups() {
		found := s.GroupNamed(name)
		if len(found) != 1 {
			wrong = append(wrong, &GroupError{Name: name, Found: len(found)})
			continue
		}
		members := s.MembersOf(found[0])
		if flaw, ok := doubtful(s, found[0], members); ok {
			wrong = append(wrong, fmt.Errorf("a policy asks for members of group %q, and %s of %s could not be read: %s", name, flaw.Attribute, flaw.DN, flaw.Problem))
		}
		d.groups = append(d.groups, members)
		d.direct = append(d.direct, s.Members(found[0]))
	}
	return d, errors.Join(wrong...)
}

// doubtful gives the members that could not be read, of a group or of one nested in it: what follows from being a member
// cannot be told then.
func doubtful(s *snapshot.Snapshot, group int, members snapshot.Set) (snapshot.Flaw, bool) {
	for _, src := range s.Sources() {
		for _, f := range src.Flaws {
			if i, ok := s.ByGUID(f.GUID); ok && directory.EqualFold(f.Attribute, directory.AttrMember) && s.At(i).Kind == directory.Group && (i == group || members.Has(i)) {
				return f, true
			}
		}
	}
	return snapshot.Flaw{}, false
}

// Recall gives a decider that knows what earlier runs carried out of the objects of its snapshot. Without it every hold begins
// and ends now.
func (d *Decider) Recall(p *Priors) *Decider {
	out := *d
	out.priors = p
	return &out
}

// Evaluator makes an evaluator for one goroutine.
func (d *Decider) Evaluator() *rules.Evaluator {
	return d.policies.NewEvaluator(d.snapshot.Schema(), d.asOf)
}

// Input gives the object at index i as policies read it.
func (d *Decider) Input(i int) rules.Input {
	in := rules.Input{Object: d.snapshot.At(i), Priors: d.priors.Of(i),
		InGroup: func(ref int) bool { return d.groups[ref].Has(i) },
		DirectlyIn: func(ref int) bool {
			_, ok := slices.BinarySearch(d.direct[ref], int32(i))
			return ok
		}}
	if len(d.unread) > 0 {
		in.Unreadable = d.unread[in.Object.GUID]
	}
	if s, ok := d.snapshot.SourceOf(i); ok {
		in.Domain = s.Domain
	}
	return in
}
