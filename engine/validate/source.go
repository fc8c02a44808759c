package validate

import "slices"

// Source is a document of the vendor that a check rests on.
type Source struct {
	Key, Title, URL string
}

// Sources lists the documents that checks name, by key.
func Sources() []Source { return slices.Clone(sources) }

const (
	connectDocs = "https://learn.microsoft.com/entra/identity/hybrid/connect/"
	supportDocs = "https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/"
)

var sources = []Source{
	{"DC", "Microsoft Entra Connect Sync: Understanding the default configuration", connectDocs + "concept-azure-ad-connect-sync-default-configuration"},
	{"DS", "Microsoft Entra Connect: Design concepts", connectDocs + "plan-connect-design-concepts"},
	{"DUP", "Identity synchronization and duplicate attribute resiliency", connectDocs + "how-to-connect-syncservice-duplicate-attribute-resiliency"},
	{"ER", "Understanding errors during Microsoft Entra synchronization", connectDocs + "tshoot-connect-sync-errors"},
	{"EX", "Microsoft Entra Connect: When you have an existing tenant", connectDocs + "how-to-connect-install-existing-tenant"},
	{"EXO", "Exchange PowerShell: Set-Mailbox, New-MailUser, New-MailContact", "https://learn.microsoft.com/powershell/module/exchange/set-mailbox"},
	{"EXO-DELETED", "Reconnect inactive or soft-deleted mailboxes to Active Directory", "https://learn.microsoft.com/exchange/troubleshoot/administration/reconnect-inactive-or-soft-deleted-mailboxes-to-ad"},
	{"GRAPH", "Microsoft Graph v1.0: user, group, subscribedSku, onPremisesProvisioningError, serviceProvisioningError", "https://learn.microsoft.com/graph/api/resources/user"},
	{"GROUP-MAIL", "Synced security group stays mail-enabled (KB 4096314)", supportDocs + "sg-mail-enabled-sync"},
	{"IDFIX", "IdFix, source and documentation", "https://github.com/microsoft/idfix"},
	{"ISO", "ISO 3166-1: country codes", "https://www.iso.org/iso-3166-country-codes.html"},
	{"FEDERATED", "Changing a user principal name between federated domains (KB 2669550)", "https://mskb.pkisolutions.com/kb/2669550"},
	{"LIC", "Identify and resolve license assignment problems for a group in Microsoft Entra ID", "https://learn.microsoft.com/entra/identity/users/licensing-groups-resolve-problems"},
	{"LINKED", "User objects do not sync: linked mailboxes (KB 3066176)", supportDocs + "user-object-missing-filtered"},
	{"MAIL", "How the proxyAddresses attribute is populated in Microsoft Entra ID (KB 3190357)", supportDocs + "proxyaddresses-attribute-populate"},
	{"MAIL-TOOL", "One or more objects don't sync when the directory sync tool is used (KB 2643629)", supportDocs + "objects-dont-sync-ad-sync-tool"},
	{"MBX", "Tim McMichael on msExchMailboxGuid and licensed users, 10 September 2017", "https://blogs.technet.microsoft.com/timmcmic/2017/09/10"},
	{"PREP", "Prepare for directory synchronization to Microsoft 365", "https://learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization"},
	{"RULES", "The rules of Entra Connect as shipped, in the configuration documenter's sample data", "https://github.com/microsoft/AADConnectConfigDocumenter"},
	{"UC", "Microsoft Entra Connect Sync: Understanding Users, Groups, and Contacts", connectDocs + "concept-azure-ad-connect-sync-user-and-contacts"},
	{"UPN", "Microsoft Entra UserPrincipalName population", connectDocs + "plan-connect-userprincipalname"},
	{"V2", "Microsoft Entra Connect Sync V2 endpoint API", connectDocs + "how-to-connect-sync-endpoint-api-v2"},
	{"FIELD", "Experience in the field; no document of the vendor states it", ""},
}
