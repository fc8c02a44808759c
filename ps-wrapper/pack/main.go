// Command pack builds the module as it is published: a folder and a zip with the executables of every system, a manifest that
// lists its files, checksums and a bill of materials. make module runs it.
//
// Where $COEXIST_SIGN_PFX names a certificate and $COEXIST_SIGN_PASSWORD_FILE the file with its password, osslsigncode signs
// the scripts and the executables for Windows. The checksums are those of the signed files.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const module = "CoexistenceSync"

// systems are those that the module carries an executable for.
var systems = []struct{ os, arch string }{{"windows", "amd64"}, {"windows", "arm64"}, {"linux", "amd64"}}

func main() {
	version := flag.String("version", "", "version of module and executable, such as 1.4.0")
	out := flag.String("out", "dist", "folder to write to")
	flag.Parse()
	if err := pack(*version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(version, out string) error {
	number, prerelease, err := split(version)
	if err != nil {
		return err
	}
	dir := filepath.Join(out, module)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("ps-wrapper", module))); err != nil {
		return err
	}
	for _, s := range systems {
		if err := build(dir, version, s.os, s.arch); err != nil {
			return err
		}
	}
	if err := bill(dir, version); err != nil {
		return err
	}
	if err := manifest(dir, number, prerelease); err != nil {
		return err
	}
	if err := sign(dir); err != nil {
		return err
	}
	if err := sums(dir); err != nil {
		return err
	}
	file := filepath.Join(out, module+"-"+version+".zip")
	if err := compress(dir, file); err != nil {
		return err
	}
	fmt.Println(file)
	return nil
}

var tag = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)(?:-(.+))?$`)

// split gives the number that a manifest takes, and what makes it a prerelease in the gallery's alphabet. A build of no
// tagged version is one of 0.0.1.
func split(version string) (number, prerelease string, err error) {
	if m := tag.FindStringSubmatch(version); m != nil {
		return m[1], regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(m[2], ""), nil
	}
	if strings.ContainsAny(version, " '\"$;/\\") || version == "" {
		return "", "", fmt.Errorf("%q is no version", version)
	}
	return "0.0.1", "devel", nil
}

func build(dir, version, system, arch string) error {
	exe := "coexist"
	if system == "windows" {
		exe += ".exe"
	}
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+version, "-o", filepath.Join(dir, "bin", system+"-"+arch, exe), "./cmd/coexist")
	c.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("build for %s/%s: %w", system, arch, err)
	}
	return nil
}

// files lists the files below dir in order, with slashes.
func files(dir string) ([]string, error) {
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	slices.Sort(out)
	return out, err
}

// manifest writes version and files into the manifest, and the version into the table that the module sends with requests.
func manifest(dir, number, prerelease string) error {
	list, err := files(dir)
	if err != nil {
		return err
	}
	list = append(list, "SHA256SUMS")
	quoted := make([]string, len(list))
	for i, f := range list {
		quoted[i] = "'" + strings.ReplaceAll(f, "/", `\`) + "'"
	}
	path := filepath.Join(dir, module+".psd1")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := strings.Replace(string(b), "'1.0.0'", "'"+number+"'", 1)
	text = strings.Replace(text, "@()\n    PrivateData", "@(\n        "+strings.Join(quoted, "\n        ")+"\n    )\n    PrivateData", 1)
	if prerelease != "" {
		text = strings.Replace(text, "PSData      = @{\n", "PSData      = @{\n            Prerelease   = '"+prerelease+"'\n", 1)
	}
	if !strings.Contains(text, "SHA256SUMS") {
		return fmt.Errorf("%s: its empty FileList is not where it should be", path)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	path = filepath.Join(dir, "Private", "Get-WireTable.ps1")
	if b, err = os.ReadFile(path); err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(b, []byte("'1.0.0'"), []byte("'"+number+"'"), 1), 0o644)
}

// bill writes what the executables are made of, as CycloneDX 1.5.
func bill(dir, version string) error {
	type component struct {
		Type    string `json:"type"`
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
		PURL    string `json:"purl,omitempty"`
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "bin", "linux-amd64", "coexist"))
	if err != nil {
		return err
	}
	list := []component{{"platform", "go", info.GoVersion, ""}}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		list = append(list, component{"library", d.Path, d.Version, "pkg:golang/" + d.Path + "@" + d.Version})
	}
	b, err := json.MarshalIndent(map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata":   map[string]any{"component": component{"application", "coexist", version, ""}},
		"components": list}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sbom.cdx.json"), append(b, '\n'), 0o644)
}

// sign signs what Windows checks, when there is a certificate.
func sign(dir string) error {
	pfx := os.Getenv("COEXIST_SIGN_PFX")
	if pfx == "" {
		fmt.Fprintln(os.Stderr, "pack: not signed; COEXIST_SIGN_PFX names no certificate")
		return nil
	}
	list, err := files(dir)
	if err != nil {
		return err
	}
	for _, f := range list {
		if !slices.Contains([]string{".ps1", ".psm1", ".psd1", ".ps1xml", ".exe"}, filepath.Ext(f)) {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(f))
		args := []string{"sign", "-pkcs12", pfx, "-h", "sha256", "-n", "coexist"}
		if p := os.Getenv("COEXIST_SIGN_PASSWORD_FILE"); p != "" {
			args = append(args, "-readpass", p)
		}
		if url := os.Getenv("COEXIST_SIGN_TIMESTAMP"); url != "" {
			args = append(args, "-ts", url)
		}
		if b, err := exec.Command("osslsigncode", append(args, "-in", path, "-out", path+".signed")...).CombinedOutput(); err != nil {
			return fmt.Errorf("sign %s: %w\n%s", f, err, b)
		}
		if err := os.Rename(path+".signed", path); err != nil {
			return err
		}
	}
	return nil
}

// sums writes the SHA-256 of every file, as sha256sum does.
func sums(dir string) error {
	list, err := files(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, f := range list {
		h := sha256.New()
		r, err := os.Open(filepath.Join(dir, filepath.FromSlash(f)))
		if err != nil {
			return err
		}
		_, err = io.Copy(h, r)
		r.Close() // read only
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", h.Sum(nil), f)
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(b.String()), 0o644)
}

// compress writes the folder to a zip whose bytes depend on nothing but the files.
func compress(dir, file string) (err error) {
	list, err := files(dir)
	if err != nil {
		return err
	}
	w, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if e := w.Close(); err == nil {
			err = e
		}
	}()
	z := zip.NewWriter(w)
	for _, f := range list {
		h := &zip.FileHeader{Name: module + "/" + f, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(0o644)
		if strings.HasPrefix(f, "bin/") {
			h.SetMode(0o755)
		}
		to, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		r, err := os.Open(filepath.Join(dir, filepath.FromSlash(f)))
		if err != nil {
			return err
		}
		_, err = io.Copy(to, r)
		r.Close() // read only
		if err != nil {
			return err
		}
	}
	return z.Close()
}
