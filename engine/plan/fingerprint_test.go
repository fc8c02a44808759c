package plan

import (
	"testing"

	"github.com/coexistsync/coexist/directory/cloud"
)

func object(set ...cloud.Set) *cloud.Object {
	o := &cloud.Object{ID: "1"}
	for _, s := range set {
		o.Put(s.Name, s.Value)
	}
	return o
}

func TestFingerprintLooksAtTheNamedPropertiesOnly(t *testing.T) {
	o := object(cloud.Set{Name: "a", Value: cloud.Text("1")}, cloud.Set{Name: "b", Value: cloud.Text("2")})
	before := FingerprintOf(o, []string{"a", "c"})
	if got := FingerprintOf(o, []string{"c", "a", "c"}); got != before {
		t.Errorf("names in another order give %s, want %s", got, before)
	}
	o.Put("b", cloud.Text("3"))
	o.ID = "2"
	if got := FingerprintOf(o, []string{"a", "c"}); got != before {
		t.Errorf("what is not named changed the fingerprint to %s from %s", got, before)
	}
	o.Put("a", cloud.Text("3"))
	if FingerprintOf(o, []string{"a", "c"}) == before {
		t.Error("another value gave the same fingerprint")
	}
	if len(before) != 22 {
		t.Errorf("fingerprint %q has %d characters", before, len(before))
	}
}

func TestFingerprintTellsValuesApart(t *testing.T) {
	values := map[string]cloud.Value{
		"nothing": {}, "text": cloud.Text("true"), "truth": cloud.Truth(true), "untruth": cloud.Truth(false), "number": cloud.Number(1),
		"zero": cloud.Number(0), "digit": cloud.Text("1"), "set": cloud.Texts([]string{"1"}), "two": cloud.Texts([]string{"1", "2"}),
		"joined": cloud.Texts([]string{"1, 2"}), "licence": cloud.Licenses([]cloud.License{{SKU: "1"}}),
		"licence less": cloud.Licenses([]cloud.License{{SKU: "1", DisabledPlans: []string{"2"}}}),
	}
	seen := map[string]string{}
	for name, v := range values {
		f := FingerprintOf(object(cloud.Set{Name: "p", Value: v}), []string{"p"})
		if other, twice := seen[f]; twice {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[f] = name
	}
	if f := FingerprintOf(object(), nil); f == "" {
		t.Error("a fingerprint over no properties is empty")
	}
}
