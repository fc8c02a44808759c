package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestRule11LoadIsToldFromFourFifthsOn(t *testing.T) {
	r := newRig(t, Options{Throttle: true})
	load := func() float64 {
		v, err := strconv.ParseFloat(r.send("GET", "/v1.0/subscribedSkus", "").header.Get("x-ms-throttle-limit-percentage"), 64)
		if err != nil {
			return 0
		}
		return v
	}
	seen := map[float64]bool{}
	last := 0.0
	for range 3500 { // three units each: three times the limit
		now := load()
		if now < last {
			t.Fatalf("the load fell from %v to %v", last, now)
		}
		seen[now], last = true, now
	}
	if !seen[0] || !seen[0.8] || last < 1.79 || last > 1.8 {
		t.Errorf("loads seen end at %v", last)
	}
	a := r.do(200, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/domains"}]}`)
	item := a.body["responses"].([]any)[0].(map[string]any)
	same(t, "item", any(float64(429)), item["status"])
	same(t, "load of an item", any("1.80"), item["headers"].(map[string]any)["x-ms-throttle-limit-percentage"])
	r.tenant.AdvanceClock(10 * time.Second)
	same(t, "ten seconds later", 0.0, load())
}

func TestRule11AllAppsTogetherHaveALimit(t *testing.T) {
	var apps []App
	for i := range 7 {
		apps = append(apps, App{ID: fmt.Sprintf("a0000000-0000-4000-8000-00000000000%d", i), Roles: ProductRoles()})
	}
	r := newRig(t, Options{Throttle: true, Apps: apps})
	id := r.user("ann", nil, Extra{})
	done := 0
	for _, a := range apps {
		token, err := r.tenant.Token(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		r.token = token
		for range 2900 {
			r.tenant.AdvanceClock(4 * time.Millisecond)
			if reply := r.send("PATCH", "/v1.0/users/"+id, `{"department":"x"}`); reply.status != 204 {
				same(t, "why", "WriteLimitExceeded", reply.header.Get("x-ms-throttle-information"))
				same(t, "writes until then", tenantWriteLimit, done)
				return
			}
			done++
		}
	}
	t.Errorf("%d writes were taken", done)
}

// An hour of writes at the documented limit, by the tenant's clock and without a socket.
func TestRule11AnHourPassesInMilliseconds(t *testing.T) {
	now := epoch
	tn := New(Options{Throttle: true, Clock: func() time.Time { return now }})
	id, err := tn.AddUser(Properties{"userPrincipalName": "ann@contoso.example"}, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	var token string
	accepted, refused := 0, 0
	for end := epoch.Add(time.Hour); now.Before(end); now = now.Add(500 * time.Millisecond) {
		if now.Sub(epoch)%(30*time.Minute) == 0 {
			if token, err = tn.Token(tn.Apps()[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 11 { // ten per half second is more than 3,000 in 150 s would take
			q, err := http.NewRequest("PATCH", "https://graph.example/v1.0/users/"+id, strings.NewReader(`{"department":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+token)
			q.Header.Set("Content-Type", "application/json")
			a, err := tn.Transport().RoundTrip(q)
			if err != nil {
				t.Fatal(err)
			}
			if a.StatusCode == 204 {
				accepted++
			} else {
				refused++
			}
		}
	}
	if want := writeLimit * int(time.Hour/writeWindow); accepted != want || refused == 0 {
		t.Errorf("%d writes in an hour, %d refused; the limit is %d", accepted, refused, want)
	}
}
