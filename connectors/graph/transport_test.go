package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeClock is a clock that only sleeping moves.
type fakeClock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
}

func newFakeClock() *fakeClock {
	return &fakeClock{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

// script answers one request after the other.
type script struct {
	steps []step
	asked []*http.Request
	sent  []string // bodies
}

type step struct {
	status int
	header http.Header
	body   io.Reader
	err    error
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	n := min(len(s.asked), len(s.steps)-1)
	s.asked, s.sent = append(s.asked, r), append(s.sent, body)
	st := s.steps[n]
	if st.err != nil {
		return nil, st.err
	}
	h := st.header
	if h == nil {
		h = http.Header{}
	}
	if st.body == nil {
		st.body = http.NoBody
	}
	return &http.Response{StatusCode: st.status, Header: h, Body: io.NopCloser(st.body), Request: r}, nil
}

func scripted(steps ...step) (*transport, *script, *fakeClock) {
	clock, s := newFakeClock(), &script{steps: steps}
	t := &transport{next: s, pace: newPacer(writeLimit, clock.now, clock.sleep), now: clock.now, sleep: clock.sleep,
		jitter: func() float64 { return 0.5 }, attempts: 4, timeout: time.Minute, agent: "test"}
	return t, s, clock
}

func after(v string) http.Header { return http.Header{"Retry-After": {v}} }

// cut is a body that ends in the middle.
type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTransportRepeats(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	reset := &net.OpError{Op: "read", Err: errors.New("reset")}
	const users, licence, restore, ref = "/v1.0/users", "/v1.0/users/u/assignLicense", "/v1.0/directory/deletedItems/u/restore", "/v1.0/groups/g/owners/$ref"
	cases := map[string]struct {
		method, path string
		steps        []step
		attempts     int
		slept        []time.Duration
		status       int // of the answer, 0 for an error
		sent         bool
	}{
		"a success is not repeated":               {"GET", users, []step{{status: 200}}, 1, nil, 200, false},
		"a refusal is not repeated":               {"PATCH", users, []step{{status: 400}}, 1, nil, 400, false},
		"throttled create waits as asked":         {"POST", users, []step{{status: 429, header: after("2.128")}, {status: 201}}, 2, []time.Duration{2128 * time.Millisecond}, 201, false},
		"throttled without a time backs off":      {"GET", users, []step{{status: 429}, {status: 429}, {status: 200}}, 3, []time.Duration{500 * time.Millisecond, time.Second}, 200, false},
		"too long a wait is handed back":          {"GET", users, []step{{status: 429, header: after("3600")}}, 1, nil, 429, false},
		"create after 504 is handed back":         {"POST", users, []step{{status: 504}}, 1, nil, 504, false},
		"create after 503 is handed back":         {"POST", users, []step{{status: 503, header: after("1")}}, 1, nil, 503, false},
		"create after 500 is handed back":         {"POST", users, []step{{status: 500}}, 1, nil, 500, false},
		"create that was cut off is an error":     {"POST", users, []step{{status: 201, body: cut{}}}, 1, nil, 0, true},
		"create that was reset is an error":       {"POST", users, []step{{err: reset}}, 1, nil, 0, true},
		"create without connection is repeated":   {"POST", users, []step{{err: dial}, {status: 201}}, 2, []time.Duration{500 * time.Millisecond}, 201, false},
		"no connection at all was not sent":       {"POST", users, []step{{err: dial}}, 4, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}, 0, false},
		"upsert after 504 is repeated":            {"PATCH", "/v1.0/groups(uniqueName='x')", []step{{status: 504}, {status: 201}}, 2, []time.Duration{500 * time.Millisecond}, 201, false},
		"licence after 503 is repeated":           {"POST", licence, []step{{status: 503, header: after("7")}, {status: 200}}, 2, []time.Duration{7 * time.Second}, 200, false},
		"restore after 502 is repeated":           {"POST", restore, []step{{status: 502}, {status: 200}}, 2, []time.Duration{500 * time.Millisecond}, 200, false},
		"owner after 500 is repeated":             {"POST", ref, []step{{status: 500}, {status: 204}}, 2, []time.Duration{500 * time.Millisecond}, 204, false},
		"delete after a reset is repeated":        {"DELETE", users, []step{{err: reset}, {status: 204}}, 2, []time.Duration{500 * time.Millisecond}, 204, false},
		"read that was cut off is repeated":       {"GET", users, []step{{status: 200, body: cut{}}, {status: 200}}, 2, []time.Duration{500 * time.Millisecond}, 200, false},
		"attempts end, and the write may be done": {"PATCH", users, []step{{err: reset}}, 4, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}, 0, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tr, s, clock := scripted(c.steps...)
			req, err := http.NewRequest(c.method, "https://graph.example"+c.path, bytes.NewReader([]byte("body")))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.RoundTrip(req)
			var lost *sendError
			switch {
			case c.status == 0 && (!errors.As(err, &lost) || lost.sent != c.sent):
				t.Errorf("error %#v, want one with sent %v", err, c.sent)
			case c.status != 0 && (err != nil || resp.StatusCode != c.status):
				t.Errorf("answer %v, error %v, want status %d", resp, err, c.status)
			}
			if len(s.asked) != c.attempts {
				t.Errorf("%d attempts, want %d", len(s.asked), c.attempts)
			}
			if diff := cmp.Diff(c.slept, clock.slept); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			for i, r := range s.asked {
				if s.sent[i] != "body" || r.ContentLength != 4 {
					t.Errorf("attempt %d sent %q of length %d", i, s.sent[i], r.ContentLength)
				}
				if id := r.Header.Get("client-request-id"); len(id) != 36 || id != s.asked[0].Header.Get("client-request-id") {
					t.Errorf("attempt %d has client-request-id %q", i, id)
				}
			}
		})
	}
}

func TestTransportStopsWhenCancelledInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr, s, _ := scripted(step{status: 504})
	tr.sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	req, err := http.NewRequestWithContext(ctx, "DELETE", "https://graph.example/v1.0/users/u", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.RoundTrip(req)
	var lost *sendError
	if !errors.As(err, &lost) || !lost.sent || !errors.Is(err, context.Canceled) || len(s.asked) != 1 {
		t.Errorf("error %v after %d attempts, want a cancellation after one that may have taken effect", err, len(s.asked))
	}
}

func TestOneThrottledRequestHoldsAllOthers(t *testing.T) {
	tr, _, clock := scripted(step{status: 429, header: after("30")}, step{status: 200})
	tr.attempts = 1
	get := func() {
		t.Helper()
		req, err := http.NewRequest("GET", "https://graph.example/v1.0/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
	}
	get()
	get()
	if diff := cmp.Diff([]time.Duration{30 * time.Second}, clock.slept); diff != "" {
		t.Errorf("the second request did not wait (-want +got):\n%s", diff)
	}
}

func TestMalformedChallengeDoesNotReachTheAdapter(t *testing.T) {
	for value, kept := range map[string]bool{
		`Bearer realm="", claims="eyJhIjoxfQ=="`: true,
		`Bearer claims=eyJhIjoxfQ`:               false,
		`Bearer claims=`:                         false,
		`Bearer realm=""`:                        true,
	} {
		tr, _, _ := scripted(step{status: 401, header: http.Header{"Www-Authenticate": {value}}})
		req, err := http.NewRequest("GET", "https://graph.example/v1.0/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("WWW-Authenticate") != ""; got != kept {
			t.Errorf("challenge %s kept: %v, want %v", value, got, kept)
		}
	}
}

// An hour at full speed: the limit holds in every window, and little of it is wasted.
func TestPacerKeepsTheWriteLimitAndUsesIt(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(writeLimit, clock.now, clock.sleep)
	start := clock.now()
	var sent []time.Time
	for clock.now().Sub(start) < time.Hour {
		if err := p.wait(t.Context(), cost{1, 1}); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, clock.now())
	}
	for i, j := 0, 0; j < len(sent); j++ {
		for sent[j].Sub(sent[i]) >= writeWindow {
			i++
		}
		if j-i+1 > writeLimit {
			t.Fatalf("%d writes in one window", j-i+1)
		}
	}
	if share := float64(len(sent)) / (writeLimit * float64(time.Hour/writeWindow)); share < 0.95 {
		t.Errorf("used %.3f of the limit, want 0.95", share)
	}
}

