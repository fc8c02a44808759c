// Package graph is the connector of Entra ID through Microsoft Graph v1.0. It is the only package that imports the
// Microsoft Graph SDK: its request adapter carries every request and signs it, its error models read every refusal. What
// the SDK would do on its own, repeating, pacing, compressing and paging, is done here instead, because repeating a
// create makes a second object; docs/adr/0002-graph-client.md has the figures and the reasons.
//
// Three promises stand above the rest. A create that may have taken effect is never sent again: its outcome is
// fault.Unknown, and ByAnchor is asked. A read is whole or an error: a page that is cut, repeats or leads to another host
// never means fewer objects. A link of a group is removed through one function, because the same request without its
// last part deletes the member itself.
//
// Words: an answer is a response with its body read to the end. The purpose of a request says what its failure means. A
// row is an object as Graph sends it, a column one property of coexist in a row and in a request.
package graph
