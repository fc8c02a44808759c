package desired_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/rules"
)

var contoso = cloud.Tenant{
	Domains: []cloud.Domain{{Name: "contoso.example", Verified: true}, {Name: "contoso.onmicrosoft.example", Verified: true, Initial: true}, {Name: "pending.example"}},
	SKUs:    []cloud.SKU{{ID: "sku-e3", Name: "SPE_E3", Plans: []cloud.ServicePlan{{ID: "plan-sway", Name: "SWAY"}, {ID: "plan-yammer", Name: "YAMMER_ENTERPRISE"}}}},
}

func bundles(_, name string) (rules.Bundle, bool) {
	b, ok := map[string]rules.Bundle{
		"standard": {Name: "standard", SKU: "SPE_E3", DisablePlans: []string{"SWAY", "YAMMER_ENTERPRISE"}},
		"social":   {Name: "social", SKU: "spe_e3", DisablePlans: []string{"SWAY"}},
		"visio":    {Name: "visio", SKU: "VISIOCLIENT"},
		"odd":      {Name: "odd", SKU: "SPE_E3", DisablePlans: []string{"NO_SUCH_PLAN"}},
	}[name]
	return b, ok
}

// outcome gives decisions for a user: the cloud type first, then what a case adds.
func outcome(more ...rules.Decision) *rules.Outcome {
	return &rules.Outcome{Policy: "users", Decisions: append([]rules.Decision{{Name: rules.CloudType, Status: rules.Decided, Text: "user"}}, more...)}
}

func attributes(kv ...string) rules.Decision {
	d := rules.Decision{Name: rules.Attributes, Status: rules.Decided}
	for i := 0; i < len(kv); i += 2 {
		d.Entries = append(d.Entries, rules.Entry{Key: kv[i], Value: cloud.Text(kv[i+1])})
	}
	return d
}

func licenses(list ...string) rules.Decision {
	return rules.Decision{Name: rules.Licenses, Status: rules.Decided, List: list}
}

func TestFold(t *testing.T) {
	type result struct {
		Type     cloud.Type
		Values   map[string]string
		Problems map[plan.SkipReason]string // reason -> property
	}
	for name, c := range map[string]struct {
		out  *rules.Outcome
		want result
	}{
		"outside every policy": {
			&rules.Outcome{},
			result{Type: cloud.None, Problems: map[plan.SkipReason]string{plan.NoPolicy: ""}},
		},
		"a failing scope leaves the type open": {
			&rules.Outcome{Policy: "users", ScopeErr: errors.New("users.yaml:5:8: boom")},
			result{Problems: map[plan.SkipReason]string{plan.RuleError: ""}},
		},
		"a failing type decision leaves the type open": {
			&rules.Outcome{Policy: "users", Decisions: []rules.Decision{{Name: rules.CloudType, Status: rules.Held, Err: errors.New("boom")}}},
			result{Problems: map[plan.SkipReason]string{plan.RuleError: ""}},
		},
		"values are trimmed": {
			outcome(attributes("displayName", "  Ann ")),
			result{Type: cloud.User, Values: map[string]string{"displayName": "Ann"}},
		},
		"a value too long is withheld alone": {
			outcome(attributes("displayName", "Ann", "employeeId", "12345678901234567")),
			result{Type: cloud.User, Values: map[string]string{"displayName": "Ann"}, Problems: map[plan.SkipReason]string{plan.Rejected: "employeeId"}},
		},
		"what the type lacks is passed over": {
			outcome(attributes("description", "for groups only")),
			result{Type: cloud.User, Values: map[string]string{}},
		},
		"a verified name stays": {
			outcome(attributes("userPrincipalName", "ann@Contoso.example")),
			result{Type: cloud.User, Values: map[string]string{"userPrincipalName": "ann@Contoso.example"}},
		},
		"an unverified suffix becomes nickname at the initial domain": {
			outcome(attributes("mailNickname", "ann", "userPrincipalName", "ann@pending.example")),
			result{Type: cloud.User, Values: map[string]string{"mailNickname": "ann", "userPrincipalName": "ann@contoso.onmicrosoft.example"},
				Problems: map[plan.SkipReason]string{plan.Substituted: "userPrincipalName"}},
		},
		"without a nickname there is nothing to put in its place": {
			outcome(attributes("userPrincipalName", "an n@contoso.example")),
			result{Type: cloud.User, Values: map[string]string{}, Problems: map[plan.SkipReason]string{plan.Rejected: "userPrincipalName"}},
		},
		"two bundles of one subscription switch off what both do": {
			outcome(licenses("social", "standard")),
			result{Type: cloud.User, Values: map[string]string{"licenses": "sku-e3 without plan-sway"}},
		},
		"a subscription that the tenant lacks leaves all licences as they are": {
			outcome(licenses("standard", "visio")),
			result{Type: cloud.User, Values: map[string]string{}, Problems: map[plan.SkipReason]string{plan.NoSeat: "licenses"}},
		},
		"an unknown service plan is withheld": {
			outcome(licenses("odd")),
			result{Type: cloud.User, Values: map[string]string{}, Problems: map[plan.SkipReason]string{plan.NoSeat: "licenses"}},
		},
		"a decision that is not applicable manages nothing": {
			outcome(rules.Decision{Name: rules.Licenses, Status: rules.NotApplicable}),
			result{Type: cloud.User, Values: map[string]string{}},
		},
		"a held decision is withheld alone": {
			outcome(attributes("displayName", "Ann"), rules.Decision{Name: rules.UsageLocation, Status: rules.Held, Err: errors.New("boom")}),
			result{Type: cloud.User, Values: map[string]string{"displayName": "Ann"}, Problems: map[plan.SkipReason]string{plan.RuleError: "usageLocation"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := desired.Catalogue{Bundles: bundles, Tenant: &contoso}.Fold(c.out)
			got := result{Type: s.Type}
			if s.Type == cloud.User {
				got.Values = map[string]string{}
			}
			for _, p := range s.Properties {
				got.Values[p.Name] = p.Value.String()
			}
			for _, p := range s.Problems {
				if got.Problems == nil {
					got.Problems = map[plan.SkipReason]string{}
				}
				got.Problems[p.Reason] = p.Property
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("state (-want +got):\n%s", d)
			}
		})
	}
}
