package sandbox

import (
	"strings"
	"testing"
	"time"
)

func TestALicenceBringsAMailboxAfterALag(t *testing.T) {
	p := newPost(t, Options{Exchange: Exchange{MailboxLag: 10 * time.Minute}})
	id := p.user("anna", Properties{"usageLocation": "DE"}, Extra{})
	p.license(id, `{"skuId":"`+planTwo+`"}`, "")
	p.fails(404, "ManagementObjectNotFoundException", "Get-Mailbox", parameters{"Identity": id})
	p.fails(404, "ManagementObjectNotFoundException", "Set-CASMailbox", parameters{"Identity": id, "PopEnabled": false})
	p.advance(9 * time.Minute)
	p.fails(404, "ManagementObjectNotFoundException", "Get-Mailbox", parameters{"Identity": id})
	p.advance(time.Minute)
	same(t, "mailbox", map[string]any{"RecipientTypeDetails": "UserMailbox", "SKUAssigned": true, "ExternalDirectoryObjectId": id, "UsageLocation": "Germany"},
		p.get("Get-Mailbox", id, "RecipientTypeDetails", "SKUAssigned", "ExternalDirectoryObjectId", "UsageLocation"))
}

func TestWithoutALicenceThereIsNoRecipient(t *testing.T) {
	p := newPost(t, Options{})
	id := p.user("anna", nil, Extra{})
	p.fails(404, "ManagementObjectNotFoundException", "Get-Recipient", parameters{"Identity": id})
	same(t, "user", map[string]any{"RecipientTypeDetails": "User"}, p.get("Get-User", id, "RecipientTypeDetails"))
}

func TestALostLicenceDisconnectsTheMailboxForThirtyDays(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	guid := p.get("Get-Mailbox", id, "ExchangeGuid")
	p.license(id, "", `"`+planTwo+`"`)
	p.fails(404, "ManagementObjectNotFoundException", "Get-Mailbox", parameters{"Identity": id})
	gone := p.ok("Get-Mailbox", parameters{"SoftDeletedMailbox": true})
	same(t, "soft-deleted", guid["ExchangeGuid"], gone["ExchangeGuid"])
	p.license(id, `{"skuId":"`+planTwo+`"}`, "")
	p.advance(5 * time.Minute)
	same(t, "the same mailbox again", guid, p.get("Get-Mailbox", id, "ExchangeGuid"))
	p.license(id, "", `"`+planTwo+`"`)
	p.call("Get-Mailbox", nil)
	p.advance(31 * 24 * time.Hour)
	same(t, "purged", 0, len(p.call("Get-Mailbox", parameters{"SoftDeletedMailbox": true}).values()))
}

func TestADeletedUserLeavesASoftDeletedMailboxAndTakesItBack(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	guid := p.get("Get-Mailbox", id, "ExchangeGuid")
	p.do(204, "DELETE", "/v1.0/users/"+id, "")
	same(t, "soft-deleted", guid["ExchangeGuid"], p.ok("Get-Mailbox", parameters{"SoftDeletedMailbox": true, "Identity": "anna@contoso.example"})["ExchangeGuid"])
	p.do(200, "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "")
	same(t, "restored", guid, p.get("Get-Mailbox", id, "ExchangeGuid"))
}

func TestAMailboxOnHoldBecomesInactive(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.ok("Set-Mailbox", parameters{"Identity": id, "LitigationHoldEnabled": true})
	p.do(204, "DELETE", "/v1.0/users/"+id, "")
	p.call("Get-Mailbox", nil)
	p.advance(60 * 24 * time.Hour)
	same(t, "inactive", true, p.ok("Get-Mailbox", parameters{"InactiveMailboxOnly": true})["IsInactiveMailbox"])
	same(t, "not soft-deleted", 0, len(p.call("Get-Mailbox", parameters{"SoftDeletedMailbox": true}).values()))
	again := p.mailbox("anna", "EXCHANGEENTERPRISE")
	if p.get("Get-Mailbox", again, "ExchangeGuid")["ExchangeGuid"] == p.ok("Get-Mailbox", parameters{"InactiveMailboxOnly": true})["ExchangeGuid"] {
		t.Error("the new user of the name has the old mailbox")
	}
}

func TestAnExchangeGUIDKeepsALicenceFromMakingASecondMailbox(t *testing.T) {
	cases := map[string]struct{ guid, want string }{
		"with":    {"11111111-2222-4333-8444-555555555555", "MailUser"},
		"without": {"", "UserMailbox"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, Options{})
			p.ok("New-MailUser", parameters{"Name": "Otto", "ExternalEmailAddress": "otto@old.example"})
			if c.guid != "" {
				p.ok("Set-MailUser", parameters{"Identity": "Otto", "ExchangeGuid": c.guid})
			}
			id, _ := p.get("Get-MailUser", "Otto", "ExternalDirectoryObjectId")["ExternalDirectoryObjectId"].(string)
			p.do(204, "PATCH", "/v1.0/users/"+id, `{"usageLocation":"DE"}`)
			p.license(id, `{"skuId":"`+planTwo+`"}`, "")
			p.call("Get-Recipient", nil)
			p.advance(10 * time.Minute)
			same(t, "kind", map[string]any{"RecipientTypeDetails": c.want}, p.get("Get-Recipient", id, "RecipientTypeDetails"))
		})
	}
}

