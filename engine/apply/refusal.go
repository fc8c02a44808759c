package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// Reason says why a plan is refused.
type Reason string

// The reasons.
const (
	Expired        Reason = "expired"
	FromFuture     Reason = "from-the-future" // a clock was set back since it was made
	AlreadyApplied Reason = "already-applied"
	OtherTenant    Reason = "other-tenant"
	GuardExceeded  Reason = "guard-exceeded"
	BadOverride    Reason = "bad-override" // an override for another plan, or without a reason
	NoSource       Reason = "no-source"    // the source cannot be looked at again, and the plan was not made offline
	NoTarget       Reason = "no-target"    // a directory that the plan writes to is not connected
	Preview        Reason = "preview"      // made for another instant than its own, to be looked at
	Malformed      Reason = "malformed"    // no planner writes such a plan
)

// clockSkew is how far clocks may be apart, as in Kerberos. Under a clock that was set back further a plan would live longer
// than those who approved it meant.
const clockSkew = 5 * time.Minute

// Refusal says that a plan is not applied and that nothing was written.
type Refusal struct {
	Reason Reason
	Detail string // for people: the figures
}

// Error names reason and figures.
func (e *Refusal) Error() string { return "plan refused: " + string(e.Reason) + ": " + e.Detail }

func refusal(r Reason, format string, args ...any) *Refusal {
	return &Refusal{r, fmt.Sprintf(format, args...)}
}

// refuse holds the plan as a whole against what must be true before the first write. Whether it was applied already is
// asked when the run starts.
func refuse(ctx context.Context, o *Options, s schedule) error {
	m := o.Plan.Manifest()
	if now := o.Now(); !now.Before(m.Expires) {
		return refusal(Expired, "it was to be applied before %s", m.Expires.UTC().Format(time.RFC3339))
	}
	if ahead := m.Created.Sub(o.Now()); ahead > clockSkew {
		return refusal(FromFuture, "it was made %s from now, at %s: the clock of this machine or of the planner's is wrong", ahead.Round(time.Second), m.Created.UTC().Format(time.RFC3339))
	}
	if m.Preview || m.AsOf.After(m.Created) {
		return refusal(Preview, "it shows what would be as of %s; make a plan for now", m.AsOf.UTC().Format(time.RFC3339))
	}
	if o.Reconsider == nil && !m.Offline {
		return refusal(NoSource, "the plan was made from a directory, which must be looked at again")
	}
	if err := guards(o); err != nil {
		return err
	}
	if !m.Complete && s.deletes > 0 {
		return refusal(Malformed, "it is restricted to a selection and deletes %d objects", s.deletes)
	}
	if s.adopts > 0 && s.deletes+s.disables > 0 {
		return refusal(Malformed, "it adopts %d objects and deletes or disables %d; no plan does both", s.adopts, s.deletes+s.disables)
	}
	return sameTenant(ctx, o, s.directories, m.Tenant.ID)
}

// sameTenant demands that directories are connected, and to the one tenant.
func sameTenant(ctx context.Context, o *Options, directories []cloud.Directory, tenant string) error {
	for _, d := range directories {
		target, ok := o.Targets[d]
		if !ok {
			return refusal(NoTarget, "it writes to %s, which is not connected", d.Title())
		}
		if d == cloud.AD {
			continue // no part of a tenant
		}
		facts, err := target.Tenant(ctx)
		if err != nil {
			return fmt.Errorf("read tenant: %w", err)
		}
		if !directory.EqualFold(facts.ID, tenant) {
			return refusal(OtherTenant, "it was made for tenant %s, and %s is connected to %s", tenant, d.Title(), facts.ID)
		}
	}
	return nil
}

// guards demands an override for each guard that the plan exceeds, and that every override is meant for this plan.
func guards(o *Options) error {
	digest, m := o.Plan.Digest(), o.Plan.Manifest()
	allowed := map[string]bool{}
	for _, a := range o.Allow {
		switch {
		case a.Plan != digest:
			return refusal(BadOverride, "the override of guard %s is for plan %s, and this is %s", a.Guard, a.Plan, digest)
		case a.Reason == "":
			return refusal(BadOverride, "the override of guard %s gives no reason", a.Guard)
		}
		allowed[a.Guard] = true
	}
	over := slices.DeleteFunc(m.Exceeded(), func(g plan.Guard) bool { return allowed[g.Name] })
	if len(over) == 0 {
		return nil
	}
	g := over[0]
	var others string
	if n := len(over) - 1; n > 0 {
		others = fmt.Sprintf("; and %d more", n)
	}
	return refusal(GuardExceeded, "%s: %d planned of %d%s", g.Name, g.Planned, g.Population, others)
}
