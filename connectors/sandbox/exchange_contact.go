package sandbox

func (t *Tenant) contactColumns(r *recipient) []column {
	return append(append(t.base(r), t.delivery(r)...), column{"ExternalEmailAddress", r.External},
		column{"UseMapiRichTextFormat", r.settingOr("UseMapiRichTextFormat", "UseDefaultSettings")},
		column{"MessageFormat", r.settingOr("MessageFormat", "Mime")}, column{"MessageBodyFormat", r.settingOr("MessageBodyFormat", "TextAndHtml")})
}

func (t *Tenant) getMailContact(c *invocation) ([]line, error) {
	return t.pick(c, isContactKind, t.contactColumns)
}

func (t *Tenant) getContactCmdlet(c *invocation) ([]line, error) {
	return t.pick(c, isContactKind, func(r *recipient) []column {
		return append(append(t.base(r), t.personColumns(r)...), column{"Manager", firstOrNull(t.namesOfIDs([]string{r.setting("manager")}))})
	})
}

func firstOrNull(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// newMailContact makes a contact, which Graph shows as an orgContact.
func (t *Tenant) newMailContact(c *invocation) ([]line, error) {
	external, err := externalOf(c.text("ExternalEmailAddress"))
	if err != nil {
		return nil, err
	}
	alias, err := t.aliasOf(c)
	if err != nil {
		return nil, err
	}
	o := &object{schema: t.contacts}
	display := c.text("DisplayName")
	if display == "" {
		display = c.text("Name")
	}
	o.setText("displayName", display)
	o.setText("mailNickname", alias)
	o.setText("givenName", c.text("FirstName"))
	o.setText("surname", c.text("LastName"))
	ch := &change{t: t, c: c, o: o, r: &recipient{Kind: mailContact}}
	ch.store([]string{"SMTP:" + external}, external)
	r, err := t.make(c, o, mailContact)
	if err != nil {
		return nil, err
	}
	r.External = "SMTP:" + external
	if err := t.applyNew(c, r); err != nil {
		return nil, err
	}
	return []line{{r.ID, t.contactColumns(r)}}, nil
}

func (t *Tenant) setMailContact(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isContactKind)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if t.synchronised(r) {
		return nil, outOfScope(c.name, "Identity", r)
	}
	if c.has("ExternalEmailAddress") {
		if err := ch.setExternal(); err != nil {
			return nil, err
		}
	}
	if err := ch.setCommon(); err != nil {
		return nil, err
	}
	return nil, ch.commit()
}

// removeMailContact removes a contact for good.
func (t *Tenant) removeMailContact(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isContactKind)
	if err != nil {
		return nil, err
	}
	if t.synchronised(r) {
		return nil, outOfScope(c.name, "Identity", r)
	}
	t.erase(t.index.byID[r.ID])
	return nil, nil
}