func TestSynchronisedUsersWithAddressesAreMailUsers(t *testing.T) {
	p := newPost(t, Options{Synced: true})
	id := p.user("otto", Properties{"onPremisesSyncEnabled": true, "proxyAddresses": []string{"SMTP:otto@contoso.example"}, "mail": "otto@contoso.example"}, Extra{})
	same(t, "recipient", map[string]any{"RecipientTypeDetails": "MailUser", "IsDirSynced": true, "ExternalEmailAddress": "SMTP:otto@contoso.example"},
		p.get("Get-MailUser", id, "RecipientTypeDetails", "IsDirSynced", "ExternalEmailAddress"))
}

func TestNewMailUserNeedsAPasswordWithAServicesID(t *testing.T) {
	p := newPost(t, Options{})
	given := parameters{"Name": "Otto", "ExternalEmailAddress": "otto@old.example", "MicrosoftOnlineServicesID": "otto@contoso.example"}
	text := p.fails(400, "ParameterBindingException", "New-MailUser", given)
	same(t, "text", "Cannot process command because of one or more missing mandatory parameters: Password.", text)
	given["Password"] = "plain text"
	p.fails(400, "ParameterBindingArgumentTransformationException", "New-MailUser", given)
	given["Password"] = strings.Repeat("A", 341) + "A==" // 256 bytes
	same(t, "UPN", "otto@contoso.example", p.ok("New-MailUser", given)["UserPrincipalName"])
}

func TestWhatExchangeMakesGraphShows(t *testing.T) {
	p := newPost(t, Options{Exchange: Exchange{EntraLag: time.Minute}})
	contact, _ := p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "carl@out.example"})["ExternalDirectoryObjectId"].(string)
	list, _ := p.ok("New-DistributionGroup", parameters{"Name": "All", "Members": []string{"Carl"}})["ExternalDirectoryObjectId"].(string)
	shared, _ := p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})["ExternalDirectoryObjectId"].(string)
	p.do(404, "GET", "/v1.0/groups/"+list, "")
	p.advance(time.Minute)
	same(t, "contact", map[string]any{"displayName": "Carl", "mail": "carl@out.example"}, p.read("/v1.0/contacts/"+contact, "displayName,mail"))
	same(t, "group", map[string]any{"mailEnabled": true, "securityEnabled": false, "mail": "All@contoso.example"}, p.read("/v1.0/groups/"+list, "mailEnabled,securityEnabled,mail"))
	same(t, "user", map[string]any{"accountEnabled": false, "userPrincipalName": "Info@contoso.example"}, p.read("/v1.0/users/"+shared, "accountEnabled,userPrincipalName"))
	same(t, "members", []any{contact}, p.do(200, "GET", "/v1.0/groups/"+list+"/members?$select=id", "").column("id"))
}

