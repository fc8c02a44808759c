package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// cmdlet is one command of Exchange Online: its parameters as far as they are modelled, and what it does.
type cmdlet struct {
	name       string
	parameters []parameter
	byName     map[string]parameter // folded
	run        func(*Tenant, *invocation) ([]line, error)
}

// reads reports whether the cmdlet changes nothing.
func (c *cmdlet) reads() bool { return strings.HasPrefix(c.name, "Get-") }

func (c *cmdlet) parameter(name string) (parameter, bool) {
	p, ok := c.byName[fold(name)]
	return p, ok
}

// Groups of parameters that several cmdlets take. A parameter is written as its name, with * before it when it is
// mandatory, and after it what it takes: ? a truth, ! a switch, # a number, @ many values, % a size, ~ a span of days,
// : a GUID, =a|b one of several; <n limits the characters.
const (
	customParameters = "CustomAttribute1<1024 CustomAttribute2<1024 CustomAttribute3<1024 CustomAttribute4<1024 CustomAttribute5<1024 " +
		"CustomAttribute6<1024 CustomAttribute7<1024 CustomAttribute8<1024 CustomAttribute9<1024 CustomAttribute10<1024 CustomAttribute11<1024 " +
		"CustomAttribute12<1024 CustomAttribute13<1024 CustomAttribute14<1024 CustomAttribute15<1024 ExtensionCustomAttribute1@ " +
		"ExtensionCustomAttribute2@ ExtensionCustomAttribute3@ ExtensionCustomAttribute4@ ExtensionCustomAttribute5@ "
	moderationParameters = "ModeratedBy@ ModerationEnabled? SendModerationNotifications=Always|Internal|Never "
	deliveryParameters   = "AcceptMessagesOnlyFrom@ AcceptMessagesOnlyFromDLMembers@ AcceptMessagesOnlyFromSendersOrMembers@ BypassModerationFromSendersOrMembers@ " +
		"RejectMessagesFrom@ RejectMessagesFromDLMembers@ RejectMessagesFromSendersOrMembers@ RequireSenderAuthenticationEnabled? GrantSendOnBehalfTo@ " +
		"HiddenFromAddressListsEnabled? MailTip EmailAddresses@ WindowsEmailAddress Name<64 DisplayName<256 Alias<64 " + moderationParameters
	personParameters = "City Company CountryOrRegion Department DisplayName<256 Fax FirstName HomePhone Initials LastName Manager MobilePhone Name<64 Notes " +
		"Office OtherTelephone@ Pager Phone PostalCode StateOrProvince StreetAddress Title WebPage WindowsEmailAddress "
	listParameters = "Identity Anr Filter ResultSize SortBy "
)

