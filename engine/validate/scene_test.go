package validate_test

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/tenant"
	"github.com/coexistsync/coexist/engine/validate"
)

// thing is an object of a directory with its attributes; it begins sound.
type thing struct {
	kind  directory.Kind
	name  string
	guid  byte // 0 for the place in the scene
	attrs map[string][]string
}

// changed applies settings: "a=v" sets, "a=" clears, "a+=v" adds a value.
func (t thing) changed(settings []string) thing {
	for _, s := range settings {
		name, v, ok := strings.Cut(s, "=")
		if !ok {
			panic(s)
		}
		switch plus := strings.HasSuffix(name, "+"); {
		case plus:
			name = strings.TrimSuffix(name, "+")
			t.attrs[name] = append(t.attrs[name], v)
		case v == "":
			delete(t.attrs, name)
		default:
			t.attrs[name] = []string{v}
		}
	}
	return t
}

func dn(name string) string { return "CN=" + name + ",OU=Staff,DC=x,DC=example" }

func user(name string, settings ...string) thing {
	return thing{directory.User, name, 0, map[string][]string{"distinguishedName": {dn(name)}, "cn": {name}, "displayName": {name}, "sAMAccountName": {name},
		"userPrincipalName": {name + "@x.example"}, "userAccountControl": {"512"}}}.changed(settings)
}

func contact(name string, settings ...string) thing {
	return thing{directory.Contact, name, 0, map[string][]string{"distinguishedName": {dn(name)}, "cn": {name}, "displayName": {name}, "mailNickname": {name},
		"mail": {name + "@far.example"}, "targetAddress": {"SMTP:" + name + "@far.example"}}}.changed(settings)
}

func group(name string, settings ...string) thing {
	return thing{directory.Group, name, 0, map[string][]string{"distinguishedName": {dn(name)}, "cn": {name}, "displayName": {name}, "sAMAccountName": {name},
		"groupType": {"-2147483646"}}}.changed(settings)
}

// list is a distribution group.
func list(name string, settings ...string) thing {
	return group(name, append([]string{"groupType=8", "mail=" + name + "@x.example", "proxyAddresses=SMTP:" + name + "@x.example", "mailNickname=" + name}, settings...)...)
}

// copied is a thing with another one's objectGUID.
func copied(t thing, guid byte) thing {
	t.guid = guid
	return t
}

// decision is what the policies make of the object with the name.
type decision struct {
	name  string
	state desired.State
}

func decided(name string, kind cloud.Type, properties ...desired.Property) decision {
	slices.SortFunc(properties, func(a, b desired.Property) int { return cmp.Compare(a.Name, b.Name) })
	return decision{name, desired.State{Type: kind, Properties: properties}}
}

func license(skus ...string) desired.Property {
	var l []cloud.License
	for _, s := range skus {
		l = append(l, cloud.License{SKU: s})
	}
	return desired.Property{Property: cloud.Row("licenses"), Value: cloud.Licenses(l)}
}

func location(code string) desired.Property {
	return desired.Property{Property: cloud.Row("usageLocation"), Value: cloud.Text(code)}
}

// person is a user of the tenant.
func person(id, upn string, proxies ...string) cloud.Object {
	o := cloud.Object{ID: id, Type: cloud.User, Proxies: proxies}
	o.Put("displayName", cloud.Text(id))
	o.Put("userPrincipalName", cloud.Text(upn))
	return o
}

// with changes a cloud object.
func with(o cloud.Object, change func(*cloud.Object)) cloud.Object {
	o.Properties = slices.Clone(o.Properties)
	change(&o)
	return o
}

// emptyTenant stands for a tenant without objects.
type emptyTenant struct{}

// schema lists attributes that were not read.
type notRead []string

func facts() cloud.Tenant {
	plans := func(names ...string) (out []cloud.ServicePlan) {
		for _, n := range names {
			out = append(out, cloud.ServicePlan{ID: "plan-" + n, Name: n, PerUser: true})
		}
		return out
	}
	return cloud.Tenant{ID: "t", Name: "X", Domains: []cloud.Domain{{Name: "x.example", Verified: true}, {Name: "x.onmicrosoft.com", Verified: true, Initial: true},
		{Name: "fed-a.example", Verified: true, Federated: true}, {Name: "fed-b.example", Verified: true, Federated: true}, {Name: "claimed.example"}},
		SKUs: []cloud.SKU{
			{ID: "e3", Name: "ENTERPRISEPACK", Enabled: 1, Status: "Enabled", Plans: plans("EXCHANGE_S_ENTERPRISE", "TEAMS1")},
			{ID: "e1", Name: "STANDARDPACK", Enabled: 9, Status: "Enabled", Plans: plans("EXCHANGE_S_STANDARD")},
			{ID: "f1", Name: "TEAMSONLY", Enabled: 9, Status: "Enabled", Plans: plans("TEAMS1")},
			{ID: "wpa", Name: "WORKPLACE", Enabled: 9, Status: "Enabled", Plans: plans("WORKPLACE_ANALYTICS")},
			{ID: "old", Name: "OLDPACK", Status: "Suspended"}}}
}

