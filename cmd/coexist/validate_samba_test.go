package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/internal/sambatest"
)

// dirt is what a real Active Directory takes and the cloud does not: name of the object, its attributes, and the checks that
// it fails. The rest of the directory is sound.
var dirt = []struct {
	name   string
	attrs  string
	checks []string
}{
	{"Spaced Upn", "userPrincipalName: spaced upn@X", []string{"UPN-006"}},
	{"Umlaut Upn", "userPrincipalName: umläut@X", []string{"UPN-007"}},
	{"Dotted Upn", "userPrincipalName: dotted.@X", []string{"UPN-008"}},
	{"Double Dot", "userPrincipalName: double..dot@X", []string{"UPN-013"}},
	{"No At", "userPrincipalName: noat", []string{"UPN-002"}},
	{"Long Upn", "userPrincipalName: " + strings.Repeat("a", 65) + "@X", []string{"UPN-004"}},
	{"Twin A", "userPrincipalName: twina@X\nproxyAddresses: SMTP:twin@X\nproxyAddresses: smtp:only.a@X", []string{"ADR-014"}},
	{"Twin B", "userPrincipalName: twinb@X\nproxyAddresses: SMTP:twinb@X\nproxyAddresses: smtp:Twin@X", []string{"ADR-014"}},
	{"Crossed", "userPrincipalName: crossed@X\nmail: twin@X", []string{"ADR-014"}},
	{"Untyped", "userPrincipalName: untyped@X\nproxyAddresses: untyped@X", []string{"ADR-001"}},
	{"Blank Proxy", "userPrincipalName: blankproxy@X\nproxyAddresses: SMTP:blank proxy@X", []string{"ADR-004"}},
	{"Two Primaries", "userPrincipalName: two@X\nproxyAddresses: SMTP:two@X\nproxyAddresses: SMTP:zwei@X", []string{"ADR-009"}},
	{"No Primary", "userPrincipalName: noprimary@X\nmail: noprimary@X\nproxyAddresses: smtp:noprimary@X", []string{"ADR-010"}},
	{"Notes", "userPrincipalName: notes@X\nproxyAddresses: SMTP:notes@X\nproxyAddresses: NOTES:Notes/Contoso", []string{"ADR-017"}},
	{"Dotted Alias", "userPrincipalName: dottedalias@X\nmailNickname: dottedalias.", []string{"ALI-002"}},
	{"Loop", "userPrincipalName: loop@X\nproxyAddresses: SMTP:loop@X\nmailNickname: loop\ntargetAddress: SMTP:loop@X", []string{"TGT-005"}},
	{"Trailing", "userPrincipalName: trailing@X\ndepartment: IT ", []string{"LBL-001"}},
	{"Kept Guid", "userPrincipalName: keptguid@X\nmsExchRecipientTypeDetails: 4\nmailNickname: keptguid", []string{"MBX-003", "MBX-006"}},
}

// TestSambaSeededWithDirt validates a real domain of which every fault is known: all of them are found, at the objects that
// have them, and nothing else is. Then the fixes are imported as an administrator would import them, and taken back.
func TestSambaSeededWithDirt(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a domain controller")
	}
	d := sambatest.Start(t)
	r := &realDirectory{Domain: d, t: t, admin: d.Admin(), dir: t.TempDir()}
	d.Seed(dirtyLDIF("contoso.example")) // the domain's own name is none of the Internet's
	r.configure()

	want := map[string][]string{}
	for _, x := range dirt {
		want[x.name] = x.checks
	}
	if diff := cmp.Diff(want, r.findings()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}

	fixes := filepath.Join(r.dir, "fixes")
	r.coexist(0, "validate", "--offline", "--fix-plan", fixes)
	r.importLDIF(filepath.Join(fixes, "fixes.ldif"))
	r.importLDIF(filepath.Join(fixes, "review.ldif"))
	mended := r.findings()
	for _, name := range []string{"Spaced Upn", "Umlaut Upn", "Dotted Upn", "Double Dot", "Blank Proxy", "No Primary", "Dotted Alias", "Trailing", "Untyped"} {
		if left := slices.DeleteFunc(mended[name], func(id string) bool { return !slices.Contains(want[name], id) }); len(left) > 0 {
			t.Errorf("%s still fails %v after its fix", name, left)
		}
	}
	r.importLDIF(filepath.Join(fixes, "review-undo.ldif"))
	r.importLDIF(filepath.Join(fixes, "fixes-undo.ldif"))
	if diff := cmp.Diff(want, r.findings()); diff != "" {
		t.Errorf("after the undo (-want +got):\n%s", diff)
	}
}

