package sandbox

import (
	"fmt"
	"strings"
)

// SyncUser puts a user into the tenant, or writes one that is there, as the synchronisation from on-premises does: what the
// service does not like it repairs, where a request would be refused. The object is found by its onPremisesImmutableId,
// which p must hold. userPrincipalName, mailNickname, mail and proxyAddresses are what on-premises says; the tenant makes
// its own values of them. Source: "Microsoft Entra UserPrincipalName population" and "How the proxyAddresses attribute is
// populated in Microsoft Entra ID" (KB 3190357).
func (t *Tenant) SyncUser(p Properties, x Extra) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	next := &object{schema: t.users}
	if err := next.seed(p); err != nil {
		return "", fmt.Errorf("synchronise user: %w", err)
	}
	key := next.text("onPremisesImmutableId")
	if key == "" {
		return "", fmt.Errorf("synchronise user: onPremisesImmutableId is missing")
	}
	licences, err := t.licences(x.Licences)
	if err != nil {
		return "", fmt.Errorf("synchronise user %s: %w", key, err)
	}
	next.mailbox = mailbox{source: next.texts("proxyAddresses"), mail: next.text("mail")}
	present := t.index.immutable[key]
	if present != nil {
		next.mailbox.moera = present.mailbox.moera
	}
	t.nameSynced(next, present)
	next.setTruth("onPremisesSyncEnabled", true)
	next.setTime("onPremisesLastSyncDateTime", t.now())
	if next.raw("displayName") == "" {
		next.setText("displayName", next.text("mailNickname"))
	}
	if next.raw("accountEnabled") == "" {
		next.setTruth("accountEnabled", true)
	}
	next.setText("userType", "Member")
	if present != nil {
		return present.id, t.resync(present, next)
	}
	next.mailbox.enabled = t.bringsMailbox(licences)
	t.calculate(next)
	if err := t.place(next, x); err != nil {
		return "", fmt.Errorf("synchronise user %s: %w", key, err)
	}
	t.relicense(next, licences)
	return next.id, nil
}

// resync takes new values of a synchronised user over; its identity and its licences stay.
func (t *Tenant) resync(o, next *object) error {
	next.id, next.deleted = o.id, o.deleted
	next.mailbox.enabled = o.mailbox.enabled
	next.setText("createdDateTime", o.text("createdDateTime"))
	t.index.forget(o)
	t.calculate(next)
	h, property := t.index.holder(next)
	t.index.file(o)
	if h != nil {
		return fmt.Errorf("synchronise user %s: %w", o.id, conflict(property, h))
	}
	t.note(o)
	t.index.forget(o)
	o.row, o.mailbox = next.row, next.mailbox
	t.index.file(o)
	return nil
}

// nameSynced gives a synchronised user its nickname and its user principal name. The nickname is the first that there is
// of mailNickname and the local parts of the primary address, mail, the user principal name and a further address. A user
// principal name whose domain is not verified, or whose form the cloud does not know, becomes the nickname at the initial
// domain.
func (t *Tenant) nameSynced(o, present *object) {
	upn := o.text("userPrincipalName")
	if o.raw("mailNickname") == "" {
		switch {
		case present != nil:
			o.setText("mailNickname", present.text("mailNickname"))
		default:
			o.setText("mailNickname", t.nicknameFrom(o, upn))
		}
	}
	_, domain, _ := strings.Cut(upn, "@")
	if !t.verified(domain) || !upnForm.MatchString(upn) {
		o.setText("userPrincipalName", o.text("mailNickname")+"@"+t.initialDomain())
	}
}

func (t *Tenant) nicknameFrom(o *object, upn string) string {
	first, other := "", ""
	for _, a := range o.mailbox.source {
		if s, ok := strings.CutPrefix(a, "SMTP:"); ok && first == "" {
			first = s
		}
		if s, ok := strings.CutPrefix(a, "smtp:"); ok && other == "" {
			other = s
		}
	}
	for _, v := range []string{first, o.mailbox.mail, upn, other} {
		if local, _, _ := strings.Cut(v, "@"); local != "" {
			return local
		}
	}
	return ""
}
