package rules

import (
	"fmt"
	"testing"
)

// TestChainsSettleAsProgramsDo runs every condition of a policy both ways.
func TestChainsSettleAsProgramsDo(t *testing.T) {
	set := benchSet(t)
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
