package cloud_test

import (
	"fmt"
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
)

func TestMasteredBy(t *testing.T) {
	for name, c := range map[string]struct {
		property  string
		on        cloud.Type
		directory cloud.Directory
		facet     cloud.Facet
	}{
		"a user's name":             {"displayName", cloud.User, cloud.Entra, ""},
		"a shared mailbox's name":   {"displayName", cloud.SharedMailbox, cloud.Entra, ""},
		"a mail user's custom text": {"extensionAttribute1", cloud.MailUser, cloud.Entra, ""},
		"a contact's name":          {"displayName", cloud.MailContact, cloud.Exchange, cloud.FacetRecipient},
		"a contact's phone":         {"mobilePhone", cloud.MailContact, cloud.Exchange, cloud.FacetPerson},
		"a contact's manager":       {"manager", cloud.MailContact, cloud.Exchange, cloud.FacetPerson},
		"a list's members":          {"members", cloud.DistributionGroup, cloud.Exchange, cloud.FacetRecipient},
		"a security group's":        {"members", cloud.SecurityGroup, cloud.Entra, ""},
		"a mailbox's protocols":     {"pop", cloud.User, cloud.Exchange, cloud.FacetProtocols},
	} {
		if d, f := cloud.Row(c.property).MasteredBy(c.on); d != c.directory || f != c.facet || !cloud.Row(c.property).On(c.on) {
			t.Errorf("%s: %s %q, on it: %v", name, d, f, cloud.Row(c.property).On(c.on))
		}
	}
}

func TestSettable(t *testing.T) {
	plain := &cloud.Object{Type: cloud.User}
	synced := &cloud.Object{Type: cloud.User, Synced: true, Recipient: &cloud.Recipient{Details: "UserMailbox", DirSynced: true}}
	managed := &cloud.Object{Type: cloud.User, Synced: true, Recipient: &cloud.Recipient{Details: "UserMailbox", DirSynced: true, CloudManaged: true}}
	contact := &cloud.Object{Type: cloud.MailContact, Synced: true, Recipient: &cloud.Recipient{Details: "MailContact", DirSynced: true}}
	for name, want := range map[string][4]bool{ // plain, synced, managed, contact
		"hidden":              {true, false, true, false},
		"addresses":           {true, false, true, false},
		"forwardTo":           {true, false, true, false},
		"forwardAddress":      {true, true, true, false},
		"litigationHold":      {true, true, true, false},
		"pop":                 {true, true, true, false},
		"fullAccess":          {true, true, true, false},
		"sendAs":              {true, true, true, true},
		"sendOnBehalf":        {true, false, true, false},
		"usageLocation":       {true, true, true, false},
		"jobTitle":            {true, false, false, false},
		"extensionAttribute3": {true, false, true, false},
	} {
		for i, o := range []*cloud.Object{plain, synced, managed, contact} {
			if got := cloud.Row(name).Settable(o); got != want[i] {
				t.Errorf("%s of object %d: %v", name, i, got)
			}
		}
	}
	if d, f := cloud.Row("extensionAttribute3").MasteredOn(managed); d != cloud.Exchange || f != cloud.FacetRecipient {
		t.Errorf("custom attributes of a mailbox that the cloud manages: %s %s", d, f)
	}
}

