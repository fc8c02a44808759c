package diff

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
)

// imply adds what follows from the state: a mail user whose mailbox is on premises carries its GUID, without which a
// licence would make a second, empty mailbox.
func (w *work) imply() {
	user := w.State.Type == cloud.MailUser || w.Target != nil && w.Target.Type == cloud.MailUser && w.State.Type.IsUser()
	if w.Box.Local == "" || !user || w.mode != cloud.Provision || !w.Connected(cloud.Exchange) {
		return
	}
	if _, decided := w.State.Get("exchangeGuid"); decided {
		return
	}
	p := desired.Property{Property: cloud.Row("exchangeGuid"), Value: cloud.Text(w.Box.Local), Because: []plan.Because{w.State.Because}}
	i := slices.IndexFunc(w.props, func(q desired.Property) bool { return q.Name > p.Name })
	if i < 0 {
		i = len(w.props)
	}
	w.props = slices.Insert(slices.Clone(w.props), i, p)
}

// convertibleUser says whether a user, a mail user or a mailbox is, or can become, of the wished type. A mail user becomes a
// user by its licence or its migration, which is for Exchange to do; a mailbox never becomes a mail user.
func (w *work) convertibleUser() bool {
	is, wish := w.Target.Type, w.State.Type
	if wish != cloud.MailUser {
		return true
	}
	switch {
	case w.Target.Recipient.HasMailbox():
		w.skip(plan.Skip{Reason: plan.KindChange, Because: []plan.Because{w.State.Because},
			Detail: "has a mailbox in Exchange Online and shall be a mail user, which cannot be converted; move or remove its mailbox first, or change the rule"})
		return false
	case w.mode == cloud.Activate:
		w.skip(plan.Skip{Reason: plan.MasteredElse, Because: []plan.Because{w.State.Because}, Property: cloud.TypeProperty,
			Detail: "a synchronised user becomes a mail user by its mail attributes in the directory"})
		return true
	}
	w.skip(plan.Skip{Reason: plan.KindChange, Because: []plan.Because{w.State.Because},
		Detail: "is a " + string(is) + " without mail, which Exchange Online cannot make a mail user; delete it, so that it is made as one, or change the rule"})
	return false
}

// kind plans the conversion of a mailbox to another kind of mailbox.
func (w *work) kind() {
	t, wish := w.Target, w.State.Type
	if t.Type == wish || !w.Connected(cloud.Exchange) || !t.Type.IsUser() || wish == cloud.MailUser || t.Type == cloud.MailUser && wish == cloud.User {
		return
	}
	because := []plan.Because{w.State.Because}
	switch {
	case w.first:
		w.keepBox = true
		w.skip(plan.Skip{Reason: plan.AfterAdoption, Property: cloud.TypeProperty, Because: because,
			Detail: "becomes a " + string(wish) + " once the object is adopted; the plan after this one proposes it"})
		return
	case w.Adopting:
		w.keepBox = true
		w.afterAdoption(cloud.TypeProperty, because)
		return
	case t.Admin:
		w.keepBox = true
		w.skip(plan.Skip{Reason: plan.Protected, Property: cloud.TypeProperty, Because: because,
			Detail: "it holds an administrative role in the tenant, so that its conversion to a " + string(wish) + " is left to a person"})
		return
	case t.Synced && !t.Recipient.Cloud() && w.Box.Declared != wish:
		w.keepBox = true
		w.skip(plan.Skip{Reason: plan.MasteredElse, Property: cloud.TypeProperty, Because: because,
			Detail: "is synchronised, and the next synchronisation would take a conversion to a " + string(wish) +
				" back: let the directory say it first (Set-RemoteMailbox -Type, which sets msExchRemoteRecipientType and msExchRecipientTypeDetails)"})
		return
	}
	a := plan.Attribute{Name: cloud.TypeProperty, Before: cloud.Text(string(t.Type)), After: cloud.Text(string(wish)), Because: because, Reason: plan.Changed}
	if !t.Recipient.HasMailbox() {
		w.keepBox = true
		w.convert = &a
		return
	}
	if wish == cloud.User {
		w.toUser = &a
		return
	}
	c := w.change(plan.Update, string(cloud.FacetType), plan.Exact, []plan.Attribute{a})
	c.Directory, c.Facet, c.Fingerprint = cloud.Exchange, cloud.FacetType, TypeFingerprint(t)
}

// TypeFingerprint gives the fingerprint of an object for a change of its kind.
func TypeFingerprint(t *cloud.Object) string {
	o := cloud.Object{}
	o.Put(cloud.TypeProperty, cloud.Text(string(t.Type)))
	return plan.FingerprintOf(&o, []string{cloud.TypeProperty})
}

