package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// Export carries out one change. See connector.Exporter. What only Entra ID can make or set is refused with fault.Invalid.
func (c *Connector) Export(ctx context.Context, change plan.Change, resolve func(plan.Ref) (id string, ok bool)) (string, error) {
	id, _, err := c.ExportTraced(ctx, change, resolve)
	return id, err
}

// ExportTraced is Export, with the request id that Exchange Online gave its last answer to a cmdlet that writes. See
// connector.Tracer.
func (c *Connector) ExportTraced(ctx context.Context, change plan.Change, resolve func(plan.Ref) (id string, ok bool)) (id, request string, err error) {
	w := &writer{Connector: c, change: change, resolve: resolve, op: operation(change)}
	if err := w.check(); err != nil {
		return "", "", w.invalid(err)
	}
	defer c.busy.take(w.who())()
	if id, err = w.write(ctx); err != nil {
		return "", w.traced, err
	}
	return id, w.traced, nil
}

// order runs a cmdlet that writes, and notes which request it was.
func (w *writer) order(ctx context.Context, c Command) (Answer, error) {
	a, err := w.run.Run(ctx, c)
	w.note(a)
	return a, err
}

func (w *writer) note(a Answer) {
	if a.RequestID != "" {
		w.traced = a.RequestID
	}
}

// operation names a change in errors.
func operation(c plan.Change) string {
	s := string(c.Action) + " " + string(c.Object.Type)
	if c.Facet != "" {
		s += " " + string(c.Facet)
	}
	if c.Object.ID != "" {
		s += " " + c.Object.ID
	}
	return s
}

// writer is one change on its way.
type writer struct {
	*Connector
	change  plan.Change
	resolve func(plan.Ref) (string, bool)
	op      string
	traced  string // request id of the last answer to a cmdlet that writes
}

func (w *writer) invalid(err error) error {
	return &fault.Error{Kind: fault.Invalid, Op: w.op, Err: err}
}

// who gives what cmdlets find the object by: its id, and in a script, which makes the object, its name.
func (w *writer) who() string {
	if w.change.Object.ID == "" {
		return mark(w.change.Object.Anchor)
	}
	return identity(w.change.Object.ID)
}

// check refuses what Exchange Online cannot do before anything is sent.
func (w *writer) check() error {
	c := &w.change
	switch {
	case c.Directory != cloud.Exchange:
		return fmt.Errorf("the change belongs to directory %q", c.Directory)
	case c.Action == plan.Create && c.Object.ID != "":
		return errors.New("the object to create has an id already")
	case c.Action == plan.Create && mark(c.Object.Anchor) == "":
		return errors.New("the anchor is no GUID")
	case c.Action != plan.Create && c.Object.ID == "" && (w.script == nil || mark(c.Object.Anchor) == ""):
		return errors.New("the object has no id")
	case c.Action != plan.Create && c.Action != plan.Adopt && setCmdlet(c.Object.Type) == "":
		return fmt.Errorf("objects of type %s are not written in Exchange Online", c.Object.Type)
	}
	return nil
}

func (w *writer) write(ctx context.Context) (string, error) {
	id := w.change.Object.ID
	switch w.change.Action {
	case plan.Create:
		return w.create(ctx)
	case plan.Adopt:
		return id, nil // nothing is written: the ledger remembers it
	case plan.Update, plan.Refer:
		return id, w.update(ctx)
	case plan.Members:
		return id, w.sets(ctx)
	case plan.Delete:
		return id, w.delete(ctx)
	case plan.Restore:
		return id, w.restore(ctx)
	}
	return "", w.invalid(fmt.Errorf("%s is not done in Exchange Online", w.change.Action))
}

// setCmdlet gives the cmdlet that writes the recipient of a type, "" for none.
func setCmdlet(t cloud.Type) string {
	switch t {
	case cloud.User, cloud.SharedMailbox, cloud.RoomMailbox, cloud.EquipmentMailbox:
		return "Set-Mailbox"
	case cloud.MailUser, cloud.Guest:
		return "Set-MailUser"
	case cloud.MailContact:
		return "Set-MailContact"
	case cloud.DistributionGroup, cloud.MailEnabledSecurityGroup, cloud.RoomList:
		return "Set-DistributionGroup"
	case cloud.Microsoft365Group:
		return "Set-UnifiedGroup"
	}
	return ""
}

// setting begins a command that writes a facet of the object.
func (w *writer) setting(f cloud.Facet) Command {
	cmdlet := setCmdlet(w.change.Object.Type)
	switch f {
	case cloud.FacetPerson:
		cmdlet = "Set-Contact"
	case cloud.FacetProtocols:
		cmdlet = "Set-CASMailbox"
	case cloud.FacetBooking:
		cmdlet = "Set-CalendarProcessing"
	}
	c := command(cmdlet, "Identity", w.who())
	if cmdlet == "Set-DistributionGroup" {
		c.set("BypassSecurityGroupManagerCheck", true)
	}
	c.set("Confirm", false)
	return c
}

