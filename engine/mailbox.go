package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
	"github.com/coexistsync/coexist/rules"
)

// mailbox adds to the comparison of the source object at index i what matters where Exchange Online is connected.
func (p *planner) mailbox(in *diff.Input, i int) {
	if !p.connected(cloud.Exchange) {
		return
	}
	o := p.in.Snapshot.At(i)
	in.Box = boxOf(o)
	p.onPremises(in, i)
	in.Gives, in.Keeps = p.tally.hasMailbox, p.tally.keepsMail
	in.Initial = p.facts.InitialDomain()
	in.Address = func(a string) *plan.Ref { return p.holds(a, i) }
	in.Alias = func(a string) *plan.Ref { return p.named(a, i) }
	in.Clash = func() (string, *plan.Ref) { return p.clash(in.State, i) }
	in.Lost = func() *cloud.Object {
		addresses := []string{p.verdicts[i].primary, in.State.UPN()}
		if a, ok := in.State.Get("primaryAddress"); ok {
			addresses = append(addresses, a.Value.Text())
		}
		return p.view.LostMailbox(in.Object.ID, in.Object.Anchor, in.Box.Local, addresses...)
	}
}

// boxOf reads what Exchange on premises says of an object: a mailbox there, whatever its kind, or the kind of its mailbox
// in the cloud. Source: "What decides mailbox or not in the cloud"; msExchRemoteRecipientType is a field of bits, of which
// 1 and 4 say that a mailbox was made in, or moved to, the cloud.
func boxOf(o directory.Object) diff.Box {
	raw := o.First(directory.AttrMailboxGUID)
	details, remote := number(o, directory.AttrTypeDetails), number(o, directory.AttrRemoteType)
	switch {
	case details == 1<<31:
		return diff.Box{Declared: cloud.User}
	case details == 1<<33:
		return diff.Box{Declared: cloud.RoomMailbox}
	case details == 1<<34:
		return diff.Box{Declared: cloud.EquipmentMailbox}
	case details == 1<<35:
		return diff.Box{Declared: cloud.SharedMailbox}
	case remote&(1|4) != 0 && !localDetails(details):
		return diff.Box{Declared: [...]cloud.Type{cloud.User, cloud.RoomMailbox, cloud.EquipmentMailbox, cloud.SharedMailbox}[remote&0x60>>5]}
	}
	guid, ok := directory.GUIDFromBytes([]byte(raw))
	if !ok || guid.IsZero() {
		return diff.Box{}
	}
	return diff.Box{Local: guid.String()}
}

// number reads an attribute that Exchange on premises writes, 0 when it has no value.
func number(o directory.Object, attribute string) int64 {
	text := o.First(attribute)
	if text == "" {
		return 0
	}
	n, _ := ldapvalue.Int(text)
	return n
}

// fingerprint gives the digest over everything of a source object that its plan is made from: what the policies read, and
// what it says about its mailbox.
func fingerprint(o directory.Object, out *rules.Outcome) string {
	b := boxOf(o)
	if out.Fingerprint == "" || b == (diff.Box{}) {
		return out.Fingerprint
	}
	return out.Fingerprint + "+" + b.Local + string(b.Declared)
}

// localDetails reports whether msExchRecipientTypeDetails says a mailbox on premises: user, linked, shared, legacy, room or
// equipment.
func localDetails(n int64) bool { return slices.Contains([]int64{1, 2, 4, 8, 16, 32}, n) }

// detailed reports whether a decision sets what costs a request for each object to compare.
func (p *planner) detailed(out *rules.Outcome, decision string, d cloud.Directory) bool {
	if !p.connected(d) {
		return false
	}
	return slices.ContainsFunc(out.Find(decision).Entries, func(e rules.Entry) bool {
		row := cloud.Row(e.Key)
		return row != nil && row.Costly
	})
}

// holds gives the object other than source i that has, or shall have, an SMTP address.
func (p *planner) holds(address string, i int) *plan.Ref {
	own := p.table.Matches[i].Target
	for _, t := range p.view.ByAddress(address) {
		if int(t) != own {
			o := p.view.At(int(t))
			return &plan.Ref{Anchor: o.Anchor, ID: o.ID, Name: o.Name()}
		}
	}
	if j, ok := p.addresses[strings.ToLower(address)]; ok && j != int32(i) {
		return &plan.Ref{Name: "another object of the directory"}
	}
	return nil
}

// readTasks notes what waits from earlier runs.
func (p *planner) readTasks(ctx context.Context) error {
	p.tasks = map[string]task.Task{}
	for t, err := range p.in.State.Tasks(ctx) {
		if err != nil {
			return err
		}
		if !t.State.Ended() {
			p.tasks[t.Change.ID] = t
		}
	}
	return nil
}

