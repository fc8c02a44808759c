package engine

import (
	"fmt"
	"maps"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// guard finds a guard among those of a plan that makes the changes, in a tenant where each group has members members.
func guard(t *testing.T, name string, managed, members int, changes ...plan.Change) plan.Guard {
	t.Helper()
	limits := DefaultLimits()
	tally := newTally(&cloud.Tenant{SKUs: []cloud.SKU{{ID: "e3", Name: "SPE_E3", Enabled: 1,
		Plans: []cloud.ServicePlan{{ID: "mbx", Name: "EXCHANGE_S_ENTERPRISE"}, {ID: "found", Name: "EXCHANGE_S_FOUNDATION"}}}}})
	for i := range changes {
		tally.change(&changes[i], members, limits)
		tally.members += members
	}
	for _, g := range tally.guards(limits, managed, nil) {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("no guard %s", name)
	return plan.Guard{}
}

func repeat(n int, c plan.Change) []plan.Change {
	out := make([]plan.Change, n)
	for i := range out {
		out[i] = c
	}
	return out
}

func removing(n int) plan.Change {
	a := plan.Attribute{Name: "members"}
	for i := range n {
		a.Remove = append(a.Remove, plan.Ref{ID: fmt.Sprint(i)})
	}
	return plan.Change{Action: plan.Members, Attributes: []plan.Attribute{a}}
}

func licences(before, after []cloud.License) plan.Change {
	return plan.Change{Action: plan.License, Attributes: []plan.Attribute{{Name: "licenses", Before: cloud.Licenses(before), After: cloud.Licenses(after)}}}
}

func TestGuards(t *testing.T) {
	e3 := []cloud.License{{SKU: "e3"}}
	block := plan.Change{Action: plan.Update, Attributes: []plan.Attribute{{Name: "accountEnabled", Before: cloud.Truth(true), After: cloud.Truth(false)}}}
	rename := plan.Change{Action: plan.Update, Attributes: []plan.Attribute{{Name: "userPrincipalName", Before: cloud.Text("a"), After: cloud.Text("b")}}}
	for name, c := range map[string]struct {
		guard            string
		managed, members int
		changes          []plan.Change
		want             bool
	}{
		"deletions up to the share":                {GuardDelete, 100, 0, repeat(5, plan.Change{Action: plan.Delete}), false},
		"one deletion more":                        {GuardDelete, 100, 0, repeat(6, plan.Change{Action: plan.Delete}), true},
		"deletions up to the count":                {GuardDelete, 1_000_000, 0, repeat(500, plan.Change{Action: plan.Delete}), false},
		"one more than the count":                  {GuardDelete, 1_000_000, 0, repeat(501, plan.Change{Action: plan.Delete}), true},
		"shares do not count among few":            {GuardDelete, 19, 0, repeat(19, plan.Change{Action: plan.Delete}), false},
		"one is let through among few":             {GuardUPN, 50, 0, repeat(1, rename), false},
		"two renamed of fifty":                     {GuardUPN, 50, 0, repeat(2, rename), true},
		"blocking by a property counts":            {GuardDisable, 100, 0, repeat(3, block), true},
		"a licence lost":                           {GuardLicenseRemoval, 100, 0, repeat(3, licences(e3, nil)), true},
		"a licence gained is no loss":              {GuardLicenseRemoval, 100, 0, repeat(3, licences(nil, e3)), false},
		"a mailbox lost with the licence":          {GuardMailboxPlanRemoval, 100, 0, repeat(2, licences(e3, nil)), true},
		"a mailbox lost by switching the plan off": {GuardMailboxPlanRemoval, 100, 0, repeat(2, licences(e3, []cloud.License{{SKU: "e3", DisabledPlans: []string{"mbx"}}})), true},
		"no mailbox lost by another plan":          {GuardMailboxPlanRemoval, 100, 0, repeat(2, licences(e3, []cloud.License{{SKU: "e3", DisabledPlans: []string{"found"}}})), false},
		"more seats than there are":                {GuardSeats, 100, 0, repeat(2, licences(nil, e3)), true},
		"a quarter of a group":                     {GuardMemberRemoval, 100, 40, repeat(1, removing(10)), false},
		"more than a quarter of a group":           {GuardMemberRemoval, 100, 40, repeat(1, removing(11)), true},
		"a small group emptied":                    {GuardMemberRemoval, 100, 3, repeat(1, removing(3)), true},
		"a few of each of many small groups":       {GuardMembersRemoved, 100, 10, repeat(300, removing(1)), true},
		"a few of one of many members":             {GuardMembersRemoved, 100, 1000, repeat(1, removing(50)), false},
		"adoptions":                                {GuardAdoption, 0, 0, repeat(101, plan.Change{Action: plan.Adopt}), true},
	} {
		t.Run(name, func(t *testing.T) {
			if g := guard(t, c.guard, c.managed, c.members, c.changes...); g.Exceeded != c.want {
				t.Errorf("%s: %d planned of %d, exceeded %v, want %v", g.Name, g.Planned, g.Population, g.Exceeded, c.want)
			}
		})
	}
}

// TestEachGroupHasAnEndOfItsOwnInADay holds what one group may lose over several plans, each made before the other was
// carried out: by the share of what the group had, and by the count.
func TestEachGroupHasAnEndOfItsOwnInADay(t *testing.T) {
	var changes []plan.Change
	w := NewWeights(&cloud.Tenant{}, DefaultLimits(), map[string]int{GuardMemberRemoval + "/dwindling": 10})
	for _, g := range []struct {
		anchor  string
		members int
	}{{"small", 10}, {"middling", 40}, {"dwindling", 30}, {"large", 1000}} {
		c := removing(1)
		c.Object.Anchor = directory.Anchor(g.anchor)
		w.Add(&c, g.members)
		changes = append(changes, c)
	}
	got := map[string]int{}
	if err := DefaultLimits().MostOfGroups(got, func(yield func(plan.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"memberRemoval/small": 100, "memberRemoval/middling": 10, "memberRemoval/dwindling": 10, "memberRemoval/large": 100}
	if !maps.Equal(got, want) {
		t.Errorf("each may lose %v, want %v", got, want)
	}
	if sums := Weigh(&cloud.Tenant{})(&changes[1]); sums["memberRemoval/middling"] != 1 || sums[GuardMembersRemoved] != 1 {
		t.Errorf("a member that a group loses counts %v", sums)
	}
}

// TestHoldsThatEndAreCounted: what a hold or an archive kept may be deleted once it ends.
func TestHoldsThatEndAreCounted(t *testing.T) {
	attr := func(name string, before, after cloud.Value) plan.Attribute {
		return plan.Attribute{Name: name, Before: before, After: after}
	}
	on, off := cloud.Truth(true), cloud.Truth(false)
	for name, c := range map[string]struct {
		attrs []plan.Attribute
		want  int
	}{
		"ended":                   {[]plan.Attribute{attr("litigationHold", on, off)}, 1},
		"cleared":                 {[]plan.Attribute{attr("litigationHold", on, cloud.Value{})}, 1},
		"archive off":             {[]plan.Attribute{attr("archive", on, off)}, 1},
		"without end to 30 days":  {[]plan.Attribute{attr("litigationHoldDays", cloud.Number(0), cloud.Number(30))}, 1},
		"shorter":                 {[]plan.Attribute{attr("litigationHoldDays", cloud.Number(60), cloud.Number(30))}, 1},
		"longer":                  {[]plan.Attribute{attr("litigationHoldDays", cloud.Number(30), cloud.Number(60))}, 0},
		"30 days to without end":  {[]plan.Attribute{attr("litigationHoldDays", cloud.Number(30), cloud.Number(0))}, 0},
		"one that begins":         {[]plan.Attribute{attr("litigationHold", off, on), attr("litigationHoldDays", cloud.Number(0), cloud.Number(30))}, 0},
		"an archive that is made": {[]plan.Attribute{attr("archive", off, on)}, 0},
	} {
		change := plan.Change{Action: plan.Update, Attributes: c.attrs}
		if g := guard(t, GuardHoldRemoval, 100, 0, change); g.Planned != c.want || Takes(&cloud.Tenant{}, &change) != (c.want > 0) {
			t.Errorf("%s: counted %d", name, g.Planned)
		}
	}
}
