package sandbox

import (
	"bytes"
	"testing"
	"time"
)

func TestOnPremisesMastersWhatItSynchronised(t *testing.T) {
	cases := map[string]struct {
		given   parameters
		refused bool
		options Exchange
	}{
		"addresses":             {parameters{"EmailAddresses": []string{"SMTP:x@contoso.example"}}, true, Exchange{}},
		"alias":                 {parameters{"Alias": "x"}, true, Exchange{}},
		"hiding":                {parameters{"HiddenFromAddressListsEnabled": true}, true, Exchange{}},
		"custom attributes":     {parameters{"CustomAttribute1": "x"}, true, Exchange{}},
		"send on behalf":        {parameters{"GrantSendOnBehalfTo": []string{}}, true, Exchange{}},
		"moderation":            {parameters{"ModerationEnabled": true}, true, Exchange{}},
		"forwarding address":    {parameters{"ForwardingAddress": nil}, true, Exchange{}},
		"forwarding, switched":  {parameters{"ForwardingAddress": nil}, false, Exchange{AllowForwardingAddress: true}},
		"forwarding by address": {parameters{"ForwardingSmtpAddress": "x@fabrikam.example"}, false, Exchange{}},
		"hold":                  {parameters{"LitigationHoldEnabled": true}, false, Exchange{}},
		"quota":                 {parameters{"IssueWarningQuota": "1GB"}, false, Exchange{}},
		"type":                  {parameters{"Type": "Shared"}, false, Exchange{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, Options{Synced: true, Exchange: c.options})
			id := p.user("anna", Properties{"usageLocation": "DE", "onPremisesSyncEnabled": true}, Extra{Licences: []Licence{{SKU: "EXCHANGEENTERPRISE"}}})
			p.advance(5 * time.Minute)
			c.given["Identity"] = id
			if !c.refused {
				p.ok("Set-Mailbox", c.given)
				return
			}
			p.fails(400, "InvalidOperationException", "Set-Mailbox", c.given)
			p.ok("Set-Mailbox", parameters{"Identity": id, "IsExchangeCloudManaged": true})
			p.ok("Set-Mailbox", c.given)
		})
	}
}

func TestIsExchangeCloudManagedStandsAlone(t *testing.T) {
	p := newPost(t, Options{Synced: true})
	id := p.user("anna", Properties{"usageLocation": "DE", "onPremisesSyncEnabled": true}, Extra{Licences: []Licence{{SKU: "EXCHANGEENTERPRISE"}}})
	p.advance(5 * time.Minute)
	p.fails(400, "ParameterBindingException", "Set-Mailbox", parameters{"Identity": id, "IsExchangeCloudManaged": true, "Alias": "x"})
	p.ok("Set-Mailbox", parameters{"Identity": id, "IsExchangeCloudManaged": true, "Confirm": false})
}

func TestSynchronisedGroupsAreRefusedWhole(t *testing.T) {
	p := newPost(t, Options{Synced: true})
	id := p.group("Sales", Properties{"mailEnabled": true, "securityEnabled": false, "onPremisesSyncEnabled": true, "mail": "sales@contoso.example",
		"proxyAddresses": []string{"SMTP:sales@contoso.example"}}, Extra{})
	p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "c@out.example"})
	for name, given := range map[string]parameters{"Set-DistributionGroup": {"MailTip": "x"}, "Add-DistributionGroupMember": {"Member": "Carl"}, "Remove-DistributionGroup": {}} {
		given["Identity"], given["BypassSecurityGroupManagerCheck"] = id, true
		p.fails(400, "InvalidOperationException", name, given)
	}
}

func TestPermissionsListInheritedDenyAndSelfRows(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	give := parameters{"Identity": "Info", "User": id, "AccessRights": []string{"FullAccess"}}
	same(t, "given", 0, len(p.warned("Add-MailboxPermission", give)))
	same(t, "given again is a warning", 1, len(p.warned("Add-MailboxPermission", give)))
	rows := p.call("Get-MailboxPermission", parameters{"Identity": "Info"}).values()
	var plain []any
	inherited, denied := 0, 0
	for _, r := range rows {
		switch {
		case r["Deny"] == true:
			denied++
		case r["IsInherited"] == true:
			inherited++
		default:
			plain = append(plain, r["User"])
		}
	}
	same(t, "rows", []any{2, 1, []any{`NT AUTHORITY\SELF`, "anna@contoso.example"}}, []any{inherited, denied, plain})
	same(t, "taken", 0, len(p.warned("Remove-MailboxPermission", give)))
	same(t, "taken again is a warning", 1, len(p.warned("Remove-MailboxPermission", give)))
}

