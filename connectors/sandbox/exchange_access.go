package sandbox

import (
	"slices"
	"strings"
)

// accessRights are the rights of Add-MailboxPermission.
var accessRights = []string{"ChangeOwner", "ChangePermission", "DeleteItem", "ExternalAccount", "FullAccess", "ReadPermission"}

// holderText is how a permission names who holds it: users by their principal name, groups by their name.
func (t *Tenant) holderText(id string) (string, bool) {
	r := t.exchange.live[id]
	switch {
	case r == nil:
		return "", false
	case r.isList():
		return r.Name, true
	}
	return t.called(r).UPN, true
}

func accessRow(identity, user string, rights []string, inherited, deny bool) []column {
	return []column{{"Identity", identity}, {"User", user}, {"AccessRights", rights}, {"IsInherited", inherited}, {"Deny", deny}, {"InheritanceType", "All"}, {"IsValid", true}}
}

// getAccess shows a mailbox's permissions: those that were given, SELF's own, and the inherited ones of the service, a
// denying one among them. AutoMapping cannot be read.
func (t *Tenant) getAccess(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), func(r *recipient) bool { return r.isMailbox() || r.Kind == groupMailbox })
	if err != nil {
		return nil, err
	}
	if c.truth("Owner") {
		return nil, notModelled("Get-MailboxPermission -Owner")
	}
	rows := [][]column{
		accessRow(r.Name, `NT AUTHORITY\SELF`, []string{"FullAccess", "ReadPermission"}, false, false)}
	for _, a := range r.Access {
		if user, ok := t.holderText(a.User); ok {
			rows = append(rows, accessRow(r.Name, user, a.Rights, false, a.Deny))
		}
	}
	rows = append(rows, accessRow(r.Name, `EURPR10A005\Domain Admins`, []string{"FullAccess"}, true, true),
		accessRow(r.Name, `EURPR10A005\Organization Management`, []string{"FullAccess", "DeleteItem", "ReadPermission", "ChangePermission", "ChangeOwner"}, true, false),
		accessRow(r.Name, `NT AUTHORITY\SYSTEM`, []string{"FullAccess"}, true, false))
	if c.has("User") {
		who, err := t.find(c.text("User"), isPrincipal)
		if err != nil {
			return nil, err
		}
		name, _ := t.holderText(who.ID)
		rows = slices.DeleteFunc(rows, func(row []column) bool { return row[1].value != name })
	}
	return numbered(rows), nil
}

// numbered keeps rows in the order given.
func numbered(rows [][]column) []line {
	var out []line
	for i, row := range rows {
		out = append(out, line{string(rune('!'+i/1000)) + string([]byte{byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)}), row})
	}
	return out
}

func (c *invocation) rights(known []string) ([]string, error) {
	var out []string
	for _, v := range c.texts("AccessRights").whole {
		for s := range strings.SplitSeq(v, ",") {
			i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(s)) })
			if i < 0 {
				return nil, cmdletError("ParameterBindingArgumentTransformationException", "", "Cannot process argument transformation on parameter 'AccessRights'. Cannot convert value \"%s\" to the type that it takes.", s)
			}
			out = append(out, known[i])
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// principal finds who is to hold a permission: a user that can sign in, or a mail-enabled security group.
func (t *Tenant) principal(identity string) (*recipient, error) {
	r, err := t.find(identity, anyRecipient)
	if err != nil {
		return nil, err
	}
	if !isPrincipal(r) {
		return nil, cmdletError("RecipientTaskException", "ExC5B0D1", "User or group \"%s\" isn't a security principal and can't be granted permissions.", identity)
	}
	return r, nil
}

func (t *Tenant) addAccess(c *invocation) ([]line, error) {
	r, who, rights, err := t.accessOf(c, accessRights)
	if err != nil {
		return nil, err
	}
	deny := c.truth("Deny")
	user, _ := t.holderText(who.ID)
	row := func() []line { return []line{{r.ID, accessRow(r.Name, user, rights, false, deny)}} }
	i := slices.IndexFunc(r.Access, func(a access) bool { return a.User == who.ID && a.Deny == deny })
	switch {
	case i < 0:
		auto := !deny && (!c.has("AutoMapping") || c.truth("AutoMapping")) && slices.Contains(rights, "FullAccess") && !who.isList()
		r.Access = append(r.Access, access{who.ID, rights, auto, deny})
		return row(), nil
	case !slices.ContainsFunc(rights, func(s string) bool { return !slices.Contains(r.Access[i].Rights, s) }):
		c.warn("The appropriate access control entry is already present on the object \"%s\" for account \"%s\".", t.distinguishedName(r), user)
		return nil, nil
	}
	all := append(slices.Clone(r.Access[i].Rights), rights...)
	slices.Sort(all)
	r.Access[i].Rights = slices.Compact(all)
	return row(), nil
}

