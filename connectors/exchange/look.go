package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	at := make([]int, len(looks))
	for i, l := range looks {
		at[i] = -1
		for _, p := range l.parts {
			if p.facet == whole {
				at[i] = len(list)
			}
			list = append(list, p.command)
		}
	}
	results := c.run.RunAll(ctx, list)
	c.elsewhere(ctx, looks, at, results)
	items := make([]item, len(looks))
	out := make([]connector.Answer, len(looks))
	var names []string
	n := 0
	for i := range looks {
		l := &looks[i]
		items[i], out[i].Err = c.read(l, results[n:n+len(l.parts)])
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
func (c *Connector) read(l *look, results []Result) (item, error) {
	it := item{Object: cloud.Object{ID: l.id, Type: l.t}}
	found := 0
	for i, p := range l.parts {
		if p.facet != whole {
			continue
		}
		row, err := c.recipient(l, results[i])
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

// elsewhere asks again about users that are not what was looked for: one without the mailbox may be a mail user, and the
// other way round; one that is neither may lie in deleted items. at gives where the result of each look's recipient stands,
// -1 where it has none.
func (c *Connector) elsewhere(ctx context.Context, looks []look, at []int, results []Result) {
	for _, again := range []func(*look) Command{(*look).otherwise, (*look).buried} {
		var list []Command
		var of []int
		for i := range looks {
			if at[i] >= 0 && looks[i].t.IsUser() && absent(results[at[i]]) {
				list, of = append(list, again(&looks[i])), append(of, at[i])
			}
		}
		for k, r := range c.run.RunAll(ctx, list) {
			if list[k].Cmdlet == "Get-Recipient" {
				r.Answer.Rows = slices.DeleteFunc(r.Answer.Rows, func(x Row) bool { return x.text("WhenSoftDeleted") == "" })
			}
			results[of[k]] = r
		}
	}
}

// absent reports whether nothing answers to an identity.
func absent(r Result) bool {
	return r.Err == nil && len(r.Answer.Rows) == 0 || r.Err != nil && fault.KindOf(r.Err) == fault.NotFound
}

// otherwise looks for a mail user in place of a mailbox, or for a mailbox in place of a mail user.
func (l *look) otherwise() Command {
	other := &getMailUser
	if sourceOf(l.t) == other {
		other = &getMailbox
	}
	return other.one(identity(l.id), l.properties)
}

// buried looks among what is deleted.
func (l *look) buried() Command {
	c := command("Get-Recipient", "Identity", identity(l.id), "IncludeSoftDeletedRecipients", true)
	c.Select = append(slices.Clone(baseFields), "WhenSoftDeleted")
	return c
}

// recipient gives the one row of an answer about an object.
func (c *Connector) recipient(l *look, r Result) (Row, error) {
	switch {
	case absent(r):
		return nil, c.missing(l.t, l.id, "read "+l.id, r.Err)
	case r.Err != nil:
		return nil, r.Err
	case len(r.Answer.Rows) > 1:
		return nil, &fault.Error{Kind: fault.Conflict, Op: "read " + l.id, Err: errors.New("several recipients answer to it")}
	}
	return r.Answer.Rows[0], nil
}

// missing says what it means that Exchange Online does not know an object: what Entra ID knows, or was just made here, will
// appear; anything else is gone.
func (c *Connector) missing(t cloud.Type, id, op string, cause error) error {
	kind := fault.NotFound
	if c.made.Has(id) || entraKnows(id) && !t.MasteredWhole() {
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
	var hunts []hunt
	var at, sought []int
	for i, q := range questions {
		if q.ID == "" {
			hunts, sought = append(hunts, huntFor(q.Type, q.Anchor)), append(sought, i)
			continue
		}
		looks, at = append(looks, lookAt(q.Type, q.ID, q.Properties, false)), append(at, i)
	}
	for k, a := range c.hunt(ctx, hunts) {
		out[sought[k]] = a
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
