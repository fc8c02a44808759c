package ad_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
)

const (
	base  = "DC=contoso,DC=example"
	staff = "OU=Staff," + base
	alice = "CN=Alice," + staff
)

// people is a domain with a user, a contact, a group, a computer and an OU that is in no scope.
func people() ldapscript.Domain {
	computer := ldapscript.New("CN=PC1,"+staff, []string{"top", "person", "organizationalPerson", "user", "computer"}, "objectCategory", "computer")
	return ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{
		ldapscript.OU(staff),
		ldapscript.User(alice, "mail", "alice@contoso.example", "department", "Sales"),
		ldapscript.Contact("CN=Bob,"+staff, "mail", "bob@fabrikam.example"),
		ldapscript.Group("CN=All,"+staff, "member", alice, "member", "CN=Bob,"+staff),
		computer,
		ldapscript.OU("OU=Leavers," + base),
		ldapscript.User("CN=Zoe,OU=Leavers,"+base, "mail", "zoe@contoso.example"),
	}}
}

// users is a domain of many users in one OU.
func users(n int) ldapscript.Domain {
	d := ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{ldapscript.OU(staff)}}
	for i := range n {
		name := "user" + strconv.Itoa(i)
		d.Entries = append(d.Entries, ldapscript.User("CN="+name+","+staff, "sAMAccountName", name, "mail", name+"@contoso.example"))
	}
	return d
}

