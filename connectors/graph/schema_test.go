package graph

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory/cloud"
)

// csdl is the part of Graph's official schema that lies beside the repository.
type csdl struct {
	Types map[string]struct {
		Base       string
		Properties map[string]struct{ Type string }
		Navigation map[string]struct{ Type string }
	}
	Enums map[string]json.RawMessage
}

func readCSDL(t *testing.T) csdl {
	t.Helper()
	b, err := os.ReadFile("../../../shared/data/graph-v1.0-subset.json")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("the schema of Graph is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var s csdl
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// property gives the type of a property or navigation of a type or its bases, "" when there is none.
func (s csdl) property(of, name string) string {
	for of != "" {
		d, ok := s.Types["microsoft."+of]
		if !ok {
			return ""
		}
		if p, ok := d.Properties[name]; ok {
			return p.Type
		}
		if p, ok := d.Navigation[name]; ok {
			return p.Type
		}
		of = d.Base
	}
	return ""
}

// fits reports whether a Go type can hold what Graph sends.
func (s csdl) fits(g reflect.Type, edm string) bool {
	if inner, ok := strings.CutPrefix(edm, "Collection("); ok {
		return g.Kind() == reflect.Slice && s.fits(g.Elem(), strings.TrimSuffix(inner, ")"))
	}
	if g.Kind() == reflect.Pointer {
		return s.fits(g.Elem(), edm)
	}
	switch edm {
	case "Edm.String", "Edm.Guid":
		return g.Kind() == reflect.String
	case "Edm.Boolean":
		return g.Kind() == reflect.Bool
	case "Edm.Int32":
		return g.Kind() == reflect.Int
	case "Edm.DateTimeOffset":
		return g == reflect.TypeFor[time.Time]()
	}
	return g.Kind() == reflect.Struct || g.Kind() == reflect.Map
}

func TestEveryFieldReadIsInGraph(t *testing.T) {
	s := readCSDL(t)
	for _, c := range []struct {
		row any
		of  []string
	}{
		{row{}, []string{"graph.user", "graph.group"}},
		{link{}, []string{"graph.directoryObject"}},
		{licenseAssignment{}, []string{"graph.licenseAssignmentState"}},
		{organizationRow{}, []string{"graph.organization"}},
		{domainRow{}, []string{"graph.domain"}},
		{skuRow{}, []string{"graph.subscribedSku"}},
		{skuRow{}.PrepaidUnits, []string{"graph.licenseUnitsDetail"}},
		{reflect.Zero(reflect.TypeOf(skuRow{}.ServicePlans).Elem()).Interface(), []string{"graph.servicePlanInfo"}},
		{addition{}, []string{"graph.assignedLicense"}},
		{contactRow{}, []string{"graph.orgContact"}},
	} {
		r := reflect.TypeOf(c.row)
		for i := range r.NumField() {
			name := r.Field(i).Tag.Get("json")
			if strings.HasPrefix(name, "@odata.") {
				continue
			}
			edm := ""
			for _, of := range c.of {
				if edm == "" {
					edm = s.property(of, name)
				}
			}
			if edm == "" || !s.fits(r.Field(i).Type, edm) {
				t.Errorf("%v.%s: %s does not hold %q of Graph", r, r.Field(i).Name, r.Field(i).Type, edm)
			}
		}
	}
}

func TestEveryNameAskedForAndWrittenIsInGraph(t *testing.T) {
	s := readCSDL(t)
	check := func(of string, names ...string) {
		t.Helper()
		for _, n := range names {
			if s.property(of, n) == "" {
				t.Errorf("%s has no %s", of, n)
			}
		}
	}
	check("graph.user", append(userBase, "passwordProfile", "onPremisesImmutableId", "manager", "onPremisesSyncBehavior")...)
	check("graph.group", append(groupBase, "members", "owners", "transitiveMembers", "groupTypes", "mailEnabled", "securityEnabled", "onPremisesSyncBehavior")...)
	for _, group := range []bool{false, true} {
		of, columns := "graph.user", userColumns
		if group {
			of, columns = "graph.group", groupColumns
		}
		check(of, strings.Split(tracked(group, columns), ",")...)
	}
	check("graph.user", "photo")
	check("graph.directory", "deletedItems")
	check("graph.rbacApplication", "roleEligibilityScheduleInstances")
	check("graph.passwordProfile", "forceChangePasswordNextSignIn", "password")
	check("graph.onPremisesSyncBehavior", "isCloudManaged")
	for _, c := range userColumns {
		if c.field == extensionField {
			check("graph.onPremisesExtensionAttributes", c.name)
		} else if c.field != "" {
			check("graph.user", c.field)
		}
	}
	for _, c := range groupColumns {
		check("graph.group", c.name)
	}
}

// Every property that the cloud's table gives to Entra can be read and written here, and nothing else.
func TestColumnsAreTheTablesProperties(t *testing.T) {
	for _, p := range cloud.Properties() {
		if p.WriteOnly {
			continue // passwordProfile, see password.go
		}
		for _, c := range []struct{ group, want bool }{{false, p.Users && p.Directory == cloud.Entra}, {true, p.Groups && p.Directory == cloud.Entra}} {
			if _, ok := columnNamed(c.group, p.Name); ok != c.want {
				t.Errorf("property %s, group %v: column %v, table says %v", p.Name, c.group, ok, c.want)
			}
		}
	}
	for _, c := range append(append([]column{}, userColumns...), groupColumns...) {
		if _, ok := cloud.Lookup(c.name); !ok {
			t.Errorf("column %s is no property", c.name)
		}
	}
}
