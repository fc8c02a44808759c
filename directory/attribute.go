package directory

// Attribute names as Active Directory's schema spells them. Only those that the engine itself reads are constants;
// policies may mention any other.
const (
	AttrObjectGUID        = "objectGUID"
	AttrObjectSID         = "objectSid"
	AttrObjectClass       = "objectClass"
	AttrDN                = "distinguishedName"
	AttrConsistencyGUID   = "mS-DS-ConsistencyGuid"
	AttrCN                = "cn"
	AttrDisplayName       = "displayName"
	AttrSAMAccountName    = "sAMAccountName"
	AttrUserPrincipalName = "userPrincipalName"
	AttrMail              = "mail"
	AttrMailNickname      = "mailNickname"
	AttrProxyAddresses    = "proxyAddresses"
	AttrUserAccountCtl    = "userAccountControl"
	AttrGroupType         = "groupType"
	AttrMember            = "member"
	AttrPrimaryGroupID    = "primaryGroupID"
	AttrUSNChanged        = "uSNChanged"
	AttrWhenChanged       = "whenChanged"
	AttrMailboxGUID       = "msExchMailboxGuid"
	AttrTypeDetails       = "msExchRecipientTypeDetails"
	AttrRemoteType        = "msExchRemoteRecipientType"
)

// Syntax is how an attribute's values are encoded in an Object.
type Syntax uint8

// Text values are UTF-8. Binary values are the raw bytes. Integer values are decimal int64 text. Boolean values are TRUE
// or FALSE. Time values are generalized time; FileTime values are decimal 100 ns intervals since 1601. DN values are
// distinguished names as the server spelled them.
const (
	Text Syntax = iota
	Binary
	Integer
	Boolean
	Time
	FileTime
	DN
)

// SyntaxOf gives the syntax of an attribute by its LDAP name in any case; an attribute not known here is Text.
// Sources: [MS-ADA1] to [MS-ADA3] and the Exchange schema extension.
func SyntaxOf(name string) Syntax {
	switch Fold(name) {
	case "objectguid", "objectsid", "ms-ds-consistencyguid", "msexchmailboxguid", "msexcharchiveguid", "thumbnailphoto",
		"usercertificate", "usersmimecertificate", "sidhistory", "msexchmasteraccountsid", "jpegphoto",
		"msexchsafesendershash", "msexchblockedsendershash", "msexchsaferecipientshash":
		return Binary
	case "useraccountcontrol", "grouptype", "primarygroupid", "usnchanged", "usncreated", "countrycode",
		"msexchrecipienttypedetails", "msexchrecipientdisplaytype", "msexchremoterecipienttype", "msexchmoderationflags",
		"msds-habseniorityindex", "samaccounttype", "msexchresourcecapacity", "msexchversion", "msexcharchivestatus",
		"instancetype", "admincount", "msds-user-account-control-computed":
		return Integer
	case "iscriticalsystemobject", "msexchhidefromaddresslists", "msexchrequireauthtosendto", "isdeleted", "isrecycled",
		"hidedlmembership", "oofreplytooriginator", "reporttooriginator", "reporttoowner", "msexchenablemoderation":
		return Boolean
	case "whenchanged", "whencreated", "msexchlitigationholddate":
		return Time
	case "lastlogontimestamp", "pwdlastset", "accountexpires", "lastlogon", "badpasswordtime", "lockouttime":
		return FileTime
	case "distinguishedname", "member", "memberof", "manager", "managedby", "assistant", "altrecipient", "publicdelegates",
		"authorig", "unauthorig", "dlmemsubmitperms", "dlmemrejectperms", "msexchcomanagedbylink", "msexchmoderatedbylink",
		"msexchdelegatelistlink", "homemdb", "homemta", "objectcategory", "msexchbypassmoderationlink", "secretary":
		return DN
	}
	return Text
}

// Essential lists the attributes that every importer reads, whatever the policies mention: the engine itself needs them.
func Essential() []string {
	return []string{AttrObjectGUID, AttrObjectSID, AttrObjectClass, AttrDN, AttrConsistencyGUID, AttrCN, AttrDisplayName,
		AttrSAMAccountName, AttrUserPrincipalName, AttrMail, AttrMailNickname, AttrProxyAddresses, AttrUserAccountCtl,
		AttrGroupType, AttrMember, AttrPrimaryGroupID, AttrUSNChanged, AttrWhenChanged, AttrMailboxGUID, AttrTypeDetails, AttrRemoteType}
}
