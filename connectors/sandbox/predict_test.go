package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
)

// names is what a user is called in the tenant.
type names struct {
	UPN, Nickname, Mail string
	Proxies             []string // sorted
}

// picks draws values for a user from few enough that the corners come up.
type picks struct{ *rand.Rand }

func (p picks) of(list ...string) string { return list[p.IntN(len(list))] }

func (p picks) address() string {
	return p.of("ann", "ann.lee", "a.l") + "@" + p.of("contoso.example", "fabrikam.example", "contoso.onmicrosoft.com", "unverified.example")
}

func (p picks) proxies() (out []string) {
	for range p.IntN(4) {
		switch a := p.of("smtp:", "smtp:", "x500:", "MS:", "SIP:") + p.address(); {
		case strings.HasPrefix(a, "x500:"):
			out = append(out, "x500:/o=Contoso/cn="+a[5:8])
		default:
			out = append(out, a)
		}
	}
	if p.IntN(2) == 0 {
		out = append(out, "SMTP:"+p.address())
	}
	seen := map[string]bool{} // Active Directory holds no two values that differ in case alone
	return slices.DeleteFunc(out, func(a string) bool {
		k := strings.ToLower(a)
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

func domains() []sandbox.Domain {
	return []sandbox.Domain{{Name: "contoso.example", Default: true}, {Name: "fabrikam.example"}, {Name: "contoso.onmicrosoft.com", Initial: true}}
}

// facts gives the same domains as the engine sees them.
func facts() *cloud.Tenant {
	t := &cloud.Tenant{}
	for _, d := range domains() {
		t.Domains = append(t.Domains, cloud.Domain{Name: d.Name, Verified: !d.Unverified, Initial: d.Initial, Default: d.Default})
	}
	return t
}

// client speaks to a tenant in process.
type client struct {
	t     *testing.T
	http  http.Client
	token string
}

func newClient(t *testing.T, tn *sandbox.Tenant) client {
	t.Helper()
	token, err := tn.Token(tn.Apps()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return client{t, http.Client{Transport: tn.Transport()}, token}
}

func (c client) send(method, path string, body, into any) int {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	q, err := http.NewRequest(method, "https://graph.example/v1.0"+path, strings.NewReader(string(b)))
	if err != nil {
		c.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+c.token)
	q.Header.Set("Content-Type", "application/json")
	a, err := c.http.Do(q)
	if err != nil {
		c.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if into != nil && a.StatusCode < 300 {
		if err := json.Unmarshal(raw, into); err != nil {
			c.t.Fatal(err)
		}
	}
	return a.StatusCode
}

func (c client) names(id string) names {
	c.t.Helper()
	var u struct {
		UserPrincipalName, MailNickname, Mail string
		ProxyAddresses                        []string
	}
	if status := c.send("GET", "/users/"+id+"?$select=userPrincipalName,mailNickname,mail,proxyAddresses", nil, &u); status != 200 {
		c.t.Fatalf("read user: %d", status)
	}
	return sorted(u.UserPrincipalName, u.MailNickname, u.Mail, u.ProxyAddresses)
}

// sorted leaves out the order of the addresses: the primary one is known by its capitals.
func sorted(upn, nickname, mail string, proxies []string) names {
	list := append([]string{}, proxies...)
	slices.Sort(list)
	return names{upn, nickname, mail, list}
}

func predicted(p desired.Prediction) names {
	return sorted(p.UPN, p.Nickname, p.Mail, p.Proxies)
}

// The tenant's address calculation and the engine's prediction are written apart; on the same names they must agree.
func TestSynchronisedUsersAreNamedAsPredicted(t *testing.T) {
	for seed := range uint64(800) {
		p := picks{rand.New(rand.NewPCG(seed, 1))}
		n := desired.Names{UPN: p.address(), Proxies: p.proxies(), Recipient: p.IntN(2) == 0}
		if p.IntN(2) == 0 {
			n.Nickname = p.of("ann", "al")
		}
		if p.IntN(2) == 0 {
			n.Mail = p.address()
		}
		tn := sandbox.New(sandbox.Options{Seed: seed, Domains: domains()})
		q := sandbox.Properties{"userPrincipalName": n.UPN, "onPremisesImmutableId": "QUFB"}
		set := func(name, v string) {
			if v != "" {
				q[name] = v
			}
		}
		set("mailNickname", n.Nickname)
		set("mail", n.Mail)
		if len(n.Proxies) > 0 {
			q["proxyAddresses"] = n.Proxies
		}
		var x sandbox.Extra
		if n.Recipient {
			q["usageLocation"] = "DE"
			x.Licences = []sandbox.Licence{{SKU: "SPE_E3"}}
		}
		id, err := tn.SyncUser(q, x)
		if err != nil {
			t.Fatal(err)
		}
		want := predicted(desired.Predict(n, desired.Held{Tenant: facts()}, desired.Synced))
		if diff := cmp.Diff(want, newClient(t, tn).names(id)); diff != "" {
			t.Fatalf("seed %d, %+v (-predicted +tenant):\n%s", seed, n, diff)
		}
	}
}

func TestUsersWrittenThroughGraphAreNamedAsPredicted(t *testing.T) {
	refused := 0
	for seed := range uint64(300) {
		p := picks{rand.New(rand.NewPCG(seed, 2))}
		n := desired.Names{UPN: p.address(), Nickname: p.of("ann", "al", "a l"), Recipient: p.IntN(2) == 0}
		if p.IntN(2) == 0 {
			n.Mail = p.address()
		}
		c := newClient(t, sandbox.New(sandbox.Options{Seed: seed, Domains: domains()}))
		prediction := desired.Predict(n, desired.Held{Tenant: facts()}, desired.Direct)
		body := map[string]any{"accountEnabled": true, "displayName": "Ann", "userPrincipalName": n.UPN, "mailNickname": n.Nickname, "usageLocation": "DE",
			"passwordProfile": map[string]any{"password": "Correct-Horse-7"}}
		if n.Mail != "" {
			body["mail"] = n.Mail
		}
		var made struct{ ID string }
		status := c.send("POST", "/users", body, &made)
		if (status != 201) != (len(prediction.Refused) > 0) {
			t.Fatalf("seed %d, %+v: status %d, predicted refusals %q", seed, n, status, prediction.Refused)
		}
		if status != 201 {
			refused++
			continue
		}
		if n.Recipient {
			add := map[string]any{"addLicenses": []any{map[string]any{"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": []string{}}}, "removeLicenses": []string{}}
			if status := c.send("POST", fmt.Sprintf("/users/%s/assignLicense", made.ID), add, nil); status != 200 {
				t.Fatalf("assign licence: %d", status)
			}
		}
		if diff := cmp.Diff(predicted(prediction), c.names(made.ID)); diff != "" {
			t.Fatalf("seed %d, %+v (-predicted +tenant):\n%s", seed, n, diff)
		}
	}
	if refused == 0 {
		t.Error("no user was refused")
	}
}
