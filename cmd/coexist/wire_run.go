package main

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/wire"
)

// runSoFar counts the changes of a run that have their effect.
type runSoFar struct {
	added, updated, deleted, told int
	steps                         []wire.RunStep
}

// mostErrors is how many changes without their effect are told one by one; the rest is in the run's figures.
const mostErrors = 1000

// takeEntry takes what became of one change. As a record where the run is looked at; while it is carried out, as an error
// where it has no effect.
func takeEntry(looking bool) member {
	return func(a *answer, b json.RawMessage) error {
		var e journal.Entry
		if err := json.Unmarshal(b, &e); err != nil {
			return err
		}
		if e.State.Succeeded() {
			r := &a.came.run
			r.added, r.updated, r.deleted = tally(e.Action, 1, r.added, r.updated, r.deleted)
		}
		if looking {
			a.came.run.step(e)
			return a.record(wire.RunChange{RunID: e.Run, ChangeID: e.Change, Operation: string(e.Action), Name: e.Name, ObjectID: e.TargetID, Directory: string(e.Directory),
				State: string(e.State), Succeeded: e.State.Succeeded(), Attempts: e.Attempt, Message: e.Detail, RequestID: e.RequestID, At: milliseconds(e.At)}, e.Name)
		}
		if e.State.Succeeded() || e.State == journal.Delayed || a.came.run.told >= mostErrors {
			return nil
		}
		a.came.run.told++
		return a.Write(entryError(e))
	}
}

// step adds a change to its step.
func (r *runSoFar) step(e journal.Entry) {
	i := slices.IndexFunc(r.steps, func(s wire.RunStep) bool {
		return s.Directory == string(e.Directory) && s.Operation == string(e.Action)
	})
	if i < 0 {
		i, r.steps = len(r.steps), append(r.steps, wire.RunStep{RunID: e.Run, Directory: string(e.Directory), Operation: string(e.Action), StartedAt: milliseconds(e.At)})
	}
	s := &r.steps[i]
	s.Changes++
	switch {
	case e.State.Succeeded():
		s.Succeeded++
	case e.State != journal.Delayed: // which is no error
		s.Errors++
	}
	if at := milliseconds(e.At); at.Before(s.StartedAt) {
		s.StartedAt = at
	} else if at.After(s.EndedAt) {
		s.EndedAt = at
	}
}

