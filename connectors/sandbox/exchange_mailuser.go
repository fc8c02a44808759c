package sandbox

import "strings"

func (t *Tenant) mailUserColumns(r *recipient) []column {
	o := t.objectOf(r)
	location := ""
	if o != nil && o.isUser() {
		location = o.text("usageLocation")
	}
	n := t.called(r)
	return append(append(t.base(r), t.delivery(r)...),
		column{"ExternalEmailAddress", r.External}, column{"ExchangeGuid", guidText(r.ExchangeGUID)}, column{"ArchiveGuid", guidText(r.ArchiveGUID)},
		column{"UserPrincipalName", n.UPN}, column{"MicrosoftOnlineServicesID", n.UPN}, column{"WindowsLiveID", n.UPN},
		column{"ImmutableId", immutable(o)}, column{"SKUAssigned", t.skuAssigned(r)}, column{"UsageLocation", country(location)},
		column{"IsExchangeCloudManaged", r.truth("IsExchangeCloudManaged")},
		column{"UseMapiRichTextFormat", r.settingOr("UseMapiRichTextFormat", "UseDefaultSettings")},
		column{"MessageFormat", r.settingOr("MessageFormat", "Mime")}, column{"MessageBodyFormat", r.settingOr("MessageBodyFormat", "TextAndHtml")})
}

func immutable(o *object) any {
	if o == nil || !o.isUser() {
		return nil
	}
	return emptyAsNull(o.text("onPremisesImmutableId"))
}

func (t *Tenant) getMailUser(c *invocation) ([]line, error) {
	if c.truth("SoftDeletedMailUser") {
		return nil, notModelled("Get-MailUser -SoftDeletedMailUser")
	}
	return t.pick(c, isMailUserKind, t.mailUserColumns)
}

// externalOf reads an external address; other types than SMTP are not modelled.
func externalOf(s string) (string, error) {
	kind, address := splitAddress(s)
	if !strings.EqualFold(kind, "smtp") {
		return "", notModelled("external addresses of type %s", kind)
	}
	if !validAddress(address) {
		return "", refusedAddress(address)
	}
	return address, nil
}

// newMailUser makes a mail user with its user in Entra. The set of parameters with MicrosoftOnlineServicesID needs a
// password or a federated identity; that of name and external address alone takes none, unless the tenant wants one.
func (t *Tenant) newMailUser(c *invocation) ([]line, error) {
	switch {
	case !c.has("ExternalEmailAddress"):
		return nil, missingParameters("ExternalEmailAddress")
	case c.has("MicrosoftOnlineServicesID") && !c.has("Password") && !c.has("FederatedIdentity"),
		t.options.Exchange.PasswordNeeded && !c.has("Password") && !c.has("FederatedIdentity"):
		return nil, missingParameters("Password")
	case c.has("Password"):
		if err := passworded(c); err != nil {
			return nil, err
		}
	}
	external, err := externalOf(c.text("ExternalEmailAddress"))
	if err != nil {
		return nil, err
	}
	alias, err := t.aliasOf(c)
	if err != nil {
		return nil, err
	}
	o, err := t.newUserObject(c, alias, c.text("MicrosoftOnlineServicesID"), c.has("Password") || c.has("FederatedIdentity"))
	if err != nil {
		return nil, err
	}
	o.mailbox.moera = alias + "@" + t.initialDomain()
	ch := &change{t: t, c: c, o: o, r: &recipient{Kind: mailUser}}
	ch.store([]string{"SMTP:" + external, "smtp:" + o.mailbox.moera}, external)
	r, err := t.make(c, o, mailUser)
	if err != nil {
		return nil, err
	}
	r.External = "SMTP:" + external
	if err := t.applyNew(c, r); err != nil {
		return nil, err
	}
	return []line{{r.ID, t.mailUserColumns(r)}}, nil
}

// applyNew applies what New- cmdlets take beyond names and addresses.
func (t *Tenant) applyNew(c *invocation, r *recipient) error {
	ch := t.change(c, r)
	if err := ch.setDelivery(); err != nil {
		return err
	}
	ch.setTruth("ModerationEnabled")
	ch.setTruth("RequireSenderAuthenticationEnabled")
	for _, name := range []string{"SendModerationNotifications", "MessageFormat", "MessageBodyFormat"} {
		ch.setText(name)
	}
	*r = *ch.r
	t.exchange.live[r.ID] = r
	return nil
}

// setMailUser is Set-MailUser. With an Exchange GUID a mail user stands for a mailbox elsewhere, and a licence makes no
// other one.
func (t *Tenant) setMailUser(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isMailUserKind)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if c.has("ExternalEmailAddress") {
		if err := ch.setExternal(); err != nil {
			return nil, err
		}
	}
	for _, step := range []func() error{ch.setCommon, ch.setSignIn} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for name, field := range map[string]*string{"ExchangeGuid": &ch.r.ExchangeGUID, "ArchiveGuid": &ch.r.ArchiveGUID} {
		if !c.has(name) {
			continue
		}
		*field = c.text(name)
		if *field == zeroGUID {
			*field = ""
		}
		if h := t.exchange.byGUID[*field]; name == "ExchangeGuid" && h != nil && h != r {
			return nil, cmdletError("RecipientTaskException", "", "The Exchange GUID '%s' is already used by '%s'.", *field, h.Name)
		}
	}
	if err := ch.commit(); err != nil {
		return nil, err
	}
	t.index.touched[r.ID] = true // a licence that waited for it, or not, is looked at again
	return nil, nil
}

