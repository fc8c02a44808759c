package main

import (
	"testing"

	"github.com/coexistsync/coexist/internal/wire"
)

// one decodes the only record of a type.
func one(t *testing.T, lines []wire.Line, v any, name string) {
	t.Helper()
	found := of(lines, wire.KindRecord, name)
	if len(found) != 1 {
		t.Fatalf("%d records of type %s: %+v", len(found), name, lines)
	}
	decode(t, found[0].Data, v)
}

func TestWireHaltsAndLifts(t *testing.T) {
	sample(t)
	if _, exit := call(t, "halt", `{"wire":1,"op":"halt","params":{"reason":"drill"}}`); exit != 64 {
		t.Errorf("halt in mode read: exit code %d", exit)
	}
	var h struct {
		Active bool
		Reason string
	}
	lines, _ := call(t, "halt", `{"wire":1,"op":"halt","mode":"apply","params":{"reason":"drill"}}`)
	if one(t, lines, &h, "Halt"); !h.Active || h.Reason != "drill" {
		t.Errorf("%+v", h)
	}
	lines, exit := call(t, "sync", `{"wire":1,"op":"sync","mode":"apply"}`)
	if e := of(lines, wire.KindError); exit != 6 || len(e) != 1 || e[0].Code != "run.halted" {
		t.Errorf("sync while halted: exit code %d, %+v", exit, e)
	}
	lines, _ = call(t, "halt", `{"wire":1,"op":"halt"}`)
	if one(t, lines, &h, "Halt"); !h.Active {
		t.Error("the list does not tell that the halt holds")
	}
	lines, _ = call(t, "halt", `{"wire":1,"op":"halt","mode":"apply","params":{"lift":true}}`)
	if one(t, lines, &h, "Halt"); h.Active {
		t.Error("lifted, and still active")
	}
}

func TestWireTasksApprovalsAndUndo(t *testing.T) {
	sample(t)
	call(t, "plan", `{"wire":1,"op":"plan","params":{"out":"a.plan"},"records":[]}`)
	lines, exit := call(t, "approve", `{"wire":1,"op":"approve","mode":"apply","args":["a.plan"],"params":{"comment":"CHG1"}}`)
	var p struct{ PlanDigest, Comment string }
	if one(t, lines, &p, "Approval"); exit != 0 || p.Comment != "CHG1" || p.PlanDigest == "" {
		t.Errorf("approve: exit code %d, %+v", exit, p)
	}
	lines, exit = call(t, "approve", `{"wire":1,"op":"approve","mode":"apply","args":["a.plan"],"params":{"withdraw":true}}`)
	if exit != 0 || len(of(lines, wire.KindRecord)) > 0 {
		t.Errorf("withdraw: exit code %d, %+v", exit, lines)
	}
	call(t, "apply", `{"wire":1,"op":"apply","mode":"apply","args":["a.plan"]}`)

	lines, _ = call(t, "runs list", `{"wire":1,"op":"runs.list"}`)
	var r struct {
		Added, Updated, Deleted *int
		EngineVersion           string
	}
	if one(t, lines, &r, "SyncRun"); r.Added == nil || *r.Added == 0 || r.Deleted == nil || r.EngineVersion != version {
		t.Errorf("runs: %+v", r)
	}

	lines, _ = call(t, "tasks list", `{"wire":1,"op":"tasks.list"}`)
	list := of(lines, wire.KindRecord, "DelayedTask")
	if len(list) == 0 {
		t.Fatal("nothing waits")
	}
	var k struct {
		TaskID string `json:"TaskId"`
		State  string
	}
	decode(t, list[0].Data, &k)
	for _, c := range []struct{ command, state string }{{"suspend", "Suspended"}, {"resume", "Waiting"}, {"cancel", "Cancelled"}, {"show", "Cancelled"}} {
		lines, _ = call(t, "tasks "+c.command, `{"wire":1,"op":"tasks.`+c.command+`","mode":"apply","args":["`+k.TaskID+`"]}`)
		if one(t, lines, &k, "DelayedTask"); k.State != c.state {
			t.Errorf("tasks %s: %s", c.command, k.State)
		}
	}
	lines, exit = call(t, "tasks suspend", `{"wire":1,"op":"tasks.suspend","mode":"apply","args":["`+k.TaskID+`"]}`)
	if e := of(lines, wire.KindError); exit != 6 || len(e) != 1 || !e[0].Fatal {
		t.Errorf("suspending what has ended: exit code %d, %+v", exit, e)
	}
	lines, exit = call(t, "tasks run", `{"wire":1,"op":"tasks.run","mode":"apply"}`)
	var done struct{ State string }
	if decode(t, lines[len(lines)-1].Data, &done); exit != 0 || done.State == "" {
		t.Errorf("tasks run: exit code %d, %+v", exit, done)
	}

	lines, exit = call(t, "undo", `{"wire":1,"op":"undo","args":["last"],"params":{"out":"back.plan"},"records":["Plan"]}`)
	if e := of(lines, wire.KindError); exit != 0 && exit != 5 && exit != 6 {
		t.Errorf("undo: exit code %d, %+v", exit, e)
	}
}

func TestWireExplainsAndDiagnoses(t *testing.T) {
	sample(t)
	lines, _ := call(t, "validate", `{"wire":1,"op":"validate","records":["SyncValidation"]}`)
	var v struct{ DistinguishedName, UserPrincipalName string }
	for _, l := range of(lines, wire.KindRecord) {
		if decode(t, l.Data, &v); v.UserPrincipalName != "" {
			break
		}
	}
	lines, exit := call(t, "explain", `{"wire":1,"op":"explain","args":["`+v.UserPrincipalName+`"]}`)
	if n := len(of(lines, wire.KindRecord, "Decision")); exit != 0 || n < 3 {
		t.Errorf("explain: exit code %d, %d decisions", exit, n)
	}
	lines, exit = call(t, "validate", `{"wire":1,"op":"validate","args":["`+v.UserPrincipalName+`"],"params":{"mailbox":true}}`)
	var m struct {
		Identity string
		Steps    []struct{ Name, Result string }
	}
	if one(t, lines, &m, "MailboxDiagnosis"); exit != 0 || m.Identity != v.UserPrincipalName || len(m.Steps) < 5 {
		t.Errorf("exit code %d, %+v", exit, m)
	}
}
