package verify

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coexistsync/coexist/rules"
)

func TestTooManyCases(t *testing.T) {
	set, problems := rules.Load(fstest.MapFS{"p.yaml": {Data: []byte(
		"apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: staff}\ndecisions: {leave: {default: {id: leave-default, then: keep}}}\n")}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var b strings.Builder
	b.WriteString("apiVersion: coexist/v1\nkind: PolicyTest\nasOf: 2026-09-15\nfixtures: {jane: {class: user}}\ntests:\n")
	thousand := strings.TrimSuffix(strings.Repeat("a,", maxVariants), ",")
	for i := range 21 {
		fmt.Fprintf(&b, "  - {name: t%d, object: jane, foreach: {sam: [%s]}, expect: {leave: keep}}\n", i, thousand)
	}
	suites, problems := Load(fstest.MapFS{"t.yaml": {Data: []byte(b.String())}}, ".", set)
	if want := ".: the tests have more than 20000 cases"; problems.Error() != want || suites.Len() != 0 {
		t.Errorf("%d cases, problems %q, want %q", suites.Len(), problems, want)
	}
}
