package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
)

// column is one property of coexist in Graph.
type column struct {
	name  string                 // what coexist calls it
	field string                 // what $select and a body call it, "" for what is read by itself
	value func(*row) cloud.Value // nil for what is read by itself
}

const extensionField = "onPremisesExtensionAttributes"

func textColumn(name string, value func(*row) string) column {
	return column{name, name, func(r *row) cloud.Value { return cloud.Text(value(r)) }}
}

// columns of users and of groups, by name. Of what both have, groups take the same.
var (
	userColumns = sorted(append(extensionColumns(),
		column{"accountEnabled", "accountEnabled", func(r *row) cloud.Value { return truth(r.AccountEnabled) }},
		column{"businessPhones", "businessPhones", func(r *row) cloud.Value { return cloud.Texts(r.BusinessPhones) }},
		column{"licenses", "licenseAssignmentStates", (*row).licenses},
		column{"manager", "", func(r *row) cloud.Value {
			if r.Manager == nil {
				return cloud.Value{}
			}
			return cloud.Text(strings.ToLower(r.Manager.ID))
		}},
		column{cloud.Photo, "", nil},
		textColumn("city", func(r *row) string { return r.City }),
		textColumn("companyName", func(r *row) string { return r.CompanyName }),
		textColumn("country", func(r *row) string { return r.Country }),
		textColumn("department", func(r *row) string { return r.Department }),
		textColumn("displayName", func(r *row) string { return r.DisplayName }),
		textColumn("employeeId", func(r *row) string { return r.EmployeeID }),
		textColumn("employeeType", func(r *row) string { return r.EmployeeType }),
		textColumn("faxNumber", func(r *row) string { return r.FaxNumber }),
		textColumn("givenName", func(r *row) string { return r.GivenName }),
		textColumn("jobTitle", func(r *row) string { return r.JobTitle }),
		textColumn("mailNickname", func(r *row) string { return r.MailNickname }),
		textColumn("mobilePhone", func(r *row) string { return r.MobilePhone }),
		textColumn("officeLocation", func(r *row) string { return r.OfficeLocation }),
		textColumn("postalCode", func(r *row) string { return r.PostalCode }),
		textColumn("preferredLanguage", func(r *row) string { return r.PreferredLanguage }),
		textColumn("state", func(r *row) string { return r.State }),
		textColumn("streetAddress", func(r *row) string { return r.StreetAddress }),
		textColumn("surname", func(r *row) string { return r.Surname }),
		textColumn("usageLocation", func(r *row) string { return r.UsageLocation }),
		textColumn("userPrincipalName", func(r *row) string { return r.UserPrincipalName }),
	))
	groupColumns = sorted([]column{
		{"members", "", nil},
		{"owners", "", nil},
		textColumn("description", func(r *row) string { return r.Description }),
		textColumn("displayName", func(r *row) string { return r.DisplayName }),
		textColumn("mailNickname", func(r *row) string { return r.MailNickname }),
	})
)

func extensionColumns() []column {
	var out []column
	for i := 1; i <= 15; i++ {
		name := fmt.Sprintf("extensionAttribute%d", i)
		out = append(out, column{name, extensionField, func(r *row) cloud.Value { return cloud.Text(r.Extension[name]) }})
	}
	return out
}

func sorted(list []column) []column {
	slices.SortFunc(list, func(a, b column) int { return strings.Compare(a.name, b.name) })
	return list
}

func truth(b *bool) cloud.Value {
	if b == nil {
		return cloud.Value{}
	}
	return cloud.Truth(*b)
}

// columnNamed finds a property of users or groups.
func columnNamed(group bool, name string) (column, bool) {
	list := userColumns
	if group {
		list = groupColumns
	}
	i, ok := slices.BinarySearchFunc(list, name, func(c column, n string) int { return strings.Compare(c.name, n) })
	if !ok {
		return column{}, false
	}
	return list[i], true
}

// wanted gives the columns of the properties asked for, by name, without what Graph does not hold: that is read by
// another connector. A name that no directory knows is an error.
func wanted(group bool, properties []string) ([]column, error) {
	var out []column
	for _, name := range properties {
		if _, ok := cloud.Lookup(name); !ok {
			return nil, fmt.Errorf("unknown property %q", name)
		}
		if c, ok := columnNamed(group, name); ok {
			out = append(out, c)
		}
	}
	out = sorted(out)
	return slices.CompactFunc(out, func(a, b column) bool { return a.name == b.name }), nil
}

// fields gives what to select for columns, beside base; sorted, each once.
func fields(base []string, columns []column) string {
	out := slices.Clone(base)
	for _, c := range columns {
		if c.field != "" {
			out = append(out, c.field)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ",")
}

func has(columns []column, name string) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.name == name })
}
