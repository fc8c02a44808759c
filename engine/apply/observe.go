package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// look is how the target stands to a change.
type look uint8

const (
	planned look = iota // as it was when the plan was made
	wished              // as it shall be
	moved               // neither
)

// sighting is what was found in the target.
type sighting struct {
	as     look
	id     string // when wished
	detail string // when moved
}

func gone(detail string) sighting { return sighting{as: moved, detail: detail} }

// observe looks at the object as it is now. An error is one of reading.
func (s *step) observe(ctx context.Context) (seen sighting, err error) {
	err = s.patiently(ctx, func(ctx context.Context) (err error) {
		switch s.change.Action {
		case plan.Create:
			seen, err = s.observeAbsent(ctx)
		case plan.Restore:
			seen, err = s.observeDeleted(ctx)
		default:
			seen, err = s.observeLive(ctx)
		}
		return err
	})
	return seen, err
}

// observeAbsent looks for an object that a create is to make.
func (s *step) observeAbsent(ctx context.Context) (sighting, error) {
	o, err := s.byAnchor(ctx)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		return sighting{as: planned}, nil
	case err != nil:
		return sighting{}, err
	case o.Deleted:
		return gone("an object with its anchor lies in deleted items"), nil
	}
	if o, err = s.target.Current(ctx, s.change.Object.Type, o.ID, lookedAt(&s.change)); err != nil {
		return sighting{}, err
	}
	if other := s.differs(&o); len(other) > 0 {
		return gone("it exists since the plan was made, with another " + strings.Join(other, ", ")), nil
	}
	return sighting{as: wished, id: o.ID}, nil
}

// observeDeleted looks for an object that is to be taken back from deleted items.
func (s *step) observeDeleted(ctx context.Context) (sighting, error) {
	o, err := s.byAnchor(ctx)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		return gone("it is gone from deleted items"), nil
	case err != nil:
		return sighting{}, err
	case o.ID != s.change.Object.ID:
		return gone("another object has its anchor: " + o.ID), nil
	case o.Deleted:
		return sighting{as: planned}, nil
	}
	return sighting{as: wished, id: o.ID}, nil
}

// observeLive looks at an object that is there.
func (s *step) observeLive(ctx context.Context) (sighting, error) {
	c := &s.change
	o, err := s.current(ctx, c.Object.ID)
	absent := err != nil && fault.KindOf(err) == fault.NotFound
	switch {
	case absent && s.fresh:
		return sighting{}, err
	case err != nil && !absent:
		return sighting{}, err
	case c.Action == plan.Delete && (absent || o.Deleted):
		return sighting{as: wished, id: c.Object.ID}, nil
	case absent || o.Deleted:
		return gone("it was deleted since the plan was made"), nil
	case c.Action == plan.Adopt:
		return s.anchored(&o), nil
	case (c.Action == plan.Delete || c.Action == plan.Disable) && o.Anchor != c.Object.Anchor && !c.Object.Type.MasteredWhole():
		return gone("it has another anchor by now, or none"), nil
	case (c.Action == plan.Delete || c.Action == plan.Disable) && (o.Synced || o.CloudOwned):
		return gone("another engine or the cloud masters it by now"), nil
	case o.CloudOwned:
		return gone("it was made cloud-managed since the plan was made"), nil
	case c.Action == plan.Members:
		return sighting{as: planned}, nil
	case c.Action != plan.Delete && len(s.differs(&o)) == 0:
		return sighting{as: wished, id: o.ID}, nil
	case o.Admin && c.Protected == "" && c.LocksOut():
		return gone("it holds an administrative role by now, and the plan was made before that was known"), nil
	case c.Fingerprint != "" && c.Await == "" && plan.FingerprintOf(&o, attributes(c)) != c.Fingerprint && !s.halfway(&o):
		return gone("it was changed since the plan was made: " + strings.Join(s.surprises(&o), ", ")), nil
	}
	return sighting{as: planned}, nil
}

// halfway reports whether the object is what an attempt of ours that was cut off may have left: an update that takes several
// requests, some of which took effect. The rest is sent again, with what is there already.
func (s *step) halfway(o *cloud.Object) bool {
	if s.change.Action != plan.Update || s.entry.Attempt == 0 {
		return false
	}
	for i := range s.change.Attributes {
		a := &s.change.Attributes[i]
		p, _ := cloud.Lookup(a.Name)
		if now := o.Get(a.Name); !p.Same(now, a.Before) && !p.Same(now, s.wish(a)) {
			return false
		}
	}
	return true
}

