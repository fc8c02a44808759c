// Package sandbox is a tenant for rehearsals: an http.Handler that speaks the part of Microsoft Graph v1.0 that coexist
// uses, with its sign-in endpoint, and refuses what the real one refuses, in the same words. It is not a mock: it holds
// users, groups, licences and deleted items, and every answer follows from that state.
//
// Nothing in it depends on wall time or chance: the clock and the seed come in with Options, ids are made from the seed,
// and two tenants that get the same requests in the same order end in the same state, byte for byte. What it does not
// model it refuses with 501 and a clear text, so that a gap is never hidden behind a plausible answer.
//
// The limits come from the vendor's documentation; the behaviour (address calculation, uniqueness, seats) is written here
// independently of what the engine predicts, so that the two can be held against each other.
//
// Tenant.Handler sits behind a listener, Tenant.Transport in the same process; with an injected clock an hour of traffic
// passes in a second or two. Delta answers from a log of changes, kept for seven days of the tenant's time from the first delta on.
//
// Exchange Online lies beside Graph under /adminapi/ and works on the same tenant: what a licence, a deletion or a restore
// does to mailboxes follows from the objects, and what a cmdlet writes shows in Graph. Its recipients hold what the
// directory does not; unknown cmdlets and parameters are refused as the service refuses them.
//
// Words: an object is a user, a group or a contact; its row holds the stored properties; a refusal is an answer that changed
// nothing; a fault is a scripted misbehaviour of the service; the control surface is for tests and people, never for the
// connector.
package sandbox
