package exchange_test

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

func each(list ...plan.Change) iter.Seq2[plan.Change, error] {
	return func(yield func(plan.Change, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}

const groupAnchor, userAnchor = "5f0c8f1e-0000-4000-8000-00000000000a", "AAAAAAAAAAAAAAAAAAAAAQ=="

func TestScript(t *testing.T) {
	group := plan.Object{Anchor: groupAnchor, Kind: "group", Type: cloud.DistributionGroup, Name: "Sales\r\nRemove-Item C:\\"}
	user := plan.Object{Anchor: userAnchor, Kind: "user", Type: cloud.User, Name: "Ada"}
	room := plan.Object{Anchor: "AAAAAAAAAAAAAAAAAAAAAg==", Kind: "user", Type: cloud.RoomMailbox, Name: "Room", ID: someone}
	var b strings.Builder
	written, left, err := exchange.WriteScript(&b, "Plan x", each(
		plan.Change{ID: "g/members", Object: group, Action: plan.Members, Directory: cloud.Exchange, Facet: cloud.FacetRecipient,
			Attributes: []plan.Attribute{{Name: "members", Add: []plan.Ref{{Anchor: userAnchor, Name: "Ada"}, {ID: "exo:b0"}}}}},
		plan.Change{ID: "g/lost", Object: group, Action: plan.Members, Directory: cloud.Exchange,
			Attributes: []plan.Attribute{{Name: "owners", Add: []plan.Ref{{Anchor: "nobody", Name: "Nobody"}}}}},
		plan.Change{ID: "g/create", Object: group, Action: plan.Create, Directory: cloud.Exchange, Attributes: []plan.Attribute{
			set("displayName", cloud.Text("Sales’s; Remove-Item $env:x \u202e'\n")), set("mailNickname", cloud.Text("sales"))}},
		plan.Change{ID: "u/create", Object: user, Action: plan.Create, Directory: cloud.Entra, Attributes: []plan.Attribute{set("userPrincipalName", cloud.Text("ada@contoso.example"))}},
		plan.Change{ID: "u/hold", Object: user, Action: plan.Update, Directory: cloud.Exchange, Facet: cloud.FacetRecipient, Await: plan.AwaitMailbox,
			Attributes: []plan.Attribute{set("litigationHold", cloud.Truth(true)), set("litigationHoldDays", cloud.Number(730)), set("mailTip", cloud.Value{})}},
		plan.Change{ID: "r/book", Object: room, Action: plan.Members, Directory: cloud.Exchange, Facet: cloud.FacetBooking,
			Attributes: []plan.Attribute{{Name: "bookingDelegates", Before: cloud.Texts([]string{"one"}), Add: []plan.Ref{{ID: "two"}}}}},
		plan.Change{ID: "u/adopt", Object: room, Action: plan.Adopt, Directory: cloud.Exchange},
	))
	if err != nil {
		t.Fatal(err)
	}
	if written != 4 || left != 1 {
		t.Errorf("%d written and %d left out, want 4 and 1", written, left)
	}
	_, body, _ := strings.Cut(strings.ReplaceAll(b.String(), "\r\n", "\n"), "'Stop'\n")
	want := `
# create distributionGroup Sales  Remove-Item C:\ (g/create)
New-DistributionGroup -Name:'coexist-5f0c8f1e-0000-4000-8000-00000000000a' -Type:'Distribution' -DisplayName:('Sales’’s; Remove-Item $env:x ' + [char]0x202e + '''' + [char]0x000a + '') -Alias:'sales' -Confirm:$false

# update user Ada (u/hold)
# Waits for the mailbox: run it once Get-Mailbox finds it.
Set-Mailbox -Identity:'ada@contoso.example' -Confirm:$false -LitigationHoldEnabled:$true -LitigationHoldDuration:'730' -MailTip:$null

# members distributionGroup Sales  Remove-Item C:\ (g/members)
Add-DistributionGroupMember -Identity:'coexist-5f0c8f1e-0000-4000-8000-00000000000a' -Member:'ada@contoso.example' -BypassSecurityGroupManagerCheck:$true -Confirm:$false
Add-DistributionGroupMember -Identity:'coexist-5f0c8f1e-0000-4000-8000-00000000000a' -Member:'b0' -BypassSecurityGroupManagerCheck:$true -Confirm:$false

# members distributionGroup Sales  Remove-Item C:\ (g/lost)
# Left out: members distributionGroup coexist-5f0c8f1e-0000-4000-8000-00000000000a: Nobody has no counterpart in the cloud

# members roomMailbox Room (r/book)
Set-CalendarProcessing -Identity:'a0f9f36b-0000-4000-8000-000000000001' -Confirm:$false -ResourceDelegates:@('one', 'two')
`
	if d := cmp.Diff(want, body); d != "" {
		t.Errorf("script (-want +got):\n%s", d)
	}
}

// full fails from some byte on, as a full disk does.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestScriptThatCannotBeWrittenIsAnError(t *testing.T) {
	if _, _, err := exchange.WriteScript(&full{100}, "Plan x", each()); err == nil {
		t.Error("a script that was cut counts as written")
	}
}
