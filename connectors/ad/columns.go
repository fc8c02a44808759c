package ad

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/connectors/ad/ldapwire"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
)

var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// columns are the attributes that one import reads.
type columns struct {
	asked   []string // as asked, folded duplicates left out, sorted
	names   []string // those to request: the schema has them, spelled so; the DN comes with the entry unasked
	missing []string // those that it lacks, as asked
	binary  map[string]bool
}

// ask gathers the attributes to read.
func ask(more []string) (columns, error) {
	c := columns{binary: map[string]bool{}}
	for _, name := range slices.Concat(directory.Essential(), more) {
		if !attributeName.MatchString(name) {
			return c, &fault.Error{Kind: fault.Invalid, Op: "read attributes", Err: fmt.Errorf("%q is not the name of an attribute", name)}
		}
		c.asked = append(c.asked, name)
	}
	slices.SortStableFunc(c.asked, func(a, b string) int { return strings.Compare(directory.Fold(a), directory.Fold(b)) })
	c.asked = slices.CompactFunc(c.asked, directory.EqualFold)
	return c, nil
}

// readSchema divides the asked attributes into those that the directory's schema has and those that it lacks, as it does
// where it was never extended for Exchange.
func (s *session) readSchema(c *columns, pageSize int) error {
	var filter strings.Builder
	filter.WriteString("(&(objectClass=attributeSchema)(!(isDefunct=TRUE))(|")
	for _, name := range c.asked {
		fmt.Fprintf(&filter, "(lDAPDisplayName=%s)", name)
	}
	filter.WriteString("))")
	q := ldapwire.Search{Base: s.domain.schema, Scope: ldapwire.OneLevel, Filter: filter.String(), Attributes: []string{"lDAPDisplayName"},
		Controls: []ldapwire.Control{{OID: domainScopeOID, Critical: true}}}
	found := map[string]string{}
	err := s.conn.Pages(q, pageSize, func(e *ldapwire.Entry) error {
		for _, a := range e.Attributes {
			if directory.EqualFold(a.Name, "lDAPDisplayName") && len(a.Values) == 1 {
				found[directory.Fold(a.Values[0])] = a.Values[0]
			}
		}
		return nil
	}, nil)
	if err != nil {
		return classify("read the schema at "+s.domain.schema, err)
	}
	for _, name := range c.asked {
		spelled, ok := found[directory.Fold(name)]
		switch {
		case !ok:
			c.missing = append(c.missing, name)
			continue
		case spelled == directory.AttrDN:
			continue
		}
		c.names = append(c.names, spelled)
		c.binary[spelled] = directory.SyntaxOf(spelled) == directory.Binary
	}
	return c.checkBasics(s.domain.schema)
}

// checkBasics refuses a schema without the attributes that every Active Directory has: then it was not readable.
func (c *columns) checkBasics(schema string) error {
	for _, name := range []string{directory.AttrObjectGUID, directory.AttrObjectClass, directory.AttrMember} {
		if slices.Contains(c.missing, name) {
			return &fault.Error{Kind: fault.Denied, Op: "read the schema at " + schema,
				Err: fmt.Errorf("%s is not there; the account must be able to read the schema", name)}
		}
	}
	return nil
}
