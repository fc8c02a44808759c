package diff

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
)

// This file is about what keeps mail: holds and archives, and the licences that they need.

// keeps reports whether a property is a hold or an archive, or belongs to one.
func keeps(name string) bool {
	switch name {
	case "litigationHold", "litigationHoldDays", "archive", "autoExpandingArchive":
		return true
	}
	return false
}

// ends reports whether a wish ends a hold or takes an archive away.
func ends(p desired.Property, before cloud.Value) bool {
	return (p.Name == "litigationHold" || p.Name == "archive") && before.Truth() && !p.Value.Truth()
}

// all gives direct licences together with those that come from groups.
func (w *work) all(direct []cloud.License) []cloud.License {
	if w.Target == nil {
		return direct
	}
	list := slices.Clone(direct)
	for _, sku := range w.Target.Inherited {
		list = append(list, cloud.License{SKU: sku})
	}
	return list
}

// unlicensed notes a hold or an archive that Exchange Online would refuse for the licences that the object has; false for
// everything else. What it has already stays comparable: a hold is not ended for a licence that it lost.
func (w *work) unlicensed(p desired.Property) bool {
	wished := p.Value.Truth() || p.Kind == cloud.NumberKind && !p.Value.IsNothing()
	if w.Keeps == nil || !keeps(p.Name) || !wished || w.Keeps(w.all(w.held)) {
		return false
	}
	w.lacking = append(w.lacking, p.Name)
	w.because(p.Because)
	return true
}

// lackingLicense lists once the holds and archives that the licences do not carry.
func (w *work) lackingLicense() {
	if len(w.lacking) == 0 {
		return
	}
	detail := "its licences carry neither Exchange Online Plan 2 nor Archiving, without which Exchange Online refuses it: " + strings.Join(w.lacking, ", ")
	if l, ok := w.State.Get("licenses"); ok && w.Keeps(l.Value.Licenses()) {
		detail += "; the plan after the one that gives the licence sets it"
	}
	w.skip(plan.Skip{Reason: plan.LacksLicense, Property: "mail", Because: w.why, Detail: detail})
}

// keepHeld keeps the licences whose loss would end what a hold keeps, or cut a shared mailbox off from its archive.
func (w *work) keepHeld(before, after cloud.Value, p desired.Property) cloud.Value {
	if w.Target == nil || !w.Target.Recipient.HasMailbox() || w.Keeps == nil {
		return after
	}
	r, had, has := w.Target.Recipient, w.all(before.Licenses()), w.all(after.Licenses())
	box, keeping := w.Gives(had) && !w.Gives(has), w.Keeps(had) && !w.Keeps(has)
	switch {
	case r.Held && (box || keeping):
		w.skip(plan.Skip{Reason: plan.MailHeld, Property: p.Name, Because: p.Because,
			Detail: "a hold keeps what is in its mailbox, and the licence that carries both stays: end the hold first, or let the leave decision delete the user, which makes an inactive mailbox of it"})
	case r.ArchiveGUID != "" && w.State.Type.IsResource() && keeping:
		w.skip(plan.Skip{Reason: plan.MailHeld, Property: p.Name, Because: p.Because,
			Detail: "its archive needs the licence, also beside a " + string(w.State.Type) + ": switch the archive off first"})
	default:
		return after
	}
	return w.keeping(before, after, func(l cloud.License) bool {
		one := []cloud.License{l}
		return w.Gives(one) || w.Keeps(one)
	})
}

// keeping gives the wished licences with those of before in them that are of use, as they were.
func (w *work) keeping(before, after cloud.Value, use func(cloud.License) bool) cloud.Value {
	list := slices.Clone(after.Licenses())
	for _, b := range before.Licenses() {
		if use(b) {
			list = append(slices.DeleteFunc(list, func(l cloud.License) bool { return l.SKU == b.SKU }), b)
		}
	}
	return cloud.Licenses(list)
}

// regular plans that a shared, room or equipment mailbox becomes a user's, once it has the licence without which Exchange
// Online would delete it 30 days later.
func (w *work) regular() {
	a := w.toUser
	if a == nil {
		return
	}
	if !w.coming() {
		w.skip(plan.Skip{Reason: plan.NoMailbox, Property: cloud.TypeProperty, Because: a.Because,
			Detail: "becomes a user's mailbox only with a licence that gives one: without it, Exchange Online would delete the mailbox after 30 days"})
		return
	}
	if !w.Gives(w.all(w.Target.Get("licenses").Licenses())) {
		w.skip(plan.Skip{Reason: plan.LacksLicense, Property: cloud.TypeProperty, Because: a.Because,
			Detail: "becomes a user's mailbox once it has its licence; the plan after this one proposes it"})
		return
	}
	c := w.change(plan.Update, string(cloud.FacetType), plan.Exact, []plan.Attribute{*a})
	c.Directory, c.Facet, c.Fingerprint = cloud.Exchange, cloud.FacetType, TypeFingerprint(w.Target)
}
