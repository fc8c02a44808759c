package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/cmd/coexist/internal/revision"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

// git says which commit the policies come from, and whether those that were read are the commit's. What is compared are
// the policies themselves with Git's objects: "git status" would look at the work tree, and run the filters and monitors
// that a repository configures. Where the git command is not there, or refuses, nobody knows; the plan holds the policies'
// bytes in any case.
func (s *session) git(ctx context.Context) *plan.Git {
	g := gitOf(s.cfg.Policies)
	if g == nil {
		return nil
	}
	repo, err := revision.Open(ctx, s.cfg.Policies)
	if err != nil {
		return g
	}
	committed, err := repo.Folder(ctx, g.Commit)
	switch {
	case errors.Is(err, revision.ErrUnknown):
		g.Dirty = "yes" // the commit has no such folder
	case err == nil:
		g.Dirty = "no"
		if set, problems := rules.Load(committed, "."); len(problems) > 0 || !sameText(set.Files(), s.policies.Files()) {
			g.Dirty = "yes"
		}
	}
	return g
}

// sameText compares files but for the ends of lines, which Git changes on its way to and from a work tree.
func sameText(a, b []rules.File) bool {
	unix := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
	return slices.EqualFunc(a, b, func(x, y rules.File) bool { return x.Path == y.Path && bytes.Equal(unix(x.Bytes), unix(y.Bytes)) })
}

// gitOf says which commit of a Git checkout a folder lies in, nil when it lies in none. It reads what Git keeps in files
// (gitrepository-layout(5)), so that the commit is known where the git command is not there.
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
