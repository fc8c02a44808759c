package sandbox

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// App is an application registered in the tenant, with what it may do.
type App struct {
	ID           string              `json:"id"`
	Secret       string              `json:"-"` // client secret; "" when the app signs in with a certificate alone
	Certificates []*x509.Certificate `json:"-"`
	Roles        []string            `json:"roles"` // application permissions with admin consent
	// Privileged says that the app holds a directory role high enough to change administrators.
	Privileged bool `json:"privileged,omitempty"`
	// DirectoryRoles are the template ids of the directory roles of the service principal, which Exchange Online asks for.
	DirectoryRoles []string `json:"directoryRoles,omitempty"`
}

// AddApp registers an application, or replaces the one of the same id.
func (t *Tenant) AddApp(a App) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.ID = strings.ToLower(a.ID)
	t.apps[a.ID] = &a
	t.options.Apps = append(slices.DeleteFunc(slices.Clone(t.options.Apps), func(b App) bool { return strings.EqualFold(b.ID, a.ID) }), a)
}

// caller is who a token says is asking.
type caller struct {
	app        string
	roles      []string
	privileged bool
	wids       []string // template ids of directory roles
}

// claims are what an access token of the tenant carries.
type claims struct {
	jwt.RegisteredClaims
	AppID  string   `json:"appid"`
	Tenant string   `json:"tid"`
	Roles  []string `json:"roles"`
	WIDs   []string `json:"wids,omitempty"` // template ids of directory roles
}

// The audiences of the tenant's tokens.
const (
	graphAudience    = "https://graph.microsoft.com"
	exchangeAudience = "https://outlook.office365.com"
)

// tokenLife is how long an access token is valid.
const tokenLife = time.Hour

// key signs the tenant's tokens. It follows from the seed, so that a token outlives a restart of the tenant.
func (t *Tenant) key() []byte { return []byte(t.derive("signing key", 0)) }

// Token issues an access token for an app without the sign-in endpoint, for tests that are not about signing in.
func (t *Tenant) Token(appID string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.apps[strings.ToLower(appID)]
	if !ok {
		return "", fmt.Errorf("no app %s in the tenant", appID)
	}
	return t.issue(a, graphAudience)
}

// ExchangeToken is Token for Exchange Online.
func (t *Tenant) ExchangeToken(appID string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.apps[strings.ToLower(appID)]
	if !ok {
		return "", fmt.Errorf("no app %s in the tenant", appID)
	}
	return t.issue(a, exchangeAudience)
}

// issue makes a token for one audience. It carries the application permissions of that service alone: those of Exchange
// Online begin with Exchange.
func (t *Tenant) issue(a *App, audience string) (string, error) {
	now := t.now()
	roles := slices.DeleteFunc(slices.Clone(a.Roles), func(r string) bool { return strings.HasPrefix(r, "Exchange.") != (audience == exchangeAudience) })
	c := claims{AppID: a.ID, Tenant: t.options.ID, Roles: roles, WIDs: a.DirectoryRoles, RegisteredClaims: jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{audience}, Issuer: "https://sts.windows.net/" + t.options.ID + "/",
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife))}}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(t.key())
}

func unauthorized(format string, args ...any) *refusal {
	no := refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", format, args...)
	no.header = [][2]string{{"WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`}}
	return no
}

// expiredToken is the refusal of a token whose time is over.
func expiredToken() *refusal {
	return unauthorized("Lifetime validation failed, the token is expired.")
}

// authenticate reads the bearer token of a request.
func (t *Tenant) authenticate(r *request) (*caller, error) {
	scheme, token, _ := strings.Cut(r.header.Get("Authorization"), " ")
	if token == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, unauthorized("Access token is empty.")
	}
	if v, known := t.tokens[token]; known && v.ExpiresAt.After(t.now()) {
		return t.callerOf(v), nil
	}
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key(), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(t.now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return nil, expiredToken()
	}
	if err == nil && !slices.Contains(c.Audience, graphAudience) {
		return nil, unauthorized("Access token validation failure. Invalid audience.")
	}
	if err != nil || c.Tenant != t.options.ID {
		return nil, unauthorized("CompactToken parsing failed with error code: 80049217")
	}
	if len(t.tokens) >= 64 {
		clear(t.tokens) // a client has one at a time
	}
	t.tokens[token] = &c
	return t.callerOf(&c), nil
}

// callerOf gives who a verified token speaks for.
func (t *Tenant) callerOf(c *claims) *caller {
	who := &caller{app: c.AppID, roles: c.Roles}
	if a := t.apps[c.AppID]; a != nil {
		who.privileged = a.Privileged
	}
	return who
}

// signIn answers the paths outside Graph: tokens and discovery.
func (t *Tenant) signIn(w http.ResponseWriter, hr *http.Request, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tenant, rest, _ := strings.Cut(strings.Trim(hr.URL.Path, "/"), "/")
	host := baseURL(hr)
	switch {
	case rest == "discovery/instance":
		name := hr.Host
		writeJSON(w, 200, map[string]any{"api-version": "1.1", "tenant_discovery_endpoint": host + "/" + t.options.ID + "/v2.0/.well-known/openid-configuration",
			"metadata": []any{map[string]any{"preferred_network": name, "preferred_cache": name, "aliases": []string{name}}}})
	case !t.known(tenant):
		t.refuseToken(w, 400, 90002, "invalid_request", fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant))
	case rest == "v2.0/.well-known/openid-configuration":
		base := host + "/" + tenant
		writeJSON(w, 200, map[string]any{"issuer": host + "/" + t.options.ID + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize", "device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
			"jwks_uri": base + "/discovery/v2.0/keys", "response_types_supported": []string{"code", "id_token"},
			"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"}})
	case rest == "oauth2/v2.0/token" && hr.Method == http.MethodPost:
		t.token(w, hr, body)
	default:
		writeJSON(w, http.StatusNotImplemented, map[string]any{"error": map[string]string{"code": "SandboxNotModelled",
			"message": "the rehearsal tenant does not model " + hr.Method + " " + hr.URL.Path}})
	}
}

