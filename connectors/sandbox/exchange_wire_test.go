package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestInvokeCommandIsBetaOnly(t *testing.T) {
	p := newPost(t, Options{})
	a := p.admin("POST", "/adminapi/v1.0/"+p.tenant.ID()+"/InvokeCommand", cmdletBody(t, "Get-Mailbox", nil))
	same(t, "v1.0", 405, a.status)
	same(t, "beta with a domain for the tenant", 200, p.admin("POST", "/adminapi/beta/contoso.example/InvokeCommand", cmdletBody(t, "Get-Mailbox", nil)).status)
	same(t, "another tenant", 404, p.admin("POST", "/adminapi/beta/other.example/InvokeCommand", cmdletBody(t, "Get-Mailbox", nil)).status)
}

func TestAnswersCarryAnnotations(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	raw := p.call("Get-Mailbox", nil).raw
	for _, want := range []string{`"Guid@data.type":"System.Guid"`, `"EmailAddresses@odata.type":"#Collection(String)"`, `"adminapi.warnings@odata.type":"#Collection(String)"`,
		`"ProhibitSendQuota":"49.5 GB (53,150,220,288 bytes)"`, `"RetainDeletedItemsFor":"14.00:00:00"`, `$metadata#Collection(Exchange.GenericHashTable)"`} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
}

func TestSelectTrimsTheColumns(t *testing.T) {
	p := newPost(t, Options{})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	a := p.admin("POST", p.invokePath()+"?$select=Name,Alias", cmdletBody(t, "Get-Mailbox", nil))
	same(t, "row", map[string]any{"Name": "Info", "Alias": "Info"}, a.values()[0])
}

func TestPagesFollowTheLinkByPostingTheBodyAgain(t *testing.T) {
	p := newPost(t, Options{})
	for i := range 5 {
		p.ok("New-MailContact", parameters{"Name": fmt.Sprintf("c%d", i), "ExternalEmailAddress": fmt.Sprintf("c%d@out.example", i)})
	}
	seen := map[any]bool{}
	path, pages := p.invokePath()+"?$select=Name", 0
	for path != "" {
		a := p.admin("POST", path, cmdletBody(t, "Get-MailContact", parameters{"ResultSize": "Unlimited"}), "Prefer", "odata.maxpagesize=2")
		for _, n := range a.column("Name") {
			seen[n] = true
		}
		next, _ := a.body["@odata.nextLink"].(string)
		path = strings.TrimPrefix(next, "https://exchange.example")
		pages++
	}
	same(t, "pages and contacts", []int{3, 5}, []int{pages, len(seen)})
}

func TestResultSizeCutsWithAWarning(t *testing.T) {
	p := newPost(t, Options{})
	for i := range 3 {
		p.ok("New-MailContact", parameters{"Name": fmt.Sprintf("c%d", i), "ExternalEmailAddress": fmt.Sprintf("c%d@out.example", i)})
	}
	a := p.call("Get-MailContact", parameters{"ResultSize": "2"})
	same(t, "rows", 2, len(a.values()))
	same(t, "warnings", 1, len(a.body["@adminapi.warnings"].([]any)))
}

func TestUnknownCmdletsAreForbiddenWithoutABody(t *testing.T) {
	p := newPost(t, Options{})
	a := p.call("Get-Nonsense", nil)
	same(t, "answer", []any{403, ""}, []any{a.status, a.raw})
}

func TestUnknownParametersAreNamed(t *testing.T) {
	p := newPost(t, Options{})
	text := p.fails(400, "ParameterBindingException", "Get-Mailbox", parameters{"Colour": "red"})
	same(t, "text", "A parameter cannot be found that matches parameter name 'Colour'.", text)
}

func TestMandatoryParametersAreAskedFor(t *testing.T) {
	p := newPost(t, Options{})
	text := p.fails(400, "ParameterBindingException", "New-MailContact", parameters{"Name": "x"})
	same(t, "text", "Cannot process command because of one or more missing mandatory parameters: ExternalEmailAddress.", text)
}