// facet gives the facet of an attribute: the change's, unless that says nothing.
func (w *writer) facet(a *plan.Attribute) cloud.Facet {
	if w.change.Facet != "" {
		return w.change.Facet
	}
	if a.Name == cloud.TypeProperty {
		return cloud.FacetType
	}
	if p := cloud.Row(a.Name); p != nil {
		if _, f := p.MasteredBy(w.change.Object.Type); f != "" {
			return f
		}
		return cloud.FacetRecipient
	}
	return ""
}

// update sets and clears properties of one facet.
func (w *writer) update(ctx context.Context) error {
	attributes := w.change.Attributes
	if len(attributes) == 0 {
		return nil
	}
	facet := w.facet(&attributes[0])
	var list []Command
	var err error
	switch facet {
	case cloud.FacetType:
		list, err = w.convert()
	case cloud.FacetArchive:
		list, err = w.archive()
	case cloud.FacetRecipient, cloud.FacetPerson, cloud.FacetProtocols, cloud.FacetBooking:
		list, err = w.settings(facet)
	default:
		err = fmt.Errorf("property %q has a change of its own", attributes[0].Name)
	}
	if err != nil {
		return w.invalid(err)
	}
	return w.carry(ctx, list)
}

// settings makes the one command that writes a facet.
func (w *writer) settings(facet cloud.Facet) ([]Command, error) {
	c := w.setting(facet)
	var primary, addresses *plan.Attribute
	for i := range w.change.Attributes {
		a := &w.change.Attributes[i]
		p := cloud.Row(a.Name)
		col, ok := columnOf(facet, a.Name)
		switch {
		case p == nil || !ok || w.facet(a) != facet:
			return nil, fmt.Errorf("property %q is not written with the others", a.Name)
		case p.Required && a.After.IsNothing():
			return nil, fmt.Errorf("property %q cannot be cleared", a.Name)
		case a.Name == "primaryAddress":
			primary = a
		case a.Name == "addresses":
			addresses = a
		case p.Kind == cloud.ReferencesKind:
			return nil, fmt.Errorf("property %q has an action of its own", a.Name)
		case p.Kind == cloud.ReferenceKind:
			who, err := w.reference(a)
			if err != nil {
				return nil, err
			}
			c.set(col.parameter, who)
		default:
			v, err := col.write(a.After)
			if err != nil {
				return nil, fmt.Errorf("property %q: %w", a.Name, err)
			}
			c.set(col.parameter, v)
		}
	}
	e, err := proxies(primary, addresses)
	if err != nil {
		return nil, err
	}
	if !e.empty() {
		c.set("EmailAddresses", e)
	}
	return []Command{c}, nil
}

// reference gives the identity of the object that an attribute points at, nil to clear it.
func (w *writer) reference(a *plan.Attribute) (any, error) {
	ref, set := a.Reference()
	if !set {
		return nil, nil
	}
	if strings.HasPrefix(string(ref.Anchor), exoPrefix) { // an id, which Reference takes for an anchor
		return identity(string(ref.Anchor)), nil
	}
	id, ok := w.resolve(ref)
	if !ok {
		return nil, fmt.Errorf("property %q: %s has no counterpart in the cloud", a.Name, printable(ref.Name))
	}
	return identity(id), nil
}

// proxies gives what to add to and remove from the addresses of a recipient. The primary one is added with its prefix in
// capitals, which makes the one before a further address; that is taken away only when the change says so.
func proxies(primary, addresses *plan.Attribute) (Edit, error) {
	var e Edit
	if addresses != nil {
		e = edit(prefixed(addresses.Before.Texts()), prefixed(addresses.After.Texts()))
	}
	if primary == nil {
		return e, nil
	}
	now := primary.After.Text()
	if now == "" {
		return Edit{}, errors.New(`property "primaryAddress" cannot be cleared`)
	}
	same := func(s string) bool { return strings.EqualFold(s, "smtp:"+now) }
	e.Add, e.Remove = slices.DeleteFunc(e.Add, same), slices.DeleteFunc(e.Remove, same)
	e.Add = append([]string{"SMTP:" + now}, e.Add...)
	return e, nil
}

// prefixed gives addresses with the prefix that Exchange Online wants; SMTP in capitals would make another one primary.
func prefixed(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		switch prefix, rest, ok := strings.Cut(s, ":"); {
		case !ok:
			out[i] = "smtp:" + s
		case strings.EqualFold(prefix, "smtp"):
			out[i] = "smtp:" + rest
		default:
			out[i] = s
		}
	}
	return out
}

