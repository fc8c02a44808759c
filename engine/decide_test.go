package engine_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/rules"
)

// TestGroupWhoseMembersAreInDoubtDecidesNothing: a policy that asks for members of a group cannot be evaluated when those of
// the group, or of one nested in it, could not be read; what else could not be read of it does not matter.
func TestGroupWhoseMembersAreInDoubtDecidesNothing(t *testing.T) {
	set, problems := rules.Load(fstest.MapFS{"p/p.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: people, owner: o@x.example}
decisions:
  cloudType:
    rules:
      - {id: type-in, when: memberOf("outer"), then: user}
    default: {id: type-none, then: none, reason: not in it}
`)}}, "p")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	outer, inner, beside := directory.GUID{15: 1}, directory.GUID{15: 2}, directory.GUID{15: 3}
	for name, c := range map[string]struct {
		flaw   snapshot.Flaw
		refuse bool
	}{
		"members of the group":            {snapshot.Flaw{GUID: outer, DN: "CN=outer", Attribute: "member"}, true},
		"members of a group nested in it": {snapshot.Flaw{GUID: inner, DN: "CN=inner", Attribute: "Member"}, true},
		"members of another group":        {snapshot.Flaw{GUID: beside, DN: "CN=beside", Attribute: "member"}, false},
		"description of the group":        {snapshot.Flaw{GUID: outer, DN: "CN=outer", Attribute: "description"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := snapshot.NewBuilder()
			b.AddSource(snapshot.Source{Name: "x", TakenAt: asOf, Flaws: []snapshot.Flaw{c.flaw}})
			for guid, attrs := range map[directory.GUID][]directory.Attribute{
				outer:  {{Name: "distinguishedName", Values: []string{"CN=outer"}}, {Name: "cn", Values: []string{"outer"}}, {Name: "member", Values: []string{"CN=inner"}}},
				inner:  {{Name: "distinguishedName", Values: []string{"CN=inner"}}, {Name: "cn", Values: []string{"inner"}}},
				beside: {{Name: "distinguishedName", Values: []string{"CN=beside"}}, {Name: "cn", Values: []string{"beside"}}},
			} {
				if err := b.Add(directory.Group, guid, attrs); err != nil {
					t.Fatal(err)
				}
			}
			s, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			_, err = engine.NewDecider(s, set, asOf)
			if (err != nil) != c.refuse || c.refuse && !strings.Contains(err.Error(), c.flaw.DN) {
				t.Errorf("error %v, want one that names %s: %v", err, c.flaw.DN, c.refuse)
			}
		})
	}
}
