package ad_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
)

func TestNewReportsEveryMistake(t *testing.T) {
	valid := func() ad.Config {
		return ad.Config{Name: "contoso", URL: "ldaps://dc1.contoso.example", User: "svc", Password: password, Scopes: []ad.Scope{{OU: base}}}
	}
	tests := map[string]struct {
		change func(*ad.Config)
		want   string
	}{
		"nothing wrong":      {func(*ad.Config) {}, ""},
		"another scheme":     {func(c *ad.Config) { c.URL = "https://dc1" }, `url: scheme "https"; want ldaps://, or ldap:// for StartTLS`},
		"no host":            {func(c *ad.Config) { c.URL = "ldaps://" }, "url: want ldaps://HOST or ldaps://HOST:PORT and nothing more"},
		"a password in it":   {func(c *ad.Config) { c.URL = "ldap://u:secret@dc1" }, "url: want ldap://HOST or ldap://HOST:PORT and nothing more"},
		"a broken URL":       {func(c *ad.Config) { c.URL = "ldaps://dc1:secret port" }, "url: not a URL; want ldaps://dc1.example.com"},
		"a global catalog":   {func(c *ad.Config) { c.URL = "ldaps://dc1:3269" }, "url: port 3269 is a global catalog, which holds a part of the attributes only; use 636 or 389"},
		"a CA that is none":  {func(c *ad.Config) { c.CA = []byte("hello") }, "ca: no certificate in PEM form"},
		"a DN that is none":  {func(c *ad.Config) { c.Scopes[0].OU = "Staff" }, `scope 1: ou: "Staff" is not a distinguished name`},
		"a broken filter":    {func(c *ad.Config) { c.Scopes[0].Filter = "(mail=" }, `scope 1: filter: "(mail=" is not an LDAP filter: LDAP Result Code 201 "Filter Compile Error": ldap: unexpected end of filter`},
		"a negative page":    {func(c *ad.Config) { c.PageSize = -1 }, "page size and page timeout: must not be negative"},
		"everything at once": {func(c *ad.Config) { *c = ad.Config{Scopes: []ad.Scope{{OU: ""}}} }, "url: scheme \"\"; want ldaps://, or ldap:// for StartTLS\nname: empty\nuser: empty\npassword: no source for it\nscope 1: ou: \"\" is not a distinguished name"},
		"no scope":           {func(c *ad.Config) { c.Scopes = nil }, "scope: no OU to read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := valid()
			tt.change(&cfg)
			_, err := ad.New(cfg)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}
