package ldapscript

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// Domain is what the server holds.
type Domain struct {
	Base    string // DN, as DC=contoso,DC=example
	Entries []Entry
	// Schema lists the attributes that exist; nil means directory.Essential and those that the entries have.
	Schema []string
	// MaxValues is how many values of an attribute come at once; 0 means 1500, as Active Directory's MaxValRange.
	MaxValues int
}

// Entry is one object.
type Entry struct {
	DN         string
	Attributes map[string][]string
	// Sent is attributes that the server sends whatever is asked for, under names that may be wrong on purpose.
	Sent map[string][]string
}

// New makes an entry from attributes in pairs: name, value, name, value. A name may stand again for a further value. Unless
// they are given, it has an objectGUID that follows from its DN, uSNChanged 1, and the objectCategory of a person.
func New(dn string, classes []string, pairs ...string) Entry {
	e := Entry{DN: dn, Attributes: map[string][]string{"objectClass": classes}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Attributes[pairs[i]] = append(e.Attributes[pairs[i]], pairs[i+1])
	}
	guid := GUID(dn)
	for name, value := range map[string]string{"objectGUID": string(guid[:]), "uSNChanged": "1", "objectCategory": "person"} {
		if e.Attributes[name] == nil {
			e.Attributes[name] = []string{value}
		}
	}
	return e
}

// GUID gives the objectGUID that New gives to an entry. The server's own invocationId is GUID("invocation").
func GUID(dn string) directory.GUID {
	sum := sha256.Sum256([]byte(dn))
	return directory.GUID(sum[:16])
}

// User makes a user; see New for pairs.
func User(dn string, pairs ...string) Entry {
	return New(dn, []string{"top", "person", "organizationalPerson", "user"}, pairs...)
}

// Contact makes a contact; see New for pairs.
func Contact(dn string, pairs ...string) Entry {
	return New(dn, []string{"top", "person", "organizationalPerson", "contact"}, pairs...)
}

// Group makes a group; see New for pairs.
func Group(dn string, pairs ...string) Entry {
	return New(dn, []string{"top", "group"}, pairs...)
}

// OU makes an organizational unit; see New for pairs.
func OU(dn string, pairs ...string) Entry {
	return New(dn, []string{"top", "organizationalUnit"}, pairs...)
}

// object is an entry ready to be searched: names are folded.
type object struct {
	dn     string
	folded string
	guid   directory.GUID
	names  map[string]string // as spelled, by folded name
	values map[string][]string
	extra  map[string][]string
	sent   map[string][]byte // encoded, by the attributes asked for
}

// index readies the domain's entries, the domain itself and its schema.
func (d Domain) index() (objects, schema []*object) {
	own := GUID("invocation")
	objects = append(objects, ready(New(d.Base, []string{"top", "domain", "domainDNS"}, "objectCategory", "domainDNS", "invocationId", string(own[:]))))
	used := map[string]bool{}
	for _, e := range d.Entries {
		objects = append(objects, ready(e))
		for name := range e.Attributes {
			used[name] = true
		}
	}
	names := d.Schema
	if names == nil {
		for _, name := range directory.Essential() {
			used[name] = true
		}
		names = slices.Sorted(maps.Keys(used))
	}
	for _, name := range names {
		schema = append(schema, ready(New("CN="+name+","+d.schema(), []string{"top", "attributeSchema"}, "lDAPDisplayName", name)))
	}
	return objects, schema
}

func (d Domain) schema() string { return "CN=Schema,CN=Configuration," + d.Base }

func ready(e Entry) *object {
	o := &object{dn: e.DN, folded: directory.Fold(e.DN), names: map[string]string{}, values: map[string][]string{}, extra: e.Sent, sent: map[string][]byte{}}
	for name, values := range e.Attributes {
		o.names[directory.Fold(name)], o.values[directory.Fold(name)] = name, values
	}
	if raw := o.values["objectguid"]; len(raw) == 1 {
		o.guid, _ = directory.GUIDFromBytes([]byte(raw[0]))
	}
	return o
}

// rootDSE is what the server says of itself.
func (d Domain) rootDSE() *object {
	return ready(Entry{Attributes: map[string][]string{
		"objectClass": {"top"}, "defaultNamingContext": {d.Base}, "schemaNamingContext": {d.schema()},
		"dnsHostName": {"dc1." + directory.DomainOfDN(d.Base)}, "highestCommittedUSN": {strconv.Itoa(1000 + len(d.Entries))},
		"dsServiceName": {d.Base}, "currentTime": {"20261122120000.0Z"}, "isSynchronized": {"TRUE"},
		"supportedCapabilities": {"1.2.840.113556.1.4.800"}, "tokenGroups": {Everyone},
		"supportedControl": {pagingOID, showDeletedOID, "1.2.840.113556.1.4.801", "1.2.840.113556.1.4.1339", "1.2.840.113556.1.4.2064"},
	}})
}

// Everyone is the raw SID S-1-1-0, which is all that the server puts into the token of whoever signs in.
const Everyone = "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"

const (
	pagingOID      = "1.2.840.113556.1.4.319"
	showDeletedOID = "1.2.840.113556.1.4.417"
)

// under reports whether the object is at or below a folded DN.
func (o *object) under(dn string) bool { return directory.UnderDN(o.folded, dn) }

// named gives what a folded base names: a DN, or the object with a GUID as <GUID=…>.
func named(base string) match {
	text, ok := strings.CutPrefix(base, "<guid=")
	if !ok {
		return func(o *object) bool { return o.folded == base }
	}
	text = strings.TrimSuffix(text, ">")
	guid, err := directory.ParseGUID(text)
	if raw, hexErr := hex.DecodeString(text); err != nil && hexErr == nil {
		guid, _ = directory.GUIDFromBytes(raw)
	}
	return func(o *object) bool { return o.guid == guid }
}
