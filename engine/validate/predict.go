package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
)

// foresight is what the cloud will make of the names of all objects, as far as it differs from what the directory says.
type foresight struct {
	index *index
}

// foresee files the names that the cloud will make up, so that two objects which would get the same one are found.
func (r *run) foresee() {
	if r.in.Tenant == nil {
		return
	}
	r.future = &foresight{newIndex()}
	for i := range r.s.Len() {
		if r.reasons[i] != "" {
			continue
		}
		r.enter(i)
		for _, m := range r.made() {
			r.future.index.add(byAddress, key(m.value), i)
		}
	}
	r.future.index.finish()
}

// enter makes the object at an index the one being looked at.
func (r *run) enter(i int) {
	r.entry.load(i, r.object(i))
	r.here, r.state, r.target, r.mode = r.origin(i), desired.State{}, nil, r.in.Mode
	if i >= r.s.Len() {
		return
	}
	if r.table != nil {
		if t := r.table.Matches[i].Target; t >= 0 {
			r.target = r.in.Tenant.At(t)
			r.mode = modeOf(r.target)
		}
	}
	if r.in.Decided != nil && r.reasons[i] == "" {
		r.state = r.in.Decided(i)
	}
}

// name is a value that the cloud makes, in one property.
type name struct{ property, value string }

// made lists the names that the cloud makes of the object being looked at and that stand in none of its attributes.
func (r *run) made() []name {
	n := r.names()
	if r.kept(n) {
		return nil
	}
	p, claims := desired.Predict(n, r.held(nil, nil), r.way()), r.entry.claims()
	var out []name
	add := func(property, value string) {
		k := key(value)
		if k == "" || r.owns(k) || slices.ContainsFunc(claims, func(c claim) bool { return c.address == k }) ||
			slices.ContainsFunc(out, func(n name) bool { return key(n.value) == k }) {
			return
		}
		out = append(out, name{property, value})
	}
	add("userPrincipalName", p.UPN)
	for _, a := range p.Proxies {
		if scheme, rest, ok := strings.Cut(a, ":"); ok && strings.EqualFold(scheme, "smtp") {
			add("proxyAddresses", rest)
		}
	}
	return out
}

// kept reports whether the cloud obviously takes the names as they are, which is so for most objects, and spares the
// prediction: no recipient, a user principal name in a verified domain, and a primary address where there are any.
func (r *run) kept(n desired.Names) bool {
	if n.Recipient || !n.Group && (n.UPN != r.entry.first(aUPN) || len(upnFlaws(n.UPN)) > 0) {
		return false
	}
	if d, ok := r.in.Tenant.Facts.Domain(hostOf(n.UPN)); !n.Group && !(ok && d.Verified) {
		return false
	}
	return len(n.Proxies) == 0 || slices.ContainsFunc(n.Proxies, func(p string) bool { return strings.HasPrefix(p, "SMTP:") })
}

// owns reports whether the object has a name in the cloud already.
func (r *run) owns(address string) bool {
	if r.target == nil {
		return false
	}
	if key(r.target.Get("userPrincipalName").Text()) == address || key(r.target.Mail) == address {
		return true
	}
	return slices.ContainsFunc(r.target.Proxies, func(p string) bool { return key(parseAddress(p).rest) == address })
}

// way is how the object's names reach the cloud.
func (r *run) way() desired.Way {
	if r.mode == cloud.Activate {
		return desired.Synced
	}
	return desired.Direct
}

// names gives the names that are written, or synchronised: what the policies decide where coexist writes, else the
// directory's.
func (r *run) names() desired.Names {
	e := r.entry
	n := desired.Names{UPN: e.first(aUPN), SAM: e.first(aAccount), Domain: r.domain(e.i), Nickname: e.first(aNickname), Mail: e.first(aMail),
		Proxies: e.values[aProxies], Recipient: r.recipient(), Group: e.object.Kind != directory.User}
	if n.Nickname == "" && e.object.Kind == directory.Contact {
		n.Nickname = e.first(aCN)
	}
	if r.way() == desired.Synced || r.in.Decided == nil {
		return n
	}
	nick, _ := r.state.Get("mailNickname")
	n = desired.Names{UPN: r.state.UPN(), Nickname: nick.Value.Text(), Recipient: n.Recipient, Group: n.Group}
	if a, ok := r.state.Get("primaryAddress"); ok && !a.Value.IsNothing() {
		n.Proxies = []string{"SMTP:" + a.Value.Text()}
	}
	return n
}

// recipient reports whether the object is, or by its licence becomes, a recipient of Exchange Online.
func (r *run) recipient() bool {
	return r.target != nil && r.target.Recipient.Known() || r.kinds[r.entry.i].Creator() == cloud.Exchange || r.mailboxLicensed()
}

func (r *run) held(upn, address func(string) string) desired.Held {
	h := desired.Held{Tenant: &r.in.Tenant.Facts, HasUPN: upn, HasAddress: address}
	if r.target != nil {
		h.Nickname, h.Nicknamed = r.target.Get("mailNickname").Text(), r.entry.first(aNickname)
	}
	return h
}

// checkPrediction tells of names that the cloud will make up and that somebody else holds or will get. Those that stand in
// the object's own attributes have checks of their own.
func (r *run) checkPrediction() {
	if r.future == nil || r.entry.i >= r.s.Len() {
		return
	}
	for _, m := range r.made() {
		k := key(m.value)
		parties, more := r.rivals(k)
		if len(parties) == 0 {
			continue
		}
		_, host, _ := strings.Cut(k, "@")
		moera := m.property == "proxyAddresses" && host == r.in.Tenant.Facts.InitialDomain()
		if moera && r.holders(byNickname, directory.Fold(r.entry.first(aNickname))).objects > 1 && !slices.ContainsFunc(parties, inCloud) {
			continue // ALI-007 tells of it
		}
		outcome := "another object holds it or will get it"
		switch {
		case moera:
			outcome = "it gets four digits before the @"
		case r.mode == cloud.Activate:
			outcome = "it is quarantined"
		}
		f := r.find("PRD-001", m.property, m.value, fmt.Sprintf("the cloud makes %s of the object's names, and %s", m.value, outcome)).raise(moera)
		if f != nil {
			f.Others, f.More = parties, more
		}
	}
}

func inCloud(p Party) bool { return p.Object.Kind == "cloud" }

// rivals lists the other objects that hold an address: in the tenant, in the directory, and by prediction.
func (r *run) rivals(address string) (parties []Party, more int) {
	seen := map[string]bool{}
	add := func(o plan.Object, attribute string) {
		if id := o.DN + "\x00" + o.ID; !seen[id] {
			if seen[id] = true; len(parties) == MaxOthers {
				more++
				return
			}
			parties = append(parties, Party{o, attribute})
		}
	}
	v := r.in.Tenant
	for _, i := range v.ByAddress(address) {
		if o := v.At(int(i)); o != r.target {
			add(cloudObject(o), cloudAttribute(o, address))
		}
	}
	if i, ok := v.ByUPN(address); ok && v.At(i) != r.target {
		add(cloudObject(v.At(i)), "userPrincipalName")
	}
	me := r.entry.i
	for _, x := range []*index{r.index, r.future.index} {
		for _, at := range x.objects(x.hash(byAddress, address)) {
			if at.object < 0 || int(at.object) == me {
				continue
			}
			r.other.load(int(at.object), r.object(int(at.object)))
			add(r.described(r.other), "predicted")
		}
	}
	return parties, more
}
