package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// skuID finds the id of a sample SKU.
func skuID(name string) string {
	for _, s := range SampleSKUs(1) {
		if s.Name == name {
			return s.ID
		}
	}
	panic("no SKU " + name)
}

// licence is a body of assignLicense; a SKU to add may name one plan to leave off, SPE_E3-TEAMS1.
func licence(add, remove []string) string {
	var a, b []string
	for _, s := range add {
		name, off, _ := strings.Cut(s, "-")
		plans := ""
		if off != "" {
			plans = `"` + planIDs()[off] + `"`
		}
		a = append(a, fmt.Sprintf(`{"skuId":"%s","disabledPlans":[%s]}`, skuID(name), plans))
	}
	for _, s := range remove {
		b = append(b, `"`+skuID(s)+`"`)
	}
	return `{"addLicenses":[` + strings.Join(a, ",") + `],"removeLicenses":[` + strings.Join(b, ",") + `]}`
}

const annLicense = "/v1.0/users/ann@contoso.example/assignLicense"

func TestRule5LicenceRefusals(t *testing.T) {
	cases := map[string]struct {
		before  []string
		noPlace bool
		body    string
		message string
	}{
		"both arrays are needed": {body: `{"addLicenses":[]}`,
			message: "One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: removeLicenses."},
		"usage location comes first": {noPlace: true, body: licence([]string{"SPE_E3"}, nil), message: "License assignment cannot be done for user with invalid usage location."},
		"no seats":                   {body: licence([]string{"SPE_F1"}, nil), message: "Subscription with SKU " + skuID("SPE_F1") + " does not have any available licenses."},
		"SKU unknown in the tenant": {body: `{"addLicenses":[{"skuId":"11111111-1111-1111-1111-111111111111"}],"removeLicenses":[]}`,
			message: "License 11111111-1111-1111-1111-111111111111 does not correspond to a valid company License."},
		"removing what is not assigned": {body: licence(nil, []string{"SPE_E3"}), message: "User does not have a corresponding license."},
		"not a GUID": {body: `{"addLicenses":[{"skuId":"SPE_E3"}],"removeLicenses":[]}`,
			message: "Cannot convert a primitive value to the expected type 'Edm.Guid'. See the inner exception for more details."},
		"mutually exclusive plans": {before: []string{"SPE_E3"}, body: licence([]string{"EXCHANGESTANDARD"}, nil),
			message: "License assignment failed because service plans " + planIDs()["EXCHANGE_S_STANDARD"] + "," + planIDs()["EXCHANGE_S_ENTERPRISE"] + " are mutually exclusive"},
		"dependency": {body: licence([]string{"EXCHANGEARCHIVE_ADDON"}, nil),
			message: "License assignment failed because service plan " + planIDs()["EXCHANGE_S_ARCHIVE_ADDON"] + " depends on the service plan(s) " + planIDs()["EXCHANGE_S_STANDARD"]},
		"dependency broken by a removal": {before: []string{"EXCHANGESTANDARD", "EXCHANGEARCHIVE_ADDON"}, body: licence(nil, []string{"EXCHANGESTANDARD"}),
			message: "License assignment failed because service plan " + planIDs()["EXCHANGE_S_ARCHIVE_ADDON"] + " depends on the service plan(s) " + planIDs()["EXCHANGE_S_STANDARD"]},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			skus := SampleSKUs(10)
			for i := range skus {
				if skus[i].Name == "SPE_F1" {
					skus[i].Enabled = 0
				}
			}
			r := newRig(t, Options{SKUs: skus})
			p := Properties{"usageLocation": "DE"}
			if c.noPlace {
				p = nil
			}
			var have []Licence
			for _, s := range c.before {
				have = append(have, Licence{SKU: s})
			}
			r.user("ann", p, Extra{Licences: have})
			r.refused(400, bad, c.message, "POST", annLicense, c.body)
		})
	}
}

func TestRule5SwapInOneCall(t *testing.T) {
	skus := SampleSKUs(1)
	r := newRig(t, Options{SKUs: skus})
	r.user("ann", Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: "EXCHANGESTANDARD"}}})
	r.do(200, "POST", annLicense, licence([]string{"SPE_E3-TEAMS1"}, []string{"EXCHANGESTANDARD"}))
	same(t, "seats", []any{float64(1), float64(0)}, []any{r.consumed("SPE_E3"), r.consumed("EXCHANGESTANDARD")})
	r.do(200, "POST", annLicense, licence([]string{"SPE_E3-YAMMER_ENTERPRISE"}, nil))
	same(t, "plans are replaced and no second seat is taken", any([]any{map[string]any{"skuId": skuID("SPE_E3"), "disabledPlans": []any{planIDs()["YAMMER_ENTERPRISE"]}}}),
		r.read("/v1.0/users/ann@contoso.example", "assignedLicenses")["assignedLicenses"])
	plans := r.do(200, "GET", "/v1.0/users/ann@contoso.example/licenseDetails", "").values()[0]["servicePlans"].([]any)
	off := 0
	for _, p := range plans {
		if p.(map[string]any)["provisioningStatus"] == "Disabled" {
			off++
		}
	}
	same(t, "disabled in the details", 1, off)
}