// convert makes a mailbox one of another kind.
func (w *writer) convert() ([]Command, error) {
	to := w.change.Object.Type
	for _, a := range w.change.Attributes {
		if a.Name == cloud.TypeProperty && a.After.Text() != "" {
			to = cloud.Type(a.After.Text())
		}
	}
	kinds := map[cloud.Type]string{cloud.User: "Regular", cloud.SharedMailbox: "Shared", cloud.RoomMailbox: "Room", cloud.EquipmentMailbox: "Equipment"}
	kind, ok := kinds[to]
	if !ok {
		return nil, fmt.Errorf("a mailbox cannot become a %s", to)
	}
	return []Command{command("Set-Mailbox", "Identity", w.who(), "Type", kind, "Confirm", false)}, nil
}

// archive switches the archive on or off, and lets it grow.
func (w *writer) archive() ([]Command, error) {
	var list []Command
	for _, a := range w.change.Attributes {
		on := a.After.Truth()
		switch {
		case a.Name == "archive" && on:
			list = append(list, command("Enable-Mailbox", "Identity", w.who(), "Archive", true, "Confirm", false))
		case a.Name == "archive":
			list = append(list, command("Disable-Mailbox", "Identity", w.who(), "Archive", true, "Confirm", false))
		case a.Name == "autoExpandingArchive" && on:
			list = append(list, command("Enable-Mailbox", "Identity", w.who(), "AutoExpandingArchive", true, "Confirm", false))
		case a.Name == "autoExpandingArchive":
			return nil, errors.New("an archive that expands by itself cannot be made to stop")
		default:
			return nil, fmt.Errorf("property %q is not one of the archive", a.Name)
		}
	}
	return list, nil // archive comes before autoExpandingArchive, which needs it: attributes are sorted by name
}

// carry sends commands one after the other. What is there already, or gone already, is a success.
func (w *writer) carry(ctx context.Context, list []Command) error {
	for _, c := range list {
		if _, err := w.order(ctx, c); err != nil {
			if err = w.settle(c, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle gives what an error of a command means for the change, nil when it says that nothing is left to do.
func (w *writer) settle(c Command, err error) error {
	n, ok := refusalOf(err)
	adds := !strings.HasPrefix(c.Cmdlet, "Remove-") && !strings.HasPrefix(c.Cmdlet, "Disable-")
	switch {
	case ok && adds && n.already(), ok && !adds && n.absent():
		return nil
	case fault.KindOf(err) != fault.NotFound:
		return err
	}
	if other := entryOf(&c); other != "" && !n.about(w.who()) {
		if !adds {
			return nil // whoever is gone has no permission
		}
		return w.missing(cloud.User, other, c.op(), err)
	}
	return w.missing(w.change.Object.Type, w.change.Object.ID, c.op(), err)
}

// entryOf gives the id of the other object that a command is about, "" for none.
func entryOf(c *Command) string {
	for _, p := range []string{"Member", "User", "Trustee"} {
		if s, ok := c.Get(p).(string); ok {
			return s
		}
	}
	return ""
}

// about reports whether the text of a refusal names an object.
func (n refusal) about(who string) bool {
	return strings.Contains(strings.ToLower(n.text), "'"+strings.ToLower(who)+"'")
}

// delete removes the object; one that is gone already is a success.
func (w *writer) delete(ctx context.Context) error {
	cmdlet := strings.Replace(setCmdlet(w.change.Object.Type), "Set-", "Remove-", 1)
	if cmdlet == "Remove-UnifiedGroup" {
		return w.invalid(errors.New("a Microsoft 365 group is deleted in Entra ID"))
	}
	c := command(cmdlet, "Identity", w.who(), "Confirm", false)
	if cmdlet == "Remove-DistributionGroup" {
		c.set("BypassSecurityGroupManagerCheck", true)
	}
	if _, err := w.order(ctx, c); err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	w.made.Forget(w.change.Object.ID)
	return nil
}

// restore takes a soft-deleted mailbox back; one that lives already is a success.
func (w *writer) restore(ctx context.Context) error {
	if setCmdlet(w.change.Object.Type) != "Set-Mailbox" {
		return w.invalid(fmt.Errorf("a %s cannot be restored in Exchange Online", w.change.Object.Type))
	}
	_, err := w.order(ctx, command("Undo-SoftDeletedMailbox", "SoftDeletedObject", w.who(), "Confirm", false))
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	if o, live := w.Current(ctx, w.change.Object.Type, w.change.Object.ID, nil); live != nil || o.Deleted {
		return err
	}
	return nil
}
