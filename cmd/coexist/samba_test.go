package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/sambatest"
)

const (
	realUsers    = 800
	realContacts = 100
	realGroups   = 100
)

// realDirectory is a Samba domain with a thousand objects, and a rehearsal tenant that they are carried to.
type realDirectory struct {
	*sambatest.Domain
	t     *testing.T
	admin *ldap.Conn
	dir   string
	ahead time.Duration // of the clock that the commands see
}

// TestSambaToTenant carries a real domain to a rehearsal tenant by the commands that people type: everything at first, then
// nothing, and after some changes in the domain exactly those.
func TestSambaToTenant(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a domain controller")
	}
	d := sambatest.Start(t)
	d.Seed(realLDIF(d.Name))
	r := &realDirectory{Domain: d, t: t, admin: d.Admin(), dir: t.TempDir()}
	r.configure()

	r.coexist(0, "doctor")
	r.coexist(0, "plan")
	first := r.changes()
	r.holdsNoBuiltIns(first)
	if n := len(first["create"]); n != realUsers+realGroups {
		t.Errorf("the first plan creates %d objects, want %d users and %d groups", n, realUsers, realGroups)
	}
	r.coexist(0, "apply", r.plan())
	r.coexist(0, "plan")
	if diff := cmp.Diff(map[string][]string{}, r.changes()); diff != "" {
		t.Errorf("the second plan (-want +got):\n%s", diff)
	}

	r.disturb()
	r.coexist(0, "plan")
	want := map[string][]string{"update": {"Renamed One", "User 0003"}}
	if diff := cmp.Diff(want, r.changes()); diff != "" {
		t.Errorf("after the disturbance (-want +got):\n%s", diff)
	}
	held := []string{"User 0001", "User 0004"}
	if diff := cmp.Diff(held, r.skipped(plan.OnHold)); diff != "" {
		t.Errorf("what left waits for its hold (-want +got):\n%s", diff)
	}
	r.coexist(0, "apply", r.plan())

	r.coexist(0, "plan", "--as-of", time.Now().Add(15*24*time.Hour).UTC().Format(time.RFC3339))
	if diff := cmp.Diff(map[string][]string{"delete": held}, r.changes()); diff != "" {
		t.Errorf("a preview of the day after the hold (-want +got):\n%s", diff)
	}
	r.coexist(6, "apply", r.plan())

	r.ahead = 15 * 24 * time.Hour
	r.coexist(0, "plan")
	if diff := cmp.Diff(map[string][]string{"delete": held}, r.changes()); diff != "" {
		t.Errorf("once the hold is over (-want +got):\n%s", diff)
	}
	r.coexist(0, "apply", r.plan())
	r.coexist(0, "plan")
	if diff := cmp.Diff(map[string][]string{}, r.changes()); diff != "" {
		t.Errorf("after the deletion (-want +got):\n%s", diff)
	}
}

