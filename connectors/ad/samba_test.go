package ad_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/internal/sambatest"
)

const (
	labUsers    = 800
	labContacts = 100
	labGroups   = 99
	labCrowd    = 1600 // contacts of their own OU, members of one group
)

// lab is a Samba domain with a lab in it. Its tests change it, each its own part.
type lab struct {
	*sambatest.Domain
	admin *ldap.Conn
}

// TestSamba reads a real domain. One domain serves all its parts, because making one takes long.
func TestSamba(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a domain controller")
	}
	d := sambatest.Start(t)
	d.Seed(labLDIF())
	l := lab{d, d.Admin()}
	t.Run("reads everything", l.readsEverything)
	t.Run("reads what go-ldap reads", l.readsWhatGoLDAPReads)
	t.Run("marks built-in accounts", l.marksBuiltIns)
	t.Run("refuses what it cannot trust", l.refuses)
	t.Run("is explained a refused sign-in", l.explainsSignIn)
	t.Run("tells a hidden OU from an empty one", l.tellsHidden)
	t.Run("refuses a locked OU below its scope", l.tellsLockedBelow)
	t.Run("reads the whole domain as a plain user", l.readsDomain)
	t.Run("follows a renamed OU", l.followsRename)
	t.Run("finds moved and deleted objects", l.locates)
	t.Run("probes", l.probes)
}

// labLDIF is users, contacts and groups below OU=Lab.
func labLDIF() string {
	var b strings.Builder
	ou := func(dn string) { fmt.Fprintf(&b, "dn: %s\nobjectClass: organizationalUnit\n\n", dn) }
	ou("OU=Lab,DC=X")
	for _, name := range []string{"Users", "Contacts", "Groups", "Crowd", "Empty", "Locked", "Hidden", "Old name", "Elsewhere", "Outer", "Inner,OU=Outer"} {
		ou("OU=" + name + ",OU=Lab,DC=X")
	}
	for i := range labUsers {
		labUser(&b, i)
	}
	for i := range labContacts {
		labContact(&b, fmt.Sprintf("CN=Contact %04d,OU=Contacts,OU=Lab,DC=X", i))
	}
	for i := range labGroups {
		fmt.Fprintf(&b, "dn: CN=Group %02d,OU=Groups,OU=Lab,DC=X\nobjectClass: group\nsAMAccountName: group%02d\ngroupType: -2147483646\n", i, i)
		fmt.Fprintf(&b, "member: CN=Kühn\\, Anna %04d,OU=Users,OU=Lab,DC=X\n\n", i)
	}
	for i := range labCrowd {
		labContact(&b, fmt.Sprintf("CN=Member %04d,OU=Crowd,OU=Lab,DC=X", i))
	}
	b.WriteString("dn: CN=Crowd,OU=Groups,OU=Lab,DC=X\nobjectClass: group\nsAMAccountName: crowd\ngroupType: 2\n")
	for i := range labCrowd {
		fmt.Fprintf(&b, "member: CN=Member %04d,OU=Crowd,OU=Lab,DC=X\n", i)
	}
	b.WriteString("\n")
	for _, where := range []string{"Locked", "Hidden", "Old name", "Inner,OU=Outer"} {
		labContact(&b, "CN=Contact,OU="+where+",OU=Lab,DC=X")
	}
	return b.String()
}

func labUser(b *strings.Builder, i int) {
	guid := fmt.Appendf(nil, "anchor of %06d", i)
	fmt.Fprintf(b, "dn: CN=Kühn\\, Anna %04d,OU=Users,OU=Lab,DC=X\nobjectClass: user\nsAMAccountName: akuehn%04d\n", i, i)
	fmt.Fprintf(b, "userPrincipalName: akuehn%04d@corp.example.test\ndisplayName: Kühn, Anna %04d\nmail: akuehn%04d@corp.example.test\n", i, i, i)
	fmt.Fprintf(b, "proxyAddresses: SMTP:akuehn%04d@corp.example.test\nproxyAddresses: smtp:a%04d@corp.example.test\n", i, i)
	fmt.Fprintf(b, "mS-DS-ConsistencyGuid:: %s\ndepartment: Sales\nextensionAttribute1: sync\nuserAccountControl: 512\n\n", base64.StdEncoding.EncodeToString(guid))
}

