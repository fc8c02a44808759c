package sandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
)

// retention is how long deleted items can be restored.
const retention = 30 * 24 * time.Hour

// deleteObject deletes a live object: users and Microsoft 365 groups go to the deleted items, security groups are gone
// unless the tenant keeps them too.
func (t *Tenant) deleteObject(r *request, o *object) error {
	switch {
	case o.exchangeGroup():
		return exchangeOnly()
	case o.synced():
		return mastered()
	case o.administrator() && !r.caller.privileged:
		return denied()
	}
	if o.isUser() || o.unified() || t.options.SecurityGroupSoftDelete {
		t.bin(o)
		return nil
	}
	t.erase(o)
	return nil
}

// bin moves a live object to the deleted items: its names become free, its licences too, and its user principal name is
// mangled. Its links stay, hidden, for a restore.
func (t *Tenant) bin(o *object) {
	t.note(o)
	t.linksOf(o, false)
	t.index.forget(o)
	t.index.roster(o).remove(o)
	if o.isUser() {
		t.tally(o.licences, -1)
		o.setText("userPrincipalName", mangle(o.id)+o.text("userPrincipalName"))
	}
	o.deleted = t.now()
	t.index.file(o)
	t.index.bin = append(t.index.bin, o)
	t.relicenseMembers(o)
}

// linksOf logs that an object came back to the groups that it is a member or an owner of, or left them with its deletion.
func (t *Tenant) linksOf(o *object, joined bool) {
	for _, g := range o.memberOf {
		t.linked(g, "members", o, joined)
	}
	for _, g := range o.ownerOf {
		t.linked(g, "owners", o, joined)
	}
}

// mangle gives what precedes a deleted user's name: the id without dashes.
func mangle(id string) string { return strings.ReplaceAll(id, "-", "") }

// relicenseMembers brings the members of a licensed group into step after it came or went.
func (t *Tenant) relicenseMembers(g *object) {
	if len(g.licences) == 0 || !g.isGroup() {
		return
	}
	for _, m := range g.members {
		if m.isUser() && m.live() {
			t.inherit(m)
		}
	}
}

// erase removes an object for good, with every link to it.
func (t *Tenant) erase(o *object) {
	t.note(o)
	if o.live() {
		t.linksOf(o, false)
	}
	t.index.forget(o)
	if o.live() {
		t.index.roster(o).remove(o)
		if o.isUser() {
			t.tally(o.licences, -1)
		}
	} else {
		t.index.bin = slices.DeleteFunc(t.index.bin, func(b *object) bool { return b == o })
	}
	delete(t.index.byID, o.id)
	for _, g := range o.memberOf {
		g.members, _ = unlink(g.members, o)
	}
	for _, g := range o.ownerOf {
		g.owners, _ = unlink(g.owners, o)
	}
	for _, m := range o.owners {
		m.ownerOf, _ = unlink(m.ownerOf, o)
	}
	for _, m := range slices.Clone(o.members) {
		t.leave(o, m)
	}
}

// purgeExpired removes the deleted items whose time is over. They lie in order of deletion.
func (t *Tenant) purgeExpired() {
	for len(t.index.bin) > 0 && !t.now().Before(t.index.bin[0].deleted.Add(retention)) {
		t.erase(t.index.bin[0])
	}
}

// deletedItems answers directory/deletedItems/{type} and directory/deletedItems/{id}.
func (t *Tenant) deletedItems(r *request) (answer, error) {
	for _, s := range []*schema{t.users, t.groups} {
		if !strings.EqualFold(r.args[0], s.entity) {
			continue
		}
		if !r.caller.may(deletedReaders(s)) {
			return answer{}, denied()
		}
		var list []*object
		for _, o := range t.index.bin {
			if o.schema == s {
				list = append(list, o)
			}
		}
		slices.SortFunc(list, byID)
		return t.list(r, collection{set: s.set, objects: list, schemas: []*schema{s}, deleted: true})
	}
	if strings.HasPrefix(directory.Fold(r.args[0]), "microsoft.graph.") {
		return answer{}, notModelled("deleted items of type %s", r.args[0])
	}
	o, err := t.deletedItem(r.args[0])
	if err != nil {
		return answer{}, err
	}
	if !r.caller.may(deletedReaders(o.schema)) {
		return answer{}, denied()
	}
	return t.directoryObject(r, o)
}

