package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/connectors/graph"
)

// national is where a national cloud signs in and where its Graph is.
// Source: https://learn.microsoft.com/graph/deployments.
type national struct{ authority, graph string }

var nationals = map[string]national{
	"global":   {"https://login.microsoftonline.com/", "https://graph.microsoft.com/v1.0"},
	"usgov":    {"https://login.microsoftonline.us/", "https://graph.microsoft.us/v1.0"},
	"usgovdod": {"https://login.microsoftonline.us/", "https://dod-graph.microsoft.us/v1.0"},
	"china":    {"https://login.chinacloudapi.cn/", "https://microsoftgraph.chinacloudapi.cn/v1.0"},
}

// credentialOf gives what signs in to the tenant, and where its Graph is.
func credentialOf(t config.Tenant) (azcore.TokenCredential, string, error) {
	app := graph.Application{TenantID: t.ID, ClientID: t.ClientID}
	if t.URL != "" {
		return rehearsalCredential(t, app)
	}
	n := nationals[t.Cloud]
	app.Authority = n.authority
	if t.Certificate != "" {
		bundle, err := os.ReadFile(t.Certificate)
		if err != nil {
			return nil, "", fmt.Errorf("read certificate: %w", err)
		}
		c, err := graph.ClientCertificate(app, bundle, t.Password.Read)
		return c, n.graph, err
	}
	secret, err := t.Secret.Read()
	if err != nil {
		return nil, "", err
	}
	c, err := graph.ClientSecret(app, secret)
	return c, n.graph, err
}

// rehearsalCredential signs in to a rehearsal tenant, which is its own authority.
func rehearsalCredential(t config.Tenant, app graph.Application) (azcore.TokenCredential, string, error) {
	base, err := url.Parse(t.URL)
	if err != nil {
		return nil, "", fmt.Errorf("tenant url: %w", err)
	}
	if strings.Trim(base.Path, "/") == "" {
		base = base.JoinPath("v1.0")
	}
	secret, err := t.Secret.Read()
	if err != nil {
		return nil, "", err
	}
	c, err := graph.NewSandboxCredential(t.URL, app, secret, nil)
	return c, base.String(), err
}
