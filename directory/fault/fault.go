// Package fault names the kinds of errors that connectors return, so that the engine decides what to do next by asking
// for the kind once and never by reading a message.
package fault

import (
	"errors"
	"time"
)

// Kind is what an error means for the one who asked.
type Kind uint8

// The kinds. Unknown is the zero value: whoever forgets to classify an error gets the cautious treatment.
const (
	Unknown     Kind = iota // the outcome is not known: the write may have happened; look before asking again
	Transient               // it did not happen; asking again later may succeed
	Throttled               // it did not happen; ask again after Delay
	NotFound                // the object does not exist
	NotReady                // the object was just made and is not visible yet; never make it again
	Conflict                // another object holds a value that must be unique, or the object moved meanwhile
	Denied                  // a permission is missing
	SignIn                  // credentials were refused
	Invalid                 // the request can never succeed as it is
	Unreachable             // a connected directory cannot be reached or answered in part
)

var names = [...]string{"unknown", "transient", "throttled", "not-found", "not-ready", "conflict", "denied", "sign-in", "invalid", "unreachable"}

// String gives the word used in journals and reports.
func (k Kind) String() string { return names[k] }

// Error is a classified error of a connector.
type Error struct {
	Kind      Kind
	Op        string        // what was tried: "create user", "search OU=Staff,…"
	Delay     time.Duration // for Throttled: how long the server asked to wait, 0 when it did not say
	Code      string        // the server's own code, such as Request_BadRequest or 49/52e
	RequestID string        // what a vendor's support asks for, "" when there is none
	Err       error         // the cause, with the server's text; never holds a secret
}

// Error gives "op: cause".
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Op + ": " + e.Kind.String()
	}
	return e.Op + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of the outermost classified error in err's chain, Unknown when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unknown
}

// DelayOf gives how long the server asked to wait, 0 when it did not say.
func DelayOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.Delay
	}
	return 0
}
