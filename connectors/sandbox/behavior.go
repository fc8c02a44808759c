package sandbox

import (
	"strconv"
	"strings"
)

// getSyncBehavior answers whether the cloud took the object over from on-premises.
func (t *Tenant) getSyncBehavior(r *request) (answer, error) {
	o, err := t.behaviorOwner(r)
	if err != nil {
		return answer{}, err
	}
	b := append(r.context(o.schema.set+"('"+o.id+"')/onPremisesSyncBehavior/$entity"), `,"id":"`+o.id+`","isCloudManaged":`...)
	return answer{status: 200, body: append(strconv.AppendBool(b, o.cloudManaged), '}')}, nil
}

func (t *Tenant) patchSyncBehavior(r *request) (answer, error) {
	o, err := t.behaviorOwner(r)
	if err != nil {
		return answer{}, err
	}
	var body struct {
		IsCloudManaged *bool `json:"isCloudManaged"`
	}
	if err := r.decode(&body); err != nil {
		return answer{}, err
	}
	if body.IsCloudManaged == nil || o.raw("onPremisesSyncEnabled") == "" {
		return answer{}, invalidValue("OnPremisesSyncBehavior", "isCloudManaged")
	}
	t.note(o)
	o.cloudManaged = *body.IsCloudManaged
	return noContent(), nil
}

func (t *Tenant) behaviorOwner(r *request) (*object, error) {
	switch strings.ToLower(r.segments[0]) {
	case "users":
		return t.user(r.args[0])
	case "contacts":
		return t.contact(r.args[0])
	}
	return t.group(r.args[0])
}
