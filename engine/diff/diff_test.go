package diff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/diff"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
)

// set gives a managed property.
func set(name string, v cloud.Value, refs ...string) desired.Property {
	p := cloud.Row(name)
	return desired.Property{Property: p, Value: v, Refs: refs, Because: []plan.Because{{Decision: p.Decision}}}
}

// state gives a desired state of properties in any order.
func state(t cloud.Type, props ...desired.Property) *desired.State {
	slices.SortFunc(props, func(a, b desired.Property) int { return strings.Compare(a.Name, b.Name) })
	return &desired.State{Type: t, Properties: props, Leave: "delete"}
}

func complete(more ...desired.Property) *desired.State {
	return state(cloud.User, append([]desired.Property{set("displayName", cloud.Text("Ann")), set("userPrincipalName", cloud.Text("ann@x.example")),
		set("mailNickname", cloud.Text("ann")), set("accountEnabled", cloud.Truth(true))}, more...)...)
}

func object(values ...any) *cloud.Object {
	o := &cloud.Object{ID: "id-ann", Type: cloud.User, Anchor: "ann"}
	for i := 0; i < len(values); i += 2 {
		o.Put(values[i].(string), values[i+1].(cloud.Value))
	}
	return o
}

func there(more ...any) *cloud.Object {
	return object(append([]any{"displayName", cloud.Text("Ann"), "userPrincipalName", cloud.Text("ann@x.example"),
		"mailNickname", cloud.Text("ann"), "accountEnabled", cloud.Truth(true)}, more...)...)
}

func ours(exported ...cloud.Set) *ledger.Row {
	return &ledger.Row{Anchor: "ann", ID: "id-ann", How: ledger.Created, Exported: exported}
}

func e3(disabled ...string) cloud.Value {
	return cloud.Licenses([]cloud.License{{SKU: "e3", DisabledPlans: disabled}})
}

// words renders a result: what a reviewer would check of it.
func words(r diff.Result) []string {
	var out []string
	for _, c := range r.Changes {
		s := string(c.Action)
		for _, a := range c.Attributes {
			switch {
			case len(a.Add)+len(a.Remove) > 0:
				s += " " + a.Name
				for _, x := range a.Add {
					s += " +" + x.Name
				}
				for _, x := range a.Remove {
					s += " -" + x.ID
				}
			default:
				s += fmt.Sprintf(" %s[%s -> %s]", a.Name, a.Before, a.After)
			}
			s += " " + string(a.Reason)
		}
		if len(c.DependsOn) > 0 {
			s += " after " + strings.Join(c.DependsOn, ",")
		}
		out = append(out, s)
	}
	for _, k := range r.Skips {
		out = append(out, fmt.Sprintf("skip %s %s", k.Reason, k.Property))
	}
	return out
}

// objectCase is what is known of an object, and what comes of it in the words of a reviewer.
type objectCase struct {
	in   diff.Input
	want []string
}

// testObject runs cases in a world where Entra ID alone is connected, and in which resolve knows who is where.
func testObject(t *testing.T, cases map[string]objectCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := c.in
			in.Object = plan.Object{Anchor: "ann", Name: "Ann"}
			in.Connected = func(d cloud.Directory) bool { return d == cloud.Entra }
			in.Resolve = resolve
			in.Joined = func(id string) bool { return id == "id-here" || id == "id-left" }
			in.Departed = func(id string, _ []string) bool { return id == "id-left" }
			if in.Holder == nil {
				in.Holder = func(string) *plan.Ref { return nil }
			}
			if in.Managed == nil {
				in.Managed = func(string) bool { return false }
			}
			if d := cmp.Diff(c.want, words(diff.Object(in))); d != "" {
				t.Errorf("result (-want +got):\n%s", d)
			}
		})
	}
}