func deletedReaders(s *schema) []string {
	if s.resource == "User" {
		return append([]string{"User.DeleteRestore.All"}, readUsers...)
	}
	return []string{"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
}

func (r *request) mayRestore(o *object) bool {
	if o.isUser() {
		return r.caller.may(deleteUsers)
	}
	return r.caller.may(writeGroups)
}

func (t *Tenant) deletedItem(id string) (*object, error) {
	o, ok := t.index.byID[strings.ToLower(id)]
	if !ok || o.live() {
		return nil, notFound(id)
	}
	return o, nil
}

// directoryObject answers with one object of any type.
func (t *Tenant) directoryObject(r *request, o *object) (answer, error) {
	s, err := o.schema.choose(r.query.selected, false)
	if err != nil {
		return answer{}, err
	}
	b := append(r.context("directoryObjects"+s.context+"/$entity"), `,"@odata.type":"#`+o.schema.entity+`"`...)
	return answer{status: 200, body: t.closeObject(b, o, s)}, nil
}

func (t *Tenant) purge(r *request) (answer, error) {
	o, err := t.deletedItem(r.args[0])
	if err != nil {
		return answer{}, err
	}
	if !r.mayRestore(o) {
		return answer{}, denied()
	}
	t.erase(o)
	return noContent(), nil
}

// restore brings a deleted item back: its name, its licences as far as seats are free, its memberships.
func (t *Tenant) restore(r *request) (answer, error) {
	o, err := t.deletedItem(r.args[0])
	if err != nil {
		return answer{}, err
	}
	if !r.mayRestore(o) {
		return answer{}, denied()
	}
	var body struct {
		Reconcile bool   `json:"autoReconcileProxyConflict"`
		NewUPN    string `json:"newUserPrincipalName"`
	}
	if len(r.body) > 0 {
		if err := r.decode(&body); err != nil {
			return answer{}, err
		}
	}
	next := *o
	next.row = o.row.clone()
	next.deleted = time.Time{}
	if o.isUser() {
		if err := t.unmangle(&next, body.NewUPN); err != nil {
			return answer{}, err
		}
	}
	if body.Reconcile {
		t.reconcile(&next)
	} else if body.NewUPN != "" {
		t.calculate(&next)
	}
	if h, property := t.index.holderBut(&next, o); h != nil {
		return answer{}, conflict(property, h)
	}
	t.revive(o, next)
	return t.directoryObject(r, o)
}

// unmangle gives a restored user its name back, or a new one.
func (t *Tenant) unmangle(o *object, newUPN string) error {
	upn := strings.TrimPrefix(o.text("userPrincipalName"), mangle(o.id))
	if newUPN != "" {
		if !upnForm.MatchString(newUPN) {
			return invalidValue("User", "userPrincipalName")
		}
		upn = newUPN
	}
	o.setText("userPrincipalName", upn)
	return t.domainOf(o, "")
}

// reconcile drops the addresses of a restored object that others hold by now.
func (t *Tenant) reconcile(o *object) {
	m := &o.mailbox
	m.source = slices.DeleteFunc(slices.Clone(m.source), func(a string) bool {
		h := t.index.proxy[directory.Fold(a)]
		return h != nil && h.id != o.id
	})
	for _, address := range []*string{&m.mail, &m.moera, &m.primary} {
		if !t.freeFor(o, *address) {
			*address = ""
		}
	}
	t.calculate(o)
}

// revive takes a checked restored state over.
func (t *Tenant) revive(o *object, next object) {
	t.note(o)
	t.index.forget(o)
	t.index.bin = slices.DeleteFunc(t.index.bin, func(b *object) bool { return b == o })
	licences := next.licences
	next.licences = nil
	*o = next
	t.index.roster(o).add(o)
	t.index.file(o)
	t.linksOf(o, true)
	if o.isUser() {
		kept := slices.DeleteFunc(slices.Clone(licences), func(a assignment) bool {
			s := t.sku(a.SKU)
			return a.Group != "" || s == nil || s.free() < 1
		})
		t.relicense(o, kept)
		t.inherit(o)
		return
	}
	o.licences = licences
	t.relicenseMembers(o)
}