// cmdlets is the table of what is modelled. Source: Microsoft, Exchange PowerShell reference; the tests hold it against
// that.
func cmdlets() map[string]*cmdlet {
	list := []*cmdlet{
		command("Get-Recipient", listParameters+"RecipientType@ RecipientTypeDetails@ IncludeSoftDeletedRecipients! Properties@ PropertySet", (*Tenant).getRecipient),
		command("Get-User", listParameters+"RecipientTypeDetails@", (*Tenant).getUserCmdlet),
		command("Set-User", "*Identity "+personParameters, (*Tenant).setPerson),

		command("Get-Mailbox", listParameters+"Archive! GroupMailbox! InactiveMailboxOnly! IncludeInactiveMailbox! RecipientTypeDetails@ SoftDeletedMailbox!", (*Tenant).getMailbox),
		command("New-Mailbox", "*Name Alias Archive! DisplayName Equipment! FirstName Force! ImmutableId Initials LastName MicrosoftOnlineServicesID "+
			"Office Password Phone PrimarySmtpAddress ResetPasswordOnNextLogon? ResourceCapacity# Room! Shared! FederatedIdentity ModeratedBy@ ModerationEnabled? InactiveMailbox", (*Tenant).newMailbox),
		command("Set-Mailbox", "*Identity "+deliveryParameters+customParameters+"AccountDisabled? DeliverToMailboxAndForward? ForwardingAddress ForwardingSmtpAddress "+
			"ImmutableId InactiveMailbox! IsExchangeCloudManaged? IssueWarningQuota% LitigationHoldDuration~ LitigationHoldEnabled? LitigationHoldOwner MaxReceiveSize% "+
			"MaxSendSize% MessageCopyForSendOnBehalfEnabled? MessageCopyForSentAsEnabled? MicrosoftOnlineServicesID Office ProhibitSendQuota% ProhibitSendReceiveQuota% "+
			"RecipientLimits ResourceCapacity# RetainDeletedItemsFor~ RetentionComment RetentionPolicy RetentionUrl SingleItemRecoveryEnabled? Force! "+
			"Type=Equipment|Regular|Room|Shared|Workspace|Desk", (*Tenant).setMailbox),
		command("Remove-Mailbox", "*Identity Force! PermanentlyDelete!", (*Tenant).removeMailbox),
		command("Enable-Mailbox", "*Identity Archive! ArchiveName@ AutoExpandingArchive! Force!", (*Tenant).enableMailbox),
		command("Disable-Mailbox", "*Identity Archive! PermanentlyDisable!", (*Tenant).disableMailbox),
		command("Undo-SoftDeletedMailbox", "*SoftDeletedObject DisplayName Name Password WindowsLiveID", (*Tenant).undoSoftDeleted),
		command("New-MailboxRestoreRequest", "SourceMailbox *TargetMailbox AllowLegacyDNMismatch! Name BatchName SourceIsArchive! TargetIsArchive! TargetRootFolder SourceRootFolder "+
			"ConflictResolutionOption=ForceCopy|KeepAll|KeepLatestItem|KeepSourceItem|KeepTargetItem|UpdateFromSource", (*Tenant).newRestore),
		command("Get-MailboxRestoreRequest", "Identity BatchName Name ResultSize Status TargetMailbox", (*Tenant).getRestores),
		command("Get-CASMailbox", listParameters+"RecipientTypeDetails@", (*Tenant).getCAS),
		command("Set-CASMailbox", "*Identity ActiveSyncEnabled? EwsEnabled? ImapEnabled? MAPIEnabled? OutlookMobileEnabled? OWAEnabled? OWAforDevicesEnabled? PopEnabled? "+
			"SmtpClientAuthenticationDisabled? UniversalOutlookEnabled? MacOutlookEnabled?", (*Tenant).setCAS),
		command("Get-CalendarProcessing", "*Identity ResultSize", (*Tenant).getBooking),
		command("Set-CalendarProcessing", "*Identity AddAdditionalResponse? AdditionalResponse AddOrganizerToSubject? AllBookInPolicy? AllowConflicts? AllowRecurringMeetings? "+
			"AllRequestInPolicy? AllRequestOutOfPolicy? AutomateProcessing=None|AutoUpdate|AutoAccept BookingWindowInDays# BookInPolicy@ ConflictPercentageAllowed# DeleteComments? "+
			"DeleteSubject? EnforceCapacity? EnforceSchedulingHorizon? ForwardRequestsToDelegates? MaximumConflictInstances# MaximumDurationInMinutes# MinimumDurationInMinutes# "+
			"ProcessExternalMeetingMessages? RemovePrivateProperty? RequestInPolicy@ RequestOutOfPolicy@ ResourceDelegates@ ScheduleOnlyDuringWorkHours? TentativePendingApproval?", (*Tenant).setBooking),
		command("Get-MailboxPermission", "*Identity User ResultSize Owner!", (*Tenant).getAccess),
		command("Add-MailboxPermission", "*Identity *AccessRights@ *User AutoMapping? Deny! InheritanceType=None|All|Children|Descendents|SelfAndChildren", (*Tenant).addAccess),
		command("Remove-MailboxPermission", "*Identity *AccessRights@ *User Deny! InheritanceType=None|All|Children|Descendents|SelfAndChildren", (*Tenant).removeAccess),
		command("Get-RecipientPermission", "Identity AccessRights@ ResultSize Trustee", (*Tenant).getSendAs),
		command("Add-RecipientPermission", "*Identity *AccessRights@ *Trustee", (*Tenant).addSendAs),
		command("Remove-RecipientPermission", "*Identity *AccessRights@ *Trustee Deny!", (*Tenant).removeSendAs),

		command("Get-MailUser", listParameters+"SoftDeletedMailUser!", (*Tenant).getMailUser),
		command("New-MailUser", "*Name ExternalEmailAddress Alias DisplayName FederatedIdentity FirstName ImmutableId Initials LastName MicrosoftOnlineServicesID Password "+
			"MessageBodyFormat=Text|Html|TextAndHtml MessageFormat=Text|Mime RemotePowerShellEnabled? "+moderationParameters, (*Tenant).newMailUser),
		command("Set-MailUser", "*Identity "+deliveryParameters+customParameters+"ArchiveGuid: ExchangeGuid: ExternalEmailAddress ImmutableId MaxReceiveSize% MaxSendSize% "+
			"MicrosoftOnlineServicesID MessageBodyFormat=Text|Html|TextAndHtml MessageFormat=Text|Mime UseMapiRichTextFormat=Always|Never|UseDefaultSettings", (*Tenant).setMailUser),
		command("Remove-MailUser", "*Identity PermanentlyDelete!", (*Tenant).removeMailUser),

		command("Get-MailContact", listParameters+"RecipientTypeDetails@", (*Tenant).getMailContact),
		command("New-MailContact", "*Name<64 *ExternalEmailAddress Alias<64 DisplayName<256 FirstName Initials LastName MessageBodyFormat=Text|Html|TextAndHtml "+
			"MessageFormat=Text|Html|TextAndHtml "+moderationParameters, (*Tenant).newMailContact),
		command("Set-MailContact", "*Identity "+deliveryParameters+customParameters+"ExternalEmailAddress MessageBodyFormat=Text|Html|TextAndHtml MessageFormat=Text|Mime "+
			"UseMapiRichTextFormat=Always|Never|UseDefaultSettings", (*Tenant).setMailContact),
		command("Remove-MailContact", "*Identity", (*Tenant).removeMailContact),
		command("Get-Contact", listParameters+"RecipientTypeDetails@", (*Tenant).getContactCmdlet),
		command("Set-Contact", "*Identity "+personParameters, (*Tenant).setPerson),

		command("Get-DistributionGroup", listParameters+"ManagedBy RecipientTypeDetails@", (*Tenant).getList),
		command("New-DistributionGroup", "*Name<64 Alias<64 CopyOwnerToMember! Description@ DisplayName<256 HiddenGroupMembershipEnabled! IgnoreNamingPolicy! ManagedBy@ "+
			"MemberDepartRestriction=Open|Closed MemberJoinRestriction=Open|Closed|ApprovalRequired Members@ Notes PrimarySmtpAddress RequireSenderAuthenticationEnabled? "+
			"RoomList! Type=Distribution|Security "+moderationParameters, (*Tenant).newList),
		command("Set-DistributionGroup", "*Identity "+deliveryParameters+customParameters+"BypassSecurityGroupManagerCheck! Description@ IgnoreNamingPolicy! ManagedBy@ "+
			"MemberDepartRestriction=Open|Closed MemberJoinRestriction=Open|Closed|ApprovalRequired PrimarySmtpAddress ReportToManagerEnabled? ReportToOriginatorEnabled? "+
			"RoomList! SendOofMessageToOriginatorEnabled?", (*Tenant).setList),
		command("Remove-DistributionGroup", "*Identity BypassSecurityGroupManagerCheck!", (*Tenant).removeList),
		command("Get-DistributionGroupMember", "*Identity ResultSize", (*Tenant).getListMembers),
		command("Add-DistributionGroupMember", "*Identity Member BypassSecurityGroupManagerCheck!", (*Tenant).addListMember),
		command("Remove-DistributionGroupMember", "*Identity Member BypassSecurityGroupManagerCheck!", (*Tenant).removeListMember),
		command("Update-DistributionGroupMember", "*Identity Members@ BypassSecurityGroupManagerCheck!", (*Tenant).updateListMembers),
		command("Get-UnifiedGroup", listParameters, (*Tenant).getUnified),
		command("Set-UnifiedGroup", "*Identity AcceptMessagesOnlyFromSendersOrMembers@ RejectMessagesFromSendersOrMembers@ Alias<64 DisplayName<64 EmailAddresses@ GrantSendOnBehalfTo@ HiddenFromAddressListsEnabled? "+
			"MailTip MaxReceiveSize% MaxSendSize% PrimarySmtpAddress RequireSenderAuthenticationEnabled? ModeratedBy@ ModerationEnabled? "+customParameters, (*Tenant).setUnified),

		command("Get-AcceptedDomain", "Identity ResultSize", (*Tenant).getAcceptedDomains),
		command("Get-OrganizationConfig", "", (*Tenant).getOrganizationConfig),
		command("Get-MailboxPlan", "Identity ResultSize", (*Tenant).getMailboxPlans),
	}
	m := make(map[string]*cmdlet, len(list))
	for _, c := range list {
		m[fold(c.name)] = c
	}
	return m
}

