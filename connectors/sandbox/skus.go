package sandbox

import (
	"slices"
	"strings"
	"time"
)

// syncCycle is how often the other engine of a synchronised tenant runs.
const syncCycle = 30 * time.Minute

// SKU is a subscription of the tenant.
type SKU struct {
	ID        string `json:"id"`
	Name      string `json:"name"` // skuPartNumber
	Enabled   int    `json:"enabled"`
	Warning   int    `json:"warning,omitempty"`
	Suspended int    `json:"suspended,omitempty"`
	Status    string `json:"status,omitempty"` // Enabled when empty; Warning, Suspended, Deleted, LockedOut
	Plans     []Plan `json:"plans"`
}

// Plan is a service plan of a SKU.
type Plan struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Company bool   `json:"company,omitempty"` // applies to the company, not to users
}

// subscription is a SKU with the seats in use.
type subscription struct {
	SKU
	consumed int
	plans    []string // ids, sorted
}

func (s *subscription) has(plan string) bool {
	_, ok := slices.BinarySearch(s.plans, plan)
	return ok
}

// free gives the seats left; warning seats still work, those of a suspended subscription do not.
func (s *subscription) free() int {
	if s.Status != "Enabled" && s.Status != "Warning" {
		return 0
	}
	return s.Enabled + s.Warning - s.consumed
}

func (s *subscription) plansJSON(disabled []string) string {
	var b []byte
	for i, p := range s.Plans {
		if i > 0 {
			b = append(b, ',')
		}
		status, to := "Success", "User"
		if slices.Contains(disabled, p.ID) {
			status = "Disabled"
		}
		if p.Company {
			to = "Company"
		}
		b = append(b, `{"servicePlanId":"`+p.ID+`","servicePlanName":"`+p.Name+`","provisioningStatus":"`+status+`","appliesTo":"`+to+`"}`...)
	}
	return "[" + string(b) + "]"
}

func (t *Tenant) setSKUs(list []SKU) {
	t.skus = nil
	for _, s := range list {
		if s.Status == "" {
			s.Status = "Enabled"
		}
		s.ID = strings.ToLower(s.ID)
		sub := &subscription{SKU: s}
		for _, p := range s.Plans {
			sub.plans = append(sub.plans, p.ID)
		}
		slices.Sort(sub.plans)
		if t.sku(s.ID) != nil {
			panic("sandbox: SKU " + s.Name + " stands twice")
		}
		t.skus = append(t.skus, sub)
	}
}

