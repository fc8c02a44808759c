package graph_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/store"
)

// inProcess sends requests to a handler without a socket, so that hours pass in seconds. A connection that the handler
// breaks is an error, as it is over a socket.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := httptest.NewRecorder()
	defer func() {
		if broken := recover(); broken != nil {
			if broken != http.ErrAbortHandler { //nolint:errorlint // the handler panics with this very value
				panic(broken)
			}
			resp, err = nil, fmt.Errorf("%s %s: connection reset", r.Method, r.URL.Path)
		}
	}()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.ServeHTTP(w, r)
	resp = w.Result()
	resp.Request = r
	return resp, nil
}

// rehearseInProcess is rehearse without a socket, at the limits that Graph documents.
func rehearseInProcess(t testing.TB, o sandbox.Options) *rehearsal {
	t.Helper()
	r := &rehearsal{clock: &clock{t: time.Now().UTC()}}
	o.Clock = r.clock.now
	r.Tenant = sandbox.New(o)
	app := r.Apps()[0]
	const base = "http://127.0.0.1:1"
	wire := inProcess{r.Handler()}
	credential, err := graph.NewSandboxCredential(base, graph.Application{TenantID: r.ID(), ClientID: app.ID}, app.Secret, wire)
	if err != nil {
		t.Fatal(err)
	}
	r.Connector, err = graph.New(graph.Config{BaseURL: base + "/v1.0", TenantID: r.ID(), Credential: credential, Transport: wire,
		Now: r.clock.now, Sleep: r.clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// anchorOf gives the n-th anchor of a type.
func anchorOf(t cloud.Type, n int) directory.Anchor {
	g := directory.GUID{0: byte(n), 1: byte(n >> 8), 7: 0x40, 8: 0x80, 15: 0x2c}
	if t.IsGroup() {
		return directory.Anchor(g.String())
	}
	return directory.Anchor(base64.StdEncoding.EncodeToString(g[:]))
}

// numbered gives the create of the n-th user.
func numbered(n int) plan.Change {
	c := newUser()
	c.Object.Anchor = anchorOf(cloud.User, n)
	name := fmt.Sprintf("user%05d", n)
	c.Attributes = []plan.Attribute{{Name: "accountEnabled", After: cloud.Truth(true)}, {Name: "displayName", After: cloud.Text(name)},
		{Name: "mailNickname", After: cloud.Text(name)}, {Name: "usageLocation", After: cloud.Text("DE")},
		{Name: "userPrincipalName", After: cloud.Text(name + "@contoso.example")}}
	return c
}

// question is what apply asks before it writes a change.
func question(c *plan.Change) connector.Question {
	q := connector.Question{Type: c.Object.Type, ID: c.Object.ID}
	if q.ID == "" {
		q.Anchor = c.Object.Anchor
	}
	for _, a := range c.Attributes {
		q.Properties = append(q.Properties, a.Name)
	}
	return q
}

// Requests against the least possible, of a plan that apply carries out: one for each write, twenty members at a time, and
// the reads before writes twenty to a request.
func TestRequestsAgainstTheLeastPossible(t *testing.T) {
	r := rehearseInProcess(t, sandbox.Options{Seed: 7, SKUs: sandbox.SampleSKUs(2000)})
	facts, err := r.Connector.Tenant(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := func(c *plan.Change) string { return string(c.Object.Anchor) + "/" + string(c.Action) }
	c := groupChange(plan.Members, cloud.SecurityGroup, plan.Attribute{Name: "members"})
	c.Object.Anchor = anchorOf(cloud.SecurityGroup, 1)
	c.ID = id(&c)
	if c.Object.ID, err = r.AddGroup(sandbox.Properties{"displayName": "All"}, sandbox.Extra{}); err != nil {
		t.Fatal(err)
	}
	creates, licences, members := 1000, 1000, 10_000
	if testing.Short() {
		creates, licences, members = 100, 100, 1000
	}
	add := &c.Attributes[0].Add
	for i := range members - creates {
		id, err := r.AddUser(sandbox.Properties{"userPrincipalName": fmt.Sprintf("other%d@contoso.example", i)}, sandbox.Extra{})
		if err != nil {
			t.Fatal(err)
		}
		*add = append(*add, plan.Ref{Anchor: anchorOf(cloud.User, creates+i), ID: id})
	}
	var changes []plan.Change
	sku := cloud.Licenses([]cloud.License{{SKU: facts.SKUs[0].ID}})
	for n := range creates {
		made := numbered(n)
		made.ID = id(&made)
		licensed := userChange(plan.License, plan.Attribute{Name: "licenses", After: sku})
		licensed.Object, licensed.DependsOn = made.Object, []string{made.ID}
		licensed.ID = id(&licensed)
		changes = append(changes, made, licensed)
		*add = append(*add, plan.Ref{Anchor: made.Object.Anchor})
		c.DependsOn = append(c.DependsOn, made.ID)
	}
	f := r.planned(t, facts, append(changes, c))
	r.ResetLog()
	start := r.clock.now()
	result := r.apply(t, f)
	if !result.Complete() || result.Run.Changes != creates+licences+1 {
		t.Fatalf("%v of %d changes: %v", result.Counts, result.Run.Changes, result.Failures)
	}

	_, totals := r.Log()
	writes := creates + licences + members/20
	reads := (2*creates + licences) / 20 // a new anchor is looked for among the live and among the deleted
	ratio := float64(totals.Wire) / float64(writes+reads)
	t.Logf("%d requests for %d writes and %d batched re-reads: %.4f; %v of simulated time", totals.Wire, totals.Writes, reads, ratio, r.clock.now().Sub(start))
	if totals.Writes != writes || ratio > 1.05 || totals.Throttled != 0 {
		t.Errorf("%+v, want %d writes and a ratio of at most 1.05", totals, writes)
	}
}

// planned writes changes into a plan file, made now and without a source to look at again.
func (r *rehearsal) planned(t *testing.T, facts cloud.Tenant, changes []plan.Change) *plan.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.plan")
	w, err := plan.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	slices.SortStableFunc(changes, func(a, b plan.Change) int { return strings.Compare(string(a.Object.Anchor), string(b.Object.Anchor)) })
	for _, c := range changes {
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
	}
	now := r.clock.now()
	if _, err := w.Close(plan.Manifest{Created: now, AsOf: now, Expires: now.Add(24 * time.Hour), Tenant: facts, Offline: true, Complete: true}); err != nil {
		t.Fatal(err)
	}
	f, err := plan.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// apply carries out a plan as the product does, with a store of its own.
func (r *rehearsal) apply(t *testing.T, f *plan.File) apply.Result {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "coexist.db"), store.Options{Now: r.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lease, err := s.Acquire(t.Context(), r.ID(), journal.Who{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Release()
	result, err := apply.Run(t.Context(), apply.Options{Plan: f, Targets: map[cloud.Directory]connector.Target{cloud.Entra: r.Connector}, Journal: lease, Ledger: s,
		Mode: "apply", Now: r.clock.now, Sleep: r.clock.sleep, Rand: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// An hour of writes against a tenant that enforces the documented limits.
func TestAnHourOfWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("70,000 requests")
	}
	r := rehearseInProcess(t, sandbox.Options{Seed: 7, Throttle: true})
	id, err := r.AddUser(sandbox.Properties{"userPrincipalName": "ada@contoso.example"}, sandbox.Extra{})
	if err != nil {
		t.Fatal(err)
	}
	start, writes, first := r.clock.now(), 0, time.Duration(0)
	for r.clock.now().Sub(start) < time.Hour {
		c := userChange(plan.Update, plan.Attribute{Name: "jobTitle", After: cloud.Text(fmt.Sprint("Clerk ", writes))})
		c.Object.ID = id
		if _, err := r.Export(t.Context(), c, byID); err != nil {
			t.Fatal(err)
		}
		if writes++; writes == 6000 {
			first = r.clock.now().Sub(start)
		}
	}
	entries, totals := r.Log()
	most, from := 0, 0
	for to := range entries {
		for entries[to].Time.Sub(entries[from].Time) >= 150*time.Second {
			from++
		}
		most = max(most, to-from+1)
	}
	share := float64(writes) / (3000 * 24)
	t.Logf("%d writes in an hour, %.1f %% of the limit; at most %d in any 150 s; %d throttled; the first 6,000 took %v (300 s are the least)",
		writes, 100*share, most, totals.Throttled, first)
	if most > 3000 || share <= 0.95 || totals.Throttled != 0 || first > 315*time.Second {
		t.Error("want at most 3,000 in any window, over 95 % of the limit used, none throttled, and 6,000 within 5 % of the least time")
	}
}