func TestNotFoundIs404WithItsException(t *testing.T) {
	p := newPost(t, Options{})
	a := p.call("Get-Mailbox", parameters{"Identity": "nobody"})
	exception, text := exceptionOf(a)
	same(t, "answer", []any{404, "ManagementObjectNotFoundException", "The operation couldn't be performed because object 'nobody' couldn't be found on '" + exchangeServer + "'."},
		[]any{a.status, exception, text})
	same(t, "header", "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException", a.header.Get("x-ExceptionType"))
	same(t, "code", "NotFound", a.body["error"].(map[string]any)["code"])
}

func TestAmbiguousIdentitiesAreRefused(t *testing.T) {
	p := newPost(t, Options{})
	for _, n := range []string{"a", "b"} {
		p.ok("New-MailContact", parameters{"Name": n, "DisplayName": "Same", "ExternalEmailAddress": n + "@out.example"})
	}
	p.fails(400, "ManagementObjectAmbiguousException", "Get-MailContact", parameters{"Identity": "Same"})
}

func TestTokensForGraphAreRefused(t *testing.T) {
	p := newPost(t, Options{})
	p.exchange = p.graph
	a := p.call("Get-Mailbox", nil)
	same(t, "answer", []any{401, ""}, []any{a.status, a.raw})
}

func TestTokensForExchangeAreRefusedByGraph(t *testing.T) {
	p := newPost(t, Options{})
	p.token = p.exchange
	p.do(401, "GET", "/v1.0/users", "")
}

func TestRolesDecideWhichCmdletsRun(t *testing.T) {
	app := "22222222-2222-4222-8222-222222222222"
	write, hold := parameters{"Name": "x", "ExternalEmailAddress": "x@out.example"}, parameters{"Identity": "x", "LitigationHoldEnabled": true}
	cases := map[string]struct {
		roles, wids        []string
		read, make, onHold int
	}{
		"an Exchange administrator": {[]string{"Exchange.ManageAsApp"}, []string{exchangeAdministrator}, 200, 200, 404},
		"a recipient administrator": {[]string{"Exchange.ManageAsApp"}, []string{recipientAdministrator}, 200, 200, 400},
		"a global reader":           {[]string{"Exchange.ManageAsApp"}, []string{globalReader}, 200, 403, 403},
		"no role":                   {[]string{"Exchange.ManageAsApp"}, nil, 403, 403, 403},
		"no permission":             {nil, []string{exchangeAdministrator}, 401, 401, 401},
		"a permission of V2 alone":  {[]string{"Exchange.ManageAsAppV2"}, []string{exchangeAdministrator}, 401, 401, 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, Options{Apps: []App{{ID: app, Roles: c.roles, DirectoryRoles: c.wids}}})
			same(t, "statuses", []int{c.read, c.make, c.onHold},
				[]int{p.call("Get-Mailbox", nil).status, p.call("New-MailContact", write).status, p.call("Set-Mailbox", hold).status})
		})
	}
}

