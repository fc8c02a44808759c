package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// seats counts what the policies need of one subscription.
type seats struct {
	add, remove int
	last        []int // the objects that need a seat which they do not have
}

// exclusive lists service plans of which a user can have one. dependent says which of several plans a plan cannot do
// without. Source: Microsoft's documentation of license assignment problems; the tenant knows more of them.
var (
	exclusive = []string{"EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"}
	dependent = []struct {
		plan  string
		needs []string
	}{
		{"WORKPLACE_ANALYTICS", cloud.MailboxPlans()},
		{"ATP_ENTERPRISE", cloud.MailboxPlans()},
		{"THREAT_INTELLIGENCE", cloud.MailboxPlans()},
		{"EXCHANGE_S_ARCHIVE_ADDON", cloud.MailboxPlans()},
	}
)

// enabled lists the names of the service plans that a set of licences switches on.
func (r *run) enabled(list []cloud.License) []string {
	var out []string
	if r.in.Tenant == nil {
		return nil
	}
	for _, l := range list {
		sku, _ := r.in.Tenant.Facts.SKU(l.SKU)
		for _, p := range sku.Plans {
			if !slices.Contains(l.DisabledPlans, p.ID) {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

// checkLicenses looks at what the policies decided about usage location and licences.
func (r *run) checkLicenses() {
	p, ok := r.state.Get("licenses")
	wanted := p.Value.Licenses()
	location := r.checkLocation(len(wanted) > 0)
	if !ok {
		return
	}
	if slices.ContainsFunc(r.in.Facts.Prohibited, func(c string) bool { return strings.EqualFold(c, location) }) && len(wanted) > 0 {
		r.find("LIC-007", "usageLocation", location, "Microsoft's services may not be used in "+location)
	}
	if r.in.Tenant == nil {
		return
	}
	plans := r.enabled(wanted)
	if both := intersection(exclusive, plans); len(both) > 1 {
		r.find("LIC-005", "licenses", "", "switch off all but one of "+strings.Join(both, ", "))
	}
	for _, d := range dependent {
		if slices.Contains(plans, d.plan) && len(intersection(d.needs, plans)) == 0 {
			r.find("LIC-006", "licenses", d.plan, "it depends on a plan of Exchange that gives a mailbox, and none is switched on")
		}
	}
	r.countSeats(wanted)
}

func intersection(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

// checkLocation gives the usage location: the decided one, else the cloud's.
func (r *run) checkLocation(licensed bool) string {
	country := strings.TrimSpace(r.entry.first(aCountry))
	p, decided := r.state.Get("usageLocation")
	location := p.Value.Text()
	switch {
	case decided && location != "" && !isCountry(location):
		r.find("LIC-002", "usageLocation", location, "not a country code of ISO 3166-1 alpha-2")
	case decided && location != "" && isCountry(country) && !strings.EqualFold(country, location):
		r.find("LIC-002", "usageLocation", location, "c is "+country).raise(true)
	case !decided && country != "" && !isCountry(country):
		r.find("LIC-002", slotNames[aCountry], country, "not a country code of ISO 3166-1 alpha-2, so that no usage location follows from it"+spelling(country)).raise(true)
	}
	if location == "" && r.target != nil {
		location = r.target.Get("usageLocation").Text()
	}
	if licensed && location == "" {
		detail := "nothing decides one"
		if isCountry(country) {
			detail += "; c is " + country
		}
		r.find("LIC-001", "usageLocation", "", detail)
	}
	return location
}

// countSeats notes the seats that the object takes and gives back.
func (r *run) countSeats(wanted []cloud.License) {
	var has []cloud.License
	var inherited []string
	if r.target != nil {
		has, inherited = r.target.Get("licenses").Licenses(), r.target.Inherited
	}
	in := func(list []cloud.License, sku string) bool {
		return slices.ContainsFunc(list, func(l cloud.License) bool { return l.SKU == sku })
	}
	for _, l := range wanted {
		if !in(has, l.SKU) && !slices.Contains(inherited, l.SKU) {
			s := r.seat(l.SKU)
			s.add++
			s.last = append(s.last, r.entry.i)
		}
	}
	for _, l := range has {
		switch {
		case in(wanted, l.SKU):
		case slices.Contains(inherited, l.SKU):
			r.find("LIC-009", "licenses", r.skuName(l.SKU), "no policy wants it; it comes from a group, and goes with the membership")
		default:
			r.seat(l.SKU).remove++
		}
	}
}

func (r *run) seat(sku string) *seats {
	if r.seats[sku] == nil {
		r.seats[sku] = &seats{}
	}
	return r.seats[sku]
}

func (r *run) skuName(id string) string {
	if s, ok := r.in.Tenant.Facts.SKU(id); ok {
		return s.Name
	}
	return id
}

// checkWhole looks at what is about no single object of the snapshot.
func (r *run) checkWhole() {
	r.mode = r.in.Mode
	if r.in.Tenant != nil {
		r.checkBundles()
		r.checkSeats()
	}
	r.checkReported()
	r.checkSuppressions()
}

// whole is find for what is about no object of the snapshot.
func (r *run) whole(id string, o plan.Object, attribute, value, detail string) *Finding {
	n := numbers[id]
	if len(r.sources) > 0 && r.sources[0].unread[n] {
		return nil
	}
	return r.add(n, Finding{Object: o, Attribute: attribute, Value: value, Detail: detail, Mode: r.mode})
}

// checkBundles holds the bundles of the policies against the tenant's subscriptions.
func (r *run) checkBundles() {
	for _, b := range r.in.Facts.Bundles {
		o := plan.Object{Kind: "policy", Name: b.Policy + "/" + b.Name}
		sku, ok := r.in.Tenant.Facts.SKU(b.SKU)
		switch {
		case !ok:
			r.whole("LIC-003", o, "sku", b.SKU, "the tenant has no such subscription")
			continue
		case sku.Status != "" && sku.Status != "Enabled" && sku.Status != "Warning":
			r.whole("LIC-003", o, "sku", b.SKU, "the subscription is "+sku.Status)
		}
		for _, name := range b.Disabled {
			if _, ok := sku.Plan(name); !ok {
				r.whole("LIC-010", o, "disablePlans", name, b.SKU+" has no such service plan")
			}
		}
	}
}

// checkSeats holds what the policies need against the seats that are free. Those last in anchor order go without.
func (r *run) checkSeats() {
	for _, sku := range r.in.Tenant.Facts.SKUs {
		s := r.seats[sku.ID]
		if s == nil || s.add-s.remove <= sku.Free() {
			continue
		}
		short := min(s.add, s.add-s.remove-sku.Free())
		f := r.whole("LIC-004", plan.Object{Kind: "tenant", Name: sku.Name, ID: sku.ID}, "licenses", sku.Name,
			fmt.Sprintf("%d users need a seat, %d give one back, %d are free: %d too few", s.add, s.remove, sku.Free(), short))
		for _, i := range s.last[len(s.last)-short:] {
			if f != nil {
				r.other.load(i, r.object(i))
				f.with(Party{r.described(r.other), "licenses"})
			}
		}
	}
}