func TestPermissionsGoToSecurityPrincipals(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("New-DistributionGroup", parameters{"Name": "List"})
	p.ok("New-DistributionGroup", parameters{"Name": "Guard", "Type": "Security"})
	p.fails(400, "RecipientTaskException", "Add-MailboxPermission", parameters{"Identity": "Info", "User": "List", "AccessRights": []string{"FullAccess"}})
	p.ok("Add-MailboxPermission", parameters{"Identity": "Info", "User": "Guard", "AccessRights": []string{"FullAccess"}})
	p.ok("Add-RecipientPermission", parameters{"Identity": "List", "Trustee": "Guard", "AccessRights": []string{"SendAs"}})
	same(t, "trustees", []any{`NT AUTHORITY\SELF`, "Guard"}, p.call("Get-RecipientPermission", parameters{"Identity": "List"}).column("Trustee"))
}

func TestGroupsAskForTheirManager(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-DistributionGroup", parameters{"Name": "List"})
	p.fails(400, "OperationRequiresGroupManagerException", "Set-DistributionGroup", parameters{"Identity": "List", "MailTip": "x"})
	p.ok("Set-DistributionGroup", parameters{"Identity": "List", "MailTip": "x", "BypassSecurityGroupManagerCheck": true})
}

func TestGroupsOfEveryKind(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "R1", "Room": true})
	p.fails(400, "RecipientTaskException", "New-DistributionGroup", parameters{"Name": "S", "Type": "Security", "MemberJoinRestriction": "Open"})
	p.ok("New-DistributionGroup", parameters{"Name": "S", "Type": "Security"})
	p.ok("New-DistributionGroup", parameters{"Name": "D"})
	p.fails(400, "RecipientTaskException", "New-DistributionGroup", parameters{"Name": "Rooms", "RoomList": true, "Members": []string{"D"}})
	p.ok("New-DistributionGroup", parameters{"Name": "Rooms", "RoomList": true, "Members": []string{"R1"}})
	for name, kind := range map[string]string{"S": "MailUniversalSecurityGroup", "D": "MailUniversalDistributionGroup", "Rooms": "RoomList"} {
		same(t, name, map[string]any{"RecipientTypeDetails": kind, "RequireSenderAuthenticationEnabled": true}, p.get("Get-DistributionGroup", name, "RecipientTypeDetails", "RequireSenderAuthenticationEnabled"))
	}
	p.fails(400, "ParameterBindingException", "Set-DistributionGroup", parameters{"Identity": "D", "Type": "Security"})
}

func TestMembersGoOneByOne(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-DistributionGroup", parameters{"Name": "D"})
	p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "c@out.example"})
	p.group("Team", unifiedGroup(), Extra{})
	plain := p.user("plain", nil, Extra{})
	member := func(who string) parameters {
		return parameters{"Identity": "D", "Member": who, "BypassSecurityGroupManagerCheck": true}
	}
	p.ok("Add-DistributionGroupMember", member("Carl"))
	p.fails(400, "MemberAlreadyExistsException", "Add-DistributionGroupMember", member("Carl"))
	p.fails(400, "RecipientTaskException", "Add-DistributionGroupMember", member("Team"))
	p.fails(404, "ManagementObjectNotFoundException", "Add-DistributionGroupMember", member(plain))
	p.ok("Remove-DistributionGroupMember", member("Carl"))
	p.fails(404, "MemberNotFoundException", "Remove-DistributionGroupMember", member("Carl"))
	p.ok("Update-DistributionGroupMember", parameters{"Identity": "D", "Members": []string{"Carl"}, "BypassSecurityGroupManagerCheck": true})
	same(t, "members", []any{"Carl"}, p.call("Get-DistributionGroupMember", parameters{"Identity": "D"}).column("Name"))
	p.ok("Remove-MailContact", parameters{"Identity": "Carl"})
	same(t, "members without the contact", 0, len(p.call("Get-DistributionGroupMember", parameters{"Identity": "D"}).values()))
}