// milliseconds gives an instant as exactly as the wire tells it.
func milliseconds(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// entryError tells a change that has no effect.
func entryError(e journal.Entry) wire.Line {
	code := "object.failed"
	switch e.State {
	case journal.Conflict, journal.Stale:
		code = "object.conflict"
	case journal.Deferred, journal.Blocked:
		code = "object.deferred"
	}
	text := string(e.Action) + " " + e.Name + ": " + string(e.State)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return wire.Line{Kind: wire.KindError, Code: code, Message: clipped(text), Target: &wire.Target{Type: string(e.Directory), ID: e.TargetID, Name: clipped(e.Name)},
		Context: []wire.Pair{{Name: "RunId", Value: e.Run}, {Name: "ChangeId", Value: e.Change}}}
}

// takeRun makes a record of a run in a list.
func takeRun(a *answer, b json.RawMessage) error {
	var x struct {
		journal.Run
		Counts  journal.Counts      `json:"counts"`
		Effects map[plan.Action]int `json:"effects"`
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	r := runRecord(x.Run, x.Counts)
	var added, updated, deleted int
	for action, n := range x.Effects {
		added, updated, deleted = tally(action, n, added, updated, deleted)
	}
	r.Added, r.Updated, r.Deleted = &added, &updated, &deleted
	return a.record(r, x.ID)
}

// endRun makes a run the result.
func endRun(prefix string) func(*answer, head) error {
	return func(a *answer, h head) error {
		var r journal.Run
		var c journal.Counts
		if err := h.into(prefix+"run", &r); err != nil {
			return err
		}
		if err := h.into(prefix+"counts", &c); err != nil {
			return err
		}
		slices.SortStableFunc(a.came.run.steps, func(x, y wire.RunStep) int { return x.StartedAt.Compare(y.StartedAt) })
		for i, step := range a.came.run.steps {
			step.StepNumber = i + 1
			if err := a.record(step, r.ID); err != nil {
				return err
			}
		}
		x := runRecord(r, c)
		x.Added, x.Updated, x.Deleted = &a.came.run.added, &a.came.run.updated, &a.came.run.deleted
		a.came.result = x
		a.came.context = append(a.came.context, wire.Pair{Name: "RunId", Value: x.RunID})
		return nil
	}
}

// endSync makes the run of a sync the result; without one, what its plan came to.
func endSync(a *answer, h head) error {
	if !h.has("plan") {
		return endDetached(a, h)
	}
	if err := endPlan("plan.")(a, h); err != nil {
		return err
	}
	p := a.came.result.(wire.Plan)
	if h.has("run") {
		if err := endRun("run.")(a, h); err != nil {
			return err
		}
		r := a.came.result.(wire.SyncRun)
		switch r.Skipped = p.Skipped; {
		case p.State == "GuardExceeded":
			r.State = "StoppedGuardExceeded"
		case r.State == "Succeeded" && r.Changes == 0:
			r.State = "NothingToDo"
		}
		a.came.result = r
		return nil
	}
	a.came.result = notApplied(a, p)
	return nil
}

// notApplied gives the run that did not take place: nothing was to be done, a guard forbids it, or it was a rehearsal.
func notApplied(a *answer, p wire.Plan) wire.SyncRun {
	at := p.CreatedAt
	var none int
	r := wire.SyncRun{Mode: "Apply", State: "NothingToDo", Added: &none, Updated: &none, Deleted: &none, Trigger: a.request.Op, PlanDigest: p.Digest, TenantID: p.TenantID, StartedAt: &at, EndedAt: &at, Changes: p.Changes,
		Skipped: p.Skipped, User: who().User, Computer: who().Host, PolicyType: policyTypeOf(a.request.Op), PercentComplete: -1, EngineVersion: version}
	if a.request.Mode == wire.WhatIf {
		r.Mode, r.State, r.Added, r.Updated, r.Deleted = "WhatIf", "Succeeded", &p.Added, &p.Updated, &p.Deleted
		if p.Path == "" { // the plan file is gone
			r.PlanDigest = ""
		}
	}
	if p.State == "GuardExceeded" {
		r.State = "StoppedGuardExceeded"
	}
	return r
}

// runRecord gives the record of a run.
func runRecord(r journal.Run, c journal.Counts) wire.SyncRun {
	x := wire.SyncRun{RunID: r.ID, Mode: "Apply", Trigger: r.Mode, PolicyType: policyTypeOf(r.Mode), PercentComplete: -1, StopRequested: r.Stop != nil, EngineVersion: r.Engine, PlanDigest: r.Plan, TenantID: r.Tenant, StartedAt: instantOf(r.Started), EndedAt: instantOf(r.Finished),
		Changes: r.Changes, Succeeded: c.Succeeded(), Errors: c.Reached() - c.Succeeded() - c[journal.Delayed], Detail: r.Detail, User: r.By.User, Computer: r.By.Host}
	if x.EndedAt != nil && x.StartedAt != nil {
		x.DurationMs = x.EndedAt.Sub(*x.StartedAt).Milliseconds()
	}
	if p := r.Progress; p != nil {
		x.Phase, x.PercentComplete = string(p.Phase), p.Percent()
	}
	if r.State == journal.Running {
		x.Errors -= c.Unsettled()
	}
	x.State = runState(r, x.Succeeded+c[journal.Delayed], x.Changes) // what waits as a task is no error
	return x
}

// runState gives the word for how a run stands, of whose changes some have or will have their effect.
func runState(r journal.Run, well, changes int) string {
	switch {
	case r.State == journal.Running:
		return "Running"
	case r.State == journal.Interrupted:
		return "Interrupted"
	case r.State == journal.Stopped:
		return "Stopped"
	case r.State == journal.Refused && strings.HasPrefix(r.Detail, "guard "):
		return "StoppedGuardExceeded"
	case r.State == journal.Refused:
		return "Refused"
	case r.State == journal.Broken:
		return "Failed"
	case well == changes || r.Mode == "tasks": // of which those that failed are told one by one
		return "Succeeded"
	}
	return "CompletedWithErrors"
}

// policyTypeOf gives how a run reads the directories, in the words of ADSync. Without change tracking that is in full.
func policyTypeOf(mode string) string {
	if mode == "sync" {
		return "Initial"
	}
	return ""
}

func instantOf(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = milliseconds(at)
	return &at
}
