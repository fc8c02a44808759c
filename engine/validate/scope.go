package validate

import (
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// The reasons for which objects are not synchronised and so not checked. Source: the rules In from AD - User Join, Group
// Join and Contact Join of Entra Connect as shipped, unless said otherwise.
const (
	byPolicy      = "a policy decides none"
	critical      = "critical system object"
	nameless      = "user without sAMAccountName"
	syncAccount   = "account of a synchronisation engine"
	support       = "support account"
	systemMailbox = "system mailbox"
	casAccount    = "account of an Exchange client access server"
	exchangeOwn   = "object of Exchange's own"
	victim        = "victim of a replication conflict"
	optedOut      = "opted out in adminDescription"
	machine       = "computer, managed service or trust account" // from experience
	monitoring    = "monitoring mailbox"                         // as IdFix
	linked        = "linked mailbox, waits for its master account"
	msolContact   = "contact of a synchronisation engine"
	roleGroup     = "role group of Exchange"
	pure          = "distribution group without an address"
)

// systemTypes are the bits of msExchRecipientTypeDetails that Entra Connect leaves out: mail-enabled public folder, system
// attendant, system mailbox, Microsoft Exchange, arbitration, mailbox plan, discovery mailbox.
const systemTypes = 0x21C07000

const (
	linkedMailbox = 2
	roleGroupBit  = 0x40000000
)

// excluded says why Entra Connect would leave an object out, "" when it would not.
func (e *entry) excluded() string {
	// The DN spells the line feed of a conflict name as \0A, so that its text is what is looked for.
	rdn := strings.TrimSuffix(e.first(aDN), directory.ParentDN(e.first(aDN)))
	switch {
	case e.has(aCritical) && !directory.EqualFold(e.first(aCritical), "FALSE"):
		return critical
	case strings.Contains(rdn, `\0ACNF:`):
		return victim
	}
	switch e.object.Kind {
	case directory.User:
		return e.excludedUser()
	case directory.Group:
		return e.excludedGroup()
	}
	if strings.Contains(e.first(aDisplayName), "(MSOL)") && e.has(aHidden) || cas(e.first(aNickname)) {
		return msolContact
	}
	return ""
}

func (e *entry) excludedUser() string {
	account, nickname := e.first(aAccount), e.first(aNickname)
	details, _ := e.number(aDetails)
	switch {
	case !e.has(aAccount):
		return nameless
	case prefixed(account, "MSOL_") || prefixed(account, "AAD_"):
		return syncAccount
	case directory.EqualFold(account, "SUPPORT_388945a0"):
		return support
	case prefixed(nickname, "SystemMailbox{"):
		return systemMailbox
	case cas(nickname) || cas(account):
		return casAccount
	case details&systemTypes > 0:
		return exchangeOwn
	case prefixed(e.first(aAdmin), "User_"):
		return optedOut
	case strings.HasSuffix(account, "$"):
		return machine
	case details == linkedMailbox:
		return linked
	case e.monitoring():
		return monitoring
	}
	return ""
}

// monitoring reports whether the account belongs to one of the mailboxes that Exchange makes for itself and that the
// shipped rules miss. Their names hold a GUID, so that no person or group is taken for one, as "Guest Relations" is by
// IdFix.
func (e *entry) monitoring() bool {
	cn := e.first(aCN)
	for _, p := range []string{"HealthMailbox", "DiscoverySearchMailbox", "FederatedEmail.", "Migration.", "extest_"} {
		if prefixed(cn, p) {
			rest := strings.Trim(cn[len(p):], " {}")
			hex := drop(rest, func(r rune) bool { return r == '-' })
			return len(hex) >= 7 && strings.IndexFunc(hex, func(r rune) bool { return !isDigit(r) && (r|0x20 < 'a' || r|0x20 > 'f') }) < 0
		}
	}
	return false
}

func (e *entry) excludedGroup() string {
	details, _ := e.number(aDetails)
	switch {
	case directory.EqualFold(e.first(aAccount), "MSOL_AD_Sync_RichCoexistence"):
		return syncAccount
	case details&roleGroupBit > 0:
		return roleGroup
	case prefixed(e.first(aAdmin), "Group_"):
		return optedOut
	case !e.security() && !e.mailEnabled() && !e.has(aProxies):
		return pure
	}
	return ""
}

// cas reports whether a name is CAS_…}, as Exchange's client access servers call their accounts.
func cas(name string) bool { return prefixed(name, "CAS_") && strings.Contains(name, "}") }

// prefixed reports whether s begins with an ASCII prefix, in any case.
func prefixed(s, prefix string) bool {
	return len(s) >= len(prefix) && directory.EqualFold(s[:len(prefix)], prefix)
}
