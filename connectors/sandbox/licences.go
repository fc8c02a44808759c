package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// assignment is one SKU of a user or group, direct or inherited from a licensed group.
type assignment struct {
	SKU      string    `json:"sku"`
	Disabled []string  `json:"disabled,omitempty"` // service plan ids, sorted
	Group    string    `json:"group,omitempty"`    // id of the licensed group, "" for a direct one
	Error    string    `json:"error,omitempty"`    // licenseAssignmentStates' error, "" for none
	Updated  time.Time `json:"updated"`
}

func (a assignment) active() bool { return a.Error == "" }

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func badGUID() *refusal {
	return badRequest("Cannot convert a primitive value to the expected type 'Edm.Guid'. See the inner exception for more details.")
}

// licenceChange is the body of assignLicense.
type licenceChange struct {
	add    []assignment
	remove []string
}

func readLicenceChange(r *request) (licenceChange, error) {
	var c licenceChange
	body, err := r.fields()
	if err != nil {
		return c, err
	}
	for _, name := range []string{"addLicenses", "removeLicenses"} {
		if raw := memberOf(body, name); raw == nil || string(raw) == "null" {
			return c, badRequest("One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: %s.", name)
		}
	}
	var add []struct {
		SKU      string   `json:"skuId"`
		Disabled []string `json:"disabledPlans"`
	}
	if json.Unmarshal(memberOf(body, "addLicenses"), &add) != nil || json.Unmarshal(memberOf(body, "removeLicenses"), &c.remove) != nil {
		return c, badGUID()
	}
	for _, a := range add {
		one := assignment{SKU: strings.ToLower(a.SKU)}
		for _, p := range a.Disabled {
			one.Disabled = append(one.Disabled, strings.ToLower(p))
		}
		slices.Sort(one.Disabled)
		one.Disabled = slices.Compact(one.Disabled)
		c.add = append(c.add, one)
	}
	for i := range c.remove {
		c.remove[i] = strings.ToLower(c.remove[i])
	}
	for _, id := range c.ids() {
		if !guidForm.MatchString(id) {
			return c, badGUID()
		}
	}
	return c, nil
}

func (c licenceChange) ids() []string {
	out := slices.Clone(c.remove)
	for _, a := range c.add {
		out = append(append(out, a.SKU), a.Disabled...)
	}
	return out
}

func (t *Tenant) assignLicense(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	c, err := readLicenceChange(r)
	if err != nil {
		return answer{}, err
	}
	next, err := t.licensed(o, c)
	if err != nil {
		return answer{}, err
	}
	if err := t.seated(o, next); err != nil {
		return answer{}, err
	}
	t.relicense(o, next)
	s, err := t.users.choose(nil, false)
	if err != nil {
		return answer{}, err
	}
	a := t.entity(r, o, s)
	a.header = [][2]string{{"Location", r.base}}
	return a, nil
}

// licensed gives the assignments that a change would leave a user with.
func (t *Tenant) licensed(o *object, c licenceChange) ([]assignment, error) {
	next := slices.Clone(o.licences)
	for _, sku := range c.remove {
		if t.sku(sku) == nil {
			return nil, unknownSKU(sku)
		}
		i := slices.IndexFunc(next, func(a assignment) bool { return a.SKU == sku && a.Group == "" })
		if i < 0 {
			if slices.ContainsFunc(next, func(a assignment) bool { return a.SKU == sku }) {
				return nil, badRequest("User license is inherited from a group membership and it cannot be removed directly from the user.")
			}
			return nil, badRequest("User does not have a corresponding license.")
		}
		next = slices.Delete(next, i, i+1)
	}
	if len(c.add) > 0 && (o.raw("usageLocation") == "" || t.young(o.located, t.options.Replication.Location)) {
		return nil, badRequest("License assignment cannot be done for user with invalid usage location.")
	}
	for _, a := range c.add {
		if err := t.assignable(a, c.remove); err != nil {
			return nil, err
		}
		a.Updated = t.now()
		next = slices.DeleteFunc(next, func(b assignment) bool { return b.SKU == a.SKU && b.Group == "" })
		next = append(next, a)
	}
	return next, t.compatible(next)
}

// assignable checks one added licence by itself: the tenant has the SKU, and the SKU has the plans that are off.
func (t *Tenant) assignable(a assignment, remove []string) error {
	s := t.sku(a.SKU)
	if s == nil {
		return unknownSKU(a.SKU)
	}
	if slices.Contains(remove, a.SKU) {
		return badRequest("License %s is both added and removed in one request.", a.SKU)
	}
	for _, p := range a.Disabled {
		if !s.has(p) {
			return badRequest("Service plan %s is not part of license %s.", p, a.SKU)
		}
	}
	return nil
}

