// Package ad reads users, contacts and groups from Active Directory over LDAP. It is a connector.Importer and a
// connector.Locator, and it can probe what it was configured with.
//
// A read is whole or an error. What proves that it is whole:
//
//   - each scope was found, by the GUID it had when it was last read or else by its DN, and its own entry came back in the
//     search for its objects: a domain controller answers an OU that may not be read with an empty success;
//   - the account holds the right List Contents on the scope's OU and on every OU and container below it that the server
//     shows, by their access control lists and by the groups that the server counts the session to: what lies in one
//     without that right is left out in silence. One whose list may not be read has the benefit of the doubt;
//   - each page ended in success and with its paging control;
//   - nothing was left to another server: a referral or search continuation is an error;
//   - each attribute that came in part was read to its last value, from an object that did not change meanwhile.
//
// What nothing shows is an OU that is itself hidden, as from an account to which everything on it is denied: a search by
// class passes it over, and what lies in it is left out in silence. Objects that were read before it was hidden are then
// missing, and Locate finds them unreadable, not gone; objects that never were read are not noticed.
//
// A server that is busy is asked again a few times, always from the beginning on a new connection.
//
// Passwords travel in a simple bind, so the connection is always TLS: ldaps:// or ldap:// with StartTLS, which cannot be
// turned off. The password is fetched when it is needed and not kept.
//
// Entries are read by package ldapwire, because go-ldap is ten times slower than reading need be; go-ldap's filters and
// names are used. A message may have ldapwire.MaxMessage bytes, so that asn1-ber's global limit need not be set.
//
// What is not here: binds by Kerberos, deltas (DirSync), choosing among domain controllers, and writing.
package ad
