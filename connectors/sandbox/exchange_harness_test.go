package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// post is a rig with a token for Exchange Online.
type post struct {
	*rig
	graph, exchange string
}

func newPost(t *testing.T, o Options) *post {
	t.Helper()
	p := &post{rig: newRig(t, o)}
	p.graph = p.token
	p.sign(p.tenant.Apps()[0].ID)
	return p
}

func (p *post) sign(app string) {
	p.Helper()
	token, err := p.tenant.ExchangeToken(app)
	if err != nil {
		p.Fatal(err)
	}
	p.exchange = token
}

// advance moves the clock on and signs in again.
func (p *post) advance(d time.Duration) {
	p.Helper()
	p.tenant.AdvanceClock(d)
	p.renew()
	p.graph = p.token
	p.sign(p.tenant.Apps()[0].ID)
}

type parameters map[string]any

// admin makes a request to the admin API.
func (p *post) admin(method, path, body string, header ...string) reply {
	p.Helper()
	q := httptest.NewRequest(method, "https://exchange.example"+strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+p.exchange)
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.tenant.ServeHTTP(w, q)
	out := reply{status: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.HasPrefix(out.raw, "{") {
		if err := json.Unmarshal(w.Body.Bytes(), &out.body); err != nil {
			p.Fatalf("%s %s: %v in %s", method, path, err, out.raw)
		}
	}
	return out
}

func (p *post) invokePath() string { return "/adminapi/beta/" + p.tenant.ID() + "/InvokeCommand" }

func cmdletBody(t testing.TB, name string, given parameters) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"CmdletInput": map[string]any{"CmdletName": name, "Parameters": given}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// call runs a cmdlet whatever comes of it.
func (p *post) call(name string, given parameters, header ...string) reply {
	p.Helper()
	return p.admin("POST", p.invokePath(), cmdletBody(p, name, given), header...)
}

// ok runs a cmdlet that must succeed and gives its first row.
func (p *post) ok(name string, given parameters) map[string]any {
	p.Helper()
	a := p.call(name, given)
	if a.status != 200 {
		p.Fatalf("%s %v: status %d: %s", name, given, a.status, a.raw)
	}
	if rows := a.values(); len(rows) > 0 {
		return rows[0]
	}
	return nil
}

// fails runs a cmdlet that must be refused with the exception, and must change nothing; it gives the text.
func (p *post) fails(status int, exception, name string, given parameters) string {
	p.Helper()
	p.tenant.mu.Lock()
	p.tenant.followEntra()
	p.tenant.mu.Unlock()
	before := p.objects()
	a := p.call(name, given)
	got, text := exceptionOf(a)
	if a.status != status || got != exception {
		p.Fatalf("%s %v: %d %s, want %d %s: %s", name, given, a.status, got, status, exception, a.raw)
	}
	same(p, name+" was refused and left the tenant", before, p.objects())
	return text
}

// exceptionOf reads details[0].message, split in three.
func exceptionOf(a reply) (exception, text string) {
	e, _ := a.body["error"].(map[string]any)
	list, _ := e["details"].([]any)
	if len(list) == 0 {
		return "", ""
	}
	first, _ := list[0].(map[string]any)
	parts := strings.SplitN(fmt.Sprint(first["message"]), "|", 3)
	if len(parts) != 3 {
		return "", ""
	}
	return parts[1][strings.LastIndex(parts[1], ".")+1:], parts[2]
}

// warned runs a cmdlet that must succeed and gives its warnings.
func (p *post) warned(name string, given parameters) []any {
	p.Helper()
	a := p.call(name, given)
	if a.status != 200 {
		p.Fatalf("%s: status %d: %s", name, a.status, a.raw)
	}
	list, _ := a.body["@adminapi.warnings"].([]any)
	return list
}

// get reads one recipient and keeps the named columns.
func (p *post) get(name, identity string, columns ...string) map[string]any {
	p.Helper()
	row := p.ok(name, parameters{"Identity": identity})
	out := map[string]any{}
	for _, c := range columns {
		v, there := row[c]
		if !there {
			p.Fatalf("%s shows no %s among %v", name, c, maps.Keys(row))
		}
		out[c] = v
	}
	return out
}

// mailbox adds a user with a licence and lets its mailbox come.
func (p *post) mailbox(name, sku string) string {
	p.Helper()
	id := p.user(name, Properties{"usageLocation": "DE"}, Extra{Licences: []Licence{{SKU: sku}}})
	p.advance(5 * time.Minute)
	return id
}

// license changes a user's licences over Graph.
func (p *post) license(id, add, remove string) {
	p.Helper()
	p.do(200, "POST", "/v1.0/users/"+id+"/assignLicense", `{"addLicenses":[`+add+`],"removeLicenses":[`+remove+`]}`)
}

const (
	planOne = "4b9405b0-7788-4568-add1-99614e613b69" // EXCHANGESTANDARD
	planTwo = "19ec0d23-8335-4cbd-94ac-6050e30712fa" // EXCHANGEENTERPRISE
)