// dirtyLDIF is the dirt, among ten sound users. X stands for the domain.
func dirtyLDIF(domain string) string {
	var b strings.Builder
	b.WriteString("dn: OU=Lab,DC=X\nobjectClass: organizationalUnit\n\n")
	add := func(n int, name, attrs string) {
		var lines []string
		for _, l := range strings.Split(attrs, "\n") {
			name, value, _ := strings.Cut(strings.ReplaceAll(l, "@X", "@"+domain), ": ")
			lines = append(lines, name+":: "+base64.StdEncoding.EncodeToString([]byte(value)))
		}
		fmt.Fprintf(&b, "dn: CN=%s,OU=Lab,DC=X\nobjectClass: user\nsAMAccountName: dirt%02d\ndisplayName: %s\nc: DE\nuserAccountControl: 512\n%s\n\n", name, n, name, strings.Join(lines, "\n"))
	}
	for n, x := range dirt {
		add(n, x.name, x.attrs)
	}
	for n := range 10 {
		name := fmt.Sprintf("sound%d", n)
		add(50+n, name, fmt.Sprintf("userPrincipalName: %s@X\nmail: %s@X\nproxyAddresses: SMTP:%s@X\nproxyAddresses: x500:/o=Org/cn=%s\nmailNickname: %s", name, name, name, name, name))
	}
	return b.String()
}

// findings gives the checks that each object below OU=Lab fails.
func (r *realDirectory) findings() map[string][]string {
	r.t.Helper()
	var out, errs bytes.Buffer
	c := newConsole(strings.NewReader(""), &out, &errs)
	if code := c.run([]string{"validate", "--offline", "-o", "json", "--config", filepath.Join(r.dir, "coexist.yaml")}); code != 0 {
		r.t.Fatalf("validate: exit code %d\n%s", code, errs.String())
	}
	var doc struct {
		Findings []struct {
			Check  string `json:"check"`
			Object struct{ Name, DN string }
		} `json:"findings"`
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		r.t.Fatal(err)
	}
	found := map[string][]string{}
	for _, f := range doc.Findings {
		if strings.Contains(f.Object.DN, "OU=Lab") && !slices.Contains(found[f.Object.Name], f.Check) {
			found[f.Object.Name] = append(found[f.Object.Name], f.Check)
		}
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

// importLDIF carries out the changes of a file as ldapmodify does, by the administrator over LDAP. It reads what coexist
// writes: no folded lines.
func (r *realDirectory) importLDIF(path string) {
	r.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, record := range strings.Split(string(b), "\n\n")[1:] {
		var m *ldap.ModifyRequest
		verb := ""
		for _, line := range strings.Split(record, "\n") {
			name, value := ldifParts(line)
			switch {
			case strings.HasPrefix(line, "#"), line == "", name == "changetype":
			case name == "dn":
				m = ldap.NewModifyRequest(value, nil)
			case line == "-":
				verb = ""
			case verb == "":
				verb = name
			case verb == "delete":
				m.Delete(name, []string{value})
			default:
				m.Add(name, []string{value})
			}
		}
		if m != nil {
			if err := r.admin.Modify(m); err != nil {
				r.t.Fatalf("%s: %s: %v", filepath.Base(path), m.DN, err)
			}
		}
	}
}

// ldifParts splits a line of LDIF.
func ldifParts(line string) (name, value string) {
	if name, value, ok := strings.Cut(line, ":: "); ok && !strings.Contains(name, ":") {
		b, err := base64.StdEncoding.DecodeString(value)
		if err == nil {
			return name, string(b)
		}
	}
	name, value, _ = strings.Cut(line, ": ")
	return name, value
}
