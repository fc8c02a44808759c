package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// epoch is the time at which every test's tenant begins.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is a tenant under test, called in process.
type rig struct {
	*testing.T
	tenant *Tenant
	token  string
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	o.Clock = func() time.Time { return epoch }
	r := &rig{T: t, tenant: New(o)}
	r.renew()
	return r
}

// renew signs in again.
func (r *rig) renew() {
	r.Helper()
	token, err := r.tenant.Token(r.tenant.Apps()[0].ID)
	if err != nil {
		r.Fatal(err)
	}
	r.token = token
}

// reply is an answer with its JSON decoded.
type reply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// send makes a request; header holds pairs of names and values.
func (r *rig) send(method, path, body string, header ...string) reply {
	r.Helper()
	q := httptest.NewRequest(method, "https://graph.example"+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+r.token)
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.tenant.ServeHTTP(w, q)
	out := reply{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if len(out.raw) > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
			r.Fatalf("%s %s: %v in %s", method, path, err, out.raw)
		}
	}
	return out
}

// do makes a request that must have the status.
func (r *rig) do(status int, method, path, body string, header ...string) reply {
	r.Helper()
	a := r.send(method, path, body, header...)
	if a.status != status {
		r.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

// refused makes a request that must be refused with the code and the whole message, and must change nothing.
func (r *rig) refused(status int, code, message, method, path, body string, header ...string) reply {
	r.Helper()
	before := r.objects()
	a := r.do(status, method, path, body, header...)
	e, _ := a.body["error"].(map[string]any)
	if e["code"] != code || e["message"] != message {
		r.Fatalf("%s %s: refused with\n%v: %v\nwant\n%s: %s", method, path, e["code"], e["message"], code, message)
	}
	if diff := cmp.Diff(before, r.objects()); diff != "" {
		r.Fatalf("%s %s was refused and changed the tenant (-before +after):\n%s", method, path, diff)
	}
	return a
}

// objects gives the saved state without what every request moves.
func (r *rig) objects() string {
	r.Helper()
	s := r.tenant.state()
	s.Asked, s.Changes = 0, nil
	b, err := json.Marshal(s)
	if err != nil {
		r.Fatal(err)
	}
	return string(b)
}

// user adds a user and gives its id.
func (r *rig) user(name string, p Properties, x Extra) string {
	r.Helper()
	if p == nil {
		p = Properties{}
	}
	if !strings.Contains(name, "@") {
		name += "@contoso.example"
	}
	p["userPrincipalName"] = name
	id, err := r.tenant.AddUser(p, x)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

// group adds a group and gives its id.
func (r *rig) group(name string, p Properties, x Extra) string {
	r.Helper()
	if p == nil {
		p = Properties{}
	}
	p["displayName"] = name
	id, err := r.tenant.AddGroup(p, x)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func unifiedGroup() Properties { return Properties{"groupTypes": []string{"Unified"}} }

// read gives the named properties of an object as JSON values.
func (r *rig) read(path, properties string) map[string]any {
	r.Helper()
	a := r.do(200, "GET", path+"?$select="+properties, "")
	delete(a.body, "@odata.context")
	return a.body
}

// values gives the rows of a collection.
func (a reply) values() []map[string]any {
	var out []map[string]any
	list, _ := a.body["value"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// column gives one property of every row.
func (a reply) column(name string) []any {
	out := []any{}
	for _, m := range a.values() {
		out = append(out, m[name])
	}
	return out
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// newUser is the body of a valid user.
func newUser(name string, more string) string {
	return `{"accountEnabled":true,"displayName":"` + name + `","mailNickname":"` + name + `","userPrincipalName":"` + name +
		`@contoso.example","passwordProfile":{"password":"Correct-Horse-7"}` + more + `}`
}

// reference finds a file of ../shared/data beside the repository, or skips; in CI its absence is a failure.
func reference(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if os.IsNotExist(err) && os.Getenv("CI") != "true" {
		t.Skipf("%s is not beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
