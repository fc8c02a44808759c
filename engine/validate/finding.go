package validate

import (
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// Finding is one object failing one check.
type Finding struct {
	Check     string      `json:"check"`
	Severity  Severity    `json:"severity"`
	Mode      cloud.Mode  `json:"mode"`
	Object    plan.Object `json:"object"`              // Kind is tenant or policy where it is no single object
	Attribute string      `json:"attribute,omitempty"` // as Active Directory or Graph spells it
	Value     string      `json:"value,omitempty"`     // hostile text; binary values are left out
	Detail    string      `json:"detail"`              // for people
	Others    []Party     `json:"others,omitempty"`    // the other objects of a collision, at most MaxOthers
	More      int         `json:"more,omitempty"`      // how many others there are beyond those
	Fix       *Fix        `json:"fix,omitempty"`
}

// MaxOthers is how many other parties a finding names. What is beyond is counted.
const MaxOthers = 100

// Party is another object of a collision, and the attribute that it has the value in.
type Party struct {
	Object    plan.Object `json:"object"`
	Attribute string      `json:"attribute"`
}

// Fix is a value that passes the check and that no other object holds, in the directory or in the tenant.
type Fix struct {
	Attribute string `json:"attribute"`
	Before    string `json:"before,omitempty"` // the value to replace, "" to add one
	After     string `json:"after"`
	Safe      bool   `json:"safe"` // nobody has to look at it: the cloud would make the same of the value
}

// Suppression silences a check for an object, for a reason and a time.
type Suppression struct {
	Check  string    `json:"check"`
	Object string    `json:"object"` // anchor, objectGUID, distinguished name or cloud id; "*" for every object
	Reason string    `json:"reason"`
	Owner  string    `json:"owner"`
	Until  time.Time `json:"until"`
}

// Summary is what a validation comes to.
type Summary struct {
	Objects      int           `json:"objects"`  // checked
	Excluded     []Excluded    `json:"excluded"` // not checked, by reason
	Checks       []Count       `json:"checks"`   // those with findings, by ID
	Info         int           `json:"info"`
	Warnings     int           `json:"warnings"`
	Errors       int           `json:"errors"`
	Suppressed   []Used        `json:"suppressed"`   // every suppression in force, in the order given; 0 findings means that it can go
	Expired      []Suppression `json:"expired"`      // no longer in force
	NotEvaluated []Unevaluated `json:"notEvaluated"` // by ID
	// Compared says how the findings differ from a former validation's; only new ones are told then. nil without one.
	Compared *Comparison `json:"since,omitempty"`
}

// Excluded is how many objects are not synchronised, and so not checked, for one reason.
type Excluded struct {
	Reason  string `json:"reason"`
	Objects int    `json:"objects"`
}

// Count is how many findings of one check there are, without the suppressed ones.
type Count struct {
	Check    string `json:"check"`
	Findings int    `json:"findings"`
}

// Used is a suppression with the number of findings that it silenced.
type Used struct {
	Suppression
	Findings int `json:"findings"`
}

// Unevaluated is a check that was not evaluated, at all or for the objects of one source.
type Unevaluated struct {
	Check  string `json:"check,omitempty"`  // "" for the filters that say what is synchronised
	Source string `json:"source,omitempty"` // "" for all
	Partly bool   `json:"partly,omitempty"` // it was evaluated as far as the attributes that were read allow
	Why    string `json:"why"`
}

// Facts are what is known beside the directory and the tenant's objects. A nil one was not read, which is not the same as
// an empty one: the checks that need it are listed as not evaluated.
type Facts struct {
	Bundles            []Bundle
	Recorded           map[directory.GUID]Record
	Mailboxes          []Mailbox
	ProvisioningErrors []ProvisioningError
	ServiceErrors      []ServiceError
	Sync               *Switches
	Prohibited         []string // usage locations where the tenant's services may not be used, ISO 3166-1 alpha-2
}

// Bundle is a licence bundle of a policy.
type Bundle struct {
	Policy, Name string
	SKU          string   // part number or id
	Disabled     []string // service plans, by name or id
}

// Record is what the ledger remembers of an object.
type Record struct {
	Anchor directory.Anchor
	ID     string // of its cloud object
}

// Mailbox is a mailbox of Exchange Online that was deleted and can still be restored, or that is kept for a hold.
type Mailbox struct {
	Name      string
	Inactive  bool
	GUID      directory.GUID   // ExchangeGuid
	Anchor    directory.Anchor // ImmutableId, "" when unset
	Addresses []string         // with their prefixes
	UPN       string
}

// ProvisioningError is an onPremisesProvisioningError of Microsoft Graph.
type ProvisioningError struct {
	ID       string // of the cloud object
	Name     string
	Category string // such as PropertyConflict
	Property string // propertyCausingError
	Value    string
	Since    time.Time // occurredDateTime
	First    time.Time // when coexist first saw it; zero when it does not remember
}

// ServiceError is a serviceProvisioningError of Microsoft Graph.
type ServiceError struct {
	ID      string // of the cloud object
	Name    string
	Service string // serviceInstance, such as exchange/NAMP123
	Detail  string
	Since   time.Time // createdDateTime
	First   time.Time // when coexist first saw it; zero when it does not remember
}

// Switches are the features of onPremisesDirectorySynchronization, and its threshold of deletions.
type Switches struct {
	BlockSoftMatch     bool `json:"blockSoftMatch"` // blockSoftMatchEnabled
	BlockHardMatch     bool `json:"blockHardMatch"` // blockCloudObjectTakeoverThroughHardMatchEnabled
	QuarantineUPN      bool `json:"quarantineUpn"`  // quarantineUponUpnConflictEnabled
	QuarantineProxies  bool `json:"quarantineProxyAddresses"`
	SoftMatchOnUPN     bool `json:"softMatchOnUpn"`
	DeletionsPrevented bool `json:"deletionsPrevented"` // more than DeletionsAllowed stop another engine's export
	DeletionsAllowed   int  `json:"deletionsAllowed"`
	DeletionsByPercent bool `json:"deletionsByPercent"`
}

// Embargoed lists the usage locations in which no service of Microsoft 365 may be used. Source: Microsoft 365, international
// availability, and the export rules that it rests on.
func Embargoed() []string { return []string{"CU", "IR", "KP", "SY"} }
