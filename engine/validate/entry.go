package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/ldapvalue"
)

// slot is the place of an attribute that checks read.
type slot uint8

const (
	aUPN slot = iota
	aMail
	aNickname
	aProxies
	aTarget
	aDisplayName
	aGivenName
	aSurname
	aAccount
	aCN
	aControl
	aDetails
	aRemote
	aDisplay
	aMailbox
	aCritical
	aAdmin
	aGroupType
	aMember
	aOwner
	aConsistency
	aHidden
	aCountry
	aPhoto
	aCertificate
	aSMIME
	aDN
	slots
)

var slotNames = [slots]string{"userPrincipalName", "mail", "mailNickname", "proxyAddresses", "targetAddress", "displayName", "givenName",
	"sn", "sAMAccountName", "cn", "userAccountControl", "msExchRecipientTypeDetails", "msExchRemoteRecipientType",
	"msExchRecipientDisplayType", "msExchMailboxGuid", "isCriticalSystemObject", "adminDescription", "groupType", "member", "managedBy",
	"mS-DS-ConsistencyGuid", "msExchHideFromAddressLists", "c", "thumbnailPhoto", "userCertificate", "userSMIMECertificate", "distinguishedName"}

// trimmed lists the attributes that flow as text and have no check of white space of their own.
const trimmed = " mail givenname sn initials title department company c co l st streetaddress postalcode postofficebox " +
	"physicaldeliveryofficename telephonenumber mobile pager homephone facsimiletelephonenumber ipphone info url wwwhomepage " +
	"description employeeid employeetype preferredlanguage extensionattribute1 extensionattribute2 extensionattribute3 " +
	"extensionattribute4 extensionattribute5 extensionattribute6 extensionattribute7 extensionattribute8 extensionattribute9 " +
	"extensionattribute10 extensionattribute11 extensionattribute12 extensionattribute13 extensionattribute14 extensionattribute15 "

// layout says what each attribute of a schema is to the checks.
type layout struct {
	slots    []slot // by number; slots for none
	exchange []bool // Exchange's own attributes
	trimmed  []bool
	names    []string
}

func newLayout(s *directory.Schema) *layout {
	names := s.Names()
	l := &layout{make([]slot, len(names)), make([]bool, len(names)), make([]bool, len(names)), names}
	at := map[string]slot{}
	for i, n := range slotNames {
		at[directory.Fold(n)] = slot(i)
	}
	for n, name := range names {
		f := directory.Fold(name)
		l.slots[n] = slots
		if i, ok := at[f]; ok {
			l.slots[n] = i
		}
		l.exchange[n] = strings.HasPrefix(f, "msexch")
		l.trimmed[n] = strings.Contains(trimmed, " "+f+" ")
	}
	return l
}

// entry is one object, unpacked. It is reused from object to object, so that nothing of it may be kept but the values.
type entry struct {
	layout   *layout
	i        int
	object   directory.Object
	values   [slots][]string
	exchange string // an attribute of Exchange that it has
	edges    []edge
}

// edge is a value that begins or ends with white space.
type edge struct{ attribute, value string }

// load unpacks an object.
func (e *entry) load(i int, o directory.Object) {
	e.i, e.object, e.exchange, e.edges = i, o, "", e.edges[:0]
	for k := range e.values {
		e.values[k] = e.values[k][:0]
	}
	for at, v := range o.All() {
		n := at.Attribute
		if s := e.layout.slots[n]; s != slots {
			e.values[s] = append(e.values[s], v)
		}
		if e.layout.exchange[n] && (e.exchange == "" || e.layout.names[n] < e.exchange) {
			e.exchange = e.layout.names[n]
		}
		if e.layout.trimmed[n] && spaced(v) {
			e.edges = append(e.edges, edge{e.layout.names[n], v})
		}
	}
}

// spaced reports whether a text begins or ends with white space.
func spaced(s string) bool {
	if s == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(first) || unicode.IsSpace(last)
}

// first gives the first value of an attribute, "" when there is none.
func (e *entry) first(s slot) string {
	if len(e.values[s]) == 0 {
		return ""
	}
	return e.values[s][0]
}

func (e *entry) has(s slot) bool { return len(e.values[s]) > 0 }

// number gives an integer; ok is false when it has none, or one that is no integer.
func (e *entry) number(s slot) (int64, bool) {
	if !e.has(s) {
		return 0, false
	}
	n, err := ldapvalue.Int(e.first(s))
	return n, err == nil
}

// name gives what people call the object.
func (e *entry) name() string {
	for _, s := range []slot{aDisplayName, aCN, aAccount} {
		if v := strings.TrimSpace(e.first(s)); v != "" {
			return v
		}
	}
	return e.first(aDN)
}

// primary gives the primary SMTP address as the cloud calculates it, folded: the SMTP: value, else mail where there are no
// other addresses; "" for none.
func (e *entry) primary() string {
	others := false
	for _, v := range e.values[aProxies] {
		a := parseAddress(v)
		if a.scheme == "smtp" && a.primary {
			return directory.Fold(strings.TrimSpace(a.rest))
		}
		others = others || a.scheme == "smtp"
	}
	if others {
		return ""
	}
	return directory.Fold(strings.TrimSpace(e.first(aMail)))
}

// security reports whether a group is a security group: the sign bit of groupType.
func (e *entry) security() bool {
	n, _ := e.number(aGroupType)
	return n < 0 || n&0x80000000 != 0
}

// mailEnabled reports whether the cloud makes a mail recipient of a group or contact. With proxy addresses one of them
// must be SMTP, else mail decides. Source: "Understanding Users, Groups, and Contacts".
func (e *entry) mailEnabled() bool {
	for _, v := range e.values[aProxies] {
		if a := parseAddress(v); a.scheme == "smtp" && strings.Contains(a.rest, "@") {
			return true
		}
	}
	return len(e.values[aProxies]) == 0 && strings.Contains(e.first(aMail), "@")
}

// held yields the addresses that must be the object's alone, folded, with the attribute that each stands in: what the
// cloud makes addresses of, whichever attribute it comes from.
func (e *entry) held(yield func(attribute, address string)) {
	for _, v := range e.values[aProxies] {
		if a := parseAddress(v); a.mailbox() {
			yield(slotNames[aProxies], key(a.rest))
		}
	}
	yield(slotNames[aMail], key(e.first(aMail)))
	if e.object.Kind != directory.Group && e.has(aTarget) {
		if a := parseAddress(e.first(aTarget)); a.scheme == "smtp" || a.scheme == "" {
			yield(slotNames[aTarget], key(a.rest))
		}
	}
	if e.object.Kind == directory.User {
		yield(slotNames[aUPN], key(e.first(aUPN)))
	}
}

// key brings an address to the form in which addresses are compared; "" for what is none.
func key(v string) string {
	v = strings.TrimSpace(v)
	if !strings.Contains(v, "@") {
		return ""
	}
	return directory.Fold(v)
}
