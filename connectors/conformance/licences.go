package conformance

import (
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/plan"
)

// license gives the change from one set of licences to another.
func (s *suite) license(o plan.Object, before, after []cloud.License) plan.Change {
	return s.change(plan.License, o, plan.Attribute{Name: "licenses", Before: cloud.Licenses(before), After: cloud.Licenses(after)})
}

// consumed gives the seats taken of a subscription.
func (s *suite) consumed(sku string) int {
	s.Helper()
	t, err := s.target.Tenant(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	found, _ := t.SKU(sku)
	return found.Consumed
}

// subscriptions gives two subscriptions, and a service plan of the first that can be switched off.
func (s *suite) subscriptions() (first, second, service string) {
	s.Helper()
	if len(s.facts.SKUs) < 2 || len(s.facts.SKUs[0].Plans) == 0 {
		s.Fatal("the tenant needs two subscriptions, the first with a service plan")
	}
	a, b := s.facts.SKUs[0], s.facts.SKUs[1]
	if a.Free() < 1 || b.Free() < 1 {
		s.Fatal("the tenant's first two subscriptions need a free seat each")
	}
	for _, p := range a.Plans {
		if p.PerUser {
			return a.ID, b.ID, p.ID
		}
	}
	s.Fatal("the first subscription has no service plan per user")
	return "", "", ""
}

func (s *suite) licences() {
	first, second, service := s.subscriptions()
	o := s.create(s.user("ada", set("usageLocation", cloud.Text("DE"))))
	taken := [2]int{s.consumed(first), s.consumed(second)}
	var before []cloud.License
	for _, step := range []struct {
		name  string
		after []cloud.License
		seats [2]int // of the two subscriptions
	}{
		{"added", []cloud.License{{SKU: first}}, [2]int{1, 0}},
		{"a plan switched off", []cloud.License{{SKU: first, DisabledPlans: []string{service}}}, [2]int{1, 0}},
		{"the plan switched on", []cloud.License{{SKU: first}}, [2]int{1, 0}},
		{"replaced", []cloud.License{{SKU: second}}, [2]int{0, 1}},
		{"removed", nil, [2]int{0, 0}},
	} {
		s.export(s.license(o, before, step.after))
		s.want(s.current(o), "licenses", cloud.Licenses(step.after))
		s.want(s.all("licenses")[o.ID], "licenses", cloud.Licenses(step.after))
		if got := [2]int{s.consumed(first) - taken[0], s.consumed(second) - taken[1]}; got != step.seats {
			s.Errorf("%s: seats taken %v, want %v", step.name, got, step.seats)
		}
		before = step.after
	}
}

func (s *suite) licenceWithoutLocation() {
	first, _, _ := s.subscriptions()
	o := s.create(s.user("ada"))
	// Right after the object was made, the cloud's answer may mean that it has not seen the location yet.
	s.refused(s.license(o, nil, []cloud.License{{SKU: first}}), fault.Invalid, fault.NotReady)
	s.want(s.current(o), "licenses", cloud.Value{})
}
