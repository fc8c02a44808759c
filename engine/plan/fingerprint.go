package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
)

// FingerprintOf gives a digest over exactly the named properties of a target's object, whatever the order of the names:
// 22 characters, base64 of 16 bytes of SHA-256. Every value is written with its kind and length, so that two different
// sets of values never give the same text. A property without value counts as nothing. It never returns "", which in a
// Change means that there was nothing to compare with.
func FingerprintOf(o *cloud.Object, names []string) string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	d := digest{sha256.New()}
	for _, n := range slices.Compact(sorted) {
		d.text(n)
		d.value(o.Get(n))
	}
	return base64.RawURLEncoding.EncodeToString(d.Sum(nil)[:16])
}

// Identifying names the properties that tell one object of a type from others in the eyes of people. The fingerprint of an
// adoption is taken over them: it says which object was matched, so that another one under the same id is left alone.
func Identifying(t cloud.Type) []string {
	switch {
	case t.MasteredWhole():
		return []string{"primaryAddress"}
	case t.IsGroup():
		return []string{"displayName"}
	}
	return []string{"userPrincipalName"}
}

// digest writes values so that they can be told apart.
type digest struct{ hash.Hash }

func (d digest) number(n uint64) {
	d.Write(binary.AppendUvarint(nil, n))
}

func (d digest) text(s string) {
	d.number(uint64(len(s)))
	d.Write([]byte(s))
}

func (d digest) texts(list []string) {
	d.number(uint64(len(list)))
	for _, s := range list {
		d.text(s)
	}
}

// value begins with a letter for the kind of value. A value is of one kind alone, so its other faces are empty.
func (d digest) value(v cloud.Value) {
	switch {
	case v.IsNothing():
		d.Write([]byte{'0'})
	case v.Text() != "":
		d.Write([]byte{'t'})
		d.text(v.Text())
	case v.Texts() != nil:
		d.Write([]byte{'s'})
		d.texts(v.Texts())
	case v.Licenses() != nil:
		d.Write([]byte{'l'})
		d.number(uint64(len(v.Licenses())))
		for _, l := range v.Licenses() {
			d.text(l.SKU)
			d.texts(l.DisabledPlans)
		}
	default: // a truth or a whole number
		d.Write([]byte{'p'})
		d.text(v.String())
	}
}
