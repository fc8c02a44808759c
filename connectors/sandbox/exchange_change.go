package sandbox

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// change is what one cmdlet does to one recipient and its object: it is put together beside them and takes effect whole,
// in Exchange Online and in Entra, or not at all.
type change struct {
	t       *Tenant
	c       *invocation
	r       *recipient // as it will be
	o       *object
	was     *recipient
	present *object
}

func (t *Tenant) change(c *invocation, r *recipient) *change {
	present := t.index.byID[r.ID]
	next := *present
	next.row = present.row.clone()
	return &change{t: t, c: c, r: r.clone(), o: &next, was: r, present: present}
}

// commit writes a change to both sides. One that changes nothing is answered with a warning.
func (ch *change) commit() error {
	t := ch.t
	same := reflect.DeepEqual(ch.o.row, ch.present.row)
	if same && reflect.DeepEqual(ch.r, ch.was.clone()) {
		ch.c.warn("The command completed successfully but no settings of '%s' have been modified.", ch.was.Name)
		return nil
	}
	if !same {
		if err := ch.t.free(ch.o, ch.present); err != nil {
			return err
		}
		t.index.forget(ch.present)
		*ch.present = *ch.o
		t.index.file(ch.present)
	}
	t.exchange.forget(ch.was)
	ch.r.Changed = t.now()
	*ch.was = *ch.r
	t.exchange.file(ch.was)
	return nil
}

// free refuses an object whose names somebody else holds, in the words of Exchange Online.
func (t *Tenant) free(next, present *object) error {
	var holder *object
	var property string
	if present == nil {
		holder, property = t.index.holder(next)
	} else {
		holder, property = t.index.holderBut(next, present)
	}
	if holder == nil {
		return nil
	}
	name := holder.text("displayName")
	if r := t.exchange.live[holder.id]; r != nil {
		name = r.Name
	}
	if property != "proxyAddresses" && !(property == "userPrincipalName" && present != nil) {
		return alreadyExists(name)
	}
	clash := next.text("mail")
	for _, a := range next.texts("proxyAddresses") {
		if h := t.index.proxy[fold(a)]; h == holder {
			clash = a
			break
		}
		if _, address, _ := strings.Cut(a, ":"); t.index.upn[fold(address)] == holder {
			clash = a
			break
		}
	}
	if !strings.Contains(clash, ":") {
		clash = "SMTP:" + clash
	}
	return cmdletError("ProxyAddressExistsException", "ExB10BE9", "The proxy address \"%s\" is already being used by the proxy addresses or LegacyExchangeDN of \"%s\". Please choose another proxy address.", clash, name)
}

func alreadyExists(name string) *exchangeError {
	return cmdletError("ADObjectAlreadyExistsException", "Ex6A8F01", "Active Directory operation failed on %s. The object 'CN=%s' already exists.", exchangeServer, name)
}

func refusedAddress(address string) *exchangeError {
	return cmdletError("ParameterBindingArgumentTransformationException", "", "The address '%s' is invalid: \"%s\" isn't a valid SMTP address. The domain name can't contain spaces and it has to have a prefix and a suffix, such as example.com.", address, address)
}

func notAccepted() *exchangeError {
	return cmdletError("NotAcceptedDomainException", "Ex9C2B6D", "You can't use the domain because it's not an accepted domain for your organization.")
}

// splitAddress gives the type and the rest of a proxy address; without a type it is smtp.
func splitAddress(s string) (kind, rest string) {
	kind, rest, ok := strings.Cut(s, ":")
	if !ok {
		return "smtp", s
	}
	return kind, rest
}

func sameAddress(a, b string) bool {
	ka, ra := splitAddress(a)
	kb, rb := splitAddress(b)
	return strings.EqualFold(ka, kb) && fold(ra) == fold(rb)
}

// validAddress checks the form of an SMTP address.
func validAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(s, " \t<>()[]\",;:\\") && !strings.Contains(domain, "@") && ascii(s)
}

// setAddresses changes the list of addresses. In a whole list SMTP: stands before the primary, at most once, and without
// any the first is it; an added SMTP: takes over; the primary cannot be removed.
func (ch *change) setAddresses(l listChange) error {
	before := append(slices.Clone(ch.o.texts("proxyAddresses")), ch.r.Other...)
	primaries := 0
	for _, a := range append(slices.Clone(l.whole), l.add...) {
		if strings.HasPrefix(a, "SMTP:") {
			primaries++
		}
	}
	if primaries > 1 {
		return cmdletError("ParameterBindingException", "", "There are multiple primary SMTP addresses. Please specify only one address with the prefix SMTP:.")
	}
	for _, a := range l.remove {
		if sameAddress(a, "smtp:"+ch.o.text("mail")) && !slices.ContainsFunc(l.add, func(s string) bool { return strings.HasPrefix(s, "SMTP:") }) {
			return cmdletError("RecipientTaskException", "", "You can't remove the primary SMTP address from the list of addresses.")
		}
	}
	return ch.putAddresses(l.apply(before, sameAddress), slices.DeleteFunc(append(slices.Clone(l.whole), l.add...), func(s string) bool { return !strings.HasPrefix(s, "SMTP:") }))
}

