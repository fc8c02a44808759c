package cloud_test

import (
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
		"sendAs":              {true, true, true, false},
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
