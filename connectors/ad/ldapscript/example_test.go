package ldapscript_test

import (
	"context"
	"fmt"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

// A server whose second page meets the size limit: the import is an error, not a shorter list.
func Example() {
	const ou = "OU=Staff,DC=contoso,DC=example"
	server, err := ldapscript.Start(ldapscript.Domain{Base: "DC=contoso,DC=example", Entries: []ldapscript.Entry{
		ldapscript.OU(ou),
		ldapscript.User("CN=Alice,"+ou, "mail", "alice@contoso.example"),
		ldapscript.Group("CN=All,"+ou, "member", "CN=Alice,"+ou),
	}}, ldapscript.Fault{Op: ldapscript.Page, Nth: 2, Code: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	c, err := ad.New(ad.Config{Name: "contoso", URL: server.URL, CA: server.CA, User: ldapscript.Account, PageSize: 1,
		Password: func() (string, error) { return ldapscript.Password, nil }, Scopes: []ad.Scope{{OU: ou}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Import(context.Background(), connector.Want{}, snapshot.NewBuilder()))
	// Output:
	// read scope OU=Staff,DC=contoso,DC=example: the server answered LDAP result 4; the server's limits end the read early; narrow the scope, or raise MaxPageSize or MaxQueryDuration there
}
