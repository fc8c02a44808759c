package graph

import (
	"slices"
)

// Need is something that coexist does in the tenant, with the permissions of Microsoft Graph any of which allows it, the
// least one first. Source: the permission tables of Microsoft Graph v1.0, application permissions.
type Need struct {
	What     string
	Apply    bool // needed to apply; what is not is needed to plan, and so to apply too
	Optional bool // without it, coexist works and knows less
	Any      []string

	unknown string   // what is not known without it
	path    string   // the first page of what it lets read
	query   []string // of path
	header  []string // of path
}

// Needs lists what coexist needs, reading before writing. doctor compares it with what is granted, and init tenant grants
// the least of it.
func Needs() []Need { return slices.Clone(needs) }

func top(path string, more ...string) (string, []string) {
	return path, append([]string{"$select", "id", "$top", "1"}, more...)
}

var needs = func() []Need {
	list := []Need{
		{What: "users", Any: []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "groups and their members", Any: []string{"Group.Read.All", "GroupMember.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "deleted users", Any: []string{"User.Read.All", "User.DeleteRestore.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "deleted groups", Any: []string{"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "subscriptions", Any: []string{"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "organization", Any: []string{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "domains", Any: []string{"Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "administrators", Any: []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{What: "cloud-managed users", Any: []string{"User-OnPremisesSyncBehavior.Read.All", "User-OnPremisesSyncBehavior.ReadWrite.All"}},
		{What: "cloud-managed groups", Any: []string{"Group-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.ReadWrite.All"}},
		{What: "contacts", Optional: true, Any: []string{"OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
			unknown: "addresses of mail contacts are not known here; grant OrgContact.Read.All"},
		{What: "administrators who are only eligible", Optional: true, Any: []string{"RoleManagement.Read.Directory", "RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"},
			unknown: "who can become an administrator through Privileged Identity Management is not known; it takes Entra ID P2 and RoleManagement.Read.Directory"},

		{What: "users", Apply: true, Any: []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}},
		{What: "deletion and restoring of users", Apply: true, Any: []string{"User.DeleteRestore.All", "User.ReadWrite.All"}},
		{What: "groups, owners and members", Apply: true, Any: []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}},
		{What: "licences", Apply: true, Any: []string{"LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"}},
		{What: "passwords of users who are there already", Apply: true, Optional: true, Any: []string{"User-PasswordProfile.ReadWrite.All", "Directory.AccessAsUser.All"},
			unknown: "passwords are given to new users only; grant User-PasswordProfile.ReadWrite.All to reset others"},
		{What: "photos", Apply: true, Optional: true, Any: []string{"User.ReadWrite.All", "ProfilePhoto.ReadWrite.All"},
			unknown: "photos are not written; grant ProfilePhoto.ReadWrite.All"},
	}
	for what, path := range map[string]string{"users": "/users", "groups and their members": "/groups", "contacts": "/contacts",
		"deleted users": deletedUsers, "deleted groups": deletedGroups} {
		i := slices.IndexFunc(list, func(n Need) bool { return n.What == what && !n.Apply })
		list[i].path, list[i].query = top(path)
	}
	for what, filter := range map[string]string{"cloud-managed users": "/users", "cloud-managed groups": "/groups"} {
		i := slices.IndexFunc(list, func(n Need) bool { return n.What == what })
		list[i].path, list[i].query = top(filter, "$filter", "onPremisesSyncBehavior/isCloudManaged eq true")
	}
	for what, path := range map[string]string{"subscriptions": "/subscribedSkus", "organization": "/organization", "domains": "/domains", "administrators": "/directoryRoles",
		"administrators who are only eligible": eligiblePath} {
		i := slices.IndexFunc(list, func(n Need) bool { return n.What == what })
		list[i].path, list[i].query = path, []string{"$select", "id"}
	}
	return list
}()

// LeastPermissions gives the application permissions to grant, in the table's order, each once: to plan, or to apply, which
// plans too. Writing takes the least permission of each call; reading takes one only where none of those lets read already.
func LeastPermissions(apply bool) []string {
	var out []string
	for _, n := range needs {
		if n.Apply && apply && !slices.Contains(out, n.Any[0]) {
			out = append(out, n.Any[0])
		}
	}
	for _, n := range needs {
		if !n.Apply && !slices.ContainsFunc(n.Any, func(p string) bool { return slices.Contains(out, p) }) {
			out = append(out, n.Any[0])
		}
	}
	return out
}

// held looks for one of the permissions among those granted.
func (n Need) held(granted []string) Finding {
	f := Finding{Check: "read: " + n.What}
	if n.Apply {
		f.Check = "write: " + n.What
	}
	if i := slices.IndexFunc(n.Any, func(p string) bool { return slices.Contains(granted, p) }); i >= 0 {
		f.OK, f.Detail = true, n.Any[i]
		return f
	}
	f.Detail, f.Warning, f.Hint = "no permission for it", n.Optional, "grant the application permission "+n.Any[0]+", with admin consent"
	if n.Optional {
		f.Hint = n.unknown
	}
	return f
}

// excess finds permissions that are granted and that nothing needs for which the others granted do not suffice. It finds none
// in what LeastPermissions names for the same purpose.
func excess(granted []string, apply bool) []Finding {
	needed := map[string]bool{"Mail.Send": true} // for reports by mail
	for _, n := range needs {
		if n.Apply && !apply {
			continue
		}
		for _, p := range n.Any { // the least of those granted counts
			if slices.Contains(granted, p) {
				needed[p] = true
				break
			}
		}
	}
	var out []Finding
	for _, p := range slices.Sorted(slices.Values(granted)) {
		if needed[p] {
			continue
		}
		hint := "nothing here needs it: take it away, or keep it in mind"
		if slices.ContainsFunc(needs, func(n Need) bool { return n.Apply && !apply && slices.Contains(n.Any, p) }) {
			hint = "only applying needs it: grant it once writes are on, to those who write"
		}
		out = append(out, Finding{Check: "more than needed", Warning: true, Detail: printable(p), Hint: hint})
	}
	return out
}
