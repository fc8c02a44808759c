package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

const secure = `{"displayName":"G","mailEnabled":false,"securityEnabled":true,"mailNickname":"g"%s}`

func ref(id string) string {
	return `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + id + `"}`
}

func bind(ids ...string) string {
	for i, id := range ids {
		ids[i] = `"https://graph.microsoft.com/v1.0/directoryObjects/` + id + `"`
	}
	return `"members@odata.bind":[` + strings.Join(ids, ",") + `]`
}

func TestRule4MailEnabledGroupsAreRefused(t *testing.T) {
	const update = "Cannot Update a mail-enabled security groups and or distribution list."
	for name, security := range map[string]bool{"distribution list": false, "mail-enabled security group": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			ann := r.user("ann", nil, Extra{})
			g := r.group("All", Properties{"mailEnabled": true, "securityEnabled": security, "proxyAddresses": []string{"SMTP:all@contoso.example"}}, Extra{Members: []string{ann}})
			r.refused(400, bad, "Cannot Create a mail-enabled security groups and or distribution list", "POST", "/v1.0/groups",
				fmt.Sprintf(`{"displayName":"G","mailEnabled":true,"securityEnabled":%v,"mailNickname":"g"}`, security))
			r.refused(400, bad, update, "PATCH", "/v1.0/groups/"+g, `{"description":"x"}`)
			r.refused(400, bad, update, "DELETE", "/v1.0/groups/"+g, "")
			r.refused(400, bad, update, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(ann))
			r.refused(400, bad, update, "DELETE", "/v1.0/groups/"+g+"/members/"+ann+"/$ref", "")
		})
	}
}

func TestRule4SynchronisedGroupsAreMastered(t *testing.T) {
	r := newRig(t, Options{Synced: true})
	ann := r.user("ann", nil, Extra{})
	g := r.group("G", Properties{"onPremisesSyncEnabled": true}, Extra{Members: []string{ann}})
	r.refused(400, bad, masteredText, "PATCH", "/v1.0/groups/"+g, `{"description":"x"}`)
	r.refused(400, bad, masteredText, "DELETE", "/v1.0/groups/"+g+"/members/"+ann+"/$ref", "")
	r.refused(400, bad, masteredText, "DELETE", "/v1.0/groups/"+g, "")
}

func TestRule3GroupRequirements(t *testing.T) {
	cases := map[string]struct{ body, message string }{
		"no nickname":   {`{"displayName":"G","mailEnabled":false,"securityEnabled":true}`, "A value is required for property 'mailNickname' of resource 'Group'."},
		"no name":       {`{"mailNickname":"g","mailEnabled":false,"securityEnabled":true}`, "A value is required for property 'displayName' of resource 'Group'."},
		"neither":       {`{"displayName":"G","mailNickname":"g","mailEnabled":false,"securityEnabled":false}`, "One or more properties contains invalid values."},
		"bad nickname":  {strings.Replace(fmt.Sprintf(secure, ""), `"g"`, `"g@h"`, 1), "Invalid value specified for property 'mailNickname' of resource 'Group'."},
		"unknown kind":  {fmt.Sprintf(secure, `,"groupTypes":["Odd"]`), "Invalid value specified for property 'groupTypes' of resource 'Group'."},
		"uniqueName":    {fmt.Sprintf(secure, `,"uniqueName":"u"`), "Property 'uniqueName' is read-only and cannot be set."},
		"mail":          {fmt.Sprintf(secure, `,"mail":"g@contoso.example"`), "Property 'mail' is read-only and cannot be set."},
		"dynamic, rule": {fmt.Sprintf(secure, `,"groupTypes":["DynamicMembership"]`), "A value is required for property 'membershipRule' of resource 'Group'."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			newRig(t, Options{}).refused(400, bad, c.message, "POST", "/v1.0/groups", c.body)
		})
	}
}

