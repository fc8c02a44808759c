package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTransitiveMembers(t *testing.T) {
	r := newRig(t, Options{Apps: []App{{ID: "a0000000-0000-4000-8000-000000000001", Roles: append(ProductRoles(), "Directory.Read.All")}}})
	ann, bob := r.user("ann", nil, Extra{}), r.user("bob", nil, Extra{})
	inner := r.group("inner", nil, Extra{Members: []string{ann, bob}})
	outer := r.group("outer", nil, Extra{Members: []string{bob, inner}})
	r.do(204, "POST", "/v1.0/groups/"+inner+"/members/$ref", ref(outer)) // a circle
	ids := func(path string) []any {
		out := r.do(200, "GET", path, "").column("id")
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return out
	}
	sorted := func(list ...string) []any {
		slices.Sort(list)
		var out []any
		for _, s := range list {
			out = append(out, s)
		}
		return out
	}
	same(t, "all", sorted(ann, bob, inner), ids("/v1.0/groups/"+outer+"/transitiveMembers?$select=id"))
	same(t, "users", sorted(ann, bob), ids("/v1.0/groups/"+outer+"/transitiveMembers/microsoft.graph.user"))
	same(t, "count", "3", r.do(200, "GET", "/v1.0/groups/"+outer+"/transitiveMembers/$count", "", eventual, "eventual").raw)
	same(t, "above", sorted(inner, outer), ids("/v1.0/users/"+ann+"/transitiveMemberOf"))
	a := r.do(200, "POST", "/v1.0/users/"+ann+"/getMemberGroups", `{"securityEnabledOnly":true}`)
	same(t, "ids", 2, len(a.body["value"].([]any)))
	a = r.do(200, "POST", "/v1.0/users/"+ann+"/checkMemberGroups", `{"groupIds":["`+outer+`","00000000-0000-4000-8000-000000000009"]}`)
	same(t, "checked", []any{outer}, a.body["value"].([]any))
	same(t, "units", "4", a.header.Get("x-ms-resource-unit"))
}

func TestRule10OrderBy(t *testing.T) {
	r := newRig(t, Options{})
	for i, name := range []string{"Cid", "ann", "Bob", "Dan", "eve"} {
		r.user(fmt.Sprintf("u%d", i), Properties{"displayName": name, "department": "x"}, Extra{})
	}
	names := func(path string, header ...string) (out []any) {
		for path != "" {
			a := r.do(200, "GET", path, "", header...)
			out = append(out, a.column("displayName")...)
			link, _ := a.body["@odata.nextLink"].(string)
			path = strings.TrimPrefix(link, "https://graph.example")
		}
		return out
	}
	same(t, "up", []any{"ann", "Bob", "Cid", "Dan", "eve"}, names("/v1.0/users?$orderby=displayName&$top=2"))
	same(t, "down", []any{"eve", "Dan", "Cid", "Bob", "ann"}, names("/v1.0/users?$orderby=displayName desc&$top=2"))
	const refused = "Sorting not supported for current query."
	r.refused(400, "Request_UnsupportedQuery", refused, "GET", "/v1.0/users?$orderby=createdDateTime", "")
	r.refused(400, "Request_UnsupportedQuery", refused, "GET", "/v1.0/users?$orderby=displayName&$filter=department eq 'x'", "")
	same(t, "advanced", 5, len(names("/v1.0/users?$count=true&$orderby=displayName&$filter=department eq 'x'", eventual, "eventual")))
	same(t, "by time", 5, len(names("/v1.0/users?$count=true&$orderby=createdDateTime", eventual, "eventual")))
	r.do(400, "GET", "/v1.0/users?$orderby=shoeSize", "")
	r.do(400, "GET", "/v1.0/users?$orderby=displayName up", "")
}

func TestRule10Search(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", Properties{"displayName": "Ann O'Hara", "mail": "ann@contoso.example"}, Extra{})
	r.user("bob", Properties{"displayName": "Bob Hart-Annis", "department": "Sales"}, Extra{})
	find := func(search string) int {
		return len(r.do(200, "GET", "/v1.0/users?$search="+url.QueryEscape(search), "", eventual, "eventual").values())
	}
	for search, want := range map[string]int{`"displayName:ann"`: 2, `"displayName:nn"`: 0, `"displayName:hart bob"`: 1, `"mail:ann@"`: 1,
		`"displayName:ann" AND "mail:ann"`: 1, `("displayName:zoe" OR "mail:ann") AND "displayName:hara"`: 1} {
		same(t, search, want, find(search))
	}
	for _, bad := range []string{"displayName:ann", `"ann"`, `"displayName:ann`, `"department:sales"`, `"displayName:a" "mail:b"`, `("displayName:a"`} {
		if a := r.send("GET", "/v1.0/users?$search="+url.QueryEscape(bad), "", eventual, "eventual"); a.status != 400 {
			t.Errorf("%s: %d %s", bad, a.status, a.raw)
		}
	}
}

func TestRule9DeletedItemsInOrderOfTheirDeletion(t *testing.T) {
	r := newRig(t, Options{})
	var want []any
	for i := range 4 {
		id := r.user(fmt.Sprintf("u%d", i), nil, Extra{})
		r.do(204, "DELETE", "/v1.0/users/"+id, "")
		want = append(want, id)
		r.tenant.AdvanceClock(time.Minute)
	}
	const path = "/v1.0/directory/deletedItems/microsoft.graph.user?$orderby=deletedDateTime"
	r.do(400, "GET", path, "")
	same(t, "order", want, r.do(200, "GET", path+"&$count=true", "", eventual, "eventual").column("id"))
}

