package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 5 * time.Minute

// SandboxCredential gets tokens from a rehearsal tenant on this machine, with client credentials over plain http. The
// Azure identity library refuses http, rightly; this one refuses everything but http to a loopback address, so that no
// real secret can be sent through it.
type SandboxCredential struct {
	endpoint string
	client   *http.Client
	form     url.Values

	mu    sync.Mutex
	token azcore.AccessToken
	scope string
}

var _ azcore.TokenCredential = (*SandboxCredential)(nil)

// NewSandboxCredential signs in at base, such as http://127.0.0.1:8080. transport may be nil.
func NewSandboxCredential(base string, a Application, secret string, transport http.RoundTripper) (*SandboxCredential, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || !loopback(u) {
		return nil, errors.New("sandbox sign-in: want http to a loopback address")
	}
	return &SandboxCredential{
		endpoint: u.Scheme + "://" + u.Host + "/" + segment(a.TenantID) + "/oauth2/v2.0/token",
		client:   &http.Client{Transport: transport, Timeout: 30 * time.Second},
		form:     url.Values{"grant_type": {"client_credentials"}, "client_id": {a.ClientID}, "client_secret": {secret}},
	}, nil
}

// GetToken gives a token for the first scope, from memory while it lasts. A challenge (claims) always gets a new one.
func (s *SandboxCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) == 0 {
		return azcore.AccessToken{}, errors.New("sandbox sign-in: no scope")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Claims == "" && s.scope == o.Scopes[0] && time.Until(s.token.ExpiresOn) > tokenMargin {
		return s.token, nil
	}
	token, err := s.fetch(ctx, o.Scopes[0])
	if err != nil {
		return azcore.AccessToken{}, err
	}
	s.token, s.scope = token, o.Scopes[0]
	return token, nil
}

func (s *SandboxCredential) fetch(ctx context.Context, scope string) (azcore.AccessToken, error) {
	form := url.Values{"scope": {scope}}
	for k, v := range s.form {
		form[k] = v
	}
	req, err := http.NewRequestWithContext(ctx, "POST", s.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, errors.New("sandbox sign-in: bad address")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("sandbox sign-in: %w", err)
	}
	var got struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != http.StatusOK || got.AccessToken == "" {
		return azcore.AccessToken{}, fmt.Errorf("sandbox sign-in: status %d: %s", resp.StatusCode, printable(firstLine(got.Description)))
	}
	return azcore.AccessToken{Token: got.AccessToken, ExpiresOn: time.Now().Add(time.Duration(got.ExpiresIn) * time.Second)}, nil
}
