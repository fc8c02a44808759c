package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/wire"
)

// planRecord gives the record of a plan's head.
func planRecord(m *plan.Manifest) wire.Plan {
	p := wire.Plan{TenantID: m.Tenant.ID, Tenant: cmp.Or(m.Tenant.Name, m.Tenant.ID), CreatedAt: milliseconds(m.Created), ExpiresAt: milliseconds(m.Expires), Complete: m.Complete,
		Selection: m.Selection, Objects: m.Objects, Unchanged: m.Unchanged, Changes: m.Changes(), Guards: []wire.Guard{},
		Counts: counts(m.Counts), Skips: counts(m.Skips), State: "Ready"}
	for action, n := range m.Counts {
		p.Added, p.Updated, p.Deleted = tally(plan.Action(action), n, p.Added, p.Updated, p.Deleted)
	}
	for reason, n := range m.Skips {
		p.Skipped += n
		if plan.SkipReason(reason).Held() {
			p.Held += n
		}
	}
	for _, g := range m.Guards {
		p.Guards = append(p.Guards, wire.Guard{Name: g.Name, Planned: g.Planned, Count: g.Count, Percent: g.Percent, Population: g.Population, Exceeded: g.Exceeded})
	}
	switch {
	case m.Preview:
		p.State = "Preview"
	case len(m.Exceeded()) > 0:
		p.State = "GuardExceeded"
	case p.Changes == 0:
		p.State = "Empty"
	}
	return p
}

// tally adds the changes of one action to those that add, update and delete.
func tally(a plan.Action, n, added, updated, deleted int) (int, int, int) {
	switch a {
	case plan.Create, plan.Adopt, plan.Restore:
		return added + n, updated, deleted
	case plan.Delete, plan.Disable:
		return added, updated, deleted + n
	}
	return added, updated + n, deleted
}

func counts(m map[string]int) []wire.Count {
	out := make([]wire.Count, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, wire.Count{Name: name, Count: m[name]})
	}
	return out
}

// identityOf names an object as an admin would type it.
func identityOf(o plan.Object) string { return cmp.Or(o.UPN, o.DN, o.Name, o.ID, o.GUID) }

// objectType gives the type in the cloud, else the kind in the directory.
func objectType(o plan.Object) string { return cmp.Or(string(o.Type), o.Kind) }

// changeRecord gives the record of a change.
func changeRecord(c plan.Change) wire.Change {
	r := wire.Change{ChangeID: c.ID, Operation: string(c.Action), Identity: identityOf(c.Object), Name: c.Object.Name, ObjectType: objectType(c.Object),
		ObjectID: cmp.Or(c.Object.ID, c.Object.GUID), DN: c.Object.DN, Directory: string(c.Directory), Undo: string(c.Undo), Attributes: make([]wire.Attribute, len(c.Attributes))}
	for i, x := range c.Attributes {
		y := wire.Attribute{Name: x.Name, OldValue: valueTexts(x.Before), NewValue: valueTexts(x.After), Added: refNames(x.Add), Removed: refNames(x.Remove), Reason: string(x.Reason)}
		if len(x.Because) > 0 {
			y.Rule = x.Because[0].Rule
		}
		r.Attributes[i] = y
	}
	return r
}

// operationText says what a change does, for "What if: Performing the operation".
func operationText(c plan.Change) string {
	words := make([]string, 0, len(c.Attributes))
	for _, x := range c.Attributes {
		words = append(words, x.Name)
	}
	verb := map[plan.Action]string{plan.Create: "Create", plan.Adopt: "Adopt", plan.Update: "Update", plan.License: "Change licences of", plan.Refer: "Set manager of",
		plan.Members: "Change members of", plan.Disable: "Disable", plan.Delete: "Delete", plan.Restore: "Restore"}[c.Action]
	text := cmp.Or(verb, string(c.Action)) + " " + objectType(c.Object)
	if c.Action == plan.Update && len(words) > 0 {
		text += ": " + strings.Join(words, ", ")
	}
	return clipped(text)
}

// valueTexts gives a value as texts, one for each of its parts.
func valueTexts(v cloud.Value) []string {
	switch {
	case v.IsNothing():
		return []string{}
	case len(v.Texts()) > 0:
		return v.Texts()
	case len(v.Licenses()) > 0:
		out := make([]string, len(v.Licenses()))
		for i, l := range v.Licenses() {
			out[i] = cloud.Licenses([]cloud.License{l}).String()
		}
		return out
	}
	return []string{v.String()}
}

func refNames(list []plan.Ref) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = cmp.Or(r.Name, r.ID, string(r.Anchor))
	}
	return out
}