func unknownSKU(id string) *refusal {
	return badRequest("License %s does not correspond to a valid company License.", id)
}

// compatible checks exclusion and dependency among the plans in force.
func (t *Tenant) compatible(list []assignment) error {
	on := t.plansOn(list)
	var exchange []string
	for _, p := range exclusive {
		if id, ok := on[p]; ok {
			exchange = append(exchange, id)
		}
	}
	if len(exchange) > 1 {
		return badRequest("License assignment failed because service plans %s are mutually exclusive", strings.Join(exchange, ","))
	}
	for _, d := range dependent {
		id, ok := on[d.plan]
		if !ok || slices.ContainsFunc(d.needs, func(p string) bool { _, ok := on[p]; return ok }) {
			continue
		}
		var ids []string
		for _, p := range d.needs {
			ids = append(ids, planIDs()[p])
		}
		return badRequest("License assignment failed because service plan %s depends on the service plan(s) %s", id, strings.Join(ids, ","))
	}
	return nil
}

// plansOn gives the service plans in force by name, with their ids.
func (t *Tenant) plansOn(list []assignment) map[string]string {
	on := map[string]string{}
	for _, a := range list {
		s := t.sku(a.SKU)
		if s == nil || !a.active() {
			continue
		}
		for _, p := range s.Plans {
			if _, off := slices.BinarySearch(a.Disabled, p.ID); !off {
				on[p.Name] = p.ID
			}
		}
	}
	return on
}

// seated checks that every SKU that the user does not have yet has a free seat.
func (t *Tenant) seated(o *object, next []assignment) error {
	have := skusOf(o.licences)
	for _, id := range skusOf(next) {
		if s := t.sku(id); !slices.Contains(have, id) && s.free() < 1 {
			return badRequest("Subscription with SKU %s does not have any available licenses.", id)
		}
	}
	return nil
}

// skusOf gives the SKUs that are in force, each once, sorted.
func skusOf(list []assignment) []string {
	var out []string
	for _, a := range list {
		if a.active() {
			out = append(out, a.SKU)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// relicense gives a live user new assignments: seats are counted and the addresses calculated again.
func (t *Tenant) relicense(o *object, next []assignment) {
	t.note(o)
	t.tally(o.licences, -1)
	o.licences = next
	t.tally(next, 1)
	t.remail(o)
}

// tally adds n to the seats in use of every SKU in force.
func (t *Tenant) tally(list []assignment, n int) {
	for _, id := range skusOf(list) {
		if s := t.sku(id); s != nil {
			s.consumed += n
		}
	}
}

// remail brings the mailbox into step with the plans in force.
func (t *Tenant) remail(o *object) {
	enabled := t.bringsMailbox(o.licences)
	if enabled == o.mailbox.enabled {
		return
	}
	t.note(o)
	t.index.forget(o)
	o.mailbox.enabled = enabled
	if !enabled {
		o.mailbox.primary = ""
	}
	t.calculate(o)
	t.index.file(o)
}

// bringsMailbox reports whether an Exchange plan that has a mailbox is in force.
func (t *Tenant) bringsMailbox(list []assignment) bool {
	on := t.plansOn(list)
	return slices.ContainsFunc(exclusive, func(p string) bool { _, ok := on[p]; return ok })
}

// inherit brings a user's inherited assignments into step with the licensed groups that it is a member of. What cannot be
// given stands in licenseAssignmentStates with its error, as group-based licensing leaves it.
func (t *Tenant) inherit(o *object) {
	var next []assignment
	for _, a := range o.licences {
		if a.Group == "" {
			next = append(next, a)
		}
	}
	for _, g := range o.memberOf {
		if !g.live() {
			continue
		}
		for _, l := range g.licences {
			next = append(next, t.inherited(o, g, l, next))
		}
	}
	t.relicense(o, next)
}

// inherited gives one inherited assignment; so far holds those that are settled before it.
func (t *Tenant) inherited(o, g *object, l assignment, so []assignment) assignment {
	for _, a := range o.licences {
		if a.Group == g.id && a.SKU == l.SKU && a.active() && slices.Equal(a.Disabled, l.Disabled) {
			return a
		}
	}
	a := assignment{SKU: l.SKU, Disabled: l.Disabled, Group: g.id, Updated: t.now()}
	with := append(slices.Clone(so), a)
	switch err := t.compatible(with); {
	case err != nil && strings.Contains(err.Error(), "exclusive"):
		a.Error = "MutuallyExclusiveViolation"
	case err != nil:
		a.Error = "DependencyViolation"
	case t.seated(o, with) != nil:
		a.Error = "CountViolation"
	}
	return a
}
