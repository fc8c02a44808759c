package config

import (
	"strings"
	"testing"
	"time"
)

const head = `apiVersion: coexist/v1
kind: Configuration
directories: [{name: a, ldif: a.ldif}]
tenant: {id: 11111111-2222-3333-4444-555555555555, url: "http://127.0.0.1:1"}
policies: policies
store: s.db
`

func TestPlanSettings(t *testing.T) {
	c, err := Parse("coexist.yaml", []byte(head+`
protected:
  - {objectGUID: 00000000-0000-0000-0000-000000000001}
  - {userPrincipalName: "admin*@contoso.example"}
  - {group: Executives}
  - {ou: "OU=Board,DC=contoso,DC=example"}
approvals: {required: true, by: ['CONTOSO\anna', 'CONTOSO\bernd'], count: 2, notPlanner: true, valid: 2d}
plan: {trust: [MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, a := c.Protected, c.Approvals
	if len(s.GUIDs) != 1 || len(s.UPNs) != 1 || len(s.Groups) != 1 || len(s.OUs) != 1 {
		t.Errorf("protected: %+v", s)
	}
	if !a.Required || len(a.By) != 2 || a.Count != 2 || !a.NotPlanner || a.Valid != 48*time.Hour {
		t.Errorf("approvals: %+v", a)
	}
	if len(c.Trust) != 1 {
		t.Errorf("%d keys", len(c.Trust))
	}
	if c, err = Parse("coexist.yaml", []byte(head)); err != nil || c.Approvals.Required || c.Approvals.Count != 1 || c.Approvals.Valid != 7*24*time.Hour {
		t.Errorf("shipped: %+v, %v", c.Approvals, err)
	}
}

func TestPlanSettingsThatAreWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"two things in one entry": {"protected: [{group: a, ou: OU=a}]", "exactly one of"},
		"nothing in an entry":     {"protected: [{}]", "exactly one of"},
		"no GUID":                 {"protected: [{objectGUID: x}]", "not an objectGUID"},
		"no DN":                   {"protected: [{ou: Board}]", "not a DN"},
		"too few approvers":       {"approvals: {required: true, by: [a], count: 2}", "only 1 accounts"},
		"required is missing":     {"approvals: {count: 2}", `"required" is missing`},
		"no key":                  {"plan: {trust: [abc]}", "not the public key"},
		"a key of another kind":   {"plan: {trust: [MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE]}", "not the public key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("coexist.yaml", []byte(head+c.text+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