func TestAnAppWithoutARoleIsTold(t *testing.T) {
	p := newPost(t, Options{Apps: []App{{ID: "22222222-2222-4222-8222-222222222222", Roles: []string{"Exchange.ManageAsApp"}}}})
	if a := p.call("Get-Mailbox", nil); !strings.HasPrefix(a.raw, "The role assigned to application 22222222-2222-4222-8222-222222222222 isn't supported in this scenario.") {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestSignInGivesTokensByScope(t *testing.T) {
	p := newPost(t, Options{})
	app := p.tenant.Apps()[0]
	for scope, want := range map[string]int{"https://outlook.office365.com/.default": 200, "https://graph.microsoft.com/.default": 401} {
		form := "grant_type=client_credentials&client_id=" + app.ID + "&client_secret=" + app.Secret + "&scope=" + strings.ReplaceAll(scope, ":", "%3A")
		a := p.admin("POST", "/"+p.tenant.ID()+"/oauth2/v2.0/token", form)
		p.exchange, _ = a.body["access_token"].(string)
		same(t, scope, want, p.call("Get-Mailbox", nil).status)
	}
}

func TestModuleFileListsWhatTheRoleMayRun(t *testing.T) {
	for role, want := range map[string]bool{exchangeAdministrator: true, globalReader: false} {
		p := newPost(t, Options{Apps: []App{{ID: "22222222-2222-4222-8222-222222222222", Roles: []string{"Exchange.ManageAsApp"}, DirectoryRoles: []string{role}}}})
		a := p.admin("GET", "/adminapi/v1.0/"+p.tenant.ID()+"/EXOModuleFile?Version=3.9.2", "", "CommandName", "*")
		list, _ := a.values()[0]["exportedCmdlets"].(string)
		same(t, "Set-Mailbox for "+role, want, strings.Contains(list, "Set-Mailbox"))
		same(t, "Get-Mailbox for "+role, true, strings.Contains(list, "Get-Mailbox"))
	}
}

func TestBatchesTakeTenRequestsWithAbsoluteAddresses(t *testing.T) {
	p := newPost(t, Options{})
	batch := func(n int, url string) reply {
		var items []map[string]any
		for i := range n {
			items = append(items, map[string]any{"id": fmt.Sprint(i), "method": "POST", "url": url, "headers": map[string]string{},
				"body": json.RawMessage(cmdletBody(t, "New-MailContact", parameters{"Name": fmt.Sprintf("c%d", i/2), "ExternalEmailAddress": fmt.Sprintf("c%d@out.example", i/2)}))})
		}
		b, err := json.Marshal(map[string]any{"requests": items})
		if err != nil {
			t.Fatal(err)
		}
		return p.admin("POST", "/adminapi/beta/"+p.tenant.ID()+"/$batch", string(b))
	}
	absolute := "https://exchange.example" + p.invokePath() + "?"
	same(t, "eleven", 400, batch(11, absolute).status)
	same(t, "relative", 400, batch(1, p.invokePath()).status)
	list, _ := batch(4, absolute).body["responses"].([]any)
	var statuses []any
	for _, one := range list {
		statuses = append(statuses, one.(map[string]any)["status"])
	}
	same(t, "statuses", []any{200.0, 400.0, 200.0, 400.0}, statuses)
	entries, _ := p.tenant.Log()
	same(t, "the log names the cmdlet of an item", "POST /InvokeCommand/New-MailContact", entries[len(entries)-2].Route)
}

func TestAdminAPICoversFewCmdlets(t *testing.T) {
	app := App{ID: "22222222-2222-4222-8222-222222222222", Roles: []string{"Exchange.ManageAsApp", "Exchange.ManageAsAppV2"}, DirectoryRoles: []string{exchangeAdministrator}}
	p := newPost(t, Options{Apps: []App{app}})
	p.ok("New-Mailbox", parameters{"Name": "Info", "Shared": true})
	p.ok("New-Mailbox", parameters{"Name": "Boss", "Shared": true})
	at := func(resource, name string, given parameters) int {
		return p.admin("POST", "/adminapi/v2.0/"+p.tenant.ID()+"/"+resource, cmdletBody(t, name, given)).status
	}
	same(t, "statuses", []int{200, 200, 400, 400, 200}, []int{at("Mailbox", "Get-Mailbox", nil), at("Mailbox", "Set-Mailbox", parameters{"Identity": "Info", "GrantSendOnBehalfTo": []string{"Boss"}}),
		at("Mailbox", "Set-Mailbox", parameters{"Identity": "Info", "Alias": "x"}), at("Mailbox", "New-Mailbox", parameters{"Name": "x"}), at("OrganizationConfig", "Get-OrganizationConfig", nil)})
}

func TestTooManyAtATimeIsPlainText(t *testing.T) {
	p := newPost(t, Options{Exchange: Exchange{Concurrency: 1}})
	path, body := p.invokePath(), cmdletBody(t, "Get-Mailbox", nil)
	p.tenant.mu.Lock()
	answers := make(chan string, 2)
	for range 2 {
		go func() {
			q := httptest.NewRequest("POST", "https://exchange.example"+path, strings.NewReader(body))
			q.Header.Set("Authorization", "Bearer "+p.exchange)
			w := httptest.NewRecorder()
			p.tenant.ServeHTTP(w, q)
			answers <- fmt.Sprint(w.Code, " ", strings.Split(w.Body.String(), ".")[0])
		}()
	}
	for p.tenant.inFlight.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	p.tenant.mu.Unlock()
	same(t, "the first", "429 You have reached the maximum number of concurrent requests per tenant", <-answers)
	if second := <-answers; !strings.HasPrefix(second, "200 ") {
		t.Errorf("the second: %s", second)
	}
}

func TestRequestsOverTheRateAreThrottled(t *testing.T) {
	p := newPost(t, Options{Throttle: true, Exchange: Exchange{RateLimit: 2}})
	var statuses []int
	for range 3 {
		statuses = append(statuses, p.call("Get-Mailbox", nil).status)
	}
	same(t, "statuses", []int{200, 200, 429}, statuses)
	a := p.call("Get-Mailbox", nil)
	same(t, "headers", []string{"300", "2", "0"}, []string{a.header.Get("Retry-After"), a.header.Get("Rate-Limit-Limit"), a.header.Get("Rate-Limit-Remaining")})
}

func TestFaultsOfTheExchangeSide(t *testing.T) {
	write := parameters{"Name": "x", "ExternalEmailAddress": "x@out.example"}
	cases := map[string]struct {
		fault     Fault
		status    int
		exception string
		done      bool
		starts    string
	}{
		"transient write to Entra": {Fault{Action: Refuse, Status: 400, Code: "UnableToWriteToAadException"}, 400, "UnableToWriteToAadException", false, "{"},
		"server busy":              {Fault{Action: Refuse, Status: 500, Code: "ServerBusyException"}, 500, "ServerBusyException", false, "{"},
		"503 after the effect":     {Fault{Action: Refuse, Status: 503, AfterWrite: true}, 503, "", true, "{"},
		"concurrency":              {Fault{Action: Refuse, Status: 429, Code: "TooManyConcurrentRequests"}, 429, "", false, "You have reached the maximum"},
		"gateway page":             {Fault{Action: HTML}, 502, "", false, "<html>"},
		"expired token":            {Fault{Action: Expired}, 401, "", false, ""},
		"truncated":                {Fault{Action: Truncate, AfterWrite: true}, 200, "", true, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, Options{})
			c.fault.Cmdlet = "New-MailContact"
			if err := p.tenant.AddFault(c.fault); err != nil {
				t.Fatal(err)
			}
			same(t, "another cmdlet", 200, p.call("Get-MailContact", nil).status)
			q := httptest.NewRequest("POST", "https://exchange.example"+p.invokePath(), strings.NewReader(cmdletBody(t, "New-MailContact", write)))
			q.Header.Set("Authorization", "Bearer "+p.exchange)
			w := httptest.NewRecorder()
			p.tenant.ServeHTTP(w, q)
			out := reply{raw: w.Body.String()}
			_ = json.Unmarshal(w.Body.Bytes(), &out.body) // a truncated answer is none
			exception, _ := exceptionOf(out)
			same(t, "answer", []any{c.status, c.exception, true}, []any{w.Code, exception, strings.HasPrefix(out.raw, c.starts)})
			same(t, "took effect", c.done, len(p.call("Get-MailContact", nil).values()) == 1)
			same(t, "afterwards", !c.done, p.call("New-MailContact", write).status == 200)
		})
	}
}

