package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const exchangeServer = "DB8PR10A05DC001.EURPR10A005.PROD.OUTLOOK.COM"

func noSuchObject(identity string) *exchangeError {
	return &exchangeError{status: http.StatusNotFound, code: "NotFound", id: "Ex6F9304", exception: "ManagementObjectNotFoundException",
		text: fmt.Sprintf("The operation couldn't be performed because object '%s' couldn't be found on '%s'.", identity, exchangeServer)}
}

func ambiguous(identity string) *exchangeError {
	return cmdletError("ManagementObjectAmbiguousException", "Ex9E65A2", "The operation couldn't be performed because '%s' matches multiple entries.", identity)
}

// find resolves an identity among the recipients that a cmdlet works on: the id of the object, a GUID, an address, a user
// principal name, a name, an alias, a display name or a distinguished name.
func (t *Tenant) find(identity string, keep func(*recipient) bool) (*recipient, error) {
	found := slices.DeleteFunc(t.matches(identity), func(r *recipient) bool { return r.pending() || !keep(r) })
	switch {
	case len(found) == 0:
		return nil, noSuchObject(identity)
	case len(found) > 1:
		return nil, ambiguous(identity)
	case found[0].lagging(t):
		return nil, noSuchObject(identity)
	}
	return found[0], nil
}

func (t *Tenant) matches(identity string) []*recipient {
	e, key := t.exchange, fold(identity)
	if key == "" {
		return nil
	}
	if guidForm.MatchString(key) {
		for _, r := range []*recipient{e.live[key], e.byGUID[key]} {
			if r != nil {
				return []*recipient{r}
			}
		}
	}
	if strings.Contains(key, "@") {
		for _, o := range []*object{t.index.proxy["smtp:"+key], t.index.upn[key]} {
			if o != nil && e.live[o.id] != nil {
				return []*recipient{e.live[o.id]}
			}
		}
	}
	if r := e.byName[key]; r != nil {
		return []*recipient{r}
	}
	var out []*recipient
	for _, r := range e.all() {
		o := t.index.byID[r.ID]
		for _, s := range []string{o.text("mailNickname"), o.text("displayName"), t.distinguishedName(r), t.legacyDN(r), strings.TrimPrefix(r.External, "SMTP:")} {
			if fold(s) == key {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// lagging reports whether a new recipient is not visible yet, counting the request.
func (r *recipient) lagging(t *Tenant) bool {
	l := r.hidden
	switch {
	case l == nil:
		return false
	case l.requests > 0:
		l.requests--
		return true
	case t.now().Before(l.until):
		return true
	}
	r.hidden = nil
	return false
}

func (t *Tenant) distinguishedName(r *recipient) string {
	return "CN=" + r.Name + ",OU=" + t.initialDomain() + ",OU=Microsoft Exchange Hosted Organizations,DC=EURPR10A005,DC=PROD,DC=OUTLOOK,DC=COM"
}

func (t *Tenant) legacyDN(r *recipient) string {
	return "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + strings.ReplaceAll(r.GUID, "-", "") + "-" + r.Name
}

// namesOfIDs gives what others read back for recipients: their names.
func (t *Tenant) namesOfIDs(ids []string) []string {
	out := []string{}
	for _, id := range ids {
		if r := t.exchange.live[id]; r != nil {
			out = append(out, r.Name)
		}
	}
	return out
}

// ids resolves a list of identities to the ids of their objects.
func (t *Tenant) ids(identities []string, keep func(*recipient) bool) ([]string, error) {
	var out []string
	for _, s := range identities {
		r, err := t.find(s, keep)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, r.ID) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// resolved turns the identities of a change into ids.
func (t *Tenant) resolved(l listChange, keep func(*recipient) bool) (listChange, error) {
	out := listChange{replace: l.replace}
	var err error
	if out.whole, err = t.ids(l.whole, keep); err != nil {
		return out, err
	}
	if out.add, err = t.ids(l.add, keep); err != nil {
		return out, err
	}
	out.remove, err = t.ids(l.remove, keep)
	return out, err
}

func anyRecipient(*recipient) bool     { return true }
func isAnyMailbox(r *recipient) bool   { return r.isMailbox() }
func isMailUserKind(r *recipient) bool { return r.isMailUser() }
func isContactKind(r *recipient) bool  { return r.Kind == mailContact }
func isListKind(r *recipient) bool     { return r.isList() }
func isUnifiedKind(r *recipient) bool  { return r.Kind == groupMailbox }
func isPrincipal(r *recipient) bool {
	return r.isMailbox() || r.isMailUser() || r.Kind == securityGroup
}
func sameText(a, b string) bool { return a == b }