func command(name, parameters string, run func(*Tenant, *invocation) ([]line, error)) *cmdlet {
	c := &cmdlet{name: name, byName: map[string]parameter{}, run: run}
	for _, word := range append(strings.Fields(parameters), common...) {
		p := parameterOf(word)
		if _, there := c.byName[fold(p.name)]; !there {
			c.byName[fold(p.name)] = p
			c.parameters = append(c.parameters, p)
		}
	}
	return c
}

// parameterOf reads one word of the table.
func parameterOf(word string) parameter {
	var p parameter
	word, p.mandatory = strings.CutPrefix(word, "*")
	if name, values, ok := strings.Cut(word, "="); ok {
		word, p.values = name, strings.Split(values, "|")
	}
	if name, limit, ok := strings.Cut(word, "<"); ok {
		n, err := strconv.Atoi(limit)
		if err != nil { // the table is code
			panic(err)
		}
		word, p.limit = name, n
	}
	kinds := map[byte]valueKind{'?': truthValue, '!': switchValue, '#': numberValue, '@': listValue, '%': sizeValue, '~': spanValue, ':': guidValue}
	if k, ok := kinds[word[len(word)-1]]; ok {
		word, p.kind = word[:len(word)-1], k
	}
	p.name = word
	return p
}

// exchangeRole is what a caller's directory roles allow in Exchange Online.
type exchangeRole uint8

