package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func (r *rig) arm(f Fault) {
	r.Helper()
	if err := r.tenant.AddFault(f); err != nil {
		r.Fatal(err)
	}
}

func TestFaultStrikesTheNthRequest(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Method: "GET", Path: "^/v1.0/users", From: 2, Times: 2, Action: Refuse, Status: 503})
	var got []int
	for range 4 {
		r.do(200, "GET", "/v1.0/groups", "")
		got = append(got, r.send("GET", "/v1.0/users", "").status)
	}
	same(t, "statuses", []int{200, 503, 503, 200}, got)
}

func TestFaultRetryAfterForms(t *testing.T) {
	for want, given := range map[string]string{"7": "7", "0.5": "0.5", "": "", "Sun, 01 Mar 2026 12:00:30 GMT": "date:30s"} {
		r := newRig(t, Options{})
		r.arm(Fault{Action: Refuse, Status: 429, RetryAfter: given})
		same(t, given, want, r.do(429, "GET", "/v1.0/users", "").header.Get("Retry-After"))
	}
}

func TestFaultWithItsOwnText(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Path: "skiptoken", Action: Refuse, Status: 400, Code: "Directory_ExpiredPageToken", Message: "stale"})
	r.refused(400, "Directory_ExpiredPageToken", "stale", "GET", "/v1.0/users?$skiptoken=x", "")
}

func TestFaultBeforeAndAfterTheWrite(t *testing.T) {
	for name, after := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.arm(Fault{Method: "POST", Action: Refuse, Status: 504, AfterWrite: after})
			r.do(504, "POST", "/v1.0/users", newUser("ann", ""))
			want := 404
			if after {
				want = 200
			}
			r.do(want, "GET", "/v1.0/users/ann@contoso.example", "")
		})
	}
}

func TestFaultLag(t *testing.T) {
	r := newRig(t, Options{})
	g := r.group("G", nil, Extra{})
	r.arm(Fault{Method: "POST", Path: "/users$", Action: Lag, Requests: 2})
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", "")).body["id"].(string)
	same(t, "not listed", []any{}, r.do(200, "GET", "/v1.0/users", "").column("id"))
	r.do(404, "GET", "/v1.0/users/"+id, "")
	r.do(404, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(id))
	r.do(200, "GET", "/v1.0/users/"+id, "")
	r.refused(400, bad, "Another object with the same value for property userPrincipalName already exists.", "POST", "/v1.0/users", newUser("ann", ""))
}

func TestFaultLagByTheClock(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Method: "POST", Path: "/users$", Action: Lag, Seconds: 30})
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", "")).body["id"].(string)
	r.do(404, "GET", "/v1.0/users/"+id, "")
	r.tenant.AdvanceClock(30 * time.Second)
	r.do(200, "GET", "/v1.0/users/"+id, "")
}

func TestFaultLostBatchItem(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", nil, Extra{})
	r.arm(Fault{Method: "DELETE", Action: Lost})
	a, _ := byItem(r.do(200, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/groups"},{"id":"2","method":"DELETE","url":"/users/`+id+`"}]}`))
	same(t, "answers", 1, len(a))
	r.do(404, "GET", "/v1.0/users/"+id, "")
}

func TestFaultRepeatedRow(t *testing.T) {
	r := newRig(t, Options{})
	for _, n := range []string{"a", "b", "c"} {
		r.user(n, nil, Extra{})
	}
	r.arm(Fault{Path: "skiptoken", Action: Repeat})
	first := r.do(200, "GET", "/v1.0/users?$top=2", "")
	second := r.do(200, "GET", strings.TrimPrefix(first.body["@odata.nextLink"].(string), "https://graph.example"), "")
	same(t, "second page", []any{first.column("id")[1]}, second.column("id")[:1])
	same(t, "rows", 2, len(second.values()))
}

func TestFaultExpiredTokenAndHTML(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Action: Expired})
	r.refused(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.", "GET", "/v1.0/users", "")
	r.arm(Fault{Action: HTML})
	a := r.do(502, "GET", "/v1.0/users", "")
	same(t, "type", "text/html", a.header.Get("Content-Type"))
}

func TestFaultBrokenAnswers(t *testing.T) {
	cases := map[string]struct {
		fault   Fault
		reaches bool // the write took effect
		answers bool // the client gets a whole answer
	}{
		"reset before":      {Fault{Action: Reset}, false, false},
		"reset in the body": {Fault{Action: Reset, AfterWrite: true}, true, false},
		"truncated JSON":    {Fault{Action: Truncate}, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			c.fault.Method = "POST"
			r.arm(c.fault)
			srv := httptest.NewServer(r.tenant)
			defer srv.Close()
			q, err := http.NewRequest("POST", srv.URL+"/v1.0/users", strings.NewReader(newUser("ann", "")))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+r.token)
			q.Header.Set("Content-Type", "application/json")
			var body []byte
			res, err := srv.Client().Do(q)
			if err == nil {
				body, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			same(t, "answered", c.answers, err == nil)
			same(t, "valid JSON", false, json.Valid(body))
			want := 404
			if c.reaches {
				want = 200
			}
			r.do(want, "GET", "/v1.0/users/ann@contoso.example", "")
		})
	}
}

func TestFaultResetOfAnEmptyAnswer(t *testing.T) {
	r := newRig(t, Options{})
	id := r.user("ann", nil, Extra{})
	r.arm(Fault{Method: "DELETE", Action: Reset, AfterWrite: true})
	srv := httptest.NewServer(r.tenant)
	defer srv.Close()
	q, err := http.NewRequest("DELETE", srv.URL+"/v1.0/users/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.token)
	if res, err := srv.Client().Do(q); err == nil {
		t.Errorf("answered %d", res.StatusCode)
		_ = res.Body.Close()
	}
	r.do(404, "GET", "/v1.0/users/"+id, "")
}

func TestUnknownFaultsAreRefused(t *testing.T) {
	r := newRig(t, Options{})
	for _, f := range []Fault{{Action: "explode"}, {Action: Refuse}, {Action: Reset, Path: "("}} {
		if err := r.tenant.AddFault(f); err == nil {
			t.Errorf("%+v was armed", f)
		}
	}
}
