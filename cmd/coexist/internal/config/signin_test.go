package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

func TestWaysToSignIn(t *testing.T) {
	const id, client = "11111111-2222-3333-4444-555555555555", "21111111-2222-3333-4444-555555555555"
	tenant := func(auth string) string {
		return "apiVersion: coexist/v1\nkind: Configuration\ndirectories:\n  - { name: a, ldif: a.ldif }\ntenant:\n  id: " + id + "\n" + auth + "policies: policies\nstore: s.db\n"
	}
	cases := map[string]struct {
		auth    string
		want    config.Tenant
		problem string
	}{
		"the machine's own identity":    {"  auth: { managedIdentity: true }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{Method: config.ManagedIdentity}}, ""},
		"one given to the machine":      {"  auth: { managedIdentity: true, clientId: " + client + " }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{ClientID: client, Method: config.ManagedIdentity}}, ""},
		"a workload's":                  {"  auth: { workloadIdentity: true, clientId: " + client + " }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{ClientID: client, Method: config.WorkloadIdentity}}, ""},
		"a workload's, with its file":   {"  auth: { workloadIdentity: { tokenFile: t }, clientId: " + client + " }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{ClientID: client, Method: config.WorkloadIdentity, TokenFile: "t"}}, ""},
		"a person with a code":          {"  auth: { deviceCode: true, clientId: " + client + " }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{ClientID: client, Method: config.DeviceCode}}, ""},
		"whoever signed in with az":     {"  auth: { azureCLI: true }\n", config.Tenant{ID: id, Cloud: "global", SignIn: config.SignIn{Method: config.AzureCLI}}, ""},
		"through a proxy that inspects": {"  auth: { azureCLI: true }\n  proxy: http://p:8080\n  ca: ca.pem\n", config.Tenant{ID: id, Cloud: "global", Proxy: "http://p:8080", CA: "ca.pem", SignIn: config.SignIn{Method: config.AzureCLI}}, ""},
		"without a proxy":               {"  auth: { azureCLI: true }\n  proxy: none\n", config.Tenant{ID: id, Cloud: "global", Proxy: "none", SignIn: config.SignIn{Method: config.AzureCLI}}, ""},
		"another one for those who write": {"  auth: { managedIdentity: true }\n  applyAuth: { workloadIdentity: { tokenFile: t }, clientId: " + client + " }\n", config.Tenant{ID: id, Cloud: "global",
			SignIn: config.SignIn{Method: config.ManagedIdentity}, Apply: &config.SignIn{ClientID: client, Method: config.WorkloadIdentity, TokenFile: "t"}}, ""},
		"another one without a proof":   {"  auth: { managedIdentity: true }\n  applyAuth: { clientId: " + client + " }\n", config.Tenant{}, "exactly one of secret"},
		"two ways":                      {"  auth: { azureCLI: true, managedIdentity: true }\n", config.Tenant{}, "exactly one of secret"},
		"a way that is switched off":    {"  auth: { azureCLI: false }\n", config.Tenant{}, "exactly one of secret"},
		"a code without an application": {"  auth: { deviceCode: true }\n", config.Tenant{}, `key "clientId" is missing`},
		"a password in the proxy":       {"  auth: { azureCLI: true }\n  proxy: http://u:p@h:8080\n", config.Tenant{}, "must not stand in the address"},
		"a proxy without an address":    {"  auth: { azureCLI: true }\n  proxy: p:8080\n", config.Tenant{}, "expected the address of a proxy"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := config.Parse("coexist.yaml", []byte(tenant(c.auth)))
			var problems strictyaml.Problems
			if c.problem != "" {
				if !errors.As(err, &problems) || !strings.Contains(problems.Error(), c.problem) {
					t.Errorf("got %v, want %q", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tenant, cmpopts.IgnoreUnexported(config.Secret{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A machine that only plans has neither certificate nor secret of those who write.
func TestProofsOfThoseWhoWriteAreNotNeededToPlan(t *testing.T) {
	const text = `apiVersion: coexist/v1
kind: Configuration
directories: [{ name: a, ldif: coexist.yaml }]
tenant:
  id: 11111111-2222-3333-4444-555555555555
  auth: { managedIdentity: true }
  applyAuth: { clientId: 21111111-2222-3333-4444-555555555555, certificate: { file: apply.pfx, password: { env: COEXIST_NOBODY_SETS_THIS } } }
policies: .
store: s.db
`
	dir := t.TempDir()
	path := filepath.Join(dir, "coexist.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Errorf("verify: %v", err)
	}
	plans, writes := c.Tenant, c.Tenant.Writing()
	if plans.Method != config.ManagedIdentity || writes.Method != "" || writes.Certificate != filepath.Join(dir, "apply.pfx") || writes.ID != plans.ID {
		t.Errorf("plans sign in by %+v, writes by %+v", plans.SignIn, writes.SignIn)
	}
	if c.Tenant.Apply = nil; c.Tenant.Writing().SignIn != plans.SignIn {
		t.Error("without applyAuth those who write sign in in another way")
	}
}

func TestFilesOfTheSignInMustBeThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coexist.yaml")
	text := strings.Replace(complete, "secret: { file: secrets/app }", "workloadIdentity: { tokenFile: token }", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("got %v, want the token's file named", err)
	}
}
