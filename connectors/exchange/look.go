package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

// errUnknown is the cause where Exchange Online gave none.
var errUnknown = errors.New("it is not known in Exchange Online")

// look is one object that is read by itself, with a command for each facet that was asked for.
type look struct {
	t          cloud.Type // "" when it is not known
	id         string
	properties []string
	parts      []part
}

// part is what one command reads of an object.
type part struct {
	facet   cloud.Facet // "" is members, whole is the recipient itself
	command Command
}

// whole marks the part that reads the recipient.
const whole cloud.Facet = "whole"

// lookAt prepares the reading of an object; detail leaves out the recipient itself.
func lookAt(t cloud.Type, id string, properties []string, detail bool) look {
	l := look{t: t, id: id, properties: properties}
	who := identity(id)
	if !detail {
		s := sourceOf(t)
		l.add(whole, s.one(who, properties))
	}
	if l.wants(cloud.FacetPerson) {
		c := command("Get-Contact", "Identity", who)
		c.Select = fieldsOf([]string{"Guid"}, []cloud.Facet{cloud.FacetPerson}, properties)
		l.add(cloud.FacetPerson, c)
	}
	for f, cmdlet := range map[cloud.Facet]string{cloud.FacetProtocols: "Get-CASMailbox", cloud.FacetBooking: "Get-CalendarProcessing"} {
		if l.wants(f) {
			c := command(cmdlet, "Identity", who)
			c.Select = fieldsOf(nil, []cloud.Facet{f}, properties)
			l.add(f, c)
		}
	}
	if l.wantsOne("fullAccess") {
		l.add(cloud.FacetFullAccess, command("Get-MailboxPermission", "Identity", who, "ResultSize", unlimited))
	}
	if l.wantsOne("sendAs") {
		l.add(cloud.FacetSendAs, command("Get-RecipientPermission", "Identity", who, "ResultSize", unlimited))
	}
	if t.MasteredWhole() && t.IsGroup() && slices.Contains(properties, "members") {
		l.add("", membersOf(who))
	}
	slices.SortStableFunc(l.parts, func(a, b part) int { return strings.Compare(a.command.Cmdlet, b.command.Cmdlet) })
	return l
}

func (l *look) add(f cloud.Facet, c Command) { l.parts = append(l.parts, part{f, c}) }

// wants reports whether a property of the facet is asked for that objects of the type have.
func (l *look) wants(f cloud.Facet) bool {
	if f == cloud.FacetPerson && l.t != cloud.MailContact {
		return false
	}
	return slices.ContainsFunc(columns[f], func(c column) bool { return l.wantsOne(c.property) })
}

func (l *look) wantsOne(property string) bool {
	p := cloud.Row(property)
	return p != nil && slices.Contains(l.properties, property) && (l.t == "" || p.On(l.t))
}

// sourceOf gives the cmdlet that reads recipients of a type.
func sourceOf(t cloud.Type) *source {
	switch {
	case t == cloud.MailUser || t == cloud.Guest:
		return &getMailUser
	case t == cloud.MailContact:
		return &getContact
	case t == cloud.Microsoft365Group:
		return &getUnified
	case t.IsGroup():
		return &getGroup
	}
	return &getMailbox
}

// survey carries out looks in few requests and gives an answer for each.
func (c *Connector) survey(ctx context.Context, looks []look) []connector.Answer {
	var list []Command
	for _, l := range looks {
		for _, p := range l.parts {
			list = append(list, p.command)
		}
	}
	results := c.run.RunAll(ctx, list)
	items := make([]item, len(looks))
	out := make([]connector.Answer, len(looks))
	var names []string
	n := 0
	for i := range looks {
		l := &looks[i]
		items[i], out[i].Err = c.read(ctx, l, results[n:n+len(l.parts)])
		n += len(l.parts)
		names = append(names, items[i].names()...)
	}
	if err := c.resolve(ctx, names); err != nil {
		for i := range out {
			if out[i].Err == nil && len(items[i].refs) > 0 {
				out[i].Err = err
			}
		}
	}
	for i := range out {
		if out[i].Err == nil {
			out[i].Object = c.whole(&items[i])
		}
	}
	return out
}

