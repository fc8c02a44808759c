package sandbox

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// index finds objects by the values that are unique in a tenant. Soft-deleted objects keep their id, immutable id and
// unique name in it and give up the others.
type index struct {
	byID       map[string]*object
	upn        map[string]*object // folded
	proxy      map[string]*object // folded, with its prefix
	immutable  map[string]*object // exact; deleted ones included
	nickname   map[string]*object // folded; of Microsoft 365 groups
	uniqueName map[string]*object // exact; of groups, deleted ones included
	sid        map[string]*object // onPremisesSecurityIdentifier
	users      roster
	groups     roster
	contacts   roster
	bin        []*object       // deleted items in the order of deletion
	touched    map[string]bool // ids of what changed since Exchange Online last looked
}

func newIndex() *index {
	return &index{byID: map[string]*object{}, upn: map[string]*object{}, proxy: map[string]*object{},
		immutable: map[string]*object{}, nickname: map[string]*object{}, uniqueName: map[string]*object{}, sid: map[string]*object{},
		touched: map[string]bool{}}
}

// roster is the live objects of one type in order of their ids. New ones wait unsorted until somebody lists.
type roster struct {
	sorted []*object
	fresh  []*object
}

func (r *roster) add(o *object) { r.fresh = append(r.fresh, o) }

// all gives the objects in order of their ids.
func (r *roster) all() []*object {
	if len(r.fresh) == 0 {
		return r.sorted
	}
	slices.SortFunc(r.fresh, byID)
	merged := make([]*object, 0, len(r.sorted)+len(r.fresh))
	old, fresh := r.sorted, r.fresh
	for len(old) > 0 && len(fresh) > 0 {
		if old[0].id < fresh[0].id {
			merged, old = append(merged, old[0]), old[1:]
		} else {
			merged, fresh = append(merged, fresh[0]), fresh[1:]
		}
	}
	r.sorted, r.fresh = append(append(merged, old...), fresh...), nil
	return r.sorted
}

func (r *roster) remove(o *object) {
	list := r.all()
	if i, ok := find(list, o.id); ok {
		r.sorted = slices.Delete(list, i, i+1)
	}
}

func byID(a, b *object) int { return cmp.Compare(a.id, b.id) }

// find looks an id up in a list sorted by id.
func find(list []*object, id string) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(o *object, id string) int { return cmp.Compare(o.id, id) })
}

// link inserts o into a list sorted by id; ok is false when it was there.
func link(list []*object, o *object) (_ []*object, ok bool) {
	i, there := find(list, o.id)
	if there {
		return list, false
	}
	return slices.Insert(list, i, o), true
}

// unlink removes o from a list sorted by id; ok is false when it was not there.
func unlink(list []*object, o *object) (_ []*object, ok bool) {
	i, there := find(list, o.id)
	if !there {
		return list, false
	}
	return slices.Delete(list, i, i+1), true
}

func (x *index) roster(o *object) *roster {
	switch {
	case o.isUser():
		return &x.users
	case o.isGroup():
		return &x.groups
	}
	return &x.contacts
}

// names calls f for every unique value that o holds now, with the map in which it stands.
func (x *index) names(o *object, f func(m map[string]*object, value string)) {
	put := func(m map[string]*object, v string) {
		if v != "" {
			f(m, v)
		}
	}
	if o.isUser() {
		put(x.immutable, o.text("onPremisesImmutableId"))
	} else if o.isGroup() {
		put(x.uniqueName, o.text("uniqueName"))
	}
	if !o.live() {
		return
	}
	if !o.isContact() {
		put(x.sid, o.text("onPremisesSecurityIdentifier"))
	}
	for _, a := range o.texts("proxyAddresses") {
		put(x.proxy, directory.Fold(a))
	}
	if o.isUser() {
		put(x.upn, directory.Fold(o.text("userPrincipalName")))
	} else if o.unified() {
		put(x.nickname, directory.Fold(o.text("mailNickname")))
	}
}

// add files an object under its id and names.
func (x *index) add(o *object) {
	x.byID[o.id] = o
	if o.live() {
		x.roster(o).add(o)
	} else {
		x.bin = append(x.bin, o)
	}
	x.file(o)
}

// file files the names of o; forget removes them. Whoever changes a name calls forget before and file after.
func (x *index) file(o *object) {
	x.touched[o.id] = true
	x.names(o, func(m map[string]*object, v string) { m[v] = o })
}

func (x *index) forget(o *object) {
	x.touched[o.id] = true
	x.names(o, func(m map[string]*object, v string) {
		if m[v] == o {
			delete(m, v)
		}
	})
}

// holder finds another object than o that holds one of o's names as they would be, and says which property clashes. The
// same address counts whatever the property: a user principal name is an address as soon as the user has a mailbox.
func (x *index) holder(o *object) (other *object, name string) {
	check := func(m map[string]*object, v, property string) {
		if h := m[v]; other == nil && v != "" && h != nil && h != o {
			other, name = h, property
		}
	}
	if o.isUser() {
		upn := directory.Fold(o.text("userPrincipalName"))
		check(x.upn, upn, "userPrincipalName")
		check(x.proxy, "smtp:"+upn, "proxyAddresses")
		check(x.immutable, o.text("onPremisesImmutableId"), "onPremisesImmutableId")
	} else if o.unified() {
		check(x.nickname, directory.Fold(o.text("mailNickname")), "mailNickname")
	}
	if o.isGroup() {
		check(x.uniqueName, o.text("uniqueName"), "uniqueName")
	}
	if !o.isContact() {
		check(x.sid, o.text("onPremisesSecurityIdentifier"), "onPremisesSecurityIdentifier")
	}
	for _, a := range o.texts("proxyAddresses") {
		a = directory.Fold(a)
		check(x.proxy, a, "proxyAddresses")
		if address, ok := strings.CutPrefix(a, "smtp:"); ok {
			check(x.upn, address, "proxyAddresses")
		}
	}
	return other, name
}

// holderBut is holder for the next state of an object that is filed under its present one.
func (x *index) holderBut(next, present *object) (other *object, name string) {
	x.forget(present)
	defer x.file(present)
	return x.holder(next)
}
