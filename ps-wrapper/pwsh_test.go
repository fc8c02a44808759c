package pswrapper

import (
	"context"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// powershell finds a PowerShell: $COEXIST_PWSH, else pwsh. Without one the test is skipped in one line.
func powershell(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the module's Pester tests take half a minute")
	}
	name := os.Getenv("COEXIST_PWSH")
	if name == "" {
		name = "pwsh"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("COEXIST_REQUIRE_PWSH") == "1" {
			t.Fatal(err)
		}
		t.Skip("no PowerShell here: the module's Pester tests are left out; set COEXIST_PWSH to one")
	}
	return path
}

// suite is NUnit 2.5's XML as Pester writes it.
type suite struct {
	Suites []suite `xml:"results>test-suite"`
	Cases  []struct {
		Name    string `xml:"description,attr"`
		Full    string `xml:"name,attr"`
		Result  string `xml:"result,attr"`
		Message string `xml:"failure>message"`
	} `xml:"results>test-case"`
}

func TestPester(t *testing.T) {
	t.Logf("%d Pester tests", pester(t))
}

// TestTour runs docs/tour.md alone and, with -v, prints the session as it looked. TestPester runs it with the others.
func TestTour(t *testing.T) {
	path := os.Getenv("COEXIST_TOUR_TRANSCRIPT")
	if path == "" {
		t.Skip("COEXIST_TOUR_TRANSCRIPT names no file for the session; make tour")
	}
	pester(t, filepath.Join("tests", "Tour.Tests.ps1"))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the tour\n\n%s", b)
}

// pester runs test files, all of them when none is named, makes a subtest of each test, and counts them.
func pester(t *testing.T, scripts ...string) int {
	pwsh := powershell(t)
	dir := t.TempDir()
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	fake, engine := filepath.Join(dir, "fakeengine"+exe), filepath.Join(dir, "coexist"+exe)
	for out, pkg := range map[string]string{fake: "./tests/fakeengine", engine: "../cmd/coexist"} {
		if b, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, b)
		}
	}
	results := filepath.Join(dir, "results.xml")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, pwsh, "-NoProfile", "-NonInteractive", "-File", filepath.Join("tests", "run.ps1"), results)
	c.Args = append(c.Args, scripts...)
	c.Env = append(os.Environ(), "COEXIST_FAKE_ENGINE="+fake, "COEXIST_REAL_ENGINE="+engine, "NO_COLOR=1", "TERM=dumb")
	said, err := c.CombinedOutput()
	b, missing := os.ReadFile(results)
	if missing != nil {
		t.Fatalf("the tests did not run: %v\n%s", err, said)
	}
	var all struct {
		Suites []suite `xml:"test-suite"`
	}
	if err := xml.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range all.Suites {
		n += tell(t, s)
	}
	if n == 0 || err != nil && !t.Failed() {
		t.Fatalf("%d tests, and %v:\n%s", n, err, said)
	}
	return n
}

// tell makes a subtest of each test.
func tell(t *testing.T, s suite) int {
	n := len(s.Cases)
	for _, c := range s.Cases {
		t.Run(c.Full, func(t *testing.T) {
			switch c.Result {
			case "Success":
			case "Ignored", "Skipped", "Inconclusive":
				t.Skip(c.Message)
			default:
				t.Error(c.Result, c.Message)
			}
		})
	}
	for _, x := range s.Suites {
		n += tell(t, x)
	}
	return n
}

func TestAnalyzer(t *testing.T) {
	c := exec.Command(powershell(t), "-NoProfile", "-NonInteractive", "-File", filepath.Join("tests", "analyze.ps1"))
	c.Env = append(os.Environ(), "NO_COLOR=1", "TERM=dumb")
	said, err := c.CombinedOutput()
	switch text := strings.TrimSpace(string(said)); {
	case err != nil:
		t.Fatalf("%v\n%s", err, said)
	case text == "missing":
		t.Skip("no PSScriptAnalyzer here: its checks are left out")
	case text != "clean":
		t.Errorf("findings:\n%s", text)
	}
}
