// Package plan is the contract between those who plan, those who approve and apply: what shall change, from which value
// to which, why, by which rule, and what shall not change and why not. A plan is data: it holds no functions, clients or
// contexts, is sorted, and is written and read back without loss. Nothing is written to a tenant without one.
//
// Words: a Change is one write to one object in one directory. A Skip is something that was wished for or looked at and
// is withheld, with its reason. A Guard is a limit on the whole plan.
package plan

import (
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/ledger"
)

// Action is what a change does.
type Action string

// The actions. Each is one kind of request, so that a change happens whole or not at all; Members alone may take several,
// which are idempotent.
const (
	Create  Action = "create"  // make the object with its properties
	Adopt   Action = "adopt"   // write our anchor on an object that is there already; changes nothing else
	Update  Action = "update"  // set or clear properties
	License Action = "license" // add and remove licences in one request
	Refer   Action = "refer"   // set or clear the manager
	Members Action = "members" // add and remove members or owners
	Disable Action = "disable" // block sign-in of an object that left
	Delete  Action = "delete"  // delete; users and Microsoft 365 groups can be restored for 30 days
	Restore Action = "restore" // take an object that we own back from deleted items
)

// Stage gives the order in which apply carries out actions: every change of a stage comes before any of the next.
func (a Action) Stage() int {
	switch a {
	case Restore:
		return 0
	case Adopt:
		return 1
	case Create:
		return 2
	case Update, Disable:
		return 3
	case License:
		return 4
	case Refer, Members:
		return 5
	}
	return 6
}

// Stages is the number of stages.
const Stages = 7

// Undo says how far a change can be taken back.
type Undo string

// The undo classes.
const (
	Exact   Undo = "exact"   // the values before can be written again
	Partial Undo = "partial" // can be restored for a while, or not in full
	Never   Undo = "none"
)

// Object names the object that a change or a skip is about.
type Object struct {
	Anchor directory.Anchor `json:"anchor,omitempty"` // "" for what only the tenant knows
	Kind   string           `json:"kind"`             // directory kind: user, contact, group; "cloud" for what only the tenant knows
	Type   cloud.Type       `json:"type,omitempty"`   // what it is or shall become
	Name   string           `json:"name"`
	UPN    string           `json:"upn,omitempty"`
	DN     string           `json:"dn,omitempty"`
	GUID   string           `json:"guid,omitempty"`
	ID     string           `json:"id,omitempty"` // cloud id, "" when it does not exist yet
}

