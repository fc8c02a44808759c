// Package tenant is the cloud as one: the objects that the connected targets returned, with the look-ups that joining and
// collision checks need, beside the facts of the tenant. It is built once per plan and read-only, and safe for concurrent
// use, from then on.
package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// View is a tenant at one instant. Objects are addressed by index, 0 to Len()-1, in order of their ids.
type View struct {
	Facts     cloud.Tenant
	objects   []cloud.Object
	byAnchor  postings // live ones before deleted ones
	bySID     map[string]int32
	byUPN     map[string]int32
	byAddress postings
	byPrimary postings
	byAlias   postings           // of recipients of Exchange Online
	lost      []cloud.Object     // mailboxes that are deleted softly or inactive, by id and then GUID
	lostBy    map[string][]int32 // under "id:", "anchor:", "guid:" and "address:"
}

// Builder collects the objects of a tenant. Values that many objects share are kept once. It is safe for concurrent use,
// so that several directories can be read side by side.
type Builder struct {
	mu      sync.Mutex
	objects []cloud.Object         // of Entra
	mail    []cloud.Object         // of Exchange
	shared  map[string]cloud.Value // texts that several objects have
	seen    map[string]*use        // by property
}

// use says how a property's values repeat.
type use struct{ seen, fresh int }

// NewBuilder starts a view.
func NewBuilder() *Builder {
	return &Builder{shared: map[string]cloud.Value{}, seen: map[string]*use{}}
}

// Add takes an object of Entra ID over.
func (b *Builder) Add(o cloud.Object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects = append(b.objects, b.keep(o))
}

// AddRecipient takes an object of Exchange Online over. In the view it is one with the object of Entra ID that has its id.
func (b *Builder) AddRecipient(o cloud.Object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mail = append(b.mail, b.keep(o))
}

// keep replaces what many objects share by one copy.
func (b *Builder) keep(o cloud.Object) cloud.Object {
	kept := make([]cloud.Set, len(o.Properties))
	for i, s := range o.Properties {
		if row := cloud.Row(s.Name); row != nil {
			s.Name = row.Name // one copy of the name, whatever the connector made
		}
		kept[i] = cloud.Set{Name: s.Name, Value: b.share(s.Name, s.Value)}
	}
	o.Properties = kept
	return o
}

// Len is the number of objects added so far, of both directories.
func (b *Builder) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.objects) + len(b.mail)
}

// share gives the kept copy of a text. A property whose values turn out to be mostly its own is no longer looked at.
func (b *Builder) share(name string, v cloud.Value) cloud.Value {
	text := v.Text()
	if text == "" {
		return v
	}
	u := b.seen[name]
	if u == nil {
		u = &use{}
		b.seen[name] = u
	}
	if u.fresh > 1024 && u.fresh*4 > u.seen {
		return v
	}
	u.seen++
	if kept, ok := b.shared[text]; ok {
		return kept
	}
	u.fresh++
	b.shared[text] = v
	return v
}

// View orders and indexes the objects. Objects that a target returned twice, as pages may, count once; two different
// objects of one id are an error, because one of them would be lost. The builder must not be used afterwards.
func (b *Builder) View(facts cloud.Tenant) (*View, error) {
	objects, err := unique(b.objects)
	if err != nil {
		return nil, err
	}
	live, lost := apart(b.mail)
	if live, err = unique(live); err != nil {
		return nil, err
	}
	objects = merge(objects, live)
	all := make([]int32, len(objects))
	for i := range all {
		all[i] = int32(i)
	}
	v := &View{Facts: facts, objects: objects, byAnchor: newPostings(all, len(objects)), bySID: map[string]int32{}, byUPN: make(map[string]int32, len(objects)),
		byAddress: newPostings(all, 0), byPrimary: newPostings(all, 0), byAlias: newPostings(all, 0)}
	for i := range objects {
		v.index(int32(i))
	}
	for _, list := range v.byAnchor.several {
		slices.SortStableFunc(list, func(a, b int32) int { return boolean(v.objects[a].Deleted) - boolean(v.objects[b].Deleted) })
	}
	v.indexLost(lost)
	return v, nil
}

