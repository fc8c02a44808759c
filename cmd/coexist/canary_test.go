//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programCopy puts this program into a folder under its name and gives its path.
func programCopy(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "coexist")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// front stands in front of the tenant: it notes the tokens that requests carry, and makes no account while it is busy.
type front struct {
	desk *passwordDesk

	mu     sync.Mutex
	tokens map[string]bool
	busy   bool
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	makes := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/users")
	f.mu.Lock()
	if b, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		f.tokens[b] = true
	}
	refuse := makes && f.busy
	f.mu.Unlock()
	if refuse {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if makes {
		f.desk.remember(r)
	}
	f.desk.tenant.ServeHTTP(w, r)
}

func (f *front) reached() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.tokens) > 0
}

func (f *front) open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
}

// planted is a desk at which real processes work, with secrets in all the places that they know.
type planted struct {
	*passwordDesk
	front     *front
	exe       string
	env       []string
	git       string            // file with the command lines and environments that git was given
	secrets   map[string]string // by name
	out, argv bytes.Buffer      // what the processes wrote, and their command lines
}

func plant(t *testing.T) *planted {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	p := &planted{passwordDesk: newPasswordDesk(t, "anna", "bernd", "carla"), git: filepath.Join(t.TempDir(), "git")}
	bin := t.TempDir()
	p.exe = programCopy(t, bin)
	p.front = &front{desk: p.passwordDesk, tokens: map[string]bool{}, busy: true}
	server := httptest.NewServer(p.front)
	t.Cleanup(server.Close)
	p.secrets = map[string]string{"client secret": os.Getenv(rehearsalSecret), "secret of a policy": "Canary-First-Day-1", "proxy password": "Canary-Proxy-2",
		"password of the directory": "Canary-Directory-3", "unrelated variable": "Canary-Unrelated-4"}
	p.configure(server.URL)
	p.keepInGit(git, bin)
	p.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "COEXIST_TEST_FIRST_DAY="+p.secrets["secret of a policy"], "COEXIST_AD_PASSWORD="+p.secrets["password of the directory"],
		"HTTPS_PROXY=http://svc:"+p.secrets["proxy password"]+"@127.0.0.1:1", "NO_PROXY=127.0.0.1", "SOMETHING="+p.secrets["unrelated variable"], "GOTRACEBACK=all")
	return p
}

