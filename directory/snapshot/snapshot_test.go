package snapshot_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

func allDNs(s *snapshot.Snapshot) []string {
	var out []string
	for i := range s.Len() {
		out = append(out, s.At(i).DN())
	}
	return out
}

// duplicateDNs gives the DNs of each duplicate.
func duplicateDNs(s *snapshot.Snapshot) [][]string {
	var out [][]string
	for _, d := range s.Duplicates() {
		out = append(out, d.DNs)
	}
	return out
}

func TestFinishSortsOut(t *testing.T) {
	one := guidOf(1)
	for name, c := range map[string]struct {
		objects    []object
		order      []string
		duplicates [][]string
		unusable   []string
	}{
		"two users of one anchor are both set aside": {
			objects: []object{thing(user, 1, "CN=Anna,DC=x"), thing(user, 2, "CN=Twin,DC=x", "mS-DS-ConsistencyGuid", string(one[:])),
				thing(user, 3, "CN=Ben,DC=x")},
			order:      []string{"CN=Ben,DC=x"},
			duplicates: [][]string{{"CN=Anna,DC=x", "CN=Twin,DC=x"}},
		},
		"one objectGUID under two names is a duplicate": {
			objects:    []object{thing(user, 1, "CN=Anna,DC=x"), thing(user, 1, "CN=Copy,DC=x")},
			duplicates: [][]string{{"CN=Anna,DC=x", "CN=Copy,DC=x"}},
		},
		"an object read twice counts once": {
			objects: []object{thing(user, 1, "CN=Anna,DC=x"), thing(user, 1, "cn=anna,DC=x")},
			order:   []string{"CN=Anna,DC=x"},
		},
		"a user and a group of one objectGUID have different anchors": {
			objects: []object{thing(user, 1, "CN=Anna,DC=x"), thing(group, 1, "CN=Group,DC=x")},
			order:   []string{"CN=Group,DC=x", "CN=Anna,DC=x"},
		},
		"an object without objectGUID is unusable": {
			objects:  []object{thing(user, 0, "CN=Nobody,DC=x"), thing(group, 0, "CN=Also,DC=x")},
			unusable: []string{"CN=Also,DC=x", "CN=Nobody,DC=x"},
		},
		"a consistency GUID of the wrong length makes an object unusable": {
			objects:  []object{thing(user, 1, "CN=Anna,DC=x", "mS-DS-ConsistencyGuid", "short")},
			unusable: []string{"CN=Anna,DC=x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := build(t, c.objects...)
			if diff := cmp.Diff(c.order, allDNs(s)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.duplicates, duplicateDNs(s)); diff != "" {
				t.Errorf("duplicates (-want +got):\n%s", diff)
			}
			var unusable []string
			for _, u := range s.Unusable() {
				unusable = append(unusable, u.DN)
			}
			if diff := cmp.Diff(c.unusable, unusable); diff != "" {
				t.Errorf("unusable (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLaterReadingCounts(t *testing.T) {
	s := build(t, thing(user, 1, "CN=Anna,DC=x", "uSNChanged", "999", "title", "before"),
		thing(user, 1, "CN=Anna,DC=x", "uSNChanged", "1000", "title", "after"))
	if got := s.At(0).First("title"); s.Len() != 1 || got != "after" {
		t.Errorf("%d objects, title %q", s.Len(), got)
	}
}

func TestFinishWithoutSource(t *testing.T) {
	if _, err := snapshot.NewBuilder().Finish(); !errors.Is(err, snapshot.ErrNoSource) {
		t.Errorf("error %v", err)
	}
}

func TestLookUps(t *testing.T) {
	s := build(t, thing(user, 2, "CN=Anna,DC=x"), thing(user, 1, "CN=Ben,DC=x"))
	for i := range s.Len() {
		if at, ok := s.ByAnchor(s.Anchor(i)); !ok || at != i {
			t.Errorf("ByAnchor of %d = %d, %v", i, at, ok)
		}
		if at, ok := s.ByGUID(s.At(i).GUID); !ok || at != i {
			t.Errorf("ByGUID of %d = %d, %v", i, at, ok)
		}
	}
	if _, ok := s.ByGUID(guidOf(9)); ok {
		t.Error("an object that was never added is found")
	}
}

func TestScopeOf(t *testing.T) {
	b := snapshot.NewBuilder()
	for i, dn := range []string{"CN=A,OU=Staff,DC=x", "CN=B,ou=berlin,OU=STAFF,DC=X", `CN=C\,OU=Staff,DC=x`, "CN=D,OU=NotStaff,DC=x"} {
		if err := b.Add(user, guidOf(byte(i+1)), []directory.Attribute{{Name: "distinguishedName", Values: []string{dn}}}); err != nil {
			t.Fatal(err)
		}
	}
	b.AddSource(snapshot.Source{Name: "wide", Scopes: []snapshot.Scope{{OU: "OU=Staff,DC=x"}}})
	b.AddSource(snapshot.Source{Name: "near", Scopes: []snapshot.Scope{{OU: "OU=Berlin,OU=Staff,DC=x"}}})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	for dn, want := range map[string]string{
		"CN=A,OU=Staff,DC=x":           "wide",
		"CN=B,ou=berlin,OU=STAFF,DC=X": "near",
		`CN=C\,OU=Staff,DC=x`:          "", // its parent is DC=x
		"CN=D,OU=NotStaff,DC=x":        "",
	} {
		i, ok := s.ByDN(dn)
		if !ok {
			t.Fatalf("%s is not there", dn)
		}
		src, _, err := s.ScopeOf(i)
		if src.Name != want || (err != nil) != (want == "") {
			t.Errorf("ScopeOf(%s) = %q, %v; want %q", dn, src.Name, err, want)
		}
	}
}
