package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/fault"
)

type anyToken struct{}

func (anyToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t"}, nil
}

// batched makes a connector whose batches are answered one after the other by what responses say; "reset" breaks the
// connection.
func batched(t *testing.T, responses ...string) (*Connector, *script, *fakeClock) {
	t.Helper()
	s, clock := &script{}, newFakeClock()
	for _, r := range responses {
		st := step{status: 200, header: http.Header{"Content-Type": {"application/json"}}, body: strings.NewReader(r)}
		if r == "reset" {
			st = step{err: errors.New("connection reset")}
		}
		s.steps = append(s.steps, st)
	}
	c, err := New(Config{Credential: anyToken{}, Transport: s, Now: clock.now, Sleep: clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return c, s, clock
}

func responses(items ...string) string { return `{"responses":[` + strings.Join(items, ",") + `]}` }

func ok(id int) string {
	return fmt.Sprintf(`{"id":"%d","status":200,"headers":{},"body":{"id":"%d"}}`, id, id)
}

func no(id, status int, retry string) string {
	return fmt.Sprintf(`{"id":"%d","status":%d,"headers":{"Retry-After":%q},"body":{"error":{"code":"c","message":"m"}}}`, id, status, retry)
}

func TestBatch(t *testing.T) {
	get := item{request: request{op: "read", why: readOne, method: "GET", path: "/users/u", query: []string{"$select", "id"}}}
	create := item{request: request{op: "create", why: write, method: "POST", path: "/users", body: entity{{"a", nil}}}}
	remove := item{request: request{op: "remove", why: write, method: "DELETE", path: "/groups/g/members/m/$ref"}}
	waits := remove
	waits.after = []int{0}
	const fine = fault.Kind(255)
	cases := map[string]struct {
		items   []item
		answers []string
		kinds   []fault.Kind
		sent    []int // how many items each batch held
		longest float64
	}{
		"answers come in any order": {[]item{get, get, get}, []string{responses(ok(2), ok(0), ok(1))}, []fault.Kind{fine, fine, fine}, []int{3}, 0},
		"only what was throttled is sent again, after the longest time": {[]item{get, create, remove},
			[]string{responses(no(0, 429, "2.5"), ok(1), no(2, 429, "7")), responses(ok(2), ok(0))}, []fault.Kind{fine, fine, fine}, []int{3, 2}, 7},
		"a read without an answer is sent again":                  {[]item{get, get}, []string{responses(ok(1)), responses(ok(0))}, []fault.Kind{fine, fine}, []int{2, 1}, 0.5},
		"a create without an answer is not":                       {[]item{create, get}, []string{responses(ok(1))}, []fault.Kind{fault.Unknown, fine}, []int{2}, 0},
		"a create that met a server's error is not":               {[]item{create}, []string{responses(no(0, 503, "1"))}, []fault.Kind{fault.Unknown}, []int{1}, 0},
		"a removal that met one is":                               {[]item{remove}, []string{responses(no(0, 503, "1")), responses(ok(0))}, []fault.Kind{fine}, []int{1, 1}, 1},
		"after a broken connection all but creates is sent again": {[]item{get, create, remove}, []string{"reset", responses(ok(0), ok(2))}, []fault.Kind{fine, fault.Unknown, fine}, []int{3, 2}, 0.5},
		"what waits for a refused item takes its kind":            {[]item{remove, waits}, []string{responses(no(1, 424, ""), no(0, 403, ""))}, []fault.Kind{fault.Denied, fault.Denied}, []int{2}, 0},
		"what waits for a throttled item is sent again with it":   {[]item{remove, waits}, []string{responses(no(1, 424, ""), no(0, 429, "3")), responses(ok(0), ok(1))}, []fault.Kind{fine, fine}, []int{2, 2}, 3},
		"an item that waits is sent again alone when need be":     {[]item{remove, waits}, []string{responses(ok(0), no(1, 429, "3")), responses(ok(1))}, []fault.Kind{fine, fine}, []int{2, 1}, 3},
		"an answer to what was not asked is passed over":          {[]item{get}, []string{responses(ok(0), ok(7), `{"id":"x","status":500}`)}, []fault.Kind{fine}, []int{1}, 0},
		"an answer that is no batch leaves reads unanswered":      {[]item{get}, []string{`[]`, responses(ok(0))}, []fault.Kind{fine}, []int{1, 1}, 0.5},
		"a time beyond patience is handed to the caller":          {[]item{get}, []string{responses(no(0, 429, "3600"))}, []fault.Kind{fault.Throttled}, []int{1}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			con, s, clock := batched(t, c.answers...)
			var kinds []fault.Kind
			for _, r := range con.batch(t.Context(), c.items) {
				k := fine
				if r.err != nil {
					k = fault.KindOf(r.err)
				}
				kinds = append(kinds, k)
			}
			if diff := cmp.Diff(c.kinds, kinds); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			var sent []int
			for _, body := range s.sent {
				sent = append(sent, strings.Count(body, `"method"`))
			}
			if diff := cmp.Diff(c.sent, sent); diff != "" {
				t.Errorf("items of each batch (-want +got):\n%s", diff)
			}
			longest := 0.0
			for _, d := range clock.slept {
				longest = max(longest, d.Seconds())
			}
			if longest != c.longest {
				t.Errorf("waited %v s, want %v", longest, c.longest)
			}
		})
	}
}

func TestBatchEnvelope(t *testing.T) {
	con, s, _ := batched(t, responses(ok(0), ok(1)))
	con.batch(t.Context(), []item{
		{request: request{op: "a", method: "GET", path: "/users", query: []string{"$filter", "a eq 'x y'"}, header: []string{"ConsistencyLevel", "eventual"}}},
		{request: request{op: "b", why: write, method: "PATCH", path: "/users/u", body: entity{{"b", nil}, {"a", "1"}}}, after: []int{0}}})
	want := `{"requests":[{"id":"0","method":"GET","url":"/users?$filter=a%20eq%20%27x%20y%27","headers":{"ConsistencyLevel":"eventual"}},` +
		`{"id":"1","method":"PATCH","url":"/users/u","dependsOn":["0"],"headers":{"Content-Type":"application/json"},"body":{"b":null,"a":"1"}}]}`
	if diff := cmp.Diff(want, s.sent[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBatchesHoldTwenty(t *testing.T) {
	con, s, _ := batched(t, responses())
	con.sender.attempts = 1
	con.batch(t.Context(), make([]item, 45))
	if len(s.sent) != 3 {
		t.Errorf("%d batches, want 3", len(s.sent))
	}
}
