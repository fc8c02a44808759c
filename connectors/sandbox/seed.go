package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Properties are an object's properties by their Graph names, as values that encoding/json can write. Read-only ones may
// be set too: onPremisesSyncEnabled, proxyAddresses, onPremisesSecurityIdentifier and so on.
type Properties map[string]any

// Extra is what an object has beside its properties.
type Extra struct {
	ID           string    // object id, from the seed when empty
	Licences     []Licence // of a user: direct ones; of a group: what its members inherit
	Roles        []string  // names of directory roles that make a user an administrator, or the members of a group
	Eligible     []string  // names of directory roles that can be activated
	Manager      string    // id
	Members      []string  // ids
	Owners       []string  // ids
	CloudManaged bool      // onPremisesSyncBehavior/isCloudManaged
}

// Licence names a SKU by its part number or id, with the service plans that are off, by name or id.
type Licence struct {
	SKU      string
	Disabled []string
}

// AddUser puts a user into the tenant as if it had been there before, past the rules for requests; only what must be
// unique is checked. What is not given gets a value of the usual form: mailNickname from the user principal name, and
// accountEnabled true. It returns the object's id.
func (t *Tenant) AddUser(p Properties, x Extra) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	o := &object{schema: t.users}
	if err := o.seed(p); err != nil {
		return "", fmt.Errorf("add user: %w", err)
	}
	if o.text("userPrincipalName") == "" {
		return "", fmt.Errorf("add user: userPrincipalName is missing")
	}
	local, _, _ := strings.Cut(o.text("userPrincipalName"), "@")
	if o.raw("mailNickname") == "" {
		o.setText("mailNickname", local)
	}
	if o.raw("displayName") == "" {
		o.setText("displayName", local)
	}
	if o.raw("accountEnabled") == "" {
		o.setTruth("accountEnabled", true)
	}
	if o.raw("userType") == "" {
		o.setText("userType", "Member")
	}
	o.manager = strings.ToLower(x.Manager)
	o.mailbox = mailbox{source: o.texts("proxyAddresses"), mail: o.text("mail")}
	if len(o.mailbox.source) == 0 && o.mailbox.mail != "" {
		t.calculate(o)
	}
	licences, err := t.licences(x.Licences)
	if err == nil {
		err = t.place(o, x)
	}
	if err != nil {
		return "", fmt.Errorf("add user %s: %w", o.text("userPrincipalName"), err)
	}
	t.relicense(o, licences)
	return o.id, nil
}

// AddGroup puts a group into the tenant, likewise; distribution groups and mail-enabled security groups too. Without
// groupTypes, mailEnabled and securityEnabled it is a security group.
func (t *Tenant) AddGroup(p Properties, x Extra) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	o := &object{schema: t.groups}
	if err := o.seed(p); err != nil {
		return "", fmt.Errorf("add group: %w", err)
	}
	name := o.text("displayName")
	if name == "" {
		return "", fmt.Errorf("add group: displayName is missing")
	}
	if o.raw("mailEnabled") == "" {
		o.setTruth("mailEnabled", o.unified())
	}
	if o.raw("securityEnabled") == "" {
		o.setTruth("securityEnabled", !o.unified())
	}
	if o.raw("mailNickname") == "" {
		o.setText("mailNickname", nicknameOf(name))
	}
	if o.unified() && o.raw("proxyAddresses") == "" {
		t.addressGroup(o)
	}
	members, err := t.byIDs(append(slices.Clone(x.Members), x.Owners...))
	if err != nil {
		return "", fmt.Errorf("add group %s: %w", name, err)
	}
	if o.licences, err = t.licences(x.Licences); err != nil {
		return "", fmt.Errorf("add group %s: %w", name, err)
	}
	if err := t.place(o, x); err != nil {
		return "", fmt.Errorf("add group %s: %w", name, err)
	}
	t.joinAll(o, members[:len(x.Members)], members[len(x.Members):])
	return o.id, nil
}

