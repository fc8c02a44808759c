//go:build unix

package impact_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coexistsync/coexist/rules"
)

// BenchmarkImpact compares two revisions of the shipped policies over 100,000 objects. It counts the processor's time of the
// whole process, loading aside.
func BenchmarkImpact(b *testing.B) {
	const folder = "../../policies/default"
	base, problems := rules.Load(os.DirFS(folder), ".")
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	changed := fstest.MapFS{}
	for _, f := range base.Files() {
		changed[f.Path] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Bytes), `user.sAMAccountName endsWith "$"`, `user.sAMAccountName endsWith "7"`))}
	}
	head := load(b, changed)
	q := question(b, base, head, 100_000, 2)
	for b.Loop() {
		start := used()
		m := compare(b, q)
		b.ReportMetric((used() - start).Seconds(), "cpu-s")
		b.ReportMetric(float64(m.Compared), "compared")
		b.ReportMetric(float64(m.Changed), "changed")
	}
}

func used() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
