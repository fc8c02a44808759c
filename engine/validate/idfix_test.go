package validate_test

import (
	"slices"
	"testing"
)

// checksOf lists the checks that the first thing of a scene fails.
func checksOf(t *testing.T, parts ...any) []string {
	t.Helper()
	found, _ := run(t, scene(t, parts...))
	var out []string
	for _, f := range found {
		if f.Object.Name == parts[0].(thing).name || f.Object.DN == parts[0].(thing).attrs["distinguishedName"][0] {
			out = append(out, f.Check)
		}
	}
	return out
}

func wantChecks(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// The tests below each name a defect of IdFix (c1b74fe) that must not come back here.

func TestIdFixComparedHexadecimalTypesWithDecimalText(t *testing.T) {
	_, sum := run(t, scene(t, user("ann", "msExchRecipientTypeDetails=8388608"), user("ben", "msExchRecipientTypeDetails=4096"), user("cat", "msExchRecipientTypeDetails=1", mailboxGUID)))
	if sum.Objects != 1 || len(sum.Excluded) != 1 || sum.Excluded[0].Objects != 2 {
		t.Errorf("checked %d, excluded %v; want arbitration mailbox and public folder left out", sum.Objects, sum.Excluded)
	}
}

func TestIdFixLookedForNULInConflictNames(t *testing.T) {
	wantChecks(t, checksOf(t, user("ann", `distinguishedName=CN=Ann\0ACNF:8f3e7716-2011-43e4-96b1-aba62d229136,DC=x,DC=example`)), "CFL-001")
	wantChecks(t, checksOf(t, user("ann", "distinguishedName=CN=Ann\x00ACNF:8f3e7716,DC=x,DC=example")))
}

func TestIdFixNeverReportedPeriodsInMailNickname(t *testing.T) {
	wantChecks(t, checksOf(t, user("ann", "mailNickname=.ann")), "ALI-002")
	wantChecks(t, checksOf(t, user("ann", "mailNickname=ann.")), "ALI-002")
}

func TestIdFixIgnoredTheLimitsOfBothPartsOfUPNs(t *testing.T) {
	wantChecks(t, checksOf(t, user("ann", "userPrincipalName="+long(65)+"@x.example")), "UPN-004")
	wantChecks(t, checksOf(t, user("ann", "userPrincipalName=ann@"+long(41)+".example")), "UPN-005")
	wantChecks(t, checksOf(t, user("ann", "userPrincipalName="+long(64)+"@"+long(40)+".example")))
}

func TestIdFixForbadeApostrophesInUPNs(t *testing.T) {
	wantChecks(t, checksOf(t, user("ann", "userPrincipalName=o'neill@x.example")))
}

func TestIdFixHidPeopleAndGroupsByTheirFirstLetters(t *testing.T) {
	for _, name := range []string{"Guest Relations", "Administration", "Support_Desk", "iwamoto", "HealthMailbox Team", "MSOLutions", "krbtgtfan"} {
		wantChecks(t, checksOf(t, user(name, "sAMAccountName=x", "userPrincipalName=a b@x.example")), "UPN-006")
		wantChecks(t, checksOf(t, list(name, "mail=crew@x.example", "proxyAddresses=smtp:a b@x.example", "mailNickname=x")), "ADR-004", "ADR-010")
	}
}

func TestIdFixFoundDuplicatesWithinOneAttributeOnly(t *testing.T) {
	same := "all@x.example"
	holders := map[string]thing{
		"proxyAddresses": user("ben", "proxyAddresses=SMTP:"+same), "mail": user("ben", "mail="+same), "userPrincipalName": user("ben", "userPrincipalName="+same),
		"targetAddress": contact("ben", "mail="+same, "targetAddress=SMTP:"+same), "sip": user("ben", "proxyAddresses=SIP:"+same), "group": list("ben", "mail="+same),
	}
	for name, other := range holders {
		found, _ := run(t, scene(t, user("ann", "proxyAddresses=SMTP:ann@x.example", "proxyAddresses+=smtp:ALL@x.example"), other))
		duplicates := of(found, "ADR-014")
		if len(duplicates) != 2 {
			t.Errorf("%s: %d findings, want one for each object", name, len(duplicates))
		}
		for _, f := range duplicates {
			if len(f.Others) == 0 || f.Others[0].Attribute == "" || f.Others[0].Object.DN == f.Object.DN {
				t.Errorf("%s: the other party is %v", name, f.Others)
			}
		}
	}
}

func TestIdFixRefusedLongAndInternationalTopLevelDomains(t *testing.T) {
	for _, host := range []string{"x.xn--vermgensberatung-pwb", "x.travelersinsurance", "x.xn--p1ai", "3com.example", "x.americanexpress"} {
		wantChecks(t, checksOf(t, user("ann", "userPrincipalName=ann@"+host, "mail=ann@"+host)))
	}
}

func TestIdFixKnewTwelveUmlautsOnly(t *testing.T) {
	for _, local := range []string{"josé", "søren", "łukasz", "çelik", "ñandu", "Łódź", "anna\u0301", "иван"} {
		wantChecks(t, checksOf(t, user("ann", "userPrincipalName="+local+"@x.example")), "UPN-007")
	}
}

func TestIdFixLookedAtTheFirstOfManyValuesOnly(t *testing.T) {
	wantChecks(t, checksOf(t, user("ann", "proxyAddresses=SMTP:ann@x.example", "proxyAddresses+=smtp:b@x.example", "proxyAddresses+=smtp:c c@x.example")), "ADR-004")
	wantChecks(t, checksOf(t, list("crew", "proxyAddresses=x500:/o=x", "proxyAddresses+=SMTP:crew@x.example")))
}

func TestIdFixFlaggedX500Addresses(t *testing.T) {
	for _, v := range []string{"x500:/o=Tailspin/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=ann,b;\"c\"", "X500:/o=ö ö:" + long(400), "x.500:/o=x y"} {
		wantChecks(t, checksOf(t, user("ann", "proxyAddresses=SMTP:ann@x.example", "proxyAddresses+="+v), user("ben", "proxyAddresses=SMTP:ben@x.example", "proxyAddresses+="+v)))
	}
}

// TestIdFixNamedOneOfTwoDuplicatesOnly: issues 21, 29, 40 and 76 of IdFix.
func TestIdFixNamedOneOfTwoDuplicatesOnly(t *testing.T) {
	found, _ := run(t, scene(t, user("ann", "mail=all@x.example"), user("ben", "mail=all@x.example"), list("crew", "mail=all@x.example", "proxyAddresses=SMTP:all@x.example")))
	want := map[string][]string{"ann": {"ben", "crew"}, "ben": {"ann", "crew"}, "crew": {"ann", "ben"}}
	for _, f := range of(found, "ADR-014") {
		got := map[string]bool{}
		for _, o := range f.Others {
			got[o.Object.Name] = true
		}
		for _, name := range want[f.Object.Name] {
			if !got[name] {
				t.Errorf("%s: %s is not named", f.Object.Name, name)
			}
		}
		delete(want, f.Object.Name)
	}
	if len(want) > 0 {
		t.Errorf("no finding for %v", want)
	}
}

// TestFixesMendTheWholeValue: IdFix mended one defect and left the others of the same value.
func TestFixesMendTheWholeValue(t *testing.T) {
	found, _ := run(t, scene(t, user("ann", "userPrincipalName=..Jürgen  Groß/X.@x.example", "mailNickname=.ä&b c.")))
	for _, f := range found {
		want := map[string]string{"userPrincipalName": "JurgenGrossX@x.example", "mailNickname": "abc"}[f.Attribute]
		if f.Fix == nil || f.Fix.After != want {
			t.Errorf("%s: fix %+v, want %s", f.Check, f.Fix, want)
		}
	}
	if len(found) < 6 {
		t.Errorf("%d findings", len(found))
	}
}
