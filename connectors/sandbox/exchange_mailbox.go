package sandbox

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

const defaultRetentionPolicy = "Default MRM Policy"

func (t *Tenant) getRecipient(c *invocation) ([]line, error) {
	write := func(r *recipient) []column {
		out := append(t.base(r), column{"ExchangeGuid", guidText(r.ExchangeGUID)}, column{"ArchiveGuid", guidText(r.ArchiveGUID)},
			column{"ExternalEmailAddress", emptyAsNull(r.External)}, column{"SKUAssigned", t.skuAssigned(r)}, column{"IsExchangeCloudManaged", r.truth("IsExchangeCloudManaged")},
			column{"ManagedBy", t.namesOfIDs(r.references("ManagedBy"))}, column{"WhenSoftDeleted", timeText(r.Gone)}, column{"ResourceType", resourceType(r)})
		return append(out, t.personColumns(r)...)
	}
	if !c.truth("IncludeSoftDeletedRecipients") {
		return t.pick(c, anyRecipient, write)
	}
	if c.has("Identity") {
		if r := t.goneMailbox(c.text("Identity"), func(r *recipient) bool { return !r.Inactive }); r != nil {
			return []line{{r.ID, write(r)}}, nil
		}
		return t.pick(c, anyRecipient, write)
	}
	all := append(t.exchange.all(), slices.DeleteFunc(slices.Clone(t.exchange.gone), func(r *recipient) bool { return r.Inactive })...)
	return t.sorted(t.sift(c, all, anyRecipient, write))
}

// sorted orders rows by their keys, for lists that are put together.
func (t *Tenant) sorted(list []line, err error) ([]line, error) {
	slices.SortFunc(list, func(a, b line) int { return strings.Compare(a.key, b.key) })
	return list, err
}

// skuAssigned is SKUAssigned: whether a person has an Exchange licence, null for what takes none.
func (t *Tenant) skuAssigned(r *recipient) any {
	o := t.index.byID[r.ID]
	if o == nil || !o.isUser() {
		return nil
	}
	return o.mailbox.enabled
}

// goneMailbox finds a soft-deleted or inactive mailbox by whatever it was called; the latest when names repeat.
func (t *Tenant) goneMailbox(identity string, keep func(*recipient) bool) *recipient {
	key := fold(identity)
	for _, r := range slices.Backward(t.exchange.gone) {
		known := []string{r.ID, r.GUID, r.ExchangeGUID, r.Name, r.Last.Alias, r.Last.Display, r.Last.UPN, t.distinguishedName(r), t.legacyDN(r)}
		for _, a := range r.Last.Addresses {
			_, address := splitAddress(a)
			known = append(known, address)
		}
		if keep(r) && slices.ContainsFunc(known, func(s string) bool { return s != "" && fold(s) == key }) {
			return r
		}
	}
	return nil
}

// getMailbox shows mailboxes; those that went, with SoftDeletedMailbox, InactiveMailboxOnly and IncludeInactiveMailbox.
func (t *Tenant) getMailbox(c *invocation) ([]line, error) {
	live := isAnyMailbox
	if c.truth("GroupMailbox") {
		live = isUnifiedKind
	}
	if c.truth("Archive") {
		live = func(r *recipient) bool { return r.isMailbox() && r.ArchiveGUID != "" }
	}
	var gone func(*recipient) bool
	switch {
	case c.truth("SoftDeletedMailbox"):
		live, gone = nil, func(r *recipient) bool { return !r.Inactive }
	case c.truth("InactiveMailboxOnly"):
		live, gone = nil, func(r *recipient) bool { return r.Inactive }
	case c.truth("IncludeInactiveMailbox"):
		gone = func(r *recipient) bool { return r.Inactive }
	}
	if gone == nil {
		return t.pick(c, live, t.mailboxColumns)
	}
	if c.has("Identity") {
		if r := t.goneMailbox(c.text("Identity"), gone); r != nil {
			return []line{{r.ID, t.mailboxColumns(r)}}, nil
		}
		if live == nil {
			return nil, noSuchObject(c.text("Identity"))
		}
		return t.pick(c, live, t.mailboxColumns)
	}
	list := slices.DeleteFunc(slices.Clone(t.exchange.gone), func(r *recipient) bool { return !gone(r) })
	if live != nil {
		list = append(list, t.exchange.all()...)
	}
	return t.sorted(t.sift(c, list, isAnyMailbox, t.mailboxColumns))
}

