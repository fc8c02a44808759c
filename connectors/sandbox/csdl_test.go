package sandbox

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// csdl is the part of the official description that the tests read.
type csdl struct {
	Types map[string]struct {
		Base       string
		Properties map[string]struct {
			Type     string
			Nullable bool
		}
		Navigation map[string]struct{ Type string }
	}
	Enums      map[string][]string
	Operations []struct {
		Kind, Name, BoundTo string
		Params              [][2]string
	}
}

func readCSDL(t *testing.T) csdl {
	t.Helper()
	var c csdl
	if err := json.Unmarshal(reference(t, "graph-v1.0-subset.json"), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c csdl) property(entity, name string) (typ string, nullable, ok bool) {
	for entity != "" {
		ty, known := c.Types[entity]
		if !known {
			return "", false, false
		}
		if p, has := ty.Properties[name]; has {
			return p.Type, p.Nullable, true
		}
		entity = strings.Replace(ty.Base, "graph.", "microsoft.graph.", 1)
	}
	return "", false, false
}

func TestPropertyTablesMatchTheOfficialDescription(t *testing.T) {
	c := readCSDL(t)
	for _, s := range []*schema{userSchema(), groupSchema(), contactSchema()} {
		for _, p := range s.list {
			typ, _, ok := c.property(s.entity, p.name)
			if !ok {
				t.Errorf("%s has no property %s", s.entity, p.name)
				continue
			}
			if p.origin != unmodelled && typ != typeOf(p) && !(p.syntax == objectSyntax && strings.HasPrefix(typ, "graph.")) &&
				!(p.syntax == objectsSyntax && strings.HasPrefix(typ, "Collection(graph.")) {
				t.Errorf("%s.%s is %s, the table says %s", s.entity, p.name, typ, typeOf(p))
			}
		}
		for name := range c.Types[s.entity].Properties {
			if _, ok := s.property(name); !ok {
				t.Errorf("the table of %s lacks %s", s.entity, name)
			}
		}
	}
}

func typeOf(p property) string {
	return map[syntax]string{textSyntax: "Edm.String", truthSyntax: "Edm.Boolean", timeSyntax: "Edm.DateTimeOffset",
		textsSyntax: "Collection(Edm.String)", objectSyntax: "an object", objectsSyntax: "objects"}[p.syntax]
}

func TestEmittedPropertiesMatchTheOfficialDescription(t *testing.T) {
	c := readCSDL(t)
	r := newRig(t, Options{Synced: true, DefaultUsageLocation: "DE", Apps: []App{{ID: "a0000000-0000-4000-8000-000000000001", Roles: append(ProductRoles(), "Contacts-OnPremisesSyncBehavior.Read.All")}}})
	boss := r.user("boss", nil, Extra{Roles: []string{"Global Administrator"}})
	staff := r.group("licensed", nil, Extra{Licences: []Licence{{SKU: "SPE_F1"}}})
	ann := r.user("ann", Properties{"usageLocation": "DE", "mail": "ann@contoso.example", "businessPhones": []string{"1"}, "employeeOrgData": map[string]string{"division": "a"},
		"onPremisesProvisioningErrors": []map[string]string{{"category": "PropertyConflict", "occurredDateTime": "2026-01-01T00:00:00Z", "propertyCausingError": "ProxyAddress", "value": "x"}}},
		Extra{Manager: boss, Licences: []Licence{{SKU: "VISIOCLIENT", Disabled: []string{"VISIOONLINE"}}}})
	r.do(204, "POST", "/v1.0/groups/"+staff+"/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/`+ann+`"}`)
	r.group("m365", unifiedGroup(), Extra{Members: []string{ann}, Owners: []string{boss}})
	gone := r.user("gone", nil, Extra{})
	r.do(204, "DELETE", "/v1.0/users/"+gone, "")
	service := []map[string]any{{"@odata.type": "#microsoft.graph.serviceProvisioningXmlError", "createdDateTime": "2026-01-01T00:00:00Z", "isResolved": false, "serviceInstance": "exchange/x"}}
	pat, err := r.tenant.AddContact(Properties{"displayName": "Pat", "mail": "pat@fabrikam.example", "serviceProvisioningErrors": service,
		"phones": []map[string]string{{"number": "1", "type": "mobile"}}, "addresses": []map[string]string{{"city": "Ulm"}}}, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	r.user("soon", nil, Extra{Eligible: []string{"User Administrator"}})
	modelled := func(s *schema) string {
		var names []string
		for _, p := range s.list {
			if p.origin != unmodelled && p.origin != fromSharePoint {
				names = append(names, p.name)
			}
		}
		return strings.Join(names, ",")
	}
	for path, entity := range map[string]string{
		"/v1.0/users": "microsoft.graph.user", "/v1.0/users?$select=" + modelled(r.tenant.users): "microsoft.graph.user",
		"/v1.0/users?$expand=manager($select=id)": "microsoft.graph.user",
		"/v1.0/users/" + ann:                      "microsoft.graph.user", "/v1.0/groups": "microsoft.graph.group",
		"/v1.0/groups?$select=" + modelled(r.tenant.groups): "microsoft.graph.group",
		"/v1.0/domains": "microsoft.graph.domain", "/v1.0/organization": "microsoft.graph.organization",
		"/v1.0/subscribedSkus": "microsoft.graph.subscribedSku", "/v1.0/users/" + ann + "/licenseDetails": "microsoft.graph.licenseDetails",
		"/v1.0/directoryRoles": "microsoft.graph.directoryRole", "/v1.0/directory/deletedItems/microsoft.graph.user": "microsoft.graph.user",
		"/v1.0/users/" + ann + "/onPremisesSyncBehavior":                              "microsoft.graph.onPremisesSyncBehavior",
		"/v1.0/groups/" + staff + "/members":                                          "microsoft.graph.user",
		"/v1.0/groups/" + staff + "/transitiveMembers":                                "microsoft.graph.user",
		"/v1.0/users/delta?$select=" + modelled(r.tenant.users) + ",manager":          "microsoft.graph.user",
		"/v1.0/groups/delta?$select=" + modelled(r.tenant.groups) + ",members,owners": "microsoft.graph.group",
		"/v1.0/contacts/delta":                                                        "microsoft.graph.orgContact", "/v1.0/contacts": "microsoft.graph.orgContact", "/v1.0/contacts/" + pat: "microsoft.graph.orgContact",
		"/v1.0/contacts/" + pat + "/onPremisesSyncBehavior":               "microsoft.graph.onPremisesSyncBehavior",
		"/v1.0/organization/" + r.tenant.ID():                             "microsoft.graph.organization",
		"/v1.0/domains/contoso.example":                                   "microsoft.graph.domain",
		"/v1.0/roleManagement/directory/roleAssignments":                  "microsoft.graph.unifiedRoleAssignment",
		"/v1.0/roleManagement/directory/roleEligibilitySchedules":         "microsoft.graph.unifiedRoleAssignment", // the members that both types have
		"/v1.0/roleManagement/directory/roleEligibilityScheduleInstances": "microsoft.graph.unifiedRoleAssignment",
		"/v1.0/roleManagement/directory/roleDefinitions":                  "microsoft.graph.unifiedRoleDefinition",
	} {
		a := r.do(200, "GET", path, "")
		rows := a.values()
		if rows == nil {
			rows = []map[string]any{a.body}
		}
		if len(rows) == 0 {
			t.Errorf("%s answers nothing to check", path)
		}
		for _, row := range rows {
			c.check(t, path, entity, row)
		}
	}
}

// check holds an emitted object against its type.
func (c csdl) check(t *testing.T, path, entity string, row map[string]any) {
	t.Helper()
	for name, v := range row {
		if strings.Contains(name, "@") {
			continue
		}
		if nav, ok := c.Types[entity].Navigation[name]; ok {
			if m, isObject := v.(map[string]any); isObject && strings.HasPrefix(nav.Type, "graph.") {
				c.check(t, path, "microsoft.graph.user", m)
			}
			continue
		}
		typ, nullable, ok := c.property(entity, name)
		switch {
		case !ok:
			t.Errorf("%s: %s has no property %s", path, entity, name)
		case v == nil && !nullable:
			t.Errorf("%s: %s.%s is null and must not be", path, entity, name)
		case v != nil:
			c.checkValue(t, path+": "+entity+"."+name, typ, v)
		}
	}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (c csdl) checkValue(t *testing.T, what, typ string, v any) {
	t.Helper()
	if inner, ok := strings.CutPrefix(typ, "Collection("); ok {
		list, isList := v.([]any)
		if !isList {
			t.Errorf("%s is not a collection", what)
		}
		for _, e := range list {
			c.checkValue(t, what, strings.TrimSuffix(inner, ")"), e)
		}
		return
	}
	s, isText := v.(string)
	_, isTruth := v.(bool)
	_, isNumber := v.(float64)
	object, isObject := v.(map[string]any)
	ok := false
	switch typ {
	case "Edm.String":
		ok = isText
	case "Edm.Boolean":
		ok = isTruth
	case "Edm.Int32":
		ok = isNumber
	case "Edm.Guid":
		ok = guid.MatchString(s)
	case "Edm.DateTimeOffset":
		_, err := time.Parse("2006-01-02T15:04:05Z", s)
		ok = err == nil
	default:
		qualified := strings.Replace(typ, "graph.", "microsoft.graph.", 1)
		if members, isEnum := c.Enums[qualified]; isEnum || c.Types[qualified].Properties == nil && isText {
			ok = isText && (!isEnum || slices.Contains(members, s)) // enums outside the subset are at least texts
			break
		}
		if ok = isObject; ok {
			c.check(t, what, strings.Replace(typ, "graph.", "microsoft.graph.", 1), object)
		}
	}
	if !ok {
		t.Errorf("%s: %v is not of type %s", what, v, typ)
	}
}

func TestOperationsMatchTheOfficialDescription(t *testing.T) {
	c := readCSDL(t)
	operations := map[string]bool{}
	for _, o := range c.Operations {
		operations[o.Name+" "+o.BoundTo] = true
	}
	bound := map[string]string{"users": "graph.user", "groups": "graph.group", "contacts": "graph.orgContact", "directoryObjects": "graph.directoryObject", "directory": "graph.directoryObject"}
	for _, rt := range routes() {
		last := rt.pattern[len(rt.pattern)-1]
		on, known := bound[rt.pattern[0]]
		if !known || !(rt.method == "POST" && len(rt.pattern) > 1 && !strings.HasPrefix(last, "$") || last == "delta") {
			continue
		}
		if len(rt.pattern) == 2 {
			on = "Collection(" + on + ")"
		}
		if !operations[last+" "+on] && !operations[last+" graph.directoryObject"] {
			t.Errorf("%s: no operation %s bound to %s", rt.name(), last, on)
		}
	}
}

func TestRoutesMatchTheOfficialDescription(t *testing.T) {
	c := readCSDL(t)
	types := map[string]string{"users": "microsoft.graph.user", "groups": "microsoft.graph.group", "contacts": "microsoft.graph.orgContact"}
	operations := map[string]bool{"delta": true}
	for _, o := range c.Operations {
		operations[o.Name] = true
	}
	for _, rt := range routes() {
		entity, ok := types[rt.pattern[0]]
		if !ok || len(rt.pattern) < 3 || rt.pattern[1] != "{}" || operations[rt.pattern[2]] {
			continue
		}
		if _, ok := c.Types[entity].Navigation[rt.pattern[2]]; !ok {
			t.Errorf("%s: %s has no relationship %s", rt.name(), entity, rt.pattern[2])
		}
	}
}

func TestSampleSKUsAreReal(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(reference(t, "sku-service-plans.csv"), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, n := range rows[0] {
		column[n] = i
	}
	real := map[string]bool{}
	for _, row := range rows[1:] {
		at := func(n string) string { return strings.TrimSpace(row[column[n]]) }
		real[at("String_Id")+" "+strings.ToLower(at("GUID"))] = true
		real[at("String_Id")+" "+at("Service_Plan_Name")+" "+strings.ToLower(at("Service_Plan_Id"))] = true
	}
	for _, s := range SampleSKUs(1) {
		if !real[s.Name+" "+s.ID] {
			t.Errorf("no SKU %s with the id %s", s.Name, s.ID)
		}
		for _, p := range s.Plans {
			if !real[s.Name+" "+p.Name+" "+p.ID] {
				t.Errorf("SKU %s has no service plan %s with the id %s", s.Name, p.Name, p.ID)
			}
		}
	}
}

// Every action and function that is modelled takes the parameters that the description says, under those names, and every enum
// that we send or check has its members there.
func TestParametersAndEnumsMatchTheOfficialDescription(t *testing.T) {
	c := readCSDL(t)
	parameters := map[string][]string{}
	for _, o := range c.Operations {
		for _, p := range o.Params {
			parameters[o.Name+" "+o.BoundTo] = append(parameters[o.Name+" "+o.BoundTo], strings.ToLower(p[0])+" "+p[1])
		}
	}
	for operation, want := range map[string][]string{
		"assignLicense graph.user":                {"addlicenses Collection(graph.assignedLicense)", "removelicenses Collection(Edm.Guid)"},
		"assignLicense graph.group":               {"addlicenses Collection(graph.assignedLicense)", "removelicenses Collection(Edm.Guid)"},
		"sendMail graph.user":                     {"message graph.message", "savetosentitems Edm.Boolean"},
		"getMemberGroups graph.directoryObject":   {"securityenabledonly Edm.Boolean"},
		"checkMemberGroups graph.directoryObject": {"groupids Collection(Edm.String)"},
		"restore graph.directoryObject":           nil,
		"revokeSignInSessions graph.user":         nil,
		"reprocessLicenseAssignment graph.user":   nil,
		"delta Collection(graph.user)":            nil,
		"delta Collection(graph.group)":           nil,
		"delta Collection(graph.orgContact)":      nil,
	} {
		if got := parameters[operation]; !slices.Equal(got, want) {
			t.Errorf("%s takes %v, the test says %v", operation, got, want)
		}
	}
	if got := c.Enums["microsoft.graph.bodyType"]; !slices.Equal(got, []string{"text", "html"}) {
		t.Errorf("bodyType is %v, and mails are text or html", got)
	}
	if members := c.Enums["microsoft.graph.phoneType"]; !slices.Contains(members, "mobile") || !slices.Contains(members, "business") {
		t.Errorf("phoneType is %v", members)
	}
	for entity, names := range map[string][]string{
		"microsoft.graph.message": {"subject", "body", "toRecipients", "ccRecipients", "bccRecipients"}, "microsoft.graph.itemBody": {"contentType", "content"},
		"microsoft.graph.recipient": {"emailAddress"}, "microsoft.graph.emailAddress": {"name", "address"}, "microsoft.graph.assignedLicense": {"disabledPlans", "skuId"}} {
		for _, n := range names {
			if _, _, ok := c.property(entity, n); !ok {
				t.Errorf("%s has no property %s", entity, n)
			}
		}
	}
}