func (t *Tenant) known(tenant string) bool {
	_, ok := t.domain(tenant)
	return ok || strings.EqualFold(tenant, t.options.ID)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to tell
}

// refuseToken answers as the sign-in endpoint does, with an AADSTS code.
func (t *Tenant) refuseToken(w http.ResponseWriter, status, code int, kind, text string) {
	t.asked++
	trace := t.derive("request", t.asked)
	writeJSON(w, status, map[string]any{"error": kind, "error_codes": []int{code}, "timestamp": t.now().UTC().Format("2006-01-02 15:04:05Z"),
		"trace_id": trace, "correlation_id": trace, "error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			code, text, trace, trace, t.now().UTC().Format("2006-01-02 15:04:05Z"))})
}

// token is the client credentials grant.
func (t *Tenant) token(w http.ResponseWriter, hr *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("grant_type") != "client_credentials" {
		t.refuseToken(w, 400, 70003, "unsupported_grant_type", "The app requested an unsupported grant type '"+form.Get("grant_type")+"'.")
		return
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, pass, ok := hr.BasicAuth(); ok && id == "" {
		id, secret = user, pass
	}
	a, ok := t.apps[strings.ToLower(id)]
	if !ok {
		t.refuseToken(w, 400, 700016, "unauthorized_client", fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'.", id, t.options.Name))
		return
	}
	if !strings.HasSuffix(form.Get("scope"), "/.default") {
		t.refuseToken(w, 400, 1002012, "invalid_scope", "The provided value for scope "+form.Get("scope")+" is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
		return
	}
	if assertion := form.Get("client_assertion"); assertion != "" {
		if err := t.checkAssertion(a, assertion); err != nil {
			t.refuseToken(w, 401, 700027, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered on application, or the signature is not valid.")
			return
		}
	} else if a.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(a.Secret)) != 1 {
		t.refuseToken(w, 401, 7000215, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '"+a.ID+"'.")
		return
	}
	audience := graphAudience
	if slices.Contains(exchangeScopes(), form.Get("scope")) {
		audience = exchangeAudience
	}
	access, err := t.issue(a, audience)
	if err != nil {
		t.refuseToken(w, 500, 90033, "temporarily_unavailable", "A transient error has occurred. Please try again.")
		return
	}
	w.Header().Set("Cache-Control", "no-store, no-cache")
	writeJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()) - 1,
		"ext_expires_in": int(tokenLife.Seconds()) - 1, "access_token": access})
}

// checkAssertion verifies a private_key_jwt assertion against the app's certificates: issuer and subject are the app, and
// the header names the certificate by its thumbprint.
func (t *Tenant) checkAssertion(a *App, assertion string) error {
	var c jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(assertion, &c, func(token *jwt.Token) (any, error) {
		for _, cert := range a.Certificates {
			if thumbprint(token.Header, cert) {
				return cert.PublicKey, nil
			}
		}
		return nil, errors.New("no such certificate")
	}, jwt.WithValidMethods([]string{"RS256", "PS256", "ES256"}), jwt.WithTimeFunc(t.now), jwt.WithExpirationRequired(), jwt.WithIssuer(a.ID), jwt.WithSubject(a.ID))
	return err
}

// thumbprint reports whether a token's header names the certificate: x5t and kid with SHA-1, x5t#S256 with SHA-256.
func thumbprint(header map[string]any, cert *x509.Certificate) bool {
	old, strong := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
	is := func(name string, sum []byte) bool {
		v, _ := header[name].(string)
		return v != "" && (strings.TrimRight(v, "=") == base64.RawURLEncoding.EncodeToString(sum) || strings.EqualFold(v, hex.EncodeToString(sum)))
	}
	return is("x5t", old[:]) || is("kid", old[:]) || is("x5t#S256", strong[:])
}
