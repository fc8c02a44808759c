package sandbox

import (
	"net/http"
	"strings"
)

// cost is what a request takes from the throttling buckets: resource units, and writes.
type cost struct{ units, writes int }

// route is one modelled call.
type route struct {
	method  string
	pattern []string // {} matches any segment
	units   int      // resource units before the modifiers of the query options
	allowed []string // any of these application permissions suffices
	handle  func(*Tenant, *request) (answer, error)
}

// name gives the route for logs and totals: GET /users/{}.
func (r *route) name() string { return r.method + " /" + strings.Join(r.pattern, "/") }

// routes is the modelled subset of Graph v1.0. Units: Microsoft Graph throttling limits, identity and access; what is not
// listed there costs 1.
func routes() []route {
	list := []route{
		{"GET", split("users"), 2, readUsersBasic, (*Tenant).listUsers},
		{"GET", split("users/$count"), 1, readUsers, (*Tenant).countUsers},
		{"POST", split("users"), 1, writeUsers, (*Tenant).createUser},
		{"GET", split("users/delta"), 1, readUsers, (*Tenant).deltaUsers},
		{"GET", split("users/{}"), 1, readUsersBasic, (*Tenant).getUser},
		{"PATCH", split("users/{}"), 1, patchUsers, (*Tenant).patchUser},
		{"DELETE", split("users/{}"), 1, deleteUsers, (*Tenant).deleteUser},
		{"GET", split("users/{}/manager"), 1, readUsers, (*Tenant).getManager},
		{"PUT", split("users/{}/manager/$ref"), 1, writeUsers, (*Tenant).putManager},
		{"DELETE", split("users/{}/manager/$ref"), 1, writeUsers, (*Tenant).deleteManager},
		{"POST", split("users/{}/assignLicense"), 1, writeLicences, (*Tenant).assignLicense},
		{"POST", split("users/{}/reprocessLicenseAssignment"), 1, writeUsers, (*Tenant).reprocessLicenses},
		{"GET", split("users/{}/licenseDetails"), 2, readLicences, (*Tenant).licenseDetails},
		{"GET", split("users/{}/memberOf"), 2, readMemberOf, (*Tenant).listMemberOf},
		{"GET", split("users/{}/transitiveMemberOf"), 2, readMemberOf, (*Tenant).listTransitiveMemberOf},
		{"POST", split("users/{}/getMemberGroups"), 2, readMemberOf, (*Tenant).getMemberGroups},
		{"POST", split("users/{}/checkMemberGroups"), 4, readMemberOf, (*Tenant).checkMemberGroups},
		{"POST", split("users/{}/revokeSignInSessions"), 1, revokeSessions, (*Tenant).revokeSessions},
		{"POST", split("users/{}/sendMail"), 1, sendMail, (*Tenant).sendMail},
		{"GET", split("users/{}/onPremisesSyncBehavior"), 1, readUserBehavior, (*Tenant).getSyncBehavior},
		{"PATCH", split("users/{}/onPremisesSyncBehavior"), 1, writeUserBehavior, (*Tenant).patchSyncBehavior},

		{"GET", split("users/{}/photo"), 1, readPhotos, (*Tenant).getPhoto},
		{"GET", split("users/{}/photo/$value"), 1, readPhotos, (*Tenant).getPhotoValue},
		{"PUT", split("users/{}/photo/$value"), 1, writePhotos, (*Tenant).putPhoto},
		{"PATCH", split("users/{}/photo/$value"), 1, writePhotos, (*Tenant).putPhoto},
		{"DELETE", split("users/{}/photo/$value"), 1, writePhotos, (*Tenant).deletePhoto},

		{"GET", split("groups"), 1, readGroupsBasic, (*Tenant).listGroups},
		{"GET", split("groups/$count"), 1, readGroups, (*Tenant).countGroups},
		{"POST", split("groups"), 1, createGroups, (*Tenant).createGroup},
		{"GET", split("groups/delta"), 1, readGroups, (*Tenant).deltaGroups},
		{"GET", split("groups/{}"), 1, readGroupsBasic, (*Tenant).getGroup},
		{"PATCH", split("groups/{}"), 1, patchGroups, (*Tenant).patchGroup},
		{"DELETE", split("groups/{}"), 1, writeGroups, (*Tenant).deleteGroup},
		{"GET", split("groups/uniqueName=/{}"), 1, readGroupsBasic, (*Tenant).getUniqueGroup},
		{"PATCH", split("groups/uniqueName=/{}"), 1, writeGroups, (*Tenant).upsertGroup},
		{"GET", split("groups/{}/members"), 3, readMembers, (*Tenant).listMembers},
		{"GET", split("groups/{}/members/$count"), 1, readMembers, (*Tenant).countMembers},
		{"GET", split("groups/{}/members/microsoft.graph.user"), 3, readMembers, (*Tenant).listMemberUsers},
		{"GET", split("groups/{}/transitiveMembers"), 5, readMembers, (*Tenant).listTransitiveMembers},
		{"GET", split("groups/{}/transitiveMembers/$count"), 1, readMembers, (*Tenant).countTransitiveMembers},
		{"GET", split("groups/{}/transitiveMembers/microsoft.graph.user"), 5, readMembers, (*Tenant).listTransitiveUsers},
		{"GET", split("groups/{}/memberOf"), 2, readMembers, (*Tenant).listMemberOf},
		{"GET", split("groups/{}/transitiveMemberOf"), 2, readMembers, (*Tenant).listTransitiveMemberOf},
		{"POST", split("groups/{}/members/$ref"), 1, writeMembers, (*Tenant).addMember},
		{"DELETE", split("groups/{}/members/{}/$ref"), 1, writeMembers, (*Tenant).removeMember},
		{"DELETE", split("groups/{}/members/{}"), 1, writeMembers, (*Tenant).deleteMemberObject},
		{"GET", split("groups/{}/owners"), 1, readGroups, (*Tenant).listOwners},
		{"POST", split("groups/{}/owners/$ref"), 1, writeGroups, (*Tenant).addOwner},
		{"DELETE", split("groups/{}/owners/{}/$ref"), 1, writeGroups, (*Tenant).removeOwner},
		{"GET", split("groups/{}/onPremisesSyncBehavior"), 1, readGroupBehavior, (*Tenant).getSyncBehavior},
		{"PATCH", split("groups/{}/onPremisesSyncBehavior"), 1, writeGroupBehavior, (*Tenant).patchSyncBehavior},

		{"POST", split("groups/{}/assignLicense"), 1, writeLicences, (*Tenant).assignGroupLicense},
		{"GET", split("groups/{}/photo"), 1, readGroupPhotos, (*Tenant).getPhoto},
		{"GET", split("groups/{}/photo/$value"), 1, readGroupPhotos, (*Tenant).getPhotoValue},
		{"PUT", split("groups/{}/photo/$value"), 1, writeGroupPhotos, (*Tenant).putPhoto},

		{"GET", split("contacts"), 1, readContacts, (*Tenant).listContacts},
		{"GET", split("contacts/$count"), 1, readContacts, (*Tenant).countContacts},
		{"GET", split("contacts/delta"), 1, readContacts, (*Tenant).deltaContacts},
		{"GET", split("contacts/{}"), 1, readContacts, (*Tenant).getContact},
		{"GET", split("contacts/{}/memberOf"), 2, readContacts, (*Tenant).listMemberOf},
		{"GET", split("contacts/{}/transitiveMemberOf"), 2, readContacts, (*Tenant).listTransitiveMemberOf},
		{"GET", split("contacts/{}/onPremisesSyncBehavior"), 1, readContactBehavior, (*Tenant).getSyncBehavior},
		{"PATCH", split("contacts/{}/onPremisesSyncBehavior"), 1, writeContactBehavior, (*Tenant).patchSyncBehavior},

		{"POST", split("directoryObjects/getByIds"), 5, readDirectory, (*Tenant).getByIDs},
		{"GET", split("directoryObjects/{}"), 1, readDirectory, (*Tenant).getDirectoryObject},
		{"POST", split("directoryObjects/{}/getMemberGroups"), 2, readDirectory, (*Tenant).getMemberGroups},
		{"POST", split("directoryObjects/{}/checkMemberGroups"), 4, readDirectory, (*Tenant).checkMemberGroups},
		{"GET", split("directory/onPremisesSynchronization"), 1, readSynchronization, (*Tenant).synchronization},
		{"GET", split("directory/onPremisesSynchronization/{}"), 1, readSynchronization, (*Tenant).synchronization},
		{"GET", split("directory/deletedItems/{}"), 1, readDeleted, (*Tenant).deletedItems},
		{"DELETE", split("directory/deletedItems/{}"), 1, restoreObjects, (*Tenant).purge},
		{"POST", split("directory/deletedItems/{}/restore"), 1, restoreObjects, (*Tenant).restore},

		{"GET", split("domains"), 1, readDomains, (*Tenant).listDomains},
		{"GET", split("domains/{}"), 1, readDomains, (*Tenant).getDomain},
		{"GET", split("organization"), 1, readOrganization, (*Tenant).listOrganization},
		{"GET", split("organization/{}"), 1, readOrganization, (*Tenant).listOrganization},
		{"GET", split("subscribedSkus"), 3, readSKUs, (*Tenant).listSKUs},
		{"GET", split("roleManagement/directory/roleDefinitions"), 1, readRoles, (*Tenant).listRoleDefinitions},
		{"GET", split("roleManagement/directory/roleAssignments"), 1, readRoles, (*Tenant).listRoleAssignments},
		{"GET", split("roleManagement/directory/roleEligibilitySchedules"), 1, readEligibility, (*Tenant).listRoleEligibilities},
		{"GET", split("roleManagement/directory/roleEligibilityScheduleInstances"), 1, readEligibility, (*Tenant).listRoleEligibilities},
		{"GET", split("directoryRoles"), 1, readRoles, (*Tenant).listRoles},
		{"GET", split("directoryRoles/{}/members"), 1, readRoles, (*Tenant).listRoleMembers},
		{"GET", split("directoryRoles/roleTemplateId=/{}/members"), 1, readRoles, (*Tenant).listRoleMembers},
	}
	return list
}

