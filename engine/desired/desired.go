// Package desired folds the decisions about one object into the state that its cloud counterpart shall have, in the form
// in which the cloud stores it: licences as ids, texts trimmed, a user principal name as the cloud calculates it. What no
// policy mentions is not in the state, and so not managed. It is pure.
package desired

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// Property is one managed property.
type Property struct {
	*cloud.Property
	Value   cloud.Value // nothing: it shall have none
	Refs    []string    // of reference kinds: DNs in the source
	Because []plan.Because
}

// State is what one object shall be.
type State struct {
	Type       cloud.Type // "" when that could not be decided
	Because    plan.Because
	Properties []Property // by name
	// Substituted says that the user principal name is not the one that the policies want, but what the cloud would make of
	// it for a new object.
	Substituted bool
	Leave       string // "" when no policy decides
	Hold        time.Duration
	LeaveHeld   bool // the leave decision failed: what is stored counts
	// Problems are the decisions and values that cannot be carried out; their Object is left for the caller to fill.
	Problems []plan.Skip
}

// Get finds a managed property.
func (s *State) Get(name string) (Property, bool) {
	i, ok := slices.BinarySearchFunc(s.Properties, name, func(p Property, n string) int { return strings.Compare(p.Name, n) })
	if !ok {
		return Property{}, false
	}
	return s.Properties[i], true
}

// UPN gives the user principal name that the object shall have, "" when it is not managed.
func (s *State) UPN() string {
	p, _ := s.Get("userPrincipalName")
	return p.Value.Text()
}

// Catalogue is what folding needs to know beside the decisions.
type Catalogue struct {
	Bundles func(policy, name string) (rules.Bundle, bool)
	Tenant  *cloud.Tenant
	Kept    cloud.Type // what an object whose cloudType is held stays, "" when none was carried out
}

// Fold gives the desired state of an object. An outcome whose type could not be decided gives a state without a type and
// with the problem.
func (c Catalogue) Fold(out *rules.Outcome) State { return c.FoldInto(nil, out) }

// FoldInto is Fold with the properties in room's array, as far as it goes; whoever folds many objects, one after the other,
// passes the properties of the last one, which are then overwritten.
func (c Catalogue) FoldInto(room []Property, out *rules.Outcome) State {
	s := c.begin(out)
	s.Properties = room[:0]
	if s.Type == "" || s.Type == cloud.None {
		return s
	}
	for _, name := range []string{rules.Attributes, rules.Account, rules.Mail} {
		c.merge(&s, out.Find(name), false)
	}
	c.usageLocation(&s, out.Find(rules.UsageLocation))
	c.licenses(&s, out.Policy, out.Find(rules.Licenses))
	switch d := out.Find(rules.Leave); {
	case s.usable(d, ""):
		s.Leave, s.Hold = d.Text, d.Hold
	case d.Status == rules.Held:
		s.LeaveHeld = true
	}
	c.userPrincipalName(&s)
	return s
}

// Identity gives the part of the desired state that an object is found and made by: its type and the properties without
// which it cannot be made. It agrees with Fold and costs a fraction of it.
func (c Catalogue) Identity(out *rules.Outcome) State {
	s := c.begin(out)
	if s.Type == "" || s.Type == cloud.None {
		return s
	}
	for _, name := range []string{rules.Attributes, rules.Account, rules.Mail} {
		c.merge(&s, out.Find(name), true)
	}
	c.userPrincipalName(&s)
	return s
}

// begin decides the type.
func (c Catalogue) begin(out *rules.Outcome) (s State) {
	if out.ScopeErr != nil {
		s.problem(plan.Skip{Reason: plan.RuleError, Detail: out.ScopeErr.Error()})
		return s
	}
	if out.Policy == "" {
		s.Type = cloud.None
		s.problem(plan.Skip{Reason: plan.NoPolicy, Detail: "no policy's scope holds"})
		return s
	}
	d := out.Find(rules.CloudType)
	if !s.usable(d, "") {
		if d.Status == rules.Held && c.Kept != "" {
			s.Type, s.Because = c.Kept, because(d, d.Origins)
		}
		return s
	}
	s.Type, s.Because = cloud.Type(d.Text), because(d, d.Origins)
	if s.Type == cloud.None {
		s.problem(plan.Skip{Reason: plan.ByPolicy, Detail: d.Reason, Because: []plan.Because{s.Because}})
	}
	return s
}

