package graph

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Finding is the outcome of one check of the connection.
type Finding struct {
	Check  string `json:"check"` // network, sign-in, tenant, read: <what>, write: <what>, more than needed
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // what was found
	Hint   string `json:"hint,omitempty"`   // what to do when it is not OK
	// Warning says that work can go on although it is not OK.
	Warning bool `json:"warning,omitempty"`
}

// Probe checks the connection for doctor: that Graph can be reached, that a token is given, for the tenant that is meant,
// with the permissions that reading needs and, with writes, those that writing needs, and no others; and that the first page
// of everything that is read is really given. A finding that is not OK says what to do. The token is looked at, never kept
// or shown.
func (c *Connector) Probe(ctx context.Context, writes bool) []Finding {
	out := []Finding{c.reach(ctx)}
	if !out[0].OK {
		return out
	}
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.scope}, EnableCAE: true})
	if err != nil {
		_, cause := c.unanswered(readWhole, err)
		return append(out, Finding{Check: "sign-in", Detail: cause.Error(), Hint: "check tenant id, client id and the secret or certificate of the app registration"})
	}
	claims, err := readClaims(token.Token)
	if err != nil {
		return append(out, Finding{Check: "sign-in", OK: true, Detail: "a token was given"},
			Finding{Check: "permissions", Detail: err.Error(), Hint: "permissions can be told only from a token of Entra ID"})
	}
	out = append(out, Finding{Check: "sign-in", OK: true, Detail: "as " + printable(claims.who())}, c.probeTenant(ctx, claims))
	for _, n := range needs {
		if n.Apply && !writes {
			continue
		}
		f := n.held(claims.granted())
		if f.OK && n.path != "" {
			f = c.firstPage(ctx, n, f)
		}
		out = append(out, f)
	}
	return append(out, excess(claims.granted(), writes)...)
}

// reach asks Graph without a token, so that what stands between here and there shows by itself.
func (c *Connector) reach(ctx context.Context) Finding {
	f := Finding{Check: "network", Hint: "check the network, the firewall and the proxy (tenant.proxy in the configuration, HTTPS_PROXY, or the system's)"}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.String()+"/organization?$select=id", nil)
	if err != nil {
		f.Detail = "the address of Graph cannot be asked"
		return f
	}
	req.Header.Set("User-Agent", c.sender.agent)
	resp, err := c.sender.next.RoundTrip(req)
	if err != nil {
		f.Detail = printable(err.Error())
		if issuer, ok := untrustedBy(err); ok {
			f.Detail += "; its certificate is signed by " + printable(issuer)
			f.Hint = "a proxy that inspects traffic signs with an authority of its own: name its certificate, a PEM file, in tenant.ca"
		}
		return f
	}
	defer resp.Body.Close()
	f.OK, f.Hint, f.Detail = true, "", c.base.Host+" answers"
	if resp.StatusCode != http.StatusUnauthorized && resp.Header.Get("request-id") == "" {
		f.OK, f.Detail = false, fmt.Sprintf("%s answers with status %d, which is not how Graph refuses a request without a token", c.base.Host, resp.StatusCode)
		f.Hint = "something between here and Graph answers in its place, such as a proxy that wants a sign-in"
	}
	return f
}

// untrustedBy gives who signed the certificate that was refused.
func untrustedBy(err error) (string, bool) {
	var refused *tls.CertificateVerificationError
	if !errors.As(err, &refused) || len(refused.UnverifiedCertificates) == 0 {
		return "", false
	}
	return refused.UnverifiedCertificates[len(refused.UnverifiedCertificates)-1].Issuer.String(), true
}

// firstPage reads the first page of what a permission is for: a permission in a token may still be cut down by a policy of
// the tenant, or want a licence.
func (c *Connector) firstPage(ctx context.Context, n Need, f Finding) Finding {
	a, err := c.send(ctx, request{op: "read " + n.What, why: readOne, method: "GET", path: n.path, query: n.query, header: n.header})
	if err == nil {
		_, err = decodePage(a.body, func(*link) error { return nil })
	}
	if err != nil {
		f.OK, f.Warning, f.Detail, f.Hint = false, n.Optional, err.Error(), "the permission is there and the tenant refuses all the same; see the text"
		if n.Optional {
			f.Hint = n.unknown
		}
	}
	return f
}

// probeTenant compares the token's tenant and the one that answers with the configured one.
func (c *Connector) probeTenant(ctx context.Context, claims tokenClaims) Finding {
	f := Finding{Check: "tenant", Detail: printable(claims.Tenant)}
	if c.tenantID != "" && !strings.EqualFold(claims.Tenant, c.tenantID) {
		f.Detail = fmt.Sprintf("the token is for tenant %s, and %s is configured", printable(claims.Tenant), c.tenantID)
		f.Hint = "correct the tenant id in the configuration, or sign in to the tenant that is meant"
		return f
	}
	t, err := c.Tenant(ctx)
	if err != nil {
		f.Detail, f.Hint = err.Error(), "check the network and proxy, and the permissions below"
		return f
	}
	f.OK, f.Detail = true, fmt.Sprintf("%s, %s", t.ID, printable(t.Name))
	return f
}

// tokenClaims is what a token says of itself. It is not verified: it is ours, and nothing but a report depends on it.
type tokenClaims struct {
	Tenant string   `json:"tid"`
	AppID  string   `json:"appid"`
	Name   string   `json:"app_displayname"`
	Roles  []string `json:"roles"` // of an application
	Scopes string   `json:"scp"`   // of a person's delegation, with spaces between
	User   string   `json:"upn"`
}

func (t tokenClaims) who() string {
	app := "application " + strings.TrimSpace(t.Name+" "+t.AppID)
	if t.User != "" {
		return t.User + " through " + app
	}
	return app
}

func (t tokenClaims) granted() []string {
	return slices.DeleteFunc(slices.Concat(t.Roles, strings.Fields(t.Scopes)), func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s)
	})
}

func readClaims(token string) (tokenClaims, error) {
	var out tokenClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return out, errors.New("the token is not a JSON web token")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return out, errors.New("the token's claims cannot be decoded")
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, errors.New("the token's claims are not JSON")
	}
	return out, nil
}
