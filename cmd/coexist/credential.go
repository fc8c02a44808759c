package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/directory/fault"
)

// national is where a national cloud signs in and where its Graph is.
// Source: https://learn.microsoft.com/graph/deployments.
type national struct {
	authority cloud.Configuration
	graph     string
}

var nationals = map[string]national{
	"global":   {cloud.AzurePublic, "https://graph.microsoft.com/v1.0"},
	"usgov":    {cloud.AzureGovernment, "https://graph.microsoft.us/v1.0"},
	"usgovdod": {cloud.AzureGovernment, "https://dod-graph.microsoft.us/v1.0"},
	"china":    {cloud.AzureChina, "https://microsoftgraph.chinacloudapi.cn/v1.0"},
}

// credentialOf gives what signs in to the tenant, and where its Graph is.
func credentialOf(t config.Tenant) (azcore.TokenCredential, string, error) {
	secret, err := t.Secret.Read()
	if err != nil {
		return nil, "", mark(errConfig, err)
	}
	if t.URL != "" {
		base, err := url.Parse(t.URL)
		if err != nil {
			return nil, "", mark(errConfig, fmt.Errorf("tenant url: %w", err))
		}
		if strings.Trim(base.Path, "/") == "" {
			base = base.JoinPath("v1.0")
		}
		token := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: "/" + t.ID + "/oauth2/v2.0/token"}
		return &rehearsalCredential{token.String(), t.ClientID, secret}, base.String(), nil
	}
	n := nationals[t.Cloud]
	options := azcore.ClientOptions{Cloud: n.authority}
	if t.Certificate == "" {
		c, err := azidentity.NewClientSecretCredential(t.ID, t.ClientID, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		return c, n.graph, mark(errConfig, err)
	}
	password, err := t.Password.Read()
	if err != nil {
		return nil, "", mark(errConfig, err)
	}
	pem, err := os.ReadFile(t.Certificate)
	if err != nil {
		return nil, "", mark(errConfig, fmt.Errorf("read certificate: %w", err))
	}
	certs, key, err := azidentity.ParseCertificates(pem, []byte(password))
	if err != nil {
		return nil, "", mark(errConfig, fmt.Errorf("certificate %s: not PEM or PFX, or the password is wrong", t.Certificate))
	}
	c, err := azidentity.NewClientCertificateCredential(t.ID, t.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: options})
	return c, n.graph, mark(errConfig, err)
}

// rehearsalCredential signs in to a rehearsal tenant, whose authority is not one of Microsoft's, by client credentials
// (RFC 6749 §4.4).
type rehearsalCredential struct{ url, id, secret string }

// GetToken implements azcore.TokenCredential.
func (c *rehearsalCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.id}, "client_secret": {c.secret}, "scope": {strings.Join(o.Scopes, " ")}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("sign in to rehearsal tenant: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return azcore.AccessToken{}, &fault.Error{Kind: fault.Unreachable, Op: "sign in to rehearsal tenant", Err: err}
	}
	defer resp.Body.Close()
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
		Error   string `json:"error_description"`
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, &fault.Error{Kind: fault.SignIn, Op: "sign in to rehearsal tenant", Code: resp.Status, Err: errors.Join(err, errors.New(answer.Error))}
	}
	return azcore.AccessToken{Token: answer.Token, ExpiresOn: time.Now().Add(time.Duration(answer.Expires) * time.Second)}, nil
}
