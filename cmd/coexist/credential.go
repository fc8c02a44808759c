package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/engine/report"
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
	wire, err := outbound(t)
	if err != nil {
		return nil, "", err
	}
	app.Transport = &http.Client{Transport: wire, Timeout: time.Minute}
	c, err := signInAs(t, app)
	return c, n.graph, err
}

// signInAs makes the credential for the way in which the configuration says to sign in.
func signInAs(t config.Tenant, app graph.Application) (azcore.TokenCredential, error) {
	switch {
	case t.Method == config.ManagedIdentity:
		return graph.ManagedIdentity(app)
	case t.Method == config.WorkloadIdentity:
		return graph.WorkloadIdentity(app, t.TokenFile)
	case t.Method == config.DeviceCode:
		return graph.DeviceCode(app, func(message string) { fmt.Fprintln(os.Stderr, report.Safe(message)) })
	case t.Method == config.AzureCLI:
		return graph.AzureCLI(app)
	case t.Certificate != "":
		bundle, err := os.ReadFile(t.Certificate)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		return graph.ClientCertificate(app, bundle, t.Password.Read)
	}
	secret, err := t.Secret.Read()
	if err != nil {
		return nil, err
	}
	return graph.ClientSecret(app, secret)
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
