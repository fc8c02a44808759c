package verify_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/coexistsync/coexist/rules/verify"
)

// before are policies of which the cases of TestChanged change one thing each.
var before = map[string]string{
	"users.yaml": `apiVersion: coexist/v1
kind: Policy
metadata: {name: users}
scope: user.class == "user"
imports: [lib.yaml]
tables:
  departments: {file: t.csv, key: department, columns: [bundle]}
bundles:
  standard: {sku: SPE_E3}
  premium: {sku: SPE_E5}
decisions:
  cloudType:
    rules:
      - {id: type-room, when: user.employeeType == "Room", then: roomMailbox}
      - {id: type-staff, when: staff, then: user}
    default: {id: type-none, then: none, reason: no rule for it}
  licenses:
    when: decided("cloudType") == "user"
    exclusive: [[premium, standard]]
    rules:
      - {id: lic-it, when: user.department == "IT", from: 2026-01-01, then: [premium]}
      - {id: lic-table, when: 'inTable("departments", user.department)', thenExpr: '[lookup("departments", user.department, "bundle")]'}
    default: {id: lic-none, then: []}
`,
	"lib.yaml": "apiVersion: coexist/v1\nkind: Conditions\nconditions:\n  staff: user.employeeType == \"Employee\"\n",
	"t.csv":    "department,bundle\nSales,standard\n",
}

func changed(t *testing.T, file, from, to string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for name, text := range before {
		if name == file {
			if !strings.Contains(text, from) {
				t.Fatalf("%s has no %q", file, from)
			}
			text = strings.Replace(text, from, to, 1)
		}
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func TestChanged(t *testing.T) {
	all := []string{"type-room", "type-staff", "type-none", "lic-it", "lic-table", "lic-none"}
	cases := map[string]struct {
		file, from, to string
		want           []string
	}{
		"nothing":           {"users.yaml", "", "", nil},
		"spelling":          {"users.yaml", `user.employeeType == "Room"`, `(user.employeeType=='room')`, nil},
		"a description":     {"users.yaml", "{id: type-room,", "{id: type-room, description: rooms,", nil},
		"a condition":       {"users.yaml", `"IT"`, `"HR"`, []string{"lic-it"}},
		"a date":            {"users.yaml", "2026-01-01", "2026-01-02", []string{"lic-it"}},
		"a value":           {"users.yaml", "then: [premium]", "then: [standard]", []string{"lic-it"}},
		"a named condition": {"lib.yaml", "Employee", "Worker", []string{"type-staff", "type-none"}}, // the default is what is left over
		"a table":           {"t.csv", "standard", "premium", []string{"lic-table"}},
		"a bundle":          {"users.yaml", "SPE_E5", "SPE_F1", []string{"lic-it"}},
		"exclusion":         {"users.yaml", "[[premium, standard]]", "[[standard, premium]]", []string{"lic-it", "lic-table", "lic-none"}},
		"when of a decision": {"users.yaml", `== "user"
    excl`, `!= "none"
    excl`, []string{"lic-it", "lic-table", "lic-none"}},
		"the scope":           {"users.yaml", `user.class == "user"`, `user.class != "group"`, all},
		"a rule that is new":  {"users.yaml", "      - {id: lic-table", "      - {id: lic-new, when: user.enabled, then: [standard]}\n      - {id: lic-table", []string{"lic-new"}},
		"a rule that is gone": {"users.yaml", "      - {id: type-room, when: user.employeeType == \"Room\", then: roomMailbox}\n", "", []string{"type-staff"}},
		"a rule renamed":      {"users.yaml", "{id: type-room,", "{id: type-rooms, was: type-room,", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			base, head := loadSet(t, changed(t, "", "", "")), loadSet(t, changed(t, c.file, c.from, c.to))
			got := verify.Changed(base, head)
			if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangedOfTheShippedPoliciesIsNothing(t *testing.T) {
	a, _ := shipped(t)
	b, _ := shipped(t)
	if got := verify.Changed(a, b); len(got) > 0 || slices.Contains(got, "") {
		t.Errorf("two loads of the same differ in %v", got)
	}
}