func TestSettingsAreWrittenToBothSides(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.ok("Set-Mailbox", parameters{"Identity": id, "DisplayName": "Anna A", "Alias": "aa", "HiddenFromAddressListsEnabled": true, "CustomAttribute7": "seven",
		"EmailAddresses": []string{"SMTP:aa@contoso.example", "smtp:anna@contoso.example"}})
	got := p.read("/v1.0/users/"+id, "displayName,mailNickname,showInAddressList,mail,proxyAddresses,onPremisesExtensionAttributes")
	custom, _ := got["onPremisesExtensionAttributes"].(map[string]any)
	same(t, "Graph", []any{"Anna A", "aa", false, "aa@contoso.example", []any{"SMTP:aa@contoso.example", "smtp:anna@contoso.example"}, "seven"},
		[]any{got["displayName"], got["mailNickname"], got["showInAddressList"], got["mail"], got["proxyAddresses"], custom["extensionAttribute7"]})
	same(t, "Exchange", map[string]any{"CustomAttribute7": "seven", "HiddenFromAddressListsEnabled": true}, p.get("Get-Mailbox", id, "CustomAttribute7", "HiddenFromAddressListsEnabled"))
}

func TestAddressLists(t *testing.T) {
	hash := func(add, remove []string) map[string]any {
		return map[string]any{"@odata.type": "#Exchange.GenericHashTable", "Add": add, "Remove": remove}
	}
	start := []string{"SMTP:info@contoso.example", "smtp:info@contoso.onmicrosoft.com"}
	cases := map[string]struct {
		given     any
		want      []any
		exception string
	}{
		"a whole list":                  {[]string{"SMTP:a@contoso.example", "smtp:b@contoso.example"}, []any{"SMTP:a@contoso.example", "smtp:b@contoso.example"}, ""},
		"without a prefix the first":    {[]string{"a@contoso.example", "b@contoso.example"}, []any{"SMTP:a@contoso.example", "smtp:b@contoso.example"}, ""},
		"an added one":                  {hash([]string{"smtp:b@contoso.example"}, nil), []any{start[0], start[1], "smtp:b@contoso.example"}, ""},
		"an added primary takes over":   {hash([]string{"SMTP:b@contoso.example"}, nil), []any{"SMTP:b@contoso.example", "smtp:info@contoso.example", start[1]}, ""},
		"a removed one":                 {hash(nil, []string{"smtp:info@contoso.onmicrosoft.com"}), []any{start[0]}, ""},
		"the primary cannot be removed": {hash(nil, []string{"SMTP:info@contoso.example"}), nil, "RecipientTaskException"},
		"two primaries":                 {[]string{"SMTP:a@contoso.example", "SMTP:b@contoso.example"}, nil, "ParameterBindingException"},
		"another domain":                {[]string{"SMTP:a@other.example"}, nil, "NotAcceptedDomainException"},
		"taken":                         {hash([]string{"smtp:taken@contoso.example"}, nil), nil, "ProxyAddressExistsException"},
		"no address":                    {[]string{"SMTP:nonsense"}, nil, "ParameterBindingArgumentTransformationException"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, Options{})
			p.ok("New-Mailbox", parameters{"Name": "info", "Shared": true})
			p.ok("New-DistributionGroup", parameters{"Name": "taken"})
			if c.exception != "" {
				p.fails(400, c.exception, "Set-Mailbox", parameters{"Identity": "info", "EmailAddresses": c.given})
				return
			}
			p.ok("Set-Mailbox", parameters{"Identity": "info", "EmailAddresses": c.given})
			var got []any
			for _, a := range p.get("Get-Mailbox", "info", "EmailAddresses")["EmailAddresses"].([]any) {
				if !strings.HasPrefix(a.(string), "SPO:") {
					got = append(got, a)
				}
			}
			same(t, "addresses", c.want, got)
		})
	}
}