func TestNewObject(t *testing.T) {
	testObject(t, map[string]objectCase{
		"a new user with licence": {
			diff.Input{State: complete(set("usageLocation", cloud.Text("DE")), set("licenses", e3()))},
			[]string{"create accountEnabled[(none) -> true] object_new displayName[(none) -> Ann] object_new mailNickname[(none) -> ann] object_new usageLocation[(none) -> DE] object_new userPrincipalName[(none) -> ann@x.example] object_new",
				"license licenses[(none) -> e3] object_new after ann/create"},
		},
		"no licence without a usage location": {
			diff.Input{State: complete(set("licenses", e3()))},
			[]string{"create accountEnabled[(none) -> true] object_new displayName[(none) -> Ann] object_new mailNickname[(none) -> ann] object_new userPrincipalName[(none) -> ann@x.example] object_new",
				"skip incomplete licenses"},
		},
		"nothing to create without a name": {
			diff.Input{State: state(cloud.User, set("displayName", cloud.Text("Ann")))},
			[]string{"skip incomplete "},
		},
		"another engine may make it": {
			diff.Input{State: complete(), Wait: "it synchronises"},
			[]string{"skip waiting-for-entra-connect "},
		},
		"a kind that only Exchange makes": {
			diff.Input{State: state(cloud.DistributionGroup, set("displayName", cloud.Text("All")))},
			[]string{"skip needs-connector "},
		},
		"a name that is taken": {
			diff.Input{State: complete(), Holder: func(string) *plan.Ref { return &plan.Ref{Name: "Bob"} }},
			[]string{"skip collision userPrincipalName"},
		},
		"a photo of a new user comes after the user": {
			diff.Input{State: complete(set("photo", cloud.Text("sha256:a")))},
			[]string{"create accountEnabled[(none) -> true] object_new displayName[(none) -> Ann] object_new mailNickname[(none) -> ann] object_new userPrincipalName[(none) -> ann@x.example] object_new",
				"update photo[(none) -> sha256:a] object_new after ann/create"},
		},
	})
}

func TestValues(t *testing.T) {
	testObject(t, map[string]objectCase{
		"nothing to do": {
			diff.Input{State: complete(), Target: there(), Row: ours()},
			nil,
		},
		"case alone is no change of a name": {
			diff.Input{State: complete(), Target: there("userPrincipalName", cloud.Text("Ann@X.example")), Row: ours()},
			nil,
		},
		"the source changed": {
			diff.Input{State: complete(set("jobTitle", cloud.Text("Boss"))), Target: there("jobTitle", cloud.Text("Clerk")),
				Row: ours(cloud.Set{Name: "jobTitle", Value: cloud.Text("Clerk")})},
			[]string{"update jobTitle[Clerk -> Boss] changed"},
		},
		"somebody changed the cloud": {
			diff.Input{State: complete(set("jobTitle", cloud.Text("Boss"))), Target: there("jobTitle", cloud.Text("Clerk")),
				Row: ours(cloud.Set{Name: "jobTitle", Value: cloud.Text("Boss")})},
			[]string{"update jobTitle[Clerk -> Boss] drift"},
		},
		"what coexist wrote is cleared": {
			diff.Input{State: complete(set("jobTitle", cloud.Value{})), Target: there("jobTitle", cloud.Text("Clerk")),
				Row: ours(cloud.Set{Name: "jobTitle", Value: cloud.Text("Clerk")})},
			[]string{"update jobTitle[Clerk -> (none)] changed"},
		},
		"what coexist never wrote is not cleared": {
			diff.Input{State: complete(set("jobTitle", cloud.Value{})), Target: there("jobTitle", cloud.Text("Clerk")), Row: ours()},
			nil,
		},
		"a required property is never cleared": {
			diff.Input{State: state(cloud.User, set("displayName", cloud.Value{})), Target: there(), Row: ours(cloud.Set{Name: "displayName", Value: cloud.Text("Ann")})},
			[]string{"skip invalid-value displayName"},
		},
		"mail settings wait for Exchange": {
			diff.Input{State: complete(set("litigationHold", cloud.Truth(true)), set("alias", cloud.Text("ann"))), Target: there(), Row: ours()},
			[]string{"skip needs-connector mail"},
		},
	})
}