// withheld takes out of the wished licences what would do harm: one that makes a second, empty mailbox beside the one on
// premises or in place of one that can be restored, and the loss of one that a mailbox needs until it is a shared one.
func (w *work) withheld(before, after cloud.Value, p desired.Property) cloud.Value {
	if !w.Connected(cloud.Exchange) || w.Gives == nil {
		return after
	}
	if w.keepBox {
		return w.keepMailbox(before, after, p)
	}
	after = w.keepHeld(before, after, p)
	if w.Target != nil && w.Target.Recipient.HasMailbox() || !w.Gives(after.Licenses()) || w.Gives(before.Licenses()) {
		return after
	}
	var s plan.Skip
	if w.Clash != nil && w.Box.Local == "" {
		if address, holder := w.Clash(); holder != nil {
			w.skip(plan.Skip{Reason: plan.Collision, Property: p.Name, Others: []plan.Ref{*holder}, Because: p.Because,
				Detail: "its mailbox would get " + address + ", which belongs to " + holder.Name + " already"})
			if w.mode == cloud.Provision {
				return w.without(before, after)
			}
		}
	}
	switch {
	case w.Box.Local != "" && !w.carriesGUID():
		s = plan.Skip{Reason: plan.SecondMailbox, Detail: "its mailbox is on premises, and Exchange Online does not know it yet: a licence would make a second, empty one; " +
			"let it be a mail user with its Exchange GUID first, or migrate the mailbox"}
	case w.Box.Local == "":
		lost := w.lost()
		if lost == nil {
			return after
		}
		s = plan.Skip{Reason: plan.LostMailbox, Others: []plan.Ref{{ID: lost.ID, Name: lost.Name()}}, Detail: restorePath(lost)}
	default:
		return after
	}
	s.Property, s.Because = p.Name, p.Because
	w.skip(s)
	return w.without(before, after)
}

// without drops the licences that newly give a mailbox.
func (w *work) without(before, after cloud.Value) cloud.Value {
	var list []cloud.License
	for _, l := range after.Licenses() {
		if !w.Gives([]cloud.License{l}) {
			list = append(list, l)
			continue
		}
		if i := slices.IndexFunc(before.Licenses(), func(b cloud.License) bool { return b.SKU == l.SKU }); i >= 0 {
			list = append(list, before.Licenses()[i])
		}
	}
	return cloud.Licenses(list)
}

// keepMailbox keeps the licences that give the mailbox.
func (w *work) keepMailbox(before, after cloud.Value, p desired.Property) cloud.Value {
	if !w.Gives(before.Licenses()) || w.Gives(after.Licenses()) {
		return after
	}
	w.skip(plan.Skip{Reason: plan.AfterConversion, Property: p.Name, Because: p.Because,
		Detail: "the licence that gives its mailbox goes once the mailbox is a " + string(w.State.Type)})
	return w.keeping(before, after, func(l cloud.License) bool { return w.Gives([]cloud.License{l}) })
}

// carriesGUID reports whether Exchange Online knows the mailbox on premises, or does by this plan before a licence is given.
func (w *work) carriesGUID() bool {
	if w.Target != nil && w.Target.Recipient != nil && w.Target.Recipient.ExchangeGUID == w.Box.Local {
		return true
	}
	for i := range w.Changes {
		for _, a := range w.Changes[i].Attributes {
			if a.Name == "exchangeGuid" && a.After.Text() == w.Box.Local {
				return true
			}
		}
	}
	return false
}

// lost gives a mailbox of this object that was lost, unless it is its own and comes back with the licence.
func (w *work) lost() *cloud.Object {
	if w.Lost == nil {
		return nil
	}
	m := w.Lost()
	if m != nil && w.Target != nil && m.ID == w.Target.ID && !m.Recipient.Inactive {
		return nil
	}
	return m
}

// lostMailbox withholds a mailbox that would be made anew.
func (w *work) lostMailbox() bool {
	if !w.State.Type.IsResource() {
		return false
	}
	m := w.lost()
	if m == nil {
		return false
	}
	w.skip(plan.Skip{Reason: plan.LostMailbox, Others: []plan.Ref{{ID: m.ID, Name: m.Name()}}, Because: []plan.Because{w.State.Because}, Detail: restorePath(m)})
	return true
}

// restorePath says how a lost mailbox comes back.
func restorePath(m *cloud.Object) string {
	id := m.Recipient.ExchangeGUID
	if id == "" {
		id = m.Recipient.GUID
	}
	if m.Recipient.Inactive {
		return "an inactive mailbox of it is kept for a hold (" + id + "): recover it with New-Mailbox -InactiveMailbox, or copy it into the new one with " +
			"New-MailboxRestoreRequest once its addresses are changed with Set-Mailbox -InactiveMailbox"
	}
	return "a mailbox of it was deleted and can be restored for 30 days (" + id + "): take it back with Undo-SoftDeletedMailbox, or with its user from " +
		"deleted items; remove it for good where a new, empty one is meant"
}
