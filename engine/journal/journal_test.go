package journal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	c := Counts{Begun: 1, Exported: 2, Done: 4, Already: 8, Failed: 16, Unknown: 32}
	if got := []int{c.Reached(), c.Succeeded(), c.Unsettled()}; !cmp.Equal(got, []int{63, 12, 35}) {
		t.Errorf("reached, succeeded, unsettled are %v", got)
	}
	if diff := cmp.Diff([]State{Done, Already, Failed, Unknown, Exported, Begun}, c.Sorted()); diff != "" {
		t.Errorf("sorted (-want +got)\n%s", diff)
	}
}

func TestNoStateIsBothSettledAndNot(t *testing.T) {
	seen := map[State]bool{}
	for _, s := range States() {
		if seen[s] || s.Succeeded() && s.Unsettled() {
			t.Errorf("state %s", s)
		}
		seen[s] = true
	}
	if len(seen) != 11 {
		t.Errorf("%d states are listed", len(seen))
	}
}
