// Package conformance is the contract of a target as one test suite. Every connector that can write runs it, against a
// tenant of its own in memory or over the wire:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, func(t *testing.T) conformance.Tenant { … })
//	}
//
// What it asks is what engine/connector says and nothing more, so that whatever passes it can take the place of another.
package conformance