func split(path string) []string { return strings.Split(path, "/") }

// routeOf gives the route of a request with what {} matched. A literal segment wins over {}. known says that the path is
// modelled for another method.
func (t *Tenant) routeOf(r *request) (best *route, args []string, known bool) {
	literals := -1
	for i := range t.routes {
		rt := &t.routes[i]
		found, n, ok := rt.match(r.segments)
		if !ok {
			continue
		}
		known = true
		if rt.method == r.method && n > literals {
			best, args, literals = rt, found, n
		}
	}
	return best, args, known
}

func (r *route) match(segments []string) (args []string, literals int, ok bool) {
	if len(segments) != len(r.pattern) {
		return nil, 0, false
	}
	for i, p := range r.pattern {
		switch s := segments[i]; {
		case strings.EqualFold(p, s):
			literals++
		case p == "{}" && s != "" && !strings.HasPrefix(s, "$") && !strings.EqualFold(s, "delta"):
			args = append(args, s)
		default:
			return nil, 0, false
		}
	}
	return args, literals, true
}

// costOf gives what a request takes. Modifiers: $select one less, $expand one more, $top under 20 one less, never under 1;
// getByIds costs 2 with $select.
func (r *request) costOf(rt *route) cost {
	c := cost{units: rt.units}
	reading := r.method == http.MethodPost && rt.units > 1
	if r.query.selected != nil {
		c.units--
		if reading && rt.units == 5 { // getByIds
			c.units = 2
		}
	}
	if len(r.query.expand) > 0 {
		c.units++
	}
	if r.query.top > 0 && r.query.top < 20 {
		c.units--
	}
	c.units = max(c.units, 1)
	if r.method != http.MethodGet && !reading {
		c.writes = 1
	}
	return c
}
