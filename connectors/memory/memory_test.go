package memory_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/connectors/conformance"
	"github.com/coexistsync/coexist/connectors/memory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/plan"
)

var _ connector.Target = (*memory.Target)(nil)

func tenant() cloud.Tenant {
	return cloud.Tenant{
		ID:      "6d5d3c1e-7a0c-4b8e-9f6b-2a0c1d3e4f50",
		Name:    "Contoso",
		Domains: []cloud.Domain{{Name: "contoso.example", Verified: true, Default: true}},
		SKUs: []cloud.SKU{
			{ID: "6fd2c87f-b296-42f0-b197-1e91e994b900", Name: "ENTERPRISEPACK", Enabled: 5, Status: "Enabled", Plans: []cloud.ServicePlan{{ID: "efb87545-963c-4e0d-99df-69c6916d9eb0", Name: "EXCHANGE_S_ENTERPRISE", PerUser: true}}},
			{ID: "05e9a617-0261-4cee-bb44-138d3ef5d965", Name: "SPE_E3", Enabled: 1, Status: "Enabled"},
		},
	}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(*testing.T) conformance.Tenant {
		m := memory.New(tenant())
		return conformance.Tenant{Target: m, Put: func(_ *testing.T, o cloud.Object) string { return m.Set(o) }}
	})
}

func create(name string) plan.Change {
	return plan.Change{ID: name + "/create", Action: plan.Create, Directory: cloud.Entra,
		Object: plan.Object{Anchor: "YW5jaG9yLSAxNiBieXRlcw==", Kind: "user", Type: cloud.User, Name: name},
		Attributes: []plan.Attribute{
			{Name: "accountEnabled", After: cloud.Truth(true)},
			{Name: "displayName", After: cloud.Text(name)},
			{Name: "mailNickname", After: cloud.Text(name)},
			{Name: "userPrincipalName", After: cloud.Text(name + "@contoso.example")},
		}}
}

func none(plan.Ref) (string, bool) { return "", false }

func TestFaultBeforeTheWriteLeavesNothing(t *testing.T) {
	m := memory.New(tenant())
	m.Inject(memory.Fault{Times: 1})
	_, err := m.Export(t.Context(), create("ada"), none)
	if fault.KindOf(err) != fault.Transient || len(m.All()) != 0 {
		t.Errorf("got %v and %d objects, want a transient error and none", err, len(m.All()))
	}
	if _, err := m.Export(t.Context(), create("ada"), none); err != nil {
		t.Errorf("the fault struck again: %v", err)
	}
}

func TestFaultAfterTheWriteLeavesItsEffect(t *testing.T) {
	m := memory.New(tenant())
	m.Inject(memory.Fault{After: true, Times: 1, Match: func(c plan.Change) bool { return c.Action == plan.Create }})
	id, err := m.Export(t.Context(), create("ada"), none)
	if id != "" || err == nil || fault.KindOf(err) != fault.Unknown {
		t.Errorf("got %q and %v, want no id and an unknown outcome", id, err)
	}
	if o, err := m.ByAnchor(t.Context(), cloud.User, create("ada").Object.Anchor); err != nil || o.ID == "" {
		t.Errorf("the object was not made: %v", err)
	}
	log := m.Log()
	if len(log) != 1 || !log[0].Applied || log[0].Err == nil {
		t.Errorf("log %+v, want one export that took effect and was answered with an error", log)
	}
}

func TestFreshObjectIsNotReadyForSoManyLooks(t *testing.T) {
	m := memory.New(tenant())
	m.Lag(2)
	id, err := m.Export(t.Context(), create("ada"), none)
	if err != nil {
		t.Fatal(err)
	}
	var got []fault.Kind
	for range 2 {
		_, err := m.Current(t.Context(), cloud.User, id, nil)
		got = append(got, fault.KindOf(err))
	}
	if diff := cmp.Diff([]fault.Kind{fault.NotReady, fault.NotReady}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := m.Current(t.Context(), cloud.User, id, nil); err != nil {
		t.Errorf("still not ready: %v", err)
	}
}

func TestReadFaultStrikesOnceInTheMiddle(t *testing.T) {
	m := memory.New(tenant(), cloud.Object{ID: "a"}, cloud.Object{ID: "b"})
	broken := errors.New("cut")
	m.FailRead(1, broken)
	n := 0
	count := func(cloud.Object) error { n++; return nil }
	if err := m.Objects(t.Context(), nil, count); err != broken || n != 1 {
		t.Errorf("got %v after %d objects", err, n)
	}
	if err := m.Objects(t.Context(), nil, count); err != nil {
		t.Errorf("the fault struck again: %v", err)
	}
}

func TestLicenceWithoutSeatIsRefused(t *testing.T) {
	facts := tenant()
	facts.SKUs[1].Consumed = 1
	user := cloud.Object{ID: "u1", Type: cloud.User, Properties: []cloud.Set{{Name: "usageLocation", Value: cloud.Text("DE")}}}
	m := memory.New(facts, user)
	_, err := m.Export(t.Context(), plan.Change{Action: plan.License, Object: plan.Object{ID: "u1", Type: cloud.User},
		Attributes: []plan.Attribute{{Name: "licenses", After: cloud.Licenses([]cloud.License{{SKU: facts.SKUs[1].ID}})}}}, none)
	if err == nil || fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v, want it refused", err)
	}
}

func TestDeletedUserFreesSeatAndHidesFromItsGroups(t *testing.T) {
	facts := tenant()
	facts.SKUs[1].Consumed = 1
	licence := cloud.Licenses([]cloud.License{{SKU: facts.SKUs[1].ID}})
	m := memory.New(facts,
		cloud.Object{ID: "u1", Type: cloud.User, Properties: []cloud.Set{{Name: "licenses", Value: licence}}},
		cloud.Object{ID: "g1", Type: cloud.SecurityGroup, Properties: []cloud.Set{{Name: "members", Value: cloud.Texts([]string{"u1"})}}})
	members := func() cloud.Value {
		t.Helper()
		g, err := m.Current(t.Context(), cloud.SecurityGroup, "g1", []string{"members"})
		if err != nil {
			t.Fatal(err)
		}
		return g.Get("members")
	}
	do := func(a plan.Action) {
		t.Helper()
		if _, err := m.Export(t.Context(), plan.Change{Action: a, Object: plan.Object{ID: "u1", Type: cloud.User}}, none); err != nil {
			t.Fatal(err)
		}
	}
	do(plan.Delete)
	now, _ := m.Tenant(t.Context())
	if !members().IsNothing() || now.SKUs[1].Consumed != 0 {
		t.Errorf("after the delete: members %v, seats %d", members(), now.SKUs[1].Consumed)
	}
	do(plan.Restore)
	now, _ = m.Tenant(t.Context())
	if !members().Equal(cloud.Texts([]string{"u1"})) || now.SKUs[1].Consumed != 1 {
		t.Errorf("after the restore: members %v, seats %d", members(), now.SKUs[1].Consumed)
	}
}
