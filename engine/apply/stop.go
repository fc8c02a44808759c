package apply

import (
	"fmt"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/journal"
)

// Stop says when a run gives up, so that one cause does not fail every change. Credentials that are refused stop it at
// once. A field that is 0 takes its default; a negative one switches its rule off.
type Stop struct {
	Failures      int     // in a row without a success between them; 20
	FailureShare  float64 // of the changes tried, once there are 50; 0.10
	Denied        int     // for want of a permission, in a row; 5
	Conflicts     int     // targets or sources that are not as planned; more than 20 stop it
	ConflictShare float64 // of the changes tried, once there are 50; 0.02
}

// shareFrom is how many changes must have been tried before shares say anything.
const shareFrom = 50

func (s *Stop) complete() {
	for _, f := range []struct {
		field *int
		value int
	}{{&s.Failures, 20}, {&s.Denied, 5}, {&s.Conflicts, 20}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	if s.FailureShare == 0 {
		s.FailureShare = 0.10
	}
	if s.ConflictShare == 0 {
		s.ConflictShare = 0.02
	}
}

// brake holds the rules against the outcomes, which come in the plan's order.
type brake struct {
	Stop
	tried, failed, row, denied, conflicts int
	why                                   string // the rule that holds, "" for none
}

func (b *brake) add(e journal.Entry) {
	if b.why != "" || e.State == journal.Blocked || e.State == journal.Delayed {
		return
	}
	b.tried++
	switch {
	case e.State.Succeeded():
		b.row, b.denied = 0, 0
	case e.State == journal.Conflict || e.State == journal.Stale:
		b.conflicts++
	default:
		b.failed++
		b.row++
		if e.FaultKind == fault.Denied.String() {
			b.denied++
		} else {
			b.denied = 0
		}
	}
	switch share := b.tried >= shareFrom; {
	case e.FaultKind == fault.SignIn.String():
		b.why = "credentials were refused: " + e.Detail
	case over(b.denied, b.Denied-1):
		b.why = fmt.Sprintf("%d changes in a row were denied: %s", b.denied, e.Detail)
	case over(b.row, b.Failures-1):
		b.why = fmt.Sprintf("%d changes in a row failed: %s", b.row, e.Detail)
	case over(b.conflicts, b.Conflicts):
		b.why = fmt.Sprintf("%d objects are no longer as they were planned", b.conflicts)
	case share && above(b.failed, b.tried, b.FailureShare):
		b.why = fmt.Sprintf("%d of %d changes failed", b.failed, b.tried)
	case share && above(b.conflicts, b.tried, b.ConflictShare):
		b.why = fmt.Sprintf("%d of %d objects are no longer as they were planned", b.conflicts, b.tried)
	}
}

// over reports whether n passes a limit; one that stems from a negative field passes nothing.
func over(n, limit int) bool { return limit >= 0 && n > limit }

func above(n, of int, share float64) bool { return share > 0 && float64(n) > share*float64(of) }
