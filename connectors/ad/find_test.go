package ad_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/engine/connector"
)

func TestFind(t *testing.T) {
	zoe := "CN=Zoe,OU=Leavers," + base
	d := scattered()
	d.Entries = append(d.Entries, ldapscript.New("CN=PC1,"+staff, []string{"top", "computer"}, "sAMAccountName", "PC1$"))
	server := start(t, d)
	found := func(dn string, f connector.Found) []connector.Found {
		f.GUID, f.DN = ldapscript.GUID(dn), dn
		return []connector.Found{f}
	}
	tests := map[string]struct {
		scope ad.Scope
		name  string
		want  []connector.Found
	}{
		"outside every scope":       {ad.Scope{OU: staff}, zoe, found(zoe, connector.Found{})},
		"left out by the filter":    {ad.Scope{OU: staff, Filter: "(department=IT)"}, alice, found(alice, connector.Found{Scope: staff, Filter: "(department=IT)"})},
		"read":                      {ad.Scope{OU: staff}, alice, found(alice, connector.Found{Scope: staff, Read: true})},
		"by objectGUID":             {ad.Scope{OU: staff}, ldapscript.GUID(zoe).String(), found(zoe, connector.Found{})},
		"deleted":                   {ad.Scope{OU: staff}, ldapscript.GUID(bin).String(), found(bin, connector.Found{Deleted: true})},
		"a computer":                {ad.Scope{OU: staff}, "PC1$", found("CN=PC1,"+staff, connector.Found{Scope: staff, OtherKind: true})},
		"nothing":                   {ad.Scope{OU: staff}, "nobody", nil},
		"a name that is not a name": {ad.Scope{OU: staff}, "*)(objectClass=*", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := config(server)
			cfg.Scopes = []ad.Scope{tt.scope}
			got, err := connect(t, cfg).Find(t.Context(), tt.name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}