// sku finds a subscription by id, nil when the tenant has none.
func (t *Tenant) sku(id string) *subscription {
	for _, s := range t.skus {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// exclusive are the Exchange plans of which a user can have one. Each of them brings a mailbox.
var exclusive = []string{"EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"}

// dependent are plans that need one of others to be on.
var dependent = []struct {
	plan  string
	needs []string
}{
	{"EXCHANGE_S_ARCHIVE_ADDON", []string{"EXCHANGE_S_STANDARD"}},
	{"WORKPLACE_ANALYTICS", exclusive},
	{"ATP_ENTERPRISE", exclusive},
}

// planIDs gives the ids of the service plans that the sample SKUs are made of. Source: Microsoft, "Product names and
// service plan identifiers for licensing".
func planIDs() map[string]string {
	return map[string]string{
		"AAD_PREMIUM":               "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
		"AAD_PREMIUM_P2":            "eec0eb4f-6444-4f95-aba0-50c24d67f998",
		"ADALLOM_S_DISCOVERY":       "932ad362-64a8-4783-9106-97849a1a30b9",
		"ATP_ENTERPRISE":            "f20fedf3-f3c3-43c3-8267-2bfdd51c0939",
		"BI_AZURE_P2":               "70d33638-9c74-4d01-bfd3-562de28bd4ba",
		"EXCHANGE_S_ARCHIVE_ADDON":  "176a09a6-7ec5-4039-ac02-b2791c6ba793",
		"EXCHANGE_S_DESKLESS":       "4a82b400-a79f-41a4-b4e2-e94f5787b113",
		"EXCHANGE_S_ENTERPRISE":     "efb87545-963c-4e0d-99df-69c6916d9eb0",
		"EXCHANGE_S_FOUNDATION":     "113feb6c-3fe4-4440-bddc-54d774bf0318",
		"EXCHANGE_S_STANDARD":       "9aaf7827-d63c-4b61-89c3-182f06f82e5c",
		"FLOW_O365_P2":              "76846ad7-7776-4c40-a281-a386362dd1b9",
		"FORMS_PLAN_E3":             "2789c901-c14e-48ab-a76a-be334d9d793a",
		"INTUNE_A":                  "c1ec4a95-1f05-45b3-a911-aa3fa01094f5",
		"INTUNE_O365":               "882e1d05-acd1-4ccb-8708-6ee03664b117",
		"MCOEV":                     "4828c8ec-dc2e-4779-b502-87ac9ce28ab7",
		"MCOIMP":                    "afc06cb0-b4f4-4473-8286-d644f70d8faf",
		"MCOSTANDARD":               "0feaeb32-d00e-4d66-bd5a-43b5b83db82c",
		"MFA_PREMIUM":               "8a256a2b-b617-496d-b51b-e76466e88db0",
		"OFFICEMOBILE_SUBSCRIPTION": "c63d4d19-e8cb-460e-b37c-4d6c34603745",
		"OFFICESUBSCRIPTION":        "43de0ff5-c92c-492b-9116-175376d08c38",
		"ONEDRIVE_BASIC":            "da792a53-cbc0-4184-a10d-e544dd34b3c1",
		"POWERAPPS_O365_P2":         "c68f8d98-5534-41c8-bf36-22fa496fa792",
		"RMS_S_ENTERPRISE":          "bea4c11e-220a-4e6d-8eb8-8ea15d019f90",
		"RMS_S_PREMIUM":             "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3",
		"SHAREPOINTDESKLESS":        "902b47e5-dcb2-4fdc-858b-c63a90a2bdb9",
		"SHAREPOINTENTERPRISE":      "5dbe027f-2339-4123-9542-606e4d348a72",
		"SHAREPOINTSTANDARD":        "c7699d2e-19aa-44de-8edf-1736da088ca1",
		"SHAREPOINTWAC":             "e95bec33-7c88-4a70-8e19-b10bd9d0c014",
		"SWAY":                      "a23b959c-7ce8-4e57-9140-b90eb88a9e97",
		"TEAMS1":                    "57ff2da0-773e-42df-b2af-ffb7a2317929",
		"VISIOONLINE":               "2bdbaf8f-738f-4ac7-9234-3c3ee2ce7d0f",
		"VISIO_CLIENT_SUBSCRIPTION": "663a804f-1c30-4ff0-9915-9db84f0d1cea",
		"WINDEFATP":                 "871d91ec-ec1a-452b-a83f-bd76c7d770ef",
		"WIN10_PRO_ENT_SUB":         "21b439ba-a0ca-424f-a6cc-52f954a5b111",
		"WORKPLACE_ANALYTICS":       "f477b0f0-3bb1-4890-940c-40fcee6ce05f",
		"YAMMER_ENTERPRISE":         "7547a3fe-08ee-4ccb-b430-5077c5041653",
	}
}

// SampleSKUs gives subscriptions with real identifiers and their most important service plans, each with the given number
// of seats. Source: Microsoft, "Product names and service plan identifiers for licensing".
func SampleSKUs(seats int) []SKU {
	sku := func(id, name string, plans ...string) SKU {
		s := SKU{ID: id, Name: name, Enabled: seats}
		for _, p := range plans {
			s.Plans = append(s.Plans, Plan{ID: planIDs()[p], Name: p, Company: p == "EXCHANGE_S_FOUNDATION"})
		}
		return s
	}
	return []SKU{
		sku("05e9a617-0261-4cee-bb44-138d3ef5d965", "SPE_E3", "AAD_PREMIUM", "ADALLOM_S_DISCOVERY", "EXCHANGE_S_ENTERPRISE", "FLOW_O365_P2",
			"FORMS_PLAN_E3", "INTUNE_A", "INTUNE_O365", "MCOSTANDARD", "MFA_PREMIUM", "OFFICESUBSCRIPTION", "POWERAPPS_O365_P2",
			"RMS_S_ENTERPRISE", "RMS_S_PREMIUM", "SHAREPOINTENTERPRISE", "SHAREPOINTWAC", "SWAY", "TEAMS1", "WIN10_PRO_ENT_SUB", "YAMMER_ENTERPRISE"),
		sku("06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5", "AAD_PREMIUM", "AAD_PREMIUM_P2", "ATP_ENTERPRISE", "BI_AZURE_P2", "EXCHANGE_S_ENTERPRISE",
			"INTUNE_A", "INTUNE_O365", "MCOEV", "MCOSTANDARD", "MFA_PREMIUM", "OFFICESUBSCRIPTION", "RMS_S_ENTERPRISE", "RMS_S_PREMIUM",
			"SHAREPOINTENTERPRISE", "SHAREPOINTWAC", "SWAY", "TEAMS1", "WINDEFATP", "WIN10_PRO_ENT_SUB", "YAMMER_ENTERPRISE"),
		sku("66b55226-6b4f-492c-910c-a3b7a3c9d993", "SPE_F1", "AAD_PREMIUM", "EXCHANGE_S_DESKLESS", "INTUNE_A", "INTUNE_O365", "MCOIMP", "MFA_PREMIUM",
			"OFFICEMOBILE_SUBSCRIPTION", "RMS_S_ENTERPRISE", "RMS_S_PREMIUM", "SHAREPOINTDESKLESS", "SHAREPOINTWAC", "TEAMS1", "YAMMER_ENTERPRISE"),
		sku("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK", "EXCHANGE_S_ENTERPRISE", "FLOW_O365_P2", "FORMS_PLAN_E3", "INTUNE_O365",
			"MCOSTANDARD", "OFFICESUBSCRIPTION", "POWERAPPS_O365_P2", "RMS_S_ENTERPRISE", "SHAREPOINTENTERPRISE", "SHAREPOINTWAC", "TEAMS1", "YAMMER_ENTERPRISE"),
		sku("18181a46-0d4e-45cd-891e-60aabd171b4e", "STANDARDPACK", "EXCHANGE_S_STANDARD", "INTUNE_O365", "MCOSTANDARD", "OFFICEMOBILE_SUBSCRIPTION",
			"SHAREPOINTSTANDARD", "SHAREPOINTWAC", "TEAMS1", "YAMMER_ENTERPRISE"),
		sku("4b9405b0-7788-4568-add1-99614e613b69", "EXCHANGESTANDARD", "EXCHANGE_S_STANDARD", "INTUNE_O365"),
		sku("19ec0d23-8335-4cbd-94ac-6050e30712fa", "EXCHANGEENTERPRISE", "EXCHANGE_S_ENTERPRISE"),
		sku("80b2d799-d2ba-4d2a-8842-fb0d0f3a4b82", "EXCHANGEDESKLESS", "EXCHANGE_S_DESKLESS"),
		sku("ee02fd1b-340e-4a4b-b355-4a514e4c8943", "EXCHANGEARCHIVE_ADDON", "EXCHANGE_S_ARCHIVE_ADDON"),
		sku("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM", "AAD_PREMIUM", "ADALLOM_S_DISCOVERY", "EXCHANGE_S_FOUNDATION", "MFA_PREMIUM"),
		sku("f8a1db68-be16-40ed-86d5-cb42ce701560", "POWER_BI_PRO", "BI_AZURE_P2", "EXCHANGE_S_FOUNDATION"),
		sku("c5928f49-12ba-48f7-ada3-0d743a3601d5", "VISIOCLIENT", "EXCHANGE_S_FOUNDATION", "ONEDRIVE_BASIC", "VISIOONLINE", "VISIO_CLIENT_SUBSCRIPTION"),
		sku("3d957427-ecdc-4df2-aacd-01cc9d519da8", "WORKPLACE_ANALYTICS", "WORKPLACE_ANALYTICS"),
	}
}
