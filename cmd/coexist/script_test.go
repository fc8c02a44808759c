package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/connectors/graph"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/internal/company"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"coexist": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command as people do: one script for each subject, against a rehearsal tenant over HTTP and a
// scripted LDAP server.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"tenant":  startTenant,
			"ldap":    startLDAP,
			"ldif":    writeLDIF,
			"company": writeCompany,
			"replace": replace,
			"exits":   exits,
			"fits":    fits,
			"advance": advance,
			"task":    firstTask,
		},
	})
}

// startTenant is "tenant [ID=GUID] [seats=N] [role-less] [synced] [user=UPN] [troubled=UPN] [two] [fault=METHOD,PATH,STATUS]": it serves a rehearsal tenant
// and sets TENANT, TENANT_URL, CONTROL, CLIENT and COEXIST_TENANT_SECRET.
func startTenant(ts *testscript.TestScript, neg bool, args []string) {
	o := sandbox.Options{SKUs: sandbox.SampleSKUs(100)}
	var faults []sandbox.Fault
	var users []sandbox.Properties
	var troubled []any // those of them about whom the tenant reports errors
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "seats":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			o.SKUs = sandbox.SampleSKUs(n)
		case "seed":
			n, err := strconv.ParseUint(value, 10, 64)
			ts.Check(err)
			o.Seed = n
		case "synced":
			o.Synced = true
		case "readers":
			o.Apps = []sandbox.App{{ID: "0d5a6c1e-0000-4000-8000-000000000001", Secret: "rehearsal-secret", Roles: []string{"User.Read.All"}}}
		case "two": // applications: one that may only read, and another
			reader := sandbox.App{ID: "0d5a6c1e-0000-4000-8000-000000000001", Secret: "reads", Roles: graph.LeastPermissions(false)}
			writer := sandbox.App{ID: "0d5a6c1e-0000-4000-8000-000000000002", Secret: "writes", Roles: graph.LeastPermissions(true)}
			o.Apps = []sandbox.App{reader, writer}
			ts.Setenv("APPLY_CLIENT", writer.ID)
		case "troubled":
			troubled = append(troubled, value)
			users = append(users, sandbox.Properties{"userPrincipalName": value, "mail": value, "displayName": "Troubled"})
		case "user":
			users = append(users, sandbox.Properties{"userPrincipalName": value, "mail": value})
		case "fault":
			p := strings.Split(value, ",")
			status, err := strconv.Atoi(p[2])
			ts.Check(err)
			faults = append(faults, sandbox.Fault{Method: p[0], Path: p[1], Action: sandbox.Refuse, Status: status, Times: -1})
		default:
			ts.Fatalf("unknown word %q", a)
		}
	}
	t := sandbox.New(o)
	for _, u := range users {
		id, err := t.AddUser(u, sandbox.Extra{})
		ts.Check(err)
		if slices.Contains(troubled, u["userPrincipalName"]) {
			ts.Check(t.SetProperties(id, reportedErrors))
		}
	}
	for _, f := range faults {
		ts.Check(t.AddFault(f))
	}
	s, err := sandbox.Serve("127.0.0.1:0", t)
	ts.Check(err)
	ts.Defer(func() { s.Close() })
	control, err := sandbox.ServeControl("127.0.0.1:0", t)
	ts.Check(err)
	ts.Defer(func() { control.Close() })
	ts.Setenv("CONTROL", control.URL)
	ts.Setenv("TENANT", s.TenantID)
	ts.Setenv("TENANT_URL", s.URL)
	ts.Setenv("CLIENT", s.ClientID)
	ts.Setenv(rehearsalSecret, s.ClientSecret)
}

// reportedErrors are what the directory and a service report about an object.
var reportedErrors = sandbox.Properties{
	"onPremisesProvisioningErrors": []any{map[string]any{"category": "PropertyConflict", "occurredDateTime": "2026-01-01T00:00:00Z", "propertyCausingError": "ProxyAddresses", "value": "SMTP:taken@contoso.example"}},
	"serviceProvisioningErrors": []any{map[string]any{"@odata.type": "#microsoft.graph.serviceProvisioningXmlError", "createdDateTime": "2026-01-02T00:00:00Z", "isResolved": false,
		"serviceInstance": "exchange/EURP123-001", "errorDetail": "<ServiceInstance><Name>exchange</Name></ServiceInstance>"}},
}

// advance is "advance DURATION": it moves the clock of the rehearsal tenant on.
func advance(ts *testscript.TestScript, neg bool, args []string) {
	resp, err := http.Post(ts.Getenv("CONTROL")+"/_sim/clock", "application/json", strings.NewReader(`{"advance":"`+args[0]+`"}`))
	ts.Check(err)
	resp.Body.Close() // nothing is read of it
	if resp.StatusCode >= 300 {
		ts.Fatalf("advance: %s", resp.Status)
	}
}

// firstTask is "task": it sets TASK to the id of the first task in the JSON on standard output.
func firstTask(ts *testscript.TestScript, neg bool, args []string) {
	var list struct{ Tasks []struct{ ID string } }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	if len(list.Tasks) == 0 {
		ts.Fatalf("no task is listed")
	}
	ts.Setenv("TASK", list.Tasks[0].ID)
}

