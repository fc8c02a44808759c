package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// The guards, in the order in which plans list them.
const (
	GuardDelete             = "delete"
	GuardDisable            = "disable"
	GuardLicenseRemoval     = "licenseRemoval"
	GuardMailboxPlanRemoval = "mailboxPlanRemoval"
	GuardHoldRemoval        = "holdRemoval" // holds ended or made shorter, archives switched off
	GuardTypeChange         = "typeChange"
	GuardUPN                = "userPrincipalName"
	GuardPrimarySMTP        = "primarySmtp"
	GuardMemberRemoval      = "memberRemoval"  // in one group, of that group's members
	GuardMembersRemoved     = "membersRemoved" // in all groups, of all their members
	GuardAdoption           = "adoption"
	GuardSeats              = "seats"
	GuardSourceCollapse     = "sourceCollapse" // objects fewer than at the last run, of those
	GuardProtected          = "protected"      // anything that is taken away from a protected object
	GuardRepeatedErrors     = "repeatedErrors" // changes that the last run was refused for good
)

// Limit is what one guard lets pass: a count and a share, in percent, of the managed objects. The smaller one stops. Zero
// means that this half is off.
type Limit struct {
	Count   int
	Percent float64
}

// Limits are the limits by guard. MinPopulation is how many managed objects there must be for shares to count.
type Limits struct {
	ByGuard       map[string]Limit
	MinPopulation int
}

// GuardNames lists the guards in order.
func GuardNames() []string {
	return []string{GuardDelete, GuardDisable, GuardLicenseRemoval, GuardMailboxPlanRemoval, GuardHoldRemoval, GuardTypeChange, GuardUPN,
		GuardPrimarySMTP, GuardMemberRemoval, GuardMembersRemoved, GuardAdoption, GuardSeats, GuardSourceCollapse, GuardProtected, GuardRepeatedErrors}
}

// DefaultLimits are the shipped ones: for deletion no more than Entra Connect's 500, and 5 %; less for everything else.
// Entra Connect's threshold counts deletions of one cycle alone.
func DefaultLimits() Limits {
	return Limits{MinPopulation: 20, ByGuard: map[string]Limit{
		GuardDelete:             {500, 5},
		GuardDisable:            {100, 2},
		GuardLicenseRemoval:     {100, 2},
		GuardMailboxPlanRemoval: {20, 1},
		GuardHoldRemoval:        {20, 1},
		GuardTypeChange:         {20, 1},
		GuardUPN:                {20, 1},
		GuardPrimarySMTP:        {20, 1},
		GuardMemberRemoval:      {100, 25},
		GuardMembersRemoved:     {500, 5},
		GuardAdoption:           {100, 0},
		GuardSourceCollapse:     {0, 5},
		GuardRepeatedErrors:     {50, 5},
	}}
}

// check holds a planned figure, and what the last 24 hours count beside it, against a limit. A share is rounded up, and
// lets at least one pass, so that a small tenant can be worked in at all. A plan that adds nothing is never over a limit.
func (l Limits) check(name string, planned, recent, population int) plan.Guard {
	limit := l.ByGuard[name]
	g := plan.Guard{Name: name, Count: limit.Count, Percent: limit.Percent, Planned: planned, Recent: recent, Population: population}
	if planned == 0 {
		return g
	}
	g.Exceeded = limit.Count > 0 && planned+recent > limit.Count
	if limit.Percent > 0 && population >= l.MinPopulation {
		g.Exceeded = g.Exceeded || planned+recent > max(1, int(math.Ceil(limit.Percent*float64(population)/100)))
	}
	return g
}

// tally counts what guards look at while changes stream by.
type tally struct {
	tenant  *cloud.Tenant
	recent  map[string]int  // what the changes of the last 24 hours count, by guard
	failed  map[string]bool // ids of changes that the last run was refused for good
	planned map[string]int
	worst   plan.Guard // the group that loses the largest share of its members
	members int        // of all groups in the tenant that the plan looks at
	seats   map[string]*plan.Seats
	counts  map[string]int
	skips   map[string]int
	shields []string // the first protected objects that something is taken away from, with why they are
}

func newTally(t *cloud.Tenant) *tally {
	return &tally{tenant: t, planned: map[string]int{}, seats: map[string]*plan.Seats{}, counts: map[string]int{}, skips: map[string]int{}}
}

