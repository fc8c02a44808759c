package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPagingVisitsEveryObjectOnce(t *testing.T) {
	r := newRig(t, Options{})
	var want []any
	for i := range 250 {
		want = append(want, r.user(fmt.Sprintf("u%03d", i), nil, Extra{}))
	}
	var sizes []int
	var got []any
	for next := "/v1.0/users?$select=id"; next != ""; {
		a := r.do(200, "GET", next, "")
		sizes = append(sizes, len(a.values()))
		got = append(got, a.column("id")...)
		link, _ := a.body["@odata.nextLink"].(string)
		if link != "" && !strings.HasPrefix(link, "https://graph.example/v1.0/users?$select=id&$skiptoken=RFNwdA") {
			t.Fatalf("next link %s", link)
		}
		next = strings.TrimPrefix(link, "https://graph.example")
	}
	same(t, "page sizes", []int{100, 100, 50}, sizes)
	slices.SortFunc(want, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	same(t, "ids", want, got)
	r.refused(400, "Request_UnsupportedQuery", "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.", "GET", "/v1.0/users?$top=1000", "")
	r.do(400, "GET", "/v1.0/groups?$skiptoken=RFNwdAxx", "")
}

func TestPagesSurviveDeletions(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 6 {
		r.user(fmt.Sprintf("u%d", i), nil, Extra{})
	}
	first := r.do(200, "GET", "/v1.0/users?$top=3", "")
	r.do(204, "DELETE", "/v1.0/users/"+first.column("id")[2].(string), "")
	rest := r.do(200, "GET", strings.TrimPrefix(first.body["@odata.nextLink"].(string), "https://graph.example"), "")
	same(t, "rest", 3, len(rest.values()))
}

const eventual = "ConsistencyLevel"

func TestRule10AdvancedQueryGate(t *testing.T) {
	plain := []string{"displayName eq 'Ann'", "startsWith(displayName,'an')", "userPrincipalName in ('ANN@contoso.example','x')",
		"onPremisesImmutableId eq 'QUFB'", "proxyAddresses/any(p:p eq 'smtp:ann@contoso.example')", "proxyAddresses/any(p:startswith(p,'smtp:ANN'))",
		"createdDateTime ge 2026-01-01T00:00:00Z", "accountEnabled eq true and (jobTitle eq 'Boss' or department eq 'Sales')",
		"assignedLicenses/any(s:s/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)", "onPremisesSyncEnabled eq true", "userType eq 'Member'"}
	advanced := []string{"displayName ne 'Bob'", "not(displayName eq 'Bob')", "endsWith(mail,'contoso.example')", "jobTitle eq null",
		"companyName eq 'Contoso'", "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'", "mobilePhone eq '1'"}
	never := []string{"displayName ge 'a'", "passwordProfile eq 'x'", "displayName/any(x:x eq 'a')", "proxyAddresses eq 'x'"}
	r := newRig(t, Options{})
	r.user("ann", Properties{"displayName": "Ann", "onPremisesImmutableId": "QUFB", "department": "Sales", "mail": "ann@contoso.example", "usageLocation": "DE", "mobilePhone": "1",
		"companyName": "Contoso", "onPremisesSyncEnabled": true, "onPremisesExtensionAttributes": map[string]string{"extensionAttribute1": "x"}}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	for _, f := range plain {
		same(t, f, 1, len(r.do(200, "GET", "/v1.0/users?$filter="+f, "").values()))
	}
	for _, f := range advanced {
		if a := r.send("GET", "/v1.0/users?$filter="+f, ""); a.status != 400 || a.body["error"].(map[string]any)["code"] != "Request_UnsupportedQuery" {
			t.Errorf("%s without the header: %d %s", f, a.status, a.raw)
		}
		r.do(400, "GET", "/v1.0/users?$filter="+f, "", eventual, "eventual")
		same(t, f, 1, len(r.do(200, "GET", "/v1.0/users?$count=true&$filter="+f, "", eventual, "eventual").values()))
	}
	for _, f := range never {
		if a := r.send("GET", "/v1.0/users?$count=true&$filter="+f, "", eventual, "eventual"); a.status != 400 {
			t.Errorf("%s: %d %s", f, a.status, a.raw)
		}
	}
}

func TestRule10CountIsSilentlyIgnored(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", nil, Extra{})
	_, has := r.do(200, "GET", "/v1.0/users?$count=true", "").body["@odata.count"]
	same(t, "without the header", false, has)
	same(t, "with it", any(float64(1)), r.do(200, "GET", "/v1.0/users?$count=true", "", eventual, "eventual").body["@odata.count"])
	r.refused(400, bad, "$count is not currently supported.", "GET", "/v1.0/users/$count", "")
	same(t, "number", "1", r.do(200, "GET", "/v1.0/users/$count", "", eventual, "eventual").raw)
	r.refused(400, "Request_UnsupportedQuery", "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
		"GET", `/v1.0/users?$search=%22displayName:a%22`, "")
}

func TestImmutableIDComparesWithCase(t *testing.T) {
	r := newRig(t, Options{})
	r.user("a", Properties{"onPremisesImmutableId": "QUFB"}, Extra{})
	r.user("b", Properties{"onPremisesImmutableId": "qufb"}, Extra{})
	same(t, "upn", []any{"b@contoso.example"}, r.do(200, "GET", "/v1.0/users?$filter=onPremisesImmutableID eq 'qufb'", "").column("userPrincipalName"))
}

func TestLenientTenantsAnswerLikeUnknownPaths(t *testing.T) {
	r := newRig(t, Options{Lenient: true})
	r.refused(400, "BadRequest", "Resource not found for the segment 'calendar'.", "GET", "/v1.0/users/x/calendar", "")
	r.refused(405, bad, "Specified HTTP method is not allowed for the request target.", "DELETE", "/v1.0/domains", "")
}

func TestNotModelledIsSaidClearly(t *testing.T) {
	r := newRig(t, Options{})
	for _, c := range [][2]string{{"GET", "/v1.0/users/x/calendar"}, {"GET", "/v1.0/devices/delta"}, {"GET", "/v1.0/users?$skip=5"}, {"GET", "/v1.0/me"}, {"PUT", "/v1.0/users/x"}} {
		same(t, c[1], 501, r.send(c[0], c[1], "").status)
	}
	_, totals := r.tenant.Log()
	same(t, "counted", 5, totals.Unmodelled)
}
