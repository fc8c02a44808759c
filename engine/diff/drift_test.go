package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory"
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

// TestDriftOfMembers compares a group of which coexist wrote the members "kept" and "taken".
func TestDriftOfMembers(t *testing.T) {
	all := []string{"CN=kept", "CN=taken"}
	for name, c := range map[string]struct {
		source, seen []string
		restore      []string // what a plan does that puts drift back
		report       []string // and one that leaves it
	}{
		"somebody was taken out":                     {all, []string{"id-kept"}, []string{"members members +taken drift"}, []string{"skip drift members"}},
		"somebody was put in who left in the source": {all, []string{"id-kept", "id-left", "id-taken"}, []string{"members members -id-left drift"}, []string{"skip drift members"}},
		"one out and one in":                         {all, []string{"id-kept", "id-left"}, []string{"members members +taken -id-left drift"}, []string{"skip drift members"}},
		"the source has a new one":                   {append(all, "CN=new"), []string{"id-kept", "id-taken"}, []string{"members members +new changed"}, []string{"members members +new changed"}},
		"the source lost one":                        {[]string{"CN=kept"}, []string{"id-kept", "id-taken"}, []string{"members members -id-taken changed"}, []string{"members members -id-taken changed"}},
		"a new one beside drift": {append(all, "CN=new"), []string{"id-kept"}, []string{"members members +new +taken changed"},
			[]string{"members members +new changed", "skip drift members"}},
		"nothing": {all, []string{"id-kept", "id-taken"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for keep, want := range map[bool][]string{false: c.restore, true: c.report} {
				in := diff.Input{Object: plan.Object{Anchor: "ann", Name: "Team"}, State: state(cloud.SecurityGroup, set("members", cloud.Value{}, c.source...)),
					Target: group("members", cloud.Texts(c.seen)), Row: ours(cloud.Set{Name: "members", Value: cloud.Texts([]string{"id-kept", "id-taken"})}), KeepDrift: keep,
					Connected: func(d cloud.Directory) bool { return d == cloud.Entra }, Managed: func(string) bool { return false }, Holder: func(string) *plan.Ref { return nil },
					Joined: func(string) bool { return true }, Departed: func(id string, _ []string) bool {
						return !slices.Contains(c.source, "CN="+strings.TrimPrefix(id, "id-"))
					},
					Resolve: func(dn string) diff.Reference {
						name := strings.TrimPrefix(dn, "CN=")
						return diff.Reference{Ref: plan.Ref{Anchor: directory.Anchor(name), ID: "id-" + name, Name: name}}
					}}
				if diff := cmp.Diff(want, words(diff.Object(in))); diff != "" {
					t.Errorf("drift left alone: %v (-want +got)\n%s", keep, diff)
				}
			}
		})
	}
}
