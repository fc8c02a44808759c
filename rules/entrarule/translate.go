package entrarule

import (
	"regexp"
	"strconv"
	"strings"
)

// attribute is what a property of users is in conditions.
type attribute struct {
	name   string // as policies spell it; "" for one that has no counterpart
	kind   valueKind
	reason string // why there is no counterpart
}

// properties of users, by folded name. The names of the directory are those of Entra Connect's attribute flow:
// https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-sync-attributes-synchronized
var properties = map[string]attribute{
	"accountenabled":               {"enabled", truthValue, ""},
	"city":                         {name: "l"},
	"country":                      {name: "co"},
	"companyname":                  {name: "company"},
	"department":                   {name: "department"},
	"displayname":                  {name: "displayName"},
	"employeeid":                   {name: "employeeID"},
	"facsimiletelephonenumber":     {name: "facsimileTelephoneNumber"},
	"givenname":                    {name: "givenName"},
	"jobtitle":                     {name: "title"},
	"mail":                         {name: "mail"},
	"mailnickname":                 {name: "mailNickname"},
	"mobile":                       {name: "mobile"},
	"onpremisesdistinguishedname":  {name: "distinguishedName"},
	"onpremisessecurityidentifier": {name: "sid"},
	"physicaldeliveryofficename":   {name: "physicalDeliveryOfficeName"},
	"postalcode":                   {name: "postalCode"},
	"preferredlanguage":            {name: "preferredLanguage"},
	"proxyaddresses":               {"proxyAddresses", listValue, ""},
	"state":                        {name: "st"},
	"streetaddress":                {name: "streetAddress"},
	"surname":                      {name: "sn"},
	"telephonenumber":              {name: "telephoneNumber"},
	"usagelocation":                {name: "msExchUsageLocation"},
	"userprincipalname":            {name: "userPrincipalName"},

	"assignedplans":    {reason: "licences are what policies decide; ask decided(\"licenses\") in a later decision"},
	"dirsyncenabled":   {reason: "every object of the directory is one that is synchronised; leave the part out"},
	"employeehiredate": {reason: "Active Directory has no attribute for it; declare the one that your directory keeps it in, and use ageDays() or daysUntil()"},
	"objectid":         {reason: "it is an id of the cloud; name the object by user.guid or user.sAMAccountName"},
	"othermails":       {reason: "Entra Connect does not flow it from the directory"},
	"passwordpolicies": {reason: "it is set in the cloud; hasFlag(user.userAccountControl, \"DONT_EXPIRE_PASSWORD\") is the directory's own flag"},
	"sipproxyaddress":  {reason: "the cloud makes it; look for sip: in user.proxyAddresses"},
	"usertype":         {reason: "users of the directory are members, and guests do not come from it; leave the part out"},
}

var extensionAttribute = regexp.MustCompile(`^extensionattribute([1-9]|1[0-5])$`)

// translator writes conditions.
type translator struct {
	*parser
	Options
	item *attribute // of -any and -all, nil outside of them
}

// condition gives a part of a rule as a condition, "" after a problem.
func (t *translator) condition(n *node) string {
	switch n.operator {
	case "and", "or":
		sign := map[string]string{"and": " && ", "or": " || "}[n.operator]
		var out []string
		for _, x := range n.parts {
			s := t.condition(x)
			if n.operator == "and" && (x.operator == "or" || strings.Contains(s, " || ") && x.operator == "any") {
				s = "(" + s + ")"
			}
			out = append(out, s)
		}
		return strings.Join(out, sign)
	case "not":
		return negate(t.condition(n.parts[0]))
	case "directReports":
		dn, ok := lookup(t.People, n.value.text)
		if !ok {
			t.problem(n.value.from, n.value.to, "this id of the cloud means nothing to the directory; say whose it is with --person ID=DN")
		}
		return "user.manager == " + strconv.Quote(dn)
	case "any", "all":
		return t.collection(n)
	}
	return t.comparison(n)
}

// lookup finds an id in any case.
func lookup(names map[string]string, id string) (string, bool) {
	for k, v := range names {
		if strings.EqualFold(k, strings.TrimSpace(id)) {
			return v, v != ""
		}
	}
	return "", false
}

