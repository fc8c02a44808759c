package ad_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/ad"
	"github.com/coexistsync/coexist/connectors/ad/ldapscript"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
)

const bin = `CN=Carol\0ADEL:1,CN=Deleted Objects,` + base

// scattered is people with a deleted object.
func scattered() ldapscript.Domain {
	d := people()
	d.Entries = append(d.Entries, ldapscript.New(bin, []string{"top", "person", "user"}, "isDeleted", "TRUE"))
	return d
}

func TestLocate(t *testing.T) {
	zoe := "CN=Zoe,OU=Leavers," + base
	server := start(t, scattered())
	tests := map[string]struct {
		scope ad.Scope
		dn    string
		want  connector.Sighting
	}{
		"moved out of every scope":               {ad.Scope{OU: staff}, zoe, connector.Sighting{Fate: connector.FateMoved, DN: zoe}},
		"in the OU, but no longer in its filter": {ad.Scope{OU: staff, Filter: "(department=IT)"}, alice, connector.Sighting{Fate: connector.FateMoved, DN: alice}},
		"deleted":                                {ad.Scope{OU: staff}, bin, connector.Sighting{Fate: connector.FateDeleted, DN: bin}},
		"neither live nor deleted":               {ad.Scope{OU: staff}, "CN=Nobody," + staff, connector.Sighting{}},
		"in scope, so that the import missed it": {ad.Scope{OU: staff}, alice, connector.Sighting{Fate: connector.FateEscaped, DN: alice}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := config(server)
			cfg.Scopes = []ad.Scope{tt.scope}
			guid := ldapscript.GUID(tt.dn)
			got, err := connect(t, cfg).Locate(t.Context(), []directory.GUID{guid})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[directory.GUID]connector.Sighting{guid: tt.want}, got); diff != "" {
				t.Errorf("sightings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLocateAnswersForEveryGUID(t *testing.T) {
	d := users(0)
	var guids []directory.GUID
	for _, e := range users(120).Entries[1:] {
		e.DN = "CN=x" + e.DN
		d.Entries = append(d.Entries, e)
		g, _ := directory.GUIDFromBytes([]byte(e.Attributes["objectGUID"][0]))
		guids = append(guids, g)
	}
	cfg := config(start(t, d))
	cfg.Scopes[0].Filter = "(mail=nobody)"
	got, err := connect(t, cfg).Locate(t.Context(), guids)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guids {
		if got[g].Fate != connector.FateMoved {
			t.Errorf("%s: %v, want it moved", g, got[g])
		}
	}
	if len(got) != len(guids) {
		t.Errorf("%d answers for %d GUIDs", len(got), len(guids))
	}
}

func TestLocateOfNothingAsksNobody(t *testing.T) {
	server := start(t, users(1))
	server.Close()
	if got, err := connect(t, config(server)).Locate(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLocateFollowsTheScopesOfTheLastImport(t *testing.T) {
	server := start(t, people())
	c := connect(t, config(server))
	read(t, c, connector.Want{})
	server.Update(func(d *ldapscript.Domain) {
		d.Entries[0].DN = "OU=People," + base
		d.Entries[1].DN = "CN=Alice,OU=People," + base
	})
	guid := ldapscript.GUID(alice)
	got, err := c.Locate(t.Context(), []directory.GUID{guid})
	if err != nil || got[guid].Fate != connector.FateEscaped {
		t.Errorf("%v, %v; want it in scope, and so not gone", got, err)
	}
}

func TestLocateIsWholeOrAnError(t *testing.T) {
	for name, f := range map[string]ldapscript.Fault{
		"in the domain": {Op: ldapscript.Page, Nth: 1, NoPaging: true},
		"in a scope":    {Op: ldapscript.Page, Nth: 2, Code: 4},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := connect(t, config(start(t, people(), f))).Locate(t.Context(), []directory.GUID{{1}})
			if err == nil || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			expect(t, err, fault.Unreachable, "look for missing objects")
		})
	}
}
