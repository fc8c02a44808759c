// Package pswrapper holds the PowerShell module CoexistenceSync to what the engine says: it makes the module's files that
// follow from the Go types of internal/wire, and its tests check the rest without a PowerShell. Where there is one they run
// the module's own tests as well. Nothing imports it.
package pswrapper
