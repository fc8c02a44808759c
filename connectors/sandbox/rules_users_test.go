package sandbox

import (
	"strings"
	"testing"
	"time"
)

const bad = "Request_BadRequest"

func TestRule1DefaultPropertySets(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", Properties{"usageLocation": "DE", "department": "Sales"}, Extra{})
	row := r.do(200, "GET", "/v1.0/users", "").values()[0]
	var names []string
	for _, n := range strings.Split("businessPhones,displayName,givenName,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,userPrincipalName,id", ",") {
		if _, ok := row[n]; ok {
			names = append(names, n)
		}
	}
	same(t, "default properties", 11, len(names))
	same(t, "nothing else", 11, len(row))
	same(t, "selected", map[string]any{"usageLocation": "DE", "department": "Sales"}, r.read("/v1.0/users/ann@contoso.example", "usageLocation,DEPARTMENT"))
	r.refused(400, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named 'shoeSize' on type 'microsoft.graph.user'.",
		"GET", "/v1.0/users?$select=id,shoeSize", "")
	r.refused(501, "NotImplemented", "This operation target is not yet supported.", "GET", "/v1.0/users?$select=aboutMe", "")
	r.refused(501, "SandboxNotModelled", "the rehearsal tenant does not model the property signInActivity of microsoft.graph.user",
		"GET", "/v1.0/users?$select=signInActivity", "")
}

