package ad

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
)

// Controls and capabilities of [MS-ADTS] 3.1.1.3.4.
const (
	domainScopeOID  = "1.2.840.113556.1.4.1339" // no search continuations
	showDeletedOID  = "1.2.840.113556.1.4.417"
	showRecycledOID = "1.2.840.113556.1.4.2064"
	sdFlagsOID      = "1.2.840.113556.1.4.801" // which parts of a security descriptor
	capabilityAD    = "1.2.840.113556.1.4.800"
)

// domain is what a domain controller says of itself and its domain.
type domain struct {
	naming     string // DN of the default naming context
	schema     string // DN of the schema naming context
	host       string
	invocation directory.GUID // zero where the account may not read it
	highestUSN int64
	clock      string   // currentTime, generalized time
	token      []string // raw SIDs that the server granted the session: of the account and of its groups
}

// object reads one object; ok is false when the server has none of that name or does not show it.
func (s *session) object(base string, attributes ...string) (object map[string][]string, dn string, ok bool, err error) {
	_, err = s.conn.Search(ldapwire.Search{Base: base, Filter: "(objectClass=*)", Attributes: attributes}, func(e *ldapwire.Entry) error {
		object, dn, ok = map[string][]string{}, e.DN, true
		for _, a := range e.Attributes {
			object[directory.Fold(a.Name)] = slices.Clone(a.Values)
		}
		return nil
	})
	if absent(err) {
		return nil, "", false, nil
	}
	return object, dn, ok, err
}

// readDomain reads the rootDSE and refuses servers that cannot serve a whole read.
func (s *session) readDomain() (domain, error) {
	root, _, ok, err := s.object("", "defaultNamingContext", "schemaNamingContext", "dnsHostName", "highestCommittedUSN",
		"dsServiceName", "supportedControl", "supportedCapabilities", "isSynchronized", "currentTime", "tokenGroups")
	if err != nil {
		return domain{}, err
	}
	value := func(name string) string { return strings.Join(root[directory.Fold(name)], " ") }
	d := domain{naming: value("defaultNamingContext"), schema: value("schemaNamingContext"), host: value("dnsHostName"),
		clock: value("currentTime"), token: root["tokengroups"]}
	if !ok || !slices.Contains(root["supportedcapabilities"], capabilityAD) || d.naming == "" || d.schema == "" {
		return d, errors.New("the server is not an Active Directory domain controller")
	}
	for _, oid := range []string{ldapwire.PagingOID, domainScopeOID} {
		if !slices.Contains(root["supportedcontrol"], oid) {
			return d, fmt.Errorf("the server lacks the LDAP control %s, without which nothing proves that a read is whole", oid)
		}
	}
	if directory.EqualFold(value("isSynchronized"), "FALSE") {
		return d, errors.New("the domain controller has not finished its first replication; use another one")
	}
	if d.highestUSN, err = strconv.ParseInt(value("highestCommittedUSN"), 10, 64); err != nil {
		return d, fmt.Errorf("highestCommittedUSN %q is not a number", value("highestCommittedUSN"))
	}
	d.invocation, err = s.invocation(value("dsServiceName"))
	return d, err
}

// invocation reads the identity of the domain controller's copy of the database, for which its USNs count.
func (s *session) invocation(service string) (directory.GUID, error) {
	if service == "" {
		return directory.GUID{}, nil
	}
	settings, _, _, err := s.object(service, "invocationId")
	if err != nil || len(settings["invocationid"]) == 0 {
		return directory.GUID{}, err
	}
	g, ok := directory.GUIDFromBytes([]byte(settings["invocationid"][0]))
	if !ok {
		return g, errors.New("invocationId is not a GUID")
	}
	return g, nil
}
