package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// making is how objects of a type are made.
type making struct {
	cmdlet string
	fixed  []any             // parameters that say which kind it is
	takes  map[string]string // parameters by property
	needs  []string          // properties without which it cannot be made
	user   bool              // it is a user in Entra ID, with an immutable id and a sign-in name
}

// takes gives what every New-cmdlet takes, and more.
func takes(more ...string) map[string]string {
	m := map[string]string{"displayName": "DisplayName", "mailNickname": "Alias", "alias": "Alias"}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

var person = []string{"givenName", "FirstName", "surname", "LastName"}

// makings says how objects are made. A mail user is made with the parameter set FederatedUser, which alone takes an
// external address and no password: a password would have to be encrypted with a key of Microsoft's that changes. Its
// sign-in name, which that set does not take, follows in a second command. Shared, room and equipment mailboxes need no
// password.
var makings = map[cloud.Type]making{
	cloud.MailUser:                 {cmdlet: "New-MailUser", takes: takes(append(person, "externalAddress", "ExternalEmailAddress")...), needs: []string{"externalAddress"}, user: true},
	cloud.SharedMailbox:            {cmdlet: "New-Mailbox", fixed: []any{"Shared", true}, takes: takes(append(person, "primaryAddress", "PrimarySmtpAddress")...), user: true},
	cloud.RoomMailbox:              {cmdlet: "New-Mailbox", fixed: []any{"Room", true}, takes: takes(append(person, "primaryAddress", "PrimarySmtpAddress", "capacity", "ResourceCapacity")...), user: true},
	cloud.EquipmentMailbox:         {cmdlet: "New-Mailbox", fixed: []any{"Equipment", true}, takes: takes(append(person, "primaryAddress", "PrimarySmtpAddress")...), user: true},
	cloud.MailContact:              {cmdlet: "New-MailContact", takes: takes(append(person, "externalAddress", "ExternalEmailAddress", "moderated", "ModerationEnabled")...), needs: []string{"externalAddress"}},
	cloud.DistributionGroup:        {cmdlet: "New-DistributionGroup", fixed: []any{"Type", "Distribution"}, takes: groupTakes},
	cloud.MailEnabledSecurityGroup: {cmdlet: "New-DistributionGroup", fixed: []any{"Type", "Security", "MemberJoinRestriction", "Closed"}, takes: groupTakes},
	cloud.RoomList:                 {cmdlet: "New-DistributionGroup", fixed: []any{"RoomList", true}, takes: groupTakes},
}

var groupTakes = takes("primaryAddress", "PrimarySmtpAddress", "description", "Description", "requireSenderAuth", "RequireSenderAuthenticationEnabled",
	"moderated", "ModerationEnabled")

// apart are the properties of users that a create may name and New-cmdlets do not take: the sign-in name follows at once,
// and whether somebody may sign in is Entra ID's.
const signInName = "userPrincipalName"

// create makes an object under the name that it is found by again. A request that may have taken effect is fault.Unknown,
// and its name is remembered for ByAnchor; a name that is taken means that the object was made already.
func (w *writer) create(ctx context.Context) (string, error) {
	c, upn, err := w.making()
	if err != nil {
		return "", w.invalid(err)
	}
	name := mark(w.change.Object.Anchor)
	got, err := w.order(ctx, c)
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.Conflict:
		return w.madeBefore(ctx, err, upn)
	case kind == fault.Unknown:
		w.unsure.Add(name)
		return "", err
	default:
		return "", err
	}
	if w.script != nil {
		return name, w.follow(ctx, upn)
	}
	if len(got.Rows) != 1 || idOf(got.Rows[0]) == "" {
		w.unsure.Add(name)
		return "", &fault.Error{Kind: fault.Unknown, Op: w.op, Err: errors.New("the new object has no id")}
	}
	id := idOf(got.Rows[0])
	w.made.Add(id)
	w.change.Object.ID = id
	return id, w.follow(ctx, upn)
}

