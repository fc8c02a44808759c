package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signIn posts a form to the token endpoint.
func signIn(t *testing.T, tn *Tenant, tenant string, form url.Values) (int, map[string]any) {
	t.Helper()
	q := httptest.NewRequest("POST", "https://login.example/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	tn.ServeHTTP(w, q)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return w.Code, body
}

func form(app App, secret string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ID}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"}}
}

func TestSignInWithASecret(t *testing.T) {
	r := newRig(t, Options{})
	app := r.tenant.Apps()[0]
	status, body := signIn(t, r.tenant, r.tenant.ID(), form(app, app.Secret))
	same(t, "status and type", []any{200, "Bearer", 3599.0}, []any{status, body["token_type"], body["expires_in"]})
	r.token = body["access_token"].(string)
	r.do(200, "GET", "/v1.0/users", "")
}

func TestSignInIsRefused(t *testing.T) {
	r := newRig(t, Options{})
	app := r.tenant.Apps()[0]
	scope := form(app, app.Secret)
	scope.Set("scope", "User.Read")
	grant := form(app, app.Secret)
	grant.Set("grant_type", "password")
	for name, c := range map[string]struct {
		tenant string
		form   url.Values
		code   float64
	}{
		"wrong secret":   {r.tenant.ID(), form(app, "wrong"), 7000215},
		"no secret":      {r.tenant.ID(), form(app, ""), 7000215},
		"unknown app":    {r.tenant.ID(), form(App{ID: "22222222-2222-4222-8222-222222222222"}, "x"), 700016},
		"unknown tenant": {"other.example", form(app, app.Secret), 90002},
		"scope":          {r.tenant.ID(), scope, 1002012},
		"grant":          {r.tenant.ID(), grant, 70003},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := signIn(t, r.tenant, c.tenant, c.form)
			same(t, "codes", any([]any{c.code}), body["error_codes"])
			if status < 400 || !strings.HasPrefix(body["error_description"].(string), "AADSTS") {
				t.Errorf("%d %v", status, body)
			}
		})
	}
}

func TestSignInWithACertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: epoch.Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, shape, shape, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	const id = "11111111-1111-4111-8111-111111111111"
	r := newRig(t, Options{Apps: []App{{ID: id, Roles: ProductRoles(), Certificates: []*x509.Certificate{cert}}}})
	assertion := func(subject string, expires time.Time) string {
		token := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.RegisteredClaims{Issuer: id, Subject: subject, ExpiresAt: jwt.NewNumericDate(expires),
			Audience: jwt.ClaimStrings{"https://login.example/" + r.tenant.ID() + "/oauth2/v2.0/token"}})
		sum := sha256.Sum256(cert.Raw)
		token.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, c := range map[string]struct {
		assertion string
		want      int
	}{
		"good":    {assertion(id, epoch.Add(time.Minute)), 200},
		"expired": {assertion(id, epoch.Add(-time.Minute)), 401},
		"other":   {assertion("someone", epoch.Add(time.Minute)), 401},
	} {
		t.Run(name, func(t *testing.T) {
			f := form(App{ID: id}, "")
			f.Set("client_assertion", c.assertion)
			f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
			status, body := signIn(t, r.tenant, r.tenant.ID(), f)
			if status != c.want {
				t.Errorf("status %d, want %d: %v", status, c.want, body)
			}
		})
	}
}

func TestDiscovery(t *testing.T) {
	r := newRig(t, Options{})
	for path, name := range map[string]string{"/" + r.tenant.ID() + "/v2.0/.well-known/openid-configuration": "token_endpoint", "/common/discovery/instance": "tenant_discovery_endpoint"} {
		w := httptest.NewRecorder()
		r.tenant.ServeHTTP(w, httptest.NewRequest("GET", "https://login.example"+path, nil))
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if s, _ := body[name].(string); !strings.HasPrefix(s, "https://login.example/"+r.tenant.ID()+"/") {
			t.Errorf("%s: %s is %v", path, name, body[name])
		}
	}
}