// add puts a property in its place. Decisions come with their keys in order, so that most go to the end.
func (s *State) add(p Property) {
	if n := len(s.Properties); n == 0 || s.Properties[n-1].Name < p.Name {
		s.Properties = append(s.Properties, p)
		return
	}
	i, _ := slices.BinarySearchFunc(s.Properties, p.Name, func(p Property, n string) int { return strings.Compare(p.Name, n) })
	s.Properties = slices.Insert(s.Properties, i, p)
}

func (s *State) problem(p plan.Skip) { s.Problems = append(s.Problems, p) }

// usable reports whether a decision was made; one that is held is a problem. Of one whose value waits for the hold of its rule
// to end, the value before counts, and what is to come is listed.
func (s *State) usable(d rules.Decision, property string) bool {
	if d.Pending != nil {
		if d.Name == rules.CloudType {
			property = cloud.TypeProperty
		}
		until := d.Pending.Until
		s.problem(plan.Skip{Reason: plan.OnHold, Property: property, Until: &until, Because: []plan.Because{because(d, d.Origins)},
			Detail: fmt.Sprintf("%s stays %s; %s is scheduled for %s", d.Name, d.Text, d.Pending.Text, until.Format("2006-01-02 15:04 UTC"))})
	}
	if d.Status == rules.Held {
		s.problem(plan.Skip{Reason: plan.RuleError, Property: property, Detail: d.Err.Error(), Because: []plan.Because{because(d, d.Origins)}})
	}
	if d.Status != rules.Decided && d.Name == rules.CloudType && d.Status != rules.Held {
		s.problem(plan.Skip{Reason: plan.RuleError, Detail: "the policy decides no cloudType for it"})
	}
	return d.Status == rules.Decided
}

func because(d rules.Decision, origins []rules.Origin) plan.Because {
	b := plan.Because{Decision: d.Name}
	if len(origins) > 0 {
		o := origins[0]
		b.Policy, b.Rule, b.File, b.Line = o.Policy, o.Rule, o.File, o.Line
	}
	return b
}

func becauses(d rules.Decision) []plan.Because {
	out := make([]plan.Because, 0, len(d.Origins))
	for _, o := range d.Origins {
		out = append(out, because(d, []rules.Origin{o}))
	}
	return out
}

// merge takes the entries of a merge decision, or those alone that an object cannot be made without. A value that the
// cloud would refuse is a problem of that property alone.
func (c Catalogue) merge(s *State, d rules.Decision, requiredOnly bool) {
	if !s.usable(d, "") {
		return
	}
	if !requiredOnly && len(s.Properties) == 0 {
		s.Properties = slices.Grow(s.Properties, 2*len(d.Entries)) // room for what other decisions add
	}
	var why []plan.Because
	for i, e := range d.Entries {
		p := cloud.Row(e.Key)
		if p == nil || p.Decision != d.Name || !p.On(s.Type) || requiredOnly && !p.Required {
			continue // a policy for several types may mention what only some of them have
		}
		if why == nil || e.Origin != d.Entries[i-1].Origin {
			why = []plan.Because{because(d, []rules.Origin{e.Origin})}
		}
		v, err := p.Canonical(e.Value)
		if err != nil {
			s.problem(plan.Skip{Reason: plan.Rejected, Property: p.Name, Detail: err.Error(), Because: why})
			continue
		}
		s.add(Property{Property: p, Value: v, Refs: e.Refs, Because: why})
	}
}

func (c Catalogue) usageLocation(s *State, d rules.Decision) {
	p := cloud.Row("usageLocation")
	if !p.On(s.Type) || !s.usable(d, p.Name) || d.Text == "" {
		return
	}
	s.add(Property{Property: p, Value: cloud.Text(strings.ToUpper(d.Text)), Because: becauses(d)})
}

