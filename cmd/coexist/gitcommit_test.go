package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
