package graph_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/conformance"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// rehearsal is a sandbox tenant behind real HTTP, signed in to by client credentials.
type rehearsal struct {
	*sandbox.Tenant
	*graph.Connector
	clock *clock
}

func rehearse(t testing.TB, o sandbox.Options) *rehearsal {
	t.Helper()
	r := &rehearsal{clock: &clock{t: time.Now().UTC()}}
	o.Clock = r.clock.now
	r.Tenant = sandbox.New(o)
	s := httptest.NewServer(r.Handler())
	t.Cleanup(s.Close)
	app := r.Apps()[0]
	credential, err := graph.NewSandboxCredential(s.URL, graph.Application{TenantID: r.ID(), ClientID: app.ID}, app.Secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Connector, err = graph.New(graph.Config{BaseURL: s.URL + "/v1.0", TenantID: r.ID(), Credential: credential,
		Now: r.clock.now, Sleep: r.clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// put places an object that is not ours.
func (r *rehearsal) put(t *testing.T, o cloud.Object) string {
	t.Helper()
	p := sandbox.Properties{"displayName": o.Get("displayName").Text(), "mailNickname": o.Get("mailNickname").Text()}
	add := r.AddGroup
	if o.Type.IsUser() {
		add = r.AddUser
		p["userPrincipalName"], p["accountEnabled"] = o.Get("userPrincipalName").Text(), o.Get("accountEnabled").Truth()
		if o.Anchor != "" {
			p["onPremisesImmutableId"] = string(o.Anchor)
		}
	} else {
		p["securityEnabled"], p["mailEnabled"] = true, false
	}
	if o.Synced {
		p["onPremisesSyncEnabled"] = true
	}
	id, err := add(p, sandbox.Extra{})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Tenant {
		r := rehearse(t, sandbox.Options{Seed: 7})
		return conformance.Tenant{Target: r.Connector, Put: r.put}
	})
}

// carry does what apply does with one change: an outcome that is not known is looked up by the anchor before the create
// is repeated, and what is not ready is asked again later.
func (r *rehearsal) carry(ctx context.Context, c plan.Change) (string, error) {
	var err error
	for range 20 {
		var id string
		id, err = r.Export(ctx, c, byID)
		if err == nil {
			return id, nil
		}
		switch fault.KindOf(err) {
		case fault.Unknown:
			if c.Action != plan.Create {
				continue
			}
			for {
				o, found := r.ByAnchor(ctx, c.Object.Type, c.Object.Anchor)
				if found == nil {
					return o.ID, nil
				}
				if fault.KindOf(found) == fault.NotFound {
					break
				}
				r.clock.advance(10 * time.Second)
			}
		case fault.NotReady, fault.Transient, fault.Throttled:
			r.clock.advance(10 * time.Second)
		default:
			return "", err
		}
	}
	return "", err
}

// story is a plan in small: every action once. It returns the user and the group that it made.
func (r *rehearsal) story(t *testing.T) (user, group string) {
	t.Helper()
	ctx := t.Context()
	do := func(c plan.Change) string {
		t.Helper()
		id, err := r.carry(ctx, c)
		if err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
		return id
	}
	facts, err := r.Connector.Tenant(ctx)
	if err != nil {
		t.Fatal(err)
	}
	manager := newUser()
	manager.Object.Anchor = "AAAAAAAAAAAAAAAAAAAAAA=="
	for i, a := range manager.Attributes {
		if a.Name != "accountEnabled" {
			manager.Attributes[i].After = cloud.Text(strings.Replace(a.After.Text(), "da", "nna", 1))
		}
	}
	boss := do(manager)
	user = do(newUser())
	group = do(groupChange(plan.Create, cloud.SecurityGroup, plan.Attribute{Name: "displayName", After: cloud.Text("Readers")}, plan.Attribute{Name: "mailNickname", After: cloud.Text("readers")}))
	of := func(c plan.Change, id string) plan.Change { c.Object.ID = id; return c }
	do(of(userChange(plan.Update, plan.Attribute{Name: "usageLocation", After: cloud.Text("DE")}), user))
	do(of(userChange(plan.License, plan.Attribute{Name: "licenses", After: cloud.Licenses([]cloud.License{{SKU: facts.SKUs[0].ID}})}), user))
	do(of(userChange(plan.Refer, plan.Attribute{Name: "manager", Add: []plan.Ref{{ID: boss}}}), user))
	do(of(groupChange(plan.Members, cloud.SecurityGroup, plan.Attribute{Name: "members", Add: []plan.Ref{{ID: user}, {ID: boss}}}), group))
	do(of(groupChange(plan.Members, cloud.SecurityGroup, plan.Attribute{Name: "members", Remove: []plan.Ref{{ID: boss}}}), group))
	do(of(userChange(plan.License, plan.Attribute{Name: "licenses", Before: cloud.Licenses([]cloud.License{{SKU: facts.SKUs[0].ID}})}), user))
	do(of(userChange(plan.Disable), user))
	do(of(userChange(plan.Delete), user))
	do(of(userChange(plan.Restore), user))
	return user, group
}

// state gives the tenant as it stands, for comparison.
func (r *rehearsal) state(t *testing.T) string {
	t.Helper()
	r.ClearFaults()
	r.clock.advance(time.Hour)
	var b strings.Builder
	err := r.Objects(t.Context(), []string{"accountEnabled", "displayName", "licenses", "manager", "members", "usageLocation", "userPrincipalName"}, func(o cloud.Object) error {
		fmt.Fprintf(&b, "%s %v deleted=%v", o.Anchor, o.Type, o.Deleted)
		for _, s := range o.Properties {
			v := s.Value.String()
			if s.Name == "manager" || s.Name == "members" {
				v = fmt.Sprint(len(s.Value.Texts()), s.Value.Text() != "")
			}
			fmt.Fprintf(&b, " %s=%s", s.Name, v)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// requests is how many requests the tenant has answered.
func (r *rehearsal) requests() int {
	entries, _ := r.Log()
	return len(entries)
}

// Every fault at every request of the story leaves the tenant as it would be without: nothing lost, nothing twice.
func TestNoWriteIsLostOrDoubledUnderAnyFault(t *testing.T) {
	undisturbed := rehearse(t, sandbox.Options{Seed: 7})
	undisturbed.story(t)
	requests := undisturbed.requests()
	want := undisturbed.state(t)
	for name, f := range map[string]sandbox.Fault{
		"throttled":                         {Action: sandbox.Refuse, Status: 429, RetryAfter: "2.128"},
		"throttled until a date":            {Action: sandbox.Refuse, Status: 429, RetryAfter: "date:30s"},
		"unavailable before the write":      {Action: sandbox.Refuse, Status: 503, RetryAfter: "1"},
		"unavailable after the write":       {Action: sandbox.Refuse, Status: 503, AfterWrite: true},
		"gateway timeout before the write":  {Action: sandbox.Refuse, Status: 504},
		"gateway timeout after the write":   {Action: sandbox.Refuse, Status: 504, AfterWrite: true},
		"internal error":                    {Action: sandbox.Refuse, Status: 500},
		"reset before the write":            {Action: sandbox.Reset},
		"reset in the middle of the answer": {Action: sandbox.Reset, AfterWrite: true},
		"a gateway's page":                  {Action: sandbox.HTML, Status: 502},
		"replication lag":                   {Action: sandbox.Lag, Requests: 2},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 1; at <= requests; at++ {
				r := rehearse(t, sandbox.Options{Seed: 7})
				f.From = at
				if err := r.AddFault(f); err != nil {
					t.Fatal(err)
				}
				r.story(t)
				if got := r.state(t); got != want {
					t.Errorf("fault at request %d: got\n%swant\n%s", at, got, want)
				}
			}
		})
	}
}

func TestAdministratorsAndCloudManagedObjectsAreMarked(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	admin, err := r.AddUser(sandbox.Properties{"userPrincipalName": "root@contoso.example"}, sandbox.Extra{Roles: []string{"Global Administrator"}})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := r.AddUser(sandbox.Properties{"userPrincipalName": "cloud@contoso.example"}, sandbox.Extra{CloudManaged: true})
	if err != nil {
		t.Fatal(err)
	}
	marked := map[string][2]bool{}
	if err := r.Objects(t.Context(), nil, func(o cloud.Object) error { marked[o.ID] = [2]bool{o.Admin, o.CloudOwned}; return nil }); err != nil {
		t.Fatal(err)
	}
	if marked[admin] != [2]bool{true, false} || marked[ours] != [2]bool{false, true} {
		t.Errorf("marks %v", marked)
	}
}

func TestALargeTenantIsReadOnceEach(t *testing.T) {
	r := rehearse(t, sandbox.Options{Seed: 7})
	const n = 2500
	for i := range n {
		if _, err := r.AddUser(sandbox.Properties{"userPrincipalName": fmt.Sprintf("u%d@contoso.example", i)}, sandbox.Extra{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.AddFault(sandbox.Fault{Action: sandbox.Repeat, Path: "skiptoken", Times: -1}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err := r.Objects(t.Context(), []string{"userPrincipalName"}, func(o cloud.Object) error {
		if seen[o.ID] {
			t.Errorf("object %s came twice", o.ID)
		}
		seen[o.ID] = true
		return nil
	})
	if err != nil || len(seen) != n {
		t.Errorf("%d objects, error %v, want %d", len(seen), err, n)
	}
}

func TestWrongSecretIsASignInFault(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{Seed: 7})
	s := httptest.NewServer(tenant.Handler())
	defer s.Close()
	const secret = "canary-secret"
	credential, err := graph.NewSandboxCredential(s.URL, graph.Application{TenantID: tenant.ID(), ClientID: tenant.Apps()[0].ID}, secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := graph.New(graph.Config{BaseURL: s.URL + "/v1.0", Credential: credential})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Tenant(t.Context())
	if fault.KindOf(err) != fault.SignIn || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v, want a refused sign-in", err)
	}
	findings := c.Probe(t.Context(), false)
	if len(findings) != 1 || findings[0].OK || findings[0].Hint == "" {
		t.Errorf("findings %+v", findings)
	}
}

func TestProbeNamesWhatIsMissing(t *testing.T) {
	app := sandbox.App{ID: "50000000-0000-4000-8000-000000000001", Secret: "s3cret", Roles: []string{"User.Read.All", "GroupMember.Read.All", "Organization.Read.All", "Domain.Read.All",
		"RoleManagement.Read.Directory", "User-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.Read.All"}}
	r := rehearse(t, sandbox.Options{Seed: 7, Apps: []sandbox.App{app}})
	bad := func(list []graph.Finding) (out []string) {
		for _, f := range list {
			if !f.OK {
				out = append(out, f.Check)
			}
		}
		return out
	}
	if got := bad(r.Probe(t.Context(), false)); got != nil {
		t.Errorf("reading: %v", got)
	}
	if got := bad(r.Probe(t.Context(), true)); len(got) != 4 {
		t.Errorf("writing lacks %v, want four permissions", got)
	}
	if _, err := r.Export(t.Context(), newUser(), byID); fault.KindOf(err) != fault.Denied {
		t.Errorf("create without permission: %v", err)
	}
}
