// Package revision reads a folder as it stood in a revision of a Git repository: from Git's objects, never from the work tree,
// and by the git command, which knows all that a repository can be (worktrees, alternates, partial clones, SHA-256).
package revision

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Limits on what is read: policies are small, and a folder named by mistake may not be.
const (
	maxFiles = 20_000
	maxBytes = 64 << 20
)

// ErrNoGit says that the git command is not there.
var ErrNoGit = errors.New("the git command is not installed, or not in PATH")

// ErrUnknown says that a revision or a folder does not exist.
var ErrUnknown = errors.New("does not exist")

// Repository is the repository that a folder belongs to.
type Repository struct {
	folder string // at which git is started
	prefix string // of the folder below the top of the repository, with forward slashes; "" at the top
}

// Open finds the repository of a folder.
func Open(ctx context.Context, folder string) (*Repository, error) {
	r := &Repository{folder: folder}
	out, err := r.git(ctx, nil, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	r.prefix = strings.TrimSuffix(strings.TrimRight(string(out), "\r\n"), "/")
	return r, nil
}

// Commit gives the full name of the commit that a revision means.
func (r *Repository) Commit(ctx context.Context, rev string) (string, error) {
	if strings.HasPrefix(rev, "-") || strings.ContainsAny(rev, "\x00\n") || rev == "" {
		return "", fmt.Errorf("revision %q: %w", rev, ErrUnknown)
	}
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		return "", fmt.Errorf("revision %q: %w; fetch it, for a shallow clone holds no history", rev, ErrUnknown)
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// blob is a file in a revision.
type blob struct{ path, object string }

// Folder gives the folder as it stood in a commit.
func (r *Repository) Folder(ctx context.Context, commit string) (fs.FS, error) {
	out, err := r.git(ctx, nil, "ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", ":(literal)"+r.prefix)
	if r.prefix == "" {
		out, err = r.git(ctx, nil, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
	}
	if err != nil {
		return nil, err
	}
	list, err := r.blobs(string(out))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("folder %s in %.12s: %w", r.prefix, commit, ErrUnknown)
	}
	return r.read(ctx, list)
}

// blobs reads the list of a tree. Links and modules are not followed: what they lead to is not in the revision.
func (r *Repository) blobs(listing string) ([]blob, error) {
	var out []blob
	total := int64(0)
	for _, line := range strings.Split(listing, "\x00") {
		about, name, ok := strings.Cut(line, "\t")
		words := strings.Fields(about)
		if !ok || len(words) != 4 || words[1] != "blob" || !strings.HasPrefix(words[0], "100") {
			continue
		}
		size, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("git ls-tree: %w", err)
		}
		if r.prefix != "" {
			if name, ok = strings.CutPrefix(name, r.prefix+"/"); !ok {
				continue
			}
		}
		if total += size; total > maxBytes || len(out) >= maxFiles {
			return nil, fmt.Errorf("the folder holds more than %d files or %d MiB; is it the policies?", maxFiles, maxBytes>>20)
		}
		out = append(out, blob{path.Clean(name), words[2]})
	}
	return out, nil
}

// read takes the contents of files out of Git's objects. A zip in memory is a file system at no cost.
func (r *Repository) read(ctx context.Context, list []blob) (fs.FS, error) {
	var ask strings.Builder
	for _, b := range list {
		ask.WriteString(b.object + "\n")
	}
	out, err := r.git(ctx, strings.NewReader(ask.String()), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	in := bufio.NewReader(bytes.NewReader(out))
	for _, b := range list {
		content, err := next(in, b.object)
		if err != nil {
			return nil, fmt.Errorf("git cat-file: %s: %w", b.path, err)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: b.path})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
}

// next reads one object of git cat-file --batch: "<object> blob <size>", its bytes, a line feed.
func next(in *bufio.Reader, object string) ([]byte, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != object || words[1] != "blob" {
		return nil, fmt.Errorf("unexpected answer %.80q", line)
	}
	size, err := strconv.Atoi(words[2])
	if err != nil || size < 0 || size > maxBytes {
		return nil, fmt.Errorf("unexpected size %.80q", line)
	}
	content := make([]byte, size+1)
	if _, err := io.ReadFull(in, content); err != nil {
		return nil, err
	}
	return content[:size], nil
}

// git runs the git command in the folder. It starts no hooks, asks nobody, and reads no more than these commands do.
func (r *Repository) git(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir, c.Stdin = r.folder, in
	c.Env = append(slices.DeleteFunc(c.Environ(), private), "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	err := c.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrNoGit
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		text := strings.Join(strings.Fields(complaint.String()), " ")
		return nil, fmt.Errorf("git %s: %w: %.300s", args[0], err, text)
	}
	return out.Bytes(), nil
}

// private reports whether a variable of the environment is none of git's business: ours may hold the tenant's secret.
func private(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	name = strings.ToUpper(name)
	return !strings.HasPrefix(name, "GIT_") && !slices.Contains([]string{"PATH", "PATHEXT", "PWD", "HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA",
		"PROGRAMDATA", "PROGRAMFILES", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "TEMP", "TMP", "TMPDIR", "XDG_CONFIG_HOME"}, name)
}
