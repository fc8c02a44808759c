// Package journal says what a run did: one Run for each plan that is carried out, and in it one Entry for each change, with
// how far it came. It holds values only; engine/store keeps them and engine/apply writes them.
//
// The entry is what makes a crash harmless. Nothing is sent to a directory before an entry in the state Begun is durable,
// and a change that is found in that state after a crash is looked up, never sent again blindly:
//
//	begun -> exported -> done | failed | deferred | delayed | unknown
//
// A change that was not sent at all is already, conflict, stale or blocked.
package journal

import (
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// State is how far a change came.
type State string

// The states of a change.
const (
	Begun    State = "begun"    // about to be sent, or sent and not answered yet
	Exported State = "exported" // the directory answered that it is done; the ledger does not know yet
	Done     State = "done"     // written, and in the ledger
	Already  State = "already"  // the target held the wished values before anything was sent; in the ledger
	Failed   State = "failed"   // it did not happen and will not by asking again
	Deferred State = "deferred" // it did not happen yet: it was asked for as often as is sensible, or the run was interrupted
	Unknown  State = "unknown"  // it may have happened, and looking it up did not tell
	Conflict State = "conflict" // the target is no longer as it was when the plan was made
	Stale    State = "stale"    // the source is no longer as it was when the plan was made
	Blocked  State = "blocked"  // a change that it depends on is not done
	Delayed  State = "delayed"  // what it needs is not there yet: it waits as a task, and the run is done with it
)

// States lists all states in the order in which reports show them.
func States() []State {
	return []State{Done, Already, Delayed, Failed, Conflict, Stale, Blocked, Deferred, Unknown, Exported, Begun}
}

// Succeeded reports whether the change has its effect and the ledger knows.
func (s State) Succeeded() bool { return s == Done || s == Already }

// Unsettled reports whether the tenant may hold an effect of the change that the ledger does not know of.
func (s State) Unsettled() bool { return s == Begun || s == Exported || s == Unknown }

// Entry is what a run knows about one change.
type Entry struct {
	Run       string           `json:"run"`
	Change    string           `json:"change"` // plan.Change.ID
	Anchor    directory.Anchor `json:"anchor"`
	Name      string           `json:"name"` // of the object, for people
	Action    plan.Action      `json:"action"`
	Directory cloud.Directory  `json:"directory"`
	State     State            `json:"state"`
	Attempt   int              `json:"attempt"`             // how often it was sent, over all processes that carried on the run
	RequestID string           `json:"requestId,omitempty"` // of the last answer that had one, for a vendor's support
	TargetID  string           `json:"targetId,omitempty"`  // cloud id
	FaultKind string           `json:"faultKind,omitempty"` // fault.Kind of the last error as text
	Detail    string           `json:"detail,omitempty"`    // for people: what went wrong, or which dependency is missing
	At        time.Time        `json:"at"`                  // UTC
	// Weights is what the change counts for guards once it has its effect, by guard: over the last hours they add up
	// across runs, so that many small plans do not pass where a large one would be stopped.
	Weights map[string]int `json:"weights,omitempty"`
}

// RunState is how a run stands.
type RunState string

// The states of a run. A run that is Running while nobody holds its tenant's lease was cut off. All but Finished are
// taken up again when the same plan is applied once more.
const (
	Running     RunState = "running"
	Finished    RunState = "finished"    // every change came to an end, whatever end
	Interrupted RunState = "interrupted" // asked to stop, or changes are left that were put off or whose outcome is not known
	Stopped     RunState = "stopped"     // a stop rule held
	Refused     RunState = "refused"     // its plan was written and not applied: a guard, or another refusal
	Broken      RunState = "broken"      // it ended by an error before it applied a plan
)

// Ended reports whether no process carries the run on at present, as far as it says itself.
func (s RunState) Ended() bool { return s != Running }

// Phase is what a run is at.
type Phase string

// The phases, in their order.
const (
	Reading  Phase = "read"  // directory and tenant
	Planning Phase = "plan"  // comparing, and writing the plan file
	Applying Phase = "apply" // carrying out changes
	Tasking  Phase = "tasks" // delayed tasks that are due
)

// Progress is how far a run is. It is stored once a second at most.
type Progress struct {
	Phase Phase     `json:"phase"`
	Done  int       `json:"done"`
	Total int       `json:"total"` // 0 while it cannot be told
	At    time.Time `json:"at"`    // UTC: a run that shows no progress for long hangs, or its process is gone
}

// Percent gives how much of the phase is done, -1 while it cannot be told.
func (p Progress) Percent() int {
	if p.Total <= 0 {
		return -1
	}
	return min(100, 100*p.Done/p.Total)
}

// Stop is somebody's wish that a run ends after the changes in flight.
type Stop struct {
	By     Who       `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"` // UTC
}

// Halt is somebody's order that nothing is written to the tenant until it is lifted.
type Halt struct {
	Since  time.Time `json:"since"` // UTC
	By     Who       `json:"by"`
	Reason string    `json:"reason"`
	Lifted time.Time `json:"lifted,omitzero"` // UTC
	Lifter Who       `json:"liftedBy,omitzero"`
}

// Who is the process that carries out a run.
type Who struct {
	User string `json:"user,omitempty"`
	Host string `json:"host"`
	PID  int    `json:"pid"`
}

// Override lets a plan pass one guard that it exceeds.
type Override struct {
	Guard  string `json:"guard"`
	Plan   string `json:"plan"` // digest of the one plan that it is for
	Reason string `json:"reason"`
}

// Run is the carrying out of one plan, perhaps by several processes one after the other.
type Run struct {
	ID        string     `json:"id"`
	Plan      string     `json:"plan"`   // digest; "" for a run that has made no plan yet
	Tenant    string     `json:"tenant"` // GUID
	Mode      string     `json:"mode"`   // the command: apply, sync or tasks
	By        Who        `json:"by"`     // the last to carry it on
	State     RunState   `json:"state"`
	Detail    string     `json:"detail,omitempty"`  // why it was stopped
	Changes   int        `json:"changes"`           // in the plan
	Started   time.Time  `json:"started"`           // UTC
	Finished  time.Time  `json:"finished,omitzero"` // UTC, when the last process ended; zero while one carries it on
	Overrides []Override `json:"overrides,omitempty"`
	Engine    string     `json:"engine,omitempty"`   // version of the program that carried it on last; "" of runs before it was kept
	Progress  *Progress  `json:"progress,omitempty"` // nil while it never told
	Stop      *Stop      `json:"stop,omitempty"`     // nil while nobody asked it to stop
}

// Counts is the number of changes by state. Changes that were not reached are in none.
type Counts map[State]int

// Reached gives the number of changes in any state.
func (c Counts) Reached() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// Succeeded gives the number of changes that have their effect.
func (c Counts) Succeeded() int { return c[Done] + c[Already] }

// Unsettled gives the number of changes whose outcome the ledger does not know.
func (c Counts) Unsettled() int { return c[Begun] + c[Exported] + c[Unknown] }

// Sorted lists the states that occur, in the order of States.
func (c Counts) Sorted() []State {
	return slices.DeleteFunc(States(), func(s State) bool { return c[s] == 0 })
}