func labContact(b *strings.Builder, dn string) {
	fmt.Fprintf(b, "dn: %s\nobjectClass: contact\n\n", dn)
}

// config reads OUs of the lab as the administrator.
func (l lab) config(ous ...string) ad.Config {
	cfg := ad.Config{Name: "lab", URL: l.URL, ServerName: l.Host, CA: l.CA, User: l.User, Password: func() (string, error) { return l.Password, nil }}
	for _, ou := range ous {
		cfg.Scopes = append(cfg.Scopes, ad.Scope{OU: ou + l.Base})
	}
	return cfg
}

// count gives the objects of each kind.
func count(s *snapshot.Snapshot) map[string]int {
	n := map[string]int{}
	for o := range s.All() {
		n[o.Kind.String()]++
	}
	return n
}

func (l lab) readsEverything(t *testing.T) {
	want := map[string]int{"user": labUsers, "contact": labContacts + labCrowd + 4, "group": labGroups + 1}
	for _, url := range []string{l.URL, l.StartTLS} {
		cfg := l.config("OU=Lab,")
		cfg.URL = url
		s := read(t, connect(t, cfg), connector.Want{Attributes: []string{"extensionAttribute1", "nonsense"}})
		if diff := cmp.Diff(want, count(s)); diff != "" {
			t.Errorf("%s: objects (-want +got):\n%s", url, diff)
		}
		crowd := byDN(t, s, "CN=Crowd,OU=Groups,OU=Lab,"+l.Base)
		if n := len(crowd.Values("member")); n != labCrowd {
			t.Errorf("%s: %d members, want %d", url, n, labCrowd)
		}
		src := s.Sources()[0]
		if src.Naming != l.Base || src.Domain != l.Name || src.InvocationID.IsZero() || src.HighestUSN == 0 || !slices.Equal(src.MissingAttrs, []string{"nonsense"}) {
			t.Errorf("%s: source %+v", url, src)
		}
	}
}

func (l lab) readsWhatGoLDAPReads(t *testing.T) {
	s := read(t, connect(t, l.config("OU=Lab,")), connector.Want{Attributes: []string{"department"}})
	req := ldap.NewSearchRequest("OU=Lab,"+l.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		"(|(objectClass=user)(objectClass=contact)(objectClass=group))", append(directory.Essential(), "department"), nil)
	res, err := l.admin.SearchWithPaging(req, 500)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Entries) != s.Len() {
		t.Errorf("%d objects, go-ldap reads %d", s.Len(), len(res.Entries))
	}
	for _, e := range res.Entries {
		want, got := map[string][]string{}, map[string][]string{}
		for _, a := range e.Attributes {
			want[a.Name] = a.Values
			got[a.Name] = byDN(t, s, e.DN).Values(a.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-go-ldap +got):\n%s", e.DN, diff)
		}
	}
}

func (l lab) marksBuiltIns(t *testing.T) {
	s := read(t, connect(t, l.config("CN=Users,", "CN=Builtin,")), connector.Want{Attributes: []string{"isCriticalSystemObject"}})
	for _, dn := range []string{"CN=Administrator,CN=Users,", "CN=Guest,CN=Users,", "CN=krbtgt,CN=Users,", "CN=Domain Users,CN=Users,", "CN=Administrators,CN=Builtin,"} {
		if o := byDN(t, s, dn+l.Base); o.First("isCriticalSystemObject") != "TRUE" {
			t.Errorf("%s is not marked as critical", dn)
		}
	}
}

func (l lab) refuses(t *testing.T) {
	other := start(t, users(1))
	tests := map[string]struct {
		change func(*ad.Config)
		kind   fault.Kind
		text   string
	}{
		"a server of another CA":   {func(c *ad.Config) { c.CA = other.CA }, fault.Unreachable, "ca:"},
		"a server of another name": {func(c *ad.Config) { c.ServerName = "dc2.corp.example.test" }, fault.Unreachable, "serverName:"},
		"an OU that is not there":  {func(c *ad.Config) { c.Scopes[0].OU = "OU=Nowhere," + l.Base }, fault.Unreachable, "OU=Nowhere"},
		"a wrong password":         {func(c *ad.Config) { c.Password = func() (string, error) { return "guess", nil } }, fault.SignIn, "user name or password is wrong"},
		"an unknown user":          {func(c *ad.Config) { c.User = "nobody@" + l.Name }, fault.SignIn, "user name or password is wrong"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := l.config("OU=Lab,")
			tt.change(&cfg)
			expect(t, refused(t, cfg), tt.kind, tt.text)
		})
	}
}

