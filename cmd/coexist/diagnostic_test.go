package main

import (
	"archive/zip"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDiagnosticNamesNobody plants secrets and personal values in everything that a bundle is made from, and looks for them.
func TestDiagnosticNamesNobody(t *testing.T) {
	sample(t)
	b, err := os.ReadFile("coexist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b) + "credentials: { file: /home/ada.geheim/c.age, passphrase: { env: GEHEIM_PHRASE } }\n" +
		"protected:\n  - { userPrincipalName: \"ada.geheim@contoso.example\" }\n  - { ou: \"OU=Geheim,DC=contoso,DC=example\" }\n# geheim\n"
	if err := os.WriteFile("coexist.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GEHEIM_PHRASE", "geheim-und-lang-genug")
	if _, exit := call(t, "plan", `{"wire":1,"op":"plan","params":{"out":"a.plan"},"records":[]}`); exit != 0 {
		t.Fatalf("plan: exit code %d", exit)
	}
	call(t, "apply", `{"wire":1,"op":"apply","mode":"apply","args":["a.plan"]}`)
	call(t, "halt", `{"wire":1,"op":"halt","mode":"apply","params":{"reason":"geheim drill of Ada"}}`)
	lines, exit := call(t, "diagnostic", `{"wire":1,"op":"diagnostic","args":["d.zip"]}`)
	if exit != 0 {
		t.Fatalf("exit code %d: %+v", exit, lines)
	}
	parts := unpacked(t, "d.zip")
	forbidden := []string{"geheim", "Geheim", "GEHEIM", "tailspin", "example", os.Getenv(rehearsalSecret), "rehearsal-", who().User, "CN=", "OU=", "@", "http://"}
	if h := who().Host; len(h) > 3 {
		forbidden = append(forbidden, h)
	}
	for name, content := range parts {
		for _, f := range forbidden {
			if f != "" && f != "root" && strings.Contains(content, f) {
				t.Errorf("%s has %q:\n%s", name, f, content)
			}
		}
	}
	tenant := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}`)
	if id := tenant.FindString(parts["configuration.json"]); id != "" {
		t.Errorf("the configuration has the id %s", id)
	}
	for name, want := range map[string]string{"version.json": `"go"`, "configuration.json": `"writes": "true"`, "policies.json": `"digest": "sha256:`,
		"store.json": `"halted": true`, "runs.json": `"mode": "apply"`, "doctor.json": `"check": "store"`} {
		if !strings.Contains(parts[name], want) || !strings.Contains(parts[name], `"problem": null`) {
			t.Errorf("%s lacks %s, or has a problem:\n%s", name, want, parts[name])
		}
	}
	if _, exit := call(t, "diagnostic", `{"wire":1,"op":"diagnostic","args":["d.zip"]}`); exit != 64 {
		t.Errorf("over a file that is there: exit code %d", exit)
	}
}

func TestDiagnosticOfWhatDoesNotLoad(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("coexist.yaml", []byte("apiVersion: geheim\npassword: geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if lines, exit := call(t, "diagnostic", `{"wire":1,"op":"diagnostic","args":["d.zip"]}`); exit != 0 {
		t.Fatalf("exit code %d: %+v", exit, lines)
	}
	for name, content := range unpacked(t, "d.zip") {
		if strings.Contains(content, "geheim") {
			t.Errorf("%s: %s", name, content)
		}
		if name == "configuration.json" && !strings.Contains(content, `"exitCode": 3`) {
			t.Errorf("%s does not tell the problem: %s", name, content)
		}
	}
}

func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}
