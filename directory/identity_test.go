package directory_test

import (
	"errors"
	"testing"

	"github.com/coexistsync/coexist/directory"
)

func TestGUIDText(t *testing.T) {
	// The bytes in the order of [MS-DTYP] 2.3.4: the first three fields are little-endian.
	g := directory.GUID{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	const text = "00112233-4455-6677-8899-aabbccddeeff"
	if g.String() != text {
		t.Errorf("String() = %s", g)
	}
	for _, s := range []string{text, "{00112233-4455-6677-8899-AABBCCDDEEFF}"} {
		if got, err := directory.ParseGUID(s); err != nil || got != g {
			t.Errorf("ParseGUID(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "00112233445566778899aabbccddeeff", text + "0", "00112233-4455-6677-8899-aabbccddeefg", "0011-22334455-6677-8899-aabbccddeeff"} {
		if _, err := directory.ParseGUID(s); err == nil {
			t.Errorf("ParseGUID(%q) takes it", s)
		}
	}
}

func TestAnchorOf(t *testing.T) {
	g := directory.GUID{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	for name, c := range map[string]struct {
		kind        directory.Kind
		guid        directory.GUID
		consistency string
		want        directory.Anchor
		err         bool
	}{
		"a user by objectGUID":                                {directory.User, g, "", "MyIRAFVEd2aImaq7zN3u/w==", false},
		"a user by mS-DS-ConsistencyGuid":                     {directory.User, g, "0123456789abcdef", "MDEyMzQ1Njc4OWFiY2RlZg==", false},
		"a user without any":                                  {directory.User, directory.GUID{}, "", "", true},
		"a consistency GUID too short":                        {directory.User, g, "short", "", true},
		"a group by objectGUID":                               {directory.Group, g, "0123456789abcdef", "00112233-4455-6677-8899-aabbccddeeff", false},
		"a contact by objectGUID":                             {directory.Contact, g, "", "00112233-4455-6677-8899-aabbccddeeff", false},
		"a group without objectGUID":                          {directory.Group, directory.GUID{}, "", "", true},
		"a user whose consistency counts, without objectGUID": {directory.User, directory.GUID{}, "0123456789abcdef", "MDEyMzQ1Njc4OWFiY2RlZg==", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := directory.AnchorOf(c.kind, c.guid, c.consistency)
			if got != c.want || (err != nil) != c.err {
				t.Errorf("AnchorOf = %q, %v", got, err)
			}
		})
	}
	if _, err := directory.AnchorOf(directory.Group, directory.GUID{}, ""); !errors.Is(err, directory.ErrNoAnchor) {
		t.Errorf("error %v", err)
	}
}

func TestKindsHaveWords(t *testing.T) {
	for _, k := range []directory.Kind{directory.User, directory.Contact, directory.Group} {
		if got, err := directory.ParseKind(k.String()); err != nil || got != k {
			t.Errorf("ParseKind(%s) = %v, %v", k, got, err)
		}
	}
	if _, err := directory.ParseKind("computer"); err == nil {
		t.Error("computer is no kind")
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "ABC": "abc", "MÜLLER": "müller", "ÅSE Øre": "åse øre"} {
		if got := directory.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q", in, got)
		}
	}
}

func TestDistinguishedNames(t *testing.T) {
	for name, c := range map[string]struct{ dn, parent, domain string }{
		"usual":              {"CN=Anna,OU=Staff,DC=Corp,DC=example", "OU=Staff,DC=Corp,DC=example", "corp.example"},
		"an escaped comma":   {`CN=Smith\, John,DC=x`, "DC=x", "x"},
		"an escaped slash":   {`CN=back\\,DC=x`, "DC=x", "x"},
		"one component":      {"DC=x", "", "x"},
		"nothing":            {"", "", ""},
		"no domain":          {"CN=a,O=b", "O=b", ""},
		"a comma at the end": {"CN=a,", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := directory.ParentDN(c.dn); got != c.parent {
				t.Errorf("ParentDN = %q", got)
			}
			if got := directory.DomainOfDN(c.dn); got != c.domain {
				t.Errorf("DomainOfDN = %q", got)
			}
		})
	}
}

func TestUnderDN(t *testing.T) {
	for name, c := range map[string]struct {
		dn, ou string
		want   bool
	}{
		"itself":                      {"ou=a,dc=x", "ou=a,dc=x", true},
		"below":                       {"cn=b,ou=a,dc=x", "ou=a,dc=x", true},
		"far below":                   {"cn=c,ou=b,ou=a,dc=x", "dc=x", true},
		"beside":                      {"cn=b,ou=aa,dc=x", "ou=a,dc=x", false},
		"a longer name":               {"cn=b,xou=a,dc=x", "ou=a,dc=x", false},
		"above":                       {"dc=x", "ou=a,dc=x", false},
		"an escaped comma":            {`cn=b\,ou=a,dc=x`, "ou=a,dc=x", false},
		"an escaped backslash before": {`cn=b\\,ou=a,dc=x`, "ou=a,dc=x", true},
		"nothing is below nothing":    {"dc=x", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := directory.UnderDN(c.dn, c.ou); got != c.want {
				t.Errorf("UnderDN(%q, %q) = %v", c.dn, c.ou, got)
			}
		})
	}
}