func TestRule2Uniqueness(t *testing.T) {
	taken := func(p string) string {
		return "Another object with the same value for property " + p + " already exists."
	}
	cases := map[string]struct{ property, method, path, body string }{
		"user principal name in another case":           {"userPrincipalName", "POST", "/v1.0/users", strings.Replace(newUser("ann", ""), `"ann@`, `"ANN@`, 1)},
		"immutable id":                                  {"onPremisesImmutableId", "POST", "/v1.0/users", newUser("new", `,"onPremisesImmutableId":"QUFB"`)},
		"immutable id of a deleted user":                {"onPremisesImmutableId", "POST", "/v1.0/users", newUser("new", `,"onPremisesImmutableId":"R09ORQ=="`)},
		"mail that is a proxy address":                  {"proxyAddresses", "POST", "/v1.0/users", newUser("new", `,"mail":"Sales@Contoso.Example"`)},
		"user principal name that is another's address": {"proxyAddresses", "POST", "/v1.0/users", newUser("sales", "")},
		"nickname of a Microsoft 365 group": {"mailNickname", "POST", "/v1.0/groups",
			`{"displayName":"x","mailEnabled":true,"securityEnabled":false,"groupTypes":["Unified"],"mailNickname":"TEAM"}`},
		"update": {"userPrincipalName", "PATCH", "/v1.0/users/bob@contoso.example", `{"userPrincipalName":"ann@contoso.example"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			owner := map[string]string{
				"ann":   r.user("ann", Properties{"onPremisesImmutableId": "QUFB"}, Extra{}),
				"gone":  r.user("gone", Properties{"onPremisesImmutableId": "R09ORQ=="}, Extra{}),
				"sales": r.group("Sales", Properties{"mailEnabled": true, "securityEnabled": false, "proxyAddresses": []string{"SMTP:sales@contoso.example"}}, Extra{}),
				"team":  r.group("team", unifiedGroup(), Extra{}),
			}
			r.user("bob", nil, Extra{})
			r.do(204, "DELETE", "/v1.0/users/"+owner["gone"], "")
			holder := map[string]string{"userPrincipalName": "User_" + owner["ann"], "onPremisesImmutableId": "User_" + owner["ann"],
				"proxyAddresses": "Group_" + owner["sales"], "mailNickname": "Group_" + owner["team"]}[c.property]
			if strings.Contains(name, "deleted") {
				holder = "User_" + owner["gone"]
			}
			a := r.refused(400, bad, taken(c.property), c.method, c.path, c.body)
			details := a.body["error"].(map[string]any)["details"]
			same(t, "details", any([]any{map[string]any{"code": "ObjectConflict", "message": taken(c.property), "target": c.property},
				map[string]any{"code": "ConflictingObjects", "message": taken(c.property), "target": holder}}), details)
		})
	}
}

func TestRule3RequiredPropertiesAndLimits(t *testing.T) {
	invalid := func(p string) string { return "Invalid value specified for property '" + p + "' of resource 'User'." }
	long := strings.Repeat("x", 65)
	cases := map[string]struct{ body, message string }{
		"no displayName": {`{"accountEnabled":true,"mailNickname":"n","userPrincipalName":"n@contoso.example","passwordProfile":{"password":"Correct-Horse-7"}}`,
			"A value is required for property 'displayName' of resource 'User'."},
		"no accountEnabled": {`{"displayName":"n","mailNickname":"n","userPrincipalName":"n@contoso.example","passwordProfile":{"password":"Correct-Horse-7"}}`,
			"A value is required for property 'accountEnabled' of resource 'User'."},
		"no mailNickname": {`{"accountEnabled":true,"displayName":"n","userPrincipalName":"n@contoso.example","passwordProfile":{"password":"Correct-Horse-7"}}`,
			"A value is required for property 'mailNickname' of resource 'User'."},
		"no password": {`{"accountEnabled":true,"displayName":"n","mailNickname":"n","userPrincipalName":"n@contoso.example"}`,
			"A value is required for property 'passwordProfile' of resource 'User'."},
		"weak password": {strings.Replace(newUser("n", ""), "Correct-Horse-7", "password", 1),
			"The specified password does not comply with password complexity requirements. Please provide a different password."},
		"password with the name": {strings.Replace(newUser("longname", ""), "Correct-Horse-7", "LongName-77", 1),
			"The specified password does not comply with password complexity requirements. Please provide a different password."},
		"unverified domain":    {strings.Replace(newUser("n", ""), "contoso.example", "new.example", 1), "Property userPrincipalName is invalid."},
		"unknown domain":       {strings.Replace(newUser("n", ""), "contoso.example", "other.example", 1), "Property userPrincipalName is invalid."},
		"federated, no anchor": {strings.Replace(newUser("n", ""), "contoso.example", "fed.example", 1), "One or more properties contains invalid values."},
		"bad character in upn": {strings.Replace(newUser("n", ""), "n@contoso", "n n@contoso", 1), invalid("userPrincipalName")},
		"givenName too long":   {newUser("n", `,"givenName":"`+long+`"`), invalid("givenName")},
		"empty text":           {newUser("n", `,"givenName":""`), invalid("givenName")},
		"wrong type":           {newUser("n", `,"department":5`), invalid("department")},
		"two phones":           {newUser("n", `,"businessPhones":["1","2"]`), invalid("businessPhones")},
		"null collection":      {newUser("n", `,"businessPhones":null`), invalid("businessPhones")},
		"nickname with space":  {strings.Replace(newUser("n", ""), `"mailNickname":"n"`, `"mailNickname":"a b"`, 1), invalid("mailNickname")},
		"lower-case location":  {newUser("n", `,"usageLocation":"de"`), invalid("usageLocation")},
		"dollar in anchor":     {newUser("n", `,"onPremisesImmutableId":"a$"`), invalid("onPremisesImmutableId")},
		"long extension":       {newUser("n", `,"onPremisesExtensionAttributes":{"extensionAttribute1":"`+strings.Repeat("x", 1025)+`"}`), invalid("onPremisesExtensionAttributes")},
		"unknown extension":    {newUser("n", `,"onPremisesExtensionAttributes":{"extensionAttribute16":"x"}`), invalid("onPremisesExtensionAttributes")},
		"unknown property":     {newUser("n", `,"shoeSize":"44"`), "Invalid property 'shoeSize'."},
		"broken JSON":          {`{"accountEnabled":`, "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{Domains: []Domain{{Name: "contoso.example", Default: true}, {Name: "fed.example", Federated: true},
				{Name: "new.example", Unverified: true}, {Name: "contoso.onmicrosoft.com"}}})
			r.refused(400, bad, c.message, "POST", "/v1.0/users", c.body)
		})
	}
}

func TestRule3FederatedUserWithAnchor(t *testing.T) {
	r := newRig(t, Options{Domains: []Domain{{Name: "fed.example", Federated: true, Default: true}}})
	body := strings.Replace(newUser("n", `,"onPremisesImmutableId":"QUFB"`), "contoso.example", "fed.example", 1)
	r.do(201, "POST", "/v1.0/users", body)
}

func TestRule3MandatoryPropertiesCannotBeCleared(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", Properties{"usageLocation": "DE", "givenName": "Ann"}, Extra{})
	for _, p := range []string{"displayName", "userPrincipalName", "mailNickname", "accountEnabled", "usageLocation"} {
		r.refused(400, bad, "Invalid value specified for property '"+p+"' of resource 'User'.", "PATCH", "/v1.0/users/ann@contoso.example", `{"`+p+`":null}`)
	}
	r.do(204, "PATCH", "/v1.0/users/ann@contoso.example", `{"givenName":null,"Department":"Sales"}`)
	same(t, "cleared and set", map[string]any{"givenName": nil, "department": "Sales"}, r.read("/v1.0/users/ann@contoso.example", "givenName,department"))
}

func TestExtensionAttributesAreMerged(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", nil, Extra{})
	for _, body := range []string{`{"extensionAttribute1":"a","extensionAttribute15":"o"}`, `{"extensionAttribute2":"b"}`, `{"extensionAttribute1":null}`} {
		r.do(204, "PATCH", "/v1.0/users/ann@contoso.example", `{"onPremisesExtensionAttributes":`+body+`}`)
	}
	got := r.read("/v1.0/users/ann@contoso.example", "onPremisesExtensionAttributes")["onPremisesExtensionAttributes"].(map[string]any)
	same(t, "members", []any{15, nil, "b", "o"}, []any{len(got), got["extensionAttribute1"], got["extensionAttribute2"], got["extensionAttribute15"]})
}

func TestRule4ReadOnlyProperties(t *testing.T) {
	r := newRig(t, Options{})
	r.user("ann", nil, Extra{})
	for _, p := range []string{`"proxyAddresses":["smtp:a@contoso.example"]`, `"onPremisesSyncEnabled":true`, `"assignedLicenses":[]`,
		`"onPremisesSamAccountName":"a"`, `"createdDateTime":"2026-01-01T00:00:00Z"`, `"id":"x"`, `"imAddresses":["a"]`} {
		name := strings.Split(p, `"`)[1]
		r.refused(400, bad, "Property '"+name+"' is read-only and cannot be set.", "PATCH", "/v1.0/users/ann@contoso.example", "{"+p+"}")
		r.refused(400, bad, "Property '"+name+"' is read-only and cannot be set.", "POST", "/v1.0/users", newUser("new", ","+p))
	}
}

const masteredText = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration."

func TestRule4OnPremisesMasteredUsers(t *testing.T) {
	r := newRig(t, Options{Synced: true})
	boss := r.user("boss", nil, Extra{})
	r.user("ann", Properties{"onPremisesSyncEnabled": true, "onPremisesImmutableId": "QUFB"}, Extra{Manager: boss})
	const ann = "/v1.0/users/ann@contoso.example"
	r.refused(400, bad, masteredText, "PATCH", ann, `{"department":"Sales"}`)
	r.refused(400, bad, masteredText, "PATCH", ann, `{"usageLocation":"DE","accountEnabled":false}`)
	r.refused(400, bad, masteredText, "DELETE", ann, "")
	r.refused(400, bad, masteredText, "DELETE", ann+"/manager/$ref", "")
	r.do(204, "PATCH", ann, `{"usageLocation":"DE"}`)
	r.do(200, "POST", ann+"/assignLicense", `{"addLicenses":[{"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965","disabledPlans":[]}],"removeLicenses":[]}`)
}

func TestRule4CloudManagedObjectsAreNotMastered(t *testing.T) {
	r := newRig(t, Options{Apps: []App{{ID: "11111111-1111-4111-8111-111111111111", Roles: append(ProductRoles(), "User-OnPremisesSyncBehavior.ReadWrite.All")}}})
	id := r.user("ann", Properties{"onPremisesSyncEnabled": true}, Extra{})
	same(t, "before", any(false), r.do(200, "GET", "/v1.0/users/"+id+"/onPremisesSyncBehavior", "").body["isCloudManaged"])
	r.do(204, "PATCH", "/v1.0/users/"+id+"/onPremisesSyncBehavior", `{"isCloudManaged":true}`)
	same(t, "found", []any{id}, r.do(200, "GET", "/v1.0/users?$filter=onPremisesSyncBehavior/isCloudManaged eq true", "").column("id"))
	r.do(204, "PATCH", "/v1.0/users/"+id, `{"department":"Sales"}`)
}

func TestRule4PropertiesThatExchangeMasters(t *testing.T) {
	const text = "Unable to update the specified properties for objects that have originated within an external service."
	r := newRig(t, Options{})
	r.user("ann", Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: "EXCHANGESTANDARD"}}})
	r.user("old", Properties{"onPremisesSyncEnabled": false}, Extra{})
	r.refused(400, bad, text, "PATCH", "/v1.0/users/ann@contoso.example", `{"mail":"other@contoso.example"}`)
	r.refused(400, bad, text, "PATCH", "/v1.0/users/old@contoso.example", `{"onPremisesExtensionAttributes":{"extensionAttribute1":"a"}}`)
}

