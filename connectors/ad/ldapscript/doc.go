// Package ldapscript is a small LDAP server for tests that answers as an Active Directory domain controller does and fails
// on command. It plays what a real domain controller will not do when asked: a size limit in the third page, a connection
// cut in the middle of an entry, a page without its paging control, a group that changes between two ranges.
//
// It knows simple binds over TLS, StartTLS, the rootDSE, the schema's attribute names, searches with the common filters,
// pages, ranges of values, <GUID=…> bases and deleted objects. It has no access control: a test says what is hidden.
package ldapscript
