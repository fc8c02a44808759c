package validate_test

import (
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/validate"
)

func property(name, value string) desired.Property {
	return desired.Property{Property: cloud.Row(name), Value: cloud.Text(value)}
}

func predictionCases() map[string]cases {
	unverified := user("ann", "userPrincipalName=ann@claimed.example")
	rival := person("c", "ann@x.onmicrosoft.com")
	holder := person("c", "carl@x.example", "SMTP:carl@x.example", "smtp:ann@x.onmicrosoft.com")
	licensed := decided("ann", cloud.User, license("e3"), property("mailNickname", "ann"), property("userPrincipalName", "ann@x.example"))
	silenced := func(until time.Time) validate.Suppression {
		return validate.Suppression{Check: "DSP-001", Object: "*", Reason: "known", Owner: "iam", Until: until}
	}
	return map[string]cases{
		"PRD-001": {s2(
			s(unverified, rival, cloud.Activate), // the name that stands in for it is a cloud user's
			s(unverified, user("ben", "userPrincipalName=ann@other.invalid"), emptyTenant{}, cloud.Activate),     // two get the same
			s(unverified, user("ben", "userPrincipalName=ann@x.onmicrosoft.com"), emptyTenant{}, cloud.Activate), // one has what the other gets
			s(user("ann"), licensed, holder), // the address at the initial domain
			s(user("ann", "userPrincipalName=", "sAMAccountName=a"), person("c", "a@x.example"), cloud.Provision), // the name made of the account
		), s2(
			s(unverified, emptyTenant{}, cloud.Activate),
			s(unverified, linkedTo(rival, 1), cloud.Activate), // it is its own
			s(user("ann"), licensed, emptyTenant{}),
			s(user("ann"), holder),                       // without a licence it gets no such address
			s(user("ann"), person("c", "ann@x.example")), // an address of its own is ADR-015's
		)},
		"SUP-001": {s2(s(user("ann"), silenced(today.Add(-time.Hour))), s(user("ann"), silenced(today))), s2(s(user("ann"), silenced(today.Add(time.Hour))), s(user("ann")))},
	}
}

func TestPredictedCollisionsNameTheHolder(t *testing.T) {
	found, _ := run(t, scene(t, user("ann", "userPrincipalName=ann@claimed.example"), person("c", "ann@x.onmicrosoft.com"), cloud.Activate))
	mine := of(found, "PRD-001")
	if len(mine) != 1 || mine[0].Attribute != "userPrincipalName" || mine[0].Value != "ann@x.onmicrosoft.com" || len(mine[0].Others) != 1 || mine[0].Others[0].Object.ID != "c" {
		t.Errorf("found %+v", mine)
	}
}
