package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
)

// office is a company: an export of its directory, its policies, its store on disk, and a rehearsal tenant over HTTP. All
// have one clock, which stands still but for pauses, so that nothing depends on how fast a test runs.
type office struct {
	*testing.T
	dir     string
	tenant  *sandbox.Tenant
	entries []*entry

	mu sync.Mutex
	at time.Time
}

// entry is an object of the export. Values of attributes whose name ends in ":" are binary.
type entry struct {
	rdn, class string
	attrs      map[string][]string
}

func (e *entry) dn() string { return "CN=" + e.rdn + ",OU=Staff,DC=contoso,DC=example" }

func (e *entry) set(name string, values ...string) *entry {
	e.attrs[name] = values
	return e
}

// guidOfName makes a GUID of a name, the same for the same name.
func guidOfName(name string) directory.GUID { return guidOf(name) }

func newOffice(t *testing.T, policies fs.FS, o sandbox.Options) *office {
	t.Helper()
	w := &office{T: t, dir: t.TempDir(), at: time.Date(2026, 9, 15, 6, 0, 0, 0, time.UTC)}
	o.Clock = w.now
	o.Sleep = func(_ context.Context, d time.Duration) { w.advance(d) }
	w.tenant = sandbox.New(o)
	s, err := sandbox.Serve("127.0.0.1:0", w.tenant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	t.Setenv(rehearsalSecret, s.ClientSecret)
	if err := os.CopyFS(filepath.Join(w.dir, "policies"), policies); err != nil {
		t.Fatal(err)
	}
	text := rehearsalConfig(s, "  - name: contoso\n    ldif: contoso.ldif")
	if err := os.WriteFile(w.path("coexist.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *office) path(name string) string { return filepath.Join(w.dir, name) }

func (w *office) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *office) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// add adds a user with a mailbox on premises, a group or a contact; attributes are changed through what it returns.
func (w *office) add(name, class string) *entry {
	e := &entry{rdn: name, class: class, attrs: map[string][]string{"cn": {name}, "displayName": {name}, "sAMAccountName": {name}}}
	address := name + "@contoso.example"
	e.set("mail", address).set("proxyAddresses", "SMTP:"+address).set("mailNickname", name)
	w.entries = append(w.entries, e)
	return e
}

func (w *office) person(name string) *entry {
	e := w.add(name, "user").set("userPrincipalName", name+"@contoso.example").set("userAccountControl", "512").set("c", "DE").set("department", "Sales")
	g := guidOfName("mailbox of " + name)
	return e.set("msExchMailboxGuid:", string(g[:])).set("msExchRecipientTypeDetails", "1").set("msExchRecipientDisplayType", "1073741824")
}

func (w *office) group(name, groupType string, members ...*entry) *entry {
	e := w.add(name, "group").set("groupType", groupType)
	return e.join(members...)
}

// join makes people the members of a group.
func (e *entry) join(members ...*entry) *entry {
	var dns []string
	for _, m := range members {
		dns = append(dns, m.dn())
	}
	return e.set("member", dns...)
}

// write writes the export as it is now.
func (w *office) write() {
	w.Helper()
	var b bytes.Buffer
	entry := func(dn, classes string, guid directory.GUID) {
		fmt.Fprintf(&b, "dn: %s\n", dn)
		for c := range strings.SplitSeq(classes, " ") {
			fmt.Fprintf(&b, "objectClass: %s\n", c)
		}
		fmt.Fprintf(&b, "objectGUID:: %s\n", base64.StdEncoding.EncodeToString(guid[:]))
	}
	entry("OU=Staff,DC=contoso,DC=example", "top organizationalUnit", guidOfName("OU=Staff"))
	b.WriteString("\n")
	for _, e := range w.entries {
		classes := map[string]string{"user": "top person organizationalPerson user", "group": "top group", "contact": "top person organizationalPerson contact"}
		entry(e.dn(), classes[e.class], guidOfName(e.rdn))
		names := make([]string, 0, len(e.attrs))
		for name := range e.attrs {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			for _, v := range e.attrs[name] {
				if strings.HasSuffix(name, ":") {
					v = base64.StdEncoding.EncodeToString([]byte(v))
				}
				fmt.Fprintf(&b, "%s: %s\n", name, v)
			}
		}
		b.WriteString("\n")
	}
	if err := os.WriteFile(w.path("contoso.ldif"), b.Bytes(), 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Chtimes(w.path("contoso.ldif"), w.now(), w.now()); err != nil {
		w.Fatal(err)
	}
}

// coexist runs the command in the office, and gives its exit code and what it writes.
func (w *office) coexist(args ...string) (code int, out, errs string) {
	w.Helper()
	var o, e bytes.Buffer
	c := newConsole(strings.NewReader(""), &o, &e)
	c.now = w.now
	c.sleep = func(ctx context.Context, d time.Duration) error {
		w.advance(d)
		return ctx.Err()
	}
	return c.run(append(args, "--config", w.path("coexist.yaml"))), o.String(), e.String()
}

// must runs a command that ends with the exit code, and gives its output.
func (w *office) must(code int, args ...string) string {
	w.Helper()
	got, out, errs := w.coexist(args...)
	if got != code {
		w.Fatalf("coexist %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out, errs)
	}
	return out + errs
}

// has expects texts in an output.
func (w *office) has(out string, texts ...string) {
	w.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			w.Errorf("output has no %q:\n%s", text, out)
		}
	}
}

// sync makes a plan and carries it out with what is due.
func (w *office) sync(code int) string {
	w.Helper()
	return w.must(code, "sync", "--out", w.path("coexist.plan"))
}

// settled expects that nothing is left to do.
func (w *office) settled() {
	w.Helper()
	if code, out, errs := w.coexist("plan", "--out", w.path("again.plan"), "--detailed-exitcode"); code != 0 {
		w.Errorf("a further plan ends with %d:\n%s%s", code, out, errs)
	}
}

// recipient is what the tenant's Exchange Online holds of somebody.
type recipient struct {
	ID, Name, Kind, ExchangeGUID, ArchiveGUID, External string
	Settings                                            map[string]any
	SendAs                                              []string
	Access                                              []struct {
		User    string
		Rights  []string
		AutoMap bool
	}
}

// world is what a tenant holds, read from the form in which it is saved.
type world struct {
	Objects []struct {
		ID, Type   string
		Deleted    *time.Time
		Properties map[string]any
		Licences   []any
		Members    []string
	}
	Exchange struct{ Recipients, Gone []recipient }
}

func (w *office) state() world {
	w.Helper()
	var b bytes.Buffer
	if err := w.tenant.SaveState(&b); err != nil {
		w.Fatal(err)
	}
	var s world
	if err := json.Unmarshal(b.Bytes(), &s); err != nil {
		w.Fatal(err)
	}
	return s
}

// id gives the id of the object of a display name, which must be one.
func (s *world) id(t *testing.T, name string) string {
	t.Helper()
	var found []string
	for _, o := range s.Objects {
		if o.Deleted == nil && o.Properties["displayName"] == name {
			found = append(found, o.ID)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d objects are called %s", len(found), name)
	}
	return found[0]
}

// of gives the recipient of a display name.
func (s *world) of(t *testing.T, name string) recipient {
	t.Helper()
	id := s.id(t, name)
	for _, r := range s.Exchange.Recipients {
		if r.ID == id {
			return r
		}
	}
	return recipient{}
}

// licensed gives the number of licences of a user.
func (s *world) licensed(t *testing.T, name string) int {
	id := s.id(t, name)
	for _, o := range s.Objects {
		if o.ID == id {
			return len(o.Licences)
		}
	}
	return 0
}

// members gives the display names of a group's members, sorted.
func (s *world) members(t *testing.T, name string) []string {
	t.Helper()
	id, names := s.id(t, name), map[string]string{}
	var ids, out []string
	for _, o := range s.Objects {
		names[o.ID], _ = o.Properties["displayName"].(string)
		if o.ID == id {
			ids = o.Members
		}
	}
	for _, m := range ids {
		out = append(out, names[m])
	}
	slices.Sort(out)
	return out
}