// realLDIF is users, contacts and groups below OU=Lab, some groups in others.
func realLDIF(domain string) string {
	var b strings.Builder
	for _, ou := range []string{"OU=Lab", "OU=Users,OU=Lab", "OU=Moved,OU=Lab", "OU=Contacts,OU=Lab", "OU=Groups,OU=Lab", "OU=Outside"} {
		fmt.Fprintf(&b, "dn: %s,DC=X\nobjectClass: organizationalUnit\n\n", ou)
	}
	for i := range realUsers {
		fmt.Fprintf(&b, "dn: CN=User %04d,OU=Users,OU=Lab,DC=X\nobjectClass: user\nsAMAccountName: user%04d\nuserPrincipalName: user%04d@%s\n", i, i, i, domain)
		fmt.Fprintf(&b, "displayName: User %04d\nmail: user%04d@%s\nproxyAddresses: SMTP:user%04d@%s\nc: DE\ndepartment: IT\nuserAccountControl: 512\n\n", i, i, domain, i, domain)
	}
	for i := range realContacts {
		fmt.Fprintf(&b, "dn: CN=Contact %03d,OU=Contacts,OU=Lab,DC=X\nobjectClass: contact\ndisplayName: Contact %03d\nmail: contact%03d@partner.example\n\n", i, i, i)
	}
	for i := range realGroups {
		fmt.Fprintf(&b, "dn: CN=Group %03d,OU=Groups,OU=Lab,DC=X\nobjectClass: group\nsAMAccountName: group%03d\ndisplayName: Group %03d\ngroupType: -2147483646\n", i, i, i)
		for m := range 8 {
			fmt.Fprintf(&b, "member: CN=User %04d,OU=Users,OU=Lab,DC=X\n", 10+i*7+m)
		}
		if i > 0 && i%10 == 0 {
			fmt.Fprintf(&b, "member: CN=Group %03d,OU=Groups,OU=Lab,DC=X\n", i-1)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// configure starts the tenant and writes coexist.yaml by coexist init.
func (r *realDirectory) configure() {
	tenant := sandbox.New(sandbox.Options{Domains: []sandbox.Domain{{Name: r.Name, Default: true}, {Name: "corp.onmicrosoft.com", Initial: true}}, SKUs: sandbox.SampleSKUs(1000)})
	s, err := sandbox.Serve("127.0.0.1:0", tenant)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	r.t.Setenv("COEXIST_AD_PASSWORD", r.Password)
	r.t.Setenv(rehearsalSecret, s.ClientSecret)
	ca := filepath.Join(r.dir, "ca.pem")
	if err := os.WriteFile(ca, r.CA, 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.run(0, "init", "--dir", r.dir, "--url", r.URL, "--ca", ca, "--user", r.User, "--ou", "OU=Lab,"+r.Base, "--ou", "CN=Users,"+r.Base, "--ou", "CN=Builtin,"+r.Base,
		"--tenant", s.TenantID, "--client-id", s.ClientID, "--tenant-url", s.URL)
	path := filepath.Join(r.dir, "coexist.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte("writes: false"), []byte("writes: true"), 1), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *realDirectory) plan() string { return filepath.Join(r.dir, "coexist.plan") }

// coexist runs a command on this directory.
func (r *realDirectory) coexist(code int, args ...string) {
	r.t.Helper()
	if args[0] == "plan" {
		args = append(args, "--out", r.plan())
	}
	r.run(code, append(args, "--config", filepath.Join(r.dir, "coexist.yaml"))...)
}

func (r *realDirectory) run(code int, args ...string) {
	r.t.Helper()
	var out, errs bytes.Buffer
	began := time.Now()
	c := newConsole(strings.NewReader(""), &out, &errs)
	c.now = func() time.Time { return time.Now().Add(r.ahead) }
	if got := c.run(args); got != code {
		r.t.Fatalf("coexist %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	r.t.Logf("coexist %s: %s (%s)", args[0], first, time.Since(began).Round(10*time.Millisecond))
}

func (r *realDirectory) open() *plan.File {
	r.t.Helper()
	f, err := plan.Open(r.plan())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { f.Close() })
	return f
}

// changes gives the names of the objects in the plan by action.
func (r *realDirectory) changes() map[string][]string {
	r.t.Helper()
	out := map[string][]string{}
	for c, err := range r.open().Changes() {
		if err != nil {
			r.t.Fatal(err)
		}
		out[string(c.Action)] = append(out[string(c.Action)], c.Object.Name)
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// skipped gives the names of the objects withheld for a reason.
func (r *realDirectory) skipped(why plan.SkipReason) []string {
	r.t.Helper()
	var out []string
	for k, err := range r.open().Skips() {
		if err != nil {
			r.t.Fatal(err)
		}
		if k.Reason == why {
			out = append(out, k.Object.Name)
		}
	}
	slices.Sort(out)
	return out
}

// holdsNoBuiltIns checks that the plan changes nothing for what every domain has.
func (r *realDirectory) holdsNoBuiltIns(changes map[string][]string) {
	r.t.Helper()
	for action, names := range changes {
		for _, n := range names {
			if !strings.HasPrefix(n, "User ") && !strings.HasPrefix(n, "Group ") {
				r.t.Errorf("the plan has %s for %q, which came with the domain", action, n)
			}
		}
	}
	if n := len(r.skipped(plan.ByPolicy)); n < 20 {
		r.t.Errorf("%d objects are left out by policy; the domain's own are more", n)
	}
}

// disturb moves one user out of scope and another inside of it, renames, disables and deletes one each.
func (r *realDirectory) disturb() {
	r.t.Helper()
	dn := func(i int) string { return fmt.Sprintf("CN=User %04d,OU=Users,OU=Lab,%s", i, r.Base) }
	rename := ldap.NewModifyRequest(dn(2), nil)
	rename.Replace("displayName", []string{"Renamed One"})
	disable := ldap.NewModifyRequest(dn(3), nil)
	disable.Replace("userAccountControl", []string{"514"})
	for _, err := range []error{
		r.admin.ModifyDN(ldap.NewModifyDNRequest(dn(1), "CN=User 0001", true, "OU=Outside,"+r.Base)),
		r.admin.ModifyDN(ldap.NewModifyDNRequest(dn(5), "CN=User 0005", true, "OU=Moved,OU=Lab,"+r.Base)),
		r.admin.Modify(rename),
		r.admin.ModifyDN(ldap.NewModifyDNRequest(dn(2), "CN=Renamed One", true, "")),
		r.admin.Modify(disable),
		r.admin.Del(ldap.NewDelRequest(dn(4), nil)),
	} {
		if err != nil {
			r.t.Fatal(err)
		}
	}
}
