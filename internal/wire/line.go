package wire

import "encoding/json"

// Kind is the kind of a line.
type Kind string

// The kinds.
const (
	KindHello    Kind = "hello"    // first: who answers
	KindProgress Kind = "progress" // what is being done
	KindLog      Kind = "log"      // what is going on, never an error
	KindRecord   Kind = "record"   // one object of the result
	KindChange   Kind = "change"   // in mode whatif: what would be done
	KindError    Kind = "error"    // what went wrong
	KindPing     Kind = "ping"     // nothing was said for a while
	KindResult   Kind = "result"   // last: what it came to
)

// Status is what a command came to.
type Status string

// The statuses: ok with exit code 0 and 10, partial with 4 and 7, cancelled with 130, failed with every other.
const (
	OK        Status = "ok"
	Partial   Status = "partial"
	Cancelled Status = "cancelled"
	Failed    Status = "failed"
)

// StatusOf gives the status of an exit code.
func StatusOf(exit int) Status {
	switch exit {
	case 0, 10:
		return OK
	case 4, 7:
		return Partial
	case 130:
		return Cancelled
	}
	return Failed
}

// Line is one line of an answer. Which fields there are depends on the kind.
type Line struct {
	Kind Kind   `json:"k"`
	Seq  int    `json:"seq"`
	Time string `json:"t"` // RFC 3339, UTC, milliseconds

	Wire   int    `json:"wire,omitempty"` // hello
	Min    int    `json:"wireMin,omitempty"`
	Max    int    `json:"wireMax,omitempty"`
	Engine string `json:"engine,omitempty"` // version of the program
	Op     string `json:"op,omitempty"`     // hello, and progress: the step

	ID       string `json:"id,omitempty"` // progress
	Activity string `json:"activity,omitempty"`
	Done     int    `json:"done,omitempty"`
	Total    int    `json:"total,omitempty"` // 0 when it is not known
	Pct      *int   `json:"pct,omitempty"`   // -1 when it is not known
	End      bool   `json:"end,omitempty"`

	Level   string `json:"lvl,omitempty"` // log: debug, info or warn
	Message string `json:"msg,omitempty"` // log and error

	Type    string          `json:"type,omitempty"` // record, and result with data
	Version int             `json:"v,omitempty"`    // of the record's type
	Data    json.RawMessage `json:"data,omitempty"` // record and result

	Operation string  `json:"operation,omitempty"` // change
	Code      string  `json:"code,omitempty"`      // error: from ErrorCodes
	Target    *Target `json:"target,omitempty"`    // change and error
	Fatal     bool    `json:"fatal,omitempty"`     // error: the command did not do what was asked
	Retryable bool    `json:"retryable,omitempty"`
	Action    string  `json:"action,omitempty"` // the way out, for people
	Context   []Pair  `json:"ctx,omitempty"`    // such as the guard and the plan's digest

	Status     Status `json:"status,omitempty"` // result
	Exit       *int   `json:"exit,omitempty"`
	DurationMs int64  `json:"durationMs,omitempty"`
}

// Target is what a change or an error is about.
type Target struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Pair is a named text. Names of attributes are values and never names of JSON, which 5.1 folds by case.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