// negate negates a condition.
func negate(s string) string {
	if rest, ok := strings.CutPrefix(s, "!"); ok && single(rest) {
		return rest
	}
	if single(s) {
		return "!" + s
	}
	return "!(" + s + ")"
}

// single reports whether a condition is one term, to which ! can be put: a name, or a call to its closing parenthesis.
func single(s string) bool {
	depth, quote := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote && c == '\\':
			i++
		case c == '"':
			quote = !quote
		case quote:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == ' ' || c == '!'):
			return false
		}
	}
	return s != ""
}

// property finds what a name means; ok is false after a problem.
func (t *translator) property(n *node) (attribute, bool) {
	to := n.from + len([]rune(n.property))
	if n.property == "_" {
		if t.item == nil {
			t.problem(n.from, to, "_ means an item, and stands within -any or -all")
			return attribute{}, false
		}
		return attribute{name: "#"}, true
	}
	root, name, _ := strings.Cut(n.property, ".")
	folded := strings.ToLower(name)
	switch {
	case strings.EqualFold(root, "device"):
		t.problem(n.from, to, "policies decide about users, contacts and groups; devices are no matter of theirs")
	case !strings.EqualFold(root, "user") || name == "":
		t.problem(n.from, to, "it is no property of users")
	case extensionAttribute.MatchString(folded):
		return attribute{name: "extensionAttribute" + folded[len("extensionattribute"):]}, true
	case strings.HasPrefix(folded, "extension_"):
		t.problem(n.from, to, "a directory extension: declare the attribute it comes from under attributes: of the policy, and write that one")
	default:
		a, known := properties[folded]
		switch {
		case !known:
			t.problem(n.from, to, "it is no property that rules of dynamic groups know")
		case a.name == "":
			t.problem(n.from, to, "%s", a.reason)
		default:
			return a, true
		}
	}
	return attribute{}, false
}

// read gives an attribute as it stands in a condition.
func (a attribute) read() string {
	if a.name == "#" {
		return a.name
	}
	return "user." + a.name
}

// comparison translates a property with an operator and a value.
func (t *translator) comparison(n *node) string {
	if strings.EqualFold(n.property, "user.objectId") && n.operator == "ne" && n.value.kind == nullValue {
		return `user.class == "user"` // Microsoft's rule for all users
	}
	a, ok := t.property(n)
	if !ok {
		return ""
	}
	positive, negative := strings.CutPrefix(n.operator, "not")
	if n.operator == "ne" {
		positive, negative = "eq", true
	}
	if n.value.kind == nullValue {
		return t.null(n, a, positive, negative)
	}
	if a.kind == listValue {
		if negative {
			t.problem(n.from, n.to, "a list can be held against it in two ways; write -any or -all with _")
			return ""
		}
		return "any(" + a.read() + ", " + t.simple(n, attribute{name: "#"}, positive, false) + ")"
	}
	return t.simple(n, a, positive, negative)
}

// null translates a comparison with null.
func (t *translator) null(n *node, a attribute, positive string, negative bool) string {
	switch {
	case positive != "eq":
		t.problem(n.from, n.to, "only -eq and -ne compare with null")
	case a.kind == truthValue:
		t.problem(n.from, n.to, "it is true or false, and never null")
	case a.name == "#":
		t.problem(n.from, n.to, "an item of a list is never null")
	case negative:
		return "has(" + a.read() + ")"
	}
	return "!has(" + a.read() + ")"
}

