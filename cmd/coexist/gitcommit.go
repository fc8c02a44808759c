package main

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/coexistsync/coexist/engine/plan"
)

// gitOf says which commit of a Git checkout a folder lies in, nil when it lies in none. It reads what Git keeps in files
// (gitrepository-layout(5)) and runs nothing: a program that plans must not carry out what a repository configures. Whether
// files differ from the commit takes Git's own index and object store to tell, so that it is not told here; the plan holds
// the policies' bytes themselves.
func gitOf(folder string) *plan.Git {
	at, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	for {
		if git := gitFolder(filepath.Join(at, ".git")); git != "" {
			return headOf(git)
		}
		up := filepath.Dir(at)
		if up == at {
			return nil
		}
		at = up
	}
}

// gitFolder gives the folder that .git is, or, as in a worktree or a submodule, names.
func gitFolder(path string) string {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case st.IsDir():
		return path
	}
	named, ok := strings.CutPrefix(firstLine(path), "gitdir: ")
	if !ok {
		return ""
	}
	if !filepath.IsAbs(named) {
		named = filepath.Join(filepath.Dir(path), named)
	}
	return named
}

// commitID is a commit by its whole name, of SHA-1 or of SHA-256.
var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// headOf gives the commit that is checked out.
func headOf(git string) *plan.Git {
	out := &plan.Git{Dirty: "unknown"}
	head := firstLine(filepath.Join(git, "HEAD"))
	name, branch := strings.CutPrefix(head, "ref: ")
	if !branch {
		out.Commit = head
	} else if filepath.IsLocal(filepath.FromSlash(name)) {
		out.Branch = strings.TrimPrefix(name, "refs/heads/")
		common := git
		if c := firstLine(filepath.Join(git, "commondir")); c != "" {
			if common = c; !filepath.IsAbs(c) {
				common = filepath.Join(git, c)
			}
		}
		if out.Commit = firstLine(filepath.Join(common, filepath.FromSlash(name))); out.Commit == "" {
			out.Commit = packed(filepath.Join(common, "packed-refs"), name)
		}
	}
	if !commitID.MatchString(out.Commit) {
		return nil // a branch without a commit, or a form of references that is not known here
	}
	return out
}

// packed looks a reference up among the packed ones.
func packed(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() // read only
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if commit, ref, ok := strings.Cut(lines.Text(), " "); ok && ref == name {
			return commit
		}
	}
	return ""
}

// firstLine gives the first line of a small file, "" when there is none.
func firstLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() // read only
	line, _, err := bufio.NewReaderSize(f, 4096).ReadLine()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(line))
}
