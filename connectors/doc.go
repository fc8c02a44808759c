// Package connectors is where connected directories are reached; it holds nothing itself. This text tells how to write one.
//
// A source implements connector.Importer, and connector.Locator where it can look for objects that vanished. A target
// implements connector.Target: a Reader and an Exporter. The interfaces and what they promise stand in engine/connector;
// what follows is how to keep the promises.
//
// Reading. Whole or an error. A page that is cut, a missing end, a referral, a limit, a link to somewhere else: each is
// fault.Unreachable, because an object that is missing from a read is planned for deletion. Rows that pages repeat are
// dropped by id. A property that was asked for and is not returned has no value, so what could not be read must fail the
// read. Values come in the form that package cloud calls canonical: ids in lower case, sets sorted, nothing for null,
// empty text and empty set alike.
//
// Writing. One plan.Change is one write, whole or not at all; Members alone may take several, which are idempotent. The
// outcome of every request is one of three: it happened, it did not, nobody knows. The last is fault.Unknown, and is what
// a create gets whose answer was lost, by whatever it was lost; the caller then asks ByAnchor. Adding what is there and
// removing what is not are successes. Where the server's replicas lag, an object that was just made here and is not found
// is fault.NotReady for as long as the lag may last; so is ByAnchor after a create of unknown outcome, because
// fault.NotFound says that it may be created. An anchor is never written over another one.
//
// Errors. Every error is a *fault.Error whose kind is set in one function of the connector, from status and code first
// and from the text last. It keeps the server's own words, made printable, and its request id; it never holds a token, a
// password or the address of a request. Whoever cannot tell says fault.Unknown for a write and fault.Unreachable for a
// read of the whole.
//
// Pace. The connector knows the limits of its server and stays under them by itself, obeys the server's own word on when
// to come again, and repeats only what can be repeated. Time comes in as Now and Sleep, so that tests wait for nothing.
// The order of writes to one object is the caller's business.
//
// Tests. Package conformance holds a target against the contract; memory, and graph against the sandbox, show how to run
// it. Beside it: every fault at every request of a short story must leave the tenant as it would be without; decoders are
// fuzzed; names and types are compared with the vendor's schema.
//
// A connector imports directory/..., engine/connector and engine/plan, and nothing else of ours; internal/layers checks.
package connectors
