package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/coexistsync/coexist/directory"
)

// user finds a visible user by id or user principal name.
func (t *Tenant) user(key string) (*object, error) {
	o, ok := t.index.byID[strings.ToLower(key)]
	if !ok {
		o, ok = t.index.upn[directory.Fold(key)]
	}
	if !ok || !o.isUser() || !o.live() || t.awaits(o) {
		return nil, notFound(key)
	}
	return o, nil
}

// basic is what User.ReadBasic.All may read.
var basic = []string{"id", "displayname", "givenname", "surname", "mail", "userprincipalname"}

// mayRead checks a selection against the narrowest read permission.
func (r *request) mayRead(full []string) error {
	if r.caller.may(full) {
		return nil
	}
	if r.query.selected == nil || r.query.filter != nil {
		return denied()
	}
	for _, s := range r.query.selected {
		if !slices.Contains(basic, directory.Fold(s)) {
			return denied()
		}
	}
	return nil
}

func (t *Tenant) listUsers(r *request) (answer, error) {
	if err := r.mayRead(readUsers); err != nil {
		return answer{}, err
	}
	expand, err := t.expandManager(r)
	if err != nil {
		return answer{}, err
	}
	return t.list(r, collection{set: "users", objects: t.candidates(r, &t.index.users, t.users), schemas: []*schema{t.users}, expand: expand})
}

// candidates gives the objects to filter: those that an index names, else the whole roster.
func (t *Tenant) candidates(r *request, all *roster, s *schema) []*object {
	if r.query.filter != nil {
		if few, ok := t.narrow(r.query.filter, s); ok {
			return few
		}
	}
	return all.all()
}

func (t *Tenant) countUsers(r *request) (answer, error) {
	return t.count(r, collection{objects: t.candidates(r, &t.index.users, t.users), schemas: []*schema{t.users}})
}

// count answers …/$count, which only the advanced engine knows.
func (t *Tenant) count(r *request, c collection) (answer, error) {
	if !r.query.eventual {
		return answer{}, badRequest("$count is not currently supported.")
	}
	r.query.advanced = true
	keep, err := t.keeper(r, c)
	if err != nil {
		return answer{}, err
	}
	n := 0
	for _, o := range c.objects {
		if keep(o) {
			n++
		}
	}
	return answer{status: 200, body: []byte(itoa(n)), plain: "text/plain"}, nil
}

func (t *Tenant) getUser(r *request) (answer, error) {
	if err := r.mayRead(readUsers); err != nil {
		return answer{}, err
	}
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	s, err := t.users.choose(r.query.selected, false)
	if err != nil {
		return answer{}, err
	}
	expand, err := t.expandManager(r)
	if err != nil {
		return answer{}, err
	}
	a := t.entity(r, o, s)
	if expand != nil {
		a.body = expand(a.body, o)
	}
	return a, nil
}

func (t *Tenant) createUser(r *request) (answer, error) {
	body, err := r.fields()
	if err != nil {
		return answer{}, err
	}
	d := draft{schema: t.users}
	if err := d.apply(body, true); err != nil {
		return answer{}, err
	}
	if err := noAnnotations(body); err != nil {
		return answer{}, err
	}
	if err := d.require(); err != nil {
		return answer{}, err
	}
	if memberOf(body, "passwordProfile") == nil {
		return answer{}, badRequest("A value is required for property 'passwordProfile' of resource 'User'.")
	}
	if err := d.wellFormed(); err != nil {
		return answer{}, err
	}
	o := &object{schema: t.users, row: d.row}
	if err := t.passable(body, o); err != nil {
		return answer{}, err
	}
	if err := t.domainOf(o, ""); err != nil {
		return answer{}, err
	}
	t.setMail(o, o.text("mail"))
	if h, property := t.index.holder(o); h != nil {
		return answer{}, conflict(property, h)
	}
	t.stampNew(o)
	o.setTime("lastPasswordChangeDateTime", t.now())
	o.setTime("signInSessionsValidFromDateTime", t.now())
	if o.raw("userType") == "" {
		o.setText("userType", "Member")
	}
	t.admit(o)
	return t.created(r, o), nil
}

// stampNew gives a new object its id and time of creation.
func (t *Tenant) stampNew(o *object) {
	o.id = t.newID()
	o.setTime("createdDateTime", t.now())
	o.hidden = t.nextLag
	t.replicate(o)
	t.nextLag = nil
}

// noAnnotations refuses annotations such as manager@odata.bind on users, which Graph does not take there.
func noAnnotations(body map[string]json.RawMessage) error {
	for name := range body {
		if i := strings.IndexByte(name, '@'); i > 0 {
			return notModelled("%s in the body of a user", name)
		}
	}
	return nil
}

