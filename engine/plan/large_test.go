package plan

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// writeLarge writes a plan of n changes and gives the most memory that was in use meanwhile.
func writeLarge(t *testing.T, path string, n int) (peak uint64) {
	t.Helper()
	w, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for i := range n {
		a := fmt.Sprintf("%08d", i)
		c := Change{ID: a + "/update", Object: Object{Anchor: directory.Anchor(a), Kind: "user", Type: cloud.User, Name: "User " + a, UPN: a + "@contoso.example", ID: a}, Action: Update,
			Directory: cloud.Entra, Undo: Exact, Fingerprint: "f"}
		for _, p := range []string{"city", "department", "displayName", "jobTitle"} {
			c.Attributes = append(c.Attributes, Attribute{Name: p, Before: cloud.Text(p + a), After: cloud.Text(a + p), Because: []Because{{Decision: "attributes", Policy: "staff", File: "users.yaml", Line: 3}}})
		}
		if err := w.Change(c); err != nil {
			t.Fatal(err)
		}
		if i%(n/5) == 0 {
			peak = max(peak, inUse())
		}
	}
	if _, err := w.Close(sampleManifest()); err != nil {
		t.Fatal(err)
	}
	return peak
}

// inUse gives the memory that something still refers to.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// readLarge reads a plan, compares it with itself, and gives the most memory that was in use meanwhile.
func readLarge(t *testing.T, path string, n int) (peak uint64) {
	t.Helper()
	f := open(t, path)
	seen := 0
	err := Compare(f.Changes(), f.Changes(), func(d Difference, c Change) error {
		if d != Same {
			return fmt.Errorf("change %s is %s", c.ID, d)
		}
		if seen%(n/5) == 0 {
			peak = max(peak, inUse())
		}
		seen++
		return nil
	})
	if err != nil || seen != n {
		t.Fatalf("%d changes, %v", seen, err)
	}
	return peak
}

// TestLargePlansNeedNoMoreMemory holds the memory of a plan of 100,000 changes against that of one of 10,000.
func TestLargePlansNeedNoMoreMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100,000 changes")
	}
	dir := t.TempDir()
	small, large := filepath.Join(dir, "small.plan"), filepath.Join(dir, "large.plan")
	base := inUse()
	above := func(n uint64) float64 { return float64(n-min(base, n)) + 1<<20 } // a MiB of slack, as the figures are small
	w := above(writeLarge(t, large, 100_000)) / above(writeLarge(t, small, 10_000))
	r := above(readLarge(t, large, 100_000)) / above(readLarge(t, small, 10_000))
	t.Logf("memory for 100,000 changes against 10,000: writing %.2f times, reading and comparing %.2f times", w, r)
	if w > 2 || r > 2 {
		t.Errorf("memory grows with the plan: writing %.2f times, reading %.2f times", w, r)
	}
}

// TestSampledFlipsOfALargePlanAreRefused alters single bits all over a plan that is larger than any buffer.
func TestSampledFlipsOfALargePlanAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeLarge(t, path, 5_000)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		i, bit := random.IntN(len(whole)), byte(1)<<random.IntN(8)
		whole[i] ^= bit
		if _, err := read("x", bytes.NewReader(whole), int64(len(whole))); !errors.Is(err, ErrAltered) {
			t.Fatalf("byte %d of %d: %v", i, len(whole), err)
		}
		whole[i] ^= bit
	}
}
