package rules_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

func Example() {
	policies := fstest.MapFS{"staff.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: staff}
scope: user.class == "user"
decisions:
  cloudType:
    rules:
      - {id: type-leaver, when: not user.enabled, then: sharedMailbox, hold: 14d}
    default: {id: type-staff, then: user}
`)}}
	set, problems := rules.Load(policies, ".")
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	schema := directory.NewSchema()
	jane, err := schema.NewObject(directory.User, directory.GUID{1}, []directory.Attribute{
		{Name: "userAccountControl", Values: []string{"514"}}, // normal account, disabled
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := set.NewEvaluator(schema, time.Date(2026, 9, 15, 0, 0, 0, 0, time.UTC))
	out := e.Evaluate(rules.Input{Object: jane})
	d := out.Find(rules.CloudType)
	fmt.Println(out.Policy, d.Text, d.Hold, d.Origins[0].Rule)
	// Output: staff sharedMailbox 336h0m0s type-leaver
}
