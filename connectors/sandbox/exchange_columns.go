package sandbox

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// objectOf gives the object of a live recipient; nil for a mailbox that went.
func (t *Tenant) objectOf(r *recipient) *object {
	if !r.Gone.IsZero() {
		return nil
	}
	return t.index.byID[r.ID]
}

// mailTip is read back as the page that the service makes of it.
func mailTip(r *recipient) any {
	if s := r.setting("MailTip"); s != "" {
		return "<html>\r\n<body>\r\n" + s + "\r\n</body>\r\n</html>\r\n"
	}
	return nil
}

// called gives the names of a recipient as they are now, or as they were when it went.
func (t *Tenant) called(r *recipient) names {
	if o := t.objectOf(r); o != nil {
		return t.namesOf(o)
	}
	return r.Last
}

func (r *recipient) settingOr(name, otherwise string) string {
	return cmp.Or(r.setting(name), otherwise)
}

func (r *recipient) truthOr(name string, otherwise bool) bool {
	if v, ok := r.Settings[name].(bool); ok {
		return v
	}
	return otherwise
}

func (r *recipient) numberOr(name string, otherwise int) int {
	switch v := r.Settings[name].(type) {
	case int:
		return v
	case float64: // as a saved tenant is read
		return int(v)
	}
	return otherwise
}

func emptyAsNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// synchronised reports whether on-premises masters the object of a recipient.
func (t *Tenant) synchronised(r *recipient) bool {
	o := t.index.byID[r.ID]
	return o != nil && o.synced()
}

// mastered reports whether on-premises masters the mail properties of a recipient.
func (t *Tenant) mastered(r *recipient) bool {
	return t.synchronised(r) && !r.truth("IsExchangeCloudManaged")
}

// base gives the columns that every recipient has.
func (t *Tenant) base(r *recipient) []column {
	n := t.called(r)
	out := []column{
		{"Identity", r.Name}, {"Name", r.Name}, {"DisplayName", n.Display}, {"Alias", n.Alias}, {"Guid", guidText(r.GUID)},
		{"Id", r.Name}, {"ExternalDirectoryObjectId", t.externalID(r)}, {"DistinguishedName", t.distinguishedName(r)}, {"LegacyExchangeDN", t.legacyDN(r)},
		{"RecipientType", r.recipientType()}, {"RecipientTypeDetails", r.Kind}, {"PrimarySmtpAddress", n.Mail}, {"WindowsEmailAddress", n.Mail},
		{"EmailAddresses", t.addressesOf(r)}, {"HiddenFromAddressListsEnabled", t.isHidden(r)}, {"IsDirSynced", t.synchronised(r)},
		{"WhenCreated", timeText(r.Made)}, {"WhenCreatedUTC", timeText(r.Made)}, {"WhenChanged", timeText(r.Changed)}, {"WhenChangedUTC", timeText(r.Changed)},
		{"OrganizationId", t.initialDomain()},
	}
	custom := t.customOf(r)
	for i := range 15 {
		out = append(out, column{"CustomAttribute" + strconv.Itoa(i+1), custom[i]})
	}
	for i := range 5 {
		name := "ExtensionCustomAttribute" + strconv.Itoa(i+1)
		out = append(out, column{name, append([]string{}, r.references(name)...)})
	}
	return out
}

// externalID is the id of the object in Entra; a mailbox whose user is gone for good has none.
func (t *Tenant) externalID(r *recipient) string {
	if t.index.byID[r.ID] == nil {
		return ""
	}
	return r.ID
}

// delivery gives the columns about who may send, and how.
func (t *Tenant) delivery(r *recipient) []column {
	accept, reject := r.references("Accept"), r.references("Reject")
	people, lists := t.partition(accept)
	rejected, rejectedLists := t.partition(reject)
	return []column{
		{"GrantSendOnBehalfTo", t.namesOfIDs(r.references("GrantSendOnBehalfTo"))},
		{"AcceptMessagesOnlyFrom", people}, {"AcceptMessagesOnlyFromDLMembers", lists}, {"AcceptMessagesOnlyFromSendersOrMembers", t.namesOfIDs(accept)},
		{"RejectMessagesFrom", rejected}, {"RejectMessagesFromDLMembers", rejectedLists}, {"RejectMessagesFromSendersOrMembers", t.namesOfIDs(reject)},
		{"BypassModerationFromSendersOrMembers", t.namesOfIDs(r.references("BypassModerationFromSendersOrMembers"))},
		{"ModerationEnabled", r.truth("ModerationEnabled")}, {"ModeratedBy", t.namesOfIDs(r.references("ModeratedBy"))},
		{"SendModerationNotifications", r.settingOr("SendModerationNotifications", "Always")},
		{"RequireSenderAuthenticationEnabled", r.truthOr("RequireSenderAuthenticationEnabled", r.isList() || r.Kind == groupMailbox)},
		{"MailTip", mailTip(r)},
		{"MaxSendSize", r.settingOr("MaxSendSize", defaultSend(r))}, {"MaxReceiveSize", r.settingOr("MaxReceiveSize", defaultReceive(r))},
	}
}