// joinAll links many members at once.
func (t *Tenant) joinAll(g *object, members, owners []*object) {
	g.members = slices.Clone(members)
	slices.SortFunc(g.members, byID)
	g.members = slices.Compact(g.members)
	for _, m := range g.members {
		m.memberOf, _ = link(m.memberOf, g)
		t.linked(g, "members", m, true)
		if m.isUser() && len(g.licences) > 0 {
			t.inherit(m)
		}
	}
	t.join(g, links{owners: owners})
}

// nicknameOf makes a mail nickname of a display name.
func nicknameOf(name string) string {
	return strings.Map(func(r rune) rune {
		if nicknameForm.MatchString(string(r)) {
			return r
		}
		return -1
	}, name)
}

// seed stores properties of any access.
func (o *object) seed(p Properties) error {
	names := make([]string, 0, len(p))
	for n := range p {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		q, ok := o.schema.property(n)
		if !ok || q.origin != stored {
			return fmt.Errorf("property %s cannot be set", n)
		}
		raw, err := json.Marshal(p[n])
		if err != nil {
			return fmt.Errorf("property %s: %w", n, err)
		}
		v, ok := string(raw), true
		switch {
		case v == "null":
			v = ""
		case q.syntax != objectsSyntax:
			v, ok = q.canonical(raw, o.row.get(q.number))
		}
		if !ok {
			return fmt.Errorf("property %s cannot have the value %s", n, raw)
		}
		o.row.set(q.number, v)
	}
	return nil
}

// place gives a seeded object its id and files it.
func (t *Tenant) place(o *object, x Extra) error {
	var unknown, none string
	o.roles, unknown = templates(x.Roles)
	if o.eligible, none = templates(x.Eligible); unknown+none != "" {
		return fmt.Errorf("no directory role %q", unknown+none)
	}
	o.cloudManaged = x.CloudManaged
	o.id = strings.ToLower(x.ID)
	if o.id == "" {
		o.id = t.newID()
	} else if !guidForm.MatchString(o.id) {
		return fmt.Errorf("%q is not an object id", x.ID)
	}
	if t.index.byID[o.id] != nil {
		return fmt.Errorf("the id %s is taken", o.id)
	}
	if !o.isContact() && o.raw("createdDateTime") == "" {
		o.setTime("createdDateTime", t.now())
	}
	if h, property := t.index.holder(o); h != nil {
		return conflict(property, h)
	}
	t.admit(o)
	return nil
}

func (t *Tenant) byIDs(ids []string) ([]*object, error) {
	out := make([]*object, len(ids))
	for i, id := range ids {
		o := t.index.byID[strings.ToLower(id)]
		if o == nil {
			return nil, fmt.Errorf("no object %s", id)
		}
		out[i] = o
	}
	return out, nil
}

// licences reads seeded licences; seats are not checked, so that a tenant can be over its limit.
func (t *Tenant) licences(list []Licence) ([]assignment, error) {
	var out []assignment
	for _, l := range list {
		i := slices.IndexFunc(t.skus, func(s *subscription) bool { return strings.EqualFold(s.Name, l.SKU) || strings.EqualFold(s.ID, l.SKU) })
		if i < 0 {
			return nil, fmt.Errorf("no SKU %s in the tenant", l.SKU)
		}
		a := assignment{SKU: t.skus[i].ID, Updated: t.now()}
		for _, d := range l.Disabled {
			j := slices.IndexFunc(t.skus[i].Plans, func(p Plan) bool { return strings.EqualFold(p.Name, d) || strings.EqualFold(p.ID, d) })
			if j < 0 {
				return nil, fmt.Errorf("no service plan %s in %s", d, l.SKU)
			}
			a.Disabled = append(a.Disabled, t.skus[i].Plans[j].ID)
		}
		slices.Sort(a.Disabled)
		out = append(out, a)
	}
	return out, nil
}
