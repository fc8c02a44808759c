// Package diff compares what one object shall be with what it is and gives the changes between the two, and what is
// withheld. It is pure: the same input gives the same changes, and nothing here looks at another object but through the
// references it is given.
package diff

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// Reference is what became of a DN that a property refers to.
type Reference struct {
	plan.Ref
	Pending string     // id of the change of this plan that makes the object, "" when it exists
	Problem string     // why it has no counterpart, "" when it has
	Type    cloud.Type // what the counterpart is, or will be
	Bare    bool       // Exchange Online has no recipient of it, and this plan makes none
}

// Input is one object that some policy wants in the cloud.
type Input struct {
	Object plan.Object
	Source string         // fingerprint of its facts
	State  *desired.State // with a type other than none
	Target *cloud.Object  // its counterpart, nil when there is none
	Adopt  bool           // the counterpart was found by a soft match
	Row    *ledger.Row    // nil when coexist never wrote to it
	Wait   string         // why it may not be created now, "" when it may
	// Connected reports whether changes can go to a directory.
	Connected func(cloud.Directory) bool
	// Resolve gives the counterpart of an object named by its DN in the source.
	Resolve func(dn string) Reference
	// Managed reports whether a SKU may be taken away: it stands in some bundle of the policies.
	Managed func(sku string) bool
	// Joined reports whether a cloud object belongs to an object of the source, and Departed whether that object is a
	// member neither by refs nor, as of its primary group, without being named.
	Joined   func(id string) bool
	Departed func(id string, refs []string) bool
	// Holder gives another object that holds a user principal name already, nil when it is free.
	Holder func(upn string) *plan.Ref
	// Adopting says that the plan adopts objects, this one or others, so that it takes nothing away from any.
	Adopting bool
	// KeepDrift says that what somebody changed in the tenant since coexist wrote it is listed and left as it is.
	KeepDrift bool
	// The rest matters with Exchange Online alone. Box is what the source says about a mailbox.
	Box Box
	// Gives reports whether a set of licences gives a mailbox.
	Gives func([]cloud.License) bool
	// Keeps reports whether a set of licences lets a mailbox have a hold and an archive.
	Keeps func([]cloud.License) bool
	// Lost gives a mailbox, deleted softly or inactive, that was this object's; nil when there is none.
	Lost func() *cloud.Object
	// Address gives another object that holds an SMTP address already, nil when it is free.
	Address func(address string) *plan.Ref
	// Alias likewise gives another recipient that has an alias.
	Alias func(alias string) *plan.Ref
	// Clash gives another object that holds an address which Exchange gives this one with its mailbox, nil when all are free.
	Clash func() (address string, holder *plan.Ref)
	// Initial is the tenant's initial domain, whose addresses are Exchange's own.
	Initial string
}

// Box is what a source says about the mailbox of one of its objects.
type Box struct {
	Local    string     // GUID, lower case, of a mailbox that lives there; "" for none
	Declared cloud.Type // kind of a mailbox that it says is in the cloud; "" when it does not say
}

// Result is what shall happen to one object, and what shall not.
type Result struct {
	Changes []plan.Change
	Skips   []plan.Skip
}

// work carries one comparison.
type work struct {
	Input
	Result
	mode    cloud.Mode
	first   bool               // the object is being adopted: nothing is taken away
	parent  string             // id of the change that all others of this object wait for
	props   []desired.Property // of the state, and what follows from it
	making  bool               // a mailbox comes with the object itself
	held    []cloud.License    // direct licences once this plan is carried out
	convert *plan.Attribute    // the change of kind that waits for a mailbox
	toUser  *plan.Attribute    // the change of kind that waits for a licence
	lacking []string           // holds and archives that the licences do not carry
	keepBox bool               // a change of kind is wished and withheld: what gives the mailbox stays
	refused []string           // properties that Exchange refuses on this object
	bare    []string           // properties that need a mailbox, and none is coming
	why     []plan.Because     // of both
}

