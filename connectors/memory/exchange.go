package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

// Exchange is the other face of a Target: the same objects as Exchange Online shows and writes them. Mailboxes come and go
// with licences, at once; NoMailboxes holds them back.
type Exchange struct{ *Target }

var _ connector.Target = Exchange{}

// Exchange gives the tenant's Exchange Online. From then on the Target shows objects as Entra ID does: every mailbox as a
// user, and nothing of what Exchange masters.
func (t *Target) Exchange() Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mail = true
	return Exchange{t}
}

// NoMailboxes keeps licences from bringing mailboxes into being, until Provision.
func (t *Target) NoMailboxes() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slow = true
}

// Provision makes the mailboxes that licences give, and lets those of later licences come at once.
func (t *Target) Provision() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.slow = false
	for _, o := range t.objects {
		t.provision(o)
	}
}

// Lose adds a mailbox that is deleted softly or inactive.
func (t *Target) Lose(o cloud.Object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o.Deleted = true
	t.lost = append(t.lost, clone(&o))
}

// provision brings the mailbox of a user in line with its licences.
func (t *Target) provision(o *cloud.Object) {
	if !t.mail || t.slow || !o.Type.IsUser() || o.Deleted {
		return
	}
	gives := false
	for _, l := range o.Get("licenses").Licenses() {
		sku, _ := t.tenant.SKU(l.SKU)
		gives = gives || slices.ContainsFunc(sku.Plans, func(p cloud.ServicePlan) bool {
			return cloud.GivesMailbox(p.Name) && !slices.Contains(l.DisabledPlans, p.ID)
		})
	}
	switch {
	case gives && !o.Recipient.HasMailbox() && o.Get("exchangeGuid").IsNothing():
		o.Type, o.Recipient = cloud.User, recipient(cloud.User, o.ID)
		protocols(o)
		if o.Get("primaryAddress").IsNothing() {
			o.Put("primaryAddress", o.Get("userPrincipalName"))
		}
	case !gives && o.Type == cloud.User && o.Recipient.HasMailbox():
		gone := clone(o)
		gone.Deleted = true
		r := *o.Recipient
		r.SoftDeleted = true
		gone.Recipient = &r
		t.lost = append(t.lost, gone)
		o.Recipient = nil
	}
}

// protocols switches on what a new mailbox has.
func protocols(o *cloud.Object) {
	for _, name := range []string{"pop", "imap", "mapi", "owa", "activeSync"} {
		o.Put(name, cloud.Truth(true))
	}
}

// recipient gives what Exchange says of an object of a type.
func recipient(t cloud.Type, id string) *cloud.Recipient {
	details := map[cloud.Type]string{cloud.User: "UserMailbox", cloud.MailUser: "MailUser", cloud.SharedMailbox: "SharedMailbox", cloud.RoomMailbox: "RoomMailbox",
		cloud.EquipmentMailbox: "EquipmentMailbox", cloud.MailContact: "MailContact", cloud.DistributionGroup: "MailUniversalDistributionGroup",
		cloud.MailEnabledSecurityGroup: "MailUniversalSecurityGroup", cloud.RoomList: "RoomList", cloud.Microsoft365Group: "GroupMailbox"}
	return &cloud.Recipient{Details: details[t], GUID: id}
}

// shown gives an object as Exchange shows it, false for what it does not know.
func shown(o *cloud.Object) (cloud.Object, bool) {
	if o.Recipient == nil || o.Deleted && !o.Recipient.SoftDeleted && !o.Recipient.Inactive {
		return cloud.Object{}, false
	}
	c := clone(o)
	if o.Type.MasteredWhole() {
		c.Anchor = ""
	}
	r := *o.Recipient
	r.DirSynced = o.Synced
	if g := o.Get("exchangeGuid").Text(); g != "" {
		r.ExchangeGUID = g
	}
	c.Recipient = &r
	c.Properties = slices.DeleteFunc(c.Properties, func(s cloud.Set) bool {
		row := cloud.Row(s.Name)
		if row == nil {
			return true
		}
		d, _ := row.MasteredOn(o)
		return d != cloud.Exchange
	})
	if a := o.Get("primaryAddress").Text(); a != "" {
		c.Mail = a
		c.Proxies = append([]string{"SMTP:" + a}, o.Get("addresses").Texts()...)
	}
	return c, true
}

// Objects yields every recipient by id, lost mailboxes last. See connector.Reader.
func (x Exchange) Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error {
	x.mu.Lock()
	list := append(x.all(), x.lost...)
	x.mu.Unlock()
	for i := range list {
		if err := ctx.Err(); err != nil {
			return &fault.Error{Kind: fault.Unreachable, Op: "read recipients", Err: err}
		}
		o, ok := shown(&list[i])
		if !ok {
			continue
		}
		if err := yield(x.view(&o, properties)); err != nil {
			return err
		}
	}
	return nil
}

// Current gives one recipient. What Entra ID knows and Exchange does not is fault.NotReady.
func (x Exchange) Current(_ context.Context, kind cloud.Type, id string, properties []string) (cloud.Object, error) {
	x.mu.Lock()
	o, err := x.known("read "+string(kind), id)
	x.mu.Unlock()
	if err != nil {
		return cloud.Object{}, err
	}
	c := x.view(&o, properties)
	if slices.Contains(properties, cloud.TypeProperty) {
		c.Put(cloud.TypeProperty, cloud.Text(string(o.Type)))
	}
	return c, nil
}

