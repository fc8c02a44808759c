package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
)

func fold(s string) string { return directory.Fold(s) }

// The kinds of recipients, as RecipientTypeDetails spells them.
const (
	userMailbox       = "UserMailbox"
	sharedMailbox     = "SharedMailbox"
	roomMailbox       = "RoomMailbox"
	equipmentMailbox  = "EquipmentMailbox"
	mailUser          = "MailUser"
	guestMailUser     = "GuestMailUser"
	mailContact       = "MailContact"
	distributionGroup = "MailUniversalDistributionGroup"
	securityGroup     = "MailUniversalSecurityGroup"
	roomList          = "RoomList"
	groupMailbox      = "GroupMailbox"
)

// recipient is what Exchange Online holds of one object, or of a mailbox whose object went. Names and addresses of a live
// recipient stand on its object; Last keeps them for the time after.
type recipient struct {
	ID           string         `json:"id"`   // of the object in Entra
	GUID         string         `json:"guid"` // of the recipient
	Name         string         `json:"name"` // unique; by which others refer to it when read back
	Kind         string         `json:"kind"`
	ExchangeGUID string         `json:"exchangeGuid,omitempty"`
	ArchiveGUID  string         `json:"archiveGuid,omitempty"`
	OldArchive   string         `json:"oldArchive,omitempty"` // of an archive that was disabled
	External     string         `json:"external,omitempty"`   // ExternalEmailAddress, with SMTP:
	Unlicensed   bool           `json:"unlicensed,omitempty"` // a user's mailbox that was made without a licence
	Made         time.Time      `json:"made"`
	Changed      time.Time      `json:"changed"`
	Due          time.Time      `json:"due,omitzero"`     // when the mailbox of a licence comes, or one that moves
	Moving       bool           `json:"moving,omitempty"` // a batch brings the mailbox on premises
	Revert       *reversion     `json:"revert,omitempty"`
	Other        []string       `json:"other,omitempty"` // addresses that Entra does not hold: SPO:, EUM:
	Settings     map[string]any `json:"settings,omitempty"`
	Access       []access       `json:"access,omitempty"` // full access and its like
	SendAs       []string       `json:"sendAs,omitempty"` // ids of objects
	Gone         time.Time      `json:"gone,omitzero"`
	Inactive     bool           `json:"inactive,omitempty"`
	Last         names          `json:"last"`
	hidden       *lag
}