// read puts an object together from the results of its parts.
func (c *Connector) read(ctx context.Context, l *look, results []Result) (item, error) {
	it := item{Object: cloud.Object{ID: l.id, Type: l.t}}
	found := 0
	for i, p := range l.parts {
		if p.facet != whole {
			continue
		}
		row, err := c.recipient(ctx, l, results[i])
		if err != nil {
			return item{}, err
		}
		if it, err = c.itemAt(l, row); err != nil || it.Deleted {
			return it, err
		}
		found++
	}
	for i, p := range l.parts {
		if p.facet == whole {
			continue
		}
		switch r := results[i]; {
		case r.Err == nil:
			found++
			if err := it.add(p.facet, r.Answer.Rows, l.properties); err != nil {
				return item{}, &fault.Error{Kind: fault.Transient, Op: p.command.op(), Err: err}
			}
		case fault.KindOf(r.Err) != fault.NotFound:
			return item{}, r.Err
		}
	}
	if found == 0 {
		return item{}, &fault.Error{Kind: fault.NotFound, Op: "read " + l.id, Err: errUnknown}
	}
	return it, nil
}

// add takes over what a part read.
func (it *item) add(f cloud.Facet, rows []Row, properties []string) error {
	switch f {
	case "":
		ids, err := memberIDs(rows)
		it.Put("members", cloud.Texts(ids))
		return err
	case cloud.FacetFullAccess:
		it.put("fullAccess", permitted(rows, "User", "FullAccess"))
	case cloud.FacetSendAs:
		it.put("sendAs", permitted(rows, "Trustee", "SendAs"))
	default:
		for _, r := range rows {
			return it.take(r, f, properties)
		}
	}
	return nil
}

// itemAt makes the object of a recipient's row, under the id that was asked for.
func (c *Connector) itemAt(l *look, row Row) (item, error) {
	s := sourceOf(l.t)
	it, ok, err := itemOf(row, s.facets, l.properties)
	switch {
	case err != nil:
		return item{}, &fault.Error{Kind: fault.Transient, Op: "read " + l.id, Err: err}
	case !ok:
		return item{}, &fault.Error{Kind: fault.Conflict, Op: "read " + l.id, Err: fmt.Errorf("it is a recipient of type %s", printable(row.text("RecipientTypeDetails")))}
	}
	if row.text("WhenSoftDeleted") != "" {
		it.bury(row)
	}
	it.ID = l.id
	if slices.Contains(l.properties, cloud.TypeProperty) {
		it.Put(cloud.TypeProperty, cloud.Text(string(it.Type)))
	}
	return it, nil
}

// recipient gives the row of an object. A user without the mailbox that is looked for may be a mail user, and the other way
// round; one that is neither may lie in deleted items.
func (c *Connector) recipient(ctx context.Context, l *look, first Result) (Row, error) {
	r := first
	for step := 0; ; step++ {
		switch {
		case r.Err == nil && len(r.Answer.Rows) == 1:
			return r.Answer.Rows[0], nil
		case r.Err == nil && len(r.Answer.Rows) > 1:
			return nil, &fault.Error{Kind: fault.Conflict, Op: "read " + l.id, Err: errors.New("several recipients answer to it")}
		case r.Err != nil && fault.KindOf(r.Err) != fault.NotFound:
			return nil, r.Err
		}
		if !l.t.IsUser() || step == 2 {
			return nil, c.missing(l.t, l.id, "read "+l.id, r.Err)
		}
		other := &getMailUser
		if sourceOf(l.t) == other {
			other = &getMailbox
		}
		next := other.one(identity(l.id), l.properties)
		if step == 1 {
			next = command("Get-Recipient", "Identity", identity(l.id), "IncludeSoftDeletedRecipients", true)
			next.Select = append(slices.Clone(baseFields), "WhenSoftDeleted")
		}
		r.Answer, r.Err = c.run.Run(ctx, next)
		if step == 1 && r.Err == nil {
			r.Answer.Rows = slices.DeleteFunc(r.Answer.Rows, func(x Row) bool { return x.text("WhenSoftDeleted") == "" })
		}
	}
}