// change counts one change. members is how many members its group has now.
func (t *tally) change(c *plan.Change, members int, limits Limits) {
	t.counts[string(c.Action)]++
	switch c.Action {
	case plan.Delete:
		t.planned[GuardDelete]++
	case plan.Disable:
		t.planned[GuardDisable]++
	case plan.Adopt:
		t.planned[GuardAdoption]++
	}
	if t.failed[c.ID] {
		t.planned[GuardRepeatedErrors]++
	}
	if c.Protected != "" {
		t.planned[GuardProtected]++
		if len(t.shields) < shieldsShown {
			t.shields = append(t.shields, c.Object.Name+" "+c.Protected)
		}
	}
	for i := range c.Attributes {
		a := &c.Attributes[i]
		switch {
		case a.Name == "accountEnabled" && c.Action == plan.Update && a.Before.Truth() && !a.After.Truth():
			t.planned[GuardDisable]++
		case a.Name == "userPrincipalName" && c.Action == plan.Update && a.Reason != plan.ObjectNew:
			t.planned[GuardUPN]++
		case a.Name == "primaryAddress" && c.Action == plan.Update && !a.Before.IsNothing():
			t.planned[GuardPrimarySMTP]++
		case a.Name == cloud.TypeProperty && c.Facet == cloud.FacetType:
			t.planned[GuardTypeChange]++
		case c.Action == plan.Update && endsHold(c, a):
			t.planned[GuardHoldRemoval]++
		case a.Name == "licenses":
			t.licenses(a)
		case len(a.Remove) > 0 && (a.Name == "members" || a.Name == "owners"):
			t.planned[GuardMembersRemoved] += len(a.Remove)
			t.planned[ofGroup(c)] += len(a.Remove)
			recent := t.recent[ofGroup(c)]
			g := limits.check(GuardMemberRemoval, len(a.Remove), recent, members+recent)
			if len(a.Remove) == members && members > 2 && len(a.Add) == 0 {
				g.Exceeded = true // a group is not emptied without a look
			}
			if g.Exceeded && !t.worst.Exceeded || g.Exceeded == t.worst.Exceeded && g.Planned > t.worst.Planned {
				g.Detail = c.Object.Name
				t.worst = g
			}
		}
	}
}

// population gives what a group is held against: how many members it has, and lost in the last 24 hours.
func (t *tally) population(c *plan.Change, members int) int {
	if c.Action != plan.Members {
		return 0
	}
	return members + t.recent[ofGroup(c)]
}

// endsHold reports whether an attribute ends a hold, makes it shorter or switches an archive off: after that, what was kept
// may be deleted. 0 days are without end; those of a hold that only begins shorten nothing.
func endsHold(c *plan.Change, a *plan.Attribute) bool {
	switch a.Name {
	case "litigationHold", "archive":
		return a.Before.Truth() && !a.After.Truth()
	case "litigationHoldDays":
		was, is := a.Before.Number(), a.After.Number()
		begins := slices.ContainsFunc(c.Attributes, func(x plan.Attribute) bool { return x.Name == "litigationHold" && !x.Before.Truth() })
		return !begins && !a.Before.IsNothing() && is != 0 && (was == 0 || is < was)
	}
	return false
}

// ofGroup is what the guard of one group's members counts under.
func ofGroup(c *plan.Change) string { return GuardMemberRemoval + "/" + string(c.Object.Anchor) }

// licenses counts seats and what a user loses.
func (t *tally) licenses(a *plan.Attribute) {
	before, after := a.Before.Licenses(), a.After.Licenses()
	lost := false
	for _, l := range after {
		if !holds(before, l.SKU) {
			t.seat(l.SKU).Add++
		}
	}
	for _, l := range before {
		if !holds(after, l.SKU) {
			t.seat(l.SKU).Remove++
			lost = true
		}
	}
	if lost {
		t.planned[GuardLicenseRemoval]++
	}
	if t.hasMailbox(before) && !t.hasMailbox(after) {
		t.planned[GuardMailboxPlanRemoval]++
	}
}

func holds(list []cloud.License, sku string) bool {
	return slices.ContainsFunc(list, func(l cloud.License) bool { return l.SKU == sku })
}

// hasMailbox reports whether a set of licences gives a mailbox.
func (t *tally) hasMailbox(list []cloud.License) bool { return t.has(list, cloud.GivesMailbox) }

// keepsMail reports whether a set of licences lets a mailbox have a hold and an archive.
func (t *tally) keepsMail(list []cloud.License) bool { return t.has(list, cloud.KeepsMail) }

// has reports whether licences hold a service plan that is switched on.
func (t *tally) has(list []cloud.License, plan func(name string) bool) bool {
	for _, l := range list {
		s, ok := t.tenant.SKU(l.SKU)
		if !ok {
			continue
		}
		for _, p := range s.Plans {
			if plan(p.Name) && !slices.Contains(l.DisabledPlans, p.ID) {
				return true
			}
		}
	}
	return false
}