func TestRolesAndEligibility(t *testing.T) {
	r := newRig(t, Options{})
	boss := r.user("boss", nil, Extra{Roles: []string{"Global Administrator"}})
	soon := r.user("soon", nil, Extra{Eligible: []string{"User Administrator"}})
	inside := r.user("inside", nil, Extra{})
	team := r.group("team", Properties{"isAssignableToRole": true}, Extra{Roles: []string{"Helpdesk Administrator"}, Members: []string{inside}})
	const base = "/v1.0/roleManagement/directory/"
	same(t, "assignments", 2, len(r.do(200, "GET", base+"roleAssignments", "").values()))
	a := r.do(200, "GET", base+"roleAssignments?$filter=principalId eq '"+boss+"'", "").values()
	same(t, "of the boss", any("62e90394-69f5-4237-9190-012177145e10"), a[0]["roleDefinitionId"])
	same(t, "eligible", []any{soon}, r.do(200, "GET", base+"roleEligibilitySchedules", "").column("principalId"))
	same(t, "instances", []any{soon}, r.do(200, "GET", base+"roleEligibilityScheduleInstances", "").column("principalId"))
	same(t, "definitions", 4, len(r.do(200, "GET", base+"roleDefinitions", "").values()))
	same(t, "a group holds a role", []any{team}, r.do(200, "GET", "/v1.0/directoryRoles(roleTemplateId='729827e3-9c14-49f7-bb1b-9608f156bbb8')/members", "").column("id"))
	r.do(403, "PATCH", "/v1.0/users/"+inside, `{"userPrincipalName":"x@contoso.example"}`) // an administrator through the group
	r.do(204, "PATCH", "/v1.0/users/"+soon, `{"userPrincipalName":"y@contoso.example"}`)
}

func TestSynchronizationIsNotForApps(t *testing.T) {
	r := newRig(t, Options{Synced: true, Apps: []App{{ID: "a0000000-0000-4000-8000-000000000001", Roles: append(ProductRoles(), "OnPremDirectorySynchronization.Read.All")}}})
	r.refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "GET", "/v1.0/directory/onPremisesSynchronization", "")
	r.refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "GET", "/v1.0/directory/onPremisesSynchronization/"+r.tenant.ID(), "")
	same(t, "what an app sees", any(true), r.do(200, "GET", "/v1.0/organization/"+r.tenant.ID()+"?$select=onPremisesSyncEnabled", "").body["onPremisesSyncEnabled"])
	r.do(404, "GET", "/v1.0/organization/x", "")
}

func TestProvisioningErrorsAreSetFromOutside(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", Properties{"onPremisesSyncEnabled": true}, Extra{})
	conflict := map[string]any{"category": "PropertyConflict", "occurredDateTime": "2026-01-01T00:00:00Z", "propertyCausingError": "ProxyAddress", "value": "SMTP:x@contoso.example"}
	service := map[string]any{"@odata.type": "#microsoft.graph.serviceProvisioningXmlError", "createdDateTime": "2026-01-01T00:00:00Z", "isResolved": false,
		"serviceInstance": "exchange/EURP123-001", "errorDetail": "<ServiceInstance/>"}
	if err := r.tenant.SetProperties(ann, Properties{"onPremisesProvisioningErrors": []any{conflict}, "serviceProvisioningErrors": []any{service}}); err != nil {
		t.Fatal(err)
	}
	same(t, "errors", map[string]any{"onPremisesProvisioningErrors": []any{conflict}, "serviceProvisioningErrors": []any{service}},
		r.read("/v1.0/users/"+ann, "onPremisesProvisioningErrors,serviceProvisioningErrors"))
	same(t, "by category", []any{ann}, r.do(200, "GET", "/v1.0/users?$filter=onPremisesProvisioningErrors/any(i:i/category eq 'PropertyConflict')", "").column("id"))
	if err := r.tenant.SetProperties(ann, Properties{"onPremisesProvisioningErrors": nil}); err != nil {
		t.Fatal(err)
	}
	same(t, "cleared", any([]any{}), r.read("/v1.0/users/"+ann, "onPremisesProvisioningErrors")["onPremisesProvisioningErrors"])
	r.user("bob", nil, Extra{})
	if err := r.tenant.SetProperties(ann, Properties{"userPrincipalName": "bob@contoso.example"}); err == nil {
		t.Error("two users have one name")
	}
}

func TestRule5GroupLicences(t *testing.T) {
	r := newRig(t, Options{SKUs: SampleSKUs(1)})
	ann := r.user("ann", Properties{"usageLocation": "DE"}, Extra{})
	bob := r.user("bob", Properties{"usageLocation": "DE"}, Extra{})
	g := r.group("licensed", nil, Extra{Members: []string{ann, bob}})
	r.do(202, "POST", "/v1.0/groups/"+g+"/assignLicense", licence([]string{"SPE_E3"}, nil))
	const inError = "/v1.0/groups?$filter=hasMembersWithLicenseErrors eq true"
	same(t, "one seat for two", []any{g}, r.do(200, "GET", inError, "").column("id"))
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/members/"+ann+"/$ref", "")
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/members/"+bob+"/$ref", "")
	r.do(204, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(bob))
	r.do(200, "POST", "/v1.0/users/"+bob+"/reprocessLicenseAssignment", "{}")
	same(t, "no errors", 0, len(r.do(200, "GET", inError, "").values()))
	r.do(202, "POST", "/v1.0/groups/"+g+"/assignLicense", licence(nil, []string{"SPE_E3"}))
	same(t, "none left", any([]any{}), r.read("/v1.0/users/"+bob, "assignedLicenses")["assignedLicenses"])
	r.refused(400, bad, "Group does not have a corresponding license.", "POST", "/v1.0/groups/"+g+"/assignLicense", licence(nil, []string{"SPE_E3"}))
}