// missing says what it means that Exchange Online does not know an object: what Entra ID knows, or was just made here, will
// appear; anything else is gone.
func (c *Connector) missing(t cloud.Type, id, op string, cause error) error {
	kind := fault.NotFound
	if c.made.has(id) || entraKnows(id) && !t.MasteredWhole() {
		kind = fault.NotReady
	}
	f := &fault.Error{Kind: kind, Op: op, Err: cause}
	var was *fault.Error
	if errors.As(cause, &was) {
		f.Code, f.RequestID, f.Err = was.Code, was.RequestID, was.Err
	}
	if f.Err == nil {
		f.Err = errUnknown
	}
	return f
}

// Current gives one object as it is now. What Entra ID knows and Exchange Online does not is fault.NotReady: it has no
// mailbox, or not yet.
func (c *Connector) Current(ctx context.Context, t cloud.Type, id string, properties []string) (cloud.Object, error) {
	a := c.survey(ctx, []look{lookAt(t, id, properties, false)})[0]
	return a.Object, a.Err
}

// Survey answers many questions in batches; see connector.Surveyor.
func (c *Connector) Survey(ctx context.Context, questions []connector.Question) []connector.Answer {
	out := make([]connector.Answer, len(questions))
	var looks []look
	var at []int
	for i, q := range questions {
		if q.ID == "" {
			out[i].Object, out[i].Err = c.ByAnchor(ctx, q.Type, q.Anchor)
			continue
		}
		looks, at = append(looks, lookAt(q.Type, q.ID, q.Properties, false)), append(at, i)
	}
	for k, a := range c.survey(ctx, looks) {
		out[at[k]] = a
	}
	return out
}

// Detail reads costly properties, several objects a request; see connector.Detailer.
func (c *Connector) Detail(ctx context.Context, ids []string, properties []string, yield func(cloud.Object) error) error {
	const stretch = 1000 // objects at a time, so that no answer is kept longer than needed
	for part := range slices.Chunk(ids, stretch) {
		var looks []look
		for _, id := range part {
			if l := lookAt(typeOf(c.names.detail(id)), id, properties, true); len(l.parts) > 0 {
				looks = append(looks, l)
			}
		}
		for _, a := range c.survey(ctx, looks) {
			switch {
			case a.Err == nil:
				if err := yield(a.Object); err != nil {
					return err
				}
			case fault.KindOf(a.Err) != fault.NotFound:
				return unreachable("read details", a.Err)
			}
		}
	}
	return nil
}

// ByAnchor finds an object by the name that it got when it was made here, first among the live, then among the deleted.
// While a create of that anchor may still be on its way, one that is not found is fault.NotReady.
func (c *Connector) ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error) {
	op, name := "find "+string(t)+" by anchor "+string(a), mark(a)
	if name == "" {
		return cloud.Object{}, &fault.Error{Kind: fault.Invalid, Op: op, Err: errors.New("the anchor is no GUID")}
	}
	for _, deleted := range []bool{false, true} {
		if deleted && !t.IsUser() {
			break // contacts and groups are gone at once
		}
		get := command("Get-Recipient", "Filter", "Name -eq '"+name+"'", "ResultSize", unlimited)
		get.Select = append(slices.Clone(baseFields), "WhenSoftDeleted")
		if deleted {
			get.set("IncludeSoftDeletedRecipients", true)
		}
		got, err := c.run.Run(ctx, get)
		if err != nil {
			return cloud.Object{}, err
		}
		rows := slices.DeleteFunc(got.Rows, func(r Row) bool { return !strings.EqualFold(r.text("Name"), name) })
		switch len(rows) {
		case 0:
			continue
		case 1:
			it, ok, err := itemOf(rows[0], nil, nil)
			if err != nil || !ok {
				return cloud.Object{}, &fault.Error{Kind: fault.Conflict, Op: op, Err: errors.New("its name is in use by another kind of recipient")}
			}
			it.Anchor = a
			if deleted {
				it.bury(rows[0])
			}
			c.unsure.forget(name)
			return it.Object, nil
		}
		return cloud.Object{}, &fault.Error{Kind: fault.Conflict, Op: op, Err: errors.New("several recipients have its name")}
	}
	kind := fault.NotFound
	if c.unsure.has(name) {
		kind = fault.NotReady
	}
	return cloud.Object{}, &fault.Error{Kind: kind, Op: op, Err: errors.New("no recipient has it")}
}