const (
	noRole exchangeRole = iota
	viewRole
	recipientRole
	fullRole
)

// Template ids of the directory roles that Exchange Online knows. Source: Microsoft Entra built-in roles.
const (
	globalAdministrator    = "62e90394-69f5-4237-9190-012177145e10"
	exchangeAdministrator  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	recipientAdministrator = "31392ffb-586c-42d1-9346-e59415a2cc4e"
	globalReader           = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
)

func (who *caller) exchangeRole() exchangeRole {
	role := noRole
	for _, id := range who.wids {
		switch strings.ToLower(id) {
		case globalAdministrator, exchangeAdministrator:
			role = max(role, fullRole)
		case recipientAdministrator:
			role = max(role, recipientRole)
		case globalReader:
			role = max(role, viewRole)
		}
	}
	return role
}

func (r exchangeRole) may(c *cmdlet) bool { return r >= recipientRole || r == viewRole && c.reads() }

// mayGive reports whether the role has a parameter: holds need Legal Hold, passing the check of a group's managers needs
// Organization Management, which recipient administrators have neither of.
func (r exchangeRole) mayGive(name string) bool {
	return r == fullRole || !strings.HasPrefix(name, "LitigationHold") && name != "BypassSecurityGroupManagerCheck"
}

// adminAPI lists the resources of the Admin API v2.0 with the cmdlets that each covers. Source: Exchange Online Admin API
// (preview).
func adminAPI() map[string][]string {
	return map[string][]string{
		"OrganizationConfig":             {"Get-OrganizationConfig"},
		"AcceptedDomain":                 {"Get-AcceptedDomain"},
		"Mailbox":                        {"Get-Mailbox", "Set-Mailbox"},
		"DistributionGroupMember":        {"Get-DistributionGroupMember"},
		"DynamicDistributionGroupMember": {},
		"MailboxFolderPermission":        {},
	}
}

// coveredByAdminAPI refuses what the Admin API v2.0 does not cover: of Set-Mailbox it takes GrantSendOnBehalfTo alone.
func coveredByAdminAPI(resource string, c *invocation) error {
	if len(adminAPI()[resource]) == 0 {
		return notModelled("the resource %s of the Admin API", resource)
	}
	no := &exchangeError{status: 400, code: "BadRequest", text: "The cmdlet '" + c.name + "' is not supported for the resource '" + resource + "'."}
	if !slices.ContainsFunc(adminAPI()[resource], func(n string) bool { return strings.EqualFold(n, c.name) }) {
		return no
	}
	if !strings.EqualFold(c.name, "Set-Mailbox") {
		return nil
	}
	for n := range c.raw {
		if !strings.EqualFold(n, "Identity") && !strings.EqualFold(n, "GrantSendOnBehalfTo") && !strings.EqualFold(n, "Confirm") {
			no.text = "The parameter '" + n + "' is not supported for the resource '" + resource + "'."
			return no
		}
	}
	return nil
}
