package undo

import (
	"context"
	"fmt"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// invert gives the change that takes one back, nil when there is none, which is then listed:
//
//	create, restore -> delete           update, licences, manager -> the values before
//	delete -> restore, for 30 days      members -> those added go, those removed come back
//	disable -> enable                   adopt -> nothing: Microsoft 365 keeps an anchor once it is written
func (u *undoing) invert(ctx context.Context, s *step) (*plan.Change, error) {
	if s.entry.State == journal.Delayed {
		return nil, u.skip(s, plan.NotUndone, "", "it waits as a task: coexist tasks cancel ends it")
	}
	if s.needs != "" {
		return nil, u.skip(s, plan.NeedsConnector, "", s.needs.Title()+" is connected no longer")
	}
	if s.absent {
		return nil, u.skip(s, plan.NotUndone, "", "the object is not there any more")
	}
	if s.now.Deleted && s.change.Action != plan.Delete {
		return nil, u.skip(s, plan.NotUndone, "", "the object lies in deleted items")
	}
	switch s.change.Action {
	case plan.Create, plan.Restore:
		return u.remove(ctx, s)
	case plan.Delete:
		return u.restore(s)
	case plan.Disable:
		return u.enable(s)
	case plan.Update, plan.License, plan.Refer:
		return u.values(ctx, s)
	case plan.Members:
		return u.members(ctx, s)
	}
	return nil, u.skip(s, plan.NotUndone, "", "an anchor stays once it is written; docs/hand-back.md says how to give objects back")
}

// remove deletes what the run made or brought back, as long as it is ours.
func (u *undoing) remove(ctx context.Context, s *step) (*plan.Change, error) {
	row, ok, err := u.Ledger.Row(ctx, s.change.Object.Anchor)
	switch {
	case err != nil:
		return nil, err
	case !ok || !row.Owned() || row.ID != idOf(s):
		return nil, u.skip(s, plan.NotOurs, "", "coexist does not own the object any more")
	case s.now.Synced || s.now.CloudOwned:
		return nil, u.skip(s, plan.MasteredElse, "", "another engine or the cloud masters it by now")
	}
	c := begin(s, plan.Delete)
	c.Undo, c.Facet = plan.Partial, ""
	if t := c.Object.Type; t == cloud.SecurityGroup || t.MasteredWhole() {
		c.Undo = plan.Never
	}
	c.Attributes = []plan.Attribute{{Name: "displayName", Before: s.now.Get("displayName"), Reason: plan.Undone}}
	c.Fingerprint = plan.FingerprintOf(&s.now, []string{"displayName"})
	return c, nil
}

// restore brings back what the run deleted.
func (u *undoing) restore(s *step) (*plan.Change, error) {
	switch {
	case s.change.Undo == plan.Never:
		return nil, u.skip(s, plan.NotUndone, "", "a "+string(s.change.Object.Type)+" is gone for good when it is deleted")
	case !s.now.Deleted:
		return nil, u.skip(s, plan.NotUndone, "", "it, or another object with its anchor, is there")
	case s.now.ID != s.change.Object.ID:
		return nil, u.skip(s, plan.NotUndone, "", "another object has its anchor: "+s.now.ID)
	}
	c := begin(s, plan.Restore)
	c.Leave = "keep" // it comes back to a source that has it no more: nothing is to happen to it by itself
	return c, nil
}

// enable allows sign-in again.
func (u *undoing) enable(s *step) (*plan.Change, error) {
	if s.now.Get(enabled).Truth() {
		return nil, u.skip(s, plan.NotUndone, "", "sign-in is allowed again already")
	}
	c := begin(s, plan.Update)
	c.Attributes = []plan.Attribute{{Name: enabled, Before: s.now.Get(enabled), After: cloud.Truth(true), Reason: plan.Undone}}
	c.Fingerprint = plan.FingerprintOf(&s.now, []string{enabled})
	return c, nil
}

// values brings back the values before, each that is still what the run wrote.
func (u *undoing) values(ctx context.Context, s *step) (*plan.Change, error) {
	c := begin(s, s.change.Action)
	var names []string
	for i := range s.change.Attributes {
		a := &s.change.Attributes[i]
		wrote, err := u.wrote(ctx, &s.change, a)
		if err != nil {
			return nil, err
		}
		if reason, why := refuse(a, &s.now, wrote); why != "" {
			if err := u.skip(s, reason, a.Name, why); err != nil {
				return nil, err
			}
			continue
		}
		back := plan.Attribute{Name: a.Name, Before: s.now.Get(a.Name), After: a.Before, Reason: plan.Undone}
		if id := a.Before.Text(); s.change.Action == plan.Refer && id != "" {
			back.Add = []plan.Ref{{ID: id, Name: id}}
		}
		if a.Name == cloud.TypeProperty {
			c.Object.Type = cloud.Type(a.Before.Text())
		}
		c.Attributes = append(c.Attributes, back)
		names = append(names, a.Name)
	}
	if len(names) == 0 {
		return nil, nil
	}
	c.Undo, c.Fingerprint = s.change.Undo, plan.FingerprintOf(&s.now, names)
	return c, nil
}

// refuse says why a property is left as it is, "" when it is taken back.
func refuse(a *plan.Attribute, now *cloud.Object, wrote cloud.Value) (reason plan.SkipReason, why string) {
	p, known := cloud.Lookup(a.Name)
	switch {
	case !known && a.Name != cloud.TypeProperty, p.WriteOnly:
		return plan.NotUndone, "what was there before cannot be read, so that nobody knows it"
	case a.Name == cloud.Photo && !a.Before.IsNothing():
		return plan.NotUndone, "only the digest of what was there before is known"
	case p.Fixed:
		return plan.NotUndone, "it can be set only when an object is made"
	case p.Required && a.Before.IsNothing():
		return plan.NotUndone, "it was empty before and cannot be cleared"
	case known && !p.Same(now.Get(a.Name), wrote), !known && !now.Get(a.Name).Equal(wrote):
		return plan.Drifted, fmt.Sprintf("it is %s by now, and the run wrote %s", now.Get(a.Name), wrote)
	}
	return "", ""
}

// wrote gives what a change wrote as the tenant shows it, references as ids.
func (u *undoing) wrote(ctx context.Context, c *plan.Change, a *plan.Attribute) (cloud.Value, error) {
	p, _ := cloud.Lookup(a.Name)
	switch {
	case c.Action == plan.Refer:
		ref, set := a.Reference()
		if !set {
			return cloud.Value{}, nil
		}
		id, err := u.id(ctx, ref)
		return cloud.Text(id), err
	case p.Kind == cloud.ReferenceKind:
		id, err := u.id(ctx, plan.Ref{Anchor: directory.Anchor(a.After.Text())})
		return cloud.Text(id), err
	case p.Kind == cloud.ReferencesKind:
		var ids []string
		for _, x := range a.After.Texts() {
			id, err := u.id(ctx, plan.Ref{Anchor: directory.Anchor(x)})
			if err != nil {
				return cloud.Value{}, err
			}
			ids = append(ids, id)
		}
		return cloud.Texts(ids), nil
	}
	return a.After, nil
}

// id gives the cloud id of a reference; what the ledger does not know is one already.
func (u *undoing) id(ctx context.Context, r plan.Ref) (string, error) {
	if r.ID != "" {
		return r.ID, nil
	}
	row, ok, err := u.Ledger.Row(ctx, r.Anchor)
	if err != nil || !ok || row.ID == "" {
		return string(r.Anchor), err
	}
	return row.ID, nil
}

// members removes whom the run added, and adds whom it removed. Both are sets: what is so already stays so.
func (u *undoing) members(ctx context.Context, s *step) (*plan.Change, error) {
	c := begin(s, plan.Members)
	for i := range s.change.Attributes {
		a := &s.change.Attributes[i]
		back := plan.Attribute{Name: a.Name, Reason: plan.Undone, Add: slices.Clone(a.Remove)}
		for _, r := range a.Add {
			row, ok, err := u.Ledger.Row(ctx, r.Anchor)
			switch {
			case err != nil:
				return nil, err
			case r.ID == "" && (!ok || row.ID == ""):
				continue // it had no counterpart, so that it was not added
			case r.ID == "":
				r.ID = row.ID
			}
			back.Remove = append(back.Remove, r)
		}
		if len(back.Add)+len(back.Remove) > 0 {
			c.Attributes = append(c.Attributes, back)
		}
	}
	if len(c.Attributes) == 0 {
		return nil, nil
	}
	return c, nil
}