// passworded checks a password: a SecureString comes encrypted with the service's RSA key, so it is 256 bytes in base64.
func passworded(c *invocation) error {
	b, err := base64.StdEncoding.DecodeString(c.text("Password"))
	if err != nil || len(b) != 256 {
		return cmdletError("ParameterBindingArgumentTransformationException", "", "Cannot process argument transformation on parameter 'Password'. Cannot convert the value to type \"System.Security.SecureString\".")
	}
	return nil
}

// newUserObject makes the user in Entra that belongs to a new mailbox or mail user; upn "" makes one of the alias.
func (t *Tenant) newUserObject(c *invocation, alias, upn string, enabled bool) (*object, error) {
	if upn == "" {
		upn = alias + "@" + t.defaultDomain()
	}
	if !upnForm.MatchString(upn) || !t.usable(upn) {
		return nil, notAccepted()
	}
	o := &object{schema: t.users}
	display := c.text("DisplayName")
	if display == "" {
		display = c.text("Name")
	}
	o.setText("displayName", display)
	o.setText("userPrincipalName", upn)
	o.setText("mailNickname", alias)
	o.setText("userType", "Member")
	o.setTruth("accountEnabled", enabled)
	o.setText("givenName", c.text("FirstName"))
	o.setText("surname", c.text("LastName"))
	if id := c.text("ImmutableId"); id != "" {
		o.setText("onPremisesImmutableId", id)
	}
	return o, nil
}

// newMailbox makes a shared, room or equipment mailbox, or one of a person without a licence yet.
func (t *Tenant) newMailbox(c *invocation) ([]line, error) {
	kind := userMailbox
	for name, k := range map[string]string{"Shared": sharedMailbox, "Room": roomMailbox, "Equipment": equipmentMailbox} {
		if c.truth(name) {
			if kind != userMailbox {
				return nil, cmdletError("ParameterBindingException", "", "Parameter set cannot be resolved using the specified named parameters.")
			}
			kind = k
		}
	}
	if c.has("InactiveMailbox") {
		return nil, notModelled("New-Mailbox -InactiveMailbox")
	}
	if kind == userMailbox {
		if !c.has("MicrosoftOnlineServicesID") {
			return nil, missingParameters("MicrosoftOnlineServicesID")
		}
		if !c.has("Password") && !c.has("FederatedIdentity") {
			return nil, missingParameters("Password")
		}
	}
	if c.has("Password") {
		if err := passworded(c); err != nil {
			return nil, err
		}
	}
	alias, err := t.aliasOf(c)
	if err != nil {
		return nil, err
	}
	primary := c.text("PrimarySmtpAddress")
	if primary == "" {
		primary = alias + "@" + t.defaultDomain()
	}
	if !validAddress(primary) {
		return nil, refusedAddress(primary)
	}
	if !t.usable(primary) {
		return nil, notAccepted()
	}
	upn := c.text("MicrosoftOnlineServicesID")
	if upn == "" {
		upn = primary
	}
	o, err := t.newUserObject(c, alias, upn, kind == userMailbox)
	if err != nil {
		return nil, err
	}
	ch := &change{t: t, c: c, o: o, r: &recipient{Kind: kind}}
	ch.store([]string{"SMTP:" + primary, "smtp:" + alias + "@" + t.initialDomain()}, primary)
	o.mailbox.moera = alias + "@" + t.initialDomain()
	r, err := t.make(c, o, kind)
	if err != nil {
		return nil, err
	}
	t.exchange.forget(r)
	t.makeMailbox(r)
	r.Unlicensed = kind == userMailbox
	if c.has("ResourceCapacity") {
		r.Settings["ResourceCapacity"] = c.number("ResourceCapacity")
	}
	t.exchange.file(r)
	if c.truth("Archive") {
		if !t.archivePlan(r) {
			c.warn("The archive of '%s' wasn't enabled because the mailbox has no license for it.", r.Name)
		}
	}
	return []line{{r.ID, t.mailboxColumns(r)}}, nil
}

