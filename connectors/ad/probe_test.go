package ad_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/engine/connector"
)

func TestProbe(t *testing.T) {
	tests := map[string]struct {
		change func(*ad.Config, *ldapscript.Server)
		want   []string // of each finding: + or -, its check
	}{
		"all well but for Deleted Objects": {func(*ad.Config, *ldapscript.Server) {},
			[]string{"+connect", "+sign-in", "+domain controller", "+clock", "+schema", "+scope " + staff, "-deleted objects"}},
		"a schema without Exchange": {func(_ *ad.Config, s *ldapscript.Server) {
			s.Update(func(d *ldapscript.Domain) { d.Schema = []string{"objectGUID", "objectClass", "member"} })
		},
			[]string{"+connect", "+sign-in", "+domain controller", "+clock", "-schema", "+scope " + staff, "-deleted objects"}},
		"one scope of two": {func(c *ad.Config, _ *ldapscript.Server) { c.Scopes = []ad.Scope{{OU: "OU=Gone," + base}, {OU: staff}} },
			[]string{"+connect", "+sign-in", "+domain controller", "+clock", "+schema", "-scope OU=Gone," + base, "+scope " + staff, "-deleted objects"}},
		"a wrong password": {func(c *ad.Config, _ *ldapscript.Server) { c.Password = func() (string, error) { return "guess", nil } },
			[]string{"+connect", "-sign-in"}},
		"nobody there": {func(c *ad.Config, _ *ldapscript.Server) { c.URL = "ldaps://127.0.0.1:1" }, []string{"-connect"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := start(t, people())
			cfg := config(server)
			tt.change(&cfg, server)
			var got []string
			for _, f := range connect(t, cfg).Probe(t.Context(), connector.Want{Attributes: []string{"department"}}) {
				got = append(got, map[bool]string{true: "+", false: "-"}[f.OK]+f.Check)
				if f.Detail == "" || strings.Contains(f.Detail, ldapscript.Password) {
					t.Errorf("%s: detail %q", f.Check, f.Detail)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
