package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// rehearse does a bit of everything.
func rehearse(r *rig) {
	r.Helper()
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", `,"usageLocation":"DE","onPremisesImmutableId":"QUFB"`)).body["id"].(string)
	boss := r.do(201, "POST", "/v1.0/users", newUser("boss", "")).body["id"].(string)
	gone := r.do(201, "POST", "/v1.0/users", newUser("gone", "")).body["id"].(string)
	r.do(200, "POST", "/v1.0/users/"+id+"/assignLicense", licence([]string{"SPE_E3-TEAMS1"}, nil))
	r.do(204, "PUT", "/v1.0/users/"+id+"/manager/$ref", ref(boss))
	r.do(201, "PATCH", "/v1.0/groups(uniqueName='k')", `{"displayName":"G","mailEnabled":false,"securityEnabled":true,"mailNickname":"g",`+bind(id, gone)+`,"owners@odata.bind":["https://graph.microsoft.com/v1.0/users/`+boss+`"]}`,
		"Prefer", "create-if-missing")
	r.do(204, "DELETE", "/v1.0/users/"+gone, "")
	r.user("admin", Properties{"onPremisesSyncEnabled": true, "mail": "root@contoso.example"}, Extra{Roles: []string{"User Administrator"}, CloudManaged: true})
	r.user("soon", nil, Extra{Eligible: []string{"User Administrator"}})
	r.do(200, "PUT", "/v1.0/users/"+id+"/photo/$value", picture(r.T, 48), "Content-Type", "image/jpeg")
	if _, err := r.tenant.AddContact(Properties{"displayName": "Pat", "mail": "pat@fabrikam.example"}, Extra{}); err != nil {
		r.Fatal(err)
	}
}