func TestResetsBreakTheConnection(t *testing.T) {
	p := newPost(t, Options{})
	s, err := Serve("127.0.0.1:0", p.tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := p.tenant.AddFault(Fault{Cmdlet: "New-MailContact", Action: Reset, AfterWrite: true}); err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequest("POST", s.URL+p.invokePath(), strings.NewReader(cmdletBody(t, "New-MailContact", parameters{"Name": "x", "ExternalEmailAddress": "x@out.example"})))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+p.exchange)
	resp, err := http.DefaultClient.Do(q)
	if err == nil {
		var v any
		err = json.NewDecoder(resp.Body).Decode(&v)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("the connection held")
	}
	same(t, "contacts", 1, len(p.call("Get-MailContact", nil).values()))
}

func TestFreshRecipientsLag(t *testing.T) {
	p := newPost(t, Options{})
	if err := p.tenant.AddFault(Fault{Cmdlet: "New-MailContact", Action: Lag, Requests: 1}); err != nil {
		t.Fatal(err)
	}
	p.ok("New-MailContact", parameters{"Name": "x", "ExternalEmailAddress": "x@out.example"})
	same(t, "statuses", []int{404, 200}, []int{p.call("Get-MailContact", parameters{"Identity": "x"}).status, p.call("Get-MailContact", parameters{"Identity": "x"}).status})
}