func TestAdministratorsAreProtected(t *testing.T) {
	r := newRig(t, Options{})
	r.user("root", nil, Extra{Roles: []string{"Global Administrator"}})
	const text = "Insufficient privileges to complete the operation."
	for _, body := range []string{`{"userPrincipalName":"x@contoso.example"}`, `{"mobilePhone":"1"}`, `{"accountEnabled":false}`, `{"passwordProfile":{"password":"Correct-Horse-7"}}`} {
		r.refused(403, "Authorization_RequestDenied", text, "PATCH", "/v1.0/users/root@contoso.example", body)
	}
	r.refused(403, "Authorization_RequestDenied", text, "DELETE", "/v1.0/users/root@contoso.example", "")
	r.do(204, "PATCH", "/v1.0/users/root@contoso.example", `{"department":"IT"}`)
	same(t, "role members", []any{"root@contoso.example"}, r.do(200, "GET", "/v1.0/directoryRoles/62e90394-69f5-4237-9190-012177145e10/members", "").column("userPrincipalName"))
}

func TestManager(t *testing.T) {
	r := newRig(t, Options{})
	boss := r.user("boss", nil, Extra{})
	ann := r.user("ann", nil, Extra{})
	r.do(404, "GET", "/v1.0/users/"+ann+"/manager", "")
	r.do(204, "PUT", "/v1.0/users/"+ann+"/manager/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/users/`+boss+`"}`)
	same(t, "manager", any(boss), r.do(200, "GET", "/v1.0/users/"+ann+"/manager?$select=id", "").body["id"])
	same(t, "expanded", any(map[string]any{"@odata.type": "#microsoft.graph.user", "id": boss}),
		r.do(200, "GET", "/v1.0/users/"+ann+"?$select=id&$expand=manager($select=id)", "").body["manager"])
	rows := r.do(200, "GET", "/v1.0/users?$select=id&$expand=manager($select=id)", "").values()
	for _, row := range rows {
		_, has := row["manager"]
		same(t, "in the list", row["id"] == ann, has)
	}
	r.do(204, "DELETE", "/v1.0/users/"+boss, "")
	r.do(404, "GET", "/v1.0/users/"+ann+"/manager", "")
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+boss+"/restore", "")
	r.do(200, "GET", "/v1.0/users/"+ann+"/manager", "")
	r.do(204, "DELETE", "/v1.0/users/"+ann+"/manager/$ref", "")
	r.do(404, "DELETE", "/v1.0/users/"+ann+"/manager/$ref", "")
}

func TestRule9SoftDeleteRestoreAndPurge(t *testing.T) {
	r := newRig(t, Options{SKUs: SampleSKUs(1)})
	e3 := []Licence{{SKU: "SPE_E3"}}
	id := r.user("ann", Properties{"usageLocation": "DE", "onPremisesImmutableId": "QUFB"}, Extra{Licences: e3})
	g := r.group("g", nil, Extra{Members: []string{id}})
	r.do(204, "DELETE", "/v1.0/users/"+id, "")
	r.do(404, "GET", "/v1.0/users/"+id, "")
	same(t, "members", []any{}, r.do(200, "GET", "/v1.0/groups/"+g+"/members", "").column("id"))
	same(t, "seats", float64(0), r.consumed("SPE_E3"))
	bin := r.do(200, "GET", "/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime", "").values()
	same(t, "bin", []map[string]any{{"id": id, "userPrincipalName": strings.ReplaceAll(id, "-", "") + "ann@contoso.example", "deletedDateTime": "2026-03-01T12:00:00Z"}}, bin)

	twin := r.do(201, "POST", "/v1.0/users", newUser("ann", "")).body["id"].(string)
	r.refused(400, bad, "Another object with the same value for property userPrincipalName already exists.", "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "")
	r.do(204, "DELETE", "/v1.0/users/"+twin, "")
	r.do(204, "DELETE", "/v1.0/directory/deletedItems/"+twin, "")

	same(t, "restored", any("#microsoft.graph.user"), r.do(200, "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "").body["@odata.type"])
	same(t, "name", any("ann@contoso.example"), r.read("/v1.0/users/"+id, "userPrincipalName")["userPrincipalName"])
	same(t, "member again", []any{id}, r.do(200, "GET", "/v1.0/groups/"+g+"/members", "").column("id"))
	same(t, "licence again", float64(1), r.consumed("SPE_E3"))

	r.do(204, "DELETE", "/v1.0/users/"+id, "")
	r.tenant.AdvanceClock(30*24*time.Hour - time.Second)
	r.renew()
	r.do(200, "GET", "/v1.0/directory/deletedItems/"+id, "")
	r.tenant.AdvanceClock(time.Second)
	r.do(404, "GET", "/v1.0/directory/deletedItems/"+id, "")
	r.do(201, "POST", "/v1.0/users", newUser("bob", `,"onPremisesImmutableId":"QUFB"`))
}

func TestRule9RestoreAroundConflicts(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", Properties{"usageLocation": "DE", "mail": "office@contoso.example"}, Extra{Licences: []Licence{{SKU: "SPE_E3"}}})
	r.do(204, "DELETE", "/v1.0/users/"+id, "")
	r.user("ann", nil, Extra{})
	r.user("bob", Properties{"mail": "office@contoso.example"}, Extra{})
	path := "/v1.0/directory/deletedItems/" + id + "/restore"
	r.refused(400, bad, "Another object with the same value for property proxyAddresses already exists.", "POST", path, `{"newUserPrincipalName":"ann2@contoso.example"}`)
	r.do(200, "POST", path, `{"newUserPrincipalName":"ann2@contoso.example","autoReconcileProxyConflict":true}`)
	same(t, "addresses", map[string]any{"userPrincipalName": "ann2@contoso.example", "mail": "ann2@contoso.example",
		"proxyAddresses": []any{"SMTP:ann2@contoso.example", "smtp:ann@contoso.onmicrosoft.com"}}, r.read("/v1.0/users/"+id, "userPrincipalName,mail,proxyAddresses"))
}

func TestRule9RestoreWithoutSeatLosesTheLicence(t *testing.T) {
	r := newRig(t, Options{SKUs: SampleSKUs(1)})
	e3 := []Licence{{SKU: "SPE_E3"}}
	id := r.user("ann", Properties{"usageLocation": "DE"}, Extra{Licences: e3})
	r.do(204, "DELETE", "/v1.0/users/"+id, "")
	r.user("bob", Properties{"usageLocation": "DE"}, Extra{Licences: e3})
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "")
	same(t, "licences", any([]any{}), r.read("/v1.0/users/"+id, "assignedLicenses")["assignedLicenses"])
	same(t, "seats", float64(1), r.consumed("SPE_E3"))
}

// consumed gives the seats in use of a SKU.
func (r *rig) consumed(name string) any {
	r.Helper()
	for _, row := range r.do(200, "GET", "/v1.0/subscribedSkus", "").values() {
		if row["skuPartNumber"] == name {
			return row["consumedUnits"]
		}
	}
	r.Fatalf("no SKU %s", name)
	return nil
}