// anchor is the source anchor of a user of scene, by its place, from 1.
func anchor(place byte) directory.Anchor {
	a, err := directory.AnchorOf(directory.User, directory.GUID{15: place}, "")
	if err != nil {
		panic(err)
	}
	return a
}

// groupAnchor is that of a group.
func groupAnchor(place byte) directory.Anchor {
	return directory.Anchor(directory.GUID{15: place}.String())
}

// today is what suppressions of scenes are held against.
var today = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// scene makes an input of things, decisions, cloud objects, facts and a mode.
func scene(t testing.TB, parts ...any) validate.Input {
	t.Helper()
	var in validate.Input
	b, states, objects, missing, online, n := snapshot.NewBuilder(), map[string]desired.State{}, []cloud.Object(nil), notRead(nil), false, byte(0)
	for _, p := range parts {
		switch p := p.(type) {
		case thing:
			n++
			place(t, b, p, cmp.Or(p.guid, n))
		case decision:
			states[p.name] = p.state
		case cloud.Object:
			objects, online = append(objects, p), true
		case emptyTenant:
			online = true
		case validate.Facts:
			in.Facts = p
		case cloud.Mode:
			in.Mode = p
		case validate.Suppression:
			in.Suppressions, in.AsOf = append(in.Suppressions, p), today
		case notRead:
			missing = p
		default:
			t.Fatalf("a scene of %T", p)
		}
	}
	read := slices.DeleteFunc(validate.Attributes(), func(a string) bool { return slices.Contains(missing, a) })
	b.AddSource(snapshot.Source{Name: "x", Domain: "x.example", Attributes: read, Scopes: []snapshot.Scope{{OU: "DC=x,DC=example"}}})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	in.Snapshot = s
	if online {
		tb := tenant.NewBuilder()
		for _, o := range objects {
			if o.Recipient != nil && (o.Recipient.SoftDeleted || o.Recipient.Inactive) {
				tb.AddRecipient(o)
				continue
			}
			tb.Add(o)
		}
		if in.Tenant, err = tb.View(facts()); err != nil {
			t.Fatal(err)
		}
	}
	if len(states) > 0 {
		in.Decided = func(i int) desired.State {
			if state, ok := states[s.At(i).First("cn")]; ok {
				return state
			}
			kind := map[directory.Kind]cloud.Type{directory.User: cloud.User, directory.Contact: cloud.MailContact, directory.Group: cloud.SecurityGroup}
			return desired.State{Type: kind[s.At(i).Kind]}
		}
	}
	return in
}

// place adds a thing to a snapshot.
func place(t testing.TB, b *snapshot.Builder, p thing, guid byte) {
	t.Helper()
	sid := binary.LittleEndian.AppendUint32([]byte("\x01\x02\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00"), uint32(1000+int(guid)))
	attrs := []directory.Attribute{{Name: "objectSid", Values: []string{string(sid)}}}
	for name, values := range p.attrs {
		attrs = append(attrs, directory.Attribute{Name: name, Values: values})
	}
	slices.SortFunc(attrs, func(a, b directory.Attribute) int { return strings.Compare(a.Name, b.Name) })
	id := directory.GUID{15: guid}
	if guid == 0xff {
		id = directory.GUID{}
	}
	if err := b.Add(p.kind, id, attrs); err != nil {
		t.Fatal(err)
	}
}

// of gives the findings of one check.
func of(list []validate.Finding, check string) []validate.Finding {
	var out []validate.Finding
	for _, f := range list {
		if f.Check == check {
			out = append(out, f)
		}
	}
	return out
}

type guidOf = directory.GUID

// s2 lists scenes.
func s2(list ...[]any) [][]any { return list }

// linkedTo gives a cloud object the anchor of the user in a place of the scene.
func linkedTo(o cloud.Object, place byte) cloud.Object {
	o.Anchor = anchor(place)
	return o
}

func desiredLicenses(list ...cloud.License) desired.Property {
	return desired.Property{Property: cloud.Row("licenses"), Value: cloud.Licenses(list)}
}