func saved(t *testing.T, tn *Tenant) string {
	t.Helper()
	var b bytes.Buffer
	if err := tn.SaveState(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSameRequestsSameStateToTheByte(t *testing.T) {
	a, b := newRig(t, Options{Seed: 9}), newRig(t, Options{Seed: 9})
	rehearse(a)
	rehearse(b)
	same(t, "state", saved(t, a.tenant), saved(t, b.tenant))
	c := newRig(t, Options{Seed: 10})
	rehearse(c)
	if saved(t, c.tenant) == saved(t, a.tenant) {
		t.Error("another seed made the same tenant")
	}
}

func TestStateRoundTrip(t *testing.T) {
	a := newRig(t, Options{Seed: 9})
	rehearse(a)
	state := saved(t, a.tenant)
	if strings.Contains(state, "Correct-Horse") || strings.Contains(state, a.tenant.Apps()[0].Secret) {
		t.Error("the state holds a secret")
	}
	b := newRig(t, Options{Seed: 1})
	if err := b.tenant.LoadState(strings.NewReader(state)); err != nil {
		t.Fatal(err)
	}
	same(t, "state", state, saved(t, b.tenant))
	b.renew()
	for _, path := range []string{"/v1.0/users?$filter=onPremisesSyncBehavior/isCloudManaged eq true", "/v1.0/directoryRoles?$expand=members", "/v1.0/users?$expand=manager", "/v1.0/groups", "/v1.0/subscribedSkus", "/v1.0/directory/deletedItems/microsoft.graph.user",
		"/v1.0/contacts", "/v1.0/users/ann@contoso.example/photo/$value", "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances"} {
		same(t, path, a.do(200, "GET", path, "").raw, b.do(200, "GET", path, "").raw)
	}
	b.refused(400, bad, "Another object with the same value for property userPrincipalName already exists.", "POST", "/v1.0/users", newUser("ann", ""))
}

func TestBrokenStatesAreRefused(t *testing.T) {
	user := func(id, more string) string {
		return `{"id":"` + id + `","type":"User","properties":{"userPrincipalName":"a@contoso.example"` + more + `}}`
	}
	const one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	for name, objects := range map[string]string{
		"same id":          user(one, "") + "," + user(one, ""),
		"same name":        user(one, "") + "," + user(two, ""),
		"unknown property": user(one, `,"shoeSize":1`),
		"derived property": user(one, `,"assignedLicenses":[]`),
		"bad id":           user("x", ""),
		"bad type":         strings.Replace(user(one, ""), "User", "Robot", 1),
		"unknown member":   `{"id":"` + one + `","type":"Group","properties":{},"members":["` + two + `"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			before := saved(t, r.tenant)
			if err := r.tenant.LoadState(strings.NewReader(`{"formatVersion":1,"objects":[` + objects + `]}`)); err == nil {
				t.Error("the state was loaded")
			}
			same(t, "tenant", before, saved(t, r.tenant))
		})
	}
	r := newRig(t, Options{})
	for _, s := range []string{`{"formatVersion":2}`, `{`, `{"formatVersion":1,"surprise":1}`} {
		if err := r.tenant.LoadState(strings.NewReader(s)); err == nil {
			t.Errorf("%s was loaded", s)
		}
	}
}

func TestControlSurface(t *testing.T) {
	r := newRig(t, Options{})
	control := func(want int, method, path, body string) string {
		t.Helper()
		w := httptest.NewRecorder()
		r.tenant.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		if w.Code != want {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	control(204, "POST", "/_sim/clock", `{"advance":"10m"}`)
	same(t, "clock", `{"now":"2026-03-01T12:10:00Z"}`, strings.TrimSpace(control(200, "GET", "/_sim/clock", "")))
	control(204, "POST", "/_sim/faults", `{"path":"users","action":"refuse","status":503}`)
	r.do(503, "GET", "/v1.0/users", "")
	control(400, "POST", "/_sim/faults", `{"action":"explode"}`)
	control(400, "POST", "/_sim/faults", `{"actoin":"reset"}`)
	control(204, "DELETE", "/_sim/faults", "")
	same(t, "faults", "[]", strings.TrimSpace(control(200, "GET", "/_sim/faults", "")))
	r.do(201, "POST", "/v1.0/users", newUser("ann", ""))
	var log struct {
		Totals  Totals
		Entries []LogEntry
	}
	if err := json.Unmarshal([]byte(control(200, "GET", "/_sim/log", "")), &log); err != nil {
		t.Fatal(err)
	}
	same(t, "totals", Totals{Wire: 2, Requests: 2, Writes: 1, Units: 3, ByStatus: map[int]int{201: 1, 503: 1}, ByRoute: map[string]int{"GET /users": 1, "POST /users": 1}}, log.Totals)
	same(t, "fault in the log", []string{"refuse", ""}, []string{log.Entries[0].Fault, log.Entries[1].Fault})
	state := control(200, "GET", "/_sim/state", "")
	control(204, "DELETE", "/_sim/log", "")
	r.do(204, "DELETE", "/v1.0/users/ann@contoso.example", "")
	control(204, "PUT", "/_sim/state", state)
	r.do(200, "GET", "/v1.0/users/ann@contoso.example", "")
}

// Every route of the control surface does what its line says; what it cannot read it refuses.
func TestControlRoutes(t *testing.T) {
	r := newRig(t, Options{})
	control := func(want int, method, path, body string) string {
		t.Helper()
		w := httptest.NewRecorder()
		r.tenant.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		if w.Code != want {
			t.Fatalf("%s %s %s: %d %s", method, path, body, w.Code, w.Body)
		}
		return w.Body.String()
	}
	add := func(kind, body string) string {
		t.Helper()
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(control(201, "POST", "/_sim/"+kind, body)), &made); err != nil || made.ID == "" {
			t.Fatalf("%s: %v", kind, err)
		}
		return made.ID
	}
	user := add("users", `{"properties":{"userPrincipalName":"ann@contoso.example"},"roles":["User Administrator"]}`)
	group := add("groups", `{"properties":{"displayName":"Readers"},"members":["`+user+`"]}`)
	contact := add("contacts", `{"properties":{"displayName":"Pat","mail":"pat@fabrikam.example"}}`)
	same(t, "members", 1, len(r.do(200, "GET", "/v1.0/groups/"+group+"/members", "").values()))
	r.do(200, "GET", "/v1.0/contacts/"+contact, "")
	control(204, "PATCH", "/_sim/objects/"+user, `{"onPremisesSyncEnabled":true}`)
	same(t, "synchronised", any(true), r.do(200, "GET", "/v1.0/users/"+user+"?$select=onPremisesSyncEnabled", "").body["onPremisesSyncEnabled"])
	control(204, "DELETE", "/_sim/objects/"+contact, "")
	r.do(404, "GET", "/v1.0/contacts/"+contact, "")

	control(204, "PUT", "/_sim/profile", `{"seed":1,"percent":100}`)
	if a := r.send("GET", "/v1.0/users", ""); a.status == 200 && a.header.Get("Content-Type") == "application/json" && strings.HasSuffix(a.raw, "}") {
		t.Errorf("a profile of 100 %% let a request pass: %d", a.status)
	}
	control(204, "PUT", "/_sim/profile", `{}`)
	r.do(200, "GET", "/v1.0/users", "")
	control(204, "PUT", "/_sim/replication", `{"read":"1m"}`)
	late := r.do(201, "POST", "/v1.0/users", newUser("late", "")).body["id"].(string)
	r.do(404, "GET", "/v1.0/users/"+late, "")
	control(204, "POST", "/_sim/clock", `{"advance":"2m"}`)
	r.do(200, "GET", "/v1.0/users/"+late, "")
	control(204, "PUT", "/_sim/replication", `{}`)

	for _, bad := range [][3]string{{"PUT", "state", "{"}, {"POST", "clock", `{"advance":"soon"}`}, {"POST", "clock", `{"back":"1h"}`}, {"PUT", "profile", `{"percent":101}`},
		{"PUT", "replication", `{"read":"later"}`}, {"PUT", "replication", `{"write":"1s"}`}, {"POST", "moves", "no column"}, {"POST", "users", `{"properties":{"shoeSize":1}}`},
		{"POST", "groups", `{"colour":"red"}`}, {"POST", "contacts", `{}`}, {"PATCH", "objects/nobody", `{}`}, {"PATCH", "objects/" + user, `{"shoeSize":1}`}, {"DELETE", "objects/nobody", ""}} {
		control(400, bad[0], "/_sim/"+bad[1], bad[2])
	}
	control(405, "DELETE", "/_sim/clock", "")
}
