package memory

import (
	"errors"
	"fmt"

	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// Fault is a failure to inject into exports.
type Fault struct {
	Match func(plan.Change) bool // which changes it strikes; nil for every one
	After bool                   // it strikes once the write took effect, as when the answer is lost
	Err   error                  // what is answered; nil for fault.Transient, or with After for fault.Unknown
	Times int                    // how often it strikes; 0 for always
}

// errInjected is the cause in the faults that name none.
var errInjected = errors.New("injected fault")

// readFault strikes the next Objects once after objects have been yielded.
type readFault struct {
	after int
	err   error
}

// Inject adds a fault. Faults are asked in the order in which they were added; the first that matches strikes.
func (t *Target) Inject(f Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, &f)
}

// FailRead lets the next Objects yield the given number of objects and then fail with err; nil means fault.Unreachable.
func (t *Target) FailRead(after int, err error) {
	if err == nil {
		err = &fault.Error{Kind: fault.Unreachable, Op: "read objects", Err: errInjected}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reading = &readFault{after, err}
}

// Lag makes every object created from now on invisible for so many looks: each Current, ByAnchor or Export that meets it
// is one and gets fault.NotReady.
func (t *Target) Lag(looks int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lag = looks
}

// strike takes the first fault that matches out of its remaining strikes; nil when none does.
func (t *Target) strike(c plan.Change, after bool) error {
	for i, f := range t.faults {
		if f.After != after || f.Match != nil && !f.Match(c) {
			continue
		}
		if f.Times == 1 {
			t.faults = append(t.faults[:i:i], t.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		if f.Err != nil {
			return f.Err
		}
		kind := fault.Transient
		if after {
			kind = fault.Unknown
		}
		return &fault.Error{Kind: kind, Op: string(c.Action) + " " + string(c.Object.Type), Err: errInjected}
	}
	return nil
}

// look counts one look at an object that may not be visible yet.
func (t *Target) look(op, id string) error {
	n := t.unseen[id]
	if n == 0 {
		return nil
	}
	t.unseen[id] = n - 1
	return &fault.Error{Kind: fault.NotReady, Op: op, Err: fmt.Errorf("object %q is not visible yet", id)}
}
