package rules

import (
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// The decisions of the language, in the order in which reports show them.
const (
	CloudType     = "cloudType"
	UsageLocation = "usageLocation"
	Licenses      = "licenses"
	Groups        = "groups"
	Attributes    = "attributes"
	Mail          = "mail"
	Account       = "account"
	Leave         = "leave"
)

// Mode is how the rules of a decision combine.
type Mode string

// The modes; see the package comment.
const (
	First   Mode = "first"
	Collect Mode = "collect"
	Merge   Mode = "merge"
)

// Status says what came of a decision.
type Status uint8

// The statuses. Undecided is the zero value: the policy does not contain the decision, so what it would decide is not
// managed.
const (
	Undecided     Status = iota
	Decided              // a rule or the default decided
	NotApplicable        // the decision's own when is false; what it would decide is not managed
	Held                 // an expression failed or a rule said fail; Err says which
)

// Origin is the rule that decided.
type Origin struct {
	Policy string // metadata.name
	Rule   string // id
	File   string // path below the policy root, with forward slashes
	Line   int    // of the rule
}

// Entry is one key of a merge decision.
type Entry struct {
	Key    string
	Value  cloud.Value // nothing: clear it
	Refs   []string    // for reference keys: the DNs named, as the source spells them; Value is then nothing
	Origin Origin
}

// Decision is what the policy decided in one matter for one object.
type Decision struct {
	Name    string
	Status  Status
	Text    string        // mode first: the value; with Pending, the one that stays until then
	Reason  string        // mode first: the rule's reason, always given with cloudType none
	Hold    time.Duration // mode first: how long the outcome must stay true before it is carried out
	List    []string      // mode collect: sorted names of bundles or cloud groups, less what exclusivity dropped
	Entries []Entry       // mode merge: by key
	Origins []Origin      // the rules that decided, in the order written; one for mode first
	Err     error         // why it is held: names file, line, column and the rule
	// Pending is the value that the deciding rule gives and that its hold keeps back: Text is the value last carried out. It
	// is to be remembered as Prior.Pending. nil for a decision that counts at once.
	Pending *Pending
	// Exception is what was decided in place of the rules, or in merge mode for its keys; nil without one. A frozen decision
	// is NotApplicable.
	Exception *Exception
	Lapsed    *Exception // one that is over and was passed over
}

// Pending is a value that waits until its rule's hold is over.
type Pending struct {
	Text         string
	Since, Until time.Time // UTC; Since is when it was first wanted without interruption
}

// Outcome is all that was decided for one object. It is valid until the Evaluator's next call.
type Outcome struct {
	Policy    string // "" when no policy's scope holds
	Decisions []Decision
	// Fingerprint is a digest over everything that the policies read of the object: the attributes that they mention and
	// the groups that they ask for. Equal fingerprints under equal policies, instants and Priors mean equal decisions.
	Fingerprint string
	ScopeErr    error // the scope could not be evaluated: the whole object is held
}

// Find gives a decision by name; the zero Decision, Undecided, when the policy does not contain it.
func (o *Outcome) Find(name string) Decision {
	for _, d := range o.Decisions {
		if d.Name == name {
			return d
		}
	}
	return Decision{Name: name}
}

// Input is one object to decide about.
type Input struct {
	Object directory.Object
	Domain string // DNS name of its domain, for sAMAccountName@domain; policies read it as user.domain
	// InGroup reports whether the object is a member, however deeply nested, of the group that Set.Groups names at
	// position ref. DirectlyIn is the same for direct membership. nil means in no group.
	InGroup, DirectlyIn func(ref int) bool
	// Unreadable are LDAP names of attributes that could not be read of this object, in any case: not absent and not empty,
	// but unknown. A decision that needs one of them is held.
	Unreadable []string
	// Priors are what earlier runs carried out, at most one for each decision. Without them every hold begins and ends now,
	// and a held decision cannot be read by later ones.
	Priors []Prior
}

// Prior is what is known of a decision about an object from earlier runs.
type Prior struct {
	Decision string
	Text     string    // mode first: the value last carried out, "" for none
	List     []string  // mode collect: likewise
	Pending  string    // Decision.Pending of the last run, "" for none
	Since    time.Time // of Pending
}

// CloudGroup is a group that lives in the cloud, under the name that a policy gives it. It is found by exactly one key, which
// no two groups share; display names are not unique and so no key.
type CloudGroup struct {
	Name  string // as rules of the decision groups spell it
	Key   GroupKey
	Value string // an id in lower case, a unique name, or an address
}

// GroupKey is by what a cloud group is found.
type GroupKey string

// The keys of cloud groups.
const (
	GroupID         GroupKey = "id"         // object id in Entra ID
	GroupUniqueName GroupKey = "uniqueName" // Graph's uniqueName; of groups that coexist made, the source's objectGUID
	GroupMail       GroupKey = "mail"       // primary SMTP address
)

// Bundle is a named licence: one SKU with service plans switched off, by part number and plan name or by GUID.
type Bundle struct {
	Name         string
	SKU          string
	DisablePlans []string
}
