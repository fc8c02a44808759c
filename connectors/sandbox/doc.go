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
// Words: an object is a user or a group; its row holds the stored properties; a refusal is an answer that changed
// nothing; a fault is a scripted misbehaviour of the service; the control surface is for tests and people, never for the
// connector.
package sandbox
