package rules

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// shapes are conditions of every shape that chains take up, and some that they leave to the program.
var shapes = []string{
	`user.department == "d3"`, `user.department != "d3"`, `!(user.department == "d3")`, `not user.enabled`,
	`user.department == "d3" || user.department == "d4" && user.enabled || user.sam endsWith "7"`,
	`user.enabled && (user.department in ["d1", "d2"] || !(user.sam contains "1")) && user.c == "DE"`,
	`!(user.department == "d3" || user.sam startsWith "user1") && user.userAccountControl in [512, 514]`,
	`user.userAccountControl != 512 or user.userAccountControl == 514`, `user.department in []`,
	`user.department not in ["d1", "d2"] && true`, `exact(user.department == "D3") || exact(user.department, "d3")`,
	`user.enabled == (user.department == "d3")`, `user.department == user.c || memberOf("g1")`, `len(user.sam) == 6 && memberOf("g2")`,
	`memberOf("g1") ? user.department == "d2" : memberOf("g2")`, `user.userAccountControl > 500 && user.department == "d5"`,
}

// TestChainsSettleAsProgramsDo runs every condition both ways.
func TestChainsSettleAsProgramsDo(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: coexist/v1\nkind: Policy\nmetadata: {name: shapes}\ndecisions:\n  cloudType:\n    rules:\n")
	for i, s := range shapes {
		fmt.Fprintf(&b, "      - {id: shape-%d, when: '%s', then: user}\n", i, s)
	}
	b.WriteString("    default: {id: type-default, then: user}\n")
	set, problems := Load(fstest.MapFS{"p.yaml": {Data: []byte(b.String())}}, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Run("shapes", func(t *testing.T) { bothWays(t, set) })
	t.Run("forty rules", func(t *testing.T) { bothWays(t, benchSet(t)) })
}

func bothWays(t *testing.T, set *Set) {
	schema, in := inputs(t, set, 120)
	e := set.NewEvaluator(schema, benchTime)
	settled, run := 0, 0
	for i := range in {
		e.Evaluate(in[i])
		e.facts.boxed = nil
		check := func(where string, p *program) {
			if p == nil {
				return
			}
			want, err := e.run(p, where)
			if err != nil {
				t.Fatal(err)
			}
			run++
			if got, ok := p.chain.settle(e.facts.cells); ok {
				settled++
				if got != want {
					t.Errorf("object %d, %s: chain gives %v, program %v", i, where, got, want)
				}
			}
		}
		for _, p := range set.policies {
			check("scope", p.scope)
			for _, d := range p.decisions {
				check(d.name, d.when)
				for _, r := range d.rules {
					check(fmt.Sprint("rule ", r.origin.Rule), r.when)
				}
			}
		}
	}
	if settled == 0 || settled == run {
		t.Errorf("%d of %d conditions were settled; the test shows nothing", settled, run)
	}
}
