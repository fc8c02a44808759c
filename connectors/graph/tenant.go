package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

type organizationRow struct {
	ID                         string     `json:"id"`
	DisplayName                string     `json:"displayName"`
	OnPremisesSyncEnabled      *bool      `json:"onPremisesSyncEnabled"`
	OnPremisesLastSyncDateTime *time.Time `json:"onPremisesLastSyncDateTime"`
}

type domainRow struct {
	ID                 string `json:"id"` // the name
	IsVerified         bool   `json:"isVerified"`
	IsInitial          bool   `json:"isInitial"`
	IsDefault          bool   `json:"isDefault"`
	AuthenticationType string `json:"authenticationType"`
}

type skuRow struct {
	SKUID            string `json:"skuId"`
	SKUPartNumber    string `json:"skuPartNumber"`
	CapabilityStatus string `json:"capabilityStatus"`
	ConsumedUnits    int    `json:"consumedUnits"`
	PrepaidUnits     struct {
		Enabled int `json:"enabled"`
		Warning int `json:"warning"`
	} `json:"prepaidUnits"`
	ServicePlans []struct {
		ServicePlanID   string `json:"servicePlanId"`
		ServicePlanName string `json:"servicePlanName"`
		AppliesTo       string `json:"appliesTo"`
	} `json:"servicePlans"`
}

// Tenant gives the organisation, its domains and its subscriptions. It fails with fault.Invalid when the credentials lead
// to another tenant than the configured one. See connector.Reader.
func (c *Connector) Tenant(ctx context.Context) (cloud.Tenant, error) {
	var t cloud.Tenant
	var found []organizationRow
	r := request{op: "read organization", why: readWhole, path: "/organization", query: []string{"$select", "id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime"}}
	if err := list(ctx, c, r, func(o *organizationRow) error { found = append(found, *o); return nil }); err != nil {
		return t, err
	}
	if len(found) != 1 || found[0].ID == "" {
		return t, &fault.Error{Kind: fault.Unreachable, Op: r.op, Err: fmt.Errorf("%d organizations, want one", len(found))}
	}
	org := found[0]
	if c.tenantID != "" && !strings.EqualFold(org.ID, c.tenantID) {
		return t, &fault.Error{Kind: fault.Invalid, Op: r.op, Err: fmt.Errorf("the credentials lead to tenant %s, and %s is configured", org.ID, c.tenantID)}
	}
	t = cloud.Tenant{ID: strings.ToLower(org.ID), Name: org.DisplayName, ReadAt: c.now().UTC(), Synced: org.OnPremisesSyncEnabled != nil && *org.OnPremisesSyncEnabled}
	if org.OnPremisesLastSyncDateTime != nil {
		t.LastSync = org.OnPremisesLastSyncDateTime.UTC()
	}
	r = request{op: "read domains", why: readWhole, path: "/domains", query: []string{"$select", "id,isVerified,isInitial,isDefault,authenticationType"}}
	if err := list(ctx, c, r, func(d *domainRow) error { t.Domains = append(t.Domains, d.domain()); return nil }); err != nil {
		return cloud.Tenant{}, err
	}
	r = request{op: "read subscriptions", why: readWhole, path: "/subscribedSkus"}
	var err error
	if err = list(ctx, c, r, func(s *skuRow) error { t.SKUs = append(t.SKUs, s.sku()); return nil }); err != nil {
		return cloud.Tenant{}, err
	}
	if t.Unknown, err = c.unknown(ctx); err != nil {
		return cloud.Tenant{}, err
	}
	slices.SortFunc(t.Domains, func(a, b cloud.Domain) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(t.SKUs, func(a, b cloud.SKU) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// unknown says what of the tenant cannot be told with the permissions that are granted. What a read of the objects cannot do
// without is an error there, and no more than unknown here.
func (c *Connector) unknown(ctx context.Context) ([]string, error) {
	out := []string{"synchronisation features and the deletion threshold: only an administrator's own sign-in may read them"}
	switch m, err := c.marked.read(ctx, c, marksLast); {
	case err == nil:
		out = append(out, m.unknown...)
	case fault.KindOf(err) == fault.Denied:
		out = append(out, "administrators and cloud-managed objects: "+err.Error())
	default:
		return nil, err
	}
	_, err := c.send(ctx, contactRequest("1"))
	if denied := refusedRead(err); denied {
		out = append(out, "mail contacts: "+err.Error())
	} else if err != nil {
		return nil, err
	}
	return out, nil
}

func (d *domainRow) domain() cloud.Domain {
	return cloud.Domain{Name: strings.ToLower(d.ID), Verified: d.IsVerified, Initial: d.IsInitial, Default: d.IsDefault,
		Federated: d.AuthenticationType == "Federated"}
}

func (s *skuRow) sku() cloud.SKU {
	out := cloud.SKU{ID: strings.ToLower(s.SKUID), Name: s.SKUPartNumber, Enabled: s.PrepaidUnits.Enabled, Warning: s.PrepaidUnits.Warning,
		Consumed: s.ConsumedUnits, Status: s.CapabilityStatus}
	for _, p := range s.ServicePlans {
		out.Plans = append(out.Plans, cloud.ServicePlan{ID: strings.ToLower(p.ServicePlanID), Name: p.ServicePlanName, PerUser: p.AppliesTo == "User"})
	}
	return out
}
