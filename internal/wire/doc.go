// Package wire is what coexist and the PowerShell module say to each other: one request on standard input, lines of JSON on
// standard output. The types here are the source of truth for the module's types, views, help and errors; tests hold the
// module against them.
//
// A request is one line. Input stays open behind it: its end, or the line {"op":"cancel"}, asks for a clean end. Every line
// of the answer is one JSON object with its kind k, its number seq (from 1, without gaps) and its time t. The first is hello,
// the last result, exactly one of each. In a record's data the first letter of each name is raised, so that a PowerShell
// object made from it needs no copying.
//
// Readers ignore kinds and fields that they do not know. Adding a field keeps the version; a change of meaning makes a new
// one. docs/wire.md tells the same to people.
package wire
