package sandbox

import (
	"strings"
)

// syntax is the JSON form of a property.
type syntax uint8

const (
	textSyntax syntax = iota
	truthSyntax
	timeSyntax
	textsSyntax
	guidSyntax
	objectSyntax  // a complex value
	objectsSyntax // a collection of complex values
)

// writability is when a property may be written.
type writability uint8

const (
	readOnly writability = iota
	onCreate
	always
)

// gate says which operators of $filter a property takes: plain ones without further ado, advanced ones only with
// ConsistencyLevel: eventual and $count=true.
type gate uint8

const (
	noFilter     gate = iota
	eqFilter          // eq, in; advanced: ne, not, eq null
	textFilter        // eq, in, startsWith; advanced: ne, not, endsWith, eq null
	rangeFilter       // eq, in, ge, le; advanced: ne, not, eq null
	truthFilter       // eq; advanced: ne, not
	anyFilter         // any with eq and startsWith; advanced: the rest
	lateFilter        // whatever it takes, advanced only
	elementGuard      // any over complex elements with eq
)

// origin says where a property's value comes from: stored in the object's row, or made from links and licences.
type origin uint8

const (
	stored origin = iota
	fromID
	fromDeletion
	fromLicences
	fromLicenceStates
	fromIdentity
	fromSID
	fromMembers    // licence errors of a group's members
	fromSharePoint // answered by another service: 501 in lists
	unmodelled     // exists in Graph; the rehearsal tenant says 501
)

// property is one row of a resource's table.
type property struct {
	name      string
	syntax    syntax
	unset     string // JSON of the property without a value
	listed    bool   // in the default property set
	access    writability
	limit     int  // characters, 0 for no limit known
	mandatory bool // needed to create; cannot be cleared
	cloud     bool // may be written on objects that on-premises masters
	guarded   bool // sensitive on administrators
	exact     bool // compares with regard to case
	gate      gate
	origin    origin

	number int
	key    string // `,"name":`
}

// schema is a resource type: its properties by number.
type schema struct {
	resource string // as error texts spell it: User, Group
	entity   string // as @odata.type spells it
	set      string // as @odata.context spells it
	list     []property
	byName   map[string]int
	standard []int // the default property set in order
}

func newSchema(resource, entity, set string, list []property) *schema {
	s := &schema{resource: resource, entity: entity, set: set, list: list, byName: make(map[string]int, len(list))}
	for i := range list {
		p := &list[i]
		p.number, p.key = i, `,"`+p.name+`":`
		if p.unset == "" {
			p.unset = "null"
			if p.syntax == textsSyntax || p.syntax == objectsSyntax {
				p.unset = "[]"
			}
		}
		s.byName[strings.ToLower(p.name)] = i
		if p.listed {
			s.standard = append(s.standard, i)
		}
	}
	return s
}

// property finds a property by its name in any case; names of directory objects are case-insensitive in Graph.
func (s *schema) property(name string) (*property, bool) {
	if i, ok := s.byName[name]; ok {
		return &s.list[i], true
	}
	i, ok := s.byName[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	return &s.list[i], true
}

// must finds a property that the code itself names.
func (s *schema) must(name string) *property {
	p, ok := s.property(name)
	if !ok {
		panic("sandbox: no property " + name + " of " + s.resource)
	}
	return p
}

// extensionNames are the members of onPremisesExtensionAttributes in the order in which Graph writes them.
func extensionNames() []string {
	return []string{"extensionAttribute1", "extensionAttribute2", "extensionAttribute3", "extensionAttribute4", "extensionAttribute5",
		"extensionAttribute6", "extensionAttribute7", "extensionAttribute8", "extensionAttribute9", "extensionAttribute10",
		"extensionAttribute11", "extensionAttribute12", "extensionAttribute13", "extensionAttribute14", "extensionAttribute15"}
}

func emptyExtensions() string {
	var b strings.Builder
	for i, n := range extensionNames() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + n + `":null`)
	}
	return "{" + b.String() + "}"
}
