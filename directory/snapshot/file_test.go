package snapshot_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/snapshot"
)

// odd are objects with what a file must bring back unchanged.
func odd() []object {
	one := guidOf(1)
	return []object{
		thing(user, 1, "CN=Anna,OU=Staff,DC=x", "cn", "Anna", "department", "Sales", "mail", "anna@x", "objectSid", rawSID(1000)),
		thing(user, 2, "CN=Ben,OU=Staff,DC=x", "CN", "Ben", "Department", "Sales", "proxyAddresses", "SMTP:b@x", "proxyAddresses", "smtp:a@x"),
		thing(user, 3, "CN=Twin,DC=x", "mS-DS-ConsistencyGuid", string(one[:])),
		thing(user, 4, "CN=Short,DC=x", "mS-DS-ConsistencyGuid", "short"),
		thing(group, 5, "CN=All,DC=x", "cn", "All", "member", "CN=Ben,OU=Staff,DC=x", "description", strings.Repeat("long ", 400)),
		thing(user, 0, "CN=Nobody,DC=x"),
		thing(user, 0, "CN=Nobody,DC=x", "cn", "another"),
		thing(user, 6, "CN=Twice,DC=x", "title", "first reading"),
		thing(user, 6, "CN=Twice,DC=x", "title", "other reading"),
	}
}

func save(t testing.TB, s *snapshot.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLoadBringsBackWhatWasSaved(t *testing.T) {
	want := build(t, odd()...)
	got, err := snapshot.Load(iotest.OneByteReader(bytes.NewReader(save(t, want))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Sources(), got.Sources()); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(describe(want), describe(got)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Duplicates(), got.Duplicates()); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Unusable(), got.Unusable(), cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
		t.Errorf("unusable (-want +got):\n%s", diff)
	}
	if want.Digest() != got.Digest() {
		t.Error("the digest differs")
	}
}

// described is an object as tests compare it.
type described struct {
	Kind  string
	GUID  string
	Attrs map[string][]string
}

func describe(s *snapshot.Snapshot) []described {
	var out []described
	for o := range s.All() {
		d := described{o.Kind.String(), o.GUID.String(), map[string][]string{}}
		for at, v := range o.All() {
			n := s.Schema().Names()[at.Attribute]
			d.Attrs[n] = append(d.Attrs[n], v)
		}
		out = append(out, d)
	}
	return out
}

func TestBytesDoNotDependOnTheOrderOfInput(t *testing.T) {
	first := build(t, odd()...)
	want, digest := save(t, first), first.Digest()
	for seed := range uint64(20) {
		s := build(t, shuffled(odd(), seed)...)
		if !bytes.Equal(save(t, s), want) {
			t.Errorf("seed %d: other bytes", seed)
		}
		if s.Digest() != digest {
			t.Errorf("seed %d: another digest", seed)
		}
		if diff := cmp.Diff(allDNs(first), allDNs(s)); diff != "" {
			t.Errorf("seed %d: order (-want +got):\n%s", seed, diff)
		}
	}
}

func TestDigestTellsContentApart(t *testing.T) {
	a := build(t, thing(user, 1, "CN=Anna,DC=x", "title", "a", "info", "b"))
	for name, other := range map[string]*snapshot.Snapshot{
		"another value":      build(t, thing(user, 1, "CN=Anna,DC=x", "title", "x", "info", "b")),
		"values exchanged":   build(t, thing(user, 1, "CN=Anna,DC=x", "title", "b", "info", "a")),
		"another objectGUID": build(t, thing(user, 2, "CN=Anna,DC=x", "title", "a", "info", "b")),
		"one more":           build(t, thing(user, 1, "CN=Anna,DC=x", "title", "a", "info", "b"), thing(user, 2, "CN=Ben,DC=x")),
		"none":               build(t),
	} {
		if a.Digest() == other.Digest() {
			t.Errorf("%s: the same digest", name)
		}
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	whole := save(t, build(t, odd()...))
	for n := range whole {
		if _, err := snapshot.Load(bytes.NewReader(whole[:n])); !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrVersion) {
			t.Fatalf("cut to %d of %d bytes: error %v", n, len(whole), err)
		}
	}
}

func TestEveryAlteredByteIsNoticed(t *testing.T) {
	whole := save(t, build(t, odd()...))
	for n := range whole {
		altered := bytes.Clone(whole)
		altered[n] ^= 0x20
		if _, err := snapshot.Load(bytes.NewReader(altered)); !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrVersion) {
			t.Fatalf("byte %d altered: error %v", n, err)
		}
	}
	if _, err := snapshot.Load(bytes.NewReader(append(whole, 0))); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("a byte more: error %v", err)
	}
}

func TestReadAndWriteErrorsAreHandedOn(t *testing.T) {
	s := build(t, odd()...)
	broken := errors.New("broken")
	if _, err := snapshot.Load(io.MultiReader(bytes.NewReader(save(t, s)[:60]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("Load: %v", err)
	}
	if err := s.Save(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("Save: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestLargeObjectsSpanBlocks(t *testing.T) {
	pairs := []string{}
	for i := range 40000 {
		pairs = append(pairs, "member", strings.Repeat(string(rune('a'+i%26)), 60)+string(rune(0x4e00+i%20000)))
	}
	want := build(t, thing(group, 1, "CN=Big,DC=x", pairs...))
	got, err := snapshot.Load(bytes.NewReader(save(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if want.Digest() != got.Digest() || len(got.At(0).Values("member")) != 40000 {
		t.Error("the group came back changed")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(save(f, build(f, odd()...)))
	f.Add(save(f, build(f)))
	f.Add([]byte("coexist snapshot 1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := snapshot.Load(bytes.NewReader(file))
		if err != nil {
			return
		}
		again, err := snapshot.Load(bytes.NewReader(save(t, s)))
		if err != nil {
			t.Fatalf("what was loaded and saved cannot be loaded: %v", err)
		}
		if s.Digest() != again.Digest() {
			t.Error("saving changed the content")
		}
	})
}
