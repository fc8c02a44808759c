package sandbox

import "slices"

// ProductRoles gives the application permissions that coexist asks consent for.
func ProductRoles() []string {
	return []string{"User.ReadWrite.All", "User.DeleteRestore.All", "User-PasswordProfile.ReadWrite.All", "Group.ReadWrite.All",
		"LicenseAssignment.ReadWrite.All", "OrgContact.Read.All", "Organization.Read.All", "Domain.Read.All",
		"RoleManagement.Read.Directory", "User-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.Read.All", "Exchange.ManageAsApp"}
}

// Which application permissions suffice for what, the least one first. Source: the permission tables of Microsoft Graph
// v1.0. patchUsers and patchGroups are only the door; the handlers look at what is changed.
var (
	readUsersBasic       = append([]string{"User.ReadBasic.All"}, readUsers...)
	readUsers            = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeUsers           = []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}
	patchUsers           = append([]string{"User.EnableDisableAccount.All", "User-PasswordProfile.ReadWrite.All", "User-LifeCycleInfo.ReadWrite.All"}, writeUsers...)
	deleteUsers          = []string{"User.DeleteRestore.All", "User.ReadWrite.All"}
	revokeSessions       = []string{"User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"}
	sendMail             = []string{"Mail.Send"}
	readUserBehavior     = []string{"User-OnPremisesSyncBehavior.Read.All", "User-OnPremisesSyncBehavior.ReadWrite.All"}
	writeUserBehavior    = []string{"User-OnPremisesSyncBehavior.ReadWrite.All"}
	readGroups           = []string{"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readGroupsBasic      = append([]string{"Group.ReadBasic.All"}, readGroups...)
	createGroups         = []string{"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
	writeGroups          = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}
	patchGroups          = []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
	readGroupBehavior    = []string{"Group-OnPremisesSyncBehavior.Read.All", "Group-OnPremisesSyncBehavior.ReadWrite.All"}
	writeGroupBehavior   = []string{"Group-OnPremisesSyncBehavior.ReadWrite.All"}
	readContacts         = []string{"OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readContactBehavior  = []string{"Contacts-OnPremisesSyncBehavior.Read.All", "Contacts-OnPremisesSyncBehavior.ReadWrite.All"}
	writeContactBehavior = []string{"Contacts-OnPremisesSyncBehavior.ReadWrite.All"}
	readMembers          = []string{"GroupMember.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeMembers         = []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
	readMemberOf         = append([]string{"User.Read.All"}, readDirectory...)
	readLicences         = []string{"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	writeLicences        = []string{"LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"}
	readSKUs             = []string{"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readDomains          = []string{"Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readOrganization     = []string{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readRoles            = []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"}
	readPhotos           = []string{"ProfilePhoto.Read.All", "ProfilePhoto.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"}
	writePhotos          = []string{"ProfilePhoto.ReadWrite.All", "User.ReadWrite.All"}
	readGroupPhotos      = []string{"ProfilePhoto.Read.All", "ProfilePhoto.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"}
	writeGroupPhotos     = []string{"ProfilePhoto.ReadWrite.All", "Group.ReadWrite.All"}
	readEligibility      = []string{"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"}
	readSynchronization  = []string{"OnPremDirectorySynchronization.Read.All", "OnPremDirectorySynchronization.ReadWrite.All"}
	readDirectory        = []string{"Directory.Read.All", "Directory.ReadWrite.All"}
	readDeleted          = []string{"User.DeleteRestore.All", "User.Read.All", "User.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	restoreObjects       = []string{"User.DeleteRestore.All", "User.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
)

// may reports whether the caller holds one of the permissions.
func (c *caller) may(any []string) bool {
	return slices.ContainsFunc(any, func(p string) bool { return slices.Contains(c.roles, p) })
}

// has reports whether the caller holds the permission itself.
func (c *caller) has(permission string) bool { return slices.Contains(c.roles, permission) }

// mayPatchUser looks at what a PATCH of a user changes: a password needs its own permission, accountEnabled alone and the
// leave date have narrower ones.
func (c *caller) mayPatchUser(names []string) bool {
	for _, n := range names {
		ok := c.may(writeUsers)
		switch n {
		case "passwordProfile":
			ok = c.has("User-PasswordProfile.ReadWrite.All")
		case "employeeLeaveDateTime":
			ok = c.has("User-LifeCycleInfo.ReadWrite.All")
		case "accountEnabled":
			ok = ok || c.has("User.EnableDisableAccount.All") && c.may(readUsers)
		}
		if !ok {
			return false
		}
	}
	return true
}
