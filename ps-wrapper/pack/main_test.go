package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	cases := map[string]struct {
		number, prerelease string
		fails              bool
	}{
		"1.4.0":           {"1.4.0", "", false},
		"v1.4.0-rc.1":     {"1.4.0", "rc1", false},
		"v1.4.0-3-gabc12": {"1.4.0", "3gabc12", false},
		"fc0fb79":         {"0.0.1", "devel", false},
		"":                {"", "", true},
		"1'; rm":          {"", "", true},
	}
	for in, c := range cases {
		number, prerelease, err := split(in)
		if number != c.number || prerelease != c.prerelease || (err != nil) != c.fails {
			t.Errorf("%q: %q, %q, %v", in, number, prerelease, err)
		}
	}
}

// The packed manifest lists every file, the checksums too, and both it and the module know the version.
func TestManifestAndSums(t *testing.T) {
	dir := filepath.Join(t.TempDir(), module)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", module))); err != nil {
		t.Fatal(err)
	}
	if err := manifest(dir, "1.4.0", "rc1"); err != nil {
		t.Fatal(err)
	}
	if err := sums(dir); err != nil {
		t.Fatal(err)
	}
	list, err := files(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, module+".psd1"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "FileList")
	rest, _, _ = strings.Cut(rest, ")")
	for _, f := range list {
		if !strings.Contains(rest, "'"+strings.ReplaceAll(f, "/", `\`)+"'") {
			t.Errorf("FileList lacks %s", f)
		}
	}
	for _, want := range []string{"ModuleVersion        = '1.4.0'", "Prerelease   = 'rc1'"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the manifest lacks %s", want)
		}
	}
	table, err := os.ReadFile(filepath.Join(dir, "Private", "Get-WireTable.ps1"))
	if err != nil || !strings.Contains(string(table), "Module  = '1.4.0'") {
		t.Errorf("the module does not know its version: %v", err)
	}
	digests, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if n := len(regexp.MustCompile(`(?m)^[0-9a-f]{64}  \S`).FindAll(digests, -1)); err != nil || n != len(list)-1 {
		t.Errorf("%d checksums of %d files, %v", n, len(list)-1, err)
	}
	file := filepath.Join(t.TempDir(), "x.zip")
	if err := compress(dir, file); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != len(list) || !strings.HasPrefix(z.File[0].Name, module+"/") {
		t.Errorf("%d files in the zip, want %d", len(z.File), len(list))
	}
}
