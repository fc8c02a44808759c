package cloud

import (
	"strings"
	"time"
)

// Tenant is what connectors return about a tenant as a whole.
type Tenant struct {
	ID       string    `json:"id"` // GUID
	Name     string    `json:"name"`
	ReadAt   time.Time `json:"readAt"`   // UTC
	Synced   bool      `json:"synced"`   // onPremisesSyncEnabled: another engine synchronises into this tenant
	LastSync time.Time `json:"lastSync"` // of that engine; zero when unknown
	Domains  []Domain  `json:"domains"`  // by name
	SKUs     []SKU     `json:"skus"`     // by part number
	// Unknown says, for people, what could not be told for want of a permission or a licence: never guessed, never taken for
	// absent.
	Unknown []string `json:"unknown,omitempty"`
}

// Domain is one of the tenant's domains.
type Domain struct {
	Name      string `json:"name"` // lower case
	Verified  bool   `json:"verified"`
	Initial   bool   `json:"initial"` // *.onmicrosoft.com
	Default   bool   `json:"default"`
	Federated bool   `json:"federated"`
}

// SKU is a subscription with its seats.
type SKU struct {
	ID       string        `json:"id"`         // GUID
	Name     string        `json:"partNumber"` // skuPartNumber, such as SPE_E3
	Enabled  int           `json:"enabled"`    // prepaid seats in force
	Warning  int           `json:"warning"`    // seats in their grace period, still usable
	Consumed int           `json:"consumed"`
	Status   string        `json:"status"` // Enabled, Warning, Suspended, Deleted or LockedOut
	Plans    []ServicePlan `json:"plans"`
}

// ServicePlan is one plan of a SKU.
type ServicePlan struct {
	ID      string `json:"id"`      // GUID
	Name    string `json:"name"`    // such as EXCHANGE_S_ENTERPRISE
	PerUser bool   `json:"perUser"` // appliesTo User
}

// Free gives the seats that can still be assigned; it is negative when the tenant is over its limit.
func (s SKU) Free() int { return s.Enabled + s.Warning - s.Consumed }

// Domain finds a domain by name in any case.
func (t *Tenant) Domain(name string) (Domain, bool) {
	name = strings.ToLower(name)
	for _, d := range t.Domains {
		if d.Name == name {
			return d, true
		}
	}
	return Domain{}, false
}

// InitialDomain gives the *.onmicrosoft.com domain, "" when the tenant did not say.
func (t *Tenant) InitialDomain() string {
	for _, d := range t.Domains {
		if d.Initial {
			return d.Name
		}
	}
	return ""
}

// SKU finds a subscription by part number or id, in any case.
func (t *Tenant) SKU(name string) (SKU, bool) {
	for _, s := range t.SKUs {
		if strings.EqualFold(s.Name, name) || strings.EqualFold(s.ID, name) {
			return s, true
		}
	}
	return SKU{}, false
}

// Plan finds a service plan of the SKU by name or id, in any case.
func (s SKU) Plan(name string) (ServicePlan, bool) {
	for _, p := range s.Plans {
		if strings.EqualFold(p.Name, name) || strings.EqualFold(p.ID, name) {
			return p, true
		}
	}
	return ServicePlan{}, false
}
