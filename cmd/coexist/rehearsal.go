package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/company"
)

// rehearsalSecret is the environment variable that a rehearsal tenant's coexist.yaml takes its secret from.
const rehearsalSecret = "COEXIST_TENANT_SECRET"

// companyTenant makes the tenant of the sample company: its domains, seats for everybody, and what a tenant has collected
// before anybody keeps it in step.
func companyTenant(c *company.Company, seed uint64, clock func() time.Time) (*sandbox.Tenant, error) {
	domains := []sandbox.Domain{{Name: company.Tenant + ".onmicrosoft.com", Initial: true}}
	for i, d := range company.Domains() {
		domains = append(domains, sandbox.Domain{Name: d, Default: i == 0})
	}
	t := sandbox.New(sandbox.Options{Seed: seed, Clock: clock, Name: "Tailspin Toys", Domains: domains, SKUs: sandbox.SampleSKUs(250)})
	if err := settlers(t, c); err != nil {
		return nil, fmt.Errorf("fill the rehearsal tenant: %w", err)
	}
	return t, nil
}

// settlers puts into the tenant what was there before: users whom somebody made by hand and who are now matched by their
// address, one who is cloud-managed on purpose, an administrator with the name of a member of staff, who must never be
// matched, and some who belong to nobody in the directory.
func settlers(t *sandbox.Tenant, c *company.Company) error {
	made := 0
	for e := range c.Entries() {
		upn, mail := first(e, directory.AttrUserPrincipalName), first(e, directory.AttrMail)
		if e.Kind != directory.User || mail == "" || !strings.HasSuffix(upn, "@"+company.Domain) || mail != upn {
			continue
		}
		p := sandbox.Properties{"displayName": first(e, directory.AttrDisplayName), "userPrincipalName": upn, "mail": mail}
		var x sandbox.Extra
		switch made++; made {
		case 1, 2, 3:
			p["usageLocation"] = first(e, "c")
		case 4:
			x.CloudManaged = true
		case 5:
			x.Roles = []string{"User Administrator"}
		default:
			return foreigners(t)
		}
		if _, err := t.AddUser(p, x); err != nil {
			return err
		}
	}
	return foreigners(t)
}

func foreigners(t *sandbox.Tenant) error {
	initial := "@" + company.Tenant + ".onmicrosoft.com"
	for _, u := range []struct {
		name  string
		roles []string
	}{{"Break Glass", []string{"Global Administrator"}}, {"Consultant One", nil}, {"Consultant Two", nil}} {
		local := strings.ToLower(strings.ReplaceAll(u.name, " ", "."))
		if _, err := t.AddUser(sandbox.Properties{"displayName": u.name, "userPrincipalName": local + initial}, sandbox.Extra{Roles: u.roles}); err != nil {
			return err
		}
	}
	_, err := t.AddGroup(sandbox.Properties{"displayName": "Project Aurora", "groupTypes": []string{"Unified"}}, sandbox.Extra{})
	return err
}

func first(e company.Entry, name string) string {
	for _, a := range e.Attrs {
		if directory.EqualFold(a.Name, name) && len(a.Values) > 0 {
			return a.Values[0]
		}
	}
	return ""
}

// rehearsalConfig gives a coexist.yaml for a rehearsal tenant and the LDIF export, or other source, that sources names.
func rehearsalConfig(s *sandbox.Server, sources string) string {
	return fmt.Sprintf(`apiVersion: coexist/v1
kind: Configuration
directories:
%s
tenant:
  id: %s
  url: %s/v1.0
  auth: { clientId: %s, secret: { env: %s } }
  exchange: true
policies: policies
writes: true
store: %s
`, sources, s.TenantID, s.URL, s.ClientID, rehearsalSecret, filepath.ToSlash(filepath.Join("state", "coexist.db")))
}
