package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSlowReplicationShowsNewObjectsStepByStep(t *testing.T) {
	r := newRig(t, Options{Replication: Replication{Read: 5 * time.Second, List: 30 * time.Second, Index: time.Minute, Location: 20 * time.Second}})
	id := r.do(201, "POST", "/v1.0/users", newUser("ann", "")).body["id"].(string)
	see := func() [3]int {
		read := 0
		if r.send("GET", "/v1.0/users/"+id, "").status == 200 {
			read = 1
		}
		return [3]int{read, len(r.do(200, "GET", "/v1.0/users", "").values()), len(r.do(200, "GET", "/v1.0/users?$count=true", "", eventual, "eventual").values())}
	}
	for _, c := range []struct {
		after time.Duration
		want  [3]int
	}{{0, [3]int{0, 0, 0}}, {5 * time.Second, [3]int{1, 0, 0}}, {25 * time.Second, [3]int{1, 1, 0}}, {30 * time.Second, [3]int{1, 1, 1}}} {
		r.tenant.AdvanceClock(c.after)
		same(t, fmt.Sprint(c.after), c.want, see())
	}
	r.do(204, "PATCH", "/v1.0/users/"+id, `{"usageLocation":"DE"}`)
	r.do(400, "POST", "/v1.0/users/"+id+"/assignLicense", licence([]string{"SPE_E3"}, nil))
	r.tenant.AdvanceClock(20 * time.Second)
	r.do(200, "POST", "/v1.0/users/"+id+"/assignLicense", licence([]string{"SPE_E3"}, nil))
}

// outcomes makes some requests and says what became of each.
func outcomes(t *testing.T, tn *Tenant) (out []string) {
	t.Helper()
	token, err := tn.Token(tn.Apps()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: tn.Transport()}
	for i := range 60 {
		method, path, body := "GET", "/v1.0/users", ""
		if i%2 == 1 {
			method, body = "POST", newUser(fmt.Sprintf("u%d", i), "")
		}
		q, err := http.NewRequest(method, "https://graph.example"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Content-Type", "application/json")
		a, err := client.Do(q)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		b, err := io.ReadAll(a.Body)
		a.Body.Close()
		out = append(out, fmt.Sprint(a.StatusCode, err, json.Valid(b)))
	}
	return out
}

func TestProfilesStrikeByChanceAndAlikeInEveryRun(t *testing.T) {
	run := func(p Profile) []string {
		tn := New(Options{Clock: func() time.Time { return epoch }})
		if err := tn.SetProfile(p); err != nil {
			t.Fatal(err)
		}
		return outcomes(t, tn)
	}
	first := run(Profile{Seed: 1, Percent: 40})
	same(t, "second run", first, run(Profile{Seed: 1, Percent: 40}))
	kinds := map[string]bool{}
	for _, o := range first {
		kinds[o] = true
	}
	if len(kinds) < 5 {
		t.Errorf("only %v", kinds)
	}
	calm := run(Profile{})
	same(t, "calm", []string{"200 <nil> true", "201 <nil> true"}, calm[:2])
	tn := New(Options{})
	for _, p := range []Profile{{Percent: 101}, {Percent: 1, Actions: []Action{"explode"}}} {
		if tn.SetProfile(p) == nil {
			t.Errorf("%v was taken", p)
		}
	}
}

func TestProfilesLetARetryingClientThrough(t *testing.T) {
	r := newRig(t, Options{})
	if err := r.tenant.SetProfile(Profile{Percent: 100, Actions: []Action{Refuse}, Streak: 3}); err != nil {
		t.Fatal(err)
	}
	tries := 0
	for r.send("GET", "/v1.0/users", "").status != 200 {
		tries++
	}
	same(t, "tries", 3, tries)
}

func TestTransportTearsAnswersAsTheWireDoes(t *testing.T) {
	tn := New(Options{NoCompression: true})
	token, err := tn.Token(tn.Apps()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	get := func(f Fault) (*http.Response, error) {
		if err := tn.AddFault(f); err != nil {
			t.Fatal(err)
		}
		q := httptest.NewRequest("GET", "https://graph.example/v1.0/domains", nil)
		q.RequestURI = ""
		q.Header.Set("Authorization", "Bearer "+token)
		return tn.Transport().RoundTrip(q)
	}
	if _, err := get(Fault{Action: Reset}); err == nil {
		t.Error("a reset connection gave an answer")
	}
	a, err := get(Fault{Action: Reset, AfterWrite: true})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(a.Body); err != io.ErrUnexpectedEOF || len(b) == 0 {
		t.Errorf("%d bytes and %v", len(b), err)
	}
	a, err = get(Fault{Action: Truncate})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(a.Body); err != nil || json.Valid(b) {
		t.Errorf("%s and %v", b, err)
	}
}

func TestSkewedReplicasWriteOtherTimes(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Action: Skew, Seconds: -90})
	a := r.do(201, "POST", "/v1.0/users", newUser("ann", ""))
	same(t, "date", "Sun, 01 Mar 2026 11:58:30 GMT", a.header.Get("Date"))
	same(t, "created", any("2026-03-01T11:58:30Z"), r.read("/v1.0/users/ann@contoso.example", "createdDateTime")["createdDateTime"])
	same(t, "only once", "Sun, 01 Mar 2026 12:00:00 GMT", r.do(200, "GET", "/v1.0/users", "").header.Get("Date"))
}

func TestSlowAnswersComeLater(t *testing.T) {
	now := epoch
	tn := New(Options{Clock: func() time.Time { return now }, Sleep: func(_ context.Context, d time.Duration) { now = now.Add(d) }})
	if err := tn.AddFault(Fault{Action: Slow, Seconds: 100, Times: 2}); err != nil {
		t.Fatal(err)
	}
	outcomes(t, tn)
	same(t, "waited", 200*time.Second, now.Sub(epoch))
	tn = New(Options{})
	if err := tn.AddFault(Fault{Action: Slow, Seconds: 3600}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	token, err := tn.Token(tn.Apps()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequest("GET", "/v1.0/users", nil).WithContext(ctx)
	q.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	tn.ServeHTTP(w, q) // returns at once: nobody waits any more
	same(t, "status", 200, w.Code)
}

func TestExpiredTokensMayCarryAChallenge(t *testing.T) {
	r := newRig(t, Options{})
	r.arm(Fault{Action: Expired})
	r.arm(Fault{Action: Expired, From: 2, Claims: true})
	if h := r.do(401, "GET", "/v1.0/users", "").header.Get("WWW-Authenticate"); strings.Contains(h, "claims=") {
		t.Errorf("plain expiry: %s", h)
	}
	if h := r.do(401, "GET", "/v1.0/users", "").header.Get("WWW-Authenticate"); !strings.Contains(h, `error="insufficient_claims", claims="ey`) {
		t.Errorf("challenge: %s", h)
	}
}