func TestPacerSlowsDownWhenWarned(t *testing.T) {
	pace := func(percentage string) time.Duration {
		clock := newFakeClock()
		p := newPacer(writeLimit, clock.now, clock.sleep)
		p.heed(http.Header{"X-Ms-Throttle-Limit-Percentage": {percentage}}, true)
		p.heed(http.Header{}, false)
		start := clock.now()
		for range 200 {
			if err := p.wait(t.Context(), cost{1, 1}); err != nil {
				t.Fatal(err)
			}
		}
		return clock.now().Sub(start)
	}
	normal, warned, full := pace(""), pace("0.85"), pace("1.8")
	if !(normal < warned && warned < full) {
		t.Errorf("200 writes took %v unwarned, %v at 0.85, %v at 1.8", normal, warned, full)
	}
}

// A warning that our own requests explain is no reason to send less than the limit allows.
func TestPacerDoesNotSlowDownForWhatItSentItself(t *testing.T) {
	clock := newFakeClock()
	p := newPacer(writeLimit, clock.now, clock.sleep)
	for range 6000 {
		if err := p.wait(t.Context(), cost{1, 1}); err != nil {
			t.Fatal(err)
		}
	}
	own := p.writes.used(clock.now())
	p.heed(http.Header{"X-Ms-Throttle-Limit-Percentage": {fmt.Sprint(own)}}, true)
	if own < 0.95 || p.share != 1 {
		t.Errorf("share %v after a warning at %.3f", p.share, own)
	}
	p.heed(http.Header{"X-Ms-Throttle-Limit-Percentage": {fmt.Sprint(own - 0.001)}}, true)
	for range 3000 {
		if err := p.wait(t.Context(), cost{1, 1}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnitsAreKeptByTheSizeOfTheTenant(t *testing.T) {
	for users, limit := range map[int]int{0: 3500, 49: 3500, 50: 5000, 500: 5000, 501: 8000} {
		clock := newFakeClock()
		p := newPacer(writeLimit, clock.now, clock.sleep)
		p.size(users)
		start, sent := clock.now(), 0
		for clock.now().Sub(start) < time.Minute {
			if err := p.wait(t.Context(), cost{0, 3}); err != nil {
				t.Fatal(err)
			}
			sent += 3
		}
		if most := limit * 6; sent > most || sent < most*88/100 {
			t.Errorf("%d users: %d units in a minute, want just under %d", users, sent, most)
		}
	}
}

func TestCostOfRequests(t *testing.T) {
	for line, want := range map[string]cost{
		"GET /v1.0/users":                                     {0, 2},
		"GET /v1.0/users?$select=id&$top=999":                 {0, 1},
		"GET /v1.0/users?$select=id&$expand=manager&$top=999": {0, 2},
		"GET /v1.0/groups/g/members?$select=id":               {0, 2},
		"GET /v1.0/directoryRoles/r/members":                  {0, 1},
		"GET /v1.0/groups/g/transitiveMembers?$select=id":     {0, 4},
		"GET /v1.0/subscribedSkus":                            {0, 3},
		"GET /v1.0/domains?$top=5":                            {0, 1},
		"PATCH /v1.0/groups/g":                                {1, 1},
		"POST /v1.0/users":                                    {1, 1},
		"POST /v1.0/$batch":                                   {},
	} {
		method, address, _ := strings.Cut(line, " ")
		u, err := url.Parse("https://graph.example" + address)
		if err != nil {
			t.Fatal(err)
		}
		if got := costOf(method, u); got != want {
			t.Errorf("%s costs %+v, want %+v", line, got, want)
		}
	}
}