// licenses turns bundles into the tenant's SKUs. Two bundles of one SKU switch off only what both switch off. When one of
// them cannot be resolved the licences are not managed at all: going by the others would take the missing one away.
func (c Catalogue) licenses(s *State, policy string, d rules.Decision) {
	p := cloud.Row("licenses")
	if !p.On(s.Type) || !s.usable(d, p.Name) {
		return
	}
	var list []cloud.License
	for _, name := range d.List {
		l, err := c.license(policy, name)
		if err != nil {
			s.problem(plan.Skip{Reason: plan.NoSeat, Property: p.Name, Detail: err.Error() + "; all licences stay as they are", Because: becauses(d)})
			return
		}
		if i := slices.IndexFunc(list, func(x cloud.License) bool { return x.SKU == l.SKU }); i >= 0 {
			list[i].DisabledPlans = slices.DeleteFunc(list[i].DisabledPlans, func(id string) bool { return !slices.Contains(l.DisabledPlans, id) })
			continue
		}
		list = append(list, l)
	}
	s.add(Property{Property: p, Value: cloud.Licenses(list), Because: becauses(d)})
}

// license resolves one bundle of a policy against the tenant's subscriptions.
func (c Catalogue) license(policy, name string) (cloud.License, error) {
	b, ok := c.Bundles(policy, name)
	if !ok {
		return cloud.License{}, fmt.Errorf("bundle %q is not defined", name)
	}
	sku, ok := c.Tenant.SKU(b.SKU)
	if !ok {
		return cloud.License{}, fmt.Errorf("bundle %q: the tenant has no subscription %s", name, b.SKU)
	}
	l := cloud.License{SKU: sku.ID}
	for _, n := range b.DisablePlans {
		pl, ok := sku.Plan(n)
		if !ok {
			return cloud.License{}, fmt.Errorf("bundle %q: subscription %s has no service plan %s", name, b.SKU, n)
		}
		l.DisabledPlans = append(l.DisabledPlans, pl.ID)
	}
	return l, nil
}

// userPrincipalName puts in what the cloud would make of a name that it cannot hold: the mail nickname at the initial
// domain, as Microsoft documents for a suffix that is not verified.
func (c Catalogue) userPrincipalName(s *State) {
	i, ok := slices.BinarySearchFunc(s.Properties, "userPrincipalName", func(p Property, n string) int { return strings.Compare(p.Name, n) })
	if !ok || s.Properties[i].Value.IsNothing() {
		return
	}
	upn := s.Properties[i].Value.Text()
	why := c.refusal(upn)
	if why == "" {
		return
	}
	nick, _ := s.Get("mailNickname")
	initial := c.Tenant.InitialDomain()
	instead := nick.Value.Text() + "@" + initial
	if nick.Value.IsNothing() || initial == "" || c.refusal(instead) != "" {
		s.problem(plan.Skip{Reason: plan.Rejected, Property: "userPrincipalName", Detail: why, Because: s.Properties[i].Because})
		s.Properties = slices.Delete(s.Properties, i, i+1)
		return
	}
	s.problem(plan.Skip{Reason: plan.Substituted, Property: "userPrincipalName", Detail: why + "; the cloud gets " + instead, Because: s.Properties[i].Because})
	s.Properties[i].Value, s.Substituted = cloud.Text(instead), true
}

// refusal says why a tenant cannot hold a user principal name, "" when it can.
func (c Catalogue) refusal(upn string) string {
	if err := cloud.CheckUPN(upn); err != nil {
		return err.Error()
	}
	domain := upn[strings.LastIndexByte(upn, '@')+1:]
	if d, ok := c.Tenant.Domain(domain); !ok || !d.Verified {
		return fmt.Sprintf("%q: %s is not a verified domain of the tenant", upn, domain)
	}
	return ""
}

// PrimaryAddress gives the primary SMTP address of a source object as the cloud would take it: the SMTP: value of
// proxyAddresses, else mail. It masks nothing and adds nothing; "" when there is none.
func PrimaryAddress(o directory.Object) string {
	for _, p := range o.Values(directory.AttrProxyAddresses) {
		if strings.HasPrefix(p, "SMTP:") {
			return strings.ToLower(strings.TrimSpace(p[5:]))
		}
	}
	return strings.ToLower(strings.TrimSpace(o.First(directory.AttrMail)))
}
