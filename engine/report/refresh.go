package report

import (
	"bufio"
	"io"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// Verdict says how a refreshed plan stands to the old one as a whole.
type Verdict string

// The verdicts.
const (
	Identical Verdict = "identical" // the same changes
	Subset    Verdict = "subset"    // no change that the old plan does not hold
	Exceeds   Verdict = "new"       // changes that the old plan does not hold
)

// Compared is what came of comparing a plan with an older one: kind "coexist.report.refresh".
type Compared struct {
	FormatVersion string                  `json:"formatVersion"`
	Kind          string                  `json:"kind"`
	Verdict       Verdict                 `json:"verdict"`
	Older         string                  `json:"older"` // digests
	Newer         string                  `json:"newer"`
	Counts        map[plan.Difference]int `json:"counts"`
	Changes       []Differing             `json:"changes"` // that differ, as many as were asked for

	expires time.Time // of the newer plan
}

// Differing is a change that one plan holds and the other does not, or that does something else there.
type Differing struct {
	Difference plan.Difference `json:"difference"`
	Change     plan.Change     `json:"change"`
}

// Compare holds a plan against an older one. At most limit changes that differ are kept; all are counted.
func Compare(older, newer Planned, limit int) (Compared, error) {
	m := newer.Manifest()
	c := Compared{FormatVersion: FormatVersion, Kind: "coexist.report.refresh", Verdict: Identical, Older: older.Digest(), Newer: newer.Digest(),
		Counts: map[plan.Difference]int{}, Changes: []Differing{}, expires: m.Expires}
	err := plan.Compare(older.Changes(), newer.Changes(), func(d plan.Difference, x plan.Change) error {
		c.Counts[d]++
		if d != plan.Same && len(c.Changes) < limit {
			c.Changes = append(c.Changes, Differing{d, x})
		}
		return nil
	})
	switch {
	case c.Counts[plan.New]+c.Counts[plan.Other] > 0:
		c.Verdict = Exceeds
	case c.Counts[plan.Gone] > 0:
		c.Verdict = Subset
	}
	return c, err
}

// Refreshed writes how a plan stands to an older one.
func Refreshed(w io.Writer, c Compared, o Options) error {
	buf := bufio.NewWriter(w)
	t := newPage(buf, o)
	same, fresh := c.Counts[plan.Same], c.Counts[plan.New]+c.Counts[plan.Other]
	switch c.Verdict {
	case Identical:
		t.flow(bold, "", "IDENTICAL: "+plural(same, "change", "changes")+", the same as in the old plan. Its approvals hold for the new one.", 0)
	case Subset:
		t.flow(bold, "", "SUBSET: "+plural(same, "change of the old plan is", "changes of the old plan are")+" left, and nothing is new. Its approvals hold for the new one.", 0)
	default:
		t.flow(yellow, "", "NEW CHANGES: "+count(fresh)+" that the old plan does not hold, beside "+count(same)+" that it does. The new plan needs approvals of its own.", 0)
	}
	for _, d := range []struct {
		what  plan.Difference
		title string
	}{{plan.New, "New"}, {plan.Other, "Other than in the old plan"}, {plan.Gone, "No longer needed"}} {
		if c.Counts[d.what] == 0 {
			continue
		}
		t.head(d.title)
		shown := 0
		for _, x := range c.Changes {
			if x.Difference == d.what {
				shown++
				t.line(plain, "  "+actionWord(x.Change.Action)+" "+Safe(string(x.Change.Object.Type))+" "+Safe(x.Change.Object.Name)+attributeList(&x.Change))
			}
		}
		if more := c.Counts[d.what] - shown; more > 0 {
			t.line(plain, "  and "+count(more)+" more; --full lists all")
		}
	}
	t.head("Plans")
	t.table(2, [][]string{{"old", Safe(c.Older)}, {"new", Safe(c.Newer)}, {"expires", instant(c.expires)}})
	if t.err != nil {
		return t.err
	}
	return buf.Flush()
}

// attributeList names what a change sets, the first few.
func attributeList(c *plan.Change) string {
	var names []string
	for _, a := range c.Attributes {
		names = append(names, Safe(a.Name))
	}
	if len(names) == 0 {
		return ""
	}
	return ": " + list(names[:min(4, len(names))], len(names))
}
