package tenant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// apart tells mailboxes that are deleted softly or inactive from live recipients. The former share their ids with live
// objects at times: a mailbox is deleted when its licence goes, and its user stays.
func apart(mail []cloud.Object) (live, lost []cloud.Object) {
	for _, o := range mail {
		if o.Deleted || o.Recipient != nil && (o.Recipient.SoftDeleted || o.Recipient.Inactive) {
			if o.Recipient != nil { // what says nothing of itself cannot be restored
				lost = append(lost, o)
			}
			continue
		}
		live = append(live, o)
	}
	return live, lost
}

// merge makes one of the objects of both directories that have one id. Both lists are ordered by it. What Entra ID has and
// Exchange lacks is normal, as is, for minutes, the opposite.
func merge(entra, exchange []cloud.Object) []cloud.Object {
	if len(exchange) == 0 {
		return entra
	}
	out := make([]cloud.Object, 0, len(entra)+len(exchange)/8)
	for len(entra) > 0 && len(exchange) > 0 {
		switch e, x := &entra[0], &exchange[0]; {
		case e.ID < x.ID:
			out, entra = append(out, *e), entra[1:]
		case e.ID > x.ID:
			out, exchange = append(out, alone(*x)), exchange[1:]
		default:
			unite(e, x)
			out, entra, exchange = append(out, *e), entra[1:], exchange[1:]
		}
	}
	out = append(out, entra...)
	for _, x := range exchange {
		out = append(out, alone(x))
	}
	return out
}

// alone is a recipient that Entra ID did not show.
func alone(x cloud.Object) cloud.Object {
	x.Synced = x.Synced || x.Recipient != nil && x.Recipient.DirSynced
	return x
}

// unite adds to an object of Entra ID what Exchange says about it. One that lies in Entra's deleted items stays what it is.
func unite(e, x *cloud.Object) {
	if e.Deleted {
		return
	}
	e.Type = specific(e.Type, x.Type)
	e.Recipient = x.Recipient
	e.Synced = e.Synced || x.Recipient != nil && x.Recipient.DirSynced
	if len(x.Proxies) > 0 {
		e.Proxies = x.Proxies
	}
	if x.Mail != "" {
		e.Mail = x.Mail
	}
	for _, s := range x.Properties {
		e.Put(s.Name, s.Value)
	}
}

// specific gives the type of an object that Entra ID and Exchange each say one of. Entra ID knows one kind of user, apart
// from guests, and takes room lists for distribution groups.
func specific(entra, exchange cloud.Type) cloud.Type {
	switch {
	case entra == cloud.User && exchange.IsUser() && exchange != cloud.Guest:
		return exchange
	case entra == cloud.DistributionGroup && exchange == cloud.RoomList:
		return exchange
	}
	return entra
}

// Detail adds properties of an object that were read after the view was made. It is called before the view is shared.
func (v *View) Detail(o cloud.Object) {
	if i, ok := v.ByID(o.ID); ok {
		for _, s := range o.Properties {
			v.objects[i].Put(s.Name, s.Value)
		}
	}
}

// indexLost files the mailboxes that are deleted softly or inactive under everything that names them.
func (v *View) indexLost(lost []cloud.Object) {
	slices.SortFunc(lost, func(a, b cloud.Object) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Recipient.GUID, b.Recipient.GUID))
	})
	v.lost, v.lostBy = lost, map[string][]int32{}
	for i := range lost {
		o := &lost[i]
		names := []string{"id:" + o.ID}
		if o.Anchor != "" {
			names = append(names, "anchor:"+string(o.Anchor))
		}
		if o.Recipient.ExchangeGUID != "" {
			names = append(names, "guid:"+strings.ToLower(o.Recipient.ExchangeGUID))
		}
		for _, a := range Addresses(o.Mail, o.Proxies) {
			names = append(names, "address:"+a)
		}
		for _, n := range names {
			v.lostBy[n] = append(v.lostBy[n], int32(i))
		}
	}
}

// LostMailbox gives a mailbox, deleted softly or inactive, that belonged to an object: by its cloud id, its anchor, the GUID
// of its mailbox, then one of its addresses, where each may be "". nil when there is none.
func (v *View) LostMailbox(id string, a directory.Anchor, exchangeGUID string, addresses ...string) *cloud.Object {
	if len(v.lost) == 0 {
		return nil
	}
	names := []string{"id:" + id, "anchor:" + string(a), "guid:" + strings.ToLower(exchangeGUID)}
	for _, x := range addresses {
		names = append(names, "address:"+strings.ToLower(x))
	}
	for _, n := range names {
		if list := v.lostBy[n]; len(list) > 0 && !strings.HasSuffix(n, ":") {
			return &v.lost[list[0]]
		}
	}
	return nil
}