func TestGroupTypesCannotBeChanged(t *testing.T) {
	r := newRig(t, Options{})
	g := r.group("G", nil, Extra{})
	for _, p := range []string{`"securityEnabled":false`, `"mailEnabled":true`, `"groupTypes":["Unified"]`, `"isAssignableToRole":true`} {
		r.refused(400, bad, "Property '"+strings.Split(p, `"`)[1]+"' is read-only and cannot be set.", "PATCH", "/v1.0/groups/"+g, "{"+p+"}")
	}
}

func TestCreateIfMissing(t *testing.T) {
	r := newRig(t, Options{})
	path, body := "/v1.0/groups(uniqueName='4f0c')", fmt.Sprintf(secure, "")
	r.do(404, "PATCH", path, body)
	made := r.do(201, "PATCH", path, body, "Prefer", "create-if-missing")
	same(t, "unique name", any("4f0c"), made.body["uniqueName"])
	r.do(204, "PATCH", path, `{"description":"again"}`, "Prefer", "create-if-missing")
	got := r.do(200, "GET", path+"?$select=id,description", "").body
	same(t, "one group", []any{made.body["id"], "again"}, []any{got["id"], got["description"]})
	same(t, "listed once", []any{made.body["id"]}, r.do(200, "GET", "/v1.0/groups?$filter=uniqueName eq '4f0c'", "").column("id"))
	same(t, "location", "https://graph.example/v2/"+r.tenant.ID()+"/directoryObjects/"+made.body["id"].(string)+"/Microsoft.DirectoryServices.Group", made.header.Get("Location"))
}

func TestMicrosoft365GroupHasAddresses(t *testing.T) {
	r := newRig(t, Options{})
	a := r.do(201, "POST", "/v1.0/groups", `{"displayName":"Team","mailEnabled":true,"securityEnabled":false,"groupTypes":["Unified"],"mailNickname":"team"}`)
	same(t, "addresses", []any{"team@contoso.example", []any{"SMTP:team@contoso.example", "smtp:team@contoso.onmicrosoft.com"}}, []any{a.body["mail"], a.body["proxyAddresses"]})
}

func TestSecurityIdentifierOfAGroup(t *testing.T) {
	same(t, "SID", "S-1-12-1-1487486608-1192779889-1449200552-3124986786", cloudSID("58a93e90-6071-4718-a80b-6156a28343ba"))
}

func TestRule6BindIsAllOrNothing(t *testing.T) {
	r := newRig(t, Options{})
	var ids []string
	for i := range 21 {
		ids = append(ids, r.user(fmt.Sprintf("u%02d", i), nil, Extra{}))
	}
	g := r.group("G", nil, Extra{Members: ids[20:]})
	path := "/v1.0/groups/" + g
	r.refused(400, bad, "The number of relationships in the request exceeds the limit of 20.", "PATCH", path, "{"+bind(append([]string(nil), ids...)...)+"}")
	const there = "One or more added object references already exist for the following modified properties: 'members'."
	r.refused(400, bad, there, "PATCH", path, "{"+bind(ids[0], ids[20])+"}")
	r.refused(404, "Request_ResourceNotFound", "Resource '00000000-0000-4000-8000-000000000000' does not exist or one of its queried reference-property objects are not present.",
		"PATCH", path, "{"+bind(ids[0], "00000000-0000-4000-8000-000000000000")+"}")
	r.do(204, "PATCH", path, "{"+bind(append([]string(nil), ids[:20]...)...)+"}")
	same(t, "members", 21, len(r.do(200, "GET", path+"/members", "").values()))
}

func TestRule6ReferencesToMembers(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", nil, Extra{})
	g := r.group("G", nil, Extra{})
	path := "/v1.0/groups/" + g + "/members/"
	r.do(204, "POST", path+"$ref", ref(ann))
	r.refused(400, bad, "One or more added object references already exist for the following modified properties: 'members'.", "POST", path+"$ref", ref(ann))
	same(t, "typed", any("#microsoft.graph.user"), r.do(200, "GET", "/v1.0/groups/"+g+"/members?$select=id", "").values()[0]["@odata.type"])
	r.do(204, "DELETE", path+ann+"/$ref", "")
	r.refused(404, "Request_ResourceNotFound", "Resource '"+ann+"' does not exist or one of its queried reference-property objects are not present.", "DELETE", path+ann+"/$ref", "")
	r.do(200, "GET", "/v1.0/users/"+ann, "")
}

