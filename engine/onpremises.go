package engine

import (
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
)

// OnPremises is a mailbox on premises, and what the cloud has in its place.
type OnPremises struct {
	GUID     directory.GUID // of the object of the directory
	Name, DN string
	Mailbox  string     // its Exchange GUID, in lower case
	Address  string     // its primary SMTP address, folded; "" for none
	Type     cloud.Type // what the policies want of the object
	Target   *cloud.Object
	Licensed bool // its licences in the tenant give a mailbox
}

// Moves reports whether the policies want the mailbox in the cloud.
func (m *OnPremises) Moves() bool { return m.Type == cloud.User || m.Type.IsResource() }

// Moved reports whether the mailbox is in the cloud, and the directory does not say so yet.
func (m *OnPremises) Moved() bool { return m.Target != nil && m.Target.Recipient.HasMailbox() }

// Lacks says what keeps Exchange from moving the mailbox into the cloud; "" for nothing. Exchange moves a mailbox to the
// mail user that has its GUID and its address.
func (m *OnPremises) Lacks() string {
	switch t := m.Target; {
	case t == nil:
		return "it has no counterpart in the tenant yet; apply a plan first"
	case !t.Recipient.Known():
		return "Exchange Online does not know it as a mail user"
	case t.Recipient.ExchangeGUID != m.Mailbox:
		return "its mail user does not carry the Exchange GUID of its mailbox; apply a plan first"
	case m.Address == "":
		return "it has no primary SMTP address in the directory"
	case !directory.EqualFold(t.Get("primaryAddress").Text(), m.Address):
		return "its primary address is " + m.Address + " in the directory and " + t.Get("primaryAddress").Text() + " in Exchange Online; apply a plan first"
	}
	return ""
}

// onPremises tells whoever asked of the mailbox on premises of the object at index i.
func (p *planner) onPremises(in *diff.Input, i int) {
	if p.in.Mailboxes == nil || in.Box.Local == "" {
		return
	}
	o := p.in.Snapshot.At(i)
	m := OnPremises{GUID: o.GUID, Name: name(o), DN: o.DN(), Mailbox: in.Box.Local, Address: p.verdicts[i].primary, Type: in.State.Type, Target: in.Target}
	if in.Target != nil {
		held := slices.Clone(in.Target.Get("licenses").Licenses())
		for _, sku := range in.Target.Inherited {
			held = append(held, cloud.License{SKU: sku})
		}
		m.Licensed = p.tally.hasMailbox(held)
	}
	p.in.Mailboxes(m)
}
