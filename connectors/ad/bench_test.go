package ad_test

import (
	"strconv"
	"testing"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

// BenchmarkImport reads 10,000 users of twenty attributes over TLS. The server keeps what it encoded, so that what is
// counted is the client's work but for one search of the server's.
func BenchmarkImport(b *testing.B) {
	const entries = 10_000
	more := []string{"department", "title", "company", "c", "l", "st", "telephoneNumber", "extensionAttribute1", "extensionAttribute2"}
	d := ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{ldapscript.OU(staff)}}
	for i := range entries {
		n := strconv.Itoa(i)
		pairs := []string{"sAMAccountName", "user" + n, "userPrincipalName", "user" + n + "@contoso.example", "mail", "user" + n + "@contoso.example",
			"displayName", "User " + n, "cn", "User " + n, "proxyAddresses", "SMTP:user" + n + "@contoso.example",
			"proxyAddresses", "smtp:u" + n + "@contoso.example", "userAccountControl", "512", "whenChanged", "20261122120000.0Z"}
		for j, name := range more {
			pairs = append(pairs, name, "value "+strconv.Itoa(i%(7+j)))
		}
		d.Entries = append(d.Entries, ldapscript.User("CN=User "+n+","+staff, pairs...))
	}
	cfg := config(start(b, d))
	cfg.PageSize = 1000
	c := connect(b, cfg)
	importAll := func() { benchmarkImport(b, c, more, entries) }
	importAll()
	b.ReportAllocs()
	for b.Loop() {
		importAll()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
}

func benchmarkImport(b *testing.B, c *ad.Connector, attributes []string, entries int) {
	into := snapshot.NewBuilder()
	if err := c.Import(b.Context(), connector.Want{Attributes: attributes}, into); err != nil {
		b.Fatal(err)
	}
	if into.Len() != entries {
		b.Fatalf("%d objects", into.Len())
	}
}
