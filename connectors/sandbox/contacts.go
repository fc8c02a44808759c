package sandbox

import (
	"fmt"
	"strings"
)

// contact finds a visible contact by id.
func (t *Tenant) contact(id string) (*object, error) {
	o, ok := t.index.byID[strings.ToLower(id)]
	if !ok || !o.isContact() || !o.live() || t.awaits(o) {
		return nil, notFound(id)
	}
	return o, nil
}

func (t *Tenant) listContacts(r *request) (answer, error) {
	if len(r.query.expand) > 0 {
		return answer{}, notModelled("$expand on contacts")
	}
	return t.list(r, collection{set: "contacts", objects: t.candidates(r, &t.index.contacts, t.contacts), schemas: []*schema{t.contacts}})
}

func (t *Tenant) countContacts(r *request) (answer, error) {
	return t.count(r, collection{objects: t.candidates(r, &t.index.contacts, t.contacts), schemas: []*schema{t.contacts}})
}

func (t *Tenant) getContact(r *request) (answer, error) {
	o, err := t.contact(r.args[0])
	if err != nil {
		return answer{}, err
	}
	s, err := t.contacts.choose(r.query.selected, false)
	if err != nil {
		return answer{}, err
	}
	return t.entity(r, o, s), nil
}

// AddContact puts an organizational contact into the tenant, as Exchange Online or the synchronisation from on-premises
// would; Graph itself cannot make one. It returns the object's id.
func (t *Tenant) AddContact(p Properties, x Extra) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	o := &object{schema: t.contacts}
	if err := o.seed(p); err != nil {
		return "", fmt.Errorf("add contact: %w", err)
	}
	if o.text("displayName") == "" {
		return "", fmt.Errorf("add contact: displayName is missing")
	}
	if o.raw("mailNickname") == "" {
		o.setText("mailNickname", nicknameOf(o.text("displayName")))
	}
	if mail := o.text("mail"); mail != "" && o.raw("proxyAddresses") == "" {
		o.setTexts("proxyAddresses", []string{"SMTP:" + mail})
	}
	if err := t.place(o, x); err != nil {
		return "", fmt.Errorf("add contact %s: %w", o.text("displayName"), err)
	}
	return o.id, nil
}
