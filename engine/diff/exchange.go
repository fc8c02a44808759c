package diff

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
)

// masteredBy gives where a property of this object is written.
func (w *work) masteredBy(p *cloud.Property) (cloud.Directory, cloud.Facet) {
	if w.Target != nil {
		return p.MasteredOn(w.Target)
	}
	return p.MasteredBy(w.State.Type)
}

// reachable reports whether a property can be compared and written at all: its directory is connected, and for Entra ID
// another engine does not master it.
func (w *work) reachable(p *cloud.Property) bool {
	d, _ := w.masteredBy(p)
	if d == cloud.Exchange {
		return w.Connected(d)
	}
	return w.mode == cloud.Provision || p.Activate
}

// creates reports whether a property is written in the request that makes the object. Exchange takes few there; the rest
// follows in changes of their own.
func (w *work) creates(p *cloud.Property) bool {
	t := w.State.Type
	if p.Name == cloud.Photo {
		return false
	}
	if d, _ := p.MasteredBy(t); t.Creator() == cloud.Entra {
		return d == cloud.Entra
	}
	switch p.Name {
	case "displayName", "mailNickname":
		return true
	case "givenName", "surname":
		return !t.IsGroup()
	case "externalAddress":
		return t == cloud.MailContact || t == cloud.MailUser
	case "userPrincipalName":
		return t == cloud.MailUser
	case "primaryAddress":
		return t.IsGroup() || t.IsResource()
	case "description":
		return t.IsGroup()
	}
	return false
}

// there reports whether what a property needs in Exchange Online is there.
func (w *work) there(p *cloud.Property) bool {
	if d, _ := w.masteredBy(p); d != cloud.Exchange {
		return true
	}
	switch t := w.State.Type; {
	case t == cloud.User || t.IsResource():
		if w.Target == nil {
			return false
		}
		r := w.Target.Recipient
		return r.HasMailbox() || r.Known() && !p.NeedsMailbox && p.On(cloud.MailUser)
	case t == cloud.Microsoft365Group:
		return w.Target != nil && w.Target.Recipient.Known()
	}
	return true
}

// coming reports whether a mailbox is about to be there.
func (w *work) coming() bool {
	if w.making || w.State.Type == cloud.Microsoft365Group {
		return true
	}
	return w.Gives != nil && w.Gives(w.all(w.held))
}

// part is what one request writes.
type part struct {
	directory cloud.Directory
	facet     cloud.Facet
	attrs     []plan.Attribute
	names     []string
}

// collect files an attribute under the request that writes it.
func (w *work) collect(parts []part, p *cloud.Property, a plan.Attribute) []part {
	d, f := w.masteredBy(p)
	i := slices.IndexFunc(parts, func(x part) bool { return x.directory == d && x.facet == f })
	if i < 0 {
		i = len(parts)
		parts = append(parts, part{directory: d, facet: f})
	}
	parts[i].attrs, parts[i].names = append(parts[i].attrs, a), append(parts[i].names, p.Name)
	return parts
}

// update compares the properties that are written together: one change for each request. Of an object that this plan makes
// it gives what the create does not carry.
func (w *work) update() {
	if _, photo := w.State.Get(cloud.Photo); w.Target == nil && w.State.Type.Creator() == cloud.Entra && !w.Connected(cloud.Exchange) && !photo {
		return // the create carries it all
	}
	var parts []part
	for _, p := range w.props {
		if !plain(p.Property) || !w.reachable(p.Property) || !w.there(p.Property) || w.aliased(p) {
			continue
		}
		if w.Target == nil {
			if !p.Value.IsNothing() && !w.creates(p.Property) && !fresh(p) {
				parts = w.collect(parts, p.Property, plan.Attribute{Name: p.Name, After: p.Value, Because: p.Because, Reason: plan.ObjectNew})
			}
			continue
		}
		if a, ok := w.compare(p); ok {
			parts = w.collect(parts, p.Property, a)
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(string(a.facet), string(b.facet)) })
	for _, x := range parts {
		c := w.change(plan.Update, string(x.facet), plan.Exact, x.attrs)
		c.Directory, c.Facet = x.directory, x.facet
		if w.Target != nil {
			c.Fingerprint = plan.FingerprintOf(w.Target, x.names)
		}
	}
}

// aliased reports whether a property is another name of one that is compared already: Exchange's alias is Entra's mail
// nickname, and goes by way of Exchange only where Entra's cannot be set.
func (w *work) aliased(p desired.Property) bool {
	if p.Name != "alias" {
		return false
	}
	nick := cloud.Row("mailNickname")
	_, managed := w.State.Get(nick.Name)
	return managed && w.reachable(nick) && (w.Target == nil || nick.Settable(w.Target))
}

