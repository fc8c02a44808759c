package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/cmd/coexist/internal/handover"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

const ageKey = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

func TestSinksForPasswords(t *testing.T) {
	private := "AGE-SECRET-KEY-1QQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQSSFN3SZ"
	cases := map[string]struct {
		text     string
		want     handover.Settings
		problems []string
	}{
		"age keys":         {"{ sink: age, to: [" + ageKey + "], folder: out }", handover.Settings{Sink: "age", To: []string{ageKey}, Folder: filepath.Join("etc", "out")}, nil},
		"certificates":     {"{ sink: certificate, to: [desk.cer], folder: out }", handover.Settings{Sink: "certificate", To: []string{filepath.Join("etc", "desk.cer")}, Folder: filepath.Join("etc", "out")}, nil},
		"this account":     {"{ sink: dpapi, folder: out }", handover.Settings{Sink: "dpapi", Folder: filepath.Join("etc", "out")}, nil},
		"this machine":     {"{ sink: dpapi, for: machine, folder: out }", handover.Settings{Sink: "dpapi", Folder: filepath.Join("etc", "out"), Machine: true}, nil},
		"mail":             {"{ sink: mail, from: s@c.example, to: [a@c.example] }", handover.Settings{Sink: "mail", From: "s@c.example", To: []string{"a@c.example"}}, nil},
		"six mails":        {"{ sink: mail, from: s@c.example, to: [a@c.example, b@c.example, c@c.example, d@c.example, e@c.example, f@c.example] }", handover.Settings{}, []string{"at most 5 recipients"}},
		"a name with mail": {"{ sink: mail, from: S <s@c.example>, to: [a@c.example] }", handover.Settings{}, []string{"expected a mail address"}},
		"nobody":           {"{ sink: age, to: [], folder: out }", handover.Settings{}, []string{"no recipient"}},
		"no folder":        {"{ sink: age, to: [" + ageKey + "] }", handover.Settings{}, []string{`key "folder" is missing`}},
		"no sink":          {"{ folder: out }", handover.Settings{}, []string{`key "sink" is missing`}},
		"what it lacks":    {"{ sink: dpapi, to: [x], from: s@c.example, folder: out }", handover.Settings{}, []string{"sink dpapi has no to", "sink dpapi has no from"}},
		"a private key":    {"{ sink: age, to: [" + private + "], folder: out }", handover.Settings{}, []string{"private age key"}},
		"no key at all":    {"{ sink: age, to: [hunter2], folder: out }", handover.Settings{}, []string{"no age key"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := config.Parse(filepath.Join("etc", "coexist.yaml"), []byte(complete+"passwords: "+c.text+"\n"))
			if len(c.problems) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, got.Passwords); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				return
			}
			var problems strictyaml.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v, want problems", err)
			}
			for _, p := range c.problems {
				if !strings.Contains(problems.Error(), p) {
					t.Errorf("%q is not among:\n%v", p, problems)
				}
			}
			if strings.Contains(problems.Error(), private) || strings.Contains(problems.Error(), "hunter2") {
				t.Errorf("a secret is repeated: %v", problems)
			}
		})
	}
}

func TestCredentialsAreReadWhenTheyAreNeeded(t *testing.T) {
	text := strings.Replace(complete, "{ env: COEXIST_TEST_PASSWORD }", "{ credential: coexist/ad }", 1)
	c, err := config.Parse("coexist.yaml", []byte(text+"credentials: { file: c.age, identity: key.txt }\nsecrets: { first: { credential: day-one } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Directories[0].Auth.Password.Read(); err == nil {
		t.Error("a credential is read without a store")
	}
	c.UseCredentials(func(name string) (string, error) {
		if name == "coexist/ad" {
			return "hush", nil
		}
		return "", errors.New("there is no " + name)
	})
	if got, err := c.Directories[0].Auth.Password.Read(); got != "hush" || err != nil {
		t.Errorf("Read() = %q, %v", got, err)
	}
	if got, err := c.Secret("first"); err == nil || !strings.Contains(err.Error(), "day-one") {
		t.Errorf("Secret() = %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{"c.age", "key.txt"}, []string{c.Credentials.File, c.Credentials.Identity}); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"credentials: { file: c, identity: k, passphrase: { env: A } }", "credentials: { file: c, passphrase: { credential: a } }",
		"credentials: { identity: k }", "secrets: { first: { credential: 'a b' } }", "secrets: { first: { credential: a, env: B } }"} {
		if _, err := config.Parse("coexist.yaml", []byte(complete+wrong+"\n")); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
