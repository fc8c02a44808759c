// Package connector says what a connector is: what the engine asks of a connected directory and what it promises in
// return. connectors/doc.go tells how to write one; connectors/conformance tests it.
//
// Every error carries a kind of package fault. A connector never returns a part of what it was asked to read: whole, or
// an error.
package connector

import (
	"context"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/plan"
)

// Want says what to read of a source.
type Want struct {
	Attributes []string // LDAP names beyond those that the engine always needs; see snapshot and directory
	// Known maps the DN of a scope, folded, to the GUID it had when it was last read, so that an OU that was renamed or
	// moved is read where it is now.
	Known    map[string]directory.GUID
	Progress Progress
}

// Progress is told how many objects have been read so far. It may be nil.
type Progress func(what string, done int)

// Report calls p unless it is nil.
func (p Progress) Report(what string, done int) {
	if p != nil {
		p(what, done)
	}
}

// Importer reads the objects of one connected directory into a snapshot.
type Importer interface {
	// Import adds every object in scope and one source to b, whole, or returns an error (fault.Unreachable when the
	// directory could not be read completely, fault.SignIn when it refused the credentials, fault.Denied when a scope
	// may not be read). On an error b must be thrown away.
	Import(ctx context.Context, want Want, b *snapshot.Builder) error
}

// Fate is what became of an object that was there before and is not in the snapshot.
type Fate uint8

// The fates. FateUnreadable is the zero value: whatever cannot be proved gone counts as still there.
const (
	FateUnreadable Fate = iota // not found, neither live nor deleted, as an object is to those who may not read it
	FateMoved                  // lives outside every scope
	FateDeleted                // is a deleted object
	FateEscaped                // lives inside a scope and was not read; counts as still there
)

// Sighting is where a missing object was found.
type Sighting struct {
	Fate Fate
	DN   string // where it is now, "" when unreadable
}

// Locator is the ability of an Importer to look for objects that are missing from its snapshot, by objectGUID, among
// deleted ones too. It answers for every GUID asked.
type Locator interface {
	Locate(ctx context.Context, guids []directory.GUID) (map[directory.GUID]Sighting, error)
}

// Found is an object of a directory, wherever it lies.
type Found struct {
	GUID      directory.GUID
	DN        string
	Deleted   bool
	Scope     string // DN of the scope that it lies in, "" for none
	Filter    string // of that scope
	OtherKind bool   // it is no user, contact or group, so that no scope reads it
	Read      bool   // the scope reads it
}

// Finder is the ability of an Importer to look an object up by what people call it: userPrincipalName, sAMAccountName, mail,
// distinguished name or objectGUID. It finds objects outside every scope, too, as far as the account may see them.
type Finder interface {
	Find(ctx context.Context, name string) ([]Found, error)
}

// Reader reads a target. A dry run is wired with nothing else.
type Reader interface {
	// Tenant gives the facts of the tenant.
	Tenant(ctx context.Context) (cloud.Tenant, error)
	// Objects yields every user and group of the tenant, deleted ones included and marked, in any order, with the named
	// properties, whole or an error. An error of yield ends the read and is returned as it is.
	Objects(ctx context.Context, properties []string, yield func(cloud.Object) error) error
	// Current gives one object by id with the named properties as it is now, past any cache and replica that lags;
	// fault.NotFound when it does not exist.
	Current(ctx context.Context, t cloud.Type, id string, properties []string) (cloud.Object, error)
	// ByAnchor finds an object by its anchor, deleted ones included and marked; fault.NotFound when there is none. It is
	// asked before a create is repeated whose outcome is not known.
	ByAnchor(ctx context.Context, t cloud.Type, a directory.Anchor) (cloud.Object, error)
}

// Detailer is the ability of a Reader to read properties that cost requests per object (cloud.Property.Costly), after the
// join, for the objects that need them. It yields an object for each id it still knows, in any order, with no more than the
// named properties; ids that are gone are left out. Any other failure is an error, and then nothing that was yielded counts.
type Detailer interface {
	Detail(ctx context.Context, ids []string, properties []string, yield func(cloud.Object) error) error
}

// Question is one thing that a Surveyor is asked: an object by its id, as Current is, or, when ID is empty, by its anchor,
// as ByAnchor is.
type Question struct {
	Type       cloud.Type
	ID         string
	Anchor     directory.Anchor
	Properties []string // of an object by its id
}

// Answer is what Current or ByAnchor would have returned.
type Answer struct {
	Object cloud.Object
	Err    error
}

// Surveyor is the ability of a Reader to answer many questions in few requests. The answers are those that Current and
// ByAnchor give, one for each question, in their order; a question that cannot be answered does not hold up the others.
type Surveyor interface {
	Survey(ctx context.Context, questions []Question) []Answer
}

// Exporter writes to a target.
type Exporter interface {
	// Export carries out one change and returns the id of the object. It is called again for the same change only after
	// an error that says that nothing happened, or after ByAnchor and Current have shown that it did not. Adding what is
	// there and removing what is not are successes. resolve gives the cloud id of a reference by its anchor.
	Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (id string, ok bool)) (id string, err error)
}

// Tracer is the ability of an Exporter to say which of the service's requests carried a change out. ExportTraced is Export;
// request is the id of the last answer to a write, as the vendor's support asks for it, "" when there was none. An error that
// has a request id carries it itself.
type Tracer interface {
	ExportTraced(ctx context.Context, c plan.Change, resolve func(plan.Ref) (id string, ok bool)) (id, request string, err error)
}

// Target is a directory that can be read and written.
type Target interface {
	Reader
	Exporter
}