// ldapFaults are the faults that startLDAP knows.
var ldapFaults = map[string]ldapscript.Fault{
	"size-limit":  {Op: ldapscript.Page, Code: 4, Message: "size limit exceeded"},
	"cut":         {Op: ldapscript.Page, After: 1, Cut: true},
	"no-paging":   {Op: ldapscript.Page, NoPaging: true},
	"empty":       {Op: ldapscript.Page, Empty: true},
	"referral":    {Op: ldapscript.Page, Code: 10, Referral: "ldap://dc9.contoso.example/DC=contoso,DC=example"},
	"wrong-login": {Op: ldapscript.Bind, Code: 49, Message: "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 52e, v4563"},
	"stall":       {Op: ldapscript.Page, Stall: true},
}

// startLDAP is "ldap [FAULT]": it serves a domain with three users below OU=Staff and writes its authority to ca.pem. It
// sets LDAP_URL and COEXIST_AD_PASSWORD.
func startLDAP(ts *testscript.TestScript, neg bool, args []string) {
	base := "DC=contoso,DC=example"
	d := ldapscript.Domain{Base: base, Entries: []ldapscript.Entry{ldapscript.OU("OU=Staff," + base)}}
	for _, n := range []string{"anna", "bernd", "carla"} {
		mail := n + "@contoso.example"
		d.Entries = append(d.Entries, ldapscript.User("CN="+n+",OU=Staff,"+base, "cn", n, "displayName", n, "sAMAccountName", n, "userPrincipalName", mail,
			"mail", mail, "proxyAddresses", "SMTP:"+mail, "userAccountControl", "512", "c", "DE"))
	}
	var faults []ldapscript.Fault
	for _, a := range args {
		f, ok := ldapFaults[a]
		if !ok {
			ts.Fatalf("unknown fault %q", a)
		}
		faults = append(faults, f)
	}
	s, err := ldapscript.Start(d, faults...)
	ts.Check(err)
	ts.Defer(s.Close)
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), s.CA, 0o600))
	ts.Setenv("LDAP_URL", s.URL)
	ts.Setenv("LDAP_USER", ldapscript.Account)
	ts.Setenv("COEXIST_AD_PASSWORD", ldapscript.Password)
}

// writeLDIF is "ldif FILE NAME[|ATTRIBUTE=VALUE…]…": it writes an export of the named users below OU=Staff. Attributes
// replace those that a user has by default, or are left out when empty.
func writeLDIF(ts *testscript.TestScript, neg bool, args []string) {
	var b strings.Builder
	ou := ldapscript.GUID("OU=Staff")
	fmt.Fprintf(&b, "dn: OU=Staff,DC=contoso,DC=example\nobjectClass: top\nobjectClass: organizationalUnit\nobjectGUID:: %s\n\n", base64.StdEncoding.EncodeToString(ou[:]))
	for _, a := range args[1:] {
		words := strings.Split(a, "|")
		n := words[0]
		g := ldapscript.GUID(n)
		mail := n + "@contoso.example"
		attrs := map[string]string{"cn": n, "displayName": n, "sAMAccountName": n, "userPrincipalName": mail, "mail": mail,
			"proxyAddresses": "SMTP:" + mail, "userAccountControl": "512", "c": "DE", "department": "IT"}
		for _, w := range words[1:] {
			k, v, _ := strings.Cut(w, "=")
			attrs[k] = v
		}
		fmt.Fprintf(&b, "dn: CN=%s,OU=Staff,DC=contoso,DC=example\n", n)
		for _, class := range []string{"top", "person", "organizationalPerson", "user"} {
			fmt.Fprintf(&b, "objectClass: %s\n", class)
		}
		fmt.Fprintf(&b, "objectGUID:: %s\n", base64.StdEncoding.EncodeToString(g[:]))
		if v := attrs["anchor"]; v != "" { // the anchor of another user
			g := ldapscript.GUID(v)
			fmt.Fprintf(&b, "mS-DS-ConsistencyGuid:: %s\n", base64.StdEncoding.EncodeToString(g[:]))
		}
		for _, k := range []string{"cn", "displayName", "sAMAccountName", "userPrincipalName", "mail", "proxyAddresses", "userAccountControl", "c", "department", "description"} {
			if attrs[k] != "" {
				fmt.Fprintf(&b, "%s: %s\n", k, attrs[k])
			}
		}
		b.WriteString("\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
	ts.Setenv("GUID_ANNA", guidOf("anna").String())
}

func guidOf(name string) directory.GUID { return ldapscript.GUID(name) }

// writeCompany is "company FILE": it writes the export of the sample company.
func writeCompany(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(company.Generate(company.Options{Users: 60}).WriteLDIF(f))
	ts.Check(f.Close())
}

// replace is "replace FILE OLD NEW".
func replace(ts *testscript.TestScript, neg bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if !strings.Contains(string(b), args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(string(b), args[1], strings.ReplaceAll(args[2], `\n`, "\n"))), 0o600))
}

// exits is "exits CODE COMMAND ARG…": it runs a command of which the exit code matters. Standard output and error can be
// looked at as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}
