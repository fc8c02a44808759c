// Package ledger says what coexist owns in a tenant and what it last wrote there. It holds values only; engine/store keeps
// them. What is not in the ledger is never deleted and never disabled.
package ledger

import (
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// How an object came into the ledger.
type How string

// Created and Adopted objects are owned. An Activated object belongs to another engine: coexist wrote properties of it
// that the cloud masters, and remembers them, but never deletes or disables it.
const (
	Created   How = "created"
	Adopted   How = "adopted"
	Activated How = "activated"
)

// Row is one object of the tenant that coexist has written to.
type Row struct {
	Anchor   directory.Anchor
	GUID     directory.GUID // objectGUID in the source, to look for the object when it is missing
	Kind     directory.Kind
	Type     cloud.Type
	ID       string // cloud id
	Name     string // as last seen, for reports about objects that are gone
	DN       string // likewise
	How      How
	Exported []cloud.Set // last value written of each managed property, by name; references hold cloud ids
	// Leave is the leave decision of the last complete run in which the object was in scope: keep, disable,
	// convertToShared or delete, "" when no policy decided one. Hold is how long it waits.
	Leave string
	Hold  time.Duration
	// LeftSince is when the object was first missing from a complete run or wanted by no policy, zero while it is there.
	LeftSince time.Time
	// Settled are the decisions that the change being recorded carried out. They go into the object's Memory with the row, and
	// are never read back with it.
	Settled []Decided
}

// Owned reports whether the object may be deleted or disabled by its leave decision.
func (r Row) Owned() bool { return r.How == Created || r.How == Adopted }

// LastWritten gives the value last written of a property; ok is false when coexist never wrote it.
func (r Row) LastWritten(name string) (v cloud.Value, ok bool) {
	for _, s := range r.Exported {
		if s.Name == name {
			return s.Value, true
		}
	}
	return v, false
}

// Leaving is the leave decision of one object as a complete run saw it.
type Leaving struct {
	Anchor directory.Anchor
	Name   string
	DN     string
	Leave  string
	Hold   time.Duration
	Left   bool // missing or unwanted: LeftSince is set if it is zero, else it is cleared
}

// Observation is what a complete plan saw, to be remembered for the next one.
type Observation struct {
	At     time.Time // the plan's as-of instant, UTC
	Policy string    // digest of the policies that decided; "" for a plan that settles nothing of theirs
	// Accepted says that the plan was carried out: its policies are in force from then on, and what their plans observed before
	// counts. What a plan by other policies observes is put aside until then.
	Accepted bool
	Objects  map[string]int            // objects read, by source name
	Scopes   map[string]directory.GUID // GUID of each scope by the folded DN in the configuration
	Leaving  []Leaving                 // of the objects in the ledger about which something else is remembered
	Lessons  []Lesson                  // of the objects about whose decisions something else is remembered
	Cookies  map[string][]byte         // of connectors, that belong to what was seen; nil forgets one
}
