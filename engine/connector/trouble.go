package connector

import (
	"context"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
)

// Trouble is an error that the tenant itself reports about one of its objects.
type Trouble struct {
	ID   string // of the cloud object
	Type cloud.Type
	Name string
	// Service is the instance of the service that could not take the object over, such as exchange/EURP123-001; "" for an
	// error of the directory, which then has Category, Property and Value.
	Service  string
	Category string
	Property string
	Value    string
	Detail   string    // of a service: what it says, XML at times
	Since    time.Time // when it came up, by the tenant's clock; zero when it does not say
}

// TroubleReader is the ability of a Reader to tell what the tenant reports about its objects and has not resolved. They are
// yielded in any order, whole or an error; unknown says, for people, what could not be read for want of a permission.
type TroubleReader interface {
	Troubles(ctx context.Context, yield func(Trouble) error) (unknown []string, err error)
}

// Switches are the settings by which a tenant receives synchronised objects, and how many deletions at once it takes.
type Switches struct {
	BlockSoftMatch     bool // an existing cloud object is not taken over by address or name
	BlockHardMatch     bool // nor by its anchor
	QuarantineUPN      bool // a user principal name that is taken is quarantined instead of refused
	QuarantineProxies  bool // likewise an address
	DeletionsPrevented bool // more deletions than the threshold stop another engine's export
	DeletionsAllowed   int  // that threshold, a count or per cent
	DeletionsByPercent bool
	SoftMatchOnUPN     bool // an existing cloud user is found by its user principal name, too
	PasswordWriteback  bool
}

// SwitchReader is the ability of a Reader to read the Switches. The error is fault.Denied where the sign-in may not see them,
// as no application may at the time of writing.
type SwitchReader interface {
	Switches(ctx context.Context) (Switches, error)
}