func (l lab) explainsSignIn(t *testing.T) {
	dn := "CN=Reader,OU=Elsewhere,OU=Lab," + l.Base
	l.AddUser(l.admin, dn, "reader", "Reader.pass1")
	cfg := l.config("OU=Users,OU=Lab,")
	cfg.User, cfg.Password = "reader@"+l.Name, func() (string, error) { return "Reader.pass1", nil }
	if s := read(t, connect(t, cfg), connector.Want{}); s.Len() != labUsers {
		t.Errorf("a plain user reads %d objects, want %d", s.Len(), labUsers)
	}
	disable := ldap.NewModifyRequest(dn, nil)
	disable.Replace("userAccountControl", []string{"514"})
	must(t, l.admin.Modify(disable))
	expect(t, refused(t, cfg), fault.SignIn, "disabled")
}

// plain makes a user without any right of its own and gives a configuration that signs in as it.
func (l lab) plain(t *testing.T, account string, ous ...string) (cfg ad.Config, sid string) {
	t.Helper()
	dn := "CN=" + account + ",OU=Elsewhere,OU=Lab," + l.Base
	l.AddUser(l.admin, dn, account, "Reader.pass1")
	res, err := l.admin.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"objectSid"}, nil))
	must(t, err)
	sid, err = ldapvalue.SID(string(res.Entries[0].GetRawAttributeValue("objectSid")))
	must(t, err)
	cfg = l.config(ous...)
	cfg.User, cfg.Password = account+"@"+l.Name, func() (string, error) { return "Reader.pass1", nil }
	return cfg, sid
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l lab) tellsHidden(t *testing.T) {
	cfg, sid := l.plain(t, "plain", "OU=Empty,OU=Lab,")
	if s := read(t, connect(t, cfg), connector.Want{}); s.Len() != 0 {
		t.Errorf("the empty OU has %d objects", s.Len())
	}
	cfg.Scopes = l.config("OU=Locked,OU=Lab,").Scopes
	if s := read(t, connect(t, cfg), connector.Want{}); s.Len() != 1 {
		t.Errorf("the OU has %d objects before it is locked, want 1", s.Len())
	}
	l.AddACE("OU=Locked,OU=Lab,"+l.Base, "(D;;LC;;;"+sid+")")
	expect(t, refused(t, cfg), fault.Denied, "List Contents")
	l.AddACE("OU=Hidden,OU=Lab,"+l.Base, "(D;;RPLCLORC;;;"+sid+")")
	cfg.Scopes = l.config("OU=Hidden,OU=Lab,").Scopes
	expect(t, refused(t, cfg), fault.Unreachable, "OU=Hidden")
}

func (l lab) tellsLockedBelow(t *testing.T) {
	inner := "OU=Inner,OU=Outer,OU=Lab," + l.Base
	cfg, sid := l.plain(t, "below", "OU=Outer,OU=Lab,")
	if s := read(t, connect(t, cfg), connector.Want{}); s.Len() != 1 {
		t.Errorf("%d objects below the OU before one is locked, want 1", s.Len())
	}
	l.AddACE(inner, "(D;;LC;;;"+sid+")")
	err := refused(t, cfg)
	expect(t, err, fault.Denied, "List Contents")
	expect(t, err, fault.Denied, inner)
	if f := connect(t, cfg).Probe(t.Context(), connector.Want{}); !slices.ContainsFunc(f, func(f ad.Finding) bool {
		return !f.OK && strings.HasPrefix(f.Check, "scope ") && strings.Contains(f.Detail, inner)
	}) {
		t.Errorf("the probe does not name %s: %+v", inner, f)
	}
}

