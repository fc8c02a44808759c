package apply

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// references finds the cloud ids of all objects that the change refers to: those the plan knew, and those that are in the
// ledger by now. Members without a counterpart are taken out of the change, so that they do not keep the others out.
func (s *step) references(ctx context.Context) error {
	s.refs = map[directory.Anchor]string{}
	s.change.Attributes = slices.Clone(s.change.Attributes)
	for i := range s.change.Attributes {
		a := &s.change.Attributes[i]
		if s.change.Action == plan.Refer {
			if ref, set := a.Reference(); set {
				if _, err := s.reference(ctx, ref); err != nil {
					return err
				}
			}
			continue
		}
		var err error
		if a.Add, err = s.known(ctx, a.Add); err != nil {
			return err
		}
		if a.Remove, err = s.known(ctx, a.Remove); err != nil {
			return err
		}
		if p, _ := cloud.Lookup(a.Name); p.Kind == cloud.ReferencesKind || p.Kind == cloud.ReferenceKind {
			for _, anchor := range append(a.After.Texts(), a.After.Text()) {
				if err := s.find(ctx, directory.Anchor(anchor)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// known gives the references that have a counterpart.
func (s *step) known(ctx context.Context, refs []plan.Ref) ([]plan.Ref, error) {
	var out []plan.Ref
	for _, r := range refs {
		ok, err := s.reference(ctx, r)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// reference finds the cloud id of one reference; what has none is listed as lost.
func (s *step) reference(ctx context.Context, r plan.Ref) (ok bool, err error) {
	if r.ID != "" {
		return true, nil
	}
	if err := s.find(ctx, r.Anchor); err != nil {
		return false, err
	}
	if _, ok = s.refs[r.Anchor]; !ok {
		s.lost = append(s.lost, r.Name)
	}
	return ok, nil
}

func (s *step) find(ctx context.Context, a directory.Anchor) error {
	if a == "" {
		return nil
	}
	row, _, err := s.Ledger.Row(ctx, a)
	if err == nil && row.ID != "" {
		s.refs[a] = row.ID
	}
	return err
}

// resolve gives the cloud id of a reference.
func (s *step) resolve(r plan.Ref) (id string, ok bool) {
	if r.ID != "" {
		return r.ID, true
	}
	id, ok = s.refs[r.Anchor]
	return id, ok
}

// idle reports whether nothing is left to do of a membership change.
func (s *step) idle() bool {
	return !slices.ContainsFunc(s.change.Attributes, func(a plan.Attribute) bool { return len(a.Add)+len(a.Remove) > 0 })
}

// wish gives the value that a property shall have as a target shows it, that is with references as ids.
func (s *step) wish(a *plan.Attribute) cloud.Value {
	p, _ := cloud.Lookup(a.Name)
	switch {
	case s.change.Action == plan.Refer:
		ref, set := a.Reference()
		if !set {
			return cloud.Value{}
		}
		id, _ := s.resolve(ref)
		return cloud.Text(id)
	case p.Kind == cloud.ReferenceKind:
		return cloud.Text(s.idOf(a.After.Text()))
	case p.Kind == cloud.ReferencesKind:
		var ids []string
		for _, anchor := range a.After.Texts() {
			ids = append(ids, s.idOf(anchor))
		}
		return cloud.Texts(ids)
	}
	return a.After
}

// idOf gives the id of an anchor; what is no anchor that we know is an id already.
func (s *step) idOf(anchor string) string {
	if id, ok := s.refs[directory.Anchor(anchor)]; ok {
		return id
	}
	return anchor
}

// row gives the ledger's row after the change.
func (s *step) row(r ledger.Row, ok bool) (ledger.Row, bool) {
	c := &s.change
	if c.Action == plan.Delete {
		return r, false
	}
	if !ok {
		r = ledger.Row{Anchor: c.Object.Anchor, How: ledger.Activated}
	}
	s.own(&r)
	s.identify(&r)
	r.Settled = c.Settles
	for i := range c.Attributes {
		a := &c.Attributes[i]
		if _, managed := cloud.Lookup(a.Name); managed && !slices.Contains(s.unmade, a.Name) {
			put(&r, a.Name, s.written(r, a))
		}
	}
	if c.Action == plan.Disable {
		put(&r, enabled, cloud.Truth(false))
	}
	return r, true
}

// own says whose the object is after the change. An object that a create found made, without having been asked for by this
// run, was made by someone who wrote our anchor: it is taken for adopted.
func (s *step) own(r *ledger.Row) {
	switch c := &s.change; c.Action {
	case plan.Create:
		*r = ledger.Row{Anchor: r.Anchor, How: ledger.Created}
		if s.entry.State == journal.Already {
			r.How = ledger.Adopted
		}
	case plan.Adopt, plan.Restore:
		if !r.Owned() {
			r.How = ledger.Adopted
		}
	default:
		return
	}
	r.Leave, r.Hold, r.LeftSince = s.change.Leave, s.change.Hold, time.Time{}
}

// identify brings what names the object up to date.
func (s *step) identify(r *ledger.Row) {
	o := &s.change.Object
	r.ID = s.entry.TargetID
	if k, err := directory.ParseKind(o.Kind); err == nil {
		r.Kind = k
	}
	if g, err := directory.ParseGUID(o.GUID); err == nil {
		r.GUID = g
	}
	if o.Type != "" {
		r.Type = o.Type
	}
	if o.Name != "" {
		r.Name = o.Name
	}
	if o.DN != "" {
		r.DN = o.DN
	}
}

// written gives what coexist has written of a property, after the change.
func (s *step) written(r ledger.Row, a *plan.Attribute) cloud.Value {
	last, _ := r.LastWritten(a.Name)
	switch s.change.Action {
	case plan.License:
		return ours(last, a)
	case plan.Members:
		ids := slices.Clone(last.Texts())
		for _, ref := range a.Add {
			if id, ok := s.resolve(ref); ok {
				ids = append(ids, id)
			}
		}
		for _, ref := range a.Remove {
			if id, ok := s.resolve(ref); ok {
				ids = slices.DeleteFunc(ids, func(x string) bool { return x == id })
			}
		}
		return cloud.Texts(ids)
	}
	if p := cloud.Row(a.Name); p != nil && p.Shared {
		return added(last, a)
	}
	return s.wish(a)
}

// added gives the values of a set that coexist wrote among those of others: those that the change adds, and those from
// before that it keeps.
func added(last cloud.Value, a *plan.Attribute) cloud.Value {
	var list []string
	for _, x := range a.After.Texts() {
		if !slices.Contains(a.Before.Texts(), x) || slices.Contains(last.Texts(), x) {
			list = append(list, x)
		}
	}
	return cloud.Texts(list)
}

// ours gives the licences that coexist assigned: those that the change adds or alters, and those from before that it keeps.
// The others were there already and are none of our business, though the change repeats them.
func ours(last cloud.Value, a *plan.Attribute) cloud.Value {
	var list []cloud.License
	for _, l := range a.After.Licenses() {
		was := slices.ContainsFunc(a.Before.Licenses(), func(b cloud.License) bool { return b.SKU == l.SKU && slices.Equal(b.DisabledPlans, l.DisabledPlans) })
		mine := slices.ContainsFunc(last.Licenses(), func(b cloud.License) bool { return b.SKU == l.SKU })
		if !was || mine {
			list = append(list, l)
		}
	}
	return cloud.Licenses(list)
}

// put sets a value that was written, keeping the order by name.
func put(r *ledger.Row, name string, v cloud.Value) {
	i, ok := slices.BinarySearchFunc(r.Exported, name, func(s cloud.Set, n string) int { return strings.Compare(s.Name, n) })
	if ok {
		r.Exported[i].Value = v
		return
	}
	r.Exported = slices.Insert(r.Exported, i, cloud.Set{Name: name, Value: v})
}