func TestPhoto(t *testing.T) {
	testObject(t, map[string]objectCase{
		"a photo is a change of its own": {
			diff.Input{State: complete(set("photo", cloud.Text("sha256:b")), set("city", cloud.Text("Ulm"))), Target: there("photo", cloud.Text("sha256:a")),
				Row: ours(cloud.Set{Name: "photo", Value: cloud.Text("sha256:a")})},
			[]string{"update city[(none) -> Ulm] first_contact", "update photo[sha256:a -> sha256:b] changed"},
		},
		"a photo that the service keeps in another form, or its owner replaced, stays": {
			diff.Input{State: complete(set("photo", cloud.Text("sha256:a"))), Target: there("photo", cloud.Text("sha256:z")),
				Row: ours(cloud.Set{Name: "photo", Value: cloud.Text("sha256:a")})},
			nil,
		},
		"a photo that is gone is written again": {
			diff.Input{State: complete(set("photo", cloud.Text("sha256:a"))), Target: there(),
				Row: ours(cloud.Set{Name: "photo", Value: cloud.Text("sha256:a")})},
			[]string{"update photo[(none) -> sha256:a] drift"},
		},
	})
}

func TestLicences(t *testing.T) {
	testObject(t, map[string]objectCase{
		"another engine masters it: only what the cloud masters is set": {
			diff.Input{State: complete(set("jobTitle", cloud.Text("Boss")), set("usageLocation", cloud.Text("DE")), set("licenses", e3("sway"))),
				Target: synced(there("licenses", cloud.Licenses([]cloud.License{{SKU: "e5"}, {SKU: "own"}}))), Managed: func(s string) bool { return s != "own" }},
			[]string{"update usageLocation[(none) -> DE] first_contact", "license licenses[e5, own -> e3 without sway, e5, own] first_contact after ann/update"},
		},
		"once coexist has written licences it takes those away that bundles mention": {
			diff.Input{State: complete(set("usageLocation", cloud.Text("DE")), set("licenses", e3("sway"))),
				Row:     &ledger.Row{Anchor: "ann", ID: "id-ann", How: ledger.Activated, Exported: []cloud.Set{{Name: "licenses", Value: e3("sway")}}},
				Target:  synced(there("usageLocation", cloud.Text("DE"), "licenses", cloud.Licenses([]cloud.License{{SKU: "e3", DisabledPlans: []string{"sway"}}, {SKU: "e5"}, {SKU: "own"}}))),
				Managed: func(s string) bool { return s != "own" }},
			[]string{"license licenses[e3 without sway, e5, own -> e3 without sway, own] drift"},
		},
		"a licence from a group is neither doubled nor taken": {
			diff.Input{State: complete(set("usageLocation", cloud.Text("DE")), set("licenses", e3())), Target: inherited(there("usageLocation", cloud.Text("DE"))), Row: ours()},
			nil,
		},
	})
}

func TestMembers(t *testing.T) {
	testObject(t, map[string]objectCase{
		"members are added and removed, never set": {
			diff.Input{State: state(cloud.SecurityGroup, set("members", cloud.Value{}, "CN=here", "CN=new", "CN=lost", "CN=gone")),
				Target: group("members", cloud.Texts([]string{"id-here", "id-foreign"})), Row: ours(cloud.Set{Name: "members", Value: cloud.Texts([]string{"id-here"})})},
			[]string{"members members +new changed", "skip unresolved-member members"},
		},
		"who left the group in the source leaves it, though others cannot be resolved": {
			diff.Input{State: state(cloud.SecurityGroup, set("members", cloud.Value{}, "CN=here", "CN=lost")),
				Target: group("members", cloud.Texts([]string{"id-here", "id-left", "id-foreign"})), Row: ours(cloud.Set{Name: "members", Value: cloud.Texts([]string{"id-foreign", "id-here", "id-left"})})},
			[]string{"members members -id-left changed", "skip unresolved-member members"},
		},
		"whom coexist added and the source no longer names leaves, a guest of the group stays": {
			diff.Input{State: state(cloud.SecurityGroup, set("members", cloud.Value{}, "CN=here")),
				Target: group("members", cloud.Texts([]string{"id-gone", "id-guest", "id-here"})), Row: ours(cloud.Set{Name: "members", Value: cloud.Texts([]string{"id-gone", "id-here"})})},
			[]string{"members members -id-gone changed"},
		},
		"members are not removed before coexist has written them": {
			diff.Input{State: state(cloud.SecurityGroup, set("members", cloud.Value{}, "CN=here")),
				Target: group("members", cloud.Texts([]string{"id-foreign", "id-here"})), Row: ours()},
			nil,
		},
	})
}