func (t *Tenant) accessOf(c *invocation, known []string) (r, who *recipient, rights []string, err error) {
	if r, err = t.find(c.text("Identity"), func(r *recipient) bool { return r.isMailbox() || r.Kind == groupMailbox }); err != nil {
		return
	}
	if rights, err = c.rights(known); err != nil {
		return
	}
	who, err = t.principal(c.text("User"))
	return
}

func (t *Tenant) removeAccess(c *invocation) ([]line, error) {
	r, who, rights, err := t.accessOf(c, accessRights)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(r.Access, func(a access) bool { return a.User == who.ID && a.Deny == c.truth("Deny") })
	if i < 0 || !slices.ContainsFunc(rights, func(s string) bool { return slices.Contains(r.Access[i].Rights, s) }) {
		user, _ := t.holderText(who.ID)
		c.warn("Can't remove the access control entry on the object \"%s\" for account \"%s\" because the ACE doesn't exist on the object.", t.distinguishedName(r), user)
		return nil, nil
	}
	left := slices.DeleteFunc(slices.Clone(r.Access[i].Rights), func(s string) bool { return slices.Contains(rights, s) })
	if len(left) == 0 {
		r.Access = slices.Delete(slices.Clone(r.Access), i, i+1)
	} else {
		r.Access[i].Rights = left
	}
	return nil, nil
}

func sendAsRow(identity, trustee string, inherited bool) []column {
	return []column{{"Identity", identity}, {"Trustee", trustee}, {"AccessControlType", "Allow"}, {"AccessRights", []string{"SendAs"}}, {"IsInherited", inherited}, {"InheritanceType", "None"}}
}

func (t *Tenant) sendAsRows(r *recipient) [][]column {
	rows := [][]column{sendAsRow(r.Name, `NT AUTHORITY\SELF`, true)}
	for _, id := range r.SendAs {
		if user, ok := t.holderText(id); ok {
			rows = append(rows, sendAsRow(r.Name, user, false))
		}
	}
	return rows
}

// getSendAs shows who may send as a recipient, or as any.
func (t *Tenant) getSendAs(c *invocation) ([]line, error) {
	var rows [][]column
	if c.has("Identity") {
		r, err := t.find(c.text("Identity"), anyRecipient)
		if err != nil {
			return nil, err
		}
		rows = t.sendAsRows(r)
	} else {
		for _, r := range t.exchange.all() {
			if !r.pending() {
				rows = append(rows, t.sendAsRows(r)...)
			}
		}
	}
	if c.has("Trustee") {
		who, err := t.principal(c.text("Trustee"))
		if err != nil {
			return nil, err
		}
		name, _ := t.holderText(who.ID)
		rows = slices.DeleteFunc(rows, func(row []column) bool { return row[1].value != name })
	}
	return numbered(rows), nil
}

func (t *Tenant) sendAsOf(c *invocation) (r, who *recipient, err error) {
	if r, err = t.find(c.text("Identity"), anyRecipient); err != nil {
		return
	}
	if _, err = c.rights([]string{"SendAs"}); err != nil {
		return
	}
	who, err = t.principal(c.text("Trustee"))
	return
}

func (t *Tenant) addSendAs(c *invocation) ([]line, error) {
	r, who, err := t.sendAsOf(c)
	if err != nil {
		return nil, err
	}
	user, _ := t.holderText(who.ID)
	if slices.Contains(r.SendAs, who.ID) {
		c.warn("The appropriate access control entry is already present on the object \"%s\" for account \"%s\".", t.distinguishedName(r), user)
		return nil, nil
	}
	r.SendAs = append(r.SendAs, who.ID)
	return []line{{r.ID, sendAsRow(r.Name, user, false)}}, nil
}

func (t *Tenant) removeSendAs(c *invocation) ([]line, error) {
	r, who, err := t.sendAsOf(c)
	if err != nil {
		return nil, err
	}
	i := slices.Index(r.SendAs, who.ID)
	if i < 0 {
		user, _ := t.holderText(who.ID)
		c.warn("Can't remove the access control entry on the object \"%s\" for account \"%s\" because the ACE doesn't exist on the object.", t.distinguishedName(r), user)
		return nil, nil
	}
	r.SendAs = slices.Delete(slices.Clone(r.SendAs), i, i+1)
	return nil, nil
}
