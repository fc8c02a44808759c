package rules

import (
	"testing"
)

func BenchmarkE(b *testing.B) {
	set := shipped(b)
	schema, in := inputs(b, set, 200)
	e := set.NewEvaluator(schema, benchTime)
	ballast := make([]byte, 256<<20)
	for i := range b.N {
		e.Evaluate(in[i%200])
	}
	ballast[0] = 1
}