func (l lab) readsDomain(t *testing.T) {
	cfg, _ := l.plain(t, "reads-all", "")
	s := read(t, connect(t, cfg), connector.Want{})
	byDN(t, s, "CN=Domain Users,CN=Users,"+l.Base)
	byDN(t, s, "CN=Contact,OU=Inner,OU=Outer,OU=Lab,"+l.Base)
}

func (l lab) followsRename(t *testing.T) {
	cfg := l.config("OU=Old name,OU=Lab,")
	c := connect(t, cfg)
	before := read(t, c, connector.Want{}).Sources()[0].Scopes[0]
	must(t, l.admin.ModifyDN(ldap.NewModifyDNRequest(before.OU, "OU=New name", true, "OU=Elsewhere,OU=Lab,"+l.Base)))
	expect(t, refused(t, cfg), fault.Unreachable, "OU=Old name")
	s := read(t, c, connector.Want{Known: map[string]directory.GUID{directory.Fold(before.OU): before.GUID}})
	ou := "OU=New name,OU=Elsewhere,OU=Lab," + l.Base
	if diff := cmp.Diff(map[string]string{"CN=Contact," + ou: "contact"}, names(s)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	want := snapshot.Scope{OU: ou, Configured: before.OU, GUID: before.GUID, Objects: 1}
	if diff := cmp.Diff(want, s.Sources()[0].Scopes[0]); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
}

func (l lab) locates(t *testing.T) {
	c := connect(t, l.config("OU=Contacts,OU=Lab,"))
	s := read(t, c, connector.Want{})
	guid := func(n int) directory.GUID {
		return byDN(t, s, fmt.Sprintf("CN=Contact %04d,OU=Contacts,OU=Lab,%s", n, l.Base)).GUID
	}
	moved, deleted, there, unknown := guid(0), guid(1), guid(2), directory.GUID{1}
	must(t, l.admin.ModifyDN(ldap.NewModifyDNRequest("CN=Contact 0000,OU=Contacts,OU=Lab,"+l.Base, "CN=Contact 0000", true, "OU=Elsewhere,OU=Lab,"+l.Base)))
	must(t, l.admin.Del(ldap.NewDelRequest("CN=Contact 0001,OU=Contacts,OU=Lab,"+l.Base, nil)))
	want := map[directory.GUID]connector.Fate{moved: connector.FateMoved, deleted: connector.FateDeleted,
		there: connector.FateEscaped, unknown: connector.FateUnreadable}
	if diff := cmp.Diff(want, fates(t, c, want)); diff != "" {
		t.Errorf("fates (-want +got):\n%s", diff)
	}
	plain, _ := l.plain(t, "locator", "OU=Contacts,OU=Lab,")
	want[deleted] = connector.FateUnreadable
	if diff := cmp.Diff(want, fates(t, connect(t, plain), want)); diff != "" {
		t.Errorf("fates as a plain user, who may not list Deleted Objects (-want +got):\n%s", diff)
	}
}

// fates locates the objects that want names.
func fates(t *testing.T, c *ad.Connector, want map[directory.GUID]connector.Fate) map[directory.GUID]connector.Fate {
	t.Helper()
	var guids []directory.GUID
	for g := range want {
		guids = append(guids, g)
	}
	found, err := c.Locate(t.Context(), guids)
	must(t, err)
	got := map[directory.GUID]connector.Fate{}
	for g, s := range found {
		got[g] = s.Fate
	}
	return got
}

func (l lab) probes(t *testing.T) {
	want := connector.Want{Attributes: []string{"nonsense"}}
	bad := func(cfg ad.Config) (checks []string) {
		for _, f := range connect(t, cfg).Probe(t.Context(), want) {
			if !f.OK {
				checks = append(checks, f.Check)
			}
		}
		return checks
	}
	if diff := cmp.Diff([]string{"schema"}, bad(l.config("OU=Lab,"))); diff != "" {
		t.Errorf("findings as the administrator (-want +got):\n%s", diff)
	}
	plain, _ := l.plain(t, "prober", "OU=Lab,", "OU=Nowhere,")
	if diff := cmp.Diff([]string{"schema", "scope OU=Nowhere," + l.Base, "deleted objects"}, bad(plain)); diff != "" {
		t.Errorf("findings as a plain user (-want +got):\n%s", diff)
	}
}