func TestATakenAddressNamesItsHolder(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-DistributionGroup", parameters{"Name": "Sales"})
	text := p.fails(400, "WLCDManagedMemberExistsException", "New-Mailbox", parameters{"Name": "Info", "Shared": true, "PrimarySmtpAddress": "sales@contoso.example"})
	same(t, "text", `The proxy address "SMTP:sales@contoso.example" is already being used by the proxy addresses or LegacyExchangeDN of "Sales". Please choose another proxy address.`, text)
}

func TestNamesAndAliasesAreUnique(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "c@out.example"})
	p.fails(400, "ADObjectAlreadyExistsException", "New-MailContact", parameters{"Name": "carl", "ExternalEmailAddress": "d@out.example"})
	p.fails(400, "RecipientTaskException", "New-MailContact", parameters{"Name": "Other", "Alias": "carl", "ExternalEmailAddress": "d@out.example"})
}

func TestSettingNothingNewIsAWarning(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	same(t, "first", 0, len(p.warned("Set-Mailbox", parameters{"Identity": "Info", "CustomAttribute1": "x"})))
	same(t, "second", []any{"The command completed successfully but no settings of 'Info' have been modified."}, p.warned("Set-Mailbox", parameters{"Identity": "Info", "CustomAttribute1": "x"}))
}

func TestHoldsAndArchivesNeedAPlan(t *testing.T) {
	p := newPost(t, Options{})
	one, two := p.mailbox("one", "EXCHANGESTANDARD"), p.mailbox("two", "EXCHANGEENTERPRISE")
	p.fails(400, "RecipientTaskException", "Set-Mailbox", parameters{"Identity": one, "LitigationHoldEnabled": true})
	p.fails(400, "RecipientTaskException", "Enable-Mailbox", parameters{"Identity": one, "Archive": true})
	p.fails(400, "RecipientTaskException", "Enable-Mailbox", parameters{"Identity": two, "AutoExpandingArchive": true})
	p.ok("Set-Mailbox", parameters{"Identity": two, "LitigationHoldEnabled": true, "LitigationHoldDuration": "365"})
	p.ok("Enable-Mailbox", parameters{"Identity": two, "Archive": true})
	p.fails(400, "RecipientTaskException", "Enable-Mailbox", parameters{"Identity": two, "Archive": true})
	p.ok("Enable-Mailbox", parameters{"Identity": two, "AutoExpandingArchive": true})
	same(t, "mailbox", map[string]any{"LitigationHoldEnabled": true, "LitigationHoldDuration": "365.00:00:00", "ArchiveStatus": "Active", "AutoExpandingArchiveEnabled": true},
		p.get("Get-Mailbox", two, "LitigationHoldEnabled", "LitigationHoldDuration", "ArchiveStatus", "AutoExpandingArchiveEnabled"))
	guid := p.get("Get-Mailbox", two, "ArchiveGuid")
	p.ok("Disable-Mailbox", parameters{"Identity": two, "Archive": true})
	same(t, "none", "None", p.get("Get-Mailbox", two, "ArchiveStatus")["ArchiveStatus"])
	p.ok("Enable-Mailbox", parameters{"Identity": two, "Archive": true})
	same(t, "the same archive", guid, p.get("Get-Mailbox", two, "ArchiveGuid"))
}

func TestForwardingIsReadBackByName(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("New-MailContact", parameters{"Name": "Carl", "ExternalEmailAddress": "carl@out.example"})
	p.ok("Set-Mailbox", parameters{"Identity": "Info", "ForwardingAddress": "carl@out.example", "ForwardingSmtpAddress": "x@fabrikam.example", "DeliverToMailboxAndForward": true})
	want := map[string]any{"ForwardingAddress": "Carl", "ForwardingSmtpAddress": "smtp:x@fabrikam.example", "DeliverToMailboxAndForward": true}
	same(t, "set", want, p.get("Get-Mailbox", "Info", "ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward"))
	p.ok("Set-Mailbox", parameters{"Identity": "Info", "ForwardingAddress": nil, "ForwardingSmtpAddress": nil})
	same(t, "cleared", map[string]any{"ForwardingAddress": nil, "ForwardingSmtpAddress": nil}, p.get("Get-Mailbox", "Info", "ForwardingAddress", "ForwardingSmtpAddress"))
}

