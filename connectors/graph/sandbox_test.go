package graph_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	if o.Type == cloud.MailContact {
		id, err := r.AddContact(sandbox.Properties{"displayName": o.Get("displayName").Text(), "mailNickname": o.Get("mailNickname").Text(), "mail": o.Mail, "proxyAddresses": o.Proxies}, sandbox.Extra{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
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
	if len(findings) != 2 || !findings[0].OK || findings[1].OK || findings[1].Hint == "" {
		t.Errorf("findings %+v", findings)
	}
}

func TestProbeNamesWhatIsMissing(t *testing.T) {
	app := sandbox.App{ID: "50000000-0000-4000-8000-000000000001", Secret: "s3cret", Roles: []string{"User.Read.All", "Group.Read.All", "Organization.Read.All", "Mail.ReadWrite", "Domain.Read.All",
		"RoleManagement.Read.Directory", "User-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.Read.All"}}
	r := rehearse(t, sandbox.Options{Seed: 7, Apps: []sandbox.App{app}})
	bad := func(list []graph.Finding) (out []string) {
		for _, f := range list {
			if !f.OK && !f.Warning {
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
	warned := map[string]string{}
	for _, f := range r.Probe(t.Context(), false) {
		if f.Warning {
			warned[f.Check] = f.Detail
		}
	}
	want := map[string]string{"read: contacts": "no permission for it", "more than needed": "Mail.ReadWrite"}
	if diff := cmp.Diff(want, warned); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if f, ok := r.ProbeMail(t.Context()); !ok || f.OK || !strings.Contains(f.Hint, "Mail.Send") {
		t.Errorf("sending mail: %+v", f)
	}
	facts, err := r.Connector.Tenant(t.Context())
	if err != nil || !slices.ContainsFunc(facts.Unknown, func(s string) bool { return strings.HasPrefix(s, "mail contacts: ") }) {
		t.Errorf("unknown are %q, error %v", facts.Unknown, err)
	}
	if _, err := r.Export(t.Context(), newUser(), byID); fault.KindOf(err) != fault.Denied {
		t.Errorf("create without permission: %v", err)
	}
}
