package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/connectors/sandbox"
	"github.com/coexistsync/coexist/internal/wire"
)

// passwordDesk is a folder with a configuration, and a rehearsal tenant that remembers the passwords it was given.
type passwordDesk struct {
	t      *testing.T
	dir    string
	tenant *sandbox.Tenant
	said   bytes.Buffer // by all commands, but by reveal

	mu    sync.Mutex
	sinks bool                 // every password is to be in the file first
	asked int                  // requests that make accounts
	kill  func(made bool) bool // ends who asks, before an account is made or after, and says whether it did; nil for nobody
	given map[string]string    // passwords by sign-in name
}

func newPasswordDesk(t *testing.T, users ...string) *passwordDesk {
	o := &passwordDesk{t: t, dir: t.TempDir(), tenant: sandbox.New(sandbox.Options{SKUs: sandbox.SampleSKUs(100)}), given: map[string]string{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/users") {
			o.tenant.ServeHTTP(w, r)
			return
		}
		o.remember(r)
		if o.kill == nil {
			o.tenant.ServeHTTP(w, r)
			return
		}
		if o.kill(false) {
			return // whoever asked is dead, and nothing came of it
		}
		o.tenant.ServeHTTP(httptest.NewRecorder(), r)
		o.kill(true)
	}))
	t.Cleanup(s.Close)
	var ldif strings.Builder
	encoded := func(name string) string {
		g := ldapscript.GUID(name)
		return base64.StdEncoding.EncodeToString(g[:])
	}
	fmt.Fprintf(&ldif, "dn: OU=Staff,DC=contoso,DC=example\nobjectClass: organizationalUnit\nobjectGUID:: %s\n\n", encoded("OU=Staff"))
	for _, n := range users {
		fmt.Fprintf(&ldif, "dn: CN=%[1]s,OU=Staff,DC=contoso,DC=example\nobjectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: user\n"+
			"objectGUID:: %[2]s\ncn: %[1]s\ndisplayName: %[1]s\nsAMAccountName: %[1]s\nuserPrincipalName: %[1]s@contoso.example\nmail: %[1]s@contoso.example\n"+
			"proxyAddresses: SMTP:%[1]s@contoso.example\nuserAccountControl: 512\nc: DE\n\n", n, encoded(n))
	}
	o.write("export.ldif", ldif.String())
	app := o.tenant.Apps()[0]
	t.Setenv(rehearsalSecret, app.Secret)
	o.run(0, "init", "--dir", o.dir, "--ldif", filepath.Join(o.dir, "export.ldif"), "--tenant", o.tenant.ID(), "--client-id", app.ID, "--tenant-url", s.URL)
	o.replace("coexist.yaml", "writes: false", "writes: true")
	return o
}

func (o *passwordDesk) remember(r *http.Request) {
	b, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(b))
	var user struct {
		UPN     string `json:"userPrincipalName"`
		Profile struct{ Password string }
	}
	var body map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(b, &user)
	}
	if err == nil && json.Unmarshal(b, &body) == nil {
		err = json.Unmarshal(body["passwordProfile"], &user.Profile)
	}
	if err != nil {
		o.t.Error(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.given[user.UPN] = user.Profile.Password
	if !o.sinks {
		return
	}
	o.asked++
	files, err := filepath.Glob(o.path("out/*.passwords"))
	kept := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			o.t.Error(err)
		}
		kept += bytes.Count(b, []byte("-----END AGE"))
	}
	if err != nil || kept < o.asked {
		o.t.Errorf("account %d is asked for before its password is in a file: %v", o.asked, err)
	}
}

func (o *passwordDesk) path(name string) string { return filepath.Join(o.dir, name) }

