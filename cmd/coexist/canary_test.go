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

// TestSecretsAreNowhere plants eight secrets, lets real processes plan, apply, run in the background, be asked to dump
// themselves, and be killed, and looks for each secret in ten places.
func TestSecretsAreNowhere(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	o := newPasswordDesk(t, "anna", "bernd", "carla")
	bin, seen := t.TempDir(), t.TempDir()
	exe := programCopy(t, bin)
	secrets := map[string]string{"client secret": os.Getenv(rehearsalSecret), "secret of a policy": "Canary-First-Day-1", "proxy password": "Canary-Proxy-2",
		"password of the directory": "Canary-Directory-3", "unrelated variable": "Canary-Unrelated-4"}

	// In front of the tenant: what carries a token, and what is answered.
	var mu sync.Mutex
	tokens, busy := map[string]bool{}, true
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if b, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			tokens[b] = true
		}
		refuse := busy && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/users")
		mu.Unlock()
		switch {
		case refuse:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/users"):
			o.remember(r)
		}
		o.tenant.ServeHTTP(w, r)
	}))
	defer front.Close()
	b, err := os.ReadFile(o.path("coexist.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	o.write("coexist.yaml", regexp.MustCompile(`http://127\.0\.0\.1:\d+`).ReplaceAllString(string(b), front.URL))
	o.wishPasswords()
	_, public := o.key()
	identity, err := os.ReadFile(o.path("key.txt"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["age identity"] = strings.TrimSpace(string(identity))
	o.replace("coexist.yaml", "policies:", "passwords: { sink: age, to: ["+public+"], folder: out }\nsecrets: { first-day: { env: COEXIST_TEST_FIRST_DAY } }\npolicies:")

	// The policies are in git, and a git that notes what it is given stands in front of the real one.
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "policies"}, {"-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-q", "-m", "policies"}} {
		c := exec.Command(git, args...)
		c.Dir = o.dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	note := "#!/bin/sh\n{ tr '\\0' '\\n' </proc/$$/cmdline; env; } >>" + seen + "/git\nexec " + git + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(note), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "COEXIST_TEST_FIRST_DAY="+secrets["secret of a policy"], "COEXIST_AD_PASSWORD="+secrets["password of the directory"],
		"HTTPS_PROXY=http://svc:"+secrets["proxy password"]+"@127.0.0.1:1", "NO_PROXY=127.0.0.1", "SOMETHING="+secrets["unrelated variable"], "GOTRACEBACK=all")
	var said, argv bytes.Buffer
	start := func(args ...string) (string, error) {
		c := exec.Command(exe, append(args, "--config", o.path("coexist.yaml"))...)
		c.Env, c.Dir = env, o.dir
		out, err := c.CombinedOutput()
		said.Write(out)
		fmt.Fprintln(&argv, c.Args)
		return string(out), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := start(args...)
		if err != nil {
			t.Fatalf("coexist %s: %v\n%s", args, err, out)
		}
		return out
	}
	must("doctor")
	must("plan", "--out", o.path("a.plan"))

	// One in the background that the tenant keeps waiting is asked for a dump of itself, and so ends like one that is killed.
	id := strings.Fields(must("sync", "--detach"))[0]
	r := must("runs", "show", id, "--output", "json")
	pid := regexp.MustCompile(`"pid":\s*(\d+)`).FindStringSubmatch(r)
	if pid == nil {
		t.Fatalf("no process: %s", r)
	}
	cmdline, err := os.ReadFile("/proc/" + pid[1] + "/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	argv.Write(cmdline)
	waitFor(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(tokens) > 0 })
	var n int
	fmt.Sscan(pid[1], &n)
	if err := syscall.Kill(n, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	start("runs", "wait", id, "--timeout", "1m")
	mu.Lock()
	busy = false
	mu.Unlock()
	must("apply", o.path("a.plan"))
	start("sync")
	must("runs", "export", "last", "--out", o.path("run.jsonl"))
	must("store", "backup", o.path("copy.db"))
	must("show", o.path("a.plan"), "--full")
	must("show", o.path("a.plan"), "--output", "json")
	must("runs", "show", "last", "--output", "json", "--full")
	must("tasks", "list", "--output", "json")

	if len(o.given) != 3 || len(tokens) == 0 {
		t.Fatalf("%d passwords and %d tokens were seen", len(o.given), len(tokens))
	}
	for name, p := range o.given {
		secrets["generated password of "+name] = p
	}
	for token := range tokens {
		secrets["access token"] = token
	}
	if len(secrets) < 8 {
		t.Fatalf("only %d secrets are planted", len(secrets))
	}
	dumped := false
	looked := 0
	look := func(where string, b []byte) {
		looked++
		dumped = dumped || bytes.Contains(b, []byte("SIGQUIT"))
		for name, s := range secrets {
			if name == "age identity" && where == o.path("key.txt") {
				continue // it is kept there
			}
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), fmt.Sprintf("%x", s)} {
				if bytes.Contains(b, []byte(form)) {
					t.Errorf("the %s is in %s", name, where)
				}
			}
		}
	}
	look("what was said", said.Bytes())
	look("command lines", argv.Bytes())
	given, err := os.ReadFile(filepath.Join(seen, "git"))
	if err != nil {
		t.Error(err)
	}
	look("command line and environment of git", given)
	err = filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, b)
		return err
	})
	if err != nil || looked < 15 || !dumped {
		t.Errorf("looked into %d places, a dump among them: %t; %v", looked, dumped, err)
	}
	t.Logf("%d secrets in %d places: %d searches", len(secrets), looked, looked*len(secrets))
}

// waitFor waits until something is so, however long that takes; the test's own time bounds it.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		time.Sleep(10 * time.Millisecond)
	}
}
