package ad_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

const everyone = "CN=Everyone," + staff

// crowd is a domain with a group of n members, of which the server sends 10 at once.
func crowd(n int) (d ldapscript.Domain, members []string) {
	group := ldapscript.Group(everyone)
	for i := range n {
		members = append(members, fmt.Sprintf("CN=Member %04d,%s", i, staff))
	}
	group.Attributes["member"] = members
	return ldapscript.Domain{Base: base, MaxValues: 10, Entries: []ldapscript.Entry{ldapscript.OU(staff), group, ldapscript.User(alice)}}, members
}

func TestImportReadsAllValues(t *testing.T) {
	for name, n := range map[string]int{"fewer than come at once": 9, "as many as come at once": 10, "one more": 11, "exactly two ranges": 20, "many ranges": 57} {
		t.Run(name, func(t *testing.T) {
			d, want := crowd(n)
			s := read(t, connect(t, config(start(t, d))), connector.Want{})
			if diff := cmp.Diff(want, byDN(t, s, everyone).Values("member")); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if s.Len() != 2 {
				t.Errorf("%d objects, want 2", s.Len())
			}
		})
	}
}

func TestImportReadsAllValuesOfMicrosoftsDefault(t *testing.T) {
	d, want := crowd(3001)
	d.MaxValues = 0
	s := read(t, connect(t, config(start(t, d))), connector.Want{})
	if diff := cmp.Diff(want, byDN(t, s, everyone).Values("member")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

// shrink takes the first member out of the group, as the directory would: every later value moves up by one.
func shrink(d *ldapscript.Domain) {
	group := d.Entries[1].Attributes
	group["member"] = slices.Clone(group["member"][1:])
	group["uSNChanged"] = []string{group["uSNChanged"][0] + "1"}
}

func TestImportReadsAGroupAgainThatChangesMeanwhile(t *testing.T) {
	d, members := crowd(25)
	server := start(t, d)
	server.Before(func(op ldapscript.Op, nth int, d *ldapscript.Domain) {
		if op == ldapscript.Range && nth == 2 {
			shrink(d)
		}
	})
	s := read(t, connect(t, config(server)), connector.Want{})
	if diff := cmp.Diff(members[1:], byDN(t, s, everyone).Values("member")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestImportTakesAGroupThatShrinksUnderItsRange(t *testing.T) {
	d, members := crowd(11)
	server := start(t, d)
	server.Before(func(op ldapscript.Op, nth int, d *ldapscript.Domain) {
		if op == ldapscript.Range && nth == 1 {
			shrink(d)
		}
	})
	s := read(t, connect(t, config(server)), connector.Want{})
	if diff := cmp.Diff(members[1:], byDN(t, s, everyone).Values("member")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestImportGivesUpOnAGroupThatNeverRests(t *testing.T) {
	d, _ := crowd(500)
	server := start(t, d)
	server.Before(func(op ldapscript.Op, _ int, d *ldapscript.Domain) {
		if op == ldapscript.Range {
			shrink(d)
		}
	})
	expect(t, refused(t, config(server)), fault.Unreachable, "changed while it was read")
}

func TestImportRefusesBrokenRanges(t *testing.T) {
	tests := map[string]struct {
		fault ldapscript.Fault
		text  string
	}{
		"an error in a range":        {ldapscript.Fault{Op: ldapscript.Range, Nth: 2, Code: 1, Message: "00002121"}, "LDAP result 1"},
		"a connection cut in ranges": {ldapscript.Fault{Op: ldapscript.Range, Nth: 2, Cut: true}, "cut before the answer was whole"},
		"an object gone in ranges":   {ldapscript.Fault{Op: ldapscript.Range, Empty: true}, "changed while it was read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := crowd(40)
			expect(t, refused(t, config(start(t, d, tt.fault))), fault.Unreachable, tt.text)
		})
	}
}

func TestImportRefusesValuesThatDoNotFitTheirRange(t *testing.T) {
	tests := map[string]struct{ attribute, text string }{
		"fewer values than the range says": {"member;range=0-9", "holds 1 values"},
		"a range that starts later":        {"member;range=5-5", "does not start with its first value"},
		"an unknown option":                {"member;lang-de", "is not known"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := people()
			group := ldapscript.Group(everyone)
			group.Sent = map[string][]string{tt.attribute: {alice}}
			d.Entries = append(d.Entries, group)
			expect(t, refused(t, config(start(t, d))), fault.Unreachable, tt.text)
		})
	}
}
