package snapshot_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

// object is what a test says about one object.
type object struct {
	kind   directory.Kind
	number byte // of its objectGUID
	attrs  []directory.Attribute
}

// thing makes an object from its DN and attributes, given as name, value, name, value.
func thing(kind directory.Kind, number byte, dn string, pairs ...string) object {
	o := object{kind, number, []directory.Attribute{{Name: "distinguishedName", Values: []string{dn}}}}
	for i := 0; i < len(pairs); i += 2 {
		if k := len(o.attrs) - 1; o.attrs[k].Name == pairs[i] {
			o.attrs[k].Values = append(o.attrs[k].Values, pairs[i+1])
			continue
		}
		o.attrs = append(o.attrs, directory.Attribute{Name: pairs[i], Values: []string{pairs[i+1]}})
	}
	return o
}

func guidOf(number byte) directory.GUID {
	if number == 0 {
		return directory.GUID{}
	}
	return directory.GUID{15: number}
}

// rawSID makes the SID of an account of the test's domain.
func rawSID(rid uint32) string {
	return string(binary.LittleEndian.AppendUint32([]byte{1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0}, rid))
}

func source() snapshot.Source {
	return snapshot.Source{Name: "test", Naming: "DC=x", Domain: "x", TakenAt: time.Date(2026, 9, 15, 6, 0, 0, 0, time.UTC),
		Scopes: []snapshot.Scope{{OU: "DC=x"}}, Attributes: []string{"cn"}}
}

func build(t testing.TB, objects ...object) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	for _, o := range objects {
		if err := b.Add(o.kind, guidOf(o.number), o.attrs); err != nil {
			t.Fatal(err)
		}
	}
	b.AddSource(source())
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shuffled(objects []object, seed uint64) []object {
	out := append([]object(nil), objects...)
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	for i := range out {
		attrs := append([]directory.Attribute(nil), out[i].attrs...)
		r.Shuffle(len(attrs), func(a, b int) { attrs[a], attrs[b] = attrs[b], attrs[a] })
		out[i].attrs = attrs
	}
	return out
}

// names gives the DNs at the indexes.
func names[T int | int32](s *snapshot.Snapshot, indexes []T) []string {
	var out []string
	for _, i := range indexes {
		out = append(out, s.At(int(i)).DN())
	}
	return out
}