// Object compares one object.
func Object(in Input) Result {
	w := &work{Input: in, mode: cloud.Provision, props: in.State.Properties}
	if in.Target != nil {
		w.Input.Object.ID = in.Target.ID
		w.held = in.Target.Get("licenses").Licenses()
		if in.Target.Synced {
			w.mode = cloud.Activate
		}
	}
	w.imply()
	switch {
	case in.Target == nil:
		w.create()
	case in.Target.Deleted:
		w.restore()
	default:
		w.existing()
	}
	if w.markDrift(); w.KeepDrift {
		w.reportDrift()
	}
	return w.Result
}

func (w *work) skip(s plan.Skip) {
	s.Object = w.Input.Object
	w.Skips = append(w.Skips, s)
}

func (w *work) change(a plan.Action, suffix string, u plan.Undo, attrs []plan.Attribute) *plan.Change {
	c := plan.Change{ID: ChangeID(string(w.Input.Object.Anchor), a, suffix), Object: w.Input.Object, Action: a, Directory: cloud.Entra,
		Attributes: attrs, Undo: u, Source: w.Source}
	if w.parent != "" {
		c.DependsOn = append(c.DependsOn, w.parent)
	}
	w.Changes = append(w.Changes, c)
	return &w.Changes[len(w.Changes)-1]
}

// ChangeID names a change within its plan.
func ChangeID(anchor string, a plan.Action, suffix string) string {
	if suffix != "" {
		suffix = "/" + suffix
	}
	return anchor + "/" + string(a) + suffix
}

// create plans an object that is not there yet.
func (w *work) create() {
	creator := w.State.Type.Creator()
	switch {
	case w.Wait != "":
		w.skip(plan.Skip{Reason: plan.WaitingForEngine, Detail: w.Wait})
		return
	case !w.Connected(creator):
		w.skip(plan.Skip{Reason: plan.NeedsConnector, Needs: creator, Because: []plan.Because{w.State.Because},
			Detail: "a " + string(w.State.Type) + " can be made by " + creator.Title() + " only"})
		return
	}
	if missing := Missing(w.State); len(missing) > 0 {
		w.skip(plan.Skip{Reason: plan.Incomplete, Detail: "cannot be created without " + strings.Join(missing, ", "), Because: []plan.Because{w.State.Because}})
		return
	}
	if upn := w.State.UPN(); upn == "" {
		// a group has none
	} else if holder := w.Holder(upn); holder != nil {
		w.skip(plan.Skip{Reason: plan.Collision, Property: "userPrincipalName", Others: []plan.Ref{*holder},
			Detail: upn + " belongs to " + holder.Name + " already"})
		return
	}
	if w.lostMailbox() || w.Connected(cloud.Exchange) && w.addressTaken() {
		return
	}
	c := w.change(plan.Create, "", plan.Partial, w.initial())
	c.Directory, c.Leave, c.Hold = creator, w.State.Leave, w.State.Hold
	w.parent = c.ID
	w.making = w.State.Type.IsResource()
	w.update()
	w.licenses(nil)
	w.references()
	w.later()
	w.elsewhere()
}

// initial gives the properties to create with.
func (w *work) initial() (attrs []plan.Attribute) {
	attrs = make([]plan.Attribute, 0, len(w.State.Properties))
	for _, p := range w.props {
		if plain(p.Property) && !p.Value.IsNothing() && w.creates(p.Property) {
			attrs = append(attrs, plan.Attribute{Name: p.Name, After: p.Value, Because: p.Because, Reason: plan.ObjectNew})
		}
	}
	return attrs
}

