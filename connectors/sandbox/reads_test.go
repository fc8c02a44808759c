package sandbox

import (
	"strings"
	"testing"
)

func TestSmallReads(t *testing.T) {
	r := newRig(t, Options{Apps: []App{{ID: "11111111-1111-4111-8111-111111111111", Roles: append(ProductRoles(), "Directory.Read.All")}}})
	ann := r.user("ann", Properties{"displayName": `Ann "Ä" \ Müller`}, Extra{Roles: []string{"Exchange Administrator"}})
	g := r.group("G", Properties{"description": "d"}, Extra{Members: []string{ann}})
	same(t, "domain", any("Managed"), r.do(200, "GET", "/v1.0/domains/CONTOSO.example?$select=authenticationType", "").body["authenticationType"])
	r.do(404, "GET", "/v1.0/domains/other.example", "")
	r.do(400, "GET", "/v1.0/domains?$select=shoeSize", "")
	same(t, "group", any("d"), r.do(200, "GET", "/v1.0/groups/"+g, "").body["description"])
	r.do(404, "GET", "/v1.0/groups/"+ann, "")
	same(t, "number of members", "1", r.do(200, "GET", "/v1.0/groups/"+g+"/members/$count", "", eventual, "eventual").raw)
	same(t, "member of", []any{g}, r.do(200, "GET", "/v1.0/users/"+ann+"/memberOf", "").column("id"))
	same(t, "sessions", any(true), r.do(200, "POST", "/v1.0/users/"+ann+"/revokeSignInSessions", "").body["value"])
	same(t, "text that JSON escapes", any(`Ann "Ä" \ Müller`), r.read("/v1.0/users/"+ann, "displayName")["displayName"])
	same(t, "found by it", 1, len(r.do(200, "GET", "/v1.0/users?$filter=startsWith(displayName,'ann%20%22%C3%A4')", "").values()))
	for _, role := range r.do(200, "GET", "/v1.0/directoryRoles?$expand=members", "").values() {
		want := 0
		if role["displayName"] == "Exchange Administrator" {
			want = 1
		}
		same(t, role["displayName"].(string), want, len(role["members"].([]any)))
	}
}

func TestExpandedRoleMembersAreCutAtTwenty(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 21 {
		r.user(strings.Repeat("x", i+1), nil, Extra{Roles: []string{"Global Administrator"}})
	}
	same(t, "expanded", 20, len(r.do(200, "GET", "/v1.0/directoryRoles?$expand=members", "").values()[0]["members"].([]any)))
	same(t, "listed", 21, len(r.do(200, "GET", "/v1.0/directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members", "").values()))
}

func TestSelectOnMembersOfMixedTypes(t *testing.T) {
	r := newRig(t, Options{})
	ann, inner := r.user("ann", nil, Extra{}), r.group("Inner", Properties{"description": "d"}, Extra{})
	g := r.group("G", nil, Extra{Members: []string{ann, inner}})
	for _, row := range r.do(200, "GET", "/v1.0/groups/"+g+"/members?$select=id,userPrincipalName,description", "").values() {
		delete(row, "@odata.type")
		if row["id"] == ann {
			same(t, "user", map[string]any{"id": ann, "userPrincipalName": "ann@contoso.example"}, row)
		} else {
			same(t, "group", map[string]any{"id": inner, "description": "d"}, row)
		}
	}
	r.do(400, "GET", "/v1.0/groups/"+g+"/members?$select=shoeSize", "")
}

func TestASkipTokenBelongsToItsList(t *testing.T) {
	r := newRig(t, Options{})
	for _, n := range []string{"a", "b"} {
		r.user(n, nil, Extra{})
	}
	_, token, _ := strings.Cut(r.do(200, "GET", "/v1.0/users?$top=1", "").body["@odata.nextLink"].(string), "$skiptoken=")
	r.do(200, "GET", "/v1.0/users?$top=1&$skiptoken="+token, "")
	for _, path := range []string{"/v1.0/groups?$skiptoken=", "/v1.0/users?$select=id&$skiptoken="} {
		a := r.do(400, "GET", path+token, "")
		same(t, path, any("Directory_ExpiredPageToken"), a.body["error"].(map[string]any)["code"])
	}
}

func TestLicensedGroupComesAndGoes(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", Properties{"usageLocation": "DE"}, Extra{})
	g := r.group("Team", unifiedGroup(), Extra{Members: []string{ann}, Licences: []Licence{{SKU: "SPE_E3"}}})
	same(t, "given", float64(1), r.consumed("SPE_E3"))
	r.do(204, "DELETE", "/v1.0/groups/"+g, "")
	same(t, "taken", float64(0), r.consumed("SPE_E3"))
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+g+"/restore", "")
	same(t, "given again", float64(1), r.consumed("SPE_E3"))
	r.do(204, "DELETE", "/v1.0/users/"+ann, "")
	same(t, "free", float64(0), r.consumed("SPE_E3"))
}
