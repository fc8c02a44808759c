package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// sets adds and removes the entries of sets: members, owners, permissions, and whoever else a recipient names.
func (w *writer) sets(ctx context.Context) error {
	for i := range w.change.Attributes {
		a := &w.change.Attributes[i]
		add, err := w.entries(a.Add)
		if err != nil {
			return err
		}
		remove, err := w.entries(a.Remove)
		if err != nil {
			return err
		}
		if len(add)+len(remove) == 0 {
			continue
		}
		if err := w.set(ctx, a, Edit{add, remove}); err != nil {
			return err
		}
	}
	return nil
}

// entries gives the identities of references.
func (w *writer) entries(refs []plan.Ref) ([]string, error) {
	out := make([]string, 0, len(refs))
	for _, r := range refs {
		id, ok := w.resolve(r)
		if !ok {
			return nil, &fault.Error{Kind: fault.NotFound, Op: w.op, Err: fmt.Errorf("%s has no counterpart in the cloud", printable(r.Name))}
		}
		out = append(out, identity(id))
	}
	return out, nil
}

// set writes one set. Those that Exchange Online keeps entry by entry take a command for each.
func (w *writer) set(ctx context.Context, a *plan.Attribute, e Edit) error {
	each, ok := w.entryCommands(a.Name)
	if ok {
		return w.each(ctx, e, each)
	}
	p := cloud.Row(a.Name)
	facet := w.facet(a)
	col, ok := columnOf(facet, a.Name)
	if p == nil || p.Kind != cloud.ReferencesKind || !ok {
		return w.invalid(fmt.Errorf("property %q is no set that Exchange Online keeps", a.Name))
	}
	c := w.setting(facet)
	if facet == cloud.FacetBooking {
		list, err := w.merged(ctx, a, e)
		if err != nil {
			return err
		}
		c.set(col.parameter, list)
	} else {
		c.set(col.parameter, e)
	}
	return w.carry(ctx, []Command{c})
}

// entryCommands gives what makes the command that adds or removes one entry; ok is false for sets that are one parameter.
func (w *writer) entryCommands(property string) (func(entry string, add bool) Command, bool) {
	verb := func(add bool, noun string) string {
		if add {
			return "Add-" + noun
		}
		return "Remove-" + noun
	}
	switch property {
	case "members":
		return func(entry string, add bool) Command {
			return command(verb(add, "DistributionGroupMember"), "Identity", w.who(), "Member", entry, "BypassSecurityGroupManagerCheck", true, "Confirm", false)
		}, true
	case "fullAccess", "fullAccessNoAutomap":
		return func(entry string, add bool) Command {
			c := command(verb(add, "MailboxPermission"), "Identity", w.who(), "User", entry, "AccessRights", []string{"FullAccess"}, "InheritanceType", "All")
			if add {
				c.set("AutoMapping", property == "fullAccess")
			}
			c.set("Confirm", false)
			return c
		}, true
	case "sendAs":
		return func(entry string, add bool) Command {
			return command(verb(add, "RecipientPermission"), "Identity", w.who(), "Trustee", entry, "AccessRights", []string{"SendAs"}, "Confirm", false)
		}, true
	}
	return nil, false
}

// each sends one command for each entry, ten a request; removals come first. All are tried, and the gravest error counts:
// one of unknown outcome, else the first.
func (w *writer) each(ctx context.Context, e Edit, each func(string, bool) Command) error {
	for _, add := range []bool{false, true} {
		entries := e.Remove
		if add {
			entries = e.Add
		}
		list := make([]Command, len(entries))
		for i, s := range entries {
			list[i] = each(s, add)
		}
		var failed error
		for i, r := range w.run.RunAll(ctx, list) {
			w.note(r.Answer)
			if r.Err == nil {
				continue
			}
			err := w.settle(list[i], r.Err)
			if err != nil && (failed == nil || fault.KindOf(err) == fault.Unknown && fault.KindOf(failed) != fault.Unknown) {
				failed = err
			}
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

// merged gives a whole list with the edit in it, for the parameters that take no edits. In a script, which cannot look, the
// plan's own view of the list counts.
func (w *writer) merged(ctx context.Context, a *plan.Attribute, e Edit) ([]string, error) {
	have := a.Before.Texts()
	if w.script == nil {
		o, err := w.Current(ctx, w.change.Object.Type, w.change.Object.ID, []string{a.Name})
		if err != nil {
			return nil, err
		}
		if o.Deleted {
			return nil, &fault.Error{Kind: fault.NotFound, Op: w.op, Err: errors.New("it lies in deleted items")}
		}
		have = o.Get(a.Name).Texts()
	}
	out := []string{}
	for _, id := range have {
		if s := identity(id); !slices.ContainsFunc(e.Remove, func(x string) bool { return strings.EqualFold(x, s) }) {
			out = append(out, s)
		}
	}
	for _, s := range e.Add {
		if !slices.ContainsFunc(out, func(x string) bool { return strings.EqualFold(x, s) }) {
			out = append(out, s)
		}
	}
	return out, nil
}