// setMailbox is Set-Mailbox.
func (t *Tenant) setMailbox(c *invocation) ([]line, error) {
	if c.truth("InactiveMailbox") {
		return nil, t.setInactive(c)
	}
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if c.has("IsExchangeCloudManaged") {
		return nil, ch.setAuthority()
	}
	for _, step := range []func() error{ch.setCommon, ch.setSignIn, ch.setForwarding, ch.setHold, ch.setRetention, ch.setQuotas, ch.setType} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	ch.setNumber("ResourceCapacity")
	ch.setTruth("MessageCopyForSentAsEnabled")
	ch.setTruth("MessageCopyForSendOnBehalfEnabled")
	ch.setText("RecipientLimits")
	if c.has("Office") {
		ch.o.setText("officeLocation", c.text("Office"))
	}
	return nil, ch.commit()
}

// setAuthority moves the source of authority of the Exchange attributes; the parameter stands alone.
func (ch *change) setAuthority() error {
	for name := range ch.c.given {
		if name != "Identity" && name != "IsExchangeCloudManaged" && !slices.Contains(common, name) && !slices.Contains(common, name+"?") {
			return cmdletError("ParameterBindingException", "", "Parameter set cannot be resolved using the specified named parameters.")
		}
	}
	if !ch.t.synchronised(ch.was) {
		return cmdletError("RecipientTaskException", "", "IsExchangeCloudManaged can be set only on a mailbox that is synchronized from your on-premises organization.")
	}
	if ch.c.truth("IsExchangeCloudManaged") {
		ch.r.Settings["IsExchangeCloudManaged"] = true
	} else {
		delete(ch.r.Settings, "IsExchangeCloudManaged")
	}
	return ch.commit()
}

// setSignIn changes what Entra masters of the account: its name, its state, its immutable id.
func (ch *change) setSignIn() error {
	c := ch.c
	if upn := c.text("MicrosoftOnlineServicesID"); c.has("MicrosoftOnlineServicesID") {
		if !upnForm.MatchString(upn) || !ch.t.usable(upn) {
			return notAccepted()
		}
		ch.o.setText("userPrincipalName", upn)
	}
	if c.has("AccountDisabled") {
		ch.o.setTruth("accountEnabled", !c.truth("AccountDisabled"))
	}
	if c.has("ImmutableId") {
		ch.o.setText("onPremisesImmutableId", c.text("ImmutableId"))
	}
	return nil
}

func (ch *change) setForwarding() error {
	c := ch.c
	if to := c.text("ForwardingAddress"); c.has("ForwardingAddress") {
		if to != "" {
			r, err := ch.t.find(to, anyRecipient)
			if err != nil {
				return err
			}
			to = r.ID
		}
		ch.put("ForwardingAddress", to)
	}
	if to := c.text("ForwardingSmtpAddress"); c.has("ForwardingSmtpAddress") {
		if to != "" {
			_, address := splitAddress(to)
			if !validAddress(address) {
				return refusedAddress(address)
			}
			to = "smtp:" + address
		}
		ch.put("ForwardingSmtpAddress", to)
	}
	ch.setTruth("DeliverToMailboxAndForward")
	return nil
}