func start(t testing.TB, d ldapscript.Domain, faults ...ldapscript.Fault) *ldapscript.Server {
	t.Helper()
	s, err := ldapscript.Start(d, faults...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func password() (string, error) { return ldapscript.Password, nil }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// config reads the staff OU in pages of two, and never waits before it asks a busy server again.
func config(s *ldapscript.Server) ad.Config {
	return ad.Config{Name: "contoso", URL: s.URL, CA: s.CA, User: ldapscript.Account, Password: password, Scopes: []ad.Scope{{OU: staff}}, PageSize: 2,
		Now: func() time.Time { return noon }, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func connect(t testing.TB, cfg ad.Config) *ad.Connector {
	t.Helper()
	c, err := ad.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t testing.TB, c *ad.Connector, want connector.Want) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	if err := c.Import(t.Context(), want, b); err != nil {
		t.Fatal(err)
	}
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names gives what a snapshot holds: the kind of each object by its DN.
func names(s *snapshot.Snapshot) map[string]string {
	out := map[string]string{}
	for o := range s.All() {
		out[o.DN()] = o.Kind.String()
	}
	return out
}

// byDN gives one object.
func byDN(t testing.TB, s *snapshot.Snapshot, dn string) directory.Object {
	t.Helper()
	i, ok := s.ByDN(dn)
	if !ok {
		t.Fatalf("%s is not in the snapshot", dn)
	}
	return s.At(i)
}

func TestImport(t *testing.T) {
	everyone := map[string]string{alice: "user", "CN=Bob," + staff: "contact", "CN=All," + staff: "group"}
	tests := map[string]struct {
		change func(*ad.Config, *ldapscript.Server)
		want   map[string]string
	}{
		"users, contacts and groups below the OU, no computers": {func(*ad.Config, *ldapscript.Server) {}, everyone},
		"over StartTLS":    {func(c *ad.Config, s *ldapscript.Server) { c.URL = s.StartTLS }, everyone},
		"in pages of one":  {func(c *ad.Config, _ *ldapscript.Server) { c.PageSize = 1 }, everyone},
		"in a single page": {func(c *ad.Config, _ *ldapscript.Server) { c.PageSize = 0 }, everyone},
		"those that match the scope's filter": {func(c *ad.Config, _ *ldapscript.Server) { c.Scopes[0].Filter = "(department=sales)" },
			map[string]string{alice: "user"}},
		"scopes that overlap once": {func(c *ad.Config, _ *ldapscript.Server) {
			c.Scopes = []ad.Scope{{OU: base, Filter: "(mail=zoe@contoso.example)"}, {OU: staff}, {OU: staff}}
		}, map[string]string{alice: "user", "CN=Bob," + staff: "contact", "CN=All," + staff: "group", "CN=Zoe,OU=Leavers," + base: "user"}},
		"an OU without objects": {func(c *ad.Config, _ *ldapscript.Server) { c.Scopes[0].Filter = "(department=none)" }, map[string]string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := start(t, people())
			cfg := config(server)
			tt.change(&cfg, server)
			got := read(t, connect(t, cfg), connector.Want{})
			if diff := cmp.Diff(tt.want, names(got)); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImportReadsAttributes(t *testing.T) {
	guid := string([]byte{0xff, 0xfe, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13})
	d := ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{ldapscript.OU(staff), ldapscript.User(alice, "mS-DS-ConsistencyGuid", guid,
		"proxyAddresses", "SMTP:alice@contoso.example", "proxyAddresses", "smtp:a@contoso.example", "title", "Chief", "company", "Contoso")}}
	s := read(t, connect(t, config(start(t, d))), connector.Want{Attributes: []string{"TITLE", "extensionAttribute1"}})
	o := byDN(t, s, alice)
	got := map[string][]string{}
	for _, name := range s.Schema().Names() {
		if v := o.Values(name); v != nil && name != "objectClass" {
			got[name] = v
		}
	}
	own := ldapscript.GUID(alice)
	want := map[string][]string{
		"distinguishedName": {alice}, "objectGUID": {string(own[:])}, "uSNChanged": {"1"}, "mS-DS-ConsistencyGuid": {guid}, "title": {"Chief"},
		"proxyAddresses": {"SMTP:alice@contoso.example", "smtp:a@contoso.example"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes asked for, and no other (-want +got):\n%s", diff)
	}
}

func TestImportDescribesItsSource(t *testing.T) {
	d := people()
	d.Schema = append(directory.Essential(), "department")
	cfg := config(start(t, d))
	cfg.Scopes = []ad.Scope{{OU: staff, Filter: "(department=Sales)", ExcludedFromOtherEngine: true}}
	s := read(t, connect(t, cfg), connector.Want{Attributes: []string{"Department", "mailnickname", "extensionAttribute1", "extensionAttribute1"}})
	want := []snapshot.Source{{
		Name: "contoso", Server: "dc1.contoso.example", Domain: "contoso.example", Naming: base, HighestUSN: 1007, TakenAt: noon,
		InvocationID: ldapscript.GUID("invocation"),
		Scopes:       []snapshot.Scope{{OU: staff, GUID: ldapscript.GUID(staff), Filter: "(department=Sales)", ExcludedFromOtherEngine: true, Objects: 1}},
		Attributes: []string{"cn", "Department", "displayName", "distinguishedName", "extensionAttribute1", "groupType", "mail", "mailNickname",
			"member", "mS-DS-ConsistencyGuid", "msExchMailboxGuid", "msExchRecipientTypeDetails", "msExchRemoteRecipientType", "objectClass", "objectGUID", "objectSid", "primaryGroupID", "proxyAddresses", "sAMAccountName",
			"userAccountControl", "userPrincipalName", "uSNChanged", "whenChanged"},
		MissingAttrs: []string{"extensionAttribute1"},
	}}
	if diff := cmp.Diff(want, s.Sources()); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
}

func TestImportFollowsAnOUByItsGUID(t *testing.T) {
	server := start(t, people())
	c := connect(t, config(server))
	before := read(t, c, connector.Want{}).Sources()[0].Scopes[0]
	renamed := "OU=People," + base
	server.Update(func(d *ldapscript.Domain) {
		guid := ldapscript.GUID(staff)
		d.Entries = []ldapscript.Entry{ldapscript.OU(renamed, "objectGUID", string(guid[:])), ldapscript.User("CN=Alice," + renamed)}
	})
	s := read(t, c, connector.Want{Known: map[string]directory.GUID{directory.Fold(staff): before.GUID}})
	want := snapshot.Scope{OU: renamed, Configured: staff, GUID: before.GUID, Objects: 1}
	if diff := cmp.Diff(want, s.Sources()[0].Scopes[0]); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
}

func TestImportFindsAnOUMadeAgain(t *testing.T) {
	c := connect(t, config(start(t, people())))
	s := read(t, c, connector.Want{Known: map[string]directory.GUID{directory.Fold(staff): {1}}})
	if got, want := s.Sources()[0].Scopes[0].GUID, ldapscript.GUID(staff); got != want {
		t.Errorf("scope has GUID %s, want that of the OU with the configured DN, %s", got, want)
	}
}

func TestImportReportsProgress(t *testing.T) {
	var done []int
	progress := func(what string, n int) {
		if what != "contoso" {
			t.Errorf("progress of %q", what)
		}
		done = append(done, n)
	}
	read(t, connect(t, config(start(t, users(3)))), connector.Want{Progress: progress})
	if diff := cmp.Diff([]int{1, 3}, done); diff != "" {
		t.Errorf("objects after each page (-want +got):\n%s", diff)
	}
}

func TestImportListsTextThatIsNotUTF8(t *testing.T) {
	d := ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{ldapscript.OU(staff),
		ldapscript.User(alice, "title", "Gesch\xe4ftsf\xfchrer", "thumbnailPhoto", "\xff\xd8")}}
	s := read(t, connect(t, config(start(t, d))), connector.Want{Attributes: []string{"title", "thumbnailPhoto"}})
	want := []snapshot.Flaw{{GUID: ldapscript.GUID(alice), DN: alice, Attribute: "title", Problem: "a value is not valid UTF-8"}}
	if diff := cmp.Diff(want, s.Sources()[0].Flaws); diff != "" {
		t.Errorf("flaws (-want +got):\n%s", diff)
	}
	if o := byDN(t, s, alice); o.Has("title") || o.First("thumbnailPhoto") != "\xff\xd8" {
		t.Errorf("title %q, thumbnailPhoto %q; want no title and the photo's bytes", o.First("title"), o.First("thumbnailPhoto"))
	}
}
