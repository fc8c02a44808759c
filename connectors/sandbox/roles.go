package sandbox

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/connectors/sandbox/odata"
	"github.com/coexistsync/coexist/directory"
)

// DirectoryRole is one role that makes its holder an administrator.
type DirectoryRole struct{ TemplateID, Name string }

// DirectoryRoles lists the roles that the tenant knows, by their template ids. Source: Microsoft Entra built-in roles.
func DirectoryRoles() []DirectoryRole {
	return []DirectoryRole{
		{"62e90394-69f5-4237-9190-012177145e10", "Global Administrator"},
		{"29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"},
		{"729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator"},
		{"fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"},
	}
}

// templates gives the template ids of roles by their names; unknown is the first name that is no role.
func templates(names []string) (ids []string, unknown string) {
	for _, name := range names {
		i := slices.IndexFunc(DirectoryRoles(), func(r DirectoryRole) bool { return r.Name == name })
		if i < 0 {
			return nil, name
		}
		ids = append(ids, DirectoryRoles()[i].TemplateID)
	}
	return ids, ""
}

// administrator reports whether an object holds a directory role, itself or through a role-assignable group.
func (o *object) administrator() bool {
	return len(o.roles) > 0 || slices.ContainsFunc(o.memberOf, func(g *object) bool { return g.live() && len(g.roles) > 0 })
}

// roleID is the id of an activated role in this tenant.
func (t *Tenant) roleID(role DirectoryRole) string { return t.derive("role "+role.TemplateID, 0) }

func (t *Tenant) listRoles(r *request) (answer, error) {
	expand := false
	for _, e := range r.query.expand {
		if !strings.EqualFold(e.name, "members") || e.selected != nil {
			return answer{}, notModelled("$expand of %s on directoryRoles", e.name)
		}
		expand = true
	}
	r.query.expand = nil
	var rows []resource
	for _, role := range DirectoryRoles() {
		row := resource{{"id", quote(t.roleID(role))}, {"deletedDateTime", "null"}, {"description", quote(role.Name)},
			{"displayName", quote(role.Name)}, {"roleTemplateId", quote(role.TemplateID)}}
		if expand {
			members, err := t.holdersJSON(role)
			if err != nil {
				return answer{}, err
			}
			row = append(row, member{"members", members})
		}
		rows = append(rows, row)
	}
	return t.resources(r, "directoryRoles", "microsoft.graph.directoryRole", rows)
}

// maxExpanded is how many objects $expand gives of a collection; who wants all of them must list it.
const maxExpanded = 20

func (t *Tenant) holdersJSON(role DirectoryRole) (string, error) {
	b := []byte{'['}
	holders := t.holders(role)
	for i, o := range holders[:min(maxExpanded, len(holders))] {
		s, err := o.schema.choose(nil, true)
		if err != nil {
			return "", err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = t.appendObject(b, o, s, true)
	}
	return string(append(b, ']')), nil
}

// holders gives the live users and groups that hold a role, in order of their ids.
func (t *Tenant) holders(role DirectoryRole) []*object {
	var out []*object
	for _, list := range [][]*object{t.index.users.all(), t.index.groups.all()} {
		for _, o := range list {
			if slices.Contains(o.roles, role.TemplateID) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, byID)
	return out
}

func (t *Tenant) listRoleMembers(r *request) (answer, error) {
	for _, role := range DirectoryRoles() {
		if id := strings.ToLower(r.args[0]); id == t.roleID(role) || id == role.TemplateID {
			return t.list(r, collection{set: "directoryObjects", objects: t.holders(role), schemas: t.mixed(), typed: true})
		}
	}
	return answer{}, notFound(r.args[0])
}

func (t *Tenant) listRoleDefinitions(r *request) (answer, error) {
	var rows []resource
	for _, role := range DirectoryRoles() {
		rows = append(rows, resource{{"id", quote(role.TemplateID)}, {"description", quote(role.Name)}, {"displayName", quote(role.Name)},
			{"isBuiltIn", "true"}, {"isEnabled", "true"}, {"templateId", quote(role.TemplateID)}, {"version", `"1"`}})
	}
	return t.filtered(r, "roleManagement/directory/roleDefinitions", "microsoft.graph.unifiedRoleDefinition", rows)
}

// listRoleAssignments answers who holds a role now.
func (t *Tenant) listRoleAssignments(r *request) (answer, error) {
	return t.filtered(r, "roleManagement/directory/roleAssignments", "microsoft.graph.unifiedRoleAssignment",
		t.grants("assignment", func(o *object) []string { return o.roles }))
}

// listRoleEligibilities answers who can activate a role.
func (t *Tenant) listRoleEligibilities(r *request) (answer, error) {
	return t.filtered(r, strings.Join(r.segments, "/"), "microsoft.graph."+roleScheduleType(r.segments[len(r.segments)-1]),
		t.grants("eligibility", func(o *object) []string { return o.eligible }))
}

func roleScheduleType(set string) string {
	return "unifiedR" + strings.TrimSuffix(set[1:], "s")
}

// grants lists principals with their roles, in order of their ids.
func (t *Tenant) grants(what string, roles func(*object) []string) []resource {
	var rows []resource
	for _, list := range [][]*object{t.index.users.all(), t.index.groups.all()} {
		for _, o := range list {
			for _, role := range roles(o) {
				rows = append(rows, resource{{"id", quote(t.derive(what+o.id+role, 0))}, {"principalId", quote(o.id)},
					{"roleDefinitionId", quote(role)}, {"directoryScopeId", `"/"`}, {"appScopeId", "null"}})
			}
		}
	}
	return rows
}

// filtered answers a collection outside the directory objects that takes $filter with eq and in.
func (t *Tenant) filtered(r *request, set, entity string, rows []resource) (answer, error) {
	f := r.query.filter
	r.query.filter = nil
	if f == nil {
		return t.resources(r, set, entity, rows)
	}
	if f.Op != odata.Eq && f.Op != odata.In {
		return answer{}, notModelled("$filter on %s with anything but eq and in", entity)
	}
	kept := []resource{}
	for _, row := range rows {
		e := element{}
		for _, m := range row {
			e[directory.Fold(m.name)] = valueOf(m.raw, textSyntax)
		}
		if _, known := e[directory.Fold(f.Path)]; !known {
			return answer{}, badRequest("Invalid filter clause: Could not find a property named '%s' on type '%s'.", f.Path, entity)
		}
		if f.Match(e) {
			kept = append(kept, row)
		}
	}
	return t.resources(r, set, entity, kept)
}

// synchronization refuses what only an administrator may read, never an app. Source: permissions of
// onPremisesDirectorySynchronization: application permissions are not supported.
func (t *Tenant) synchronization(*request) (answer, error) { return answer{}, denied() }