// putAddresses checks and stores a list; promoted holds the address that becomes the primary one, if any.
func (ch *change) putAddresses(list, promoted []string) error {
	var smtp, other []string
	primary := ""
	for _, a := range list {
		kind, rest := splitAddress(a)
		switch {
		case !strings.EqualFold(kind, "smtp"):
			if strings.EqualFold(kind, "spo") || strings.EqualFold(kind, "eum") {
				other = append(other, a)
			} else {
				smtp = append(smtp, a)
			}
			continue
		case !validAddress(rest):
			return refusedAddress(rest)
		case !ch.t.mayHold(ch.r, rest):
			return notAccepted()
		}
		if kind == "SMTP" && primary == "" {
			primary = rest
		}
		smtp = append(smtp, "smtp:"+rest)
	}
	if len(promoted) > 0 {
		primary = strings.TrimPrefix(promoted[0], "SMTP:")
	}
	if primary == "" {
		for _, a := range smtp {
			if rest, ok := strings.CutPrefix(a, "smtp:"); ok {
				primary = rest
				break
			}
		}
	}
	if primary == "" {
		return cmdletError("RecipientTaskException", "", "You must specify a primary SMTP address.")
	}
	ch.r.Other = other
	ch.store(smtp, primary)
	return nil
}

// store writes addresses to the object; a later calculation starts from them.
func (ch *change) store(list []string, primary string) {
	c := addresses{}
	for _, a := range list {
		c.add(a)
	}
	c.promote(primary)
	ch.o.setTexts("proxyAddresses", c.list)
	ch.o.setText("mail", primary)
	if ch.o.isUser() {
		ch.o.mailbox.source, ch.o.mailbox.mail, ch.o.mailbox.primary = slices.Clone(c.list), "", primary
	}
}

// mayHold reports whether a recipient may have an address: mailboxes and groups only in accepted domains, mail users also
// the one outside to which they forward, contacts any.
func (t *Tenant) mayHold(r *recipient, address string) bool {
	return t.usable(address) || r.Kind == mailContact || r.isMailUser() && fold(r.External) == fold("SMTP:"+address)
}

// promote makes an address the primary one; the one before stays as a secondary one.
func (ch *change) promote(address string) error {
	address = strings.TrimPrefix(strings.TrimPrefix(address, "SMTP:"), "smtp:")
	return ch.setAddresses(listChange{add: []string{"SMTP:" + address}})
}

// onPremisesOnly are the parameters that on-premises masters on a synchronised recipient.
func onPremisesOnly(name string) bool {
	switch name {
	case "EmailAddresses", "WindowsEmailAddress", "PrimarySmtpAddress", "Alias", "DisplayName", "Name", "HiddenFromAddressListsEnabled", "GrantSendOnBehalfTo",
		"AcceptMessagesOnlyFrom", "AcceptMessagesOnlyFromDLMembers", "AcceptMessagesOnlyFromSendersOrMembers", "BypassModerationFromSendersOrMembers",
		"RejectMessagesFrom", "RejectMessagesFromDLMembers", "RejectMessagesFromSendersOrMembers", "ModeratedBy", "ModerationEnabled", "SendModerationNotifications",
		"RequireSenderAuthenticationEnabled", "MailTip", "ExternalEmailAddress", "ExchangeGuid", "ArchiveGuid", "MicrosoftOnlineServicesID", "ImmutableId", "Office", "AccountDisabled":
		return true
	}
	return strings.HasPrefix(name, "CustomAttribute") || strings.HasPrefix(name, "ExtensionCustomAttribute")
}

// unmastered refuses the first parameter that only on-premises may change.
func (t *Tenant) unmastered(c *invocation, r *recipient) error {
	if !t.mastered(r) {
		return nil
	}
	s := t.options.Exchange
	for _, name := range slices.Sorted(maps.Keys(c.given)) {
		if onPremisesOnly(name) || name == "ForwardingAddress" && !s.AllowForwardingAddress || name == "UseMapiRichTextFormat" && s.RefuseRichText {
			return outOfScope(c.name, name, r)
		}
	}
	return nil
}