// required are the properties that must have a value when an object is made.
var required = func() (names []string) {
	for _, p := range cloud.Properties() {
		if p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}()

// Missing names the properties without which an object of the state's type cannot be created.
func Missing(s *desired.State) []string {
	var out []string
	for _, name := range required {
		p := cloud.Row(name)
		if !p.On(s.Type) || name == "accountEnabled" && s.Type.Creator() == cloud.Exchange {
			continue // Exchange decides whether the account of a mailbox that it makes is enabled
		}
		if d, ok := s.Get(name); !ok || d.Value.IsNothing() {
			out = append(out, name)
		}
	}
	return out
}

// plain reports whether a property is written together with others by an update.
func plain(p *cloud.Property) bool {
	return p.Kind != cloud.LicensesKind && p.Kind != cloud.ReferenceKind && p.Kind != cloud.ReferencesKind
}

// restore takes the object back from deleted items; its properties are compared by the plan after that, once they can be
// read again.
func (w *work) restore() {
	switch {
	case w.Wait != "" || w.Target.Synced:
		w.skip(plan.Skip{Reason: plan.WaitingForEngine, Detail: "its counterpart lies in deleted items, and another engine masters it"})
		return
	case w.Row == nil || !w.Row.Owned():
		w.skip(plan.Skip{Reason: plan.NotOurs, Detail: "its counterpart lies in deleted items, and coexist does not own it: restore it or delete it for good by hand"})
		return
	}
	if upn := w.State.UPN(); upn != "" && w.Holder != nil {
		if holder := w.Holder(upn); holder != nil {
			w.skip(plan.Skip{Reason: plan.Collision, Property: "userPrincipalName", Others: []plan.Ref{*holder},
				Detail: "its counterpart lies in deleted items and cannot come back: " + upn + " belongs to " + holder.Name + " by now"})
			return
		}
	}
	c := w.change(plan.Restore, "", plan.Exact, nil)
	c.Leave, c.Hold = w.State.Leave, w.State.Hold
}

// existing compares an object with its counterpart.
func (w *work) existing() {
	t := w.Target
	if t.CloudOwned {
		w.skip(plan.Skip{Reason: plan.CloudManaged, Detail: "cloud-managed on purpose (isCloudManaged); adopt it to manage it from here"})
		return
	}
	if !w.convertible() {
		return
	}
	w.first = w.mode == cloud.Provision && (w.Row == nil || !w.Row.Owned())
	if w.first || w.mode == cloud.Provision && t.Anchor != w.Input.Object.Anchor && !t.Type.MasteredWhole() {
		w.adopt()
	}
	w.kind()
	w.update()
	w.licenses(t)
	w.references()
	w.later()
	w.elsewhere()
}

// convertible says whether the counterpart is, or can be without harm, of the wished type.
func (w *work) convertible() bool {
	is, wish := w.Target.Type, w.State.Type
	switch {
	case is == wish:
		return true
	case is.IsUser() && wish.IsUser() && is != cloud.Guest && w.Connected(cloud.Exchange):
		return w.convertibleUser()
	case is.IsUser() && wish.IsUser() && is != cloud.Guest:
		// Entra ID knows one kind of user; which mailbox it has is Exchange's to say and to change.
		if wish != cloud.User {
			w.skip(plan.Skip{Reason: plan.NeedsConnector, Needs: cloud.Exchange, Because: []plan.Because{w.State.Because},
				Detail: "whether it is a " + string(wish) + " is for Exchange Online to say"})
		}
		return true
	}
	w.skip(plan.Skip{Reason: plan.KindChange, Because: []plan.Because{w.State.Because},
		Detail: "is a " + string(is) + " and shall be a " + string(wish) + ", which cannot be converted; delete it or change the rule"})
	return false
}

// adopt writes our anchor on a counterpart that coexist does not own yet, or that has lost it.
func (w *work) adopt() {
	c := w.change(plan.Adopt, "", plan.Never, []plan.Attribute{{Name: "anchor", Before: cloud.Text(string(w.Target.Anchor)),
		After: cloud.Text(string(w.Input.Object.Anchor)), Reason: plan.SourceAdopted, Because: []plan.Because{w.State.Because}}})
	if w.Target.Type.MasteredWhole() {
		c.Directory = cloud.Exchange // which has no place for an anchor: the ledger alone keeps it
	}
	c.Leave, c.Hold = w.State.Leave, w.State.Hold
	c.Fingerprint = plan.FingerprintOf(w.Target, plan.Identifying(w.Target.Type))
	w.parent = c.ID
}

// compare gives the change of one property; ok is false when there is none or it is withheld.
func (w *work) compare(p desired.Property) (a plan.Attribute, ok bool) {
	before := w.Target.Get(p.Name)
	if p.Shared {
		p.Value = w.joint(before, p)
	}
	if same(p.Property, before, p.Value) {
		return a, false
	}
	reason := w.reason(p.Name, p.Value)
	if p.Name == cloud.Photo && reason == plan.Drift && !before.IsNothing() {
		return a, false // the service may keep a photo in another form, and people may choose their own
	}
	switch {
	case p.Value.IsNothing() && (reason == plan.FirstContact || p.Name == "primaryAddress"):
		return a, false // what coexist never wrote it does not take away, and a recipient is never without an address
	case !p.Settable(w.Target):
		w.refuse(p)
		return a, false
	case p.WriteOnly:
		return a, false // nobody can tell what it is now
	case p.Name == "userPrincipalName" && w.State.Substituted && !before.IsNothing():
		return a, false // a name that works is not given up for one that the cloud makes up
	case w.unlicensed(p):
		return a, false
	case w.first && (p.Name == "userPrincipalName" || p.Name == "primaryAddress" && !before.IsNothing() || p.Name == "accountEnabled" && !p.Value.Truth() || ends(p, before)):
		w.skip(plan.Skip{Reason: plan.AfterAdoption, Property: p.Name, Because: p.Because,
			Detail: p.Name + " changes once the object is adopted; the plan after this one proposes it"})
		return a, false
	case p.Value.IsNothing() && p.Required:
		w.skip(plan.Skip{Reason: plan.Rejected, Property: p.Name, Detail: p.Name + " cannot be cleared once it has a value", Because: p.Because})
		return a, false
	case w.Adopting && (p.Name == "accountEnabled" && !p.Value.Truth() || ends(p, before)):
		w.afterAdoption(p.Name, p.Because)
		return a, false
	case w.Target.Admin && (p.Name == "userPrincipalName" || p.Name == "accountEnabled" && !p.Value.Truth()):
		w.skip(plan.Skip{Reason: plan.Protected, Property: p.Name, Because: p.Because,
			Detail: "it holds an administrative role in the tenant, so that a change of " + p.Name + " is left to a person"})
		return a, false
	case p.Fixed:
		w.skip(plan.Skip{Reason: plan.Rejected, Property: p.Name, Detail: p.Name + " can be set only when the object is made", Because: p.Because})
		return a, false
	case p.Name == "primaryAddress" || p.Name == "addresses":
		if w.taken(p, before) {
			return a, false
		}
	case p.Name == "mailNickname":
		if d, _ := p.MasteredBy(w.Target.Type); d == cloud.Exchange && w.aliasTaken(p) {
			return a, false
		}
	case p.Name == "userPrincipalName":
		if holder := w.Holder(p.Value.Text()); holder != nil {
			w.skip(plan.Skip{Reason: plan.Collision, Property: p.Name, Others: []plan.Ref{*holder}, Because: p.Because,
				Detail: p.Value.Text() + " belongs to " + holder.Name + " already"})
			return a, false
		}
	}
	return plan.Attribute{Name: p.Name, Before: before, After: p.Value, Because: p.Because, Reason: reason}, true
}

// reason tells drift from a change of source or policy by what coexist wrote last.
func (w *work) reason(name string, wish cloud.Value) plan.Reason {
	if w.Row == nil {
		return plan.FirstContact
	}
	last, ok := w.Row.LastWritten(name)
	switch {
	case !ok:
		return plan.FirstContact
	case last.Equal(wish):
		return plan.Drift
	}
	return plan.Changed
}

// elsewhere lists once what this plan cannot carry out for want of the Exchange connector.
func (w *work) elsewhere() {
	if w.Connected(cloud.Exchange) {
		return
	}
	var names []string
	var why []plan.Because
	for _, p := range w.props {
		if p.Directory == cloud.Exchange && (!p.Value.IsNothing() || len(p.Refs) > 0) {
			names = append(names, p.Name)
			if !slices.Contains(why, p.Because[0]) {
				why = append(why, p.Because[0])
			}
		}
	}
	if len(names) > 0 {
		w.skip(plan.Skip{Reason: plan.NeedsConnector, Needs: cloud.Exchange, Property: "mail", Because: why,
			Detail: "mail settings wait for Exchange Online: " + strings.Join(names, ", ")})
	}
}

// afterAdoption lists a property that the plan would take something from, were it not one that adopts.
func (w *work) afterAdoption(property string, because []plan.Because) {
	w.skip(plan.Skip{Reason: plan.AfterAdoption, Property: property, Because: because,
		Detail: "this plan adopts objects and takes nothing away besides; the plan after it proposes this again"})
}
