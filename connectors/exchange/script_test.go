package exchange_test

import (
	"encoding/base64"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// TestScriptOfHostileNamesIsWhatItSays has PowerShell's own parser read a script in which every text tries to break out: no
// error, no command but the cmdlets written, and every name one literal with the text that it had.
func TestScriptOfHostileNamesIsWhatItSays(t *testing.T) {
	pwsh, err := exec.LookPath("pwsh")
	if err != nil {
		t.Skip("no pwsh")
	}
	hostile := []string{"'; Remove-Item C:\\ #", "\u2018; Stop-Computer; \u2019", "\u201a\u201b'", "$(Stop-Computer)", "`; Stop-Computer", "a\r\nStop-Computer", "\u2028Stop-Computer",
		"\u0085Stop-Computer", "#>; Stop-Computer <#", "-WhatIf:$false", "@{a=1}", "\u201d; Stop-Computer; \u201c", "\x00\x1b[2J", "\U000e0001 tag", "\u202egpj.exe", "--%", "&{Stop-Computer}", "", "'"}
	var changes []plan.Change
	for i, h := range hostile {
		o := plan.Object{Anchor: groupAnchor, Kind: "group", Type: cloud.DistributionGroup, Name: h, ID: "exo:b0"}
		changes = append(changes, plan.Change{ID: "c" + strconv.Itoa(i) + h, Object: o, Action: plan.Update, Directory: cloud.Exchange, Facet: cloud.FacetRecipient,
			Attributes: []plan.Attribute{set("addresses", cloud.Texts([]string{"X500:" + h})), set("displayName", cloud.Text("x"+h))}})
	}
	var b strings.Builder
	if written, left, err := exchange.WriteScript(&b, hostile[5], each(changes...)); err != nil || written != len(hostile) || left != 0 {
		t.Fatalf("%d written, %d left out, %v", written, left, err)
	}
	dir := t.TempDir()
	script, probe := filepath.Join(dir, "plan.ps1"), filepath.Join(dir, "probe.ps1")
	const read = `param($Path)
$tokens = $null; $errors = $null
$ast = [System.Management.Automation.Language.Parser]::ParseFile($Path, [ref]$tokens, [ref]$errors)
foreach ($e in $errors) { if ($e.ErrorId -ne 'ModuleNotFound') { "error $($e.Message)" } }
foreach ($c in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) { "command $($c.GetCommandName())" }
foreach ($x in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.ExpandableStringExpressionAst] -or $args[0] -is [System.Management.Automation.Language.SubExpressionAst] -or $args[0] -is [System.Management.Automation.Language.ScriptBlockExpressionAst] }, $true)) { "code $x" }
foreach ($p in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandParameterAst] -and $args[0].ParameterName -eq 'DisplayName' }, $true)) {
  $v = & ([scriptblock]::Create($p.Argument.Extent.Text))
  'name ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($v))
}
`
	for name, text := range map[string]string{script: "\ufeff" + b.String(), probe: read} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), pwsh, "-NoProfile", "-NonInteractive", "-File", probe, script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var want []string
	for range hostile {
		want = append(want, "command Set-DistributionGroup")
	}
	for _, h := range hostile {
		want = append(want, "name "+base64.StdEncoding.EncodeToString([]byte("x"+h)))
	}
	if d := cmp.Diff(want, strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(out)), "\r", "")), cmp.Transformer("lines", func(l []string) string { return strings.Join(l, " ") })); d != "" {
		t.Errorf("what the parser reads (-want +got):\n%s", d)
	}
}
