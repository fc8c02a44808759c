package graph

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// row is a user or a group as Graph sends it, with the properties that coexist reads.
type row struct {
	ODataType string `json:"@odata.type"`
	ID        string `json:"id"`

	Mail                         string              `json:"mail"`
	ProxyAddresses               []string            `json:"proxyAddresses"`
	OnPremisesSyncEnabled        *bool               `json:"onPremisesSyncEnabled"`
	OnPremisesSecurityIdentifier string              `json:"onPremisesSecurityIdentifier"`
	OnPremisesImmutableID        string              `json:"onPremisesImmutableId"` // users
	UserType                     string              `json:"userType"`              // users
	LicenseAssignmentStates      []licenseAssignment `json:"licenseAssignmentStates"`
	Manager                      *link               `json:"manager"`
	UniqueName                   string              `json:"uniqueName"` // groups
	GroupTypes                   []string            `json:"groupTypes"`
	MailEnabled                  *bool               `json:"mailEnabled"`
	SecurityEnabled              *bool               `json:"securityEnabled"`

	AccountEnabled    *bool             `json:"accountEnabled"`
	BusinessPhones    []string          `json:"businessPhones"`
	City              string            `json:"city"`
	CompanyName       string            `json:"companyName"`
	Country           string            `json:"country"`
	Department        string            `json:"department"`
	Description       string            `json:"description"`
	DisplayName       string            `json:"displayName"`
	EmployeeID        string            `json:"employeeId"`
	EmployeeType      string            `json:"employeeType"`
	Extension         map[string]string `json:"onPremisesExtensionAttributes"`
	FaxNumber         string            `json:"faxNumber"`
	GivenName         string            `json:"givenName"`
	JobTitle          string            `json:"jobTitle"`
	MailNickname      string            `json:"mailNickname"`
	MobilePhone       string            `json:"mobilePhone"`
	OfficeLocation    string            `json:"officeLocation"`
	PostalCode        string            `json:"postalCode"`
	PreferredLanguage string            `json:"preferredLanguage"`
	State             string            `json:"state"`
	StreetAddress     string            `json:"streetAddress"`
	Surname           string            `json:"surname"`
	UsageLocation     string            `json:"usageLocation"`
	UserPrincipalName string            `json:"userPrincipalName"`
}

// link is an object of which nothing but the id is read.
type link struct {
	ODataType string `json:"@odata.type"`
	ID        string `json:"id"`
}

// licenseAssignment is one way in which a user holds a SKU.
type licenseAssignment struct {
	SKUID           string   `json:"skuId"`
	AssignedByGroup *string  `json:"assignedByGroup"`
	DisabledPlans   []string `json:"disabledPlans"`
	State           string   `json:"state"`
}

// What every user and group is asked for, beside the properties wanted.
var (
	userBase  = []string{"id", "mail", "onPremisesImmutableId", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "licenseAssignmentStates", "proxyAddresses", "userType"}
	groupBase = []string{"groupTypes", "id", "mail", "mailEnabled", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "proxyAddresses", "securityEnabled", "uniqueName"}
)

// object makes the object that the row shows, with the values of columns. References that are read by themselves,
// members and owners, are put in by the caller.
func (r *row) object(group bool, columns []column) cloud.Object {
	o := cloud.Object{
		ID: strings.ToLower(r.ID), Mail: r.Mail, Proxies: r.ProxyAddresses, SID: r.OnPremisesSecurityIdentifier,
		Synced: r.OnPremisesSyncEnabled != nil && *r.OnPremisesSyncEnabled,
	}
	if group {
		o.Type, o.Anchor = r.groupType(), directory.Anchor(r.UniqueName)
	} else {
		o.Type, o.Anchor = cloud.User, directory.Anchor(r.OnPremisesImmutableID)
		if r.UserType == "Guest" {
			o.Type = cloud.Guest
		}
		o.Inherited = r.inherited()
	}
	o.Properties = make([]cloud.Set, 0, len(columns))
	for _, c := range columns {
		if c.value == nil {
			continue
		}
		if v := c.value(r); !v.IsNothing() {
			o.Properties = append(o.Properties, cloud.Set{Name: c.name, Value: v})
		}
	}
	return o
}

// groupType tells the kinds of groups apart (Microsoft Graph, resource group: groupTypes, mailEnabled, securityEnabled).
// Room lists look like distribution groups here; Exchange knows them.
func (r *row) groupType() cloud.Type {
	mail := r.MailEnabled != nil && *r.MailEnabled
	security := r.SecurityEnabled != nil && *r.SecurityEnabled
	switch {
	case slices.Contains(r.GroupTypes, "DynamicMembership"):
		return cloud.DynamicGroup
	case slices.Contains(r.GroupTypes, "Unified"):
		return cloud.Microsoft365Group
	case mail && security:
		return cloud.MailEnabledSecurityGroup
	case mail:
		return cloud.DistributionGroup
	}
	return cloud.SecurityGroup
}

// licenses gives what was assigned to the user directly.
func (r *row) licenses() cloud.Value {
	var out []cloud.License
	for _, s := range r.LicenseAssignmentStates {
		if s.direct() {
			out = append(out, cloud.License{SKU: strings.ToLower(s.SKUID), DisabledPlans: lower(s.DisabledPlans)})
		}
	}
	return cloud.Licenses(out)
}

func (s *licenseAssignment) direct() bool {
	return s.AssignedByGroup == nil || *s.AssignedByGroup == ""
}

// inherited gives the SKUs that come from groups, sorted.
func (r *row) inherited() []string {
	var out []string
	for _, s := range r.LicenseAssignmentStates {
		if !s.direct() {
			out = append(out, strings.ToLower(s.SKUID))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}