// setHold puts a mailbox on litigation hold, which the licence must allow.
func (ch *change) setHold() error {
	c, t := ch.c, ch.t
	if c.has("LitigationHoldEnabled") && c.truth("LitigationHoldEnabled") != ch.r.truth("LitigationHoldEnabled") {
		if !c.truth("LitigationHoldEnabled") {
			delete(ch.r.Settings, "LitigationHoldEnabled")
			delete(ch.r.Settings, "LitigationHoldDate")
			delete(ch.r.Settings, "LitigationHoldOwner")
		} else {
			if !t.archivePlan(ch.was) {
				return cmdletError("RecipientTaskException", "Ex5F4E1B", "Microsoft Exchange Online license doesn't permit you to put a litigation hold on mailbox '%s'.", ch.was.Name)
			}
			ch.r.Settings["LitigationHoldEnabled"] = true
			ch.r.Settings["LitigationHoldDate"] = t.now().UTC().Format(time.RFC3339)
			ch.r.Settings["LitigationHoldOwner"] = c.caller.app
		}
		c.warn("The hold setting may take up to 240 minutes to take effect.")
	}
	if d := c.text("LitigationHoldDuration"); c.has("LitigationHoldDuration") {
		if d == unlimited {
			d = ""
		}
		ch.put("LitigationHoldDuration", d)
	}
	ch.setText("LitigationHoldOwner")
	return nil
}

// setRetention applies what is kept for how long.
func (ch *change) setRetention() error {
	c := ch.c
	ch.setText("RetentionComment")
	ch.setText("RetentionUrl")
	ch.setTruth("SingleItemRecoveryEnabled")
	if p := c.text("RetentionPolicy"); c.has("RetentionPolicy") {
		if p != "" && !slices.Contains(ch.t.retentionPolicies(), p) {
			return noSuchObject(p)
		}
		ch.put("RetentionPolicy", p)
	}
	if d := c.text("RetainDeletedItemsFor"); c.has("RetainDeletedItemsFor") {
		if d == unlimited || d > "30.00:00:00" && len(d) >= len("30.00:00:00") {
			return cmdletError("DataValidationException", "", "The value for RetainDeletedItemsFor can't be more than 30 days.")
		}
		ch.put("RetainDeletedItemsFor", d)
	}
	return nil
}

func (t *Tenant) retentionPolicies() []string {
	return append([]string{defaultRetentionPolicy}, t.options.Exchange.RetentionPolicies...)
}

// setQuotas applies the quotas: none over what the plan gives, and each not over the next.
func (ch *change) setQuotas() error {
	most := ch.t.quotas(ch.was)
	largest, _ := sizeOf(most[2])
	var next [3]int64
	for i, name := range []string{"IssueWarningQuota", "ProhibitSendQuota", "ProhibitSendReceiveQuota"} {
		ch.setText(name)
		next[i], _ = sizeOf(ch.r.settingOr(name, most[i]))
		if ch.c.has(name) && next[i] > largest {
			return cmdletError("RecipientTaskException", "", "The value of %s can't be more than the maximum of %s that the mailbox plan allows.", name, most[2])
		}
	}
	if (ch.c.has("IssueWarningQuota") || ch.c.has("ProhibitSendQuota") || ch.c.has("ProhibitSendReceiveQuota")) && (next[0] > next[1] || next[1] > next[2]) {
		return cmdletError("DataValidationException", "", "The quotas must satisfy IssueWarningQuota <= ProhibitSendQuota <= ProhibitSendReceiveQuota.")
	}
	return nil
}

// syncTime is when the other engine runs next.
func (t *Tenant) syncTime() time.Time { return t.now().Truncate(syncCycle).Add(syncCycle) }

// setType converts a mailbox. What on-premises masters is set back by the next run of the other engine.
func (ch *change) setType() error {
	if !ch.c.has("Type") {
		return nil
	}
	kind := map[string]string{"Regular": userMailbox, "Shared": sharedMailbox, "Room": roomMailbox, "Equipment": equipmentMailbox}[ch.c.text("Type")]
	if kind == "" {
		return notModelled("mailboxes of type %s", ch.c.text("Type"))
	}
	if kind == ch.r.Kind {
		return nil
	}
	if ch.t.mastered(ch.was) && ch.r.Revert == nil {
		ch.r.Revert = &reversion{Kind: ch.r.Kind, At: ch.t.syncTime()}
		ch.t.exchange.waiting[ch.r.ID] = ch.was
	}
	ch.r.Kind = kind
	ch.r.Unlicensed = kind == userMailbox && !ch.o.mailbox.enabled
	return nil
}