// anchored compares the anchor of an object that is to be adopted.
func (s *step) anchored(o *cloud.Object) sighting {
	before := ""
	if len(s.change.Attributes) > 0 {
		before = s.change.Attributes[0].Before.Text()
	}
	want := s.change.Fingerprint
	switch {
	case o.Anchor == s.change.Object.Anchor:
		return sighting{as: wished, id: o.ID}
	case want != "" && plan.FingerprintOf(o, plan.Identifying(s.change.Object.Type)) != want:
		return gone("it is another object by now than the one that was matched: " + o.Name())
	case string(o.Anchor) == before:
		return sighting{as: planned}
	}
	return gone(fmt.Sprintf("it got another anchor since the plan was made: %q", o.Anchor))
}

// attributes names what the change is about, which is what its fingerprint is taken over.
func attributes(c *plan.Change) []string {
	names := make([]string, len(c.Attributes))
	for i, a := range c.Attributes {
		names[i] = a.Name
	}
	return names
}

// lookedAt gives the properties to read: those that the change names, and for a disable the one that it sets in any case.
func lookedAt(c *plan.Change) []string {
	switch c.Action {
	case plan.Adopt:
		return plan.Identifying(c.Object.Type)
	case plan.Members:
		return nil
	case plan.Disable:
		if names := attributes(c); !slices.Contains(names, enabled) {
			return append(names, enabled)
		}
	}
	return attributes(c)
}

const enabled = "accountEnabled"

// differs names the properties that do not have their wished values.
func (s *step) differs(o *cloud.Object) (names []string) {
	for i := range s.change.Attributes {
		a := &s.change.Attributes[i]
		p, _ := cloud.Lookup(a.Name)
		if !p.Same(o.Get(a.Name), s.wish(a)) {
			names = append(names, a.Name)
		}
	}
	if s.change.Action == plan.Disable && o.Get(enabled).Truth() {
		names = append(names, enabled)
	}
	return names
}

// surprises names the properties that do not have the values that the plan found, with the values they have.
func (s *step) surprises(o *cloud.Object) (out []string) {
	for _, a := range s.change.Attributes {
		if v := o.Get(a.Name); !v.Equal(a.Before) {
			out = append(out, fmt.Sprintf("%s is %s", a.Name, v))
		}
	}
	return out
}

// lookUp finds out what came of a change that was sent without an answer. When the change did not come to an end by that,
// it did not happen and may be sent again.
func (s *step) lookUp(ctx context.Context) error {
	if s.change.Action == plan.Create {
		return s.lookUpCreated(ctx)
	}
	seen, err := s.observe(ctx)
	if s.waits(err) {
		return nil // what is not there was not written to
	}
	if err != nil {
		return s.puzzled(ctx, err)
	}
	switch seen.as {
	case wished:
		s.entry.TargetID = seen.id
		return s.settle(ctx, journal.Done)
	case moved:
		return s.end(ctx, journal.Conflict, "after an attempt without an answer: "+seen.detail)
	}
	return nil
}

// replicated is after how long what was written shows everywhere, so that one look tells.
const replicated = 30 * time.Minute

// lookUpCreated looks for an object by its anchor, several times, as it may not be visible everywhere at once.
func (s *step) lookUpCreated(ctx context.Context) error {
	looks := s.Retry.Looks
	if !s.begun.IsZero() && s.Now().Sub(s.begun) > replicated {
		looks = 1
	}
	for n := range looks {
		if n > 0 {
			if err := s.Sleep(ctx, s.Retry.Look); err != nil {
				s.cut = true
				return s.puzzled(ctx, err)
			}
		}
		var o cloud.Object
		err := s.patiently(ctx, func(ctx context.Context) (err error) {
			o, err = s.target.ByAnchor(ctx, s.change.Object.Type, s.change.Object.Anchor)
			return err
		})
		switch {
		case err == nil && o.Deleted:
			return s.end(ctx, journal.Conflict, "it was made and lies in deleted items by now")
		case err == nil:
			s.entry.TargetID, s.unmade = o.ID, s.lacking(ctx, o.ID)
			return s.settle(ctx, journal.Done)
		case fault.KindOf(err) != fault.NotFound:
			return s.puzzled(ctx, err)
		}
	}
	return nil
}

// lacking names the properties that an object which an unanswered create made does not have as wished: Exchange Online takes
// several requests to make one, and may have been left between them. What cannot be read counts as made.
func (s *step) lacking(ctx context.Context, id string) []string {
	o, err := s.target.Current(ctx, s.change.Object.Type, id, lookedAt(&s.change))
	if err != nil {
		return nil
	}
	return s.differs(&o)
}

// puzzled leaves the change for the next process to look up.
func (s *step) puzzled(ctx context.Context, err error) error {
	s.over = true
	s.note(fmt.Errorf("the outcome is not known: %w", err))
	return s.record(ctx, journal.Unknown)
}
