// Package ldif reads the objects of an Active Directory from files instead of a server, for work offline: an LDIF export
// (RFC 2849) as ldifde, ldapsearch and Samba's ldbsearch write it, or a snapshot that was saved before.
//
// A file is read whole or not at all: an object that a damaged export lacks would be planned for deletion. All mistakes
// of a file are reported at once, with file and line. What cannot be told from a complete export is refused rather than
// guessed: every record must be closed by an empty line, and the counts that ldapsearch and ldbsearch write at the end
// must be there and agree with the records.
//
// It is not an LDIF parser for every purpose: change records are refused, and values by URL (attr:< …) are never fetched.
package ldif
