package plan

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// key gives a key that is the same for the same number.
func key(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(n byte) ed25519.PublicKey { return key(n).Public().(ed25519.PublicKey) }

func TestSigningKeepsThePlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	digest := writeSample(t, path)
	for _, n := range []byte{1, 2, 1} { // the first key once more
		if err := signFile(path, key(n), "anna", berlinMorning); err != nil {
			t.Fatal(err)
		}
	}
	f := open(t, path)
	if f.Digest() != digest {
		t.Errorf("signing changed the digest to %s", f.Digest())
	}
	if n := len(f.Signatures()); n != 2 {
		t.Errorf("%d signatures, want one for each of 2 keys", n)
	}
	if by := f.SignedBy([]ed25519.PublicKey{public(2), public(3)}); len(by) != 1 || by[0].By != "anna" {
		t.Errorf("signed by %v, want the one key that is trusted", by)
	}
	n := 0
	for _, err := range f.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != len(sampleChanges()) {
		t.Errorf("%d changes are left", n)
	}
	if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
		t.Errorf("%d files are left, want 1", len(list))
	}
}

// signFile signs the plan at a path.
func signFile(path string, key ed25519.PrivateKey, by string, at time.Time) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sign(key, by, at)
}

var berlinMorning = time.Date(2026, 9, 15, 5, 0, 0, 0, berlin)

func TestSameSignaturesSameBytes(t *testing.T) {
	var files [][]byte
	for _, order := range [][]byte{{1, 2}, {2, 1}} {
		path := filepath.Join(t.TempDir(), "a.plan")
		writeSample(t, path)
		for _, n := range order {
			if err := signFile(path, key(n), "", berlinMorning); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the order of signing shows in the file")
	}
}

func TestEveryFlippedByteOfASignedPlanIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	writeSample(t, path)
	if err := signFile(path, key(1), "anna", berlinMorning); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		if _, err := read("x", bytes.NewReader(b), int64(len(b))); !errors.Is(err, ErrAltered) {
			t.Fatalf("byte %d of %d: %v", i, len(whole), err)
		}
	}
}

// TestForgedSignatures packs signatures as somebody would who can make a valid archive.
func TestForgedSignatures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.plan")
	digest := writeSample(t, path)
	good := func() Signature {
		s := Signature{Key: public(1), By: "anna", At: berlinMorning}
		s.Sign = ed25519.Sign(key(1), s.signedText(digest))
		return s
	}
	for name, forge := range map[string]func() []Signature{
		"another name": func() []Signature { s := good(); s.By = "bernd"; return []Signature{s} },
		"another time": func() []Signature { s := good(); s.At = s.At.Add(time.Hour); return []Signature{s} },
		"another key":  func() []Signature { s := good(); s.Key = public(2); return []Signature{s} },
		"a short key":  func() []Signature { s := good(); s.Key = s.Key[:5]; return []Signature{s} },
		"of another plan": func() []Signature {
			s := good()
			s.Sign = ed25519.Sign(key(1), s.signedText("sha256:00"))
			return []Signature{s}
		},
		"the same key twice": func() []Signature { return []Signature{good(), good()} },
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, path)
			var b bytes.Buffer
			if err := f.repack(&b, forge()); err != nil {
				t.Fatal(err)
			}
			if _, err := read("x", bytes.NewReader(b.Bytes()), int64(b.Len())); !errors.Is(err, ErrAltered) {
				t.Errorf("%v, want it to be refused as altered", err)
			}
		})
	}
}

func list(changes ...Change) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func TestCompare(t *testing.T) {
	all := sampleChanges()
	explained, renamed, moved := all[2], all[2], all[2]
	explained.Source, explained.Attributes = "other", slices.Clone(explained.Attributes)
	explained.Attributes[0].Because = nil
	renamed.Object.Name = "Georg"
	moved.Attributes = slices.Clone(moved.Attributes)
	moved.Attributes[0].Before = all[0].Attributes[0].After
	for name, c := range map[string]struct {
		older, newer []Change
		want         map[Difference]int
	}{
		"the same plan":                      {all, all, map[Difference]int{Same: 3}},
		"a subset":                           {all, all[1:], map[Difference]int{Same: 2, Gone: 1}},
		"one more of an object":              {all[1:], all, map[Difference]int{Same: 2, New: 1}},
		"nothing any more":                   {all, nil, map[Difference]int{Gone: 3}},
		"from nothing":                       {nil, all, map[Difference]int{New: 3}},
		"another value before":               {all, []Change{all[0], all[1], moved}, map[Difference]int{Same: 2, Other: 1}},
		"another rule wants the same":        {all, []Change{all[0], all[1], explained}, map[Difference]int{Same: 3}},
		"the object was renamed in between":  {all, []Change{all[0], all[1], renamed}, map[Difference]int{Same: 3}},
		"objects of both between each other": {[]Change{all[0], all[2]}, all[1:2], map[Difference]int{New: 1, Gone: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[Difference]int{}
			err := Compare(list(c.older...), list(c.newer...), func(d Difference, _ Change) error { got[d]++; return nil })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzLines reads lines of changes as a forger may have written them: an error or a change, never more.
func FuzzLines(f *testing.F) {
	for _, c := range sampleChanges() {
		var w writtenChange
		w.take(&c)
		b, err := json.Marshal(w)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var w writtenChange
		if json.Unmarshal(b, &w) != nil {
			return
		}
		c, err := w.change()
		if err != nil {
			return
		}
		if _, err := c.Effect(); err != nil && unwritable(&c) == "" {
			t.Errorf("no effect of a change that was read: %v", err)
		}
	})
}
