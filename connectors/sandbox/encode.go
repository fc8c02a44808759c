package sandbox

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// selection is what an answer holds of each object.
type selection struct {
	properties []*property
	context    string // what follows the set in @odata.context: "" or (a,b)
}

// choose turns $select into a selection; without one it is the default property set. list says that the answer is a
// collection.
func (s *schema) choose(selected []string, list bool) (selection, error) {
	if selected == nil {
		out := selection{properties: make([]*property, len(s.standard))}
		for i, n := range s.standard {
			out.properties[i] = &s.list[n]
		}
		return out, nil
	}
	var out selection
	seen := map[int]bool{}
	for _, name := range selected {
		p, ok := s.property(name)
		switch {
		case !ok:
			return out, refuse(400, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", name, s.entity)
		case p.origin == unmodelled:
			return out, notModelled("the property %s of %s", p.name, s.entity)
		case p.origin == fromSharePoint && list:
			return out, refuse(501, "NotImplemented", "This operation target is not yet supported.")
		case p.origin == fromSharePoint:
			return out, notModelled("the property %s of %s, which SharePoint holds", p.name, s.entity)
		}
		if !seen[p.number] {
			seen[p.number] = true
			out.properties = append(out.properties, p)
		}
	}
	out.context = "(" + strings.Join(selected, ",") + ")"
	return out, nil
}

// appendObject writes one object. typed puts @odata.type first, as collections of mixed types have it.
func (t *Tenant) appendObject(b []byte, o *object, s selection, typed bool) []byte {
	start := len(b)
	if typed {
		b = append(b, `,"@odata.type":"#`...)
		b = append(append(b, o.schema.entity...), '"')
	}
	for _, p := range s.properties {
		b = t.appendValue(append(b, p.key...), o, p)
	}
	if len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{' // in place of the first comma
	return append(b, '}')
}

// appendValue writes the value of one property.
func (t *Tenant) appendValue(b []byte, o *object, p *property) []byte {
	switch p.origin {
	case stored:
		if v := o.row.get(p.number); v != "" {
			return append(b, v...)
		}
	case fromID:
		return append(append(append(b, '"'), o.id...), '"')
	case fromDeletion:
		if !o.live() {
			return appendQuoted(b, stamp(o.deleted))
		}
	case fromLicences:
		if !o.live() {
			break
		}
		return appendLicences(b, o)
	case fromLicenceStates:
		if !o.live() {
			break
		}
		return appendLicenceStates(b, o)
	case fromIdentity:
		b = appendQuoted(append(b, `[{"signInType":"userPrincipalName","issuer":`...), t.initialDomain())
		b = appendQuoted(append(b, `,"issuerAssignedId":`...), o.text("userPrincipalName"))
		return append(b, "}]"...)
	case fromMembers:
		return strconv.AppendBool(b, o.membersInError())
	case fromSID:
		return appendQuoted(b, cloudSID(o.id))
	}
	return append(b, p.unset...)
}

// cloudSID gives the security identifier of a cloud object: S-1-12-1 and the object id as four little-endian numbers in
// .NET's byte order of a GUID.
func cloudSID(id string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 {
		return ""
	}
	var g [16]byte
	binary.LittleEndian.PutUint32(g[0:], binary.BigEndian.Uint32(raw[0:]))
	binary.LittleEndian.PutUint16(g[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(g[6:], binary.BigEndian.Uint16(raw[6:]))
	copy(g[8:], raw[8:])
	s := "S-1-12-1"
	for i := 0; i < 16; i += 4 {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(g[i:])), 10)
	}
	return s
}

// context begins an object with its @odata.context; what follows starts with a comma or closes the object.
func (r *request) context(fragment string) []byte {
	return appendQuoted([]byte(`{"@odata.context":`), r.base+"/v1.0/$metadata#"+fragment)
}

// entity answers with one object.
func (t *Tenant) entity(r *request, o *object, s selection) answer {
	b := r.context(o.schema.set + s.context + "/$entity")
	return answer{status: 200, body: t.closeObject(b, o, s)}
}

// closeObject writes an object's members after what b holds, and closes it.
func (t *Tenant) closeObject(b []byte, o *object, s selection) []byte {
	for _, p := range s.properties {
		b = t.appendValue(append(b, p.key...), o, p)
	}
	return append(b, '}')
}

// created answers 201 with the new object; id comes first, then the default set.
func (t *Tenant) created(r *request, o *object) answer {
	b := append(r.context(o.schema.set+"/$entity"), `,"id":"`+o.id+`"`...)
	for _, n := range o.schema.standard {
		if p := &o.schema.list[n]; p.origin != fromID {
			b = t.appendValue(append(b, p.key...), o, p)
		}
	}
	return answer{status: 201, body: append(b, '}'), header: [][2]string{{"Location",
		r.base + "/v2/" + t.options.ID + "/directoryObjects/" + o.id + "/Microsoft.DirectoryServices." + o.schema.resource}}}
}
