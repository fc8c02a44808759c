// Package odata reads the part of the OData $filter language that Microsoft Graph's directory objects accept, and
// evaluates it against one object at a time: eq, ne, ge, le, gt, lt, in, startsWith, endsWith, not, and, or, any. It knows
// neither properties nor which of them may be filtered how; that is the caller's, who walks the tree.
//
// Source: OData 4.01 part 2 (URL conventions), section 5.1.1; Microsoft Graph, "advanced query capabilities on directory
// objects".
package odata
