package sandbox

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
)

// group finds a visible group by id.
func (t *Tenant) group(id string) (*object, error) {
	o, ok := t.index.byID[strings.ToLower(id)]
	if !ok || !o.isGroup() || !o.live() || t.awaits(o) {
		return nil, notFound(id)
	}
	return o, nil
}

func (t *Tenant) listGroups(r *request) (answer, error) {
	if err := r.mayRead(readGroups); err != nil {
		return answer{}, err
	}
	if len(r.query.expand) > 0 {
		return answer{}, notModelled("$expand on groups")
	}
	return t.list(r, collection{set: "groups", objects: t.candidates(r, &t.index.groups, t.groups), schemas: []*schema{t.groups}})
}

func (t *Tenant) countGroups(r *request) (answer, error) {
	return t.count(r, collection{objects: t.candidates(r, &t.index.groups, t.groups), schemas: []*schema{t.groups}})
}

func (t *Tenant) getGroup(r *request) (answer, error) {
	o, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return t.answerGroup(r, o)
}

func (t *Tenant) getUniqueGroup(r *request) (answer, error) {
	o, ok := t.index.uniqueName[r.args[0]]
	if !ok || !o.live() || t.awaits(o) {
		return answer{}, notFound(r.args[0])
	}
	return t.answerGroup(r, o)
}

func (t *Tenant) answerGroup(r *request, o *object) (answer, error) {
	if err := r.mayRead(readGroups); err != nil {
		return answer{}, err
	}
	s, err := t.groups.choose(r.query.selected, false)
	if err != nil {
		return answer{}, err
	}
	return t.entity(r, o, s), nil
}

func (t *Tenant) createGroup(r *request) (answer, error) {
	body, err := r.fields()
	if err != nil {
		return answer{}, err
	}
	return t.makeGroup(r, body, "")
}

// makeGroup creates a group, with its alternate key when the request was an upsert.
func (t *Tenant) makeGroup(r *request, body map[string]json.RawMessage, uniqueName string) (answer, error) {
	d := draft{schema: t.groups}
	if err := d.apply(body, true); err != nil {
		return answer{}, err
	}
	if err := d.require(); err != nil {
		return answer{}, err
	}
	if err := d.wellFormed(); err != nil {
		return answer{}, err
	}
	o := &object{schema: t.groups, row: d.row}
	o.setText("uniqueName", uniqueName)
	if err := t.creatable(r, o); err != nil {
		return answer{}, err
	}
	if o.unified() {
		t.addressGroup(o)
	}
	if h, property := t.index.holder(o); h != nil {
		return answer{}, conflict(property, h)
	}
	bound, err := t.binds(body, o)
	if err != nil {
		return answer{}, err
	}
	t.stampNew(o)
	o.setTime("renewedDateTime", t.now())
	t.admit(o)
	t.join(o, bound)
	return t.created(r, o), nil
}

// creatable checks the kind of a new group.
func (t *Tenant) creatable(r *request, o *object) error {
	for _, k := range o.texts("groupTypes") {
		if k != "Unified" && k != "DynamicMembership" {
			return invalidValue("Group", "groupTypes")
		}
	}
	switch {
	case o.exchangeGroup():
		return badRequest("Cannot Create a mail-enabled security groups and or distribution list")
	case !o.unified() && !o.truth("securityEnabled"), o.unified() && !o.truth("mailEnabled"):
		return badRequest("One or more properties contains invalid values.")
	case o.dynamic() && (o.raw("membershipRule") == "" || o.raw("membershipRuleProcessingState") == ""):
		return badRequest("A value is required for property 'membershipRule' of resource 'Group'.")
	case o.truth("isAssignableToRole") && !r.caller.has("RoleManagement.ReadWrite.Directory"):
		return denied()
	}
	return nil
}

// addressGroup gives a Microsoft 365 group its addresses.
func (t *Tenant) addressGroup(o *object) {
	nick := o.text("mailNickname")
	list := []string{"SMTP:" + nick + "@" + t.defaultDomain()}
	if t.defaultDomain() != t.initialDomain() {
		list = append(list, "smtp:"+nick+"@"+t.initialDomain())
	}
	o.setTexts("proxyAddresses", list)
	o.setText("mail", nick+"@"+t.defaultDomain())
}

func (t *Tenant) patchGroup(r *request) (answer, error) {
	o, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	body, err := r.fields()
	if err != nil {
		return answer{}, err
	}
	return noContent(), t.updateGroup(r, o, body)
}

