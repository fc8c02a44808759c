package sandbox

import (
	"strings"
	"time"
)

// restoreRequest is one New-MailboxRestoreRequest: the content of a mailbox that went is copied into another.
type restoreRequest struct {
	GUID   string    `json:"guid"`
	Name   string    `json:"name"`
	Source string    `json:"source"` // Exchange GUID
	Target string    `json:"target"` // Exchange GUID
	Made   time.Time `json:"made"`
}

// restoreTime is how long a restore takes.
const restoreTime = time.Hour

// undoSoftDeleted brings a soft-deleted mailbox back: with its user, when that lies in Entra's deleted items, or when the
// user lives and lost the licence; a mailbox whose user is gone for good gets a new user with WindowsLiveID and Password.
func (t *Tenant) undoSoftDeleted(c *invocation) ([]line, error) {
	r := t.goneMailbox(c.text("SoftDeletedObject"), func(r *recipient) bool { return !r.Inactive })
	if r == nil {
		return nil, noSuchObject(c.text("SoftDeletedObject"))
	}
	switch o := t.index.byID[r.ID]; {
	case o != nil && o.live() && t.exchange.live[r.ID] != nil && !t.exchange.live[r.ID].pending() && t.exchange.live[r.ID].isMailbox():
		return nil, cmdletError("RecipientTaskException", "", "The mailbox '%s' can't be restored because its user has another mailbox. Use New-MailboxRestoreRequest.", r.Name)
	case o != nil && !o.live():
		if err := t.reviveUser(o); err != nil {
			return nil, err
		}
	case o != nil:
		if now := t.exchange.live[r.ID]; now != nil {
			t.exchange.drop(now)
		}
	default:
		if err := t.userForRestored(c, r); err != nil {
			return nil, err
		}
	}
	if !r.Gone.IsZero() {
		t.reconnect(r)
	}
	r.Unlicensed = r.Kind == userMailbox && !t.index.byID[r.ID].mailbox.enabled
	return []line{{r.ID, t.mailboxColumns(r)}}, nil
}

// reviveUser restores a deleted user as Entra does.
func (t *Tenant) reviveUser(o *object) error {
	next := *o
	next.row = o.row.clone()
	next.deleted = time.Time{}
	if err := t.unmangle(&next, ""); err != nil {
		return err
	}
	if err := t.free(&next, o); err != nil {
		return err
	}
	t.revive(o, next)
	return nil
}

// userForRestored makes the user of a restored mailbox whose own is gone.
func (t *Tenant) userForRestored(c *invocation, r *recipient) error {
	if !c.has("WindowsLiveID") || !c.has("Password") {
		return missingParameters("WindowsLiveID", "Password")
	}
	if err := passworded(c); err != nil {
		return err
	}
	upn := c.text("WindowsLiveID")
	if !upnForm.MatchString(upn) || !t.usable(upn) {
		return notAccepted()
	}
	o := &object{schema: t.users}
	display := c.text("DisplayName")
	if display == "" {
		display = r.Last.Display
	}
	o.setText("displayName", display)
	o.setText("userPrincipalName", upn)
	o.setText("mailNickname", r.Last.Alias)
	o.setText("userType", "Member")
	o.setTruth("accountEnabled", true)
	(&change{t: t, o: o, r: r}).store(r.Last.Addresses, r.Last.Mail)
	if err := t.free(o, nil); err != nil {
		return err
	}
	t.stampNew(o)
	t.index.add(o)
	r.ID = o.id
	return nil
}

// newRestore begins to copy a soft-deleted or inactive mailbox into another.
func (t *Tenant) newRestore(c *invocation) ([]line, error) {
	if !c.has("SourceMailbox") {
		return nil, missingParameters("SourceMailbox")
	}
	source := t.goneMailbox(c.text("SourceMailbox"), anyRecipient)
	if source == nil {
		return nil, noSuchObject(c.text("SourceMailbox"))
	}
	target, err := t.find(c.text("TargetMailbox"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	if !c.truth("AllowLegacyDNMismatch") {
		return nil, cmdletError("RecipientTaskException", "", "The LegacyExchangeDN of the source mailbox doesn't match that of the target mailbox '%s'. Use the AllowLegacyDNMismatch switch to restore it all the same.", target.Name)
	}
	t.exchange.made++
	req := restoreRequest{GUID: t.derive("restore", t.exchange.made), Name: c.text("Name"), Source: source.ExchangeGUID, Target: target.ExchangeGUID, Made: t.now()}
	if req.Name == "" {
		req.Name = "MailboxRestore"
	}
	t.exchange.restores = append(t.exchange.restores, req)
	return []line{t.restoreLine(req)}, nil
}

func (t *Tenant) restoreLine(r restoreRequest) line {
	status := "Queued"
	if !t.now().Before(r.Made.Add(restoreTime)) {
		status = "Completed"
	}
	target := ""
	if m := t.exchange.byGUID[r.Target]; m != nil {
		target = m.Name
	}
	return line{r.GUID, []column{{"Identity", target + `\` + r.Name}, {"Name", r.Name}, {"RequestGuid", guidText(r.GUID)}, {"Status", status},
		{"SourceExchangeGuid", guidText(r.Source)}, {"TargetExchangeGuid", guidText(r.Target)}, {"TargetMailbox", target}, {"WhenCreated", timeText(r.Made)}}}
}

func (t *Tenant) getRestores(c *invocation) ([]line, error) {
	var out []line
	for _, r := range t.exchange.restores {
		l := t.restoreLine(r)
		if c.has("Identity") && !strings.EqualFold(c.text("Identity"), r.GUID) && l.columns[0].value != c.text("Identity") ||
			c.has("TargetMailbox") && l.columns[6].value != c.text("TargetMailbox") || c.has("Status") && l.columns[3].value != c.text("Status") {
			continue
		}
		out = append(out, l)
	}
	return t.sorted(out, nil)
}