func TestQuotasStayWithinThePlan(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("two", "EXCHANGEENTERPRISE")
	p.fails(400, "RecipientTaskException", "Set-Mailbox", parameters{"Identity": id, "ProhibitSendReceiveQuota": "200GB"})
	p.fails(400, "DataValidationException", "Set-Mailbox", parameters{"Identity": id, "IssueWarningQuota": "60GB", "ProhibitSendQuota": "50GB"})
	p.ok("Set-Mailbox", parameters{"Identity": id, "IssueWarningQuota": "40GB", "ProhibitSendQuota": "45GB", "ProhibitSendReceiveQuota": "50GB", "MaxSendSize": "100MB"})
	same(t, "quotas", map[string]any{"IssueWarningQuota": "40 GB (42,949,672,960 bytes)", "MaxSendSize": "100 MB (104,857,600 bytes)"}, p.get("Get-Mailbox", id, "IssueWarningQuota", "MaxSendSize"))
}

func TestTheTypeOfAMailboxConverts(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.ok("Set-Mailbox", parameters{"Identity": id, "Type": "Shared"})
	p.license(id, "", `"`+planTwo+`"`)
	same(t, "a shared mailbox needs no licence", map[string]any{"RecipientTypeDetails": "SharedMailbox", "SKUAssigned": false}, p.get("Get-Mailbox", id, "RecipientTypeDetails", "SKUAssigned"))
}

func TestTheNextSyncRevertsAConvertedMailbox(t *testing.T) {
	p := newPost(t, Options{Synced: true})
	id := p.user("anna", Properties{"usageLocation": "DE", "onPremisesSyncEnabled": true}, Extra{Licences: []Licence{{SKU: "EXCHANGEENTERPRISE"}}})
	p.advance(5 * time.Minute)
	p.ok("Set-Mailbox", parameters{"Identity": id, "Type": "Shared"})
	p.license(id, "", `"`+planTwo+`"`)
	same(t, "until then", "SharedMailbox", p.get("Get-Mailbox", id, "RecipientTypeDetails")["RecipientTypeDetails"])
	p.advance(30 * time.Minute)
	p.fails(404, "ManagementObjectNotFoundException", "Get-Mailbox", parameters{"Identity": id})
	same(t, "disconnected", 1, len(p.call("Get-Mailbox", parameters{"SoftDeletedMailbox": true}).values()))
}

func TestSoftDeletedMailboxesAreUndone(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	guid := p.get("Get-Mailbox", id, "ExchangeGuid")
	p.do(204, "DELETE", "/v1.0/users/"+id, "")
	p.ok("Undo-SoftDeletedMailbox", parameters{"SoftDeletedObject": "anna"})
	same(t, "mailbox", guid, p.get("Get-Mailbox", id, "ExchangeGuid"))
	p.do(200, "GET", "/v1.0/users/"+id, "")
}

func TestContentIsRestoredIntoAnotherMailbox(t *testing.T) {
	p := newPost(t, Options{})
	id := p.mailbox("anna", "EXCHANGEENTERPRISE")
	source := p.get("Get-Mailbox", id, "ExchangeGuid")["ExchangeGuid"]
	p.do(204, "DELETE", "/v1.0/users/"+id, "")
	again := p.mailbox("anna", "EXCHANGEENTERPRISE")
	p.fails(400, "RecipientTaskException", "New-MailboxRestoreRequest", parameters{"SourceMailbox": source, "TargetMailbox": again})
	p.ok("New-MailboxRestoreRequest", parameters{"SourceMailbox": source, "TargetMailbox": again, "AllowLegacyDNMismatch": true})
	same(t, "queued", "Queued", p.ok("Get-MailboxRestoreRequest", nil)["Status"])
	p.advance(time.Hour)
	same(t, "completed", "Completed", p.ok("Get-MailboxRestoreRequest", nil)["Status"])
}
