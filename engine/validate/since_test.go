package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/validate"
)

func found(check, guid, attribute, value string) validate.Finding {
	return validate.Finding{Check: check, Severity: validate.Error, Object: plan.Object{GUID: guid, Name: guid, DN: "CN=" + guid}, Attribute: attribute, Value: value}
}

func TestComparison(t *testing.T) {
	a, b, c := found("UPN-006", "1", "userPrincipalName", "a b@x"), found("COX-004", "2", "mail", "m@x"), found("UPN-006", "3", "userPrincipalName", "c d@x")
	moved := a
	moved.Object.DN, moved.Severity = "CN=elsewhere", validate.Warning
	all := func(validate.Past) bool { return true }
	for name, x := range map[string]struct {
		then, now  []validate.Finding
		blind      []validate.Unevaluated // now
		blindThen  []validate.Unevaluated
		told       func(validate.Past) bool
		known      int
		fixed      []string // checks
		fresh, dim []string
	}{
		"the same":                 {then: []validate.Finding{a, b}, now: []validate.Finding{b, a}, known: 2},
		"moved, and less grave":    {then: []validate.Finding{a}, now: []validate.Finding{moved}, known: 1},
		"one new and one fixed":    {then: []validate.Finding{a, b}, now: []validate.Finding{a, c}, known: 1, fixed: []string{"COX-004"}},
		"all fixed":                {then: []validate.Finding{a, b}, fixed: []string{"UPN-006", "COX-004"}},
		"twice then and once now":  {then: []validate.Finding{a, a}, now: []validate.Finding{a}, known: 1, fixed: []string{"UPN-006"}},
		"once then and twice now":  {then: []validate.Finding{a}, now: []validate.Finding{a, a}, known: 1},
		"not evaluated now":        {then: []validate.Finding{a, b}, now: []validate.Finding{a}, blind: []validate.Unevaluated{{Check: "COX-004"}}, known: 1, dim: []string{"COX-004"}},
		"evaluated in part now":    {then: []validate.Finding{b}, blind: []validate.Unevaluated{{Check: "COX-004", Partly: true}}, fixed: []string{"COX-004"}},
		"not evaluated then":       {now: []validate.Finding{b}, blindThen: []validate.Unevaluated{{Check: "COX-004"}}, fresh: []string{"COX-004"}},
		"of an object not told of": {then: []validate.Finding{a}, told: func(p validate.Past) bool { return p.Object.GUID != "1" }},
	} {
		t.Run(name, func(t *testing.T) {
			former := &validate.Former{ID: "r", NotEvaluated: x.blindThen}
			for _, f := range x.then {
				former.Findings = append(former.Findings, f.Remembered())
			}
			known := 0
			for _, f := range x.now {
				if former.Known(f) {
					known++
				}
			}
			told := all
			if x.told != nil {
				told = x.told
			}
			got := former.Compare(validate.Summary{NotEvaluated: x.blind}, told)
			var fixed []string
			for _, p := range got.Fixed {
				fixed = append(fixed, p.Check)
			}
			if known != x.known || got.Same != x.known {
				t.Errorf("%d known, %d unchanged, want %d", known, got.Same, x.known)
			}
			if diff := cmp.Diff([][]string{x.fixed, x.fresh, x.dim}, [][]string{fixed, got.Fresh, got.Blind}); diff != "" {
				t.Errorf("fixed, fresh, blind (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMending(t *testing.T) {
	fix := func(check, dn, attribute, before, after string, safe bool) validate.Finding {
		return validate.Finding{Check: check, Object: plan.Object{DN: dn}, Fix: &validate.Fix{Attribute: attribute, Before: before, After: after, Safe: safe}}
	}
	var m validate.Mending
	for _, f := range []validate.Finding{
		fix("LBL-001", "CN=b", "mail", " a b@x", "a b@x", true), // trimmed, and still no address
		fix("ADR-004", "CN=b", "mail", " a b@x", "ab@x", false),
		fix("UPN-006", "CN=b", "userPrincipalName", "a b@x", "ab@x", false),
		fix("UPN-008", "CN=b", "userPrincipalName", "a b@x", "ab@x", false), // the same for another reason
		fix("DSP-003", "CN=a", "displayName", "A ", "A", true),
		fix("DSP-003", "CN=a", "displayName", "A ", "A", true),
		fix("ADR-001", "CN=a", "proxyAddresses", "x", "x", false), // changes nothing
		fix("COX-004", "", "mail", "x", "y", true),                // no object of the directory
		{Check: "ANC-001", Object: plan.Object{DN: "CN=a"}},
	} {
		m.Add(f)
	}
	type row struct {
		DN, Attribute, After string
		Safe                 bool
		Checks               []string
	}
	var got []row
	for _, x := range m.All() {
		got = append(got, row{x.Object.DN, x.Attribute, x.After, x.Safe, x.Checks})
	}
	want := []row{{"CN=a", "displayName", "A", true, []string{"DSP-003"}}, {"CN=b", "mail", "ab@x", false, []string{"ADR-004"}},
		{"CN=b", "userPrincipalName", "ab@x", false, []string{"UPN-006", "UPN-008"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