// outOfScope is the refusal of a write to what on-premises masters.
func outOfScope(cmdlet, parameter string, r *recipient) *exchangeError {
	what := "mailbox"
	switch {
	case r.isList():
		what = "distribution group"
	case r.isMailUser():
		what = "mail user"
	case r.Kind == mailContact:
		what = "mail contact"
	}
	return cmdletError("InvalidOperationException", "Ex5C3F5B", "The operation on %s \"%s\" failed because it's out of the current user's write scope. The action '%s', '%s', "+
		"can't be performed on the object '%s' because the object is being synchronized from your on-premises organization. This action should be performed on the object in your on-premises organization.",
		what, r.Name, cmdlet, parameter, r.Name)
}

// setCommon applies what the Set- cmdlets of all kinds share.
func (ch *change) setCommon() error {
	c, t := ch.c, ch.t
	if err := t.unmastered(c, ch.was); err != nil {
		return err
	}
	for _, step := range []func() error{ch.setNames, ch.setMailAddresses, ch.setDelivery} {
		if err := step(); err != nil {
			return err
		}
	}
	for i := range 15 {
		if name := "CustomAttribute" + strconv.Itoa(i+1); c.has(name) {
			ch.setCustom(i, c.text(name))
		}
	}
	for i := range 5 {
		if name := "ExtensionCustomAttribute" + strconv.Itoa(i+1); c.has(name) {
			ch.setList(name, c.texts(name).apply(ch.r.references(name), sameText))
		}
	}
	if c.has("HiddenFromAddressListsEnabled") {
		if ch.o.isUser() {
			ch.o.row.set(ch.o.schema.must("showInAddressList").number, map[bool]string{true: "false"}[c.truth("HiddenFromAddressListsEnabled")])
		} else {
			ch.setTruth("HiddenFromAddressListsEnabled")
		}
	}
	for _, name := range []string{"ModerationEnabled", "RequireSenderAuthenticationEnabled"} {
		ch.setTruth(name)
	}
	for _, name := range []string{"MailTip", "MaxSendSize", "MaxReceiveSize", "SendModerationNotifications", "UseMapiRichTextFormat", "MessageFormat", "MessageBodyFormat"} {
		ch.setText(name)
	}
	return nil
}

// setText, setTruth and setNumber keep a parameter as a setting, when it is given.
func (ch *change) setText(name string) {
	if ch.c.has(name) {
		ch.put(name, ch.c.text(name))
	}
}

func (ch *change) setTruth(name string) {
	if ch.c.has(name) {
		ch.r.Settings[name] = ch.c.truth(name)
	}
}

func (ch *change) setNumber(name string) {
	if ch.c.has(name) {
		ch.r.Settings[name] = ch.c.number(name)
	}
}

func (ch *change) put(name, value string) {
	if value == "" {
		delete(ch.r.Settings, name)
		return
	}
	ch.r.Settings[name] = value
}

func (ch *change) setList(name string, value []string) {
	if len(value) == 0 {
		delete(ch.r.Settings, name)
		return
	}
	if !slices.Equal(value, ch.r.references(name)) {
		ch.r.Settings[name] = value
	}
}

// setCustom writes a custom attribute: of users it is Entra's extension attribute.
func (ch *change) setCustom(i int, value string) {
	if !ch.o.isUser() {
		ch.put("CustomAttribute"+strconv.Itoa(i+1), value)
		return
	}
	if ch.t.customOf(ch.was)[i] == value {
		return
	}
	text := "null"
	if value != "" {
		text = quote(value)
	}
	p := ch.o.schema.must("onPremisesExtensionAttributes")
	if v, ok := p.canonicalObject([]byte(fmt.Sprintf(`{"extensionAttribute%d":%s}`, i+1, text)), ch.o.row.get(p.number)); ok {
		ch.o.row.set(p.number, v)
	}
}

// setNames applies Name, DisplayName and Alias.
func (ch *change) setNames() error {
	c, t := ch.c, ch.t
	if name := c.text("Name"); c.has("Name") {
		if other := t.exchange.byName[fold(name)]; name == "" || other != nil && other != ch.was {
			return alreadyExists(name)
		}
		ch.r.Name = name
	}
	if c.has("DisplayName") {
		if c.text("DisplayName") == "" {
			return cmdletError("DataValidationException", "", "The display name can't be empty.")
		}
		ch.o.setText("displayName", c.text("DisplayName"))
	}
	if alias := c.text("Alias"); c.has("Alias") {
		if err := t.freeAlias(alias, ch.r.ID); err != nil {
			return err
		}
		ch.o.setText("mailNickname", alias)
	}
	return nil
}