// names are what the object of a recipient is called.
type names struct {
	UPN       string   `json:"upn,omitempty"`
	Display   string   `json:"display,omitempty"`
	Alias     string   `json:"alias,omitempty"`
	Mail      string   `json:"mail,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
}

// reversion is the next run of the other engine, which sets a converted mailbox back to what on-premises says.
type reversion struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

// access is one entry of a mailbox's permissions.
type access struct {
	User    string   `json:"user"` // id of an object
	Rights  []string `json:"rights"`
	AutoMap bool     `json:"autoMap,omitempty"`
	Deny    bool     `json:"deny,omitempty"`
}

func (r *recipient) clone() *recipient {
	c := *r
	c.Settings = maps.Clone(r.Settings)
	c.Access, c.SendAs, c.Other = slices.Clone(r.Access), slices.Clone(r.SendAs), slices.Clone(r.Other)
	return &c
}

// isMailbox reports whether the recipient has, or will have, a mailbox of a person, a group of persons or a resource.
func (r *recipient) isMailbox() bool {
	return r.Kind == userMailbox || r.Kind == sharedMailbox || r.isResource()
}

func (r *recipient) isResource() bool { return r.Kind == roomMailbox || r.Kind == equipmentMailbox }
func (r *recipient) isMailUser() bool { return r.Kind == mailUser || r.Kind == guestMailUser }
func (r *recipient) isList() bool {
	return r.Kind == distributionGroup || r.Kind == securityGroup || r.Kind == roomList
}

// pending reports whether the recipient is nothing but a mailbox that is still to come.
func (r *recipient) pending() bool { return r.Kind == userMailbox && r.ExchangeGUID == "" }

// recipientType is the coarser RecipientType.
func (r *recipient) recipientType() string {
	switch {
	case r.isMailbox():
		return "UserMailbox"
	case r.isMailUser():
		return "MailUser"
	case r.Kind == groupMailbox, r.Kind == roomList:
		return distributionGroup
	}
	return r.Kind
}

// followEntra brings the recipients into step with the directory: what got a mailbox licence, lost it, was deleted or
// restored since the last call, and whose time has come.
func (t *Tenant) followEntra() {
	for _, id := range slices.Sorted(maps.Keys(t.index.touched)) {
		t.followObject(id)
	}
	clear(t.index.touched)
	for _, id := range slices.Sorted(maps.Keys(t.exchange.waiting)) {
		r := t.exchange.waiting[id]
		if r.Revert != nil && !t.now().Before(r.Revert.At) {
			t.revert(r)
		} else if !r.Due.IsZero() && !t.now().Before(r.Due) {
			t.provision(r)
		}
	}
	t.exchange.gone = slices.DeleteFunc(t.exchange.gone, func(r *recipient) bool {
		return !r.Inactive && !t.now().Before(r.Gone.Add(retention))
	})
}

func (t *Tenant) followObject(id string) {
	e := t.exchange
	o, r := t.index.byID[id], e.live[id]
	if o == nil || !o.live() {
		if r != nil {
			at := t.now()
			if o != nil {
				at = o.deleted
			}
			t.disconnect(r, at)
		}
		return
	}
	if r != nil {
		r.Last = t.namesOf(o)
	}
	if r == nil {
		if old := e.softDeleted(id); old != nil && old.Kind != userMailbox {
			t.reconnect(old)
			return
		}
	}
	switch kind := t.kindOf(o, r); {
	case r == nil && kind != "":
		t.enlist(o, kind)
	case r != nil && kind == "":
		t.disconnect(r, t.now())
		if kind := t.kindOf(o, nil); kind != "" {
			t.enlist(o, kind)
		}
	case r != nil && kind == userMailbox && r.isMailUser():
		r.Due = t.licensedAt(o).Add(t.options.Exchange.mailboxLag())
		e.waiting[id] = r
	case r != nil && kind == mailUser && !r.Due.IsZero() && !r.Moving:
		r.Due = time.Time{}
		delete(e.waiting, id)
	}
}

// kindOf gives the kind of recipient that an object is, "" for none. r is what it was so far, nil when it was none.
func (t *Tenant) kindOf(o *object, r *recipient) string {
	switch {
	case o.isContact():
		return mailContact
	case o.isGroup():
		return groupKind(o, r)
	case r != nil && (r.Kind == sharedMailbox || r.isResource()):
		return r.Kind
	case o.mailbox.enabled && r != nil && r.isMailUser() && r.ExchangeGUID != "":
		return r.Kind // the mailbox is elsewhere, and moves here or stays there
	case o.mailbox.enabled, r != nil && r.Kind == userMailbox && r.Unlicensed:
		return userMailbox
	case r != nil && r.isMailUser() && r.External != "":
		return r.Kind
	case o.raw("proxyAddresses") == "":
		return ""
	case o.text("userType") == "Guest":
		return guestMailUser
	case o.truth("onPremisesSyncEnabled"):
		return mailUser
	}
	return ""
}

func groupKind(o *object, r *recipient) string {
	switch {
	case o.unified():
		return groupMailbox
	case !o.exchangeGroup():
		return ""
	case o.truth("securityEnabled"):
		return securityGroup
	case r != nil && r.Kind == roomList:
		return roomList
	}
	return distributionGroup
}

// enlist makes the recipient of an object. A mailbox comes when its time has come.
func (t *Tenant) enlist(o *object, kind string) *recipient {
	r := t.newRecipient(o, kind, "")
	if kind == mailUser || kind == guestMailUser {
		r.External = "SMTP:" + o.text("mail")
	}
	if kind == userMailbox {
		r.Due = t.licensedAt(o).Add(t.options.Exchange.mailboxLag())
	}
	if kind == mailContact {
		r.External = "SMTP:" + o.text("mail")
	}
	t.exchange.add(r)
	return r
}

// newRecipient makes a recipient that is not filed yet. Without a name it is called by its nickname.
func (t *Tenant) newRecipient(o *object, kind, name string) *recipient {
	t.exchange.made++
	r := &recipient{ID: o.id, GUID: t.derive("recipient", t.exchange.made), Kind: kind, Made: t.now(), Changed: t.now(),
		Name: name, Settings: map[string]any{}, Last: t.namesOf(o)}
	if r.Name == "" {
		r.Name = t.freeName(o)
	}
	return r
}

// freeName makes a unique name of the nickname, as the service does for what comes from Entra.
func (t *Tenant) freeName(o *object) string {
	base := o.text("mailNickname")
	if base == "" {
		base = o.text("displayName")
	}
	name := base
	for n := uint64(0); t.exchange.byName[fold(name)] != nil; n++ {
		name = fmt.Sprintf("%s%04d", base, hexDigits(t.derive("name "+o.id, n)))
	}
	return name
}

func (t *Tenant) namesOf(o *object) names {
	n := names{Display: o.text("displayName"), Alias: o.text("mailNickname"), Mail: o.text("mail"), Addresses: o.texts("proxyAddresses")}
	if o.isUser() {
		n.UPN = strings.TrimPrefix(o.text("userPrincipalName"), mangle(o.id))
	}
	return n
}

// licensedAt gives the time since which a plan with a mailbox is in force.
func (t *Tenant) licensedAt(o *object) time.Time {
	at := t.now()
	for _, a := range o.licences {
		on := t.plansOn([]assignment{a})
		if slices.ContainsFunc(exclusive, func(p string) bool { _, ok := on[p]; return ok }) && a.Updated.Before(at) {
			at = a.Updated
		}
	}
	return at
}

// provision gives a recipient the mailbox that its licence brings: the one that it lost less than 30 days ago, or a new
// and empty one.
func (t *Tenant) provision(r *recipient) {
	e := t.exchange
	delete(e.waiting, r.ID)
	if old := e.softDeleted(r.ID); old != nil && !r.Moving {
		e.drop(r)
		t.reconnect(old)
		return
	}
	r.Due = time.Time{}
	if r.Moving {
		t.arrive(r)
		return
	}
	e.forget(r)
	r.Kind, r.External = userMailbox, ""
	t.makeMailbox(r)
	e.file(r)
}

func (t *Tenant) makeMailbox(r *recipient) {
	t.exchange.made++
	r.ExchangeGUID, r.Changed = t.derive("mailbox", t.exchange.made), t.now()
	r.Other = []string{"SPO:SPO_" + t.derive("spo "+r.ID, 0) + "@SPO_" + t.options.ID}
}

// softDeleted finds the mailbox that an object lost and can still have again.
func (e *exchangeOnline) softDeleted(id string) *recipient {
	for _, r := range slices.Backward(e.gone) {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (t *Tenant) reconnect(old *recipient) {
	e := t.exchange
	e.gone = slices.DeleteFunc(e.gone, func(r *recipient) bool { return r == old })
	old.Gone, old.Inactive, old.Changed = time.Time{}, false, t.now()
	if e.byName[fold(old.Name)] != nil {
		old.Name = t.freeName(t.index.byID[old.ID])
	}
	e.add(old)
}

// disconnect ends a live recipient. A mailbox stays for 30 days, under a hold for as long as the hold.
func (t *Tenant) disconnect(r *recipient, at time.Time) {
	t.exchange.drop(r)
	if !r.isMailbox() || r.pending() {
		return
	}
	r.Gone, r.Inactive, r.Due = at, r.truth("LitigationHoldEnabled"), time.Time{}
	t.exchange.gone = append(t.exchange.gone, r)
}

// revert does what the next run of the other engine does to a converted mailbox of a user that it masters: the mailbox is
// again what on-premises says, and without a licence it goes.
func (t *Tenant) revert(r *recipient) {
	delete(t.exchange.waiting, r.ID)
	r.Kind, r.Revert, r.Changed = r.Revert.Kind, nil, t.now()
	if o := t.index.byID[r.ID]; r.Kind == userMailbox && o != nil && !o.mailbox.enabled {
		t.disconnect(r, t.now())
	}
}

func (r *recipient) truth(name string) bool     { v, _ := r.Settings[name].(bool); return v }
func (r *recipient) setting(name string) string { v, _ := r.Settings[name].(string); return v }

// references gives a setting that names other recipients, as ids of objects.
func (r *recipient) references(name string) []string {
	switch v := r.Settings[name].(type) {
	case []string:
		return v
	case []any: // as a saved tenant is read
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
