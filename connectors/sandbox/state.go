package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// stateVersion is the format of the state file.
const stateVersion = 1

// State is a tenant as it is saved: everything but secrets, faults, log and buckets.
type State struct {
	FormatVersion int           `json:"formatVersion"`
	Seed          uint64        `json:"seed"`
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Synced        bool          `json:"synced"`
	UsageLocation string        `json:"defaultUsageLocation,omitempty"`
	Domains       []Domain      `json:"domains"`
	SKUs          []SKU         `json:"skus"`
	Made          uint64        `json:"made"`
	Asked         uint64        `json:"asked"`
	Offset        time.Duration `json:"clockOffset"`
	Objects       []StateObject `json:"objects"` // by id
	Changes       *StateChanges `json:"changes,omitempty"`
	// Exchange is what Exchange Online knows beyond the directory; nil while nobody used it.
	Exchange *StateExchange `json:"exchange,omitempty"`
}

// StateChanges is the log from which delta answers; nil while nobody asked for a delta.
type StateChanges struct {
	Seq     uint64  `json:"seq"`
	Dropped uint64  `json:"dropped,omitempty"`
	List    []trace `json:"list"`
}

// StateObject is one user, group or contact of a saved tenant.
type StateObject struct {
	ID           string                     `json:"id"`
	Type         string                     `json:"type"` // User, Group or OrgContact
	Deleted      *time.Time                 `json:"deleted,omitempty"`
	Properties   map[string]json.RawMessage `json:"properties"`
	Manager      string                     `json:"manager,omitempty"`
	Licences     []assignment               `json:"licences,omitempty"`
	Roles        []string                   `json:"roles,omitempty"`
	Eligible     []string                   `json:"eligible,omitempty"`
	CloudManaged bool                       `json:"cloudManaged,omitempty"`
	Members      []string                   `json:"members,omitempty"`
	Owners       []string                   `json:"owners,omitempty"`
	Mail         *StateMail                 `json:"mail,omitempty"`
	Photo        *photo                     `json:"photo,omitempty"`
}

// StateMail is what the address calculation of an object remembers.
type StateMail struct {
	Enabled bool     `json:"enabled,omitempty"`
	Source  []string `json:"source,omitempty"`
	Mail    string   `json:"mail,omitempty"`
	MOERA   string   `json:"moera,omitempty"`
	Primary string   `json:"primary,omitempty"`
}

// SaveState writes the tenant as JSON. Equal tenants are written as equal bytes.
func (t *Tenant) SaveState(w io.Writer) error {
	t.mu.Lock()
	s := t.state()
	t.mu.Unlock()
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("save rehearsal tenant: %w", err)
	}
	return nil
}

func (t *Tenant) state() State {
	s := State{FormatVersion: stateVersion, Seed: t.options.Seed, ID: t.options.ID, Name: t.options.Name, Synced: t.options.Synced,
		UsageLocation: t.options.DefaultUsageLocation, Domains: slices.Clone(t.options.Domains), Made: t.made, Asked: t.asked, Offset: t.offset, Exchange: t.exchange.state()}
	if h := t.history; h.watched {
		s.Changes = &StateChanges{h.seq, h.dropped, slices.Clone(h.list)}
	}
	for _, sub := range t.skus {
		s.SKUs = append(s.SKUs, sub.SKU)
	}
	bin := slices.Clone(t.index.bin)
	slices.SortFunc(bin, byID)
	for _, list := range [][]*object{t.index.users.all(), t.index.groups.all(), t.index.contacts.all(), bin} {
		for _, o := range list {
			s.Objects = append(s.Objects, o.state())
		}
	}
	return s
}

func (o *object) state() StateObject {
	s := StateObject{ID: o.id, Type: o.schema.resource, Properties: map[string]json.RawMessage{}, Manager: o.manager,
		Licences: slices.Clone(o.licences), Roles: o.roles, Eligible: o.eligible, CloudManaged: o.cloudManaged, Photo: o.photo}
	if !o.live() {
		at := o.deleted.UTC()
		s.Deleted = &at
	}
	for i := range o.schema.list {
		if v := o.row.get(i); v != "" {
			s.Properties[o.schema.list[i].name] = json.RawMessage(v)
		}
	}
	for _, m := range o.members {
		s.Members = append(s.Members, m.id)
	}
	for _, m := range o.owners {
		s.Owners = append(s.Owners, m.id)
	}
	if m := o.mailbox; m.enabled || m.mail != "" || m.moera != "" || len(m.source) > 0 {
		s.Mail = &StateMail{m.enabled, m.source, m.mail, m.moera, m.primary}
	}
	return s
}

