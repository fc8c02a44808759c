package exchange_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/connectors/exchange"
	"github.com/coexistsync/coexist/connectors/sandbox"
)

// app is an application with permissions and directory roles.
func app(roles, directory []string) sandbox.Options {
	return sandbox.Options{Seed: 7, Apps: []sandbox.App{{ID: "0d5a6c1e-0000-4000-8000-000000000001", Secret: "rehearsal", Roles: roles, DirectoryRoles: directory}}}
}

const (
	asExchangeAdministrator  = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	asRecipientAdministrator = "31392ffb-586c-42d1-9346-e59415a2cc4e"
)

func TestProbeTellsOfParametersThatARoleLacks(t *testing.T) {
	for name, c := range map[string]struct {
		role string
		ok   bool
	}{"exchange administrator": {asExchangeAdministrator, true}, "recipient administrator": {asRecipientAdministrator, false}} {
		t.Run(name, func(t *testing.T) {
			r := rehearse(t, app([]string{"Exchange.ManageAsApp"}, []string{c.role}))
			list := r.Probe(t.Context(), true)
			i := slices.IndexFunc(list, func(f exchange.Finding) bool { return f.Check == "write: groups and holds" })
			if i < 0 {
				t.Fatalf("not looked at: %+v", list)
			}
			if f := list[i]; f.OK != c.ok || c.ok == (f.Hint != "") {
				t.Errorf("finding %+v", f)
			}
		})
	}
}

// TestTheDocumentedAPIIsUsedWhereItCovers reads the same over both endpoints, and finds the commands of the Admin API v2.0
// there as soon as the token carries its permission.
func TestTheDocumentedAPIIsUsedWhereItCovers(t *testing.T) {
	for name, c := range map[string]struct {
		roles []string
		v2    bool
	}{
		"with its permission":    {[]string{"Exchange.ManageAsApp", "Exchange.ManageAsAppV2"}, true},
		"without its permission": {[]string{"Exchange.ManageAsApp"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rehearse(t, app(c.roles, []string{asExchangeAdministrator}))
			r.people(t)
			r.tell(t, lasting())
			facts, err := r.Connector.Tenant(t.Context())
			if err != nil || facts.ID == "" {
				t.Fatalf("facts %+v, %v", facts, err)
			}
			entries, _ := r.Log()
			var documented, other []string
			for _, e := range entries {
				switch resource, ok := strings.CutPrefix(e.Path, "/adminapi/v2.0/"+r.ID()+"/"); {
				case ok:
					documented = append(documented, resource)
				case strings.HasPrefix(e.Path, "/adminapi/beta/"):
					other = append(other, e.Path)
				}
				if e.Status >= 400 && strings.HasPrefix(e.Path, "/adminapi/v2.0/") {
					t.Errorf("%s is refused with %d", e.Path, e.Status)
				}
			}
			if (len(documented) > 0) != c.v2 || len(other) == 0 {
				t.Errorf("%d requests to the Admin API, %d to InvokeCommand", len(documented), len(other))
			}
			if c.v2 && !slices.ContainsFunc(documented, func(s string) bool {
				return strings.HasPrefix(s, "AcceptedDomain") || strings.HasPrefix(s, "OrganizationConfig")
			}) {
				t.Errorf("documented: %v", documented)
			}
		})
	}
}