// delayed reports whether a change waits as a task of an earlier run already, and lists it then. A task for the same change
// that would do something else, or was decided about an object that has changed since, stays out of the way: apply replaces it.
func (p *planner) delayed(o *outcome, c *plan.Change) bool {
	t, ok := p.tasks[c.ID]
	if !ok || t.Change.Object.ID != c.Object.ID || t.Change.Source != c.Source || !slices.EqualFunc(t.Change.Attributes, c.Attributes, alike) {
		return false
	}
	s := plan.Skip{Object: c.Object, Reason: plan.Delayed, Property: string(c.Facet), Detail: "waits as task " + t.ID + ": " + t.Reason}
	if !t.Deadline.IsZero() {
		s.Until = new(t.Deadline)
	}
	if len(c.Attributes) > 0 {
		s.Because = c.Attributes[0].Because
	}
	o.skips = append(o.skips, s)
	return true
}

// alike reports whether two attributes come to the same, whatever was there before.
func alike(a, b plan.Attribute) bool {
	same := func(x, y plan.Ref) bool { return x.Anchor == y.Anchor && (x.ID == y.ID || x.ID == "" || y.ID == "") }
	return a.Name == b.Name && a.After.Equal(b.After) && slices.EqualFunc(a.Add, b.Add, same) && slices.EqualFunc(a.Remove, b.Remove, same)
}

// named gives the recipient other than source i that has, or shall have, an alias, which no two have in Exchange Online.
func (p *planner) named(alias string, i int) *plan.Ref {
	own := p.table.Matches[i].Target
	for _, t := range p.view.ByAlias(alias) {
		if int(t) != own {
			o := p.view.At(int(t))
			return &plan.Ref{Anchor: o.Anchor, ID: o.ID, Name: o.Name()}
		}
	}
	if j, ok := p.aliases[directory.Fold(alias)]; ok && j != int32(i) {
		return &plan.Ref{Name: "another object of the directory"}
	}
	return nil
}

// clash gives an address that the object at index i gets with a mailbox and that another object holds. One that a
// directory synchronises gets those of its source, any other one those of its user principal name.
func (p *planner) clash(s *desired.State, i int) (address string, holder *plan.Ref) {
	n, h, way := p.namesOf(i, true), p.heldFor(i), desired.Synced
	h.HasUPN, h.HasAlias = nil, nil
	if t := p.targetOf(i); t == nil || !t.Synced {
		nick, _ := s.Get("mailNickname")
		n, way = desired.Names{UPN: s.UPN(), Nickname: nick.Value.Text(), Recipient: true}, desired.Direct
		if a, ok := s.Get("primaryAddress"); ok && !a.Value.IsNothing() {
			n.Proxies = []string{"SMTP:" + a.Value.Text()}
		}
	}
	for _, c := range desired.Predict(n, h, way).Conflicts {
		_, address, _ = strings.Cut(c.Value, ":")
		return address, p.holds(address, i)
	}
	return "", nil
}

// namesOf gives the names of the source object at index i.
func (p *planner) namesOf(i int, recipient bool) desired.Names {
	o := p.in.Snapshot.At(i)
	n := desired.Names{UPN: o.First(directory.AttrUserPrincipalName), SAM: o.First(directory.AttrSAMAccountName),
		Nickname: o.First(directory.AttrMailNickname), Mail: o.First(directory.AttrMail), Proxies: o.Values(directory.AttrProxyAddresses),
		Recipient: recipient, Group: o.Kind != directory.User}
	if s, ok := p.in.Snapshot.SourceOf(i); ok {
		n.Domain = s.Domain
	}
	if n.Nickname == "" && o.Kind == directory.Contact {
		n.Nickname = o.First(directory.AttrCN)
	}
	return n
}

// heldFor gives what the tenant knows of the object at index i and of others.
func (p *planner) heldFor(i int) desired.Held {
	name := func(r *plan.Ref) string {
		if r == nil {
			return ""
		}
		return r.Name
	}
	h := desired.Held{Tenant: &p.facts, HasUPN: func(upn string) string { return name(p.holder(upn, i)) },
		HasAddress: func(a string) string { return name(p.holds(a, i)) }, HasAlias: func(a string) string { return name(p.named(a, i)) }}
	if t := p.targetOf(i); t != nil {
		h.Nickname = t.Get("mailNickname").Text()
		h.Nicknamed = p.in.Snapshot.At(i).First(directory.AttrMailNickname)
	}
	return h
}

// predict tells whoever asked what the cloud makes of the names of the object at index i.
func (p *planner) predict(i int, s *desired.State) {
	if p.in.Names == nil {
		return
	}
	l, _ := s.Get("licenses")
	recipient := s.Type.Creator() == cloud.Exchange || p.tally.hasMailbox(l.Value.Licenses())
	if t := p.targetOf(i); t != nil && t.Recipient.Known() {
		recipient = true
	}
	n, h := p.namesOf(i, recipient), p.heldFor(i)
	p.in.Names(p.in.Snapshot.At(i).GUID, desired.Outlook{Recipient: recipient, Synced: desired.Predict(n, h, desired.Synced), Direct: desired.Predict(n, h, desired.Direct)})
}

// targetOf gives the counterpart of the source object at index i, nil when there is none.
func (p *planner) targetOf(i int) *cloud.Object {
	if t := p.table.Matches[i].Target; t != join.None {
		return p.view.At(t)
	}
	return nil
}