// upsertGroup is PATCH by the alternate key: with Prefer: create-if-missing it creates what is not there.
func (t *Tenant) upsertGroup(r *request) (answer, error) {
	body, err := r.fields()
	if err != nil {
		return answer{}, err
	}
	key := r.args[0]
	if o, ok := t.index.uniqueName[key]; ok && o.live() && !t.awaits(o) {
		return noContent(), t.updateGroup(r, o, body)
	}
	if !r.prefers("create-if-missing") {
		return answer{}, notFound(key)
	}
	return t.makeGroup(r, body, key)
}

func (t *Tenant) updateGroup(r *request, o *object, body map[string]json.RawMessage) error {
	d := draft{schema: t.groups, row: o.row.clone()}
	if err := d.apply(body, false); err != nil {
		return err
	}
	switch {
	case len(d.names) > 0 && !r.caller.may(writeGroups):
		return denied()
	case o.exchangeGroup():
		return exchangeOnly()
	case o.synced() && slices.ContainsFunc(d.names, func(n string) bool { return !t.groups.must(n).cloud }):
		return mastered()
	}
	if err := d.wellFormed(); err != nil {
		return err
	}
	next := *o
	next.row = d.row
	if o.unified() && !directory.EqualFold(next.text("mailNickname"), o.text("mailNickname")) {
		t.addressGroup(&next)
	}
	if h, property := t.index.holderBut(&next, o); h != nil {
		return conflict(property, h)
	}
	bound, err := t.binds(body, o)
	if err != nil {
		return err
	}
	t.note(o)
	t.index.forget(o)
	o.row = next.row
	t.index.file(o)
	t.join(o, bound)
	return nil
}

func (t *Tenant) deleteGroup(r *request) (answer, error) {
	o, err := t.group(r.args[0])
	if err != nil {
		return answer{}, err
	}
	return noContent(), t.deleteObject(r, o)
}

// links is what the binds of a body add to a group.
type links struct{ members, owners []*object }

// maxBinds is how many relationships one request may add.
const maxBinds = 20

// binds reads members@odata.bind and owners@odata.bind and checks every one of them, before any is added.
func (t *Tenant) binds(body map[string]json.RawMessage, o *object) (links, error) {
	var out links
	n := 0
	for _, name := range []string{"members@odata.bind", "owners@odata.bind"} {
		raw := memberOf(body, name)
		if raw == nil {
			continue
		}
		var urls []string
		if json.Unmarshal(raw, &urls) != nil {
			return out, badRequest("Invalid value for '%s'.", name)
		}
		if n += len(urls); n > maxBinds {
			return out, badRequest("The number of relationships in the request exceeds the limit of %d.", maxBinds)
		}
		for _, u := range urls {
			if err := t.bind(&out, o, name, u); err != nil {
				return out, err
			}
		}
	}
	for name := range body {
		if i := strings.IndexByte(name, '@'); i > 0 && !strings.EqualFold(name, "members@odata.bind") && !strings.EqualFold(name, "owners@odata.bind") {
			return out, notModelled("%s in the body of a group", name)
		}
	}
	return out, nil
}

func (t *Tenant) bind(out *links, o *object, name, url string) error {
	m, err := t.resolve(url)
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "members") {
		if err := t.admissible(o, m); err != nil {
			return err
		}
		if _, there := find(o.members, m.id); there || slices.Contains(out.members, m) {
			return alreadyThere("members")
		}
		out.members = append(out.members, m)
		return nil
	}
	if err := t.ownable(o, m, len(out.owners)); err != nil {
		return err
	}
	out.owners = append(out.owners, m)
	return nil
}

func alreadyThere(property string) *refusal {
	return badRequest("One or more added object references already exist for the following modified properties: '%s'.", property)
}

// reference reads the body of a $ref request.
func (t *Tenant) reference(r *request) (*object, error) {
	var body struct {
		ID string `json:"@odata.id"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	return t.resolve(body.ID)
}

// resolve finds the object that a reference names: …/directoryObjects/{id}, …/users/{id}, …/groups/{id} or …/contacts/{id}.
func (t *Tenant) resolve(url string) (*object, error) {
	_, path, ok := strings.Cut(url, "/v1.0/")
	segments, err := splitPath(path)
	if !ok || err != nil || len(segments) != 2 {
		return nil, badRequest("Invalid URL format specified in @odata.id for the reference: '%s'.", url)
	}
	switch strings.ToLower(segments[0]) {
	case "users":
		return t.user(segments[1])
	case "groups":
		return t.group(segments[1])
	case "contacts":
		return t.contact(segments[1])
	case "directoryobjects":
		if o, ok := t.object(segments[1]); ok {
			return o, nil
		}
		return nil, notFound(segments[1])
	}
	return nil, badRequest("Invalid URL format specified in @odata.id for the reference: '%s'.", url)
}
