// Package layers holds the house rules on who may import whom, as a test over the source tree; see docs/architecture.md.
// It has no code to import.
package layers
