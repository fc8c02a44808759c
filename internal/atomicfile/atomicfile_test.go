package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/coexistsync/coexist/internal/atomicfile"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func files(t *testing.T, dir string) int {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := atomicfile.Write(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != want {
			t.Errorf("holds %q, want %q", got, want)
		}
	}
	if n := files(t, filepath.Dir(path)); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
}

func TestAbortLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	if err := atomicfile.Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("half"); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got := content(t, path); got != "old" {
		t.Errorf("holds %q, want old", got)
	}
	if n := files(t, filepath.Dir(path)); n != 1 {
		t.Errorf("%d files are left, want 1", n)
	}
	if err := f.Commit(); err == nil {
		t.Error("an aborted file was committed")
	}
}

func TestAbortAfterCommitDoesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("whole"); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got := content(t, path); got != "whole" {
		t.Errorf("holds %q, want whole", got)
	}
}

func TestCreateWithoutFolder(t *testing.T) {
	if _, err := atomicfile.Create(filepath.Join(t.TempDir(), "missing", "a.plan")); err == nil {
		t.Error("a file was made in a folder that does not exist")
	}
}

func TestCommitOverAFolderLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.plan")
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d entries are left, want 1", n)
	}
}