// unique orders objects by id, each once.
func unique(objects []cloud.Object) ([]cloud.Object, error) {
	slices.SortStableFunc(objects, func(a, b cloud.Object) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(objects); i++ {
		if a, b := &objects[i-1], &objects[i]; a.ID == b.ID && (a.Type != b.Type || a.Anchor != b.Anchor || a.Deleted != b.Deleted) {
			return nil, fmt.Errorf("the tenant returned two different objects with id %s", a.ID)
		}
	}
	return slices.CompactFunc(objects, func(a, b cloud.Object) bool { return a.ID == b.ID }), nil
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// index files one object. Deleted objects keep their anchor, which still clashes, but have given up their names.
func (v *View) index(i int32) {
	o := &v.objects[i]
	if o.Anchor != "" {
		v.byAnchor.add(string(o.Anchor), i)
	}
	if o.Deleted {
		return
	}
	if o.SID != "" {
		v.bySID[o.SID] = i
	}
	if upn := o.Get("userPrincipalName").Text(); upn != "" {
		v.byUPN[strings.ToLower(upn)] = i
	}
	if a := primary(o); a != "" {
		v.byPrimary.add(a, i)
	}
	for _, a := range Addresses(o.Mail, o.Proxies) {
		v.byAddress.add(a, i)
	}
	if alias := o.Get("mailNickname").Text(); alias != "" && o.Recipient.Known() {
		v.byAlias.add(strings.ToLower(alias), i)
	}
}

// primary gives the primary SMTP address of an object, lower case: the SMTP: value of its proxy addresses, else mail.
func primary(o *cloud.Object) string {
	for _, p := range o.Proxies {
		if a, ok := strings.CutPrefix(p, "SMTP:"); ok {
			return strings.ToLower(strings.TrimSpace(a))
		}
	}
	return strings.ToLower(strings.TrimSpace(o.Mail))
}

// Addresses gives the SMTP addresses among a mail value and proxy addresses, lower case, without prefixes, each once.
func Addresses(mail string, proxies []string) []string {
	var out []string
	if mail != "" {
		out = append(out, strings.ToLower(strings.TrimSpace(mail)))
	}
	for _, p := range proxies {
		if len(p) > 5 && strings.EqualFold(p[:5], "smtp:") {
			out = append(out, strings.ToLower(strings.TrimSpace(p[5:])))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Len is the number of objects, deleted ones included.
func (v *View) Len() int { return len(v.objects) }

// At gives the object at index i. It belongs to the view.
func (v *View) At(i int) *cloud.Object { return &v.objects[i] }

// ByID gives the index of the object with the id.
func (v *View) ByID(id string) (int, bool) {
	return slices.BinarySearchFunc(v.objects, id, func(o cloud.Object, id string) int { return cmp.Compare(o.ID, id) })
}

// ByAnchor gives the indexes of the objects with the anchor, live ones first.
func (v *View) ByAnchor(a directory.Anchor) []int32 { return v.byAnchor.of(string(a)) }

// BySID gives the index of the live object with the on-premises security identifier.
func (v *View) BySID(sid string) (int, bool) {
	i, ok := v.bySID[sid]
	return int(i), ok
}

// ByUPN gives the index of the live user with the user principal name, in any case.
func (v *View) ByUPN(upn string) (int, bool) {
	i, ok := v.byUPN[strings.ToLower(upn)]
	return int(i), ok
}

// ByPrimary gives the indexes of the live objects whose primary SMTP address it is, in any case.
func (v *View) ByPrimary(address string) []int32 { return v.byPrimary.of(strings.ToLower(address)) }

// ByAddress gives the indexes of the live objects that hold an SMTP address, primary or not, in any case.
func (v *View) ByAddress(address string) []int32 { return v.byAddress.of(strings.ToLower(address)) }

// ByAlias gives the indexes of the live recipients of Exchange Online with an alias, in any case.
func (v *View) ByAlias(alias string) []int32 { return v.byAlias.of(strings.ToLower(alias)) }
