package prove_test

import (
	"fmt"
	"testing/fstest"

	"github.com/coexistsync/coexist/rules"
	"github.com/coexistsync/coexist/rules/prove"
)

func ExampleSet() {
	set, _ := rules.Load(fstest.MapFS{"users.yaml": {Data: []byte(`apiVersion: coexist/v1
kind: Policy
metadata: {name: users}
decisions:
  cloudType:
    rules:
      - {id: type-germany, when: user.country == "DE", then: user}
      - {id: type-berlin, when: user.c == "de" && user.l == "Berlin", then: sharedMailbox}
    default: {id: type-default, then: mailUser}
`)}}, ".")
	findings, _ := prove.Set(set)
	for _, f := range findings {
		fmt.Printf("%s: %s\n", f.Kind, f.Text)
	}
	// Output:
	// shadowed-rule: rule type-berlin decides nothing: whenever it is true, type-germany is too
	//   users.yaml:8  type-berlin  user.c == "de" && user.l == "Berlin"
	//   users.yaml:7  type-germany  user.country == "DE"
}