func (t *tally) seat(id string) *plan.Seats {
	if s, ok := t.seats[id]; ok {
		return s
	}
	s := &plan.Seats{SKU: id, ID: id}
	if k, ok := t.tenant.SKU(id); ok {
		s.SKU, s.Enabled, s.Consumed = k.Name, k.Enabled+k.Warning, k.Consumed
	}
	t.seats[id] = s
	return s
}

// needed lists the seats that the plan touches, by part number.
func (t *tally) needed() []plan.Seats {
	out := make([]plan.Seats, 0, len(t.seats))
	for _, s := range t.seats {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b plan.Seats) int { return strings.Compare(a.SKU, b.SKU) })
	return out
}

// guards holds everything counted against the limits. managed is the number of objects that the ledger owns; fewer says
// how many objects each source lost since the last run.
func (t *tally) guards(l Limits, managed int, fewer []plan.Guard) []plan.Guard {
	var out []plan.Guard
	for _, name := range GuardNames() {
		switch name {
		case GuardSourceCollapse:
			out = append(out, fewer...)
		case GuardMemberRemoval:
			g := t.worst
			if g.Name == "" {
				g = l.check(name, 0, 0, 0)
			}
			out = append(out, g)
		case GuardMembersRemoved:
			out = append(out, l.check(name, t.planned[name], t.recent[name], t.members))
		case GuardSeats:
			out = append(out, t.shortage())
		case GuardProtected:
			out = append(out, t.shielded(managed))
		case GuardRepeatedErrors:
			out = append(out, t.repeated(l, managed))
		default:
			out = append(out, l.check(name, t.planned[name], t.recent[name], managed))
		}
	}
	return out
}

// shortage is the guard of seats: it is exceeded when a subscription would be overdrawn by what this plan adds.
func (t *tally) shortage() plan.Guard {
	g := plan.Guard{Name: GuardSeats}
	var short []string
	for _, s := range t.needed() {
		g.Planned += s.Add
		g.Population += s.Enabled
		if s.Add > s.Remove && s.After() > s.Enabled {
			g.Exceeded = true
			short = append(short, fmt.Sprintf("%s: %d seats short", s.SKU, s.After()-s.Enabled))
		}
	}
	g.Detail = strings.Join(short, "; ")
	return g
}

// shieldsShown bounds how many protected objects a guard names.
const shieldsShown = 5

// shielded is the guard of protected objects, of whom nothing is taken without a person's word.
func (t *tally) shielded(managed int) plan.Guard {
	n := t.planned[GuardProtected]
	g := plan.Guard{Name: GuardProtected, Planned: n, Population: managed, Exceeded: n > 0, Detail: strings.Join(t.shields, "; ")}
	if n > len(t.shields) {
		g.Detail += fmt.Sprintf("; and %d more", n-len(t.shields))
	}
	return g
}

// repeated is the guard of changes that were refused a run ago and would be asked for once more.
func (t *tally) repeated(l Limits, managed int) plan.Guard {
	g := l.check(GuardRepeatedErrors, t.planned[GuardRepeatedErrors], 0, managed)
	if g.Planned > 0 {
		g.Detail = fmt.Sprintf("%d changes of this plan were refused in the last run; coexist runs show says why", g.Planned)
	}
	return g
}

// Takes reports whether a change takes something away: an object, a sign-in, a licence, a mailbox, a hold, a member, or what kind
// of mailbox it is. A new name or address is none of these.
func Takes(t *cloud.Tenant, c *plan.Change) bool {
	one := newTally(t)
	one.change(c, 0, Limits{})
	for _, g := range []string{GuardDelete, GuardDisable, GuardLicenseRemoval, GuardMailboxPlanRemoval, GuardHoldRemoval, GuardTypeChange, GuardMembersRemoved} {
		if one.planned[g] > 0 {
			return true
		}
	}
	return false
}

// Weights are the guards at work for changes that the engine did not plan itself, such as those of an undo.
type Weights struct {
	t      *tally
	limits Limits
}

// NewWeights begins to count. recent is what the changes of the last 24 hours count, by guard.
func NewWeights(t *cloud.Tenant, l Limits, recent map[string]int) *Weights {
	w := &Weights{newTally(t), l}
	w.t.recent = recent
	return w
}

// Add counts a change, and notes in it what its group is held against. members is how many members that has now.
func (w *Weights) Add(c *plan.Change, members int) {
	c.Population = w.t.population(c, members)
	w.t.change(c, members, w.limits)
	w.t.members += members
}

// Guards gives what was counted against the limits. managed is how many objects the ledger owns.
func (w *Weights) Guards(managed int) []plan.Guard { return w.t.guards(w.limits, managed, nil) }

// Seats lists the seats that the changes touch, by part number.
func (w *Weights) Seats() []plan.Seats { return w.t.needed() }