// configure leads to the front, and has passwords generated for an age identity.
func (p *planted) configure(url string) {
	b, err := os.ReadFile(p.path("coexist.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("coexist.yaml", regexp.MustCompile(`http://127\.0\.0\.1:\d+`).ReplaceAllString(string(b), url))
	p.wishPasswords()
	file, public := p.key()
	identity, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	p.secrets["age identity"] = strings.TrimSpace(string(identity))
	p.replace("coexist.yaml", "policies:", "passwords: { sink: age, to: ["+public+"], folder: out }\nsecrets: { first-day: { env: COEXIST_TEST_FIRST_DAY } }\npolicies:")
}

// keepInGit commits the policies, and puts a git that notes what it is given in front of the real one.
func (p *planted) keepInGit(git, bin string) {
	for _, args := range [][]string{{"init", "-q"}, {"add", "policies"}, {"-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-q", "-m", "policies"}} {
		c := exec.Command(git, args...)
		c.Dir = p.dir
		if out, err := c.CombinedOutput(); err != nil {
			p.t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	note := "#!/bin/sh\n{ tr '\\0' '\\n' </proc/$$/cmdline; env; } >>" + p.git + "\nexec " + git + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(note), 0o700); err != nil {
		p.t.Fatal(err)
	}
}

// start runs a command as a process, and gives what it wrote, and its error.
func (p *planted) start(args ...string) (string, error) {
	c := exec.Command(p.exe, append(args, "--config", p.path("coexist.yaml"))...)
	c.Env, c.Dir = p.env, p.dir
	out, err := c.CombinedOutput()
	p.out.Write(out)
	fmt.Fprintln(&p.argv, c.Args)
	return string(out), err
}

// must does the same for a command that succeeds.
func (p *planted) must(args ...string) string {
	p.t.Helper()
	out, err := p.start(args...)
	if err != nil {
		p.t.Fatalf("coexist %s: %v\n%s", args, err, out)
	}
	return out
}

// dumpInBackground asks a process in the background, which the tenant keeps waiting, for a dump of itself; so it ends like
// one that is killed.
func (p *planted) dumpInBackground() {
	p.t.Helper()
	id := strings.Fields(p.must("sync", "--detach"))[0]
	r := p.must("runs", "show", id, "--output", "json")
	pid := regexp.MustCompile(`"pid":\s*(\d+)`).FindStringSubmatch(r)
	if pid == nil {
		p.t.Fatalf("no process: %s", r)
	}
	cmdline, err := os.ReadFile("/proc/" + pid[1] + "/cmdline")
	if err != nil {
		p.t.Fatal(err)
	}
	p.argv.Write(cmdline)
	waitFor(p.t, p.front.reached)
	var n int
	fmt.Sscan(pid[1], &n)
	if err := syscall.Kill(n, syscall.SIGQUIT); err != nil {
		p.t.Fatal(err)
	}
	p.start("runs", "wait", id, "--timeout", "1m")
}

// addSeen adds the secrets that came into being on the way: passwords and a token.
func (p *planted) addSeen() {
	p.t.Helper()
	if len(p.given) != 3 || !p.front.reached() {
		p.t.Fatalf("%d passwords and %d tokens were seen", len(p.given), len(p.front.tokens))
	}
	for name, password := range p.given {
		p.secrets["generated password of "+name] = password
	}
	for token := range p.front.tokens {
		p.secrets["access token"] = token
	}
	if len(p.secrets) < 8 {
		p.t.Fatalf("only %d secrets are planted", len(p.secrets))
	}
}

// look reports the secrets that are in a place, as they are or encoded.
func (p *planted) look(where string, b []byte) {
	for name, s := range p.secrets {
		if name == "age identity" && where == p.path("key.txt") {
			continue // it is kept there
		}
		for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), fmt.Sprintf("%x", s)} {
			if bytes.Contains(b, []byte(form)) {
				p.t.Errorf("the %s is in %s", name, where)
			}
		}
	}
}

// TestSecretsAreNowhere plants eight secrets, lets real processes plan, apply, run in the background, be asked to dump
// themselves, and be killed, and looks for each secret in ten places.
func TestSecretsAreNowhere(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	p := plant(t)
	p.must("doctor")
	p.must("plan", "--out", p.path("a.plan"))
	p.dumpInBackground()
	p.front.open()
	p.must("apply", p.path("a.plan"))
	p.start("sync")
	p.must("runs", "export", "last", "--out", p.path("run.jsonl"))
	p.must("store", "backup", p.path("copy.db"))
	p.must("show", p.path("a.plan"), "--full")
	p.must("show", p.path("a.plan"), "--output", "json")
	p.must("runs", "show", "last", "--output", "json", "--full")
	p.must("tasks", "list", "--output", "json")
	p.addSeen()

	given, err := os.ReadFile(p.git)
	if err != nil {
		t.Error(err)
	}
	places := map[string][]byte{"what was said": p.out.Bytes(), "command lines": p.argv.Bytes(), "command line and environment of git": given}
	err = filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		places[path], err = os.ReadFile(path)
		return err
	})
	dumped := false
	for where, b := range places {
		dumped = dumped || bytes.Contains(b, []byte("SIGQUIT"))
		p.look(where, b)
	}
	if err != nil || len(places) < 15 || !dumped {
		t.Errorf("looked into %d places, a dump among them: %t; %v", len(places), dumped, err)
	}
	t.Logf("%d secrets in %d places: %d searches", len(p.secrets), len(places), len(places)*len(p.secrets))
}

// waitFor waits until something is so, however long that takes; the test's own time bounds it.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		time.Sleep(10 * time.Millisecond)
	}
}
