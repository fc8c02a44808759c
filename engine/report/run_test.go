package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/internal/golden"
)

func performed(state journal.RunState, changes int, entries ...journal.Entry) report.Performed {
	counts := journal.Counts{}
	for _, e := range entries {
		counts[e.State]++
	}
	start := time.Date(2026, 9, 15, 22, 0, 0, 0, time.UTC)
	return report.Performed{Counts: counts, Entries: each(entries), Run: journal.Run{ID: "r1", Plan: "sha256:0c0c", Mode: "apply",
		Tenant: "11111111-2222-3333-4444-555555555555", State: state, Changes: changes, By: journal.Who{User: "ops\x1b[1m", Host: "sync1"},
		Started: start, Finished: start.Add(3 * time.Minute)}}
}

func entry(state journal.State, a plan.Action, name, detail string) journal.Entry {
	return journal.Entry{Run: "r1", Anchor: directory.Anchor(name), Name: name, Action: a, State: state, Detail: detail}
}

func TestRun(t *testing.T) {
	var mixed []journal.Entry
	for i := range 8 {
		mixed = append(mixed, entry(journal.Failed, plan.Create, fmt.Sprintf("User %d", i), "create user: another object holds this userPrincipalName"))
	}
	mixed = append(mixed, entry(journal.Done, plan.Update, "Anna Adler", ""), entry(journal.Conflict, plan.Update, "Bernd\nBach", "displayName is \x1b[31m\"B\""),
		entry(journal.Blocked, plan.License, "User 1", "waits for the creation of User 1"), entry(journal.Unknown, plan.Create, "Carla Cohn", ""))
	stopped := performed(journal.Stopped, 400, mixed...)
	stopped.Run.Detail = "8 of 12 changes failed"
	stopped.Run.Overrides = []journal.Override{{Guard: "delete", Plan: "sha256:0c0c", Reason: "CHG0031337"}}
	cases := map[string]report.Performed{
		"done":        performed(journal.Finished, 2, entry(journal.Done, plan.Create, "Anna", ""), entry(journal.Already, plan.Update, "Bernd", "")),
		"part":        performed(journal.Finished, len(mixed), mixed...),
		"stopped":     stopped,
		"interrupted": performed(journal.Interrupted, 10, entry(journal.Done, plan.Create, "Anna", "")),
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.Run(&out, c, report.Options{}); err != nil {
				t.Fatal(err)
			}
			golden.File(t, "run/"+name+".txt", out.Bytes())
		})
	}
}

func TestRunJSON(t *testing.T) {
	var out bytes.Buffer
	if err := report.RunJSON(&out, performed(journal.Finished, 1, entry(journal.Done, plan.Create, "Anna", ""))); err != nil {
		t.Fatal(err)
	}
	var back struct {
		FormatVersion, Kind string
		Run                 journal.Run
		Counts              journal.Counts
		Entries             []journal.Entry
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Kind != "coexist.report.run" || back.Run.ID != "r1" || back.Counts[journal.Done] != 1 || len(back.Entries) != 1 {
		t.Errorf("%+v", back)
	}
}
