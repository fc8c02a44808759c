package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// claim is one address of the object being checked, with the attributes that it stands in.
type claim struct {
	address    string
	attributes []string
}

// claims lists the addresses of the object, each once, in order.
func (e *entry) claims() []claim {
	var out []claim
	var at map[string]int // by address, where there are so many that looking through them all would take long
	if len(e.values[aProxies]) > 50 {
		at = make(map[string]int, len(e.values[aProxies]))
	}
	e.held(func(attribute, address string) {
		if address == "" {
			return
		}
		i, ok := at[address]
		if at == nil {
			i = slices.IndexFunc(out, func(c claim) bool { return c.address == address })
			ok = i >= 0
		}
		if !ok {
			out, i = append(out, claim{address: address}), len(out)
			if at != nil {
				at[address] = i
			}
		}
		if !slices.Contains(out[i].attributes, attribute) {
			out[i].attributes = append(out[i].attributes, attribute)
		}
	})
	return out
}

// checkCollisions looks for others that hold what must be the object's alone, in the directory and in the tenant.
func (r *run) checkCollisions() {
	upn := slotNames[aUPN]
	for _, c := range r.entry.claims() {
		s := r.holders(byAddress, c.address)
		if s.objects > 1 {
			r.collide(c, s)
		}
		if r.in.Tenant != nil {
			r.collideInTenant(c)
		}
		onlyName := len(c.attributes) == 1 && c.attributes[0] == upn
		if onlyName && r.mailboxDecided() && (r.inTenant(c.address) || r.asAddress(s)) {
			r.find("LIC-008", upn, r.entry.first(aUPN), "the licence makes the user principal name an address, which another object holds")
		}
	}
}

// asAddress reports whether another object than the one being checked holds the value as anything but its user principal
// name.
func (r *run) asAddress(s set) bool {
	return slices.ContainsFunc(s.holders, func(h holder) bool { return int(h.object) != r.entry.i && h.attribute != slotNames[aUPN] })
}

// collide notes a collision within the directory: of two user principal names, and of any other two attributes.
func (r *run) collide(c claim, s set) {
	upn := slotNames[aUPN]
	mine := slices.Contains(c.attributes, upn)
	isUPN := func(h holder) bool { return h.attribute == upn }
	foreign := func(h holder) bool { return int(h.object) != r.entry.i }
	if mine && slices.ContainsFunc(s.holders, func(h holder) bool { return foreign(h) && isUPN(h) }) {
		f := r.find("UPN-011", upn, r.entry.first(aUPN), "another user has it too")
		r.parties(f, s, isUPN)
	}
	// Two user principal names are UPN-011's; anything else that meets is a collision of addresses.
	meets := func(h holder) bool { return !isUPN(h) || len(c.attributes) > 1 || !mine }
	if slices.ContainsFunc(s.holders, func(h holder) bool { return foreign(h) && meets(h) }) {
		f := r.find("ADR-014", c.attributes[0], r.spelled(c), fmt.Sprintf("%d objects hold %s; here it is in %s", s.objects, c.address, list(c.attributes)))
		r.parties(f, s, meets)
	}
}

// spelled gives the value of a claim's first attribute as it stands in the directory.
func (r *run) spelled(c claim) string {
	for s, name := range slotNames {
		if name != c.attributes[0] {
			continue
		}
		for _, v := range r.entry.values[s] {
			a := parseAddress(v)
			if key(v) == c.address || key(a.rest) == c.address {
				return v
			}
		}
	}
	return c.address
}

// collideInTenant notes that an object of the tenant other than the counterpart holds an address.
func (r *run) collideInTenant(c claim) {
	v, more := r.in.Tenant, 0
	var parties []Party
	add := func(o *cloud.Object, attribute string) {
		switch {
		case o == r.target:
		case len(parties) == MaxOthers:
			more++
		default:
			parties = append(parties, Party{cloudObject(o), attribute})
		}
	}
	for _, i := range v.ByAddress(c.address) {
		add(v.At(int(i)), cloudAttribute(v.At(int(i)), c.address))
	}
	if i, ok := v.ByUPN(c.address); ok {
		add(v.At(i), "userPrincipalName")
	}
	live := len(parties)
	for _, i := range r.deleted[c.address] {
		if o := v.At(int(i)); o.Anchor == "" || r.entry.i >= r.s.Len() || o.Anchor != r.s.Anchor(r.entry.i) {
			add(o, deletedItems)
		}
	}
	if len(parties) == 0 || live > 0 && r.matchProblem(parties) {
		return
	}
	if f := r.find("ADR-015", c.attributes[0], r.spelled(c), tenantDetail(c, parties)).raise(live == 0); f != nil {
		f.Others, f.More = parties, more
	}
}

// deletedItems stands for an attribute where a deleted item holds an address.
const deletedItems = "deletedItems"

// cloudAttribute says where an object of the tenant holds an address.
func cloudAttribute(o *cloud.Object, address string) string {
	for _, p := range o.Proxies {
		if key(parseAddress(p).rest) == address {
			return "proxyAddresses"
		}
	}
	return "mail"
}

func tenantDetail(c claim, parties []Party) string {
	var names []string
	for _, p := range parties {
		names = append(names, fmt.Sprintf("%s %q (%s)", words(p), p.Object.Name, p.Attribute))
	}
	return c.address + " is held by " + list(names)
}

// words says what a cloud object is.
func words(p Party) string {
	if p.Attribute == deletedItems {
		return "a deleted " + string(p.Object.Type)
	}
	return "the " + string(p.Object.Type)
}

// matchProblem reports whether the collision is with the one object that the entry would match, which is an administrator
// or a guest: COX-002 and COX-003 tell of that.
func (r *run) matchProblem(parties []Party) bool {
	if r.entry.i >= r.s.Len() || r.target != nil {
		return false
	}
	id := parties[0].Object.ID
	if slices.ContainsFunc(parties, func(p Party) bool { return p.Object.ID != id }) {
		return false
	}
	i, ok := r.in.Tenant.ByID(id)
	return ok && r.entry.object.Kind == directory.User && r.rival(r.in.Tenant.At(i))
}

// rival reports whether an object of the tenant is what the entry would match, were it not for what it is.
func (r *run) rival(o *cloud.Object) bool {
	p := r.table.Matches[r.entry.i].Problem
	return p != nil && (p.Reason == plan.Protected || o.Type == cloud.Guest) && slices.ContainsFunc(p.Others, func(x plan.Ref) bool { return x.ID == o.ID })
}

// indexDeleted files the addresses of deleted items, which the tenant's view leaves out because they are free again. The
// user principal name of a deleted user has its id before it.
func (r *run) indexDeleted() {
	if r.in.Tenant == nil {
		return
	}
	r.deleted = map[string][]int32{}
	for i := range r.in.Tenant.Len() {
		o := r.in.Tenant.At(i)
		if !o.Deleted {
			continue
		}
		names := []string{key(o.Mail), key(strings.TrimPrefix(o.Get("userPrincipalName").Text(), strings.ReplaceAll(o.ID, "-", "")))}
		for _, p := range o.Proxies {
			if a := parseAddress(p); a.mailbox() {
				names = append(names, key(a.rest))
			}
		}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			if n != "" {
				r.deleted[n] = append(r.deleted[n], int32(i))
			}
		}
	}
}
