package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

const (
	canary     = "canary-token" // must appear in no error
	userID     = "10000000-0000-4000-8000-000000000001"
	groupID    = "20000000-0000-4000-8000-000000000001"
	userAnchor = "q83vEjRWeJCrze8SNFZ4kA=="
	groupGUID  = "30000000-0000-4000-8000-000000000001"
)

// tokens is a credential that counts.
type tokens struct {
	mu     sync.Mutex
	claims []string
}

func (k *tokens) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.claims = append(k.claims, o.Claims)
	return azcore.AccessToken{Token: canary, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// reply is one scripted answer.
type reply struct {
	status int
	body   string
	header map[string]string
	do     func() // runs when the request arrives
}

// call is a request as the server saw it.
type call struct {
	line   string // method and path with query
	body   map[string]any
	header http.Header
}

// server is a scripted Graph: answers by method and path, in turn; the last is repeated.
type server struct {
	*httptest.Server
	t     *testing.T
	clock *clock

	mu      sync.Mutex
	replies map[string][]reply
	calls   []call
}

// clock moves when somebody sleeps.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.advance(d)
	return ctx.Err()
}

// newServer starts a scripted Graph and a connector to it.
func newServer(t *testing.T) (*server, *graph.Connector) {
	t.Helper()
	s := &server{t: t, replies: map[string][]reply{}, clock: &clock{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	c, err := graph.New(graph.Config{BaseURL: s.URL + "/v1.0", Credential: &tokens{}, Now: s.clock.now, Sleep: s.clock.sleep, Jitter: func() float64 { return 0.5 }})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// on scripts the answers to a method and path below /v1.0, such as "GET /users".
func (s *server) on(line string, replies ...reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[line] = replies
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("read request: %v", err)
	}
	c := call{line: strings.ReplaceAll(r.Method+" "+r.URL.RequestURI(), "/v1.0", ""), header: r.Header}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &c.body); err != nil {
			s.t.Errorf("%s: body is no JSON object: %v", c.line, err)
		}
	}
	line := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1.0")
	if line == "POST /$batch" && !s.scripted(line) {
		s.batch(w, c.body)
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	list := s.replies[line]
	if len(list) > 1 {
		s.replies[line] = list[1:]
	}
	s.mu.Unlock()
	if len(list) == 0 {
		s.t.Errorf("unexpected request %s", c.line)
		http.Error(w, "unexpected", http.StatusNotImplemented)
		return
	}
	if list[0].do != nil {
		list[0].do()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("request-id", "r-1")
	for k, v := range list[0].header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(list[0].status)
	if _, err := io.WriteString(w, strings.ReplaceAll(list[0].body, "BASE", s.URL+"/v1.0")); err != nil {
		s.t.Logf("write answer: %v", err)
	}
}

func (s *server) scripted(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.replies[line]) > 0
}

// batch answers each item as though it had come by itself, the last one first.
func (s *server) batch(w http.ResponseWriter, body map[string]any) {
	var out []string
	for _, one := range body["requests"].([]any) {
		it := one.(map[string]any)
		text, err := json.Marshal(it["body"])
		if err != nil || it["body"] == nil {
			text = nil
		}
		r := httptest.NewRequest(it["method"].(string), s.URL+"/v1.0"+it["url"].(string), strings.NewReader(string(text)))
		a := httptest.NewRecorder()
		s.ServeHTTP(a, r)
		content := a.Body.String()
		if content == "" {
			content = "null"
		}
		headers := map[string]string{}
		for k := range a.Header() {
			headers[k] = a.Header().Get(k)
		}
		h, err := json.Marshal(headers)
		if err != nil {
			s.t.Error(err)
		}
		out = append([]string{fmt.Sprintf(`{"id":%q,"status":%d,"headers":%s,"body":%s}`, it["id"], a.Code, h, content)}, out...)
	}
	fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(out, ","))
}

// asked gives the requests whose line begins with a text.
func (s *server) asked(prefix string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []call
	for _, c := range s.calls {
		if strings.HasPrefix(c.line, prefix) {
			out = append(out, c)
		}
	}
	return out
}

// empty scripts a tenant without anything, for reads of the whole.
func (s *server) empty() {
	none := reply{status: 200, body: `{"value":[]}`}
	for _, path := range []string{"/users", "/groups", "/directoryRoles", "/directory/deletedItems/microsoft.graph.user", "/directory/deletedItems/microsoft.graph.group",
		"/contacts", "/roleManagement/directory/roleEligibilityScheduleInstances"} {
		s.on("GET "+path, none)
	}
}

func refusal(code, message string) string {
	m, err := json.Marshal(message)
	if err != nil {
		panic(err) // a string can always be written
	}
	return fmt.Sprintf(`{"error":{"code":%q,"message":%s,"innerError":{"request-id":"r-9"}}}`, code, m)
}

const missing = `{"error":{"code":"Request_ResourceNotFound","message":"Resource does not exist or one of its queried reference-property objects are not present."}}`

// userChange gives a change of the user.
func userChange(a plan.Action, attrs ...plan.Attribute) plan.Change {
	c := plan.Change{Action: a, Directory: cloud.Entra, Attributes: attrs,
		Object: plan.Object{Anchor: userAnchor, Kind: "user", Type: cloud.User, Name: "Ada", ID: userID}}
	if a == plan.Create {
		c.Object.ID = ""
	}
	return c
}

// groupChange gives a change of the group.
func groupChange(a plan.Action, t cloud.Type, attrs ...plan.Attribute) plan.Change {
	c := plan.Change{Action: a, Directory: cloud.Entra, Attributes: attrs,
		Object: plan.Object{Anchor: groupGUID, Kind: "group", Type: t, Name: "Readers", ID: groupID}}
	if a == plan.Create {
		c.Object.ID = ""
	}
	return c
}

// newUser gives the change that creates the user.
func newUser() plan.Change {
	return userChange(plan.Create,
		plan.Attribute{Name: "accountEnabled", After: cloud.Truth(true)},
		plan.Attribute{Name: "displayName", After: cloud.Text("Ada")},
		plan.Attribute{Name: "extensionAttribute3", After: cloud.Text("x")},
		plan.Attribute{Name: "mailNickname", After: cloud.Text("ada")},
		plan.Attribute{Name: "userPrincipalName", After: cloud.Text("ada@contoso.example")})
}

func byID(r plan.Ref) (string, bool) { return r.ID, r.ID != "" }
