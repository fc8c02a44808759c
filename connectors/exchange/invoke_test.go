package exchange_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/directory/fault"
)

const tenantID = "11111111-2222-3333-4444-555555555555"

// tokens gives a token and counts how often a new one was forced.
type tokens struct{ forced atomic.Int32 }

func (k *tokens) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if o.Claims != "" {
		k.forced.Add(1)
	}
	return azcore.AccessToken{Token: fmt.Sprintf("token-%d", k.forced.Load()), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// server answers with one handler after the other; the last one goes on.
type server struct {
	*exchange.Invoke
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	slept  []time.Duration
	tokens tokens
	url    string
}

func serve(t testing.TB, handlers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		n := min(len(s.bodies), len(handlers)-1)
		s.bodies, s.heads = append(s.bodies, r.URL.RequestURI()+" "+string(b)), append(s.heads, r.Header)
		s.mu.Unlock()
		handlers[n](w, r)
	}))
	t.Cleanup(h.Close)
	s.url = h.URL
	v, err := exchange.NewInvoke(exchange.Config{BaseURL: h.URL, TenantID: tenantID, Credential: &s.tokens, Attempts: 4, Timeout: 5 * time.Second,
		Jitter: func() float64 { return 0.5 }, Sleep: func(ctx context.Context, d time.Duration) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.slept = append(s.slept, d)
			return ctx.Err()
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.Invoke = v
	return s
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func refusal(exception, text string) string {
	b, _ := json.Marshal(map[string]any{"error": map[string]any{"code": "BadRequest", "message": "Error executing cmdlet",
		"details": []any{map[string]any{"message": "Ex1|Microsoft.Exchange." + exception + "|" + text}}}})
	return string(b)
}

const empty = `{"value":[]}`

func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusOK)
	io.WriteString(w, `{"value":[`)
}

// TestOutcome sends a read, a write and a create against each kind of answer.
func TestOutcome(t *testing.T) {
	type want struct {
		kind fault.Kind
		sent int
	}
	good := answer(200, empty)
	success := want{kind: 255}
	for name, c := range map[string]struct {
		handlers           []http.HandlerFunc
		read, write, makes want
	}{
		"a success": {[]http.HandlerFunc{good}, want{255, 1}, want{255, 1}, want{255, 1}},
		"too many requests, then a success": {[]http.HandlerFunc{answer(429, "", "Retry-After", "2.5"), good},
			want{255, 2}, want{255, 2}, want{255, 2}},
		"the plain text of too many at once": {[]http.HandlerFunc{answer(400, "You have reached the maximum number of concurrent requests per tenant. Please wait and try again"), good},
			want{255, 2}, want{255, 2}, want{255, 2}},
		"too many requests for ever": {[]http.HandlerFunc{answer(429, "")}, want{fault.Throttled, 4}, want{fault.Throttled, 4}, want{fault.Throttled, 4}},
		"a gateway's page":           {[]http.HandlerFunc{answer(503, "<html>"), good}, want{255, 2}, want{255, 2}, want{fault.Unknown, 1}},
		"a gateway that stays down":  {[]http.HandlerFunc{answer(504, "")}, want{fault.Transient, 4}, want{fault.Unknown, 4}, want{fault.Unknown, 1}},
		"a cut body":                 {[]http.HandlerFunc{cut, good}, want{255, 2}, want{255, 2}, want{fault.Unknown, 1}},
		"JSON that is cut":           {[]http.HandlerFunc{answer(200, `{"value":[{"Guid":`), good}, want{255, 2}, want{255, 2}, want{fault.Unknown, 1}},
		"a busy server with status 400": {[]http.HandlerFunc{answer(400, refusal("ServerBusyException", "busy")), good},
			want{255, 2}, want{255, 2}, want{255, 2}},
		"a failed write to Entra ID": {[]http.HandlerFunc{answer(400, refusal("UnableToWriteToAadException", "The issue may be transient")), good},
			want{255, 2}, want{255, 2}, want{fault.Unknown, 1}},
		"an address that is taken": {[]http.HandlerFunc{answer(400, refusal("ProxyAddressExistsException", "The proxy address is already being used"))},
			want{fault.Conflict, 1}, want{fault.Conflict, 1}, want{fault.Conflict, 1}},
		"an object that is not there": {[]http.HandlerFunc{answer(404, refusal("ManagementObjectNotFoundException", "couldn't be found"))},
			want{fault.NotFound, 1}, want{fault.NotFound, 1}, want{fault.NotFound, 1}},
		"a 404 of a gateway": {[]http.HandlerFunc{answer(404, "")}, want{fault.Transient, 1}, want{fault.Unknown, 1}, want{fault.Unknown, 1}},
		"a role that lacks the cmdlet": {[]http.HandlerFunc{answer(403, "\x00\x00", "Content-Encoding", "gzip")},
			want{fault.Denied, 1}, want{fault.Denied, 1}, want{fault.Denied, 1}},
		"a token that is refused once":  {[]http.HandlerFunc{answer(401, ""), good}, want{255, 2}, want{255, 2}, want{255, 2}},
		"a token that is refused again": {[]http.HandlerFunc{answer(401, "")}, want{fault.SignIn, 2}, want{fault.SignIn, 2}, want{fault.SignIn, 2}},
		"a synchronised object": {[]http.HandlerFunc{answer(400, refusal("InvalidOperationException", "out of the current user's write scope"))},
			want{fault.Invalid, 1}, want{fault.Invalid, 1}, want{fault.Invalid, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			for cmdlet, w := range map[string]want{"Get-Mailbox": c.read, "Set-Mailbox": c.write, "New-Mailbox": c.makes} {
				s := serve(t, c.handlers...)
				_, err := s.Run(t.Context(), exchange.Command{Cmdlet: cmdlet})
				got := want{fault.KindOf(err), len(s.bodies)}
				if err == nil {
					got.kind = success.kind
				}
				if got != w {
					t.Errorf("%s: kind %d after %d requests (%v), want kind %d after %d", cmdlet, got.kind, got.sent, err, w.kind, w.sent)
				}
			}
		})
	}
}