// simple translates a comparison of one value.
func (t *translator) simple(n *node, a attribute, operator string, negative bool) string {
	v := n.value
	if a.kind == truthValue {
		if operator != "eq" || v.kind != truthValue {
			t.problem(n.from, n.to, "it is true or false, which is asked by -eq or -ne")
			return ""
		}
		if (v.text == "true") == negative {
			return "!" + a.read()
		}
		return a.read()
	}
	if operator == "in" {
		return t.among(n, a, negative)
	}
	if v.kind == listValue {
		t.problem(v.from, v.to, "a list goes with -in and -notIn")
		return ""
	}
	if v.kind == wordValue && strings.HasPrefix(strings.ToLower(v.text), "system.") {
		t.problem(v.from, v.to, "it is compared with an instant, and this property is a text")
		return ""
	}
	value := strconv.Quote(v.text)
	sign := map[string]string{"eq": "==", "startswith": "startsWith", "endswith": "endsWith", "contains": "contains", "match": "matches"}[operator]
	switch {
	case sign == "":
		t.problem(n.from, n.to, "-%s compares instants, and this property is a text", n.operator)
		return ""
	case operator == "match":
		if _, err := regexp.Compile(v.text); err != nil {
			t.problem(v.from, v.to, "the pattern is none that RE2 understands: %v", err)
			return ""
		}
	case operator == "eq" && negative:
		return a.read() + " != " + value
	}
	if negative {
		return "!(" + a.read() + " " + sign + " " + value + ")"
	}
	return a.read() + " " + sign + " " + value
}

// among translates -in and -notIn. null in the list means that the attribute is absent.
func (t *translator) among(n *node, a attribute, negative bool) string {
	v := n.value
	if v.kind != listValue {
		v = value{kind: listValue, list: []value{v}, from: v.from, to: v.to}
	}
	if len(v.list) == 0 {
		t.problem(v.from, v.to, "the list is empty")
		return ""
	}
	var items []string
	for _, x := range v.list {
		if x.kind != textValue && x.kind != wordValue {
			t.problem(x.from, x.to, "a list holds texts; compare with null by -eq")
			continue
		}
		items = append(items, strconv.Quote(x.text))
	}
	operator := " in "
	if negative {
		operator = " not in "
	}
	return a.read() + operator + "[" + strings.Join(items, ", ") + "]"
}

// collection translates -any and -all.
func (t *translator) collection(n *node) string {
	root, name, _ := strings.Cut(n.property, ".")
	if strings.EqualFold(name, "memberOf") && strings.EqualFold(root, "user") {
		return t.membership(n)
	}
	a, ok := t.property(n)
	if !ok {
		return ""
	}
	inner := n.parts[0]
	switch {
	case t.item != nil:
		t.problem(n.from, n.to, "-any and -all do not stand within each other")
		return ""
	case a.kind != listValue:
		t.problem(n.from, n.to, "the property has one value; compare it without -%s", n.operator)
		return ""
	case inner.property == "_" && inner.operator == "eq" && inner.value.kind == nullValue && n.operator == "all":
		return "!has(" + a.read() + ")"
	}
	t.item = &a
	defer func() { t.item = nil }()
	if other := notItem(inner); other != nil {
		t.problem(other.from, other.to, "within -%s only _ can be compared", n.operator)
		return ""
	}
	return n.operator + "(" + a.read() + ", " + t.condition(inner) + ")"
}

// notItem finds a comparison that is not about the item of a collection.
func notItem(n *node) *node {
	if len(n.parts) == 0 && n.property != "_" {
		return n
	}
	for _, x := range n.parts {
		if found := notItem(x); found != nil {
			return found
		}
	}
	return nil
}

// membership translates user.memberOf -any (group.objectId -in [...]). Entra ID looks at direct members only.
//
// Source: https://learn.microsoft.com/entra/identity/users/groups-dynamic-rule-member-of
func (t *translator) membership(n *node) string {
	inner := n.parts[0]
	if n.operator != "any" || !strings.EqualFold(inner.property, "group.objectId") || inner.operator != "in" && inner.operator != "eq" || len(inner.parts) > 0 {
		t.problem(n.from, n.to, "expected user.memberOf -any (group.objectId -in ['ID', …])")
		return ""
	}
	list := inner.value.list
	if inner.value.kind != listValue {
		list = []value{inner.value}
	}
	if len(list) == 0 {
		t.problem(inner.value.from, inner.value.to, "the list is empty")
	}
	var out []string
	for _, id := range list {
		name, ok := lookup(t.Groups, id.text)
		if !ok {
			t.problem(id.from, id.to, "this id of the cloud means nothing to the directory; say which group it is with --group ID=NAME")
			continue
		}
		out = append(out, "directMemberOf("+strconv.Quote(name)+")")
	}
	return strings.Join(out, " || ")
}