func defaultSend(r *recipient) string {
	if r.isMailbox() {
		return "35 MB (36,700,160 bytes)"
	}
	return unlimited
}

func defaultReceive(r *recipient) string {
	if r.isMailbox() {
		return "36 MB (37,748,736 bytes)"
	}
	return unlimited
}

// partition gives the names of those that are no groups, and of those that are.
func (t *Tenant) partition(ids []string) (people, lists []string) {
	people, lists = []string{}, []string{}
	for _, id := range ids {
		switch r := t.exchange.live[id]; {
		case r == nil:
		case r.isList() || r.Kind == groupMailbox:
			lists = append(lists, r.Name)
		default:
			people = append(people, r.Name)
		}
	}
	return people, lists
}

// addressesOf gives every address, those that Entra does not hold included.
func (t *Tenant) addressesOf(r *recipient) []string {
	out := append([]string{}, t.called(r).Addresses...)
	return append(out, r.Other...)
}

func (t *Tenant) isHidden(r *recipient) bool {
	if o := t.objectOf(r); o != nil && o.isUser() {
		return o.raw("showInAddressList") == "false"
	}
	return r.truth("HiddenFromAddressListsEnabled")
}

// customOf gives the fifteen custom attributes: those of users are Entra's extension attributes.
func (t *Tenant) customOf(r *recipient) (out [15]string) {
	o := t.objectOf(r)
	if o == nil || !o.isUser() {
		for i := range out {
			out[i] = r.setting("CustomAttribute" + strconv.Itoa(i+1))
		}
		return out
	}
	var members map[string]*string
	if raw := o.raw("onPremisesExtensionAttributes"); raw != "" && json.Unmarshal([]byte(raw), &members) == nil {
		for i, name := range extensionNames() {
			if v := members[name]; v != nil {
				out[i] = *v
			}
		}
	}
	return out
}

// planOf gives the mailbox plan that a user's licence brings.
func (t *Tenant) planOf(r *recipient) string {
	if o := t.objectOf(r); o != nil && o.isUser() {
		on := t.plansOn(o.licences)
		for _, p := range exclusive {
			if _, ok := on[p]; ok {
				return p
			}
		}
	}
	return ""
}

// archivePlan reports whether the licence carries holds and archives: Exchange Online plan 2, or the archiving add-on.
func (t *Tenant) archivePlan(r *recipient) bool {
	o := t.objectOf(r)
	if o == nil || !o.isUser() {
		return false
	}
	on := t.plansOn(o.licences)
	_, enterprise := on["EXCHANGE_S_ENTERPRISE"]
	_, addOn := on["EXCHANGE_S_ARCHIVE_ADDON"]
	return enterprise || addOn
}

// quotas gives the sizes at which a mailbox warns, stops sending and stops receiving, unless set lower.
func (t *Tenant) quotas(r *recipient) [3]string {
	switch t.planOf(r) {
	case "EXCHANGE_S_ENTERPRISE":
		return [3]string{sizeText(98 << 30), sizeText(99 << 30), sizeText(100 << 30)}
	case "EXCHANGE_S_DESKLESS":
		return [3]string{sizeText(1920 << 20), sizeText(1945 << 20), sizeText(2 << 30)}
	}
	return [3]string{sizeText(49 << 30), sizeText(50688 << 20), sizeText(50 << 30)}
}

