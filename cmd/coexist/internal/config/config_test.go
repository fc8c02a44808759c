package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/internal/golden"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

// Every mistake of a file is reported, each where it stands.
func TestMistakes(t *testing.T) {
	golden.Case(t, "*.txtar", func(t *testing.T, a *txtar.Archive) []txtar.File {
		_, err := config.Parse("coexist.yaml", a.Files[0].Data)
		var problems strictyaml.Problems
		if !errors.As(err, &problems) {
			t.Fatalf("error %v, want problems", err)
		}
		return []txtar.File{{Name: "problems", Data: []byte(problems.Error() + "\n")}}
	})
}

const complete = `apiVersion: coexist/v1
kind: Configuration
directories:
  - name: contoso
    url: ldaps://dc1.contoso.example
    ca: ca.pem
    auth: { bind: simple, user: svc@contoso.example, password: { env: COEXIST_TEST_PASSWORD } }
    scope:
      - ou: OU=Staff,DC=contoso,DC=example
        filter: "(!(extensionAttribute15=nosync))"
        excludedFromOtherEngine: true
tenant:
  id: 11111111-2222-3333-4444-555555555555
  auth: { clientId: 21111111-2222-3333-4444-555555555555, secret: { file: secrets/app } }
  exchange: true
policies: policies
writes: true
store: state/coexist.db
pilot: { group: "CN=Pilot,DC=contoso,DC=example" }
guards:
  delete: { count: 50 }
  primarySmtp: { count: 20, percent: 1 }
  adoption: off
  minimumPopulation: 100
`

func TestComplete(t *testing.T) {
	c, err := config.Parse(filepath.Join("etc", "coexist.yaml"), []byte(complete))
	if err != nil {
		t.Fatal(err)
	}
	guards := engine.DefaultLimits()
	guards.MinPopulation = 100
	guards.ByGuard[engine.GuardDelete] = engine.Limit{Count: 50, Percent: 5}
	guards.ByGuard[engine.GuardPrimarySMTP] = engine.Limit{Count: 20, Percent: 1}
	guards.ByGuard[engine.GuardAdoption] = engine.Limit{}
	want := &config.Config{
		Path: filepath.Join("etc", "coexist.yaml"),
		Directories: []config.Directory{{Name: "contoso", URL: "ldaps://dc1.contoso.example", CA: filepath.Join("etc", "ca.pem"),
			Auth:  config.Auth{User: "svc@contoso.example", Password: config.Secret{Env: "COEXIST_TEST_PASSWORD"}},
			Scope: []config.Scope{{OU: "OU=Staff,DC=contoso,DC=example", Filter: "(!(extensionAttribute15=nosync))", ExcludedFromOtherEngine: true}}}},
		Tenant: config.Tenant{ID: "11111111-2222-3333-4444-555555555555", Cloud: "global", Exchange: true,
			SignIn: config.SignIn{ClientID: "21111111-2222-3333-4444-555555555555", Secret: config.Secret{File: filepath.Join("etc", "secrets", "app")}}},
		Policies: filepath.Join("etc", "policies"), Writes: true, Store: filepath.Join("etc", "state", "coexist.db"),
		Pilot: "CN=Pilot,DC=contoso,DC=example", Guards: guards, Approvals: config.Approvals{Count: 1, Valid: 7 * 24 * time.Hour},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(config.Config{}, config.Secret{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerifyNamesWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "coexist.yaml")
	if err := os.WriteFile(path, []byte(complete), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var problems strictyaml.Problems
	if err := c.Verify(); !errors.As(err, &problems) || len(problems) != 4 {
		t.Fatalf("problems: %v, want CA, password, secret file and policies", err)
	}
	for i, line := range []int{6, 7, 14, 16} {
		if problems[i].Line != line {
			t.Errorf("problem %v, want it in line %d", problems[i], line)
		}
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("two\nlines\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COEXIST_TEST_PASSWORD", "hush")
	t.Setenv("COEXIST_TEST_EMPTY", "")
	cases := map[string]struct {
		secret config.Secret
		want   string
		ok     bool
	}{
		"an environment variable":      {config.Secret{Env: "COEXIST_TEST_PASSWORD"}, "hush", true},
		"a file less its last break":   {config.Secret{File: file}, "two\nlines", true},
		"an empty variable is missing": {config.Secret{Env: "COEXIST_TEST_EMPTY"}, "", false},
		"a folder is no secret":        {config.Secret{File: dir}, "", false},
		"no secret at all":             {config.Secret{}, "", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := c.secret.Read()
			if got != c.want || (err == nil) != c.ok {
				t.Errorf("Read() = %q, %v", got, err)
			}
		})
	}
}

func TestSecretsOfPolicies(t *testing.T) {
	t.Setenv("COEXIST_TEST_PASSWORD", "hush")
	c := &config.Config{Path: "coexist.yaml", Secrets: map[string]config.Secret{"first-day": {Env: "COEXIST_TEST_PASSWORD"}}}
	if got, err := c.Secret("first-day"); got != "hush" || err != nil {
		t.Errorf("Secret() = %q, %v", got, err)
	}
	if _, err := c.Secret("other"); err == nil {
		t.Error("an unknown secret is known")
	}
}

// A secret that somebody wrote into the file is not repeated by the message about it, and not by the line shown with it.
func TestSecretInTheFileIsNotRepeated(t *testing.T) {
	for name, line := range map[string]string{
		"in place of the reference": "password: hunter2",
		"beside the reference":      "password: { env: A, file: B, value: hunter2 }",
		"below a misspelt key":      "pasword: hunter2",
		"in place of the sign-in":   "hunter2",
		"in place of a list":        "password: { env: A }\n    scope: hunter2",
		"as an alias":               "password: *hunter2",
		"as an anchor":              "password: &hunter2 x",
		"as a tag":                  "password: !hunter2 x",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(complete, "password: { env: COEXIST_TEST_PASSWORD }", line, 1)
			if line == "hunter2" {
				text = strings.Replace(complete, "auth: { bind: simple, user: svc@contoso.example, password: { env: COEXIST_TEST_PASSWORD } }", "auth: hunter2", 1)
			}
			_, err := config.Parse("coexist.yaml", []byte(text))
			var problems strictyaml.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want problems", err)
			}
			for _, p := range problems {
				if strings.Contains(p.String()+p.Source, "hunter2") {
					t.Errorf("%s repeats the secret: %s", p, p.Source)
				}
			}
		})
	}
}
