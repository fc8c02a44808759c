package main

import (
	"strings"
	"testing"
	"time"

	"github.com/coexistsync/coexist/connectors/sandbox"
)

// sent counts the requests on the wire since the log was reset, and those of Exchange Online among them. Commands are what
// the latter carry: ten fit in one request.
func (w *office) sent() (wire, exchange, commands int) {
	entries, totals := w.tenant.Log()
	for _, e := range entries {
		switch {
		case !strings.HasPrefix(e.Path, "/adminapi/"):
		case strings.HasSuffix(e.Path, "$batch"):
			exchange++
		case e.Batch == "":
			exchange++
			commands++
		default:
			commands++
		}
	}
	w.tenant.ResetLog()
	return totals.Wire, exchange, commands
}

// TestMailPlanOfFiveHundredObjects counts the requests of a plan about 500 objects, of what carries it out, and of the plans
// after it. The figures stand in docs/staged-migration.md; a change that makes them grow is looked at.
func TestMailPlanOfFiveHundredObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	w := newOffice(t, mailPolicies(), sandbox.Options{Seed: 7})
	w.post(150, 75, 25, 100, 100, 50)
	w.tenant.ResetLog()
	limits := []struct {
		what           string
		wire, exchange int
		do             func()
	}{
		{"first plan", 60, 30, func() { w.must(0, "plan", "--out", w.path("first.plan")) }},
		{"carried out", 2300, 1700, func() { w.must(0, "apply", w.path("first.plan")) }},
		{"tasks", 570, 570, func() { w.advance(time.Hour); w.must(0, "tasks", "run") }},
		{"second sync", 640, 560, func() { w.sync(0) }},
		{"third plan", 160, 110, func() { w.settled() }},
	}
	for _, l := range limits {
		l.do()
		wire, exchange, commands := w.sent()
		t.Logf("%-12s %5d requests, %5d of them to Exchange Online with %5d commands", l.what, wire, exchange, commands)
		if wire > l.wire || exchange > l.exchange {
			t.Errorf("%s: %d requests, %d to Exchange Online; at most %d and %d are expected", l.what, wire, exchange, l.wire, l.exchange)
		}
	}
}