// later plans what waits for a mailbox, and lists what waits in vain.
func (w *work) later() {
	if !w.Connected(cloud.Exchange) {
		return
	}
	w.regular()
	var parts []part
	if w.convert != nil {
		if w.coming() {
			parts = append(parts, part{directory: cloud.Exchange, facet: cloud.FacetType, attrs: []plan.Attribute{*w.convert}})
		} else {
			w.skip(plan.Skip{Reason: plan.NoMailbox, Property: cloud.TypeProperty, Because: w.convert.Because,
				Detail: "has no mailbox that could become a " + string(w.State.Type) + ", and no licence that gives one"})
		}
	}
	coming := w.coming()
	for _, p := range w.props {
		d, _ := w.masteredBy(p.Property)
		switch {
		case d != cloud.Exchange || !plain(p.Property) || p.Value.IsNothing() || w.there(p.Property) || fresh(p) || w.aliased(p):
		case w.Target == nil && w.creates(p.Property):
		case w.Target != nil && !p.Settable(w.Target):
			w.refuse(p)
		case !coming:
			w.lack(p.Name, p.Because)
		case w.unlicensed(p):
		case (p.Name == "primaryAddress" || p.Name == "addresses") && w.taken(p, cloud.Value{}):
		case w.Target == nil:
			parts = w.collect(parts, p.Property, plan.Attribute{Name: p.Name, After: p.Value, Because: p.Because, Reason: plan.ObjectNew})
		default:
			parts = w.collect(parts, p.Property, plan.Attribute{Name: p.Name, After: p.Value, Because: p.Because, Reason: w.reason(p.Name, p.Value)})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(string(a.facet), string(b.facet)) })
	for _, x := range parts {
		c := w.change(plan.Update, string(x.facet), plan.Exact, x.attrs)
		c.Directory, c.Facet = x.directory, x.facet
		w.await(c)
	}
	w.summary()
}

// await lets a change wait for the mailbox that the object is about to have.
func (w *work) await(c *plan.Change) {
	c.Await = plan.AwaitMailbox
	for _, x := range w.Changes {
		if x.Action == plan.License {
			c.DependsOn = append(c.DependsOn, x.ID)
		}
	}
}

// place plans the change of a reference or of a set of them, nil when it is withheld.
func (w *work) place(p desired.Property, action plan.Action, attrs []plan.Attribute) *plan.Change {
	d, f := w.masteredBy(p.Property)
	there := w.there(p.Property)
	switch {
	case w.Target != nil && d == cloud.Exchange && !p.Settable(w.Target):
		w.refuse(p)
		return nil
	case !there && !w.coming():
		w.lack(p.Name, p.Because)
		return nil
	}
	c := w.change(action, p.Name, plan.Exact, attrs)
	c.Directory, c.Facet = d, f
	if p.Name == "fullAccessNoAutomap" { // who moves here from full access is taken out there first
		for _, x := range w.Changes {
			if x.Action == plan.Members && sets(&x, "fullAccess") {
				c.DependsOn = append(c.DependsOn, x.ID)
			}
		}
	}
	if !there {
		w.await(c)
	}
	return c
}

// refuse notes a property that Exchange would not let be changed.
func (w *work) refuse(p desired.Property) {
	w.refused = append(w.refused, p.Name)
	w.because(p.Because)
}

// lack notes a property that needs a mailbox.
func (w *work) lack(name string, why []plan.Because) {
	w.bare = append(w.bare, name)
	w.because(why)
}

func (w *work) because(why []plan.Because) {
	for _, b := range why {
		if !slices.Contains(w.why, b) {
			w.why = append(w.why, b)
		}
	}
}

// summary lists once each what is refused and what lacks a mailbox.
func (w *work) summary() {
	w.lackingLicense()
	if len(w.refused) > 0 {
		w.skip(plan.Skip{Reason: plan.MasteredElse, Property: "mail", Because: w.why,
			Detail: "Exchange Online refuses it on a synchronised object: " + strings.Join(w.refused, ", ") +
				"; set it in the directory, or let the cloud manage its mail properties (IsExchangeCloudManaged)"})
	}
	if len(w.bare) > 0 {
		w.skip(plan.Skip{Reason: plan.NoMailbox, Property: "mail", Because: w.why,
			Detail: "there is no mailbox, and no licence that gives one: " + strings.Join(w.bare, ", ")})
	}
}

// sets reports whether a change writes a property.
func sets(c *plan.Change, name string) bool {
	return slices.ContainsFunc(c.Attributes, func(a plan.Attribute) bool { return a.Name == name })
}

// same reports whether the cloud would take two values as the same. What Exchange does not tell of a truth counts as false,
// but for protocols and bookings, where not telling means that something else decides.
func same(p *cloud.Property, a, b cloud.Value) bool {
	if p.Same(a, b) {
		return true
	}
	return p.Kind == cloud.TruthKind && p.Directory == cloud.Exchange && p.Facet != cloud.FacetProtocols && p.Facet != cloud.FacetBooking &&
		!a.Truth() && !b.Truth() && !b.IsNothing()
}

