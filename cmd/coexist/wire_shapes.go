package main

import (
	"encoding/json"
	"os"
	"strconv"

	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/internal/wire"
)

// came is what the document of a command told so far.
type came struct {
	result  wire.Recorded // of the whole command; nil for none
	context []wire.Pair   // what an error should name: guard, plan, run
	head    head          // of the document
	run     runSoFar
	checked validationSoFar
	records []wire.Recorded // that wait for the end of the document
}

type member = func(*answer, json.RawMessage) error

// shapes lists the commands that programs may call, and how their documents become records.
var shapes = map[string]shape{
	"version": {end: func(a *answer, h head) error {
		e := wire.Engine{WireMin: wire.Version, WireMax: wire.Version}
		var v map[string]string
		if err := h.into("version", &v); err != nil {
			return err
		}
		e.Version, e.Go, e.Platform, e.Expr = v["coexist"], v["go"], v["platform"], v["expr"]
		e.Path, _ = os.Executable() // "" where the system does not say
		return a.record(e, "version")
	}},
	"plan":            {each: map[string]member{"changes": takeChange, "skips": ignore}, end: endPlan("")},
	"show":            {each: map[string]member{"changes": takeChange, "skips": takeSkip, "entries": takeEntry(true)}, end: endShow},
	"runs":            {each: map[string]member{"runs": takeRun}},
	"runs list":       {each: map[string]member{"runs": takeRun}},
	"runs show":       {each: map[string]member{"entries": takeEntry(true)}, end: endRun("")},
	"runs wait":       {each: map[string]member{"entries": takeEntry(true)}, end: endRun("")},
	"runs stop":       {writes: true, end: endRun("")},
	"apply":           {writes: true, each: map[string]member{"entries": takeEntry(false)}, end: endRun("")},
	"sync":            {writes: true, rehearse: "dry-run", each: map[string]member{"plan.changes": takeChange, "plan.skips": ignore, "run.entries": takeEntry(false)}, end: endSync},
	"schedule render": {end: endSchedule},
	"validate":        {each: map[string]member{"findings": takeFinding}, end: endValidation},
	"doctor":          {each: map[string]member{"findings": takeProbe}, failed: mistakes},
	"config check":    {end: endConfig, failed: mistakes},
	"policy check":    {each: map[string]member{"policies.policies": takePolicy}, end: endPolicies},
	"policy test":     {end: endTests},
	"policy lint":     {end: endLint},
	"policy impact":   {each: map[string]member{"groups": takeImpact}},
	"explain":         {end: endExplain},

	"tasks list":    {each: map[string]member{"tasks": takeTask}},
	"tasks show":    {end: endTask},
	"tasks run":     {writes: true, end: endTaskRun},
	"tasks suspend": {writes: true, end: endTask},
	"tasks resume":  {writes: true, end: endTask},
	"tasks cancel":  {writes: true, end: endTask},

	"halt":       {writing: []string{"reason", "lift"}, each: map[string]member{"halts": takeHalt}, end: endHalt},
	"approve":    {writes: true, each: map[string]member{"approvals": takeApproval}},
	"undo":       {each: map[string]member{"changes": takeChange, "skips": ignore}, end: endPlan("")},
	"diagnostic": {end: endDiagnostic},

	"credential list":   {each: map[string]member{"credentials": takeCredential}},
	"credential set":    {writes: true, each: map[string]member{"credentials": takeCredential}},
	"credential remove": {writes: true, each: map[string]member{"credentials": ignore}},
}

func ignore(*answer, json.RawMessage) error { return nil }

// takeChange makes a record of a change, or in mode whatif the line of which a person reads "What if:".
func takeChange(a *answer, b json.RawMessage) error {
	var c plan.Change
	if err := json.Unmarshal(b, &c); err != nil {
		return err
	}
	r := changeRecord(c)
	r.PlanDigest = a.digest()
	if a.request.Mode == wire.WhatIf {
		return a.Write(wire.Line{Kind: wire.KindChange, Operation: operationText(c), Target: &wire.Target{Type: r.ObjectType, ID: r.ObjectID, Name: clipped(r.Identity)}})
	}
	return a.record(r, r.Identity)
}

func takeSkip(a *answer, b json.RawMessage) error {
	var k plan.Skip
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	return a.record(wire.Skip{PlanDigest: a.digest(), Identity: identityOf(k.Object), Name: k.Object.Name, ObjectType: objectType(k.Object),
		Reason: string(k.Reason), Detail: k.Detail, Property: k.Property}, k.Object.Name)
}

// endPlan makes the head of a plan the result. prefix is what the members' paths begin with.
func endPlan(prefix string) func(*answer, head) error {
	return func(a *answer, h head) error {
		var m plan.Manifest
		if err := h.into(prefix+"manifest", &m); err != nil {
			return err
		}
		p := planRecord(&m)
		p.Digest, p.Path = a.digest(), a.planPath()
		a.came.result = p
		a.came.context = append(a.came.context, wire.Pair{Name: "PlanDigest", Value: p.Digest})
		if n := m.Skips[string(plan.MasteredElse)] + m.Skips[string(plan.WaitingForEngine)]; n > 0 && a.request.Mode != wire.Read {
			if err := a.Write(wire.Line{Kind: wire.KindLog, Level: "warn", Message: counted(n, "object belongs", "objects belong") +
				" to another engine, such as Entra Connect, and is left to it; that one is started on its own server, with Start-ADSyncSyncCycle"}); err != nil {
				return err
			}
		}
		for _, g := range m.Exceeded() {
			a.came.context = append(a.came.context, wire.Pair{Name: "Guard", Value: g.Name},
				wire.Pair{Name: "Planned", Value: strconv.Itoa(g.Planned)})
		}
		return nil
	}
}

// digest gives the digest of the plan, which stands before its changes.
func (a *answer) digest() string {
	var d string
	for _, path := range []string{"digest", "plan.digest"} {
		if a.came.head.into(path, &d) == nil && d != "" {
			return d
		}
	}
	return ""
}

// planPath gives the plan file that the request names.
func (a *answer) planPath() string {
	if len(a.request.Args) > 0 && a.request.Op != "undo" {
		return a.request.Args[0]
	}
	if v, err := wire.Texts(a.request.Params["out"]); err == nil && len(v) > 0 {
		return v[0]
	}
	if a.request.Mode == wire.WhatIf {
		return "" // of a rehearsal nothing is left
	}
	if a.request.Op == "undo" {
		return "undo.plan"
	}
	return "coexist.plan"
}

// endShow tells plans and runs apart.
func endShow(a *answer, h head) error {
	if !h.has("manifest") {
		return endRun("")(a, h)
	}
	if err := endPlan("")(a, h); err != nil || a.request.Mode != wire.WhatIf {
		return err
	}
	a.came.result = notApplied(a, a.came.result.(wire.Plan))
	return nil
}

// endSchedule makes a record of a task for the Windows Task Scheduler.
func endSchedule(a *answer, h head) error {
	var x wire.ScheduleXML
	if err := h.into("schedule", &x); err != nil {
		return err
	}
	return a.record(x, "schedule")
}
