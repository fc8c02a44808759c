package ad

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
)

// kinds selects what coexist reads. Computers and managed service accounts are users too, but of another category.
const kinds = "(|(&(objectCategory=person)(objectClass=user))(objectClass=inetOrgPerson)(objectClass=contact)(objectClass=group))"

// scope is a configured scope as it was found in the directory.
type scope struct {
	Scope
	dn   string // now, as the server spells it
	guid directory.GUID
}

// base names the scope's OU in a search in a way that survives a rename during the read.
func (s scope) base() string { return "<GUID=" + s.guid.String() + ">" }

// objects is the filter for the scope's objects.
func (s scope) objects() string {
	if s.Filter == "" {
		return kinds
	}
	return "(&" + kinds + s.Filter + ")"
}

// guidFilter matches the object with the GUID. Domain controllers take raw bytes here, not the text form.
func guidFilter(g directory.GUID) string {
	var b strings.Builder
	b.WriteString("(objectGUID=")
	for _, x := range g {
		fmt.Fprintf(&b, `\%02x`, x)
	}
	b.WriteByte(')')
	return b.String()
}

// resolve finds every configured scope, by the GUID it had when it was last read, else by its DN. All that are not found
// are reported at once. A scope whose OU was deleted and made again is found by its DN: the configuration names that one.
func (s *session) resolve(scopes []Scope, known map[string]directory.GUID) ([]scope, error) {
	var out []scope
	var absent []error
	for _, want := range scopes {
		op := "find scope " + want.OU
		if err := inDomain(want.OU, s.domain.naming); err != nil {
			absent = append(absent, &fault.Error{Kind: fault.Unreachable, Op: op, Err: err})
			continue
		}
		found, ok, err := s.find(want, known[directory.Fold(want.OU)])
		if err != nil {
			return nil, classify(op, err)
		}
		if !ok {
			absent = append(absent, &fault.Error{Kind: fault.Unreachable, Op: op, Err: errNoScope})
		}
		out = append(out, found)
	}
	if len(absent) == 1 {
		return nil, absent[0]
	}
	return out, errors.Join(absent...)
}

// errNoScope cannot tell which: to those who may not read an object, a domain controller denies that it exists.
var errNoScope = errors.New("it does not exist, or the account may not read it; correct ou:, or grant the account to list and read it")

// find looks for one scope; ok is false when the server shows none.
func (s *session) find(want Scope, known directory.GUID) (found scope, ok bool, err error) {
	bases := []string{want.OU}
	if !known.IsZero() {
		bases = []string{scope{guid: known}.base(), want.OU}
	}
	for _, base := range bases {
		entry, dn, shown, err := s.object(base, directory.AttrObjectGUID)
		if err != nil {
			return scope{}, false, err
		}
		if raw := entry["objectguid"]; shown && len(raw) == 1 {
			guid, ok := directory.GUIDFromBytes([]byte(raw[0]))
			if !ok {
				return scope{}, false, errors.New("its objectGUID is not a GUID")
			}
			return scope{Scope: want, dn: dn, guid: guid}, true, nil
		}
	}
	return scope{}, false, nil
}

// inDomain refuses a scope that another domain's controllers would have to answer for.
func inDomain(ou, naming string) error {
	child, err := ldap.ParseDN(ou)
	if err != nil {
		return err
	}
	root, err := ldap.ParseDN(naming)
	if err != nil {
		return err
	}
	if !root.EqualFold(child) && !root.AncestorOfFold(child) {
		return fmt.Errorf("it lies outside %s, the domain of this server; configure each domain as a directory of its own", naming)
	}
	return nil
}
