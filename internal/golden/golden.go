// Package golden holds what a test made against a file that a reviewer has seen. Run the tests with -update to rewrite the
// files and review the difference.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// File holds got against the file of the name below testdata.
func File(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update and review the file", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Case runs test for every txtar archive that matches pattern, one subtest each. test reads its input from the archive and
// returns the files it made; each is held against the archive's file of that name.
func Case(t *testing.T, pattern string, test func(t *testing.T, a *txtar.Archive) []txtar.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden file matches %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			hold(t, path, a, test(t, a))
		})
	}
}

// hold compares the files made with those in the archive, or writes them into it.
func hold(t *testing.T, path string, a *txtar.Archive, made []txtar.File) {
	t.Helper()
	for _, m := range made {
		i := find(a, m.Name)
		switch {
		case *update && i < 0:
			a.Files = append(a.Files, m)
		case *update:
			a.Files[i].Data = m.Data
		case i < 0:
			t.Errorf("%s holds no file %s; run the test with -update and review it", path, m.Name)
		default:
			if diff := cmp.Diff(string(a.Files[i].Data), string(m.Data)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", path, m.Name, diff)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func find(a *txtar.Archive, name string) int {
	for i, f := range a.Files {
		if f.Name == name {
			return i
		}
	}
	return -1
}