// Because is where a decision came from.
type Because struct {
	Decision string `json:"decision"`
	Policy   string `json:"policy,omitempty"`
	Rule     string `json:"rule,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// Ref names another object by its anchor. ID is its cloud id where it is known when planning; an object that this plan
// creates has none, and apply takes the one it got.
type Ref struct {
	Anchor directory.Anchor `json:"anchor,omitempty"`
	ID     string           `json:"id,omitempty"`
	Name   string           `json:"name"`
}

// Attribute is one property of a change.
type Attribute struct {
	Name    string      `json:"name"`
	Before  cloud.Value `json:"before,omitzero"` // of a reference: the id
	After   cloud.Value `json:"after,omitzero"`  // of a reference: the anchor, else the id
	Add     []Ref       `json:"add,omitempty"`
	Remove  []Ref       `json:"remove,omitempty"`
	Because []Because   `json:"because,omitempty"`
	Reason  Reason      `json:"reason,omitempty"`
	Content []byte      `json:"content,omitempty"` // the bytes whose digest After is, of a property that is compared by digest
}

// Reason is a code that says why a value changes.
type Reason string

// The reasons of attribute changes.
const (
	ObjectNew     Reason = "object_new"
	Drift         Reason = "drift"           // the cloud differs from what we last wrote
	Changed       Reason = "changed"         // the source or the policy changed since we last wrote
	FirstContact  Reason = "first_contact"   // we have never written this property of this object
	ObjectGone    Reason = "object_gone"     // deleted in the directory
	OutOfScope    Reason = "object_left"     // moved out of scope, or no policy wants it any more
	SourceAdopted Reason = "source_adoption" // matched to an object that was there already
	Undone        Reason = "undo"            // brings back what was there before a run
	ExceptionOver Reason = "exception_over"  // an exception wanted what there is, and is over; Because names it
)

// Change is one write to one object in one directory.
type Change struct {
	ID          string          `json:"id"` // "<anchor>/<action>", or "<anchor>/<action>/<property>"; unique in a plan
	Object      Object          `json:"object"`
	Action      Action          `json:"action"`
	Directory   cloud.Directory `json:"directory"`
	Attributes  []Attribute     `json:"attributes,omitempty"` // by name
	DependsOn   []string        `json:"dependsOn,omitempty"`  // ids of changes that must be done first
	Undo        Undo            `json:"undo"`
	Source      string          `json:"source,omitempty"`      // fingerprint of the source object's facts; "" when it has left
	Fingerprint string          `json:"fingerprint,omitempty"` // of the target's values before, over exactly the properties named here; "" for a create
	Leave       string          `json:"leave,omitempty"`       // of a create, adopt or restore: the leave decision to remember
	Hold        time.Duration   `json:"hold,omitempty"`        // how long that decision waits, in nanoseconds
	Facet       cloud.Facet     `json:"facet,omitempty"`       // which request of the object it is, where there are several
	Await       Await           `json:"await,omitempty"`       // what must be there first; until then apply defers the change as a task
	// Settles are the decisions that are carried out once the change is, to be remembered with it.
	Settles   []ledger.Decided `json:"settles,omitempty"`
	Protected string           `json:"protected,omitempty"` // why the object is protected, when the change takes something away from it
	// Population is, of a change of members, how many the group has, and lost in the day before: what its guard was held against.
	Population int       `json:"population,omitempty"`
	Reverts    *Reverted `json:"reverts,omitempty"` // of a plan that takes a run back
}

// Reverted says which change of an earlier run a change takes back, and how far.
type Reverted struct {
	Change string `json:"change"` // its id
	How    Undo   `json:"how"`    // exact, or partial: not everything that went with it comes back
}

// Await is what a change waits for beyond the plan's own changes.
type Await string

// AwaitMailbox waits for a mailbox that a licence has brought, or is about to bring, into being.
const AwaitMailbox Await = "mailbox"

// Reaches reports whether changes of the action can belong to a stage.
func (a Action) Reaches(stage int) bool {
	return a.Stage() == stage || a.Stage() < stage && stage == Refer.Stage()
}

// LocksOut reports whether a change could keep whom it is about from signing in, so that none is made of an administrator: a
// deletion, disabling, a conversion, or a new name for signing in.
func (c *Change) LocksOut() bool {
	switch c.Action {
	case Delete, Disable:
		return true
	case Update:
		return slices.ContainsFunc(c.Attributes, func(a Attribute) bool {
			return a.Name == "userPrincipalName" || a.Name == cloud.TypeProperty || a.Name == "accountEnabled" && !a.After.Truth()
		})
	}
	return false
}

// Stage gives the stage of a change, which is that of its action, but that what waits for a mailbox comes after licences.
func (c *Change) Stage() int {
	if c.Await != "" {
		return max(c.Action.Stage(), Refer.Stage())
	}
	return c.Action.Stage()
}

// Skip is something withheld, with its reason.
type Skip struct {
	Object   Object          `json:"object"`
	Reason   SkipReason      `json:"reason"`
	Detail   string          `json:"detail"`             // for people: which value, which other object, which line
	Until    *time.Time      `json:"until,omitempty"`    // of a hold: when it ends
	Property string          `json:"property,omitempty"` // when one property is withheld and not the object
	Because  []Because       `json:"because,omitempty"`
	Others   []Ref           `json:"others,omitempty"` // the other parties of a conflict
	Needs    cloud.Directory `json:"needs,omitempty"`  // the directory that could do it
}

// SkipReason is a code that says why something is withheld.
type SkipReason string

// The reasons of skips. Held reasons mean that a decision could not be made; see SkipReason.Held.
const (
	ByPolicy         SkipReason = "policy"             // a rule decided none, with its reason
	NoPolicy         SkipReason = "no-policy"          // no policy's scope holds
	RuleError        SkipReason = "rule-error"         // an expression failed, or a rule said fail
	DuplicateAnchor  SkipReason = "duplicate-anchor"   // several source objects claim one anchor
	NoAnchor         SkipReason = "no-anchor"          // the source object has no usable anchor
	Damaged          SkipReason = "damaged"            // an attribute could not be taken over from the directory
	Ambiguous        SkipReason = "ambiguous"          // several cloud objects match, or several sources match one
	Collision        SkipReason = "collision"          // another object holds a value that must be unique
	Incomplete       SkipReason = "incomplete"         // a required property has no value
	Rejected         SkipReason = "invalid-value"      // the cloud would refuse the value
	KindChange       SkipReason = "kind-change"        // the cloud object is of another kind that cannot be converted
	MasteredElse     SkipReason = "mastered-elsewhere" // another engine masters the object
	WaitingForEngine SkipReason = "waiting-for-entra-connect"
	CloudManaged     SkipReason = "cloud-managed"     // cloud-managed on purpose
	NeedsConnector   SkipReason = "needs-connector"   // the directory that could do it is not connected
	NotOurs          SkipReason = "not-ours"          // would be deleted or disabled, but the ledger does not own it
	OnHold           SkipReason = "hold"              // decided, and waits for its hold to end
	AfterAdoption    SkipReason = "after-adoption"    // would take something away from an object in the plan that adopts it
	Kept             SkipReason = "kept"              // left, and its leave decision says keep
	NoSeat           SkipReason = "no-seat"           // the tenant lacks the SKU or a plan of it
	Unlocated        SkipReason = "unlocated"         // vanished from the source, and it cannot be told whether it was deleted
	Unreadable       SkipReason = "unreadable"        // vanished from the source, which may still hold it unreadably
	Unresolved       SkipReason = "unresolved-member" // a member or manager that has no cloud counterpart
	OutsideSelection SkipReason = "outside-selection" // not among the objects that this plan was restricted to
	Protected        SkipReason = "protected"         // an administrator of the tenant
	Delayed          SkipReason = "delayed-task"      // waits as a task of an earlier run
	NotUndone        SkipReason = "not-undone"        // of a plan that takes a run back: this cannot be taken back
	Drifted          SkipReason = "drift"             // was changed in the tenant since coexist wrote it, and the configuration says to leave it
	NoMailbox        SkipReason = "no-mailbox"        // needs a mailbox, and there is none and none is coming
	NoRecipient      SkipReason = "no-recipient"      // refers to somebody whom Exchange Online does not know yet
	SecondMailbox    SkipReason = "second-mailbox"    // a licence would make an empty mailbox beside the one on premises
	LostMailbox      SkipReason = "lost-mailbox"      // a deleted or inactive mailbox is to be restored rather than made anew
	MailHeld         SkipReason = "mailbox-on-hold"   // would take the licence of a mailbox that a hold or an archive keeps
	LacksLicense     SkipReason = "lacks-licence"     // a hold or an archive that the licences do not carry
	AfterConversion  SkipReason = "after-conversion"  // would take the licence of a mailbox that is not a shared one yet
	Substituted      SkipReason = "substituted"       // the cloud cannot hold the value; what it makes of it stands in its place
)

// Held reports whether the reason means that a decision failed, so that --strict-held counts it.
func (r SkipReason) Held() bool {
	switch r {
	case RuleError, DuplicateAnchor, NoAnchor, Damaged, Ambiguous, Collision, Incomplete, Rejected, Unreadable, Unlocated:
		return true
	}
	return false
}

// Guard is a limit on the whole plan with the figures that it was held against.
type Guard struct {
	Name       string  `json:"name"`
	Count      int     `json:"count"`   // limit; 0 with Percent 0 means off
	Percent    float64 `json:"percent"` // limit, of Population
	Planned    int     `json:"planned"`
	Recent     int     `json:"recent,omitempty"` // what the changes of the last 24 hours count; it adds to Planned
	Population int     `json:"population"`
	Exceeded   bool    `json:"exceeded"`
	Detail     string  `json:"detail,omitempty"`
}

// Seats is the need for one SKU.
type Seats struct {
	SKU      string `json:"sku"` // part number
	ID       string `json:"id"`
	Enabled  int    `json:"enabled"`
	Consumed int    `json:"consumed"`
	Add      int    `json:"add"`
	Remove   int    `json:"remove"`
}

// After gives the seats consumed once the plan is carried out.
func (s Seats) After() int { return s.Consumed + s.Add - s.Remove }

// Match says how the objects of source and tenant found each other.
type Match struct {
	Joined      int `json:"joined"`      // by anchor
	Adopt       int `json:"adopt"`       // would be adopted by a soft match
	Create      int `json:"create"`      // would be created
	Waiting     int `json:"waiting"`     // another engine may make them
	Ambiguous   int `json:"ambiguous"`   // matched several ways
	Foreign     int `json:"foreign"`     // cloud objects that belong to no source object
	Unmanaged   int `json:"unmanaged"`   // source objects that no policy wants in the cloud
	Unreachable int `json:"unreachable"` // their kind needs a connector that is not there
}

// Manifest is the head of a plan: what it was made from and what it comes to.
type Manifest struct {
	FormatVersion string            `json:"formatVersion"` // "1.0"
	Kind          string            `json:"kind"`          // "coexist.plan"
	Created       time.Time         `json:"created"`
	AsOf          time.Time         `json:"asOf"` // the instant that dates in policies were held against
	Expires       time.Time         `json:"expires"`
	By            string            `json:"by,omitempty"` // account that made the plan
	Engine        Engine            `json:"engine"`
	Tenant        cloud.Tenant      `json:"tenant"`
	Sources       []Source          `json:"sources"`
	Policy        Policy            `json:"policy"`
	Complete      bool              `json:"complete"` // false when restricted to a selection; such a plan deletes nothing
	Selection     string            `json:"selection,omitempty"`
	Pilot         string            `json:"pilot,omitempty"`   // group of the configuration that the plan stays inside of
	Undoes        string            `json:"undoes,omitempty"`  // id of the run that the plan takes back
	Preview       bool              `json:"preview,omitempty"` // made for another instant than its own: it is never applied
	Offline       bool              `json:"offline"`           // made from a file: there is no source to look at again
	Counts        map[string]int    `json:"counts"`            // changes by action
	Skips         map[string]int    `json:"skips"`             // by reason
	Objects       int               `json:"objects"`           // source objects looked at
	Unchanged     int               `json:"unchanged"`
	Match         Match             `json:"match"`
	Seats         []Seats           `json:"seats"`
	Guards        []Guard           `json:"guards"`
	Members       map[string]string `json:"members"` // SHA-256 of each member of the file, hex
}

// Engine says which program made the plan.
type Engine struct {
	Version string `json:"version"`
	Expr    string `json:"expr"`
}

// Source says what was read.
type Source struct {
	Name       string    `json:"name"`
	Server     string    `json:"server,omitempty"`
	Objects    int       `json:"objects"`
	TakenAt    time.Time `json:"takenAt"`
	HighestUSN int64     `json:"highestUsn,omitempty"`
	Missing    []string  `json:"missingAttributes,omitempty"`
}

// Policy says which policies decided.
type Policy struct {
	Digest string   `json:"digest"` // over names and bytes of all files
	Files  []string `json:"files"`
	Git    *Git     `json:"git,omitempty"` // nil when they lie in no Git checkout
}

// Git says which commit of a Git checkout the policies were read from.
type Git struct {
	Commit string `json:"commit"`           // 40 or 64 hex digits
	Branch string `json:"branch,omitempty"` // "" when no branch is checked out
	Dirty  string `json:"dirty"`            // whether files differ from the commit: yes, no or unknown
}

// Exceeded lists the guards that stop this plan.
func (m *Manifest) Exceeded() []Guard {
	var out []Guard
	for _, g := range m.Guards {
		if g.Exceeded {
			out = append(out, g)
		}
	}
	return out
}

// Changes gives the number of changes of all actions.
func (m *Manifest) Changes() int {
	n := 0
	for _, c := range m.Counts {
		n += c
	}
	return n
}
