package validate

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// Severity is how grave a finding is.
type Severity uint8

// The severities. None: the check has no meaning in that mode. Error: the object, or what the finding names of it, does
// not arrive in the cloud. Warning: it arrives changed. Info: worth knowing.
const (
	None Severity = iota
	Info
	Warning
	Error
)

var severities = [...]string{"none", "info", "warning", "error"}

// String gives the word used in reports.
func (s Severity) String() string { return severities[min(int(s), len(severities)-1)] }

// MarshalText writes String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Fact is something that a check needs beside the snapshot.
type Fact string

// The facts.
const (
	TenantObjects       Fact = "tenant"                   // Input.Tenant
	Decisions           Fact = "decisions"                // Input.Decided
	Bundles             Fact = "licence bundles"          // Facts.Bundles
	RecordedAnchors     Fact = "ledger"                   // Facts.Recorded
	DeletedMailboxes    Fact = "deleted mailboxes"        // Facts.Mailboxes
	ProvisioningErrors  Fact = "provisioning errors"      // Facts.ProvisioningErrors
	ServiceErrors       Fact = "service errors"           // Facts.ServiceErrors
	SyncSwitches        Fact = "synchronisation switches" // Facts.Sync
	ProhibitedLocations Fact = "prohibited locations"     // Facts.Prohibited
)

// Check is one row of the table of checks.
type Check struct {
	ID         string // family and number, such as UPN-001
	Title      string // what fails, as reports say it
	Why        string // what comes of it, in one line
	Source     string // key of the vendor's source in Sources
	Kinds      []directory.Kind
	Attributes []string // what it reads and cannot do without
	Also       []string // what it reads as well; without these it is evaluated in part
	Provision  Severity // where coexist makes the object
	Activate   Severity // where another engine such as Entra Connect makes it
	Raised     Exception
	Needs      []Fact
	Fixes      bool // may propose a value
}

// Exception is a severity that differs from the table's in some cases.
type Exception struct {
	Severity Severity
	When     string
}

// In gives the severity in a mode, apart from the exception.
func (c Check) In(m cloud.Mode) Severity {
	if m == cloud.Activate {
		return c.Activate
	}
	return c.Provision
}

// Modes lists the modes in which the check has a meaning.
func (c Check) Modes() []cloud.Mode {
	var out []cloud.Mode
	for _, m := range []cloud.Mode{cloud.Provision, cloud.Activate} {
		if c.In(m) != None {
			out = append(out, m)
		}
	}
	return out
}

// Checks lists every check, by family and number. The slice is the caller's.
func Checks() []Check { return slices.Clone(table) }

// CheckNamed finds a check by its ID.
func CheckNamed(id string) (Check, bool) {
	n, ok := numbers[id]
	if !ok {
		return Check{}, false
	}
	return table[n], true
}

// Attributes lists what an importer should read so that every check can be evaluated, sorted.
func Attributes() []string {
	var out []string
	for _, c := range table {
		out = append(out, c.Attributes...)
		out = append(out, c.Also...)
	}
	out = append(out, slotNames[:]...)
	slices.Sort(out)
	return slices.Compact(out)
}

var table = func() []Check {
	all := slices.Concat(identityChecks, nameChecks, addressChecks, recipientChecks, groupChecks, licenseChecks, cloudChecks)
	slices.SortFunc(all, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	return all
}()

// numbers finds a row by its ID.
var numbers = func() map[string]int {
	m := make(map[string]int, len(table))
	for i, c := range table {
		m[c.ID] = i
	}
	return m
}()

var (
	users    = []directory.Kind{directory.User}
	contacts = []directory.Kind{directory.Contact}
	groups   = []directory.Kind{directory.Group}
	mailable = []directory.Kind{directory.User, directory.Contact}
	anything = []directory.Kind{directory.User, directory.Contact, directory.Group}
)
