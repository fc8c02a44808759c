package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// The values of msExchRecipientTypeDetails that matter here.
const (
	userMailbox     = 1
	sharedMailbox   = 4
	roomMailbox     = 16
	equipment       = 32
	remoteUser      = 1 << 31
	remoteRoom      = 1 << 33
	remoteEquipment = 1 << 34
	remoteShared    = 1 << 35
)

// The bits of msExchRemoteRecipientType that say that the mailbox is in the cloud, and what it is.
const (
	provisioned = 1
	migrated    = 4
	remoteKinds = 0x60
	kindRoom    = 0x20
	kindEquip   = 0x40
	kindShared  = 0x60
)

// nature is what a mailbox is, after one of Exchange's numbers.
type nature string

const (
	unsaid      nature = ""
	person      nature = "user"
	shared      nature = "shared"
	room        nature = "room"
	equipmental nature = "equipment"
)

// byDetails reads msExchRecipientTypeDetails: what the mailbox is, and whether it is in the cloud.
func byDetails(n int64) (what nature, remote bool) {
	switch n {
	case userMailbox:
		return person, false
	case sharedMailbox:
		return shared, false
	case roomMailbox:
		return room, false
	case equipment:
		return equipmental, false
	case remoteUser:
		return person, true
	case remoteRoom:
		return room, true
	case remoteEquipment:
		return equipmental, true
	case remoteShared:
		return shared, true
	}
	return unsaid, false
}

// byRemote reads msExchRemoteRecipientType, a field of bits.
func byRemote(n int64) nature {
	switch n & remoteKinds {
	case kindShared:
		return shared
	case kindRoom:
		return room
	case kindEquip:
		return equipmental
	}
	return person
}

// byDisplay reads msExchRecipientDisplayType, which does not tell shared mailboxes from people's.
func byDisplay(n int64) nature {
	switch n {
	case 7, -2147481850:
		return room
	case 8, -2147481594:
		return equipmental
	case 0, 1073741824, -2147483642, -1073741818:
		return person
	}
	return unsaid
}

// checkMailbox looks at what Exchange on premises says of a user.
func (r *run) checkMailbox() {
	e := r.entry
	details, _ := e.number(aDetails)
	what, remote := byDetails(details)
	r.checkTypes(details, what, remote)
	if resource := what == shared || what == room || what == equipmental; resource {
		if control, ok := e.number(aControl); ok && control&2 == 0 {
			r.find("MBX-003", slotNames[aControl], e.first(aControl), "the account of a "+string(what)+" mailbox is to be disabled")
		}
		if !remote && !e.has(aMailbox) {
			r.find("MBX-006", slotNames[aMailbox], "", fmt.Sprintf("msExchRecipientTypeDetails is %d, and no mailbox has its msExchMailboxGuid", details))
		}
	}
	if r.mailboxDecided() && e.has(aMailbox) && r.onPremises(details) {
		r.find("MBX-001", slotNames[aMailbox], "", "migrate the mailbox first, or make the user a mail user with its Exchange GUID")
	}
	r.checkDeletedMailboxes()
}

// onPremises reports whether a mailbox GUID means a mailbox on premises; after a migration it stays behind.
func (r *run) onPremises(details int64) bool {
	kind, said := r.entry.number(aRemote)
	what, remote := byDetails(details)
	return what != unsaid && !remote || !said || kind&(provisioned|migrated) == 0
}

// checkTypes holds Exchange's three numbers against each other.
func (r *run) checkTypes(details int64, what nature, remote bool) {
	e := r.entry
	say := func(s slot, detail string) { r.find("MBX-002", slotNames[s], e.first(s), detail) }
	if kind, ok := e.number(aRemote); ok && kind != 0 {
		switch {
		case what != unsaid && !remote && kind&(provisioned|migrated) != 0:
			say(aRemote, fmt.Sprintf("says that the mailbox is in the cloud, msExchRecipientTypeDetails %d that it is on premises", details))
		case remote && byRemote(kind) != what:
			say(aRemote, fmt.Sprintf("says %s mailbox, msExchRecipientTypeDetails %d says %s mailbox", byRemote(kind), details, what))
		}
	} else if remote {
		say(aDetails, "says that the mailbox is in the cloud, but msExchRemoteRecipientType has no value")
	}
	if display, ok := e.number(aDisplay); ok && what != unsaid {
		got, want := byDisplay(display), what
		if want == shared {
			want = person
		}
		if got != unsaid && got != want {
			say(aDisplay, fmt.Sprintf("says %s mailbox, msExchRecipientTypeDetails %d says %s mailbox", got, details, what))
		}
	}
}

// indexMailboxes files the deleted mailboxes under everything that names them.
func (r *run) indexMailboxes() {
	r.mails = map[string][]int{}
	for n, m := range r.in.Facts.Mailboxes {
		names := []string{"anchor:" + string(m.Anchor), "address:" + key(m.UPN)}
		if !m.GUID.IsZero() {
			names = append(names, "guid:"+m.GUID.String())
		}
		for _, v := range m.Addresses {
			if a := parseAddress(v); a.scheme == "smtp" || a.scheme == "" {
				names = append(names, "address:"+key(a.rest))
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if !strings.HasSuffix(name, ":") {
				r.mails[name] = append(r.mails[name], n)
			}
		}
	}
}

// checkDeletedMailboxes looks for a mailbox that was the user's.
func (r *run) checkDeletedMailboxes() {
	if len(r.mails) == 0 {
		return
	}
	e := r.entry
	var found []int
	if e.i < r.s.Len() {
		found = append(found, r.mails["anchor:"+string(r.s.Anchor(e.i))]...)
	}
	if guid, ok := directory.GUIDFromBytes([]byte(e.first(aMailbox))); ok {
		found = append(found, r.mails["guid:"+guid.String()]...)
	}
	for _, c := range e.claims() {
		found = append(found, r.mails["address:"+c.address]...)
	}
	slices.Sort(found)
	for _, n := range slices.Compact(found) {
		m, state := r.in.Facts.Mailboxes[n], "soft-deleted"
		if m.Inactive {
			state = "inactive"
		}
		r.find("MBX-004", slotNames[aUPN], e.first(aUPN), fmt.Sprintf("the %s mailbox %q (%s) is its former one: restore it before a new one is made", state, m.Name, m.GUID))
	}
}

// mailboxDecided reports whether the policies give the user a mailbox by licence.
func (r *run) mailboxDecided() bool {
	if r.in.Tenant == nil || r.entry.object.Kind != directory.User {
		return false
	}
	p, ok := r.state.Get("licenses")
	return ok && r.givesMailbox(p.Value.Licenses())
}

// mailboxLicensed is mailboxDecided, or what the user has in the cloud where no policy decides about licences.
func (r *run) mailboxLicensed() bool {
	if p, ok := r.state.Get("licenses"); ok {
		return r.givesMailbox(p.Value.Licenses())
	}
	return r.target != nil && r.givesMailbox(r.target.Get("licenses").Licenses())
}

func (r *run) givesMailbox(list []cloud.License) bool {
	return slices.ContainsFunc(r.enabled(list), cloud.GivesMailbox)
}
