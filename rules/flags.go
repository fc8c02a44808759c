package rules

import "github.com/coexistsync/coexist/directory"

// accountFlags are the bits of userAccountControl by Microsoft's names ([MS-ADTS] 2.2.16 and the SDK's lmaccess.h).
var accountFlags = []struct {
	name string
	bit  int
}{
	{"SCRIPT", 0x1}, {"ACCOUNTDISABLE", 0x2}, {"HOMEDIR_REQUIRED", 0x8}, {"LOCKOUT", 0x10}, {"PASSWD_NOTREQD", 0x20},
	{"PASSWD_CANT_CHANGE", 0x40}, {"ENCRYPTED_TEXT_PWD_ALLOWED", 0x80}, {"TEMP_DUPLICATE_ACCOUNT", 0x100},
	{"NORMAL_ACCOUNT", 0x200}, {"INTERDOMAIN_TRUST_ACCOUNT", 0x800}, {"WORKSTATION_TRUST_ACCOUNT", 0x1000},
	{"SERVER_TRUST_ACCOUNT", 0x2000}, {"DONT_EXPIRE_PASSWORD", 0x10000}, {"MNS_LOGON_ACCOUNT", 0x20000},
	{"SMARTCARD_REQUIRED", 0x40000}, {"TRUSTED_FOR_DELEGATION", 0x80000}, {"NOT_DELEGATED", 0x100000},
	{"USE_DES_KEY_ONLY", 0x200000}, {"DONT_REQ_PREAUTH", 0x400000}, {"PASSWORD_EXPIRED", 0x800000},
	{"TRUSTED_TO_AUTH_FOR_DELEGATION", 0x1000000}, {"PARTIAL_SECRETS_ACCOUNT", 0x4000000},
}

// groupFlags are the bits of groupType ([MS-ADTS] 2.2.12). The directory writes them as a signed 32-bit number; read as
// 64 bits its sign runs through, so that the mask finds it all the same.
var groupFlags = []struct {
	name string
	bit  int
}{
	{"BUILTIN", 0x1}, {"GLOBAL", 0x2}, {"DOMAIN_LOCAL", 0x4}, {"UNIVERSAL", 0x8}, {"APP_BASIC", 0x10}, {"APP_QUERY", 0x20},
	{"SECURITY_ENABLED", 0x80000000},
}

// flagsOf gives the named bits of an LDAP attribute, nil for one whose bits have no names here.
func flagsOf(ldap string) (masks []int, names []string) {
	table := accountFlags
	switch ldap {
	case directory.AttrUserAccountCtl:
	case directory.AttrGroupType:
		table = groupFlags
	default:
		return nil, nil
	}
	for _, f := range table {
		masks, names = append(masks, f.bit), append(names, f.name)
	}
	return masks, names
}