// mailboxColumns gives what Get-Mailbox shows.
func (t *Tenant) mailboxColumns(r *recipient) []column {
	o, q := t.objectOf(r), t.quotas(r)
	location, disabled, licensed := "", true, false
	if o != nil {
		location, disabled, licensed = o.text("usageLocation"), !o.truth("accountEnabled"), o.mailbox.enabled
	}
	archive := "None"
	if r.ArchiveGUID != "" {
		archive = "Active"
	}
	holdDate, holdOwner := any(nil), ""
	if r.truth("LitigationHoldEnabled") {
		holdDate, holdOwner = typed{r.setting("LitigationHoldDate"), "System.DateTime"}, r.setting("LitigationHoldOwner")
	}
	forward := any(nil)
	if to := r.setting("ForwardingAddress"); to != "" {
		if names := t.namesOfIDs([]string{to}); len(names) > 0 {
			forward = names[0]
		}
	}
	n := t.called(r)
	out := append(t.base(r), t.delivery(r)...)
	out = append(out,
		column{"ExchangeGuid", guidText(r.ExchangeGUID)}, column{"ArchiveGuid", guidText(r.ArchiveGUID)}, column{"ArchiveStatus", archive},
		column{"ArchiveState", map[string]string{"None": "None", "Active": "Local"}[archive]}, column{"ArchiveName", r.references("ArchiveName")},
		column{"DisabledArchiveGuid", guidText(r.OldArchive)}, column{"AutoExpandingArchiveEnabled", r.truth("AutoExpandingArchiveEnabled")},
		column{"UserPrincipalName", n.UPN}, column{"MicrosoftOnlineServicesID", n.UPN}, column{"WindowsLiveID", n.UPN},
		column{"SKUAssigned", licensed}, column{"UsageLocation", country(location)}, column{"AccountDisabled", disabled},
		column{"IsMailboxEnabled", true}, column{"IsShared", r.Kind == sharedMailbox}, column{"IsResource", r.isResource()},
		column{"ResourceType", resourceType(r)}, column{"ResourceCapacity", capacity(r)}, column{"Office", t.personal(r, "officeLocation")},
		column{"IsExchangeCloudManaged", r.truth("IsExchangeCloudManaged")}, column{"MailboxPlan", emptyAsNull(t.planName(r))},
		column{"IsInactiveMailbox", r.Inactive}, column{"IsSoftDeletedByRemove", !r.Gone.IsZero() && !r.Inactive}, column{"WhenSoftDeleted", timeText(r.Gone)},
		column{"LitigationHoldEnabled", r.truth("LitigationHoldEnabled")}, column{"LitigationHoldDuration", r.settingOr("LitigationHoldDuration", unlimited)},
		column{"LitigationHoldDate", holdDate}, column{"LitigationHoldOwner", holdOwner},
		column{"RetentionComment", r.setting("RetentionComment")}, column{"RetentionUrl", r.setting("RetentionUrl")},
		column{"RetentionPolicy", r.settingOr("RetentionPolicy", defaultRetentionPolicy)}, column{"RetainDeletedItemsFor", r.settingOr("RetainDeletedItemsFor", "14.00:00:00")},
		column{"SingleItemRecoveryEnabled", r.truthOr("SingleItemRecoveryEnabled", true)},
		column{"ForwardingAddress", forward}, column{"ForwardingSmtpAddress", emptyAsNull(r.setting("ForwardingSmtpAddress"))},
		column{"DeliverToMailboxAndForward", r.truth("DeliverToMailboxAndForward")},
		column{"MessageCopyForSentAsEnabled", r.truth("MessageCopyForSentAsEnabled")}, column{"MessageCopyForSendOnBehalfEnabled", r.truth("MessageCopyForSendOnBehalfEnabled")},
		column{"IssueWarningQuota", r.settingOr("IssueWarningQuota", q[0])}, column{"ProhibitSendQuota", r.settingOr("ProhibitSendQuota", q[1])},
		column{"ProhibitSendReceiveQuota", r.settingOr("ProhibitSendReceiveQuota", q[2])}, column{"UseDatabaseQuotaDefaults", false},
		column{"RecipientLimits", r.settingOr("RecipientLimits", "500")})
	return out
}

func resourceType(r *recipient) any {
	switch r.Kind {
	case roomMailbox:
		return "Room"
	case equipmentMailbox:
		return "Equipment"
	}
	return nil
}

func capacity(r *recipient) any {
	if n := r.numberOr("ResourceCapacity", -1); n >= 0 {
		return n
	}
	return nil
}

func (t *Tenant) planName(r *recipient) string {
	switch t.planOf(r) {
	case "EXCHANGE_S_ENTERPRISE":
		return "ExchangeOnlineEnterprise"
	case "EXCHANGE_S_STANDARD":
		return "ExchangeOnline"
	case "EXCHANGE_S_DESKLESS":
		return "ExchangeOnlineDeskless"
	}
	return ""
}

// personal gives a property of a person: as far as Entra has it, it stands there.
func (t *Tenant) personal(r *recipient, property string) string {
	o := t.objectOf(r)
	if o == nil {
		return ""
	}
	p, ok := o.schema.property(property)
	switch {
	case !ok || p.origin != stored:
		return r.setting(property)
	case p.syntax == textsSyntax:
		return strings.Join(firstText(o.texts(p.name)), "")
	}
	return o.text(p.name)
}

func firstText(list []string) []string { return list[:min(len(list), 1)] }

// personColumns gives what Get-User and Get-Contact show. Source of the names: Set-User, Set-Contact.
func (t *Tenant) personColumns(r *recipient) []column {
	var out []column
	for _, p := range personProperties() {
		out = append(out, column{p.parameter, t.personal(r, p.property)})
	}
	phones := []string{}
	return append(out, column{"OtherTelephone", phones})
}

// personProperty is a parameter of Set-User and Set-Contact with the property of a user that it writes; "" for what Entra
// does not show.
type personProperty struct{ parameter, property string }

func personProperties() []personProperty {
	return []personProperty{{"FirstName", "givenName"}, {"LastName", "surname"}, {"Initials", "initials"}, {"Title", "jobTitle"}, {"Department", "department"},
		{"Company", "companyName"}, {"Office", "officeLocation"}, {"StreetAddress", "streetAddress"}, {"City", "city"}, {"StateOrProvince", "state"},
		{"PostalCode", "postalCode"}, {"CountryOrRegion", "country"}, {"Phone", "businessPhones"}, {"MobilePhone", "mobilePhone"}, {"Fax", "faxNumber"},
		{"HomePhone", "homePhone"}, {"Pager", "pager"}, {"Notes", "notes"}, {"WebPage", "webPage"}}
}
