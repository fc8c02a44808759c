package diff_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/plan"
)

// TestDriftIsLeftWhereTheConfigurationSaysSo compares a user of whom the city was changed in the tenant, and the department in
// the source.
func TestDriftIsLeftWhereTheConfigurationSaysSo(t *testing.T) {
	row := ours(cloud.Set{Name: "city", Value: cloud.Text("Bonn")}, cloud.Set{Name: "department", Value: cloud.Text("Sales")},
		cloud.Set{Name: "licenses", Value: e3()}, cloud.Set{Name: "usageLocation", Value: cloud.Text("DE")})
	wish := complete(set("city", cloud.Text("Bonn")), set("department", cloud.Text("IT")), set("licenses", e3()), set("usageLocation", cloud.Text("DE")))
	cases := map[string]struct {
		seen    *cloud.Object
		keep    bool
		changes []string
		drifted []string
	}{
		"put back": {there("city", cloud.Text("Ulm"), "department", cloud.Text("Sales"), "licenses", e3(), "usageLocation", cloud.Text("DE")), false,
			[]string{`update city[Ulm -> Bonn] drift department[Sales -> IT] changed`}, nil},
		"left": {there("city", cloud.Text("Ulm"), "department", cloud.Text("Sales"), "licenses", e3(), "usageLocation", cloud.Text("DE")), true,
			[]string{`update department[Sales -> IT] changed`}, []string{"city"}},
		"left whole": {there("city", cloud.Text("Ulm"), "department", cloud.Text("IT"), "usageLocation", cloud.Text("DE")), true, nil, []string{"city", "licenses"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := diff.Input{Object: plan.Object{Anchor: "ann", Name: "Ann"}, State: wish, Target: c.seen, Row: row, KeepDrift: c.keep,
				Connected: func(d cloud.Directory) bool { return d == cloud.Entra }, Managed: func(string) bool { return true },
				Holder: func(string) *plan.Ref { return nil }}
			r := diff.Object(in)
			if diff := cmp.Diff(c.changes, words(diff.Result{Changes: r.Changes})); diff != "" {
				t.Errorf("changes (-want +got)\n%s", diff)
			}
			var drifted []string
			for _, s := range r.Skips {
				if s.Reason == plan.Drifted {
					drifted = append(drifted, s.Property)
				}
			}
			if diff := cmp.Diff(c.drifted, drifted); diff != "" {
				t.Errorf("left alone (-want +got)\n%s", diff)
			}
			for _, x := range r.Changes {
				if x.Action == plan.Update && x.Fingerprint != plan.FingerprintOf(c.seen, names(x)) {
					t.Error("the fingerprint is over other properties than the change")
				}
			}
		})
	}
}

func names(c plan.Change) (out []string) {
	for _, a := range c.Attributes {
		out = append(out, a.Name)
	}
	return out
}
