// Package ldapwire speaks the few operations of LDAP (RFC 4511) that reading a directory takes: StartTLS, simple bind and
// search. go-ldap does them too, but decodes an entry with two thousand allocations, keeps 60 KiB for it, and answers a
// search on a closed connection with an empty success. Here a connection is used by one caller, who waits for each answer;
// an entry is one allocation; and a search that ends without its final message is an error.
//
// It knows nothing of Active Directory, never follows referrals and never retries. After any error but a *ResultError the
// state of the connection is unknown: close it.
package ldapwire