// follow writes the sign-in name, which the request that makes the object does not take. The object may not be visible at
// once. When it fails the object is there all the same, and the next plan sees what it lacks: the outcome counts as not
// known, so that the object is looked for.
func (w *writer) follow(ctx context.Context, upn string) error {
	if upn == "" {
		return nil
	}
	c := command(setCmdlet(w.change.Object.Type), "Identity", w.who(), "MicrosoftOnlineServicesID", upn, "Confirm", false)
	var err error
	for n := range followAttempts {
		if _, err = w.order(ctx, c); err == nil {
			return nil
		}
		if fault.KindOf(err) != fault.NotFound || w.sleep(ctx, time.Duration(n+1)*pauseStep) != nil {
			break
		}
	}
	w.unsure.Add(mark(w.change.Object.Anchor))
	return &fault.Error{Kind: fault.Unknown, Op: w.op, Err: fmt.Errorf("made, but without its sign-in name: %w", err)}
}

// followAttempts is how often a new object is asked for that is not visible yet: with the pauses between, a minute.
const followAttempts = 6

// madeBefore gives the id of the object that has our name already, which a conflict of whatever value may come from. An
// earlier attempt may have ended before the sign-in name was written.
func (w *writer) madeBefore(ctx context.Context, refused error, upn string) (string, error) {
	o, err := w.ByAnchor(ctx, w.change.Object.Type, w.change.Object.Anchor)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return "", refused
	case err != nil:
		return "", &fault.Error{Kind: fault.Unknown, Op: w.op, Err: err}
	case o.Deleted || o.Type != w.change.Object.Type:
		return "", refused
	}
	w.change.Object.ID = o.ID
	return o.ID, w.follow(ctx, upn)
}

// making builds the command that makes the object, and gives the sign-in name that must follow.
func (w *writer) making() (c Command, upn string, err error) {
	o := &w.change.Object
	m, ok := makings[o.Type]
	if !ok {
		return c, "", fmt.Errorf("objects of type %s are not made in Exchange Online", o.Type)
	}
	c = command(m.cmdlet, append([]any{"Name", mark(o.Anchor)}, m.fixed...)...)
	if m.user {
		c.set("ImmutableId", string(o.Anchor))
	}
	if o.Type == cloud.MailUser {
		c.set("FederatedIdentity", string(o.Anchor))
	}
	for i := range w.change.Attributes {
		a := &w.change.Attributes[i]
		parameter := m.takes[a.Name]
		switch {
		case a.After.IsNothing():
		case m.user && a.Name == signInName:
			upn = a.After.Text()
		case a.Name == "owners" || a.Name == "members":
			if err := w.people(&c, a); err != nil {
				return c, "", err
			}
		case parameter == "":
			return c, "", fmt.Errorf("%s does not take property %q", m.cmdlet, a.Name)
		default:
			col, ok := columnOf(cloud.FacetRecipient, a.Name)
			if !ok {
				col, ok = columnOf(cloud.FacetPerson, a.Name)
			}
			v := any(a.After.Text())
			if ok && col.write != nil {
				if v, err = col.write(a.After); err != nil {
					return c, "", fmt.Errorf("property %q: %w", a.Name, err)
				}
			}
			c.set(parameter, v)
		}
	}
	for _, n := range m.needs {
		if c.Get(m.takes[n]) == nil {
			return c, "", fmt.Errorf("property %q is missing", n)
		}
	}
	c.set("Confirm", false)
	return c, upn, nil
}

// people gives a new group its owners and members.
func (w *writer) people(c *Command, a *plan.Attribute) error {
	if !w.change.Object.Type.IsGroup() {
		return fmt.Errorf("objects of type %s have no %s", w.change.Object.Type, a.Name)
	}
	list, err := w.entries(a.Add)
	if err != nil || len(list) == 0 {
		return err
	}
	c.set(map[string]string{"owners": "ManagedBy", "members": "Members"}[a.Name], list)
	return nil
}