// LoadState replaces the tenant's content by a saved one; apps, faults and switches stay. On an error nothing changes.
func (t *Tenant) LoadState(r io.Reader) error {
	var s State
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return fmt.Errorf("load rehearsal tenant: %w", err)
	}
	if s.FormatVersion != stateVersion {
		return fmt.Errorf("load rehearsal tenant: format %d, want %d", s.FormatVersion, stateVersion)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	x, err := t.indexOf(s)
	if err != nil {
		return fmt.Errorf("load rehearsal tenant: %w", err)
	}
	t.options.Seed, t.options.ID, t.options.Name, t.options.Synced = s.Seed, s.ID, s.Name, s.Synced
	t.options.DefaultUsageLocation = s.UsageLocation
	t.made, t.asked, t.offset, t.index = s.Made, s.Asked, s.Offset, x
	t.history = history{}
	clear(t.tokens) // the seed signs them
	if c := s.Changes; c != nil {
		t.history = history{watched: true, seq: c.Seq, dropped: c.Dropped, list: c.List}
	}
	t.loadExchange(s.Exchange)
	t.setDomains(s.Domains)
	t.setSKUs(s.SKUs)
	for _, o := range x.users.all() {
		t.tally(o.licences, 1)
	}
	return nil
}

// indexOf builds the objects of a state and files them.
func (t *Tenant) indexOf(s State) (*index, error) {
	x := newIndex()
	for _, in := range s.Objects {
		o, err := t.fromState(in)
		if err != nil {
			return nil, err
		}
		if x.byID[o.id] != nil {
			return nil, fmt.Errorf("object %s stands twice", o.id)
		}
		if h, name := x.holder(o); h != nil && o.live() {
			return nil, fmt.Errorf("objects %s and %s have the same %s", h.id, o.id, name)
		}
		x.add(o)
	}
	slices.SortStableFunc(x.bin, func(a, b *object) int { return a.deleted.Compare(b.deleted) })
	for _, in := range s.Objects {
		g := x.byID[in.ID]
		for _, id := range in.Members {
			m := x.byID[id]
			if m == nil {
				return nil, fmt.Errorf("object %s: no member %s", in.ID, id)
			}
			g.members = append(g.members, m)
			m.memberOf, _ = link(m.memberOf, g)
		}
		for _, id := range in.Owners {
			m := x.byID[id]
			if m == nil {
				return nil, fmt.Errorf("object %s: no owner %s", in.ID, id)
			}
			g.owners = append(g.owners, m)
			m.ownerOf, _ = link(m.ownerOf, g)
		}
		slices.SortFunc(g.members, byID)
		slices.SortFunc(g.owners, byID)
	}
	return x, nil
}

func (t *Tenant) fromState(in StateObject) (*object, error) {
	o := &object{id: in.ID, schema: t.users, manager: in.Manager, licences: in.Licences, roles: in.Roles, eligible: in.Eligible, cloudManaged: in.CloudManaged, photo: in.Photo}
	switch in.Type {
	case "User":
	case "Group":
		o.schema = t.groups
	case "OrgContact":
		o.schema = t.contacts
	default:
		return nil, fmt.Errorf("object %s: unknown type %q", in.ID, in.Type)
	}
	if !guidForm.MatchString(in.ID) {
		return nil, fmt.Errorf("%q is not an object id", in.ID)
	}
	if in.Deleted != nil {
		o.deleted = *in.Deleted
	}
	for name, v := range in.Properties {
		p, ok := o.schema.property(name)
		if !ok || p.origin != stored {
			return nil, fmt.Errorf("object %s: property %s cannot be set", in.ID, name)
		}
		compact, err := compactJSON(v)
		if err != nil {
			return nil, fmt.Errorf("object %s: property %s: %w", in.ID, name, err)
		}
		o.row.set(p.number, compact)
	}
	if m := in.Mail; m != nil {
		o.mailbox = mailbox{m.Enabled, m.Source, m.Mail, m.MOERA, m.Primary}
	}
	return o, nil
}

// RemoveObject deletes an object for good, past the rules for requests.
func (t *Tenant) RemoveObject(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	o := t.index.byID[strings.ToLower(id)]
	if o == nil {
		return fmt.Errorf("remove object: no object %s", id)
	}
	t.erase(o)
	return nil
}

// SetProperties changes properties of an object past the rules for requests, read-only ones too: what the synchronisation
// from on-premises writes, onPremisesProvisioningErrors, serviceProvisioningErrors. null clears a property.
func (t *Tenant) SetProperties(id string, p Properties) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.settle()
	o := t.index.byID[strings.ToLower(id)]
	if o == nil {
		return fmt.Errorf("set properties: no object %s", id)
	}
	next := *o
	next.row = o.row.clone()
	if err := next.seed(p); err != nil {
		return fmt.Errorf("set properties of %s: %w", id, err)
	}
	if h, property := t.index.holderBut(&next, o); h != nil && o.live() {
		return fmt.Errorf("set properties of %s: %w", id, conflict(property, h))
	}
	t.note(o)
	t.index.forget(o)
	o.row = next.row
	t.index.file(o)
	return nil
}
