package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLearn(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	was := Memory{Anchor: "a", Decided: []Decided{{Decision: "cloudType", Text: "user"}, {Decision: "usageLocation", Text: "DE"}},
		Pending: []Pending{{"usageLocation", "FR", day}}}
	for name, c := range map[string]struct {
		lesson Lesson
		want   Memory
	}{
		"nothing":                    {Lesson{Anchor: "a"}, was},
		"another decision":           {Lesson{Anchor: "a", Decided: []Decided{{Decision: "licenses", List: []string{"e3"}}}}, Memory{"a", []Decided{was.Decided[0], {Decision: "licenses", List: []string{"e3"}}, was.Decided[1]}, was.Pending}},
		"what waited is carried out": {Lesson{Anchor: "a", Decided: []Decided{{Decision: "usageLocation", Text: "FR"}}}, Memory{"a", []Decided{was.Decided[0], {Decision: "usageLocation", Text: "FR"}}, nil}},
		"another value waits":        {Lesson{Anchor: "a", Pending: []Pending{{"usageLocation", "AT", day.AddDate(0, 0, 1)}}}, Memory{"a", was.Decided, []Pending{{"usageLocation", "AT", day.AddDate(0, 0, 1)}}}},
		"called off":                 {Lesson{Anchor: "a", Over: []string{"usageLocation"}}, Memory{"a", was.Decided, nil}},
		"forgotten":                  {Lesson{Anchor: "a", Forget: true}, Memory{Anchor: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, was.Learn(c.lesson)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
