package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/connector"
)

// seen is a directory that answers alike for every object.
type seen connector.Sighting

func (s seen) Locate(_ context.Context, guids []directory.GUID) (map[directory.GUID]connector.Sighting, error) {
	out := map[directory.GUID]connector.Sighting{}
	for _, g := range guids {
		out[g] = connector.Sighting(s)
	}
	return out, nil
}

func TestLocatorsSettleWhatDirectoriesSay(t *testing.T) {
	unreadable, moved := seen{}, seen{Fate: connector.FateMoved, DN: "CN=a,OU=There"}
	deleted, escaped := seen{Fate: connector.FateDeleted, DN: "CN=a,CN=Deleted Objects"}, seen{Fate: connector.FateEscaped, DN: "CN=a,OU=Staff"}
	cases := map[string]struct {
		said []connector.Locator
		want seen
	}{
		"nobody sees it":                         {[]connector.Locator{unreadable, unreadable}, unreadable},
		"what one sees counts":                   {[]connector.Locator{unreadable, moved, unreadable}, moved},
		"a deleted one too":                      {[]connector.Locator{deleted, unreadable}, deleted},
		"those who agree count":                  {[]connector.Locator{deleted, deleted}, deleted},
		"one that escaped is there":              {[]connector.Locator{unreadable, escaped}, escaped},
		"whatever others say before":             {[]connector.Locator{deleted, moved, escaped}, escaped},
		"and behind":                             {[]connector.Locator{escaped, deleted}, escaped},
		"a contradiction proves nothing":         {[]connector.Locator{moved, deleted}, unreadable},
		"nor does a majority":                    {[]connector.Locator{deleted, moved, deleted}, unreadable},
		"nor is it settled by who sees it least": {[]connector.Locator{moved, deleted, unreadable}, unreadable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			guid := directory.GUID{1}
			got, err := locators(c.said).Locate(t.Context(), []directory.GUID{guid})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[directory.GUID]connector.Sighting{guid: connector.Sighting(c.want)}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
