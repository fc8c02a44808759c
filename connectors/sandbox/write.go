package sandbox

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// draft is an object under construction: the row that a create or update would leave behind, checked before any of it is
// kept, so that a refused request changes nothing.
type draft struct {
	schema *schema
	row    row
	names  []string // of the properties that the body sets, as the schema spells them, sorted
}

// apply puts the members of a body into the draft. Annotations with @ are left to the caller; creating says that onCreate
// properties may be set.
func (d *draft) apply(body map[string]json.RawMessage, creating bool) error {
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if strings.Contains(name, "@") {
			continue
		}
		p, ok := d.schema.property(name)
		if !ok {
			return badRequest("Invalid property '%s'.", name)
		}
		d.names = append(d.names, p.name)
	}
	slices.Sort(d.names)
	for _, name := range d.names {
		p := d.schema.must(name)
		if err := d.set(p, memberOf(body, name), creating); err != nil {
			return err
		}
	}
	return nil
}

// memberOf finds a member of a body by its name in any case.
func memberOf(body map[string]json.RawMessage, name string) json.RawMessage {
	if v, ok := body[name]; ok {
		return v
	}
	for k, v := range body {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// set checks one value and keeps it in the form in which it is read back.
func (d *draft) set(p *property, raw json.RawMessage, creating bool) error {
	switch {
	case p.origin == unmodelled || p.origin == fromSharePoint:
		return notModelled("writing the property %s of %s", p.name, d.schema.entity)
	case p.access == readOnly, p.access == onCreate && !creating:
		no := badRequest("Property '%s' is read-only and cannot be set.", p.name)
		no.details = []detail{{"ReadOnlyProperty", no.message, p.name}}
		return no
	}
	v, ok := p.canonical(raw, d.row.get(p.number))
	if !ok {
		return invalidValue(d.schema.resource, p.name)
	}
	if v == "" && p.mandatory && !creating {
		return invalidValue(d.schema.resource, p.name)
	}
	d.row.set(p.number, v)
	return nil
}

// require checks that a new object has every mandatory property.
func (d *draft) require() error {
	for i := range d.schema.list {
		p := &d.schema.list[i]
		if p.mandatory && d.row.get(p.number) == "" {
			no := badRequest("A value is required for property '%s' of resource '%s'.", p.name, d.schema.resource)
			no.details = []detail{{"ValueRequired", no.message, p.name}}
			return no
		}
	}
	return nil
}

// canonical checks a JSON value against the property's syntax and limit and gives the text that is stored: "" for null
// and for an empty collection. before is the stored text, into which complex values are merged.
func (p *property) canonical(raw json.RawMessage, before string) (string, bool) {
	text := strings.TrimSpace(string(raw))
	if text == "null" {
		return "", p.syntax != textsSyntax
	}
	switch p.syntax {
	case truthSyntax:
		return text, text == "true" || text == "false"
	case timeSyntax:
		at, err := time.Parse(time.RFC3339, unquote(text))
		return quote(stamp(at)), err == nil
	case textsSyntax:
		return p.canonicalTexts(raw)
	case objectSyntax:
		return p.canonicalObject(raw, before)
	}
	var s string
	if len(text) == 0 || text[0] != '"' || json.Unmarshal(raw, &s) != nil || !p.fits(s) {
		return "", false
	}
	return quote(s), true
}

func (p *property) fits(s string) bool {
	return s != "" && (p.limit == 0 || utf8.RuneCountInString(s) <= p.limit)
}

func (p *property) canonicalTexts(raw json.RawMessage) (string, bool) {
	var list []*string
	if json.Unmarshal(raw, &list) != nil || p.name == "businessPhones" && len(list) > 1 || p.name == "otherMails" && len(list) > 250 {
		return "", false
	}
	if len(list) == 0 {
		return "", true
	}
	b := []byte{'['}
	for i, s := range list {
		if s == nil || !p.fits(*s) || p.name == "otherMails" && !ascii(*s) {
			return "", false
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, *s)
	}
	return string(append(b, ']')), true
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// members gives the members of a complex property in the order in which they are written.
func (p *property) members() []string {
	switch p.name {
	case "onPremisesExtensionAttributes":
		return extensionNames()
	case "employeeOrgData":
		return []string{"division", "costCenter"}
	case "passwordProfile":
		return []string{"password", "forceChangePasswordNextSignIn", "forceChangePasswordNextSignInWithMfa"}
	}
	return nil
}

// canonicalObject merges a complex value into the stored one. A password is checked elsewhere and never stored.
func (p *property) canonicalObject(raw json.RawMessage, before string) (string, bool) {
	var given, kept map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil {
		return "", false
	}
	if before != "" && json.Unmarshal([]byte(before), &kept) != nil {
		return "", false
	}
	for name := range given {
		if !slices.ContainsFunc(p.members(), func(m string) bool { return strings.EqualFold(m, name) }) && !strings.HasPrefix(name, "@") {
			return "", false
		}
	}
	b := []byte{'{'}
	for i, name := range p.members() {
		v := memberOf(given, name)
		if v == nil {
			v = kept[name]
		}
		text, ok := p.member(name, v)
		if !ok {
			return "", false
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(appendQuoted(b, name), ':'), text...)
	}
	if s := string(append(b, '}')); s != p.unset {
		return s, true
	}
	return "", true
}

// member checks one member of a complex value.
func (p *property) member(name string, v json.RawMessage) (string, bool) {
	text := strings.TrimSpace(string(v))
	switch {
	case text == "" && strings.HasPrefix(name, "force"):
		return "false", true
	case text == "" || text == "null" || text == `""`:
		return "null", true
	case strings.HasPrefix(name, "force"):
		return text, text == "true" || text == "false"
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return "", false
	}
	if name == "password" {
		return "null", true
	}
	return quote(s), p.fits(s)
}

// upnForm is what a user principal name may hold before the @ and after it. Source: resource user, userPrincipalName.
var upnForm = regexp.MustCompile(`^[A-Za-z0-9'.\-_!#^~]{1,64}@[A-Za-z0-9.\-]{1,48}$`)

// nicknameForm is the characters of a mail nickname: ASCII without @ ( ) \ [ ] " ; : < > , and space.
var nicknameForm = regexp.MustCompile(`^[!#$%&'*+\-./0-9=?A-Z^_` + "`" + `a-z{|}~]+$`)

// wellFormed checks what the form of a value decides: user principal name, nickname, usage location, immutable id.
func (d *draft) wellFormed() error {
	for _, name := range d.names {
		v := unquote(d.row.get(d.schema.must(name).number))
		if v == "" {
			continue
		}
		ok := true
		switch name {
		case "userPrincipalName":
			local, _, _ := strings.Cut(v, "@")
			ok = upnForm.MatchString(v) && !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !strings.Contains(local, "..")
		case "mailNickname":
			ok = nicknameForm.MatchString(v)
		case "usageLocation":
			ok = len(v) == 2 && strings.ToUpper(v) == v && ascii(v)
		case "onPremisesImmutableId":
			ok = !strings.ContainsAny(v, "$_")
		case "mail":
			local, domain, found := strings.Cut(v, "@")
			ok = found && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(v, " \t<>()[]\",;:\\") && ascii(v)
		case "userType":
			ok = v == "Member" || v == "Guest"
		case "visibility":
			ok = v == "Public" || v == "Private" || v == "HiddenMembership"
		}
		if !ok {
			return invalidValue(d.schema.resource, name)
		}
	}
	return nil
}
