package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// items makes a batch body of GET requests to the urls.
func items(urls ...string) string {
	var list []string
	for i, u := range urls {
		list = append(list, fmt.Sprintf(`{"id":"%d","method":"GET","url":"%s"}`, i+1, u))
	}
	return `{"requests":[` + strings.Join(list, ",") + `]}`
}

// byItem gives the answers of a batch by item id, and the order in which they came.
func byItem(a reply) (map[string]map[string]any, []string) {
	out := map[string]map[string]any{}
	var order []string
	for _, v := range a.body["responses"].([]any) {
		m := v.(map[string]any)
		out[m["id"].(string)] = m
		order = append(order, m["id"].(string))
	}
	return out, order
}

func TestRule7BatchLimits(t *testing.T) {
	r := newRig(t, Options{})
	r.refused(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.", "POST", "/v1.0/$batch", items(make([]string, 21)...))
	r.refused(400, "BadRequest", "Request id 'A' is missing or stands twice in the batch.", "POST", "/v1.0/$batch",
		`{"requests":[{"id":"a","method":"GET","url":"/users"},{"id":"A","method":"GET","url":"/users"}]}`)
}

func TestRule7BatchAnswersAreShuffledBySeed(t *testing.T) {
	var orders []string
	for range 2 {
		r := newRig(t, Options{Seed: 3})
		_, order := byItem(r.do(200, "POST", "/v1.0/$batch", items("/users", "/groups", "/domains", "/organization", "/subscribedSkus", "/users/x")))
		orders = append(orders, strings.Join(order, ""))
		slices.Sort(order)
		same(t, "all answered", []string{"1", "2", "3", "4", "5", "6"}, order)
	}
	same(t, "the same every time", orders[0], orders[1])
	if orders[0] == "123456" {
		t.Errorf("the answers came in order: %s", orders[0])
	}
}

func TestRule7BatchDependencies(t *testing.T) {
	r := newRig(t, Options{})
	a, _ := byItem(r.do(200, "POST", "/v1.0/$batch", `{"requests":[
		{"id":"1","method":"GET","url":"/users/nobody"},
		{"id":"2","method":"POST","url":"/users","headers":{"Content-Type":"application/json"},"body":`+newUser("ann", "")+`,"dependsOn":["1"]},
		{"id":"3","method":"GET","url":"/users","dependsOn":["2"]},
		{"id":"4","method":"POST","url":"/users","headers":{"Content-Type":"application/json"},"body":`+newUser("bob", "")+`},
		{"id":"5","method":"DELETE","url":"/users/bob@contoso.example","dependsOn":["4"]}]}`))
	var got []any
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		got = append(got, a[id]["status"])
	}
	same(t, "statuses", []any{404.0, 424.0, 424.0, 201.0, 204.0}, got)
	body, has := a["5"]["body"]
	same(t, "no content is null", []any{nil, true}, []any{body, has})
	_, totals := r.tenant.Log()
	same(t, "counted", []int{1, 5, 2}, []int{totals.Wire, totals.Requests, totals.Writes})
}

func TestRule7BatchItemsNeedAContentType(t *testing.T) {
	r := newRig(t, Options{})
	a, _ := byItem(r.do(200, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"POST","url":"/users","body":`+newUser("ann", "")+`}]}`))
	same(t, "status", any(400.0), a["1"]["status"])
}

func TestRule7OneItemIsThrottled(t *testing.T) {
	r := newRig(t, Options{})
	if err := r.tenant.AddFault(Fault{Path: "^/v1.0/groups", Action: Refuse, Status: 429, RetryAfter: "2.128"}); err != nil {
		t.Fatal(err)
	}
	res := r.do(200, "POST", "/v1.0/$batch", items("/users", "/groups"))
	a, _ := byItem(res)
	same(t, "item", []any{429.0, "2.128"}, []any{a["2"]["status"], a["2"]["headers"].(map[string]any)["Retry-After"]})
	same(t, "neighbour and envelope", []any{200.0, ""}, []any{a["1"]["status"], res.header.Get("Retry-After")})
}

func TestRule11WriteBucket(t *testing.T) {
	r := newRig(t, Options{Throttle: true})
	id := r.user("ann", nil, Extra{})
	for i := range writeLimit {
		if i%100 == 0 {
			r.tenant.AdvanceClock(time.Second)
		}
		a := r.do(204, "PATCH", "/v1.0/users/"+id, `{"department":"x"}`)
		if i == writeLimit-1 {
			same(t, "percentage at the limit", "1.00", a.header.Get("x-ms-throttle-limit-percentage"))
		}
	}
	a := r.refused(429, "TooManyRequests", "Please retry again later.", "PATCH", "/v1.0/users/"+id, `{"department":"x"}`)
	same(t, "headers", []string{"121", "WriteLimitExceeded", "Tenant_Application/Write/" + r.tenant.Apps()[0].ID + "/" + r.tenant.ID()},
		[]string{a.header.Get("Retry-After"), a.header.Get("x-ms-throttle-information"), a.header.Get("x-ms-throttle-scope")})
	r.do(200, "GET", "/v1.0/users/"+id, "")
	r.tenant.AdvanceClock(121 * time.Second)
	r.do(204, "PATCH", "/v1.0/users/"+id, `{"department":"x"}`)
}

func TestRule11UnitBucketWithFraction(t *testing.T) {
	r := newRig(t, Options{Throttle: true, FractionalRetryAfter: true})
	for range 3500 / 3 {
		r.do(200, "GET", "/v1.0/subscribedSkus", "")
	}
	a := r.do(429, "GET", "/v1.0/subscribedSkus", "")
	same(t, "headers", []string{"10.000", "ResourceUnitLimitExceeded"}, []string{a.header.Get("Retry-After"), a.header.Get("x-ms-throttle-information")})
}

func TestCostsInUnits(t *testing.T) {
	r := newRig(t, Options{})
	g := r.group("G", nil, Extra{})
	for path, want := range map[string]string{"/v1.0/users": "2", "/v1.0/users?$select=id": "1", "/v1.0/users?$select=id&$top=5": "1",
		"/v1.0/users?$expand=manager": "3", "/v1.0/groups/" + g + "/members": "3", "/v1.0/subscribedSkus": "3", "/v1.0/domains": "1"} {
		same(t, path, want, r.do(200, "GET", path, "").header.Get("x-ms-resource-unit"))
	}
}