// setInactive changes the hold of an inactive mailbox. Without a hold it goes when its 30 days are over.
func (t *Tenant) setInactive(c *invocation) error {
	r := t.goneMailbox(c.text("Identity"), func(r *recipient) bool { return r.Inactive })
	if r == nil {
		return noSuchObject(c.text("Identity"))
	}
	for name := range c.given {
		if !slices.Contains([]string{"Identity", "InactiveMailbox", "LitigationHoldEnabled", "LitigationHoldDuration", "Confirm", "Force"}, name) {
			return notModelled("Set-Mailbox -InactiveMailbox -%s", name)
		}
	}
	if c.has("LitigationHoldEnabled") && !c.truth("LitigationHoldEnabled") {
		delete(r.Settings, "LitigationHoldEnabled")
		r.Inactive, r.Gone = false, t.now()
	}
	if c.has("LitigationHoldDuration") {
		r.Settings["LitigationHoldDuration"] = c.text("LitigationHoldDuration")
	}
	return nil
}

// removeMailbox deletes the user with its mailbox; both can be had back for 30 days.
func (t *Tenant) removeMailbox(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	if c.truth("PermanentlyDelete") {
		return nil, notModelled("Remove-Mailbox -PermanentlyDelete")
	}
	return nil, t.removeUser(c, r)
}

func (t *Tenant) removeUser(c *invocation, r *recipient) error {
	if t.synchronised(r) {
		return outOfScope(c.name, "Identity", r)
	}
	t.bin(t.index.byID[r.ID])
	return nil
}

// enableMailbox enables an archive, or lets it grow.
func (t *Tenant) enableMailbox(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	switch {
	case c.truth("Archive"):
		if r.ArchiveGUID != "" {
			return nil, cmdletError("RecipientTaskException", "Ex7E5A9D", "The user \"%s\" already has an archive.", r.Name)
		}
		if t.mastered(r) && t.options.Exchange.RefuseArchive {
			return nil, outOfScope(c.name, "Archive", r)
		}
		if !t.archivePlan(r) {
			return nil, cmdletError("RecipientTaskException", "Ex5F4E1B", "Microsoft Exchange Online license doesn't permit you to enable an archive for mailbox '%s'.", r.Name)
		}
		if ch.r.ArchiveGUID = r.OldArchive; ch.r.ArchiveGUID == "" {
			t.exchange.made++
			ch.r.ArchiveGUID = t.derive("archive", t.exchange.made)
		}
		ch.r.OldArchive = ""
		name := c.texts("ArchiveName").whole
		if len(name) == 0 {
			name = []string{"In-Place Archive -" + t.called(r).Display}
		}
		ch.setList("ArchiveName", name)
	case c.truth("AutoExpandingArchive"):
		if r.ArchiveGUID == "" {
			return nil, cmdletError("RecipientTaskException", "", "The auto-expanding archive can't be enabled because the archive of \"%s\" isn't enabled.", r.Name)
		}
		ch.r.Settings["AutoExpandingArchiveEnabled"] = true
	default:
		return nil, cmdletError("RecipientTaskException", "", "The user \"%s\" already has a mailbox.", r.Name)
	}
	if err := ch.commit(); err != nil {
		return nil, err
	}
	return []line{{r.ID, t.mailboxColumns(r)}}, nil
}

// disableMailbox disables the archive; it is kept for being enabled again.
func (t *Tenant) disableMailbox(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isAnyMailbox)
	if err != nil {
		return nil, err
	}
	switch {
	case !c.truth("Archive"):
		return nil, notModelled("Disable-Mailbox without -Archive")
	case r.ArchiveGUID == "":
		return nil, cmdletError("RecipientTaskException", "", "The user \"%s\" doesn't have an archive.", r.Name)
	}
	ch := t.change(c, r)
	ch.r.OldArchive, ch.r.ArchiveGUID = r.ArchiveGUID, ""
	delete(ch.r.Settings, "AutoExpandingArchiveEnabled")
	return nil, ch.commit()
}
