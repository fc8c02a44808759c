package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
)

func TestGitCommitOfPolicies(t *testing.T) {
	commit := strings.Repeat("ab", 20)
	for name, c := range map[string]struct {
		files  map[string]string
		commit string
		branch string
	}{
		"a branch":                   {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": commit + "\n"}, commit, "main"},
		"a packed branch":            {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\n" + commit + " refs/heads/main\n"}, commit, "main"},
		"no branch":                  {map[string]string{".git/HEAD": commit + "\n"}, commit, ""},
		"a worktree":                 {map[string]string{".git": "gitdir: w\n", "w/HEAD": "ref: refs/heads/x\n", "w/commondir": "../main\n", "main/refs/heads/x": commit}, commit, "x"},
		"a branch without commits":   {map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, "", ""},
		"a reference that leads out": {map[string]string{".git/HEAD": "ref: ../../secret\n", "secret": commit}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range c.files {
				at := filepath.Join(root, filepath.FromSlash(path))
				if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			policies := filepath.Join(root, "policies", "default")
			if err := os.MkdirAll(policies, 0o700); err != nil {
				t.Fatal(err)
			}
			g := gitOf(policies)
			switch {
			case c.commit == "" && g != nil:
				t.Errorf("%+v, want none", g)
			case c.commit != "" && (g == nil || g.Commit != c.commit || g.Branch != c.branch || g.Dirty != "unknown"):
				t.Errorf("%+v, want %s on %q", g, c.commit, c.branch)
			}
		})
	}
}

// TestGitSaysWhetherPoliciesAreTheCommits holds the policies against Git's objects: what else lies in the work tree, and how
// lines end there, does not count.
func TestGitSaysWhetherPoliciesAreTheCommits(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	const text = "apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: people, owner: iam@contoso.example}\ndecisions:\n  cloudType: {default: {id: all, then: user}}\n"
	for name, c := range map[string]struct {
		meddle map[string]string
		want   string
	}{
		"as committed":             {nil, "no"},
		"lines that end as in DOS": {map[string]string{"policies/people.yaml": strings.ReplaceAll(text, "\n", "\r\n")}, "no"},
		"a file that is no policy": {map[string]string{"policies/notes.txt": "x"}, "no"},
		"another value":            {map[string]string{"policies/people.yaml": strings.Replace(text, "then: user", "then: sharedMailbox", 1)}, "yes"},
		"a further policy":         {map[string]string{"policies/more.yaml": strings.NewReplacer("people", "more", "id: all", "id: more").Replace(text)}, "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write := func(path, text string) {
				t.Helper()
				at := filepath.Join(root, filepath.FromSlash(path))
				if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			git := func(args ...string) {
				t.Helper()
				c := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@contoso.example", "-c", "core.autocrlf=false"}, args...)...)
				c.Dir = root
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("git %v: %v\n%s", args, err, out)
				}
			}
			write("policies/people.yaml", text)
			git("init", "-q")
			git("add", ".")
			git("commit", "-q", "-m", "policies")
			for path, text := range c.meddle {
				write(path, text)
			}
			folder := filepath.Join(root, "policies")
			set, err := loadPolicies(folder)
			if err != nil {
				t.Fatal(err)
			}
			s := &session{cfg: &config.Config{Policies: folder}, policies: set}
			if g := s.git(t.Context()); g == nil || g.Dirty != c.want {
				t.Errorf("%+v, want dirty: %s", g, c.want)
			}
		})
	}
}
