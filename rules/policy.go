package rules

import (
	"reflect"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
)

// decisionNames lists the decisions of the language.
var decisionNames = []string{CloudType, UsageLocation, Licenses, Groups, Attributes, Mail, Account, Leave}

// modeOf gives how the rules of a decision combine; it follows from its name.
func modeOf(decision string) Mode {
	switch decision {
	case Licenses, Groups:
		return Collect
	case Attributes, Mail, Account:
		return Merge
	}
	return First
}

// decidedKinds are the decisions that decided() can read, with the type it gives.
var decidedKinds = map[string]reflect.Type{CloudType: stringType, UsageLocation: stringType, Leave: stringType, Licenses: listType, Groups: listType}

// The values of the decision leave: what happens to the cloud object once its source has left scope or the directory.
const (
	LeaveKeep            = "keep"            // nothing
	LeaveDisable         = "disable"         // the account is disabled
	LeaveConvertToShared = "convertToShared" // the mailbox becomes a shared one
	LeaveDelete          = "delete"          // the object is deleted
)

// leaveValues in the order in which documentation shows them.
var leaveValues = []string{LeaveKeep, LeaveDisable, LeaveConvertToShared, LeaveDelete}

// cloudTypes are the values of the decision cloudType.
func cloudTypes() []string {
	types := cloud.Types()
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
	}
	return out
}

// policy is one file of kind Policy.
type policy struct {
	name, owner, description string
	file                     string
	zone                     *time.Location
	scope                    *program // nil: every object
	decisions                []*decision
	order                    []string // names of the decisions as written, known before they are read
	bundles                  map[string]Bundle
	bundleNames              []string // as written
	cloudGroups              []CloudGroup
	acts                     Acts
	tables                   map[string]*table
	tableNames               []string
	conditions               map[string]int // script by name
	conditionNames           []string
	vocabulary               *vocabulary
	slots                    []int // that its expressions read beside those of the scopes, ascending
}

// valuesOf gives the words that a decision can have, nil when they are not a fixed few.
func (p *policy) valuesOf(decision string) []string {
	switch decision {
	case CloudType:
		return cloudTypes()
	case Leave:
		return leaveValues
	case Licenses:
		return slices.Concat(p.bundleNames, []string{})
	case Groups:
		return p.cloudGroupNames()
	case UsageLocation:
		return countries
	}
	return nil
}

// decision is one decision of a policy.
type decision struct {
	name      string
	mode      Mode
	when      *program // nil: always
	exclusive [][]string
	rules     []*rule // in the order written, without the default
	fallback  *rule
	slot      int      // that decided() reads, -1 when nothing reads it
	keys      []string // mode merge: the properties that any rule sets, sorted
}

// rule is one rule, or a default.
type rule struct {
	origin             Origin
	description, owner string
	was                []string // ids that it had before
	fallback           bool
	at                 int      // its position in its decision, the default last
	when               *program // nil for a default
	whenText           string
	from, until        int // civil days, inclusive; 0 for none
	reason, fail       string
	failLine, failCol  int
	hold               time.Duration
	text               string       // mode first, literal
	list               []string     // mode collect, literal
	expr               *program     // mode first or collect
	sets               []assignment // mode merge, by key
}

// inForce reports whether a rule's dates include a day.
func (r *rule) inForce(day int) bool {
	return (r.from == 0 || r.from <= day) && (r.until == 0 || day <= r.until)
}

// assignments gives what the rule sets in mode merge; a rule that could not be read sets nothing.
func (r *rule) assignments() []assignment {
	if r == nil {
		return nil
	}
	return r.sets
}

// assignment is one key that a rule of mode merge sets.
type assignment struct {
	property cloud.Property
	key      int         // position in the decision's keys
	value    cloud.Value // literal
	refs     []string    // literal, of reference properties
	expr     *program
}
