package validate

import "testing"

func TestLostMembersAreSaidInOneSentence(t *testing.T) {
	for name, c := range map[string]struct {
		all, outside, excluded, nested int
		want                           string
	}{
		"the only one":   {1, 0, 1, 0, "its one member is not synchronised"},
		"all":            {8, 0, 0, 8, "all 8 members are of a type that the group cannot hold or reach"},
		"one of several": {40, 0, 1, 0, "of 40 members, 1 is not synchronised"},
		"several kinds":  {9, 3, 1, 2, "of 9 members, 3 are not among the objects read, 1 is not synchronised, 2 are of a type that the group cannot hold or reach"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lost(c.all, c.outside, c.excluded, c.nested); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
