package rules

import (
	"fmt"
	"testing"
	"time"
)

func TestPieces(t *testing.T) {
	set := shipped(t)
	schema, in := inputs(t, set, 200)
	e := set.NewEvaluator(schema, benchTime)
	fmt.Println("slots", len(set.layout.slots), "reads", len(set.layout.reads), "size", set.environment.Size())
	ballast := make([]byte, 64<<20)
	_ = ballast
	best := func(name string, f func(i int)) {
		m := time.Hour
		for r := 0; r < 3000; r++ {
			s := time.Now()
			for i := range in {
				f(i)
			}
			if d := time.Since(s); d < m {
				m = d
			}
		}
		fmt.Println(name, m/200)
	}
	best("all", func(i int) {
		n := 0
		for _, v := range in[i].Object.All() {
			n += len(v)
		}
	})
	best("read", func(i int) { e.facts.read(in[i]);e.facts.compute(set.scopeSlots);e.facts.compute(set.policies[2].slots) })
	best("read+env", func(i int) { e.facts.read(in[i]);e.facts.compute(set.scopeSlots);e.facts.compute(set.policies[2].slots); e.facts.environment() })
	best("finger", func(i int) { e.facts.fingerprint() })
	best("evaluate", func(i int) { e.Evaluate(in[i]) })
	ballast[0] = 1
}
