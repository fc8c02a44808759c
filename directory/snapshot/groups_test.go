package snapshot_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

const (
	user  = directory.User
	group = directory.Group
)

// nested returns the DNs of all members of the group named.
func nested(t *testing.T, s *snapshot.Snapshot, name string) []string {
	t.Helper()
	found := s.GroupNamed(name)
	if len(found) != 1 {
		t.Fatalf("GroupNamed(%q) = %v", name, found)
	}
	all := s.MembersOf(found[0])
	var in []int
	for i := range s.Len() {
		if all.Has(i) {
			in = append(in, i)
		}
	}
	return names(s, in)
}

func TestMembersOf(t *testing.T) {
	anna, ben := thing(user, 1, "CN=Anna,DC=x"), thing(user, 2, "CN=Ben,DC=x")
	for name, c := range map[string]struct {
		objects []object
		want    []string
	}{
		"members of members count": {
			[]object{anna, ben, thing(group, 10, "CN=Top,DC=x", "cn", "Top", "member", "CN=Sub,DC=x", "member", "CN=Anna,DC=x"),
				thing(group, 11, "CN=Sub,DC=x", "member", "CN=Ben,DC=x")},
			[]string{"CN=Sub,DC=x", "CN=Anna,DC=x", "CN=Ben,DC=x"},
		},
		"a cycle ends and leads back to the group": {
			[]object{anna, thing(group, 10, "CN=Top,DC=x", "cn", "Top", "member", "CN=Sub,DC=x"),
				thing(group, 11, "CN=Sub,DC=x", "member", "CN=Top,DC=x", "member", "CN=Anna,DC=x")},
			[]string{"CN=Top,DC=x", "CN=Sub,DC=x", "CN=Anna,DC=x"},
		},
		"names of members compare without regard to case": {
			[]object{anna, thing(group, 10, "CN=Top,DC=x", "cn", "Top", "member", "cn=ANNA,dc=X")},
			[]string{"CN=Anna,DC=x"},
		},
		"members outside the snapshot do not count": {
			[]object{anna, thing(group, 10, "CN=Top,DC=x", "cn", "Top", "member", "CN=Carl,DC=x")},
			nil,
		},
		"the primary group has its members": {
			[]object{thing(user, 1, "CN=Anna,DC=x", "objectSid", rawSID(1001), "primaryGroupID", "513"), ben,
				thing(group, 10, "CN=Top,DC=x", "cn", "Top", "objectSid", rawSID(513))},
			[]string{"CN=Anna,DC=x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := build(t, c.objects...)
			got := map[string]bool{}
			for _, n := range nested(t, s, "top") {
				got[n] = true
			}
			want := map[string]bool{}
			for _, n := range c.want {
				want[n] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMembersAreDirectAndAscending(t *testing.T) {
	s := build(t, thing(user, 3, "CN=Anna,DC=x"), thing(user, 1, "CN=Ben,DC=x"),
		thing(group, 9, "CN=G,DC=x", "cn", "G", "member", "CN=Anna,DC=x", "member", "CN=Ben,DC=x", "member", "CN=anna,DC=x"))
	got := s.Members(s.GroupNamed("g")[0])
	if diff := cmp.Diff([]string{"CN=Ben,DC=x", "CN=Anna,DC=x"}, names(s, got)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestGroupNamed(t *testing.T) {
	s := build(t,
		thing(group, 1, "CN=Sales,OU=A,DC=x", "cn", "Sales", "sAMAccountName", "GG-Sales", "objectSid", rawSID(1200)),
		thing(group, 2, "CN=Sales,OU=B,DC=x", "cn", "Sales", "sAMAccountName", "Verkauf"),
		thing(group, 3, "CN=K=V,DC=x", "cn", "K=V"),
		thing(user, 4, "CN=Anna,DC=x", "cn", "Anna", "sAMAccountName", "anna"))
	for name, c := range map[string]struct {
		ask  string
		want []string
	}{
		"by account name in any case":         {"gg-sales", []string{"CN=Sales,OU=A,DC=x"}},
		"a shared cn is ambiguous":            {"SALES", []string{"CN=Sales,OU=A,DC=x", "CN=Sales,OU=B,DC=x"}},
		"by distinguished name":               {"cn=sales,ou=b,dc=X", []string{"CN=Sales,OU=B,DC=x"}},
		"by SID":                              {"S-1-5-21-1200", []string{"CN=Sales,OU=A,DC=x"}},
		"a cn with an equals sign":            {"k=v", []string{"CN=K=V,DC=x"}},
		"users are no groups, by name":        {"anna", nil},
		"users are no groups, by DN":          {"CN=Anna,DC=x", nil},
		"nothing is named by the empty text":  {"", nil},
		"nothing is named what nothing bears": {"Nobody", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(s, s.GroupNamed(c.ask))); diff != "" {
				t.Errorf("GroupNamed(%q) (-want +got):\n%s", c.ask, diff)
			}
		})
	}
}

func TestByDN(t *testing.T) {
	s := build(t, thing(user, 1, "CN=Jürgen,OU=Café,DC=x"), thing(user, 2, "CN=Anna,DC=x"))
	for ask, want := range map[string]bool{"cn=JÜRGEN,ou=CAFÉ,dc=X": true, "CN=Anna,DC=x": true, "CN=Ann,DC=x": false, "": false} {
		if _, ok := s.ByDN(ask); ok != want {
			t.Errorf("ByDN(%q) = %v", ask, ok)
		}
	}
}