func (o *passwordDesk) write(name, text string) {
	o.t.Helper()
	if err := os.WriteFile(o.path(name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *passwordDesk) replace(name, old, text string) {
	o.t.Helper()
	b, err := os.ReadFile(o.path(name))
	if err != nil || !strings.Contains(string(b), old) {
		o.t.Fatalf("%s does not contain %q: %v", name, old, err)
	}
	o.write(name, strings.Replace(string(b), old, text, 1))
}

// run runs a command with the exit code that it should have, and gives what it wrote to both streams.
func (o *passwordDesk) run(want int, args ...string) (stdout, stderr string) {
	o.t.Helper()
	var out, errs bytes.Buffer
	if got := run(args, strings.NewReader(""), &out, &errs); got != want {
		o.t.Fatalf("coexist %s exits with %d, want %d:\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	if args[0] != "passwords" {
		o.said.WriteString(out.String() + errs.String())
	}
	return out.String(), errs.String()
}

// resume carries the last run on, by a clock that does not wait.
func (o *passwordDesk) resume() {
	o.t.Helper()
	c := newConsole(strings.NewReader(""), &o.said, &o.said)
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	if got := c.run([]string{"apply", "--resume", "--config", o.path("coexist.yaml")}); got != 0 {
		o.t.Fatalf("the run that is carried on ends with %d:\n%s", got, o.said.String())
	}
}

// at runs a command with the desk's configuration.
func (o *passwordDesk) at(want int, args ...string) (stdout, stderr string) {
	o.t.Helper()
	return o.run(want, append(args, "--config", o.path("coexist.yaml"))...)
}

// wishPasswords makes the shipped policy generate passwords.
func (o *passwordDesk) wishPasswords() {
	o.replace(filepath.Join("policies", "users.yaml"), "thenExpr: {enabled: user.enabled}", "then: {password: {length: 16}, mustChange: true}\n      thenExpr: {enabled: user.enabled}")
}

// key makes an age key, and gives the file of its private part and its public one.
func (o *passwordDesk) key() (file, public string) {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		o.t.Fatal(err)
	}
	o.write("key.txt", i.String()+"\n")
	return o.path("key.txt"), i.Recipient().String()
}

// file gives the only password file.
func (o *passwordDesk) file() string {
	o.t.Helper()
	list, err := filepath.Glob(o.path("out/*.passwords"))
	if err != nil || len(list) != 1 {
		o.t.Fatalf("password files: %v, %v", list, err)
	}
	return list[0]
}

func (o *passwordDesk) reveal(key string, more ...string) []revealed {
	o.t.Helper()
	out, _ := o.run(0, append([]string{"passwords", "reveal", o.file(), "--identity", key, "--output", "json"}, more...)...)
	var doc struct{ Passwords []revealed }
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		o.t.Fatal(err)
	}
	return doc.Passwords
}

// Passwords that policies make are in the password file, encrypted, and nowhere else: no file and no stream shows one.
func TestPasswordsAreHandedOverAndNowhereElse(t *testing.T) {
	o := newPasswordDesk(t, "anna", "bernd", "carla", "doris")
	o.wishPasswords()
	planFile := o.path("coexist.plan")
	if _, said := o.at(0, "plan", "--out", planFile); !strings.Contains(said, "does not say who gets them") {
		t.Errorf("planning is silent about the missing sink: %s", said)
	}
	_, said := o.at(3, "apply", planFile)
	if len(o.given) > 0 || !strings.Contains(said, "set passwords:") {
		t.Fatalf("%d accounts were made without a sink: %s", len(o.given), said)
	}
	key, public := o.key()
	o.replace("coexist.yaml", "policies:", "passwords: { sink: age, to: ["+public+"], folder: out }\npolicies:")
	o.sinks = true

	// One request takes effect and loses its answer, one is refused.
	for _, f := range []sandbox.Fault{{Method: "POST", Path: "/users$", From: 2, Action: sandbox.Reset, AfterWrite: true},
		{Method: "POST", Path: "/users$", From: 3, Action: sandbox.Refuse, Status: 400, Code: "Request_BadRequest", Message: "no"}} {
		if err := o.tenant.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, said := o.at(7, "apply", planFile); !strings.Contains(said, "3 first passwords are in ") {
		t.Errorf("apply says: %s", said)
	}
	all := o.reveal(key, "--all")
	kept := o.reveal(key)
	if len(all) != 4 || len(kept) != 3 {
		t.Errorf("%d passwords, of which %d are not void; want 4 and 3", len(all), len(kept))
	}
	for _, r := range kept {
		if r.Password != o.given[r.SignInName] || r.Password == "" || !r.MustChange || string(r.Outcome) != "made" {
			t.Errorf("%s is %s with another password than the account has, or need not change it: %v", r.SignInName, r.Outcome, r.MustChange)
		}
	}
	o.at(0, "plan", "--out", o.path("second.plan"))
	o.at(0, "sync", "--out", o.path("third.plan"))
	for _, args := range [][]string{{"show", planFile, "--full"}, {"show", planFile, "--output", "json"}, {"runs", "show", "last", "--output", "json"}, {"runs", "list", "--output", "json"},
		{"runs", "export", "last"}, {"explain", "anna"}} {
		o.at(0, args...)
	}
	o.nowhere()
}

// nowhere looks for the passwords in every file and in everything that was said.
func (o *passwordDesk) nowhere() {
	o.t.Helper()
	if len(o.given) == 0 {
		o.t.Fatal("no password was made")
	}
	looked := 0
	look := func(where string, b []byte) {
		looked++
		for _, p := range o.given {
			for _, form := range []string{p, base64.StdEncoding.EncodeToString([]byte(p)), fmt.Sprintf("%x", p)} {
				if bytes.Contains(b, []byte(form)) {
					o.t.Errorf("a password is in %s", where)
				}
			}
		}
	}
	look("what was said", o.said.Bytes())
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, b)
		return err
	})
	if err != nil || looked < 10 {
		o.t.Errorf("looked into %d files, %v", looked, err)
	}
}

