package schema

// Function describes a function of expressions.
type Function struct {
	Name, Use, About string
}

// FunctionHelp lists the functions of expressions in the order of docs/policy-language.md.
func FunctionHelp() []Function {
	return []Function{
		{"inOU", `inOU("OU=Staff,DC=contoso,DC=example")`, "whether the object lies in or below the OU"},
		{"memberOf", `memberOf("GG-Sales")`, "whether it is a member, however deeply nested"},
		{"directMemberOf", `directMemberOf("GG-Sales")`, "whether it is a member without nesting"},
		{"has", `has(user.mail)`, "whether the attribute has a value"},
		{"hasFlag", `hasFlag(user.userAccountControl, "DONT_EXPIRE_PASSWORD")`, "whether the bit of this name is set"},
		{"hasBits", `hasBits(user.groupType, 6)`, "whether any of the bits is set"},
		{"allBits", `allBits(user.msExchRemoteRecipientType, 0x60)`, "whether all of the bits are set"},
		{"domainOf", `domainOf(user.mail)`, "what follows the last @, in lower case"},
		{"localPart", `localPart(user.mail)`, "what precedes the @"},
		{"primarySMTP", `primarySMTP()`, "the address marked SMTP: in proxyAddresses, else mail"},
		{"hasProxy", `hasProxy("@old.example")`, "whether proxyAddresses has the address, or any of the domain"},
		{"rdn", `rdn()`, "the first component of the distinguished name"},
		{"normalize", `normalize(user.sn)`, "the text without diacritics"},
		{"lower", `lower(user.mail)`, "the text in lower case"},
		{"upper", `upper(user.c)`, "the text in capitals"},
		{"trim", `trim(user.title)`, "the text without blanks around it"},
		{"len", `len(user.url)`, "the number of characters or of values"},
		{"left", `left(user.cn, 64)`, "the first characters"},
		{"split", `split(user.info, ";")`, "a list"},
		{"coalesce", `coalesce(user.displayName, user.cn)`, "the first that is not empty"},
		{"first", `first(user.url)`, "the first value of a list"},
		{"any", `any(user.url, # startsWith "https")`, "whether the condition holds for any value"},
		{"all", `all(user.url, # startsWith "https")`, "for all values"},
		{"none", `none(user.url, # startsWith "http:")`, "for no value"},
		{"one", `one(user.proxyAddresses, exact(# startsWith "SMTP:"))`, "for exactly one value"},
		{"count", `count(user.url, # contains "wiki")`, "for how many values"},
		{"filter", `filter(user.proxyAddresses, # startsWith "smtp:")`, "the values for which it holds"},
		{"exact", `exact(user.c, "DE")`, "a comparison with regard to case"},
		{"today", `today()`, "the day of evaluation"},
		{"date", `date("2026-09-01")`, "that day"},
		{"ageDays", `ageDays(user.whenCreated)`, "calendar days since"},
		{"daysUntil", `daysUntil(user.accountExpires)`, "calendar days until"},
		{"decided", `decided("cloudType")`, "what an earlier decision gave"},
		{"was", `was("cloudType")`, "what was carried out last"},
		{"inTable", `inTable("countries", user.c)`, "whether the table has the key"},
		{"lookup", `lookup("countries", user.c, "usageLocation")`, "the cell; with a fourth argument in place of an error"},
	}
}
