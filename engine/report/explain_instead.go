package report

import (
	"time"

	"github.com/coexistsync/coexist/rules"
)

// instead says what stands in the way of what the rules decided: a hold, or an exception.
func (p *page) instead(d rules.Decision) {
	if x := d.Pending; x != nil {
		p.flow(plain, "    ", "stays so until "+instant(x.Until)+", then "+Safe(x.Text)+"; wanted since "+instant(x.Since), 6)
	}
	if x := d.Exception; x != nil {
		what := "decided by exception "
		if x.Freeze {
			what = "frozen by exception "
		}
		p.flow(plain, "    ", what+exceptionWords(x)+", until "+Safe(x.Expires), 6)
	}
	if x := d.Lapsed; x != nil {
		p.flow(plain, "    ", "exception "+exceptionWords(x)+", is over since "+Safe(x.Expires), 6)
	}
}

func exceptionWords(x *rules.Exception) string {
	return Safe(x.ID) + " (" + Safe(x.Reason) + ") of " + Safe(x.Owner) + ", " + place(rules.Origin{File: x.File, Line: x.Line})
}

// The JSON forms of what instead says.
type (
	pendingRow struct {
		Value string    `json:"value"`
		Since time.Time `json:"since"`
		Until time.Time `json:"until"`
	}
	exceptionRow struct {
		ID      string `json:"id"`
		File    string `json:"file"`
		Line    int    `json:"line"`
		Freeze  bool   `json:"freeze,omitempty"`
		Reason  string `json:"reason"`
		Owner   string `json:"owner"`
		Expires string `json:"expires"`
	}
)

func pendingOf(x *rules.Pending) *pendingRow {
	if x == nil {
		return nil
	}
	return &pendingRow{x.Text, x.Since, x.Until}
}

func exceptionOf(x *rules.Exception) *exceptionRow {
	if x == nil {
		return nil
	}
	return &exceptionRow{x.ID, x.File, x.Line, x.Freeze, x.Reason, x.Owner, x.Expires}
}