// TestRowsBesideErrorsAreNoList: what a partial failure leaves of a list is not taken for all of it.
func TestRowsBesideErrorsAreNoList(t *testing.T) {
	s := serve(t, answer(200, `{"value":[{"Guid":"a"}],"@adminapi.errors":["Ex1|X|one server did not answer"]}`))
	if got, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Get-Mailbox"}); fault.KindOf(err) != fault.Transient {
		t.Errorf("%d rows, %v", len(got.Rows), err)
	}
	s = serve(t, answer(200, `{"value":[{"Guid":"a"}],"@adminapi.errors":[]}`))
	if got, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Get-Mailbox"}); err != nil || len(got.Rows) != 1 {
		t.Errorf("no errors: %d rows, %v", len(got.Rows), err)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	s := serve(t, answer(429, "", "Retry-After", "2.5"), answer(200, empty))
	if _, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Get-Mailbox"}); err != nil {
		t.Fatal(err)
	}
	if len(s.slept) == 0 || s.slept[0] != 2500*time.Millisecond {
		t.Errorf("slept %v, want 2.5s first", s.slept)
	}
}

func TestPagesArePostedAgain(t *testing.T) {
	var s *server
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value":[{"Guid":"1","Guid@data.type":"System.Guid"}],"@adminapi.warnings":["first"],"@odata.nextLink":%q}`, s.url+r.URL.Path+"?$skiptoken=2")
	}, answer(200, `{"value":[{"Guid":"2"}],"@adminapi.warnings":["second"]}`))
	c := exchange.Command{Cmdlet: "Get-Mailbox", Parameters: []exchange.Parameter{{Name: "ResultSize", Value: "Unlimited"}}, Select: []string{"Guid"}}
	got, err := s.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	want := exchange.Answer{Rows: []exchange.Row{{"Guid": raw("1")}, {"Guid": raw("2")}}, Warnings: []string{"first", "second"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
	body := ` {"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{"ResultSize":"Unlimited"}}}`
	path := "/adminapi/beta/" + tenantID + "/InvokeCommand"
	if d := cmp.Diff([]string{path + "?$select=Guid" + body, path + "?$skiptoken=2" + body}, s.bodies); d != "" {
		t.Errorf("requests (-want +got):\n%s", d)
	}
}

func TestPagesThatLeadAstrayFailTheRead(t *testing.T) {
	for name, link := range map[string]string{"another host": "https://attacker.example/adminapi", "another scheme": "ftp://127.0.0.1/"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answer(200, `{"value":[],"@odata.nextLink":"`+link+`"}`))
			if _, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Get-Mailbox"}); err == nil || len(s.bodies) != 1 {
				t.Errorf("error %v after %d requests, want an error after 1", err, len(s.bodies))
			}
		})
	}
	var s *server
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"value":[],"@odata.nextLink":%q}`, s.url+r.URL.Path+"?again")
	})
	if _, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Get-Mailbox"}); err == nil {
		t.Error("pages in a circle were read to an end")
	}
}

func TestHeaders(t *testing.T) {
	s := serve(t, answer(200, empty))
	if _, err := s.Run(t.Context(), exchange.Command{Cmdlet: "Set-Mailbox"}); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"Authorization": "Bearer token-0", "X-CmdletName": "Set-Mailbox", "X-ResponseFormat": "json", "Prefer": "odata.maxpagesize=1000",
		"parameter-based-routing": "true", "Content-Type": "application/json; charset=utf-8", "X-AnchorMailbox": "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@" + tenantID} {
		if got := s.heads[0].Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if s.heads[0].Get("client-request-id") == "" || s.heads[0].Get("connection-id") == "" {
		t.Error("a request lacks its ids")
	}
}

// TestBatch lets each kind of item outcome happen in one batch.
func TestBatch(t *testing.T) {
	type item struct {
		ID      string            `json:"id"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	}
	var rounds [][]string
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got struct {
			Requests []item `json:"requests"`
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		var ids, out []string
		for _, it := range got.Requests {
			ids = append(ids, it.ID)
			if !strings.HasPrefix(it.URL, "http://") || it.Headers["X-CmdletName"] != "Get-CASMailbox" {
				t.Errorf("item %s: url %s, headers %v", it.ID, it.URL, it.Headers)
			}
			again := len(rounds) > 0
			switch {
			case it.ID == "1" && !again: // lost from the answer
			case it.ID == "2" && !again:
				out = append(out, `{"id":"2","status":429,"headers":{"Retry-After":"7"},"body":"Too many requests"}`)
			case it.ID == "3":
				out = append(out, `{"id":"3","status":404,"headers":{},"body":`+refusal("ManagementObjectNotFoundException", "couldn't be found")+`}`)
			case it.ID == "4":
				out = append(out, `{"id":"4","status":403,"headers":{},"body":null}`)
			default:
				out = append(out, `{"id":"`+it.ID+`","status":200,"headers":{},"body":{"value":[{"Guid":"`+it.ID+`"}]}}`)
			}
		}
		rounds = append(rounds, ids)
		io.WriteString(w, `{"responses":[`+strings.Join(out, ",")+`]}`)
	}))
	t.Cleanup(h.Close)
	var slept []time.Duration
	v, err := exchange.NewInvoke(exchange.Config{BaseURL: h.URL, TenantID: tenantID, Credential: &tokens{},
		Sleep: func(ctx context.Context, d time.Duration) error { slept = append(slept, d); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]exchange.Command, 5)
	for i := range list {
		list[i] = exchange.Command{Cmdlet: "Get-CASMailbox"}
	}
	got := v.RunAll(t.Context(), list)
	if d := cmp.Diff([][]string{{"0", "1", "2", "3", "4"}, {"1", "2"}}, rounds); d != "" {
		t.Errorf("batches (-want +got):\n%s", d)
	}
	if len(slept) != 1 || slept[0] != 7*time.Second {
		t.Errorf("slept %v, want the 7s that an item asked for", slept)
	}
	for i, kind := range map[int]fault.Kind{3: fault.NotFound, 4: fault.Denied} {
		if fault.KindOf(got[i].Err) != kind || got[i].Err == nil {
			t.Errorf("item %d: %v, want kind %v", i, got[i].Err, kind)
		}
	}
	for _, i := range []int{0, 1, 2} {
		if got[i].Err != nil || len(got[i].Answer.Rows) != 1 || string(got[i].Answer.Rows[0]["Guid"]) != fmt.Sprintf("%q", fmt.Sprint(i)) {
			t.Errorf("item %d: %v", i, got[i])
		}
	}
}

func TestNoTokenLeavesInTheClear(t *testing.T) {
	for address, fits := range map[string]bool{"": true, "https://outlook.office365.us": true, "http://127.0.0.1:80": true, "http://outlook.office365.com": false, "https://u:p@h": false, "h": false} {
		_, err := exchange.NewInvoke(exchange.Config{BaseURL: address, TenantID: tenantID, Credential: &tokens{}})
		if (err == nil) != fits {
			t.Errorf("%q: %v, want accepted %v", address, err, fits)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for cloud, want := range map[string]string{"global": "https://outlook.office365.com", "usgov": "https://outlook.office365.us",
		"usgovdod": "https://outlook-dod.office365.us", "china": "https://partner.outlook.cn"} {
		if got := exchange.BaseURL(cloud); got != want {
			t.Errorf("%s: %s, want %s", cloud, got, want)
		}
	}
}