// freeAlias checks the form of an alias, and that no other recipient has it.
func (t *Tenant) freeAlias(alias, id string) error {
	if !nicknameForm.MatchString(alias) || len(alias) > 64 || strings.HasPrefix(alias, ".") || strings.HasSuffix(alias, ".") || strings.Contains(alias, "..") {
		return cmdletError("DataValidationException", "", "The value '%s' isn't valid for the property Alias.", alias)
	}
	for _, r := range t.exchange.all() {
		if o := t.index.byID[r.ID]; r.ID != id && o != nil && fold(o.text("mailNickname")) == fold(alias) && !r.pending() {
			return cmdletError("RecipientTaskException", "Ex43C8B2", "The value \"%s\" of property \"Alias\" is used by another recipient object \"%s\". Please specify a unique value.", alias, r.Name)
		}
	}
	return nil
}

func (ch *change) setMailAddresses() error {
	c := ch.c
	if c.has("EmailAddresses") {
		if err := ch.setAddresses(c.texts("EmailAddresses")); err != nil {
			return err
		}
	}
	for _, name := range []string{"PrimarySmtpAddress", "WindowsEmailAddress"} {
		if c.has(name) {
			if err := ch.promote(c.text(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// setDelivery applies the parameters that name other recipients.
func (ch *change) setDelivery() error {
	c, t := ch.c, ch.t
	for _, name := range []string{"GrantSendOnBehalfTo", "ModeratedBy", "BypassModerationFromSendersOrMembers"} {
		if !c.has(name) {
			continue
		}
		keep := anyRecipient
		if name == "GrantSendOnBehalfTo" {
			keep = func(r *recipient) bool { return r.Kind != mailContact }
		}
		l, err := t.resolved(c.texts(name), keep)
		if err != nil {
			return err
		}
		ch.setList(name, l.apply(ch.r.references(name), sameText))
	}
	for _, which := range []string{"Accept", "Reject"} {
		suffix := map[string]string{"Accept": "MessagesOnlyFrom", "Reject": "MessagesFrom"}[which]
		if err := ch.setSenders(which, which+suffix); err != nil {
			return err
		}
	}
	return nil
}

// setSenders applies a list of senders: all of it, the people in it, or the groups in it.
func (ch *change) setSenders(setting, name string) error {
	t := ch.t
	for suffix, part := range map[string]func(*recipient) bool{"SendersOrMembers": anyRecipient, "DLMembers": isGroupKind, "": isNoGroup} {
		if !ch.c.has(name + suffix) {
			continue
		}
		l, err := t.resolved(ch.c.texts(name+suffix), part)
		if err != nil {
			return err
		}
		var mine, others []string
		for _, id := range ch.r.references(setting) {
			if r := t.exchange.live[id]; r != nil && part(r) {
				mine = append(mine, id)
			} else {
				others = append(others, id)
			}
		}
		ch.setList(setting, append(others, l.apply(mine, sameText)...))
	}
	return nil
}

func isGroupKind(r *recipient) bool { return r.isList() || r.Kind == groupMailbox }
func isNoGroup(r *recipient) bool   { return !isGroupKind(r) }

// make puts a new object with its recipient into the tenant. Graph shows it after EntraLag.
func (t *Tenant) make(c *invocation, o *object, kind string) (*recipient, error) {
	name := c.text("Name")
	if other := t.exchange.byName[fold(name)]; other != nil {
		return nil, alreadyExists(name)
	}
	if err := t.free(o, nil); err != nil {
		if no, ok := err.(*exchangeError); ok && no.exception == "ProxyAddressExistsException" {
			no.exception = "WLCDManagedMemberExistsException"
		}
		return nil, err
	}
	shown := t.nextLag
	t.nextLag = nil
	if o.id = t.newID(); !o.isContact() {
		o.setTime("createdDateTime", t.now())
	}
	if lagTime := t.options.Exchange.EntraLag; lagTime > 0 {
		o.hidden = &lag{until: t.now().Add(lagTime)}
	}
	t.index.add(o)
	r := t.newRecipient(o, kind, name)
	r.hidden = shown
	t.exchange.add(r)
	return r, nil
}

// aliasOf gives the alias of a new recipient: the one given, else what the name leaves, made unique.
func (t *Tenant) aliasOf(c *invocation) (string, error) {
	if alias := c.text("Alias"); alias != "" {
		return alias, t.freeAlias(alias, "")
	}
	base := nicknameOf(c.text("Name"))
	if base == "" {
		base = "user"
	}
	alias := base
	for n := uint64(0); t.freeAlias(alias, "") != nil; n++ {
		alias = fmt.Sprintf("%s%04d", base, hexDigits(t.derive("alias "+base, n)))
	}
	return alias, nil
}