// passable checks the password of a body, if it holds one: 8 to 256 characters, three of four classes, and not the name
// of the user. Source: Microsoft Entra password policies for cloud accounts.
func (t *Tenant) passable(body map[string]json.RawMessage, o *object) error {
	raw := memberOf(body, "passwordProfile")
	if raw == nil {
		return nil
	}
	var profile struct {
		Password *string `json:"password"`
	}
	if json.Unmarshal(raw, &profile) != nil || profile.Password == nil && o.id == "" {
		return invalidValue("User", "passwordProfile")
	}
	if profile.Password == nil {
		return nil
	}
	p := *profile.Password
	local, _, _ := strings.Cut(o.text("userPrincipalName"), "@")
	classes := 0
	for _, is := range []func(rune) bool{unicode.IsLower, unicode.IsUpper, unicode.IsDigit, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }} {
		if strings.ContainsFunc(p, is) {
			classes++
		}
	}
	n := len([]rune(p))
	if n < 8 || n > 256 || classes < 3 || local != "" && strings.Contains(directory.Fold(p), directory.Fold(local)) {
		return badRequest("The specified password does not comply with password complexity requirements. Please provide a different password.")
	}
	return nil
}

// domainOf checks the domain of the user principal name: verified, and where it is federated, the user needs an immutable
// id. before is the name so far, "" for a new user.
func (t *Tenant) domainOf(o *object, before string) error {
	upn := o.text("userPrincipalName")
	if directory.EqualFold(upn, before) {
		return nil
	}
	_, name, _ := strings.Cut(upn, "@")
	d, ok := t.domain(name)
	if !ok || d.Unverified {
		no := badRequest("Property userPrincipalName is invalid.")
		no.details = []detail{{"InvalidValue", no.message, "userPrincipalName"}}
		return no
	}
	if d.Federated && o.text("onPremisesImmutableId") == "" {
		return badRequest("One or more properties contains invalid values.")
	}
	return nil
}

func (t *Tenant) patchUser(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	body, err := r.fields()
	if err != nil {
		return answer{}, err
	}
	d := draft{schema: t.users, row: o.row.clone()}
	if err := d.apply(body, false); err != nil {
		return answer{}, err
	}
	if err := noAnnotations(body); err != nil {
		return answer{}, err
	}
	if err := t.allowed(r, o, d.names); err != nil {
		return answer{}, err
	}
	if err := d.wellFormed(); err != nil {
		return answer{}, err
	}
	return noContent(), t.updateUser(o, d, body)
}

// allowed checks who may change what of a user: the caller's permissions, administrators, what on-premises and Exchange
// master.
func (t *Tenant) allowed(r *request, o *object, names []string) error {
	if !r.caller.mayPatchUser(names) {
		return denied()
	}
	for _, name := range names {
		p := t.users.must(name)
		switch {
		case o.administrator() && (p.guarded || name == "accountEnabled") && !r.caller.privileged:
			return denied()
		case o.synced() && !p.cloud:
			return mastered()
		case name == "mail" && o.mailbox.enabled,
			name == "onPremisesExtensionAttributes" && o.raw("onPremisesSyncEnabled") == "false":
			return external()
		}
	}
	return nil
}

// updateUser takes a checked draft over, unless a name clashes.
func (t *Tenant) updateUser(o *object, d draft, body map[string]json.RawMessage) error {
	next := *o
	next.row = d.row
	if slices.Contains(d.names, "usageLocation") && next.raw("usageLocation") == "" && o.raw("usageLocation") != "" {
		return invalidValue("User", "usageLocation")
	}
	if err := t.passable(body, &next); err != nil {
		return err
	}
	if err := t.domainOf(&next, o.text("userPrincipalName")); err != nil {
		return err
	}
	if slices.Contains(d.names, "mail") {
		t.setMail(&next, next.text("mail"))
	} else if slices.Contains(d.names, "userPrincipalName") || slices.Contains(d.names, "mailNickname") {
		t.calculate(&next)
	}
	if h, property := t.index.holderBut(&next, o); h != nil {
		return conflict(property, h)
	}
	if memberOf(body, "passwordProfile") != nil {
		next.setTime("lastPasswordChangeDateTime", t.now())
	}
	if slices.Contains(d.names, "usageLocation") {
		next.located = t.now()
	}
	t.note(o)
	t.index.forget(o)
	*o = next
	t.index.file(o)
	return nil
}

func (t *Tenant) deleteUser(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return noContent(), t.deleteObject(r, o)
}

func (t *Tenant) revokeSessions(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	t.note(o)
	o.setTime("signInSessionsValidFromDateTime", t.now())
	return answer{status: 200, body: append(r.context("Edm.Boolean"), `,"value":true}`...)}, nil
}
