package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
)

// licenses compares directly assigned licences. t is nil for an object that this plan creates. A SKU is taken away only
// when some bundle of the policies mentions it or coexist assigned it.
func (w *work) licenses(t *cloud.Object) {
	p, ok := w.State.Get("licenses")
	if !ok {
		return
	}
	var before cloud.Value
	if t != nil {
		before = t.Get("licenses")
	}
	after := w.withheld(before, w.keepForeign(before, p.Value, t), p)
	w.held = after.Licenses()
	if after.Equal(before) {
		return
	}
	if w.located(t) == "" {
		if len(after.Licenses()) > len(before.Licenses()) {
			w.skip(plan.Skip{Reason: plan.Incomplete, Property: p.Name, Because: p.Because,
				Detail: "a licence needs a usage location, and there is none"})
			w.held = before.Licenses()
			return
		}
	}
	c := w.change(plan.License, "", plan.Partial, []plan.Attribute{{Name: p.Name, Before: before, After: after, Because: p.Because, Reason: w.reason(p.Name, p.Value)}})
	if t != nil {
		c.Fingerprint = plan.FingerprintOf(t, []string{p.Name})
	} else {
		c.Attributes[0].Reason = plan.ObjectNew
	}
	for _, x := range w.Changes {
		// After the usage location, after a mail user got the GUID of its mailbox, and after the mailbox became a shared one.
		if x.Action == plan.Update && (x.Facet == "" || x.Facet == cloud.FacetType || sets(&x, "exchangeGuid")) {
			c.DependsOn = append(c.DependsOn, x.ID)
		}
	}
}

// keepForeign adds to the wished licences those that are none of our business, and leaves out those that the user has
// from a group with the same result. Before coexist has written licences of a user once, it takes none away and switches
// no plan off: it adds what is missing, and the rest is for the next plan to propose.
func (w *work) keepForeign(before, wish cloud.Value, t *cloud.Object) cloud.Value {
	if t != nil && w.Adopting {
		if fewer := w.addOnly(before, wish, t); fewer != nil {
			return *fewer
		}
	}
	_, known := w.lastWritten("licenses")
	return w.joined(before, wish, t, known)
}

// addOnly gives the licences with which a user loses none, when the plan adopts objects and the user would lose one
// otherwise; nil when the user would not.
func (w *work) addOnly(before, wish cloud.Value, t *cloud.Object) *cloud.Value {
	_, known := w.lastWritten("licenses")
	kept := w.joined(before, wish, t, false)
	if !known || kept.Equal(w.joined(before, wish, t, true)) {
		return nil
	}
	w.afterAdoption("licenses", nil)
	return &kept
}

// joined brings wished licences together with what there is. known says that coexist has written licences of this user.
func (w *work) joined(before, wish cloud.Value, t *cloud.Object, known bool) cloud.Value {
	list := slices.Clone(wish.Licenses())
	if t != nil {
		list = slices.DeleteFunc(list, func(l cloud.License) bool {
			return slices.Contains(t.Inherited, l.SKU) && !slices.ContainsFunc(before.Licenses(), func(b cloud.License) bool { return b.SKU == l.SKU })
		})
	}
	for _, l := range before.Licenses() {
		i := slices.IndexFunc(list, func(x cloud.License) bool { return x.SKU == l.SKU })
		switch {
		case i >= 0 && !known:
			list[i] = l
		case i < 0 && (!known || !w.Managed(l.SKU) && !w.assigned(l.SKU)):
			list = append(list, l)
		}
	}
	return cloud.Licenses(list)
}

// assigned reports whether coexist assigned the SKU itself.
func (w *work) assigned(sku string) bool {
	if w.Row == nil {
		return false
	}
	last, _ := w.Row.LastWritten("licenses")
	return slices.ContainsFunc(last.Licenses(), func(l cloud.License) bool { return l.SKU == sku })
}

// located gives the usage location that the object will have.
func (w *work) located(t *cloud.Object) string {
	if p, ok := w.State.Get("usageLocation"); ok && !p.Value.IsNothing() {
		return p.Value.Text()
	}
	if t != nil {
		return t.Get("usageLocation").Text()
	}
	return ""
}

// references compares manager, members and owners.
func (w *work) references() {
	for _, p := range w.props {
		if p.Kind != cloud.ReferenceKind && p.Kind != cloud.ReferencesKind || p.Fixed || !w.reachable(p.Property) {
			continue
		}
		switch p.Kind {
		case cloud.ReferenceKind:
			w.reference(p)
		case cloud.ReferencesKind:
			w.members(p)
		}
	}
}

// resolve looks up all references of a property. What has no counterpart is listed in one skip; all reports that there is
// no such.
func (w *work) resolve(p desired.Property) (found []Reference, all bool) {
	out := make([]Reference, 0, len(p.Refs))
	var lost []plan.Ref
	var why []string
	for _, dn := range p.Refs {
		r := w.Resolve(dn)
		if r.Problem != "" {
			lost = append(lost, plan.Ref{Anchor: r.Anchor, Name: dn})
			why = append(why, r.Problem)
			continue
		}
		out = append(out, r)
	}
	if len(lost) > 0 {
		slices.Sort(why)
		w.skip(plan.Skip{Reason: plan.Unresolved, Property: p.Name, Others: lost, Because: p.Because,
			Detail: fmt.Sprintf("%d of %d have no counterpart in the cloud: %s", len(lost), len(p.Refs), strings.Join(slices.Compact(why), "; "))})
	}
	return out, len(lost) == 0
}

