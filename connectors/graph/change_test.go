package graph

import (
	"slices"
	"testing"
)

// Rows of one object may come several times, in any order of what they tell: the last one counts, of the object and of each
// member. One that was deleted and came back is there.
func TestTheLastRowOfAnObjectCounts(t *testing.T) {
	gone := &removal{Reason: "changed"}
	c := changes{}
	for _, row := range []change{
		{ID: "BACK", Removed: gone}, {ID: "back", Members: []linkChange{{ID: "M1"}, {ID: "M2", Removed: gone}}},
		{ID: "left"}, {ID: "left", Removed: gone},
		{ID: "back", Members: []linkChange{{ID: "m1", Removed: gone}, {ID: "m2"}}},
	} {
		c.take(&row)
	}
	if got := c.living(); !slices.Equal(got, []string{"back"}) {
		t.Errorf("%v are there, want back alone", got)
	}
	if got := c["back"].merge([]string{"m0", "m1"}).Texts(); !slices.Equal(got, []string{"m0", "m2"}) {
		t.Errorf("members are %v, want m0 and m2", got)
	}
}
