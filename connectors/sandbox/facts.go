package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// resource is one entity outside the directory objects: its members in order, as JSON text.
type resource []member

type member struct{ name, raw string }

// resources answers a collection that knows neither filter nor pages, with $select.
func (t *Tenant) resources(r *request, set, entity string, rows []resource) (answer, error) {
	suffix, err := r.onlySelect(entity, rows)
	if err != nil {
		return answer{}, err
	}
	b := append(r.context(set+suffix), `,"value":[`...)
	for i, row := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '{'), row.members(r.query.selected)...), '}')
	}
	return answer{status: 200, body: append(b, "]}"...)}, nil
}

// onlySelect refuses every other query option and checks the names of $select.
func (r *request) onlySelect(entity string, rows []resource) (suffix string, err error) {
	if r.query.filter != nil || len(r.query.expand) > 0 || r.query.skip != "" || r.query.order != nil || r.query.search != nil {
		return "", unsupportedQuery("The query specified in the URI is not supported on %s.", entity)
	}
	if r.query.selected == nil {
		return "", nil
	}
	for _, name := range r.query.selected {
		if len(rows) > 0 && !slices.ContainsFunc(rows[0], func(m member) bool { return strings.EqualFold(m.name, name) }) {
			return "", refuse(400, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", name, entity)
		}
	}
	return "(" + strings.Join(r.query.selected, ",") + ")", nil
}

func (m resource) members(selected []string) string {
	var out []string
	for _, x := range m {
		if selected == nil || slices.ContainsFunc(selected, func(s string) bool { return strings.EqualFold(s, x.name) }) {
			out = append(out, quote(x.name)+":"+x.raw)
		}
	}
	return strings.Join(out, ",")
}

func itoa(n int) string { return strconv.Itoa(n) }

func truthJSON(v bool) string { return strconv.FormatBool(v) }

func (d Domain) resource() resource {
	authentication := "Managed"
	if d.Federated {
		authentication = "Federated"
	}
	services := `["Email","OfficeCommunicationsOnline"]`
	if d.Unverified {
		services = "[]"
	}
	return resource{{"authenticationType", quote(authentication)}, {"availabilityStatus", "null"}, {"id", quote(d.Name)},
		{"isAdminManaged", "true"}, {"isDefault", truthJSON(d.Default)}, {"isInitial", truthJSON(d.Initial)}, {"isRoot", "true"},
		{"isVerified", truthJSON(!d.Unverified)}, {"supportedServices", services}, {"passwordValidityPeriodInDays", "2147483647"},
		{"passwordNotificationWindowInDays", "14"}, {"state", "null"}}
}

func (t *Tenant) listDomains(r *request) (answer, error) {
	rows := make([]resource, len(t.options.Domains))
	for i, d := range t.options.Domains {
		rows[i] = d.resource()
	}
	return t.resources(r, "domains", "microsoft.graph.domain", rows)
}

func (t *Tenant) getDomain(r *request) (answer, error) {
	d, ok := t.domain(r.args[0])
	if !ok {
		return answer{}, notFound(r.args[0])
	}
	row := d.resource()
	suffix, err := r.onlySelect("microsoft.graph.domain", []resource{row})
	if err != nil {
		return answer{}, err
	}
	b := append(r.context("domains"+suffix+"/$entity"), ","+row.members(r.query.selected)+"}"...)
	return answer{status: 200, body: b}, nil
}

func (t *Tenant) listOrganization(r *request) (answer, error) {
	synced, last, location := "null", "null", "null"
	if t.options.Synced {
		synced, last = "true", quote(stamp(t.now().Truncate(syncCycle)))
	}
	if t.options.DefaultUsageLocation != "" {
		location = quote(t.options.DefaultUsageLocation)
	}
	var domains []string
	for _, d := range t.options.Domains {
		if d.Unverified {
			continue
		}
		kind := "Managed"
		if d.Federated {
			kind = "Federated"
		}
		domains = append(domains, "{"+resource{{"capabilities", `"Email, OfficeCommunicationsOnline"`}, {"isDefault", truthJSON(d.Default)},
			{"isInitial", truthJSON(d.Initial)}, {"name", quote(d.Name)}, {"type", quote(kind)}}.members(nil)+"}")
	}
	row := resource{{"id", quote(t.options.ID)}, {"deletedDateTime", "null"}, {"businessPhones", "[]"}, {"city", "null"},
		{"country", "null"}, {"countryLetterCode", location}, {"createdDateTime", "null"}, {"defaultUsageLocation", location},
		{"displayName", quote(t.options.Name)}, {"onPremisesLastSyncDateTime", last}, {"onPremisesSyncEnabled", synced},
		{"postalCode", "null"}, {"preferredLanguage", "null"}, {"state", "null"}, {"street", "null"}, {"tenantType", `"AAD"`},
		{"verifiedDomains", "[" + strings.Join(domains, ",") + "]"}}
	if len(r.args) == 0 {
		return t.resources(r, "organization", "microsoft.graph.organization", []resource{row})
	}
	if !strings.EqualFold(r.args[0], t.options.ID) {
		return answer{}, notFound(r.args[0])
	}
	suffix, err := r.onlySelect("microsoft.graph.organization", []resource{row})
	if err != nil {
		return answer{}, err
	}
	return answer{status: 200, body: append(r.context("organization"+suffix+"/$entity"), ","+row.members(r.query.selected)+"}"...)}, nil
}

func (t *Tenant) listSKUs(r *request) (answer, error) {
	rows := make([]resource, len(t.skus))
	for i, s := range t.skus {
		account := t.derive("account", 0)
		rows[i] = resource{{"accountId", quote(account)}, {"accountName", quote(t.options.Name)}, {"appliesTo", `"User"`},
			{"capabilityStatus", quote(s.Status)}, {"consumedUnits", itoa(s.consumed)}, {"id", quote(t.options.ID + "_" + s.ID)},
			{"prepaidUnits", `{"enabled":` + itoa(s.Enabled) + `,"suspended":` + itoa(s.Suspended) + `,"warning":` + itoa(s.Warning) + `,"lockedOut":0}`},
			{"servicePlans", s.plansJSON(nil)}, {"skuId", quote(s.ID)}, {"skuPartNumber", quote(s.Name)},
			{"subscriptionIds", `["` + t.derive("subscription "+s.ID, 0) + `"]`}}
	}
	return t.resources(r, "subscribedSkus", "microsoft.graph.subscribedSku", rows)
}