func (x Exchange) known(op, id string) (cloud.Object, error) {
	o, err := x.live(op, id)
	if err != nil {
		return cloud.Object{}, err
	}
	c, ok := shown(o)
	if !ok {
		return c, &fault.Error{Kind: fault.NotReady, Op: op, Err: fmt.Errorf("recipient %q does not exist yet", id)}
	}
	return c, nil
}

// ByAnchor finds a user by its anchor; what lives in Exchange alone has none.
func (x Exchange) ByAnchor(ctx context.Context, kind cloud.Type, a directory.Anchor) (cloud.Object, error) {
	if kind.MasteredWhole() {
		return cloud.Object{}, &fault.Error{Kind: fault.NotFound, Op: "find " + string(kind) + " by anchor", Err: fmt.Errorf("a %s has no anchor", kind)}
	}
	return x.Target.ByAnchor(ctx, kind, a)
}

// Export carries out one change whole or not at all. See connector.Exporter.
func (x Exchange) Export(_ context.Context, c plan.Change, resolve func(plan.Ref) (id string, ok bool)) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := &export{Target: x.Target, change: c, resolve: resolve, op: string(c.Action) + " " + string(c.Object.Type)}
	if err := x.strike(c, false); err != nil {
		x.log = append(x.log, Export{Change: c, Err: err})
		return "", err
	}
	id, err := e.mail()
	applied := err == nil
	if applied {
		err = x.strike(c, true)
	}
	x.log = append(x.log, Export{Change: c, ID: id, Applied: applied, Err: err})
	if err != nil {
		return "", err
	}
	return id, nil
}

// mail carries out a change of a recipient.
func (e *export) mail() (string, error) {
	c := &e.change
	switch c.Action {
	case plan.Create:
		return e.createRecipient()
	case plan.Delete:
		delete(e.objects, c.Object.ID)
		return c.Object.ID, nil
	}
	o, err := e.live(e.op, c.Object.ID)
	if err != nil {
		return "", err
	}
	if o.Recipient == nil || c.Await != "" && o.Type != cloud.Microsoft365Group && !o.Recipient.HasMailbox() {
		return "", e.fail(fault.NotReady, "recipient %s does not exist yet", o.ID)
	}
	for _, a := range c.Attributes {
		if p := cloud.Row(a.Name); p != nil && !p.Settable(o) {
			return "", e.fail(fault.Invalid, "the object is being synchronized from your on-premises organization: %s", a.Name)
		}
	}
	switch c.Action {
	case plan.Adopt:
	case plan.Update:
		for _, a := range c.Attributes {
			e.set(o, a)
		}
	case plan.Refer:
		err = e.refer(o)
	case plan.Members:
		err = e.permit(o)
	default:
		err = e.fail(fault.Invalid, "unknown action")
	}
	return o.ID, err
}

func (e *export) createRecipient() (string, error) {
	c := &e.change
	o := cloud.Object{Type: c.Object.Type, Anchor: c.Object.Anchor}
	if o.Type.MasteredWhole() {
		o.Anchor = ""
	}
	if other := e.anchored(o.Type, o.Anchor, ""); other != nil {
		return "", e.fail(fault.Conflict, "object %s has anchor %q already", other.ID, o.Anchor)
	}
	for _, a := range c.Attributes {
		e.set(&o, a)
	}
	if o.Type.IsUser() {
		o.Put("accountEnabled", cloud.Truth(o.Type == cloud.MailUser))
	}
	o.ID = e.newID()
	if o.Recipient = recipient(o.Type, o.ID); o.Recipient.HasMailbox() {
		protocols(&o)
	}
	e.objects[o.ID] = &o
	return o.ID, nil
}

// set writes one value. A primary address that is replaced stays as a further one.
func (e *export) set(o *cloud.Object, a plan.Attribute) {
	switch before := o.Get(a.Name); a.Name {
	case cloud.TypeProperty:
		o.Type = cloud.Type(a.After.Text())
		o.Recipient = recipient(o.Type, o.ID)
		return
	case "primaryAddress":
		list := slices.DeleteFunc(slices.Clone(o.Get("addresses").Texts()), func(x string) bool { return strings.EqualFold(x, "smtp:"+a.After.Text()) })
		if !before.IsNothing() {
			list = append(list, "smtp:"+before.Text())
		}
		o.Put("addresses", cloud.Texts(list))
	case "addresses":
		list := slices.Clone(a.After.Texts())
		for _, x := range before.Texts() { // what came since the plan was made stays
			if !slices.Contains(a.Before.Texts(), x) {
				list = append(list, x)
			}
		}
		o.Put(a.Name, cloud.Texts(list))
		return
	}
	o.Put(a.Name, a.After)
}

// permit adds and removes the entries of a set. Full access looks the same with and without automapping.
func (e *export) permit(o *cloud.Object) error {
	c := e.change
	c.Attributes = slices.Clone(c.Attributes)
	for i := range c.Attributes {
		if c.Attributes[i].Name == "fullAccessNoAutomap" {
			c.Attributes[i].Name = "fullAccess"
		}
	}
	inner := *e
	inner.change = c
	return inner.members(o)
}
