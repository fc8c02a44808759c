package sandbox

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRule14CompressedRequests(t *testing.T) {
	r := newRig(t, Options{})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(newUser("ann", ""))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r.do(201, "POST", "/v1.0/users", packed.String(), "Content-Encoding", "gzip")
	r.do(200, "GET", "/v1.0/users/ann@contoso.example", "")
}

func TestRule14CompressedAnswers(t *testing.T) {
	r := newRig(t, Options{})
	q := httptest.NewRequest("GET", "https://graph.example/v1.0/subscribedSkus", nil)
	q.Header.Set("Authorization", "Bearer "+r.token)
	q.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	r.tenant.ServeHTTP(w, q)
	same(t, "encoding", "gzip", w.Header().Get("Content-Encoding"))
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "SPE_E3") {
		t.Errorf("unpacked answer is %.100s", b)
	}
}

func TestRule14RequestIDs(t *testing.T) {
	r := newRig(t, Options{})
	a := r.do(200, "GET", "/v1.0/users", "", "CLIENT-Request-Id", "mine")
	same(t, "echo", "mine", a.header.Get("client-request-id"))
	b := r.do(200, "GET", "/v1.0/users", "")
	same(t, "same without one", b.header.Get("request-id"), b.header.Get("client-request-id"))
	if a.header.Get("request-id") == b.header.Get("request-id") {
		t.Error("two requests have one request-id")
	}
	same(t, "content type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8", b.header.Get("Content-Type"))
	same(t, "units", "2", b.header.Get("x-ms-resource-unit"))
	same(t, "context", any("https://graph.example/v1.0/$metadata#users"), b.body["@odata.context"])
}

func TestErrorEnvelope(t *testing.T) {
	r := newRig(t, Options{})
	a := r.do(404, "GET", "/v1.0/users/nobody", "", "client-request-id", "mine")
	same(t, "error", any(map[string]any{"code": "Request_ResourceNotFound",
		"message":    "Resource 'nobody' does not exist or one of its queried reference-property objects are not present.",
		"innerError": map[string]any{"date": "2026-03-01T12:00:00", "request-id": a.header.Get("request-id"), "client-request-id": "mine"}}), a.body["error"])
}

func TestCreatedUserOnTheWire(t *testing.T) {
	r := newRig(t, Options{})
	a := r.do(201, "POST", "/v1.0/users", newUser("ann", ""))
	id := a.body["id"].(string)
	same(t, "body", `{"@odata.context":"https://graph.example/v1.0/$metadata#users/$entity","id":"`+id+`","businessPhones":[],"displayName":"ann",`+
		`"givenName":null,"jobTitle":null,"mail":null,"mobilePhone":null,"officeLocation":null,"preferredLanguage":null,"surname":null,"userPrincipalName":"ann@contoso.example"}`, a.raw)
	same(t, "location", "https://graph.example/v2/"+r.tenant.ID()+"/directoryObjects/"+id+"/Microsoft.DirectoryServices.User", a.header.Get("Location"))
}

func TestKeysOfUsers(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("o'hara#x", nil, Extra{})
	for _, path := range []string{"/v1.0/users/" + strings.ToUpper(id), "/v1.0/users('" + id + "')", "/v1.0/users/O'Hara%23x@contoso.example", "/v1.0/Users('o''hara%23x@contoso.example')"} {
		same(t, path, any(id), r.do(200, "GET", path, "").body["id"])
	}
}

