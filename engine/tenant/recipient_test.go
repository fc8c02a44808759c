package tenant_test

import (
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/tenant"
)

func TestOneObjectOfTwoDirectories(t *testing.T) {
	for name, c := range map[string]struct {
		entra, exchange cloud.Type
		deleted         bool // in Entra ID
		want            cloud.Type
		recipient       bool
	}{
		"mailbox":              {cloud.User, cloud.User, false, cloud.User, true},
		"shared mailbox":       {cloud.User, cloud.SharedMailbox, false, cloud.SharedMailbox, true},
		"mail user":            {cloud.User, cloud.MailUser, false, cloud.MailUser, true},
		"guest with mail":      {cloud.Guest, cloud.MailUser, false, cloud.Guest, true},
		"room list":            {cloud.DistributionGroup, cloud.RoomList, false, cloud.RoomList, true},
		"user in the dustbin":  {cloud.User, cloud.SharedMailbox, true, cloud.User, false},
		"group of the cloud":   {cloud.Microsoft365Group, cloud.Microsoft365Group, false, cloud.Microsoft365Group, true},
		"mail-enabled group":   {cloud.MailEnabledSecurityGroup, cloud.MailEnabledSecurityGroup, false, cloud.MailEnabledSecurityGroup, true},
		"Exchange knows alone": {"", cloud.MailContact, false, cloud.MailContact, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := tenant.NewBuilder()
			x := cloud.Object{ID: "1", Type: c.exchange, Mail: "new@x.example", Recipient: &cloud.Recipient{Details: "x", DirSynced: true}}
			x.Put("hidden", cloud.Truth(true))
			b.AddRecipient(x)
			if c.entra != "" {
				e := cloud.Object{ID: "1", Type: c.entra, Deleted: c.deleted}
				e.Put("displayName", cloud.Text("Ann"))
				b.Add(e)
			}
			v, err := b.View(cloud.Tenant{})
			if err != nil {
				t.Fatal(err)
			}
			o := v.At(0)
			if v.Len() != 1 || o.Type != c.want || (o.Recipient != nil) != c.recipient || o.Get("hidden").Truth() != c.recipient || o.Synced != c.recipient {
				t.Errorf("%d objects, the first %+v", v.Len(), *o)
			}
			if c.entra != "" && o.Name() != "Ann" {
				t.Errorf("Entra's properties are lost: %v", o.Properties)
			}
		})
	}
}

func TestLostMailboxesAreFoundAndNotJoined(t *testing.T) {
	b := tenant.NewBuilder()
	b.Add(cloud.Object{ID: "1", Type: cloud.User})
	b.AddRecipient(cloud.Object{ID: "1", Type: cloud.User, Deleted: true, Mail: "Ann@x.example", Anchor: "a", Recipient: &cloud.Recipient{SoftDeleted: true, ExchangeGUID: "G"}})
	b.AddRecipient(cloud.Object{ID: "1", Type: cloud.MailUser, Recipient: &cloud.Recipient{Details: "MailUser"}})
	v, err := b.View(cloud.Tenant{})
	if err != nil {
		t.Fatal(err)
	}
	if o := v.At(0); v.Len() != 1 || o.Type != cloud.MailUser || len(v.ByPrimary("ann@x.example")) > 0 {
		t.Errorf("%d objects, the first %+v", v.Len(), *o)
	}
	for name, found := range map[string]bool{
		"id":      v.LostMailbox("1", "", "") != nil,
		"anchor":  v.LostMailbox("", "a", "") != nil,
		"guid":    v.LostMailbox("", "", "g") != nil,
		"address": v.LostMailbox("", "", "", "", "ANN@x.example") != nil,
		"nothing": v.LostMailbox("", "", "") == nil,
		"others":  v.LostMailbox("2", "b", "h", "bob@x.example") == nil,
	} {
		if !found {
			t.Errorf("by %s: not as it should be", name)
		}
	}
}