// fresh reports whether a recipient that is being made has the value by itself. Distribution groups take mail from inside
// alone at first, everything else from everywhere; protocols are on.
func fresh(p desired.Property) bool {
	if p.Directory != cloud.Exchange || p.Kind != cloud.TruthKind {
		return false
	}
	switch {
	case p.Facet == cloud.FacetProtocols:
		return p.Value.Truth() && p.Name != "smtpAuth"
	case p.Facet == cloud.FacetBooking, p.Name == "requireSenderAuth":
		return false
	}
	return !p.Value.Truth()
}

// joint gives the set that a shared property shall have: what is wished, and what is there but for what coexist wrote and
// no longer wishes. The primary address is no further one, and addresses of the initial domain are Exchange's own.
func (w *work) joint(before cloud.Value, p desired.Property) cloud.Value {
	primary := "smtp:" + w.primary()
	has := func(list []string, x string) bool {
		return slices.ContainsFunc(list, func(y string) bool { return strings.EqualFold(x, y) })
	}
	var list []string
	for _, x := range p.Value.Texts() {
		if !strings.EqualFold(x, primary) && !has(before.Texts(), x) {
			list = append(list, x)
		}
	}
	last, _ := w.lastWritten(p.Name)
	for _, x := range before.Texts() {
		own := w.Initial != "" && len(x) > len(w.Initial) && strings.EqualFold(x[len(x)-len(w.Initial)-1:], "@"+w.Initial)
		if has(p.Value.Texts(), x) || own || !has(last.Texts(), x) {
			list = append(list, x)
		}
	}
	return cloud.Texts(list)
}

// primary gives the primary address that the object shall have.
func (w *work) primary() string {
	if p, ok := w.State.Get("primaryAddress"); ok && !p.Value.IsNothing() {
		return p.Value.Text()
	}
	if w.Target != nil {
		return w.Target.Get("primaryAddress").Text()
	}
	return ""
}

// taken withholds addresses that another object holds.
func (w *work) taken(p desired.Property, before cloud.Value) bool {
	if w.Address == nil {
		return false
	}
	list := p.Value.Texts()
	if p.Kind == cloud.TextKind {
		list = []string{"smtp:" + p.Value.Text()}
	}
	for _, a := range list {
		scheme, address, _ := strings.Cut(a, ":")
		if !strings.EqualFold(scheme, "smtp") || slices.ContainsFunc(before.Texts(), func(b string) bool { return strings.EqualFold(a, b) }) {
			continue
		}
		if holder := w.Address(address); holder != nil {
			w.skip(plan.Skip{Reason: plan.Collision, Property: p.Name, Others: []plan.Ref{*holder}, Because: p.Because,
				Detail: address + " belongs to " + holder.Name + " already"})
			return true
		}
	}
	return false
}

// addressTaken withholds an object that Exchange would refuse to make for its address.
func (w *work) addressTaken() bool {
	for _, name := range []string{"primaryAddress", "externalAddress"} {
		if p, ok := w.State.Get(name); ok && w.creates(p.Property) && w.taken(p, cloud.Value{}) {
			return true
		}
	}
	p, ok := w.State.Get("mailNickname")
	return ok && w.State.Type.Creator() == cloud.Exchange && w.aliasTaken(p)
}

// aliasTaken withholds an alias that another recipient has. Exchange refuses it; Entra ID asks nobody.
func (w *work) aliasTaken(p desired.Property) bool {
	if w.Alias == nil {
		return false
	}
	holder := w.Alias(p.Value.Text())
	if holder != nil {
		w.skip(plan.Skip{Reason: plan.Collision, Property: p.Name, Others: []plan.Ref{*holder}, Because: p.Because,
			Detail: "alias " + p.Value.Text() + " belongs to " + holder.Name + " already"})
	}
	return holder != nil
}

// having gives the entries of a set of references. Full access with and without automapping look the same in Exchange: what
// coexist wrote tells them apart, and what somebody else wrote counts for both.
func (w *work) having(name string) []string {
	other := ""
	switch name {
	case "fullAccess":
		other = "fullAccessNoAutomap"
	case "fullAccessNoAutomap":
		other = "fullAccess"
	default:
		return w.Target.Get(name).Texts()
	}
	mine, _ := w.lastWritten(name)
	theirs, _ := w.lastWritten(other)
	all := slices.Concat(w.Target.Get("fullAccess").Texts(), w.Target.Get("fullAccessNoAutomap").Texts())
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(id string) bool {
		return slices.Contains(theirs.Texts(), id) && !slices.Contains(mine.Texts(), id)
	})
}