func TestManager(t *testing.T) {
	testObject(t, map[string]objectCase{
		"a manager made by the same plan": {
			diff.Input{State: complete(set("manager", cloud.Value{}, "CN=new")), Target: there(), Row: ours()},
			[]string{"refer manager +new first_contact after new/create"},
		},
		"a manager without counterpart leaves the one that is there": {
			diff.Input{State: complete(set("manager", cloud.Value{}, "CN=lost")), Target: there("manager", cloud.Text("id-old")), Row: ours()},
			[]string{"skip unresolved-member manager"},
		},
		"no manager any more": {
			diff.Input{State: complete(set("manager", cloud.Value{})), Target: there("manager", cloud.Text("id-old")), Row: ours(cloud.Set{Name: "manager", Value: cloud.Text("id-old")})},
			[]string{"refer manager[id-old -> (none)] changed"},
		},
	})
}

// TestWhoseObject is about objects that coexist may not simply write to: adopted, managed elsewhere, deleted, of another type.
func TestWhoseObject(t *testing.T) {
	testObject(t, map[string]objectCase{
		"adoption takes nothing away": {
			diff.Input{State: complete(set("usageLocation", cloud.Text("DE")), set("licenses", cloud.Value{})), Adopt: true,
				Target: there("usageLocation", cloud.Text("DE"), "licenses", e3()), Managed: func(string) bool { return true }},
			[]string{"adopt anchor[ann -> ann] source_adoption"},
		},
		"adoption blocks nobody and renames nobody": {
			diff.Input{State: state(cloud.User, set("accountEnabled", cloud.Truth(false)), set("displayName", cloud.Text("Ann")), set("userPrincipalName", cloud.Text("new@x.example"))),
				Target: there(), Adopt: true},
			[]string{"adopt anchor[ann -> ann] source_adoption", "skip after-adoption accountEnabled", "skip after-adoption userPrincipalName"},
		},
		"cloud-managed on purpose is left alone": {
			diff.Input{State: complete(set("jobTitle", cloud.Text("Boss"))), Target: cloudOwned(there()), Row: ours()},
			[]string{"skip cloud-managed "},
		},
		"a group cannot become a user": {
			diff.Input{State: complete(), Target: group(), Row: ours()},
			[]string{"skip kind-change "},
		},
		"back from deleted items": {
			diff.Input{State: complete(), Target: deleted(there()), Row: ours()},
			[]string{"restore"},
		},
		"not back from deleted items when it was never ours": {
			diff.Input{State: complete(), Target: deleted(there())},
			[]string{"skip not-ours "},
		},
	})
}

// resolve knows an object that is there, one that the plan makes, and one without a counterpart.
func resolve(dn string) diff.Reference {
	switch dn {
	case "CN=here":
		return diff.Reference{Ref: plan.Ref{Anchor: "here", ID: "id-here", Name: "here"}}
	case "CN=new":
		return diff.Reference{Ref: plan.Ref{Anchor: "new", Name: "new"}, Pending: "new/create"}
	}
	return diff.Reference{Ref: plan.Ref{Name: dn}, Problem: "not in scope"}
}

func synced(o *cloud.Object) *cloud.Object     { o.Synced = true; return o }
func cloudOwned(o *cloud.Object) *cloud.Object { o.CloudOwned = true; return o }
func inherited(o *cloud.Object) *cloud.Object  { o.Inherited = []string{"e3"}; return o }
func deleted(o *cloud.Object) *cloud.Object    { o.Deleted = true; return o }

func group(values ...any) *cloud.Object {
	o := object(values...)
	o.Type = cloud.SecurityGroup
	return o
}