// reference compares a property that refers to one object. A reference that cannot be resolved leaves what is there.
func (w *work) reference(p desired.Property) {
	var before string
	if w.Target != nil {
		before = w.Target.Get(p.Name).Text()
	}
	found, _ := w.resolve(p)
	if len(found) == 0 {
		if _, wrote := w.lastWritten(p.Name); len(p.Refs) > 0 || before == "" || !wrote {
			return
		}
		if c := w.place(p, plan.Refer, []plan.Attribute{{Name: p.Name, Before: cloud.Text(before), Because: p.Because, Reason: w.reason(p.Name, cloud.Value{})}}); c != nil {
			c.Fingerprint = plan.FingerprintOf(w.Target, []string{p.Name})
		}
		return
	}
	r := found[0]
	if r.ID != "" && r.ID == before || w.strangers(p, found[:1], nil) > 0 {
		return
	}
	reason := plan.ObjectNew
	if w.Target != nil {
		reason = w.reason(p.Name, cloud.Text(r.ID))
	}
	c := w.place(p, plan.Refer, []plan.Attribute{{Name: p.Name, Before: cloud.Text(before), After: cloud.Text(string(r.Anchor)),
		Add: []plan.Ref{r.Ref}, Because: p.Because, Reason: reason}})
	if c == nil {
		return
	}
	if r.Pending != "" {
		c.DependsOn = append(c.DependsOn, r.Pending)
	}
	if w.Target != nil && c.Await == "" {
		c.Fingerprint = plan.FingerprintOf(w.Target, []string{p.Name})
	}
}

// strangers lists the references that Exchange Online would refuse, because it has no recipient of them yet, and gives
// their number. have are the ids that are there already.
func (w *work) strangers(p desired.Property, wish []Reference, have []string) int {
	if d, _ := w.masteredBy(p.Property); d != cloud.Exchange {
		return 0
	}
	var list []plan.Ref
	for _, r := range wish {
		if _, there := slices.BinarySearch(have, r.ID); !there && w.strange(p, r) {
			list = append(list, r.Ref)
		}
	}
	if len(list) > 0 {
		text := "%d of %d are no recipients of Exchange Online; whoever gets a mailbox is added by a plan after that"
		if w.State.Type == cloud.RoomList && p.Name == "members" {
			text = "%d of %d are no room mailboxes of Exchange Online, which alone a room list takes"
		}
		w.skip(plan.Skip{Reason: plan.NoRecipient, Property: p.Name, Others: list, Because: p.Because, Detail: fmt.Sprintf(text, len(list), len(wish))})
	}
	return len(list)
}

// strange reports whether Exchange Online would refuse a reference.
func (w *work) strange(p desired.Property, r Reference) bool {
	room := r.Type == cloud.RoomMailbox || r.Type == cloud.RoomList
	return r.Bare || w.State.Type == cloud.RoomList && p.Name == "members" && !room
}

func (w *work) lastWritten(name string) (cloud.Value, bool) {
	if w.Row == nil {
		return cloud.Value{}, false
	}
	return w.Row.LastWritten(name)
}

// granted reports whether a set of references is one of permissions and the like, which people give in Exchange Online too.
// Nobody is taken out of one whom coexist did not put there; the members and owners of a group are the source's.
func granted(p *cloud.Property) bool { return p.Decision == "mail" }

// members compares a set of references: what is added and what is removed, never the whole set. Adding and removing are
// idempotent, so there is no fingerprint to hold them against, and a member that could not be made does not keep the others
// out, so the change does not wait for those that this plan makes. Nothing is removed before coexist has written the set
// once; then what belongs to an object of the source that is no member there any more, and what coexist added itself and
// the source no longer names. A member of the source that cannot be resolved may be any of the cloud's, so while there is
// one, the latter stay.
func (w *work) members(p desired.Property) {
	wish, all := w.resolve(p)
	var have []string
	if w.Target != nil {
		have = w.having(p.Name)
	}
	a := plan.Attribute{Name: p.Name, Because: p.Because, Reason: plan.ObjectNew}
	keep := make(map[string]bool, len(wish))
	strange := w.strangers(p, wish, have) > 0
	for _, r := range wish {
		if r.ID != "" {
			keep[r.ID] = true
			if _, there := slices.BinarySearch(have, r.ID); there {
				continue
			}
		}
		if strange && w.strange(p, r) {
			continue
		}
		if a.Add == nil {
			a.Add = make([]plan.Ref, 0, len(wish))
		}
		a.Add = append(a.Add, r.Ref)
	}
	if ours, wrote := w.lastWritten(p.Name); wrote && !w.first {
		for _, id := range have {
			_, added := slices.BinarySearch(ours.Texts(), id)
			if !keep[id] && (w.Departed(id, p.Refs) && (added || !granted(p.Property)) || added && all && !w.Joined(id)) {
				a.Remove = append(a.Remove, plan.Ref{ID: id})
			}
		}
	}
	if w.Target != nil {
		a.Reason = w.reason(p.Name, cloud.Value{})
	}
	if w.Adopting && len(a.Remove) > 0 {
		a.Remove = nil
		w.afterAdoption(p.Name, p.Because)
	}
	if len(a.Add) == 0 && len(a.Remove) == 0 {
		return
	}
	byName := func(x, y plan.Ref) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(x.Anchor, y.Anchor), strings.Compare(x.ID, y.ID))
	}
	slices.SortFunc(a.Add, byName)
	slices.SortFunc(a.Remove, byName)
	w.place(p, plan.Members, []plan.Attribute{a})
}