func TestCanonicalMailKeys(t *testing.T) {
	for name, c := range map[string]struct{ property, value, want string }{
		"address with prefix":        {"primaryAddress", "SMTP:ann@x.example", "ann@x.example"},
		"address without":            {"externalAddress", " ann@x.example ", "ann@x.example"},
		"no address":                 {"primaryAddress", "ann", ""},
		"address with a blank":       {"forwardAddress", "a nn@x.example", ""},
		"further address":            {"addresses", "ann@x.example", "smtp:ann@x.example"},
		"further address in capital": {"addresses", "SMTP:ann@x.example", "smtp:ann@x.example"},
		"x500 stays":                 {"addresses", "X500:/o=a b", "X500:/o=a b"},
		"prefix without address":     {"addresses", "smtp:", ""},
		"guid":                       {"exchangeGuid", "{04030201-0605-0807-090A-0B0C0D0E0F10}", "04030201-0605-0807-090a-0b0c0d0e0f10"},
		"no guid":                    {"exchangeGuid", "x", ""},
		"alias with a blank":         {"alias", "a b", ""},
	} {
		p := cloud.Row(c.property)
		v := cloud.Text(c.value)
		if p.Kind == cloud.TextsKind {
			v = cloud.Texts([]string{c.value})
		}
		got, err := p.Canonical(v)
		text := got.Text()
		if l := got.Texts(); len(l) > 0 {
			text = l[0]
		}
		if (err != nil) != (c.want == "") || text != c.want && err == nil {
			t.Errorf("%s: %q, %v; want %q", name, text, err, c.want)
		}
	}
	if _, err := cloud.Row("quotaSendMB").Canonical(cloud.Number(-1)); err == nil {
		t.Error("a size below 0 passes")
	}
}

// TestWhatExchangeRefusesOnSynchronisedObjects is the table of refusals, a property in every row: what the cmdlets of Exchange
// Online refuse while IsDirSynced and not IsExchangeCloudManaged, and what they let be set. Uncertain ones are refused
// (ForwardingAddress, MailTip) or tried (archive, UseMapiRichTextFormat).
func TestWhatExchangeRefusesOnSynchronisedObjects(t *testing.T) {
	allowed := map[string]bool{
		"litigationHold": true, "litigationHoldDays": true, "retentionPolicy": true, "quotaWarnMB": true, "quotaSendMB": true, "quotaSendReceiveMB": true,
		"maxSendMB": true, "maxReceiveMB": true, "forwardAddress": true, "forwardKeepCopy": true, "archive": true, "autoExpandingArchive": true,
		"pop": true, "imap": true, "mapi": true, "owa": true, "activeSync": true, "smtpAuth": true, "fullAccess": true, "fullAccessNoAutomap": true,
		"sendAs": true, "capacity": true, "autoAccept": true, "allowConflicts": true, "bookingWindowDays": true, "maxDurationMinutes": true,
		"bookingDelegates": true, "richText": true,
		// EmailAddresses, Alias, DisplayName, HiddenFromAddressListsEnabled, MailTip, GrantSendOnBehalfTo, ForwardingAddress, who may
		// send to it and its moderation
		"primaryAddress": false, "addresses": false, "externalAddress": false, "alias": false, "displayName": false, "mailNickname": false, "hidden": false,
		"mailTip": false, "sendOnBehalf": false, "forwardTo": false, "acceptFrom": false, "rejectFrom": false, "moderators": false, "moderated": false,
		"requireSenderAuth": false, "exchangeGuid": false,
	}
	for i := 1; i <= 15; i++ {
		allowed[fmt.Sprintf("extensionAttribute%d", i)] = false
	}
	synced := func(t cloud.Type) *cloud.Object {
		return &cloud.Object{Type: t, Synced: true, Recipient: &cloud.Recipient{Details: string(t), DirSynced: true}}
	}
	for _, p := range cloud.Properties() {
		want, listed := allowed[p.Name]
		if !listed && p.Directory == cloud.Exchange {
			t.Errorf("%s is in no row", p.Name)
		}
		for _, kind := range cloud.Types() {
			switch {
			case !p.On(kind) || !listed:
			case kind.MasteredWhole(): // every Set-, Add-, Remove- and Update-DistributionGroup and -MailContact, but for Add-RecipientPermission
				if got := p.Settable(synced(kind)); got != (p.Name == "sendAs") {
					t.Errorf("%s of a synchronised %s may be set: %v", p.Name, kind, got)
				}
			default:
				if got := p.Settable(synced(kind)); got != want {
					t.Errorf("%s of a synchronised %s may be set: %v", p.Name, kind, got)
				}
			}
			o := synced(kind)
			o.Recipient.CloudManaged = true
			if d, _ := p.MasteredOn(o); listed && p.On(kind) && kind.IsUser() && d == cloud.Exchange && !p.Settable(o) {
				t.Errorf("%s of a %s whose mail properties the cloud manages may not be set", p.Name, kind)
			}
		}
	}
}