func TestRule12PermissionsFromTheToken(t *testing.T) {
	const text = "Insufficient privileges to complete the operation."
	ann := "/v1.0/users/ann@contoso.example"
	cases := map[string]struct {
		roles          []string
		method, path   string
		body           string
		want, wantNone int
	}{
		"read users":                  {[]string{"User.Read.All"}, "GET", "/v1.0/users", "", 200, 403},
		"basic profile":               {[]string{"User.ReadBasic.All"}, "GET", "/v1.0/users?$select=id,displayName", "", 200, 403},
		"more than the basic profile": {[]string{"User.ReadBasic.All"}, "GET", "/v1.0/users?$select=id,department", "", 403, 403},
		"create":                      {[]string{"User.ReadWrite.All"}, "POST", "/v1.0/users", newUser("new", ""), 201, 403},
		"reading is not writing":      {[]string{"User.Read.All"}, "PATCH", ann, `{"department":"x"}`, 403, 403},
		"disable only":                {[]string{"User.EnableDisableAccount.All", "User.Read.All"}, "PATCH", ann, `{"accountEnabled":false}`, 204, 403},
		"disable and more":            {[]string{"User.EnableDisableAccount.All", "User.Read.All"}, "PATCH", ann, `{"accountEnabled":false,"department":"x"}`, 403, 403},
		"password needs its own":      {[]string{"User.ReadWrite.All"}, "PATCH", ann, `{"passwordProfile":{"password":"Correct-Horse-7"}}`, 403, 403},
		"password":                    {[]string{"User-PasswordProfile.ReadWrite.All"}, "PATCH", ann, `{"passwordProfile":{"password":"Correct-Horse-7"}}`, 204, 403},
		"delete":                      {[]string{"User.DeleteRestore.All"}, "DELETE", ann, "", 204, 403},
		"seats":                       {[]string{"LicenseAssignment.Read.All"}, "GET", "/v1.0/subscribedSkus", "", 200, 403},
		"domains":                     {[]string{"Domain.Read.All"}, "GET", "/v1.0/domains", "", 200, 403},
		"organization":                {[]string{"Organization.Read.All"}, "GET", "/v1.0/organization", "", 200, 403},
		"group create":                {[]string{"Group.Create"}, "POST", "/v1.0/groups", `{"displayName":"G","mailEnabled":false,"securityEnabled":true,"mailNickname":"g"}`, 201, 403},
		"roles":                       {[]string{"RoleManagement.Read.Directory"}, "GET", "/v1.0/directoryRoles", "", 200, 403},
		"deleted users":               {[]string{"User.DeleteRestore.All"}, "GET", "/v1.0/directory/deletedItems/microsoft.graph.user", "", 200, 403},
		"deleted groups":              {[]string{"User.DeleteRestore.All"}, "GET", "/v1.0/directory/deletedItems/microsoft.graph.group", "", 403, 403},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for status, roles := range map[int][]string{c.want: c.roles, -c.wantNone: {"Mail.Send"}} {
				r := newRig(t, Options{Apps: []App{{ID: "11111111-1111-4111-8111-111111111111", Roles: roles}}})
				r.user("ann", nil, Extra{})
				if status = max(status, -status); status == 403 {
					r.refused(403, "Authorization_RequestDenied", text, c.method, c.path, c.body)
					continue
				}
				r.do(status, c.method, c.path, c.body)
			}
		})
	}
}

func TestTheProductsPermissionsSuffice(t *testing.T) {
	r := newRig(t, Options{})
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", `,"usageLocation":"DE"`)).body["id"].(string)
	for _, path := range []string{"/v1.0/users", "/v1.0/groups", "/v1.0/domains", "/v1.0/organization", "/v1.0/subscribedSkus", "/v1.0/directoryRoles",
		"/v1.0/directory/deletedItems/microsoft.graph.user", "/v1.0/directory/deletedItems/microsoft.graph.group", "/v1.0/users/" + id + "/licenseDetails"} {
		r.do(200, "GET", path, "")
	}
	r.do(200, "POST", "/v1.0/users/"+id+"/assignLicense", licence([]string{"SPE_E3"}, nil))
	r.do(204, "DELETE", "/v1.0/users/"+id, "")
	r.do(200, "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "")
}

func TestTokensAreRequired(t *testing.T) {
	r := newRig(t, Options{})
	for name, c := range map[string]struct{ header, message string }{
		"none":    {"", "Access token is empty."},
		"garbage": {"Bearer abc", "CompactToken parsing failed with error code: 80049217"},
		"forged":  {"Bearer " + r.token[:len(r.token)-4] + "AAAA", "CompactToken parsing failed with error code: 80049217"},
	} {
		t.Run(name, func(t *testing.T) {
			a := r.refused(401, "InvalidAuthenticationToken", c.message, "GET", "/v1.0/users", "", "Authorization", c.header)
			if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	r.tenant.AdvanceClock(tokenLife + 1)
	r.refused(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", "GET", "/v1.0/users", "")
}

func TestServedOverARealSocket(t *testing.T) {
	s, err := Serve("127.0.0.1:0", New(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	token, err := s.Tenant.Token(s.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequest("GET", s.URL+"/v1.0/organization", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), s.TenantID) {
		t.Errorf("answer %s", b)
	}
}
