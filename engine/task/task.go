// Package task says what a delayed task is: a change of a plan that was approved and could not be carried out yet, because
// what it needs is not there. A mailbox appears minutes to hours after its licence; until then every setting of it waits
// here. It holds values only; engine/store keeps them, engine/apply makes and runs them.
//
// A task belongs to one object by its cloud id, never by a name, and to one change of one plan. It ends once: done, failed,
// cancelled or expired, and an expired one is reported, never dropped.
package task

import (
	"slices"
	"time"

	"github.com/coexistsync/coexist/engine/plan"
)

// State is how a task stands.
type State string

// The states of a task.
const (
	Waiting   State = "waiting"   // tried again from Next on
	Suspended State = "suspended" // by a person, until resumed
	Running   State = "running"   // begun, and not answered yet: looked up before it is tried again
	Done      State = "done"
	Failed    State = "failed"    // it will not happen by trying again
	Cancelled State = "cancelled" // by a person, or because a newer plan wants something else
	Expired   State = "expired"   // the deadline passed first
)

// Ended reports whether nothing more will come of the task.
func (s State) Ended() bool {
	switch s {
	case Done, Failed, Cancelled, Expired:
		return true
	}
	return false
}

// Task is one delayed change. Instants are UTC.
type Task struct {
	ID        string      `json:"id"`     // GUID
	Tenant    string      `json:"tenant"` // GUID
	Plan      string      `json:"plan"`   // digest of the plan that the change stands in
	Policy    string      `json:"policy"` // digest of the policies that decided; under others the next plan decides again
	Run       string      `json:"run"`    // that deferred it
	Change    plan.Change `json:"change"` // whole, with the cloud id in Object.ID
	Reason    string      `json:"reason"` // what it waits for, for people
	State     State       `json:"state"`
	Created   time.Time   `json:"created"`
	Next      time.Time   `json:"next"`     // not tried before
	Deadline  time.Time   `json:"deadline"` // then it expires
	Attempts  int         `json:"attempts"`
	Detail    string      `json:"detail,omitempty"` // of the last attempt
	RequestID string      `json:"requestId,omitempty"`
	Ended     time.Time   `json:"ended,omitzero"`
}

// Wants reports whether the task is for the same effect as a change: the same object, brought to the same values by the same
// action. Reasons and the values before do not count.
func (t *Task) Wants(c plan.Change) bool {
	mine := &t.Change
	if mine.ID != c.ID || mine.Object.ID != c.Object.ID || mine.Action != c.Action || mine.Directory != c.Directory || mine.Facet != c.Facet ||
		len(mine.Attributes) != len(c.Attributes) {
		return false
	}
	for i := range c.Attributes {
		a, b := &mine.Attributes[i], &c.Attributes[i]
		if a.Name != b.Name || !a.After.Equal(b.After) || !slices.EqualFunc(a.Add, b.Add, sameRef) || !slices.EqualFunc(a.Remove, b.Remove, sameRef) {
			return false
		}
	}
	return true
}

func sameRef(a, b plan.Ref) bool { return a.Anchor == b.Anchor && a.ID == b.ID }
