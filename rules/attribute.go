package rules

import (
	"fmt"

	"github.com/coexistsync/coexist/directory"
)

// kind is the type of an attribute in expressions.
type kind uint8

const (
	textKind    kind = iota // string; the first value where there are several
	integerKind             // int
	truthKind               // bool
	instantKind             // time.Time, only readable through functions
	listKind                // []string
	binaryKind              // string: a binary value as a GUID where it has 16 bytes and the name says so, else in hexadecimal
)

// kindNames are how policies declare kinds.
var kindNames = map[string]kind{"string": textKind, "integer": integerKind, "boolean": truthKind, "time": instantKind, "list": listKind}

// origin is where a computed attribute comes from.
type origin uint8

const (
	fromLDAP   origin = iota // the LDAP attribute itself
	fromObject               // class, guid, domain: what the Object is rather than what it holds
	fromLogic                // computed from LDAP attributes
)

// attribute is one name that policies can write after user, group, contact or object.
type attribute struct {
	name   string // as policies spell it
	ldap   string // "" for those fromObject
	kind   kind
	origin origin
}

// key tells the slots of attributes apart; two names of one LDAP attribute share a slot.
func (a attribute) key() string {
	if a.ldap == "" {
		return "object " + a.name
	}
	return fmt.Sprintf("%s %d.%d", directory.Fold(a.ldap), a.kind, a.origin)
}

// vocabulary are the attributes that a policy can name.
type vocabulary struct {
	byName map[string]attribute
	names  []string // in the order of the table, for suggestions
}

func (v *vocabulary) add(a attribute) {
	v.byName[a.name] = a
	v.names = append(v.names, a.name)
}

// builtinVocabulary is the table of attributes every policy knows: the short names, and under their LDAP names those that
// the documented rules of Entra Connect read or let flow (In from AD – User Join, User Common, User Exchange, Group and
// Contact rules) with those that decide about mailboxes.
func builtinVocabulary() *vocabulary {
	v := &vocabulary{byName: map[string]attribute{}}
	for _, a := range []attribute{
		{"class", "", textKind, fromObject},
		{"guid", "", textKind, fromObject},
		{"domain", "", textKind, fromObject},
		{"enabled", directory.AttrUserAccountCtl, truthKind, fromLogic},
		{"sid", directory.AttrObjectSID, textKind, fromLogic},
		{"objectSid", directory.AttrObjectSID, textKind, fromLogic},
		{"dn", directory.AttrDN, textKind, fromLDAP},
		{"sam", directory.AttrSAMAccountName, textKind, fromLDAP},
		{"upn", directory.AttrUserPrincipalName, textKind, fromLDAP},
		{"country", "c", textKind, fromLDAP},
		{"consistencyGuid", directory.AttrConsistencyGUID, binaryKind, fromLDAP},
		{"habSeniorityIndex", "msDS-HABSeniorityIndex", integerKind, fromLDAP},
		{"phoneticDisplayName", "msDS-PhoneticDisplayName", textKind, fromLDAP},
		{"externalDirectoryObjectId", "msDS-ExternalDirectoryObjectID", textKind, fromLDAP},
		{"delivContLength", "delivContLength", integerKind, fromLDAP},
		{"submissionContLength", "submissionContLength", integerKind, fromLDAP},
		{"deliverAndRedirect", "deliverAndRedirect", truthKind, fromLDAP},
	} {
		v.add(a)
	}
	for _, n := range multiValued {
		v.add(attribute{n, n, listKind, fromLDAP})
	}
	for _, n := range singleValued {
		v.add(attribute{n, n, kindOf(n), fromLDAP})
	}
	return v
}

// kindOf gives the type in expressions of an LDAP attribute that is read as a single value.
func kindOf(ldap string) kind {
	switch directory.SyntaxOf(ldap) {
	case directory.Binary:
		return binaryKind
	case directory.Integer:
		return integerKind
	case directory.Boolean:
		return truthKind
	case directory.Time, directory.FileTime:
		return instantKind
	}
	return textKind
}

// multiValued are read as lists. description is multi-valued in the schema, but the directory keeps one value in it.
var multiValued = []string{
	"proxyAddresses", "objectClass", "otherTelephone", "otherMobile", "otherHomePhone", "otherIpPhone", "otherPager",
	"otherFacsimileTelephoneNumber", "url", "postOfficeBox", "member", "memberOf", "servicePrincipalName",
	"msExchCoManagedByLink", "msExchModeratedByLink", "msExchDelegateListLink", "msExchBypassModerationLink",
	"msExchSenderHintTranslations", "msExchResourceMetaData", "msExchResourceSearchProperties", "authOrig", "unauthOrig",
	"dLMemSubmitPerms", "dLMemRejectPerms", "publicDelegates", "userCertificate", "userSMIMECertificate", "directReports",
	"msExchUserHoldPolicies", "extensionCustomAttribute1", "extensionCustomAttribute2", "extensionCustomAttribute3",
	"extensionCustomAttribute4", "extensionCustomAttribute5",
}

var singleValued = []string{
	"distinguishedName", "cn", "name", "sAMAccountName", "userPrincipalName", "displayName", "description", "adminDescription",
	"isCriticalSystemObject", "userAccountControl", "sAMAccountType", "groupType", "primaryGroupID", "managedBy",
	"adminCount", "mail", "mailNickname", "targetAddress", "legacyExchangeDN", "givenName", "sn", "initials",
	"middleName", "personalTitle", "generationQualifier", "title", "department", "departmentNumber", "division", "company",
	"manager", "assistant", "secretary", "employeeID", "employeeNumber", "employeeType", "c", "co", "countryCode",
	"l", "st", "street", "streetAddress", "postalCode", "physicalDeliveryOfficeName", "roomNumber", "telephoneNumber",
	"mobile", "pager", "homePhone", "facsimileTelephoneNumber", "ipPhone", "info", "wWWHomePage", "preferredLanguage",
	"thumbnailPhoto", "extensionAttribute1", "extensionAttribute2", "extensionAttribute3", "extensionAttribute4",
	"extensionAttribute5", "extensionAttribute6", "extensionAttribute7", "extensionAttribute8", "extensionAttribute9",
	"extensionAttribute10", "extensionAttribute11", "extensionAttribute12", "extensionAttribute13", "extensionAttribute14",
	"extensionAttribute15", "msExchMailboxGuid", "msExchArchiveGuid", "msExchArchiveName", "msExchArchiveStatus",
	"msExchRecipientTypeDetails", "msExchRecipientDisplayType", "msExchRemoteRecipientType", "msExchHideFromAddressLists",
	"msExchRequireAuthToSendTo", "msExchModerationFlags", "msExchEnableModeration", "msExchLitigationHoldDate",
	"msExchLitigationHoldOwner", "msExchResourceCapacity", "msExchResourceDisplay", "msExchMasterAccountSid",
	"msExchUsageLocation", "altRecipient", "homeMDB", "hideDLMembership", "oOFReplyToOriginator", "reportToOriginator",
	"reportToOwner",
	"pwdLastSet", "accountExpires", "lastLogonTimestamp", "whenCreated", "whenChanged",
}
