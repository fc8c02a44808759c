package main

import (
	"encoding/json"
	"strings"

	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/report"
	delayed "github.com/coexistsync/coexist/engine/task"
	"github.com/coexistsync/coexist/internal/wire"
)

// takeTask makes a record of a delayed task in a list.
func takeTask(a *answer, b json.RawMessage) error {
	var t delayed.Task
	if err := json.Unmarshal(b, &t); err != nil {
		return err
	}
	return a.record(taskRecord(t), t.Change.Object.Name)
}

// endTask makes a record of the one task of a document.
func endTask(a *answer, h head) error { return takeTask(a, h["task"]) }

func taskRecord(t delayed.Task) wire.DelayedTask {
	c := changeRecord(t.Change)
	return wire.DelayedTask{TaskID: t.ID, State: capital(string(t.State)), Operation: c.Operation, Identity: c.Identity, Name: c.Name, ObjectType: c.ObjectType,
		ObjectID: c.ObjectID, Directory: c.Directory, Attributes: c.Attributes, Reason: t.Reason, CreatedAt: milliseconds(t.Created), NextAt: milliseconds(t.Next),
		DeadlineAt: milliseconds(t.Deadline), EndedAt: instantOf(t.Ended), Attempts: t.Attempts, Message: t.Detail, RequestID: t.RequestID, PlanDigest: t.Plan, RunID: t.Run}
}

// capital raises the first letter of a word of ASCII.
func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// endTaskRun makes what came of tasks the result.
func endTaskRun(a *answer, h head) error {
	var t report.Tasked
	if err := h.into("tasks", &t); err != nil {
		return err
	}
	r := wire.TaskResult{RunID: t.Run.ID, State: "NothingToDo", Done: t.Done, Waiting: t.Waiting, Failed: len(t.Ended), StartedAt: instantOf(t.Run.Started),
		EndedAt: instantOf(t.Run.Finished), Tasks: []wire.DelayedTask{}}
	switch {
	case t.Run.ID == "":
	case len(t.Ended) > 0 && t.Run.State == journal.Finished:
		r.State = "CompletedWithErrors"
	default:
		r.State = runState(t.Run, 0, 0)
	}
	for _, x := range t.Ended {
		r.Tasks = append(r.Tasks, taskRecord(x))
	}
	a.came.result = r
	return nil
}

// takeHalt makes a record of a halt in a list.
func takeHalt(a *answer, b json.RawMessage) error {
	var h journal.Halt
	if err := json.Unmarshal(b, &h); err != nil {
		return err
	}
	return a.record(wire.Halt{Active: h.Lifted.IsZero(), Reason: h.Reason, Since: milliseconds(h.Since), User: h.By.User, Computer: h.By.Host,
		LiftedAt: instantOf(h.Lifted), LiftedBy: h.Lifter.User}, h.Reason)
}

// endHalt makes a record of the one halt of a document, if there is one.
func endHalt(a *answer, h head) error {
	if !h.has("halt") {
		return nil
	}
	return takeHalt(a, h["halt"])
}

// takeApproval makes a record of an approval.
func takeApproval(a *answer, b json.RawMessage) error {
	var x journal.Approval
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	return a.record(wire.Approval{PlanDigest: x.Plan, User: x.By.User, Computer: x.By.Host, Comment: x.Comment, Key: x.Key, ApprovedAt: milliseconds(x.At)}, x.By.User)
}

// endDetached makes the run that goes on by itself the result of a sync.
func endDetached(a *answer, h head) error {
	r := journal.Run{Mode: "sync", Started: a.began, By: who(), State: journal.Running, Engine: version}
	if err := h.into("run.id", &r.ID); err != nil {
		return err
	}
	a.came.result = runRecord(r, nil)
	a.came.context = append(a.came.context, wire.Pair{Name: "RunId", Value: r.ID})
	return nil
}

// endDiagnostic makes a record of a bundle for support.
func endDiagnostic(a *answer, h head) error {
	var b bundled
	if err := h.into("diagnostic", &b); err != nil {
		return err
	}
	return a.record(wire.Diagnostic{Path: b.Path, Size: b.Size, Sha256: b.SHA256, Files: b.Files}, b.Path)
}
