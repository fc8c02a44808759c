package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// names reads the whole tenant and gives the objects' display names.
func names(ctx context.Context, c *graph.Connector) ([]string, error) {
	var out []string
	err := c.Objects(ctx, []string{"displayName"}, func(o cloud.Object) error {
		out = append(out, o.Get("displayName").Text())
		return nil
	})
	return out, err
}

// users scripts pages of users behind the answer to the question for cloud-managed ones.
func (s *server) users(pages ...reply) {
	s.empty()
	s.on("GET /users", append([]reply{{status: 200, body: `{"value":[]}`}}, pages...)...)
}

func TestRowsThatPagesRepeatAreYieldedOnce(t *testing.T) {
	s, c := newServer(t)
	s.users(
		reply{status: 200, body: `{"@odata.nextLink":"BASE/users?$skiptoken=2","value":[{"id":"A","displayName":"a"},{"id":"b","displayName":"b"}]}`},
		reply{status: 200, body: `{"value":[{"id":"B","displayName":"b"},{"id":"c","displayName":"c"}]}`})
	got, err := names(t.Context(), c)
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); err != nil || diff != "" {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
}

func TestBrokenPagesAreErrors(t *testing.T) {
	first := reply{status: 200, body: `{"@odata.nextLink":"BASE/users?$skiptoken=2","value":[{"id":"a","displayName":"a"}]}`}
	for name, page := range map[string]reply{
		"truncated JSON with a proper end": {status: 200, body: `{"value":[{"id":"b","displayName":"b"}`},
		"no value":                         {status: 200, body: `{}`},
		"empty body":                       {status: 200},
		"a gateway's page":                 {status: 200, body: `<html>`, header: map[string]string{"Content-Type": "text/html"}},
		"no content":                       {status: 204},
		"an object without id":             {status: 200, body: `{"value":[{"displayName":"b"}]}`},
		"the same page for ever":           {status: 200, body: `{"@odata.nextLink":"BASE/users?$skiptoken=2","value":[]}`},
		"a stale page token":               {status: 400, body: refusal("Directory_ExpiredPageToken", "expired")},
		"a server that stays broken":       {status: 503, body: `<html>`},
		"a link to another host":           {status: 200, body: `{"@odata.nextLink":"https://evil.example/v1.0/users","value":[]}`},
		"a link out of the version":        {status: 200, body: `{"@odata.nextLink":"BASE/../beta/users","value":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(t)
			s.users(first, page)
			if _, err := names(t.Context(), c); fault.KindOf(err) != fault.Unreachable {
				t.Errorf("got %v, want the tenant unreachable", err)
			}
		})
	}
}

func TestNextLinkToAnotherHostGetsNoToken(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	s, c := newServer(t)
	s.users(reply{status: 200, body: `{"@odata.nextLink":"` + other.URL + `/v1.0/users","value":[]}`})
	if _, err := names(t.Context(), c); err == nil || asked != 0 {
		t.Errorf("error %v, the other host was asked %d times", err, asked)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	s, c := newServer(t)
	s.on("GET /organization", reply{status: 307, header: map[string]string{"Location": other.URL}})
	if _, err := c.Tenant(t.Context()); err == nil || asked != 0 {
		t.Errorf("error %v, the other host was asked %d times", err, asked)
	}
}

func TestAPageCutOffByTheNetworkIsReadAgain(t *testing.T) {
	s, c := newServer(t)
	s.users(
		reply{status: 200, body: `{"value":[`, header: map[string]string{"Content-Length": "400"}},
		reply{status: 200, body: `{"value":[{"id":"a","displayName":"a"}]}`})
	got, err := names(t.Context(), c)
	if diff := cmp.Diff([]string{"a"}, got); err != nil || diff != "" {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
}

func TestObjectsAreWhatTheirRowsSay(t *testing.T) {
	s, c := newServer(t)
	s.empty()
	s.on("GET /users",
		reply{status: 200, body: `{"value":[{"id":"u3"}]}`}, // cloud-managed
		reply{status: 200, body: `{"value":[
			{"id":"U1","userType":"Member","onPremisesImmutableId":"x","mail":"a@b","proxyAddresses":["SMTP:a@b"],"onPremisesSyncEnabled":true,"onPremisesSecurityIdentifier":"S-1","manager":{"id":"U2"},
			 "licenseAssignmentStates":[{"skuId":"S2","assignedByGroup":null,"disabledPlans":["P2","P1"]},{"skuId":"S1","assignedByGroup":"g","disabledPlans":[]}]},
			{"id":"u2","userType":"Guest"},{"id":"u3"}]}`})
	s.on("GET /groups",
		reply{status: 200, body: `{"value":[]}`},
		reply{status: 200, body: `{"value":[
			{"id":"g1","uniqueName":"y","securityEnabled":true,"mailEnabled":false,"groupTypes":[]},
			{"id":"g2","groupTypes":["Unified"],"mailEnabled":true,"securityEnabled":false},
			{"id":"g3","groupTypes":["Unified","DynamicMembership"],"mailEnabled":true,"securityEnabled":false},
			{"id":"g4","mailEnabled":true,"securityEnabled":true},{"id":"g5","mailEnabled":true,"securityEnabled":false}]}`})
	s.on("GET /directory/deletedItems/microsoft.graph.user", reply{status: 200, body: `{"value":[{"id":"u9","onPremisesImmutableId":"z"}]}`})
	s.on("GET /directoryRoles", reply{status: 200, body: `{"value":[{"id":"r1"}]}`})
	s.on("GET /directoryRoles/r1/members", reply{status: 200, body: `{"value":[{"@odata.type":"#microsoft.graph.user","id":"U2"},{"@odata.type":"#microsoft.graph.group","id":"g1"}]}`})
	s.on("GET /groups/g1/transitiveMembers", reply{status: 200, body: `{"value":[{"id":"u1"}]}`})
	for _, g := range []string{"g2", "g3", "g4", "g5"} {
		s.on("GET /groups/"+g+"/members", reply{status: 200, body: `{"value":[]}`})
	}
	s.on("GET /groups/g1/members",
		reply{status: 200, body: `{"@odata.nextLink":"BASE/groups/g1/members?$skiptoken=x","value":[{"id":"U2"}]}`},
		reply{status: 200, body: `{"value":[{"id":"u1"}]}`})
	var got []cloud.Object
	err := c.Objects(t.Context(), []string{"licenses", "manager", "members", "fullAccess"}, func(o cloud.Object) error { got = append(got, o); return nil })
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v cloud.Value) []cloud.Set { return []cloud.Set{{Name: name, Value: v}} }
	want := []cloud.Object{
		{ID: "u1", Type: cloud.User, Anchor: "x", SID: "S-1", Mail: "a@b", Proxies: []string{"SMTP:a@b"}, Synced: true, Admin: true, Inherited: []string{"s1"},
			Properties: append(set("licenses", cloud.Licenses([]cloud.License{{SKU: "s2", DisabledPlans: []string{"p1", "p2"}}})), set("manager", cloud.Text("u2"))...)},
		{ID: "u2", Type: cloud.Guest, Admin: true},
		{ID: "u3", Type: cloud.User, CloudOwned: true},
		{ID: "g1", Type: cloud.SecurityGroup, Anchor: "y", Admin: true, Properties: set("members", cloud.Texts([]string{"u1", "u2"}))},
		{ID: "g2", Type: cloud.Microsoft365Group}, {ID: "g3", Type: cloud.DynamicGroup}, {ID: "g4", Type: cloud.MailEnabledSecurityGroup}, {ID: "g5", Type: cloud.DistributionGroup},
		{ID: "u9", Type: cloud.User, Anchor: "z", Deleted: true},
	}
	same := cmp.Options{cmp.Comparer(func(a, b cloud.Value) bool { return a.Equal(b) }),
		cmp.Transformer("empty", func(l []cloud.Set) map[string]cloud.Value {
			m := map[string]cloud.Value{}
			for _, s := range l {
				m[s.Name] = s.Value
			}
			return m
		})}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnreadableAdministratorsFailTheRead(t *testing.T) {
	s, c := newServer(t)
	s.empty()
	s.on("GET /directoryRoles", reply{status: 403, body: refusal("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")})
	if _, err := names(t.Context(), c); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v, want the read denied", err)
	}
}

func TestUnknownPropertyIsRefused(t *testing.T) {
	_, c := newServer(t)
	err := c.Objects(t.Context(), []string{"shoeSize"}, func(cloud.Object) error { return nil })
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestOtherTenantIsRefused(t *testing.T) {
	s, _ := newServer(t)
	s.on("GET /organization", reply{status: 200, body: `{"value":[{"id":"t2"}]}`})
	c, err := graph.New(graph.Config{BaseURL: s.URL + "/v1.0", TenantID: "t1", Credential: &tokens{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tenant(t.Context()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestChallengeGetsANewToken(t *testing.T) {
	s, _ := newServer(t)
	s.empty()
	s.on("GET /users/"+userID,
		reply{status: 401, header: map[string]string{"WWW-Authenticate": `Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ=="`}},
		reply{status: 200, body: `{"id":"` + userID + `"}`})
	k := &tokens{}
	c, err := graph.New(graph.Config{BaseURL: s.URL + "/v1.0", Credential: k})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Current(t.Context(), cloud.User, userID, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", `{"a":1}`}, k.claims[:2]); diff != "" {
		t.Errorf("tokens asked for with claims (-want +got):\n%s", diff)
	}
}

func TestAnchorIsLookedUpWithoutAnEventualIndex(t *testing.T) {
	s, c := newServer(t)
	s.on("GET /users", reply{status: 200, body: fmt.Sprintf(`{"value":[{"id":%q,"onPremisesImmutableId":%q}]}`, userID, userAnchor)})
	o, err := c.ByAnchor(t.Context(), cloud.User, userAnchor)
	if err != nil || o.ID != userID || o.Deleted {
		t.Fatalf("got %+v, %v", o, err)
	}
	asked := s.asked("GET /users")
	if len(asked) != 1 || asked[0].header.Get("ConsistencyLevel") != "" || !strings.Contains(asked[0].line, "$filter=onPremisesImmutableId%20eq%20%27q83vEjRWeJCrze8SNFZ4kA%3D%3D%27") {
		t.Errorf("asked %+v", asked)
	}
}

func TestAnchorIsQuotedInAFilter(t *testing.T) {
	s, c := newServer(t)
	s.empty()
	if _, err := c.ByAnchor(t.Context(), cloud.User, "x' or 'a' eq 'a"); fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	if line := s.asked("GET /users")[0].line; !strings.Contains(line, "%27x%27%27%20or%20%27%27a%27%27%20eq%20%27%27a%27") {
		t.Errorf("asked %s", line)
	}
}

func TestSilenceOfTheNetworkIsClassified(t *testing.T) {
	c, err := graph.New(graph.Config{BaseURL: "http://127.0.0.1:1/v1.0", Credential: &tokens{}, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	_, whole := c.Tenant(t.Context())
	_, one := c.Current(t.Context(), cloud.User, userID, nil)
	_, write := c.Export(t.Context(), newUser(), byID)
	got := []fault.Kind{fault.KindOf(whole), fault.KindOf(one), fault.KindOf(write)}
	if diff := cmp.Diff([]fault.Kind{fault.Unreachable, fault.Transient, fault.Transient}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, err := range []error{whole, one, write} {
		if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "/v1.0") {
			t.Errorf("error tells too much: %v", err)
		}
	}
}

func TestBaseURLMustBeSafeForTokens(t *testing.T) {
	for u, ok := range map[string]bool{
		"":                                true,
		"https://graph.microsoft.us/v1.0": true,
		"http://127.0.0.1:8080/v1.0":      true,
		"http://localhost:8080/v1.0":      true,
		"http://[::1]:8080/v1.0":          true,
		"http://graph.microsoft.com/v1.0": false,
		"http://127.0.0.1.evil.example/":  false,
		"ftp://127.0.0.1/":                false,
		"https://user:pw@host/v1.0":       false,
		"graph":                           false,
	} {
		if _, err := graph.New(graph.Config{BaseURL: u, Credential: &tokens{}}); (err == nil) != ok {
			t.Errorf("%q: %v", u, err)
		} else if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("error holds the password: %v", err)
		}
	}
}

func TestErrorOfYieldIsPassedOnFromGroupsToo(t *testing.T) {
	s, c := newServer(t)
	s.empty()
	s.on("GET /groups", reply{status: 200, body: `{"value":[]}`}, reply{status: 200, body: `{"value":[{"id":"g1"}]}`})
	s.on("GET /groups/g1/members", reply{status: 200, body: `{"value":[]}`})
	stop := errors.New("stop")
	if err := c.Objects(t.Context(), []string{"members"}, func(cloud.Object) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
}
