package rules_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/rules"
)

func TestPasswordsThatPoliciesWishFor(t *testing.T) {
	set, problems := rules.Load(fstest.MapFS{"people.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: people, owner: a@b.example, description: x}
scope: user.class == "user"
decisions:
  account:
    mode: merge
    rules:
      - {id: account-trainee, when: user.employeeType == "Apprentice", then: {password: {secret: first-day}}}
      - {id: account-guest, when: user.employeeType == "Guest", then: {password: {length: 12, classes: 3, pronounceable: true}}}
      - {id: account-other, when: user.employeeType == "Other", then: {password: {length: 12, classes: 3, pronounceable: true}}}
    default: {id: account-default, then: {password: {length: 24}, mustChange: true}}
`)}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []cloud.Password{{Length: 12, Classes: 3, Pronounceable: true}, {Length: 24, Classes: 4}, {Secret: "first-day"}}
	if diff := cmp.Diff(want, set.Passwords()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
