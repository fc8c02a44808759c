package snapshot_test

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/internal/company"
)

// largeCompany has a little more than 100,000 objects, its staff with some 45 attributes each.
var largeCompany = company.Options{Users: 97500}

func large(b *testing.B) *snapshot.Snapshot {
	b.Helper()
	builder := snapshot.NewBuilder()
	if err := company.Generate(largeCompany).Fill(builder); err != nil {
		b.Fatal(err)
	}
	s, err := builder.Finish()
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkMemory reports what a snapshot keeps alive, indexes included, as B/object.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := live()
		s := large(b)
		bytes, values := live()-before, 0
		for o := range s.All() {
			for range o.All() {
				values++
			}
		}
		b.ReportMetric(float64(bytes)/float64(s.Len()), "B/object")
		b.ReportMetric(float64(values)/float64(s.Len()), "values/object")
		b.ReportMetric(float64(s.Bytes())/float64(s.Len()), "packedB/object")
		runtime.KeepAlive(s)
	}
}

func live() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func BenchmarkSave(b *testing.B) {
	s := large(b)
	for b.Loop() {
		if err := s.Save(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	s := large(b)
	for b.Loop() {
		s.Digest()
	}
}

func BenchmarkLoad(b *testing.B) {
	var file bytes.Buffer
	if err := large(b).Save(&file); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := snapshot.Load(bytes.NewReader(file.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.Len())/1e5, "fileB/object")
}