func TestRule6DeleteWithoutRefDeletesTheMember(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", nil, Extra{})
	g := r.group("G", nil, Extra{Members: []string{ann}})
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/members/"+ann, "")
	r.do(404, "GET", "/v1.0/users/"+ann, "")
}

func TestGroupMemberTypes(t *testing.T) {
	r := newRig(t, Options{})
	ann := r.user("ann", nil, Extra{})
	inner := r.group("Inner", nil, Extra{})
	outer := r.group("Outer", nil, Extra{})
	team := r.group("Team", unifiedGroup(), Extra{})
	r.do(204, "POST", "/v1.0/groups/"+outer+"/members/$ref", ref(inner))
	r.do(204, "POST", "/v1.0/groups/"+team+"/members/$ref", ref(ann))
	r.do(400, "POST", "/v1.0/groups/"+team+"/members/$ref", ref(inner))
	r.do(400, "POST", "/v1.0/groups/"+outer+"/members/$ref", ref(outer))
	dynamic := r.group("Rule", Properties{"groupTypes": []string{"DynamicMembership"}, "membershipRule": "x", "membershipRuleProcessingState": "On"}, Extra{})
	r.do(400, "POST", "/v1.0/groups/"+dynamic+"/members/$ref", ref(ann))
	same(t, "users only", []any{}, r.do(200, "GET", "/v1.0/groups/"+outer+"/members/microsoft.graph.user", "").column("id"))
}

func TestOwners(t *testing.T) {
	r := newRig(t, Options{})
	ann, bob := r.user("ann", nil, Extra{}), r.user("bob", nil, Extra{})
	g := r.group("G", nil, Extra{Owners: []string{ann}})
	r.do(204, "POST", "/v1.0/groups/"+g+"/owners/$ref", ref(bob))
	same(t, "owners", 2, len(r.do(200, "GET", "/v1.0/groups/"+g+"/owners", "").values()))
	r.do(204, "DELETE", "/v1.0/groups/"+g+"/owners/"+ann+"/$ref", "")
	r.refused(400, bad, "The group must have at least one owner, hence this owner cannot be removed.", "DELETE", "/v1.0/groups/"+g+"/owners/"+bob+"/$ref", "")
}

func TestRule9GroupsInDeletedItems(t *testing.T) {
	for name, keep := range map[string]bool{"security groups are gone": false, "security groups are kept by a switch": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{SecurityGroupSoftDelete: keep})
			ann := r.user("ann", nil, Extra{})
			g, team := r.group("G", nil, Extra{Members: []string{ann}}), r.group("Team", unifiedGroup(), Extra{Members: []string{ann}})
			r.do(204, "DELETE", "/v1.0/groups/"+g, "")
			r.do(204, "DELETE", "/v1.0/groups/"+team, "")
			want := 1
			if keep {
				want = 2
			}
			same(t, "kept", want, len(r.do(200, "GET", "/v1.0/directory/deletedItems/microsoft.graph.group", "").values()))
			r.do(200, "POST", "/v1.0/directory/deletedItems/"+team+"/restore", "")
			same(t, "members", []any{ann}, r.do(200, "GET", "/v1.0/groups/"+team+"/members", "").column("id"))
		})
	}
}

func TestGetByIDsLeavesUnknownOnesOut(t *testing.T) {
	r := newRig(t, Options{Apps: []App{{ID: "11111111-1111-4111-8111-111111111111", Roles: []string{"Directory.Read.All"}}}})
	ann, g := r.user("ann", nil, Extra{}), r.group("G", nil, Extra{})
	body := fmt.Sprintf(`{"ids":["%s","%s","00000000-0000-4000-8000-000000000000"],"types":["user"]}`, ann, g)
	same(t, "found", []any{ann}, r.do(200, "POST", "/v1.0/directoryObjects/getByIds?$select=id", body).column("id"))
}
