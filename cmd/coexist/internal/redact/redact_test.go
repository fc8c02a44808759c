package redact

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const schema = `{"properties":{"writes":{},"kind":{"enum":["Configuration"]},"limit":{},"password":{},"tenant":{"properties":{"id":{},"cloud":{"enum":["global"]}}}}}`

func TestYAMLKeepsOurOwnWordsOnly(t *testing.T) {
	got, err := NewMarks().YAML([]byte("kind: Configuration\nwrites: true\nlimit: 72h\npassword: 12345\nmine: {x: Ada}\ntenant: {id: contoso, cloud: global}\n"), []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"Configuration"`, `"writes":"true"`, `"limit":"72h"`, `"cloud":"global"`, `"id":"mark-`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("lacks %s: %s", want, b)
		}
	}
	for _, gone := range []string{"12345", "mine", "Ada", "contoso"} {
		if strings.Contains(string(b), gone) {
			t.Errorf("has %s: %s", gone, b)
		}
	}
}

func TestYAMLThatIsNoneIsNotQuoted(t *testing.T) {
	_, err := NewMarks().YAML([]byte("a: [geheim"), []byte(schema))
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
}

func TestMarks(t *testing.T) {
	m := NewMarks()
	if a := m.Of("ada"); a != m.Of("ada") || a == m.Of("bob") || a == NewMarks().Of("ada") || m.Of("") != "" {
		t.Errorf("marks of one bundle are not the same, or those of two are: %s", a)
	}
	cases := map[string]bool{"sign-in": true, "write: groups and holds": true, "configuration and policies": true, "licenseRemoval": true,
		"Ada Lovelace": false, "OU=Staff": false, "ada@contoso.com": false}
	got := map[string]bool{}
	for name := range cases {
		got[name] = m.Plain(name) == name
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("names that are kept (-want +got):\n%s", diff)
	}
	if s := m.Plain("scope OU=Staff"); !strings.HasPrefix(s, "scope mark-") {
		t.Error(s)
	}
	if RequestID("ada") != "" || RequestID("0a882142-889f-498d-b805-fd6313d7babc") == "" {
		t.Error("request ids")
	}
}