func TestRule5InheritedLicences(t *testing.T) {
	r := newRig(t, Options{SKUs: SampleSKUs(1)})
	ann, bob := r.user("ann", Properties{"usageLocation": "DE"}, Extra{}), r.user("bob", Properties{"usageLocation": "DE"}, Extra{})
	g := r.group("G", nil, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	r.do(204, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(ann))
	r.do(204, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(bob))
	states := func(name string) []any {
		s := r.read("/v1.0/users/"+name, "licenseAssignmentStates")["licenseAssignmentStates"].([]any)[0].(map[string]any)
		return []any{s["assignedByGroup"], s["state"], s["error"]}
	}
	same(t, "inherited", []any{g, "Active", "None"}, states(ann))
	same(t, "no seat left", []any{g, "Error", "CountViolation"}, states(bob))
	r.refused(400, bad, "User license is inherited from a group membership and it cannot be removed directly from the user.", "POST", annLicense, licence(nil, []string{"SPE_E3"}))
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/members/"+ann+"/$ref", "")
	same(t, "freed", float64(0), r.consumed("SPE_E3"))
}

func TestAddressesFollowTheLicence(t *testing.T) {
	cases := map[string]struct {
		user    Properties
		mail    any
		proxies []any
	}{
		"nothing but a name": {Properties{}, "ann@contoso.example", []any{"SMTP:ann@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}},
		"mail masks the name": {Properties{"mail": "a.nn@contoso.example"}, "a.nn@contoso.example",
			[]any{"SMTP:a.nn@contoso.example", "smtp:ann@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}},
		"proxy addresses mask mail": {Properties{"mail": "old@contoso.example", "proxyAddresses": []string{"smtp:b@contoso.example", "SMTP:p@contoso.example", "X500:/o=x"}}, "p@contoso.example",
			[]any{"SMTP:p@contoso.example", "smtp:b@contoso.example", "X500:/o=x", "smtp:ann@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}},
		"secondary addresses only": {Properties{"proxyAddresses": []string{"smtp:b@contoso.example"}}, "ann@contoso.onmicrosoft.com",
			[]any{"SMTP:ann@contoso.onmicrosoft.com", "smtp:b@contoso.example", "smtp:ann@contoso.example"}},
		"unverified domains are dropped": {Properties{"proxyAddresses": []string{"SMTP:a@elsewhere.example", "smtp:b@contoso.example"}}, "ann@contoso.onmicrosoft.com",
			[]any{"SMTP:ann@contoso.onmicrosoft.com", "smtp:b@contoso.example", "smtp:ann@contoso.example"}},
		"old protocols are dropped": {Properties{"proxyAddresses": []string{"SMTP:a@contoso.example", "X400:c=us", "broken"}}, "a@contoso.example",
			[]any{"SMTP:a@contoso.example", "smtp:ann@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			c.user["usageLocation"] = "DE"
			r.user("ann", c.user, Extra{})
			a := r.do(200, "POST", annLicense, licence([]string{"SPE_E3"}, nil))
			same(t, "mail in the answer", c.mail, a.body["mail"])
			same(t, "proxyAddresses", any(c.proxies), r.read("/v1.0/users/ann@contoso.example", "proxyAddresses")["proxyAddresses"])
		})
	}
}

func TestAddressesAfterRenameAndLicenceRemoval(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	addresses := func() any { return r.read("/v1.0/users/"+id, "proxyAddresses")["proxyAddresses"] }
	r.do(204, "PATCH", "/v1.0/users/"+id, `{"userPrincipalName":"anna@contoso.example"}`)
	same(t, "the new name is added", any([]any{"SMTP:ann@contoso.example", "smtp:anna@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}), addresses())
	r.do(200, "POST", "/v1.0/users/"+id+"/assignLicense", licence(nil, []string{"SPE_E3"}))
	same(t, "the address under the initial domain stays", any([]any{"SMTP:ann@contoso.onmicrosoft.com"}), addresses())
}

func TestAddressUnderTheInitialDomainIsUnique(t *testing.T) {
	r := newRig(t, Options{Domains: []Domain{{Name: "contoso.example", Default: true}, {Name: "b.example"}, {Name: "contoso.onmicrosoft.com"}}})
	r.user("ann@contoso.example", Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	id := r.user("ann@b.example", Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	list := r.read("/v1.0/users/"+id, "proxyAddresses")["proxyAddresses"].([]any)
	last := list[len(list)-1].(string)
	if len(last) != len("smtp:ann0000@contoso.onmicrosoft.com") || !strings.HasPrefix(last, "smtp:ann") {
		t.Errorf("address under the initial domain is %s, want ann with four digits", last)
	}
}

func TestWritingMailMovesThePrimaryAddress(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", nil, Extra{})
	for _, m := range []string{"a@contoso.example", "b@contoso.example"} {
		r.do(204, "PATCH", "/v1.0/users/"+id, `{"mail":"`+m+`"}`)
	}
	got := r.read("/v1.0/users/"+id, "mail,proxyAddresses")
	same(t, "addresses", map[string]any{"mail": "b@contoso.example", "proxyAddresses": []any{"SMTP:b@contoso.example", "smtp:a@contoso.example"}}, got)
}