// setExternal changes the address outside: of a recipient whose primary it was, the primary goes with it.
func (ch *change) setExternal() error {
	address, err := externalOf(ch.c.text("ExternalEmailAddress"))
	if err != nil {
		return err
	}
	before := strings.TrimPrefix(ch.r.External, "SMTP:")
	ch.r.External = "SMTP:" + address
	var keep []string
	for _, a := range ch.o.texts("proxyAddresses") {
		if _, rest := splitAddress(a); fold(rest) != fold(before) || ch.t.usable(rest) {
			keep = append(keep, a)
		}
	}
	primary := ch.o.text("mail")
	if fold(primary) == fold(before) {
		primary = address
	}
	ch.store(append(keep, "smtp:"+address), primary)
	return nil
}

func (t *Tenant) removeMailUser(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isMailUserKind)
	if err != nil {
		return nil, err
	}
	return nil, t.removeUser(c, r)
}

// getUserCmdlet is Get-User, which shows the users that are no recipients too.
func (t *Tenant) getUserCmdlet(c *invocation) ([]line, error) {
	write := func(r *recipient) []column {
		o, n := t.objectOf(r), t.called(r)
		kind, kindOf := r.Kind, r.recipientType()
		if r.pending() {
			kind, kindOf = "User", "User"
		}
		out := []column{{"Identity", r.Name}, {"Name", r.Name}, {"DisplayName", n.Display}, {"Guid", guidText(r.GUID)}, {"ExternalDirectoryObjectId", r.ID},
			{"UserPrincipalName", n.UPN}, {"WindowsEmailAddress", n.Mail}, {"RecipientType", kindOf}, {"RecipientTypeDetails", kind},
			{"IsDirSynced", t.synchronised(r)}, {"SKUAssigned", t.skuAssigned(r)}, {"AccountDisabled", o != nil && !o.truth("accountEnabled")},
			{"UsageLocation", country(o.text("usageLocation"))}}
		return append(out, t.personColumns(r)...)
	}
	var list []*recipient
	for _, o := range t.index.users.all() {
		r := t.exchange.live[o.id]
		if r == nil {
			r = &recipient{ID: o.id, GUID: t.derive("user "+o.id, 0), Name: o.text("mailNickname"), Kind: "User", Made: t.now()}
		}
		if id := fold(c.text("Identity")); c.has("Identity") {
			if id != o.id && id != r.GUID && id != fold(o.text("userPrincipalName")) && id != fold(o.text("mail")) && id != fold(r.Name) {
				continue
			}
			return []line{{o.id, write(r)}}, nil
		}
		list = append(list, r)
	}
	if c.has("Identity") {
		return nil, noSuchObject(c.text("Identity"))
	}
	var out []line
	match, err := parseOPATH(c.text("Filter"))
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if row := write(r); match(row) && c.wants("RecipientTypeDetails", r.Kind) {
			out = append(out, line{r.ID, row})
		}
	}
	return out, nil
}

// setPerson is Set-User and Set-Contact: what a person is, in Entra as far as it shows that.
func (t *Tenant) setPerson(c *invocation) ([]line, error) {
	keep := isContactKind
	if c.name == "Set-User" {
		keep = func(r *recipient) bool { return r.isMailbox() || r.isMailUser() }
	}
	r, err := t.find(c.text("Identity"), keep)
	if err != nil {
		return nil, err
	}
	if t.synchronised(r) {
		for name := range c.given {
			if name != "Identity" && name != "Confirm" {
				return nil, outOfScope(c.name, name, r)
			}
		}
	}
	ch := t.change(c, r)
	if err := ch.setNames(); err != nil {
		return nil, err
	}
	if err := ch.setMailAddresses(); err != nil {
		return nil, err
	}
	for _, p := range personProperties() {
		if c.has(p.parameter) {
			ch.setPersonal(p.property, c.text(p.parameter))
		}
	}
	if c.has("Manager") {
		manager := ""
		if m := c.text("Manager"); m != "" {
			boss, err := t.find(m, func(r *recipient) bool { return r.isMailbox() || r.isMailUser() || r.Kind == mailContact })
			if err != nil {
				return nil, err
			}
			manager = boss.ID
		}
		if ch.o.isUser() {
			ch.present.manager, ch.o.manager = manager, manager
		} else {
			ch.put("manager", manager)
		}
	}
	return nil, ch.commit()
}

func (ch *change) setPersonal(property, value string) {
	p, ok := ch.o.schema.property(property)
	switch {
	case !ok || p.origin != stored:
		ch.put(property, value)
	case p.syntax == textsSyntax && value == "":
		ch.o.setTexts(property, nil)
	case p.syntax == textsSyntax:
		ch.o.setTexts(property, []string{value})
	default:
		ch.o.setText(property, value)
	}
}
