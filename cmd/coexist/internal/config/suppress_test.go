package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/internal/strictyaml"
)

const silenced = `suppressions:
  - { check: UPN-009, object: "CN=Kiosk,DC=contoso,DC=example", reason: has no mailbox, owner: iam@contoso.example, until: 2027-03-31 }
`

func TestSuppressions(t *testing.T) {
	want := []validate.Suppression{{Check: "UPN-009", Object: "CN=Kiosk,DC=contoso,DC=example", Reason: "has no mailbox", Owner: "iam@contoso.example",
		Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)}} // the day itself counts whole
	dir := t.TempDir()
	for name, text := range map[string]string{"good.yaml": "apiVersion: coexist/v1\nkind: Suppressions\n" + silenced,
		"bad.yaml": "apiVersion: coexist/v1\nkind: Suppressions\nsuppressions:\n  - { check: UPN-999, object: x, reason: r, owner: o, until: 2027-03-31 }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		text    string
		mistake string // "" for none
	}{
		"in the file itself":   {silenced, ""},
		"in a file of its own": {"suppressions: good.yaml\n", ""},
		"no such file":         {"suppressions: gone.yaml\n", "gone.yaml"},
		"mistake in that file": {"suppressions: bad.yaml\n", "bad.yaml:4:14: there is no check \"UPN-999\""},
		"without its end":      {strings.Replace(silenced, ", until: 2027-03-31", "", 1), `key "until" is missing`},
		"without its owner":    {strings.Replace(silenced, ", owner: iam@contoso.example", "", 1), `key "owner" is missing`},
		"without its reason":   {strings.Replace(silenced, ", reason: has no mailbox", "", 1), `key "reason" is missing`},
		"of what has expired":  {strings.Replace(silenced, "UPN-009", "SUP-001", 1), "cannot be suppressed"},
		"no date":              {strings.Replace(silenced, "2027-03-31", "soon", 1), "soon"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Parse(filepath.Join(dir, "coexist.yaml"), []byte(complete+c.text))
			var problems strictyaml.Problems
			switch {
			case c.mistake == "" && err != nil:
				t.Fatal(err)
			case c.mistake != "" && (!errors.As(err, &problems) || !strings.Contains(err.Error(), c.mistake)):
				t.Fatalf("error %v, want %q", err, c.mistake)
			case c.mistake == "":
				if diff := cmp.Diff(want, got.Suppressions); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}
