package selection_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/snapshot"
)

const base = ",OU=Staff,DC=contoso,DC=example"

// staff is Anna, Bernd and Carla, of whom two share a sAMAccountName in different domains, and a pilot group in a group.
func staff(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	b := snapshot.NewBuilder()
	add := func(kind directory.Kind, n byte, dn string, pairs ...string) {
		attrs := map[string][]string{directory.AttrDN: {dn}}
		for i := 0; i < len(pairs); i += 2 {
			attrs[pairs[i]] = append(attrs[pairs[i]], pairs[i+1])
		}
		var list []directory.Attribute
		for k, v := range attrs {
			list = append(list, directory.Attribute{Name: k, Values: v})
		}
		if err := b.Add(kind, directory.GUID{15: n}, list); err != nil {
			t.Fatal(err)
		}
	}
	add(directory.User, 1, "CN=Anna"+base, "sAMAccountName", "anna", "userPrincipalName", "anna@contoso.example")
	add(directory.User, 2, "CN=Bernd"+base, "sAMAccountName", "twin", "userPrincipalName", "bernd@contoso.example")
	add(directory.User, 3, "CN=Carla,OU=Other,DC=contoso,DC=example", "sAMAccountName", "twin", "userPrincipalName", "carla@contoso.example")
	add(directory.Group, 4, "CN=Pilot,OU=Groups,DC=contoso,DC=example", "cn", "Pilot", "member", "CN=Inner,OU=Groups,DC=contoso,DC=example")
	add(directory.Group, 5, "CN=Inner,OU=Groups,DC=contoso,DC=example", "cn", "Inner", "member", "CN=Anna"+base)
	// Eva's anchor is damaged, and Frank and Gina claim one.
	add(directory.User, 6, "CN=Eva"+base, "sAMAccountName", "eva", "mS-DS-ConsistencyGuid", "short")
	add(directory.User, 7, "CN=Frank"+base, "sAMAccountName", "frank", "mS-DS-ConsistencyGuid", "0123456789abcdef")
	add(directory.User, 8, "CN=Gina"+base, "sAMAccountName", "gina", "mS-DS-ConsistencyGuid", "0123456789abcdef")
	b.AddSource(snapshot.Source{Name: "ad"})
	s, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chosen gives the last bytes of the objectGUIDs that a selection has.
func chosen(t *testing.T, w selection.Wish) ([]byte, error) {
	t.Helper()
	s := staff(t)
	sel, err := selection.New(w, s)
	if err != nil || sel == nil {
		return nil, err
	}
	var out []byte
	for i := range s.Len() {
		if sel.Has(s.At(i)) {
			out = append(out, s.At(i).GUID[15])
		}
	}
	slices.Sort(out)
	return out, nil
}

func TestNew(t *testing.T) {
	csv := func(text string) selection.Wish { return selection.Wish{File: "pilot.csv", CSV: []byte(text)} }
	cases := map[string]struct {
		wish selection.Wish
		want []byte
	}{
		"nothing restricts nothing":        {selection.Wish{}, nil},
		"by user principal name":           {selection.Wish{Objects: []string{"ANNA@contoso.example"}}, []byte{1}},
		"by objectGUID":                    {selection.Wish{Objects: []string{"00000000-0000-0000-0000-000000000002"}}, []byte{2}},
		"by distinguished name":            {selection.Wish{Objects: []string{"cn=carla,ou=other,dc=contoso,dc=example"}}, []byte{3}},
		"by OU":                            {selection.Wish{OUs: []string{"ou=staff,dc=contoso,dc=example"}}, []byte{1, 2}},
		"what is named adds up":            {selection.Wish{Objects: []string{"carla@contoso.example"}, OUs: []string{base[1:]}}, []byte{1, 2, 3}},
		"a pilot is all of its group":      {selection.Wish{Pilot: "Pilot"}, []byte{1, 4, 5}},
		"a pilot bounds what is named":     {selection.Wish{Pilot: "Pilot", OUs: []string{base[1:]}}, []byte{1}},
		"a file with a mark and CRLF":      {csv("\xef\xbb\xbfsAMAccountName\r\nanna\r\n"), []byte{1}},
		"a file with tabs":                 {csv("Name\tuserPrincipalName\nx\tbernd@contoso.example\n"), []byte{2}},
		"a file from Windows PowerShell":   {csv("#TYPE Selected.User\n\"UserPrincipalName\"\n\"anna@contoso.example\"\n"), []byte{1}},
		"a comma in a semicolon's header":  {csv("Name, first;sAMAccountName\nx, y;anna\n"), []byte{1}},
		"a comma quoted before semicolons": {csv("\"Name, first\";\"sAMAccountName\"\nx;anna\n"), []byte{1}},
		"keys of a row that agree":         {csv("sAMAccountName,userPrincipalName\nanna,anna@contoso.example\n"), []byte{1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := chosen(t, c.wish)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	csv := func(text string) selection.Wish { return selection.Wish{File: "pilot.csv", CSV: []byte(text)} }
	cases := map[string]struct {
		wish    selection.Wish
		want    string
		missing bool // nothing is wrong but that it is not there
	}{
		"nobody has the name":         {selection.Wish{Objects: []string{"zoe"}}, "zoe: not in the directory's scope", true},
		"its anchor is damaged":       {selection.Wish{Objects: []string{"eva"}}, "eva: CN=Eva,OU=Staff,DC=contoso,DC=example is in the directory, and was set aside: it has no usable source anchor: mS-DS-ConsistencyGuid has 5 bytes, want 16", true},
		"its anchor is another's too": {selection.Wish{Objects: []string{"cn=frank" + base}}, "cn=frank,OU=Staff,DC=contoso,DC=example: CN=Frank,OU=Staff,DC=contoso,DC=example is in the directory, and was set aside: its source anchor MDEyMzQ1Njc4OWFiY2RlZg== is claimed by CN=Gina,OU=Staff,DC=contoso,DC=example too", true},
		"two have the name":           {selection.Wish{Objects: []string{"twin"}}, "twin names 2 objects; use a distinguished name or an objectGUID", false},
		"an OU without objects":       {selection.Wish{OUs: []string{"OU=None,DC=contoso,DC=example"}}, "no object lies below OU=None,DC=contoso,DC=example: not in the directory's scope", true},
		"no such pilot group":         {selection.Wish{Pilot: "Nobody"}, "pilot group Nobody: not in the directory's scope", true},
		"a row that nobody fits":      {csv("sAMAccountName\nzoe\n"), "pilot.csv:2: sAMAccountName zoe: not in the directory's scope", true},
		"a row that two fit":          {csv("sAMAccountName\ntwin\n"), "pilot.csv:2: sAMAccountName twin names 2 objects", false},
		"a row that names nothing":    {csv("sAMAccountName,note\n,x\n"), "pilot.csv:2: names no object: sAMAccountName is empty", false},
		"a row with too many columns": {csv("sAMAccountName\nanna,x\n"), "pilot.csv:2: wrong number of fields", false},
		"quotes that do not match":    {csv("sAMAccountName\n\"anna\n"), `pilot.csv:2: extraneous or missing " in quoted-field`, false},
		"no GUID":                     {csv("objectGUID\nanna\n"), `pilot.csv:2: "anna" is not a GUID`, false},
		"no header":                   {csv(""), "pilot.csv:1: has no header: EOF", false},
		"UTF-16":                      {csv("\xff\xfea\x00"), "pilot.csv: is UTF-16; save it as UTF-8", false},
		"Latin-1":                     {csv("sAMAccountName\nM\xfcller\n"), "pilot.csv: is not UTF-8; save it as UTF-8", false},
		"a header without rows":       {csv("sAMAccountName\n"), "no object is selected by pilot.csv (0 objects)", false},
		"a column that stands twice":  {csv("sAMAccountName,note,SAMACCOUNTNAME\nanna,x,zoe\n"), "pilot.csv:1: the header has sAMAccountName twice", false},
		"nobody left by the pilot":    {selection.Wish{Pilot: "Pilot", Objects: []string{"bernd@contoso.example"}}, "no object is selected by object bernd@contoso.example, pilot group Pilot", false},
		"all of them":                 {csv("sAMAccountName\nzoe\ntwin\n"), "pilot.csv:2: sAMAccountName zoe: not in the directory's scope\npilot.csv:3: sAMAccountName twin names 2 objects", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := chosen(t, c.wish)
			if diff := cmp.Diff(c.want, fmt.Sprint(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := errors.Is(err, selection.ErrNotFound); got != c.missing {
				t.Errorf("is ErrNotFound: %v, want %v", got, c.missing)
			}
		})
	}
}