// A process that is killed between the sink and the account, or between the account and its answer, leaves no account whose
// password nobody has: the run that carries on says of each what came of it.
func TestKilledBetweenSinkAndAccount(t *testing.T) {
	for name, made := range map[string]bool{"before the account is made": false, "after the account is made": true} {
		t.Run(name, func(t *testing.T) {
			o := newPasswordDesk(t, "anna", "bernd", "carla")
			o.wishPasswords()
			key, public := o.key()
			o.replace("coexist.yaml", "policies:", "passwords: { sink: age, to: ["+public+"], folder: out }\npolicies:")
			o.at(0, "plan", "--out", o.path("coexist.plan"))
			c := exec.Command("coexist", "apply", o.path("coexist.plan"), "--config", o.path("coexist.yaml"))
			c.Stdout, c.Stderr = &o.said, &o.said
			var once sync.Once
			o.kill = func(after bool) (dead bool) {
				if after == made {
					once.Do(func() {
						dead = true
						if err := c.Process.Kill(); err != nil {
							t.Error(err)
						}
					})
				}
				return dead
			}
			if err := c.Run(); err == nil {
				t.Fatal("the run was not killed")
			}
			o.kill = nil
			o.resume()
			accounts := map[string]string{}
			for _, r := range o.reveal(key) {
				if accounts[r.SignInName] != "" || string(r.Outcome) != "made" {
					t.Errorf("%s has another password that counts, or its outcome is %s", r.SignInName, r.Outcome)
				}
				accounts[r.SignInName] = r.Password
			}
			if diff := cmp.Diff(o.given, accounts); diff != "" {
				t.Errorf("what the accounts have (-) and what the file says (+)\n%s", diff)
			}
			if all := o.reveal(key, "--all"); !made && len(all) == len(accounts) {
				t.Errorf("%d passwords are in the file, and none is void", len(all))
			}
			o.nowhere()
		})
	}
}

// A sink that cannot be written is found before the first write.
func TestSinkThatCannotBeWrittenRefusesThePlan(t *testing.T) {
	o := newPasswordDesk(t, "anna")
	o.wishPasswords()
	_, public := o.key()
	o.replace("coexist.yaml", "policies:", "passwords: { sink: age, to: ["+public+"], folder: key.txt/below }\npolicies:")
	o.at(0, "plan", "--out", o.path("coexist.plan"))
	if _, said := o.at(6, "apply", o.path("coexist.plan")); len(o.given) > 0 || !strings.Contains(said, "could not be handed over") {
		t.Errorf("%d accounts were made: %s", len(o.given), said)
	}
}

// A password from a secret is known to whoever set the secret: no sink is needed, and it is nowhere either.
func TestPasswordFromASecret(t *testing.T) {
	o := newPasswordDesk(t, "anna")
	o.replace(filepath.Join("policies", "users.yaml"), "thenExpr: {enabled: user.enabled}", "then: {password: {secret: first-day}}\n      thenExpr: {enabled: user.enabled}")
	if _, said := o.at(0, "plan", "--out", o.path("coexist.plan")); !strings.Contains(said, "secret first-day") {
		t.Errorf("planning is silent about the missing secret: %s", said)
	}
	o.at(3, "apply", o.path("coexist.plan"))
	t.Setenv("COEXIST_TEST_FIRST_DAY", "Canary-Pa55word")
	o.replace("coexist.yaml", "policies:", "secrets: { first-day: { env: COEXIST_TEST_FIRST_DAY } }\npolicies:")
	o.at(0, "apply", o.path("coexist.plan"))
	if o.given["anna@contoso.example"] != "Canary-Pa55word" {
		t.Error("the account has another password")
	}
	o.nowhere()
}

// What a program sets stands in the request, and in no line of an answer.
func TestCredentialsOverTheWire(t *testing.T) {
	o := newPasswordDesk(t, "anna")
	o.key()
	o.replace("coexist.yaml", "policies:", "credentials: { file: credentials.age, identity: key.txt }\npolicies:")
	t.Chdir(o.dir)
	for _, c := range []struct {
		words, request string
		exit, records  int
	}{
		{"credential set", `{"wire":1,"op":"credential.set","mode":"read","args":["coexist/ad"],"secret":"Canary-1"}`, 64, 0},
		{"credential set", `{"wire":1,"op":"credential.set","mode":"apply","args":["coexist/ad"]}`, 64, 0},
		{"credential set", `{"wire":1,"op":"credential.set","mode":"apply","args":["coexist/ad"],"params":{"user":"svc"},"secret":"Canary-1"}`, 0, 1},
		{"credential list", `{"wire":1,"op":"credential.list"}`, 0, 1},
		{"credential remove", `{"wire":1,"op":"credential.remove","mode":"apply","args":["coexist/ad"]}`, 0, 0},
		{"credential remove", `{"wire":1,"op":"credential.remove","mode":"apply","args":["coexist/ad"]}`, 11, 0},
		{"passwords reveal", `{"wire":1,"op":"passwords.reveal","args":["x.passwords"]}`, 64, 0},
	} {
		lines, exit := call(t, c.words, c.request)
		if got := of(lines, wire.KindRecord, "Credential"); exit != c.exit || len(got) != c.records {
			t.Errorf("%s: exit code %d and %d records, want %d and %d: %+v", c.request, exit, len(got), c.exit, c.records, lines)
		}
		if b, err := json.Marshal(lines); err != nil || bytes.Contains(b, []byte("Canary")) {
			t.Errorf("%s: the secret is in the answer, or %v", c.words, err)
		}
	}
}