func TestSendersAreReadBackByName(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("New-DistributionGroup", parameters{"Name": "List"})
	id := p.mailbox("anna", "EXCHANGESTANDARD")
	p.ok("Set-Mailbox", parameters{"Identity": "Info", "AcceptMessagesOnlyFromSendersOrMembers": []string{id, "List"}, "GrantSendOnBehalfTo": []string{id}, "MailTip": "Hello"})
	same(t, "senders", map[string]any{"AcceptMessagesOnlyFrom": []any{"anna"}, "AcceptMessagesOnlyFromDLMembers": []any{"List"}, "GrantSendOnBehalfTo": []any{"anna"},
		"MailTip": "<html>\r\n<body>\r\nHello\r\n</body>\r\n</html>\r\n"}, p.get("Get-Mailbox", "Info", "AcceptMessagesOnlyFrom", "AcceptMessagesOnlyFromDLMembers", "GrantSendOnBehalfTo", "MailTip"))
}

func TestRoomsBookByThemselves(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "R1", "Room": true, "ResourceCapacity": 8})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("Set-CalendarProcessing", parameters{"Identity": "R1", "BookingWindowInDays": 30, "AllowConflicts": true, "ResourceDelegates": []string{"Info"}})
	same(t, "booking", map[string]any{"AutomateProcessing": "AutoAccept", "BookingWindowInDays": 30.0, "MaximumDurationInMinutes": 1440.0, "AllowConflicts": true, "ResourceDelegates": []any{"Info"}},
		p.get("Get-CalendarProcessing", "R1", "AutomateProcessing", "BookingWindowInDays", "MaximumDurationInMinutes", "AllowConflicts", "ResourceDelegates"))
	same(t, "capacity", 8.0, p.get("Get-Mailbox", "R1", "ResourceCapacity")["ResourceCapacity"])
}

func TestProtocolsAreOnUnlessSet(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("Set-CASMailbox", parameters{"Identity": "Info", "PopEnabled": false, "SmtpClientAuthenticationDisabled": true})
	same(t, "protocols", map[string]any{"PopEnabled": false, "ImapEnabled": true, "SmtpClientAuthenticationDisabled": true}, p.get("Get-CASMailbox", "Info", "PopEnabled", "ImapEnabled", "SmtpClientAuthenticationDisabled"))
}

func TestFiltersOfOPATH(t *testing.T) {
	p := newPost(t, Options{})
	for _, n := range []string{"anna", "bert", "anton"} {
		p.ok("New-MailContact", parameters{"Name": n, "ExternalEmailAddress": n + "@out.example"})
	}
	for filter, n := range map[string]int{"Name -like 'an*'": 2, "Name -eq 'bert'": 1, "Name -eq 'bert' -or Alias -eq 'anna'": 2, "Name -like 'an*' -and Alias -ne 'anna'": 1, "IsDirSynced -eq $false": 3} {
		same(t, filter, n, len(p.call("Get-Recipient", parameters{"Filter": filter}).values()))
	}
}

func TestASavedTenantKeepsExchange(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.ok("Set-Mailbox", parameters{"Identity": id, "LitigationHoldEnabled": true})
	p.ok("New-DistributionGroup", parameters{"Name": "D", "Members": []string{"anna"}, "ManagedBy": []string{"anna"}})
	p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "c@out.example"})
	var first bytes.Buffer
	if err := p.tenant.SaveState(&first); err != nil {
		t.Fatal(err)
	}
	before := []string{p.call("Get-Recipient", nil).raw, p.call("Get-Mailbox", nil).raw, p.call("Get-DistributionGroup", nil).raw}
	q := newPost(t, Options{Seed: 7})
	if err := q.tenant.LoadState(bytes.NewReader(first.Bytes())); err != nil {
		t.Fatal(err)
	}
	q.renew()
	q.sign(q.tenant.Apps()[0].ID)
	same(t, "what it shows", before, []string{q.call("Get-Recipient", nil).raw, q.call("Get-Mailbox", nil).raw, q.call("Get-DistributionGroup", nil).raw})
	var a, b bytes.Buffer
	if err := p.tenant.SaveState(&a); err != nil {
		t.Fatal(err)
	}
	if err := q.tenant.SaveState(&b); err != nil {
		t.Fatal(err)
	}
	same(t, "saved again", a.String(), b.String())
}
