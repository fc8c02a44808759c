package apply

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/ledger"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/task"
)

// Delay says how a change waits as a task. A field that is 0 takes its default.
type Delay struct {
	Deadline time.Duration // from the first time that it was put off until it expires; 72 h
	Base     time.Duration // until the first attempt, doubled for each that follows; 5 min
	Max      time.Duration // bound of that; 6 h
}

func (d *Delay) complete() {
	d.Deadline, d.Base, d.Max = cmp.Or(d.Deadline, 72*time.Hour), cmp.Or(d.Base, 5*time.Minute), cmp.Or(d.Max, 6*time.Hour)
}

// after gives the pause after so many attempts.
func (d *Delay) after(attempts int) time.Duration {
	if shift := min(attempts, 30); d.Base<<shift > 0 && d.Base<<shift < d.Max {
		return d.Base << shift
	}
	return d.Max
}

// awaited says what changes wait for, for people.
var awaited = map[plan.Await]string{plan.AwaitMailbox: "its mailbox is not there yet"}

// waits reports whether an error says that what the change awaits is not there yet.
func (s *step) waits(err error) bool {
	return s.change.Await != "" && fault.KindOf(err) == fault.NotReady
}

// delay ends the change as a task: it is carried out once what it awaits is there.
func (s *step) delay(ctx context.Context) error {
	if s.put != nil {
		return s.record(ctx, journal.Deferred)
	}
	now := s.Now().UTC()
	s.entry.State, s.entry.At = journal.Delayed, now
	m := s.Plan.Manifest()
	t := task.Task{ID: newID(), Tenant: m.Tenant.ID, Plan: s.run.Plan, Policy: m.Policy.Digest, Run: s.run.ID, Change: s.change,
		Reason: awaited[s.change.Await], State: task.Waiting, Created: now, Next: now.Add(s.Delay.after(0)), Deadline: now.Add(s.Delay.Deadline),
		Detail: s.entry.Detail, RequestID: s.entry.RequestID}
	t.Change.DependsOn = nil // they are done, or the change had not been sent
	return s.Journal.Defer(context.WithoutCancel(ctx), s.entry, t)
}

// newID gives a random GUID.
func newID() string {
	var g directory.GUID
	rand.Read(g[:])         // never fails
	g[7] = g[7]&0x0f | 0x40 // version 4, where a GUID's bytes put it
	g[8] = g[8]&0x3f | 0x80 // variant
	return g.String()
}

// Tasks is where tasks are. Every write is durable when the method returns, and fails once another process has taken over
// the tenant.
type Tasks interface {
	Journal
	// Register records a run that carries out no plan.
	Register(ctx context.Context, r journal.Run) error
	// PutTask makes the state of a task durable, and with it an entry of the run that works on it.
	PutTask(ctx context.Context, t task.Task, e journal.Entry) error
	// SettleTask does the same and in the same transaction changes the ledger's row of the entry's anchor.
	SettleTask(ctx context.Context, t task.Task, e journal.Entry, update func(r ledger.Row, ok bool) (ledger.Row, bool)) error
}

// TaskOptions are what carrying out tasks needs beside what a run needs.
type TaskOptions struct {
	Options // Plan and Rolling are not used; Journal is
	Tasks   Tasks
	List    []task.Task // those to look at, the open ones of one tenant
	Tenant  string      // GUID
	Policy  string      // digest of the policies that Reconsider decides by
}

// TaskResult is what came of tasks.
type TaskResult struct {
	Run         journal.Run // its ID is "" when none was due
	Counts      journal.Counts
	Done        int
	Waiting     int         // tried and still waiting
	Ended       []task.Task // without success: failed, cancelled, expired
	Interrupted bool
	Cause       error
}

// Lost gives the number of tasks that ended without their effect and are not for the next plan to wish for again.
func (r *TaskResult) Lost() int {
	n := 0
	for _, t := range r.Ended {
		if t.State == task.Expired || t.State == task.Failed {
			n++
		}
	}
	return n
}

// DueTasks gives those of a list that have something to happen to them at an instant: tasks that were begun by a process
// that is gone, before all others, then those whose time has come and those whose deadline is over. Suspended ones expire
// too: being set aside is no reason to be forgotten.
func DueTasks(list iter.Seq2[task.Task, error], now time.Time, force bool) ([]task.Task, error) {
	var begun, due []task.Task
	for t, err := range list {
		switch {
		case err != nil:
			return nil, err
		case t.State == task.Running:
			begun = append(begun, t)
		case t.State.Ended():
		case !now.Before(t.Deadline), t.State == task.Waiting && (force || !now.Before(t.Next)):
			due = append(due, t)
		}
	}
	return append(begun, due...), nil
}

// RunTasks carries out the tasks that are due, one after the other, by the same steps as the changes of a plan: is the source
// still what was decided about, is the object, looked up by its cloud id and no name, still as it was. A task that was begun
// and not answered is looked up before anything is sent. It returns an error when it could not go on.
func RunTasks(ctx context.Context, o TaskOptions) (TaskResult, error) {
	var res TaskResult
	if len(o.List) == 0 {
		return res, nil
	}
	if o.Tasks == nil || o.Ledger == nil || len(o.Targets) == 0 {
		return res, errors.New("tasks: targets, tasks and ledger are needed")
	}
	o.Journal = o.Tasks
	o.defaults()
	needed := map[cloud.Directory]bool{}
	for _, t := range o.List {
		if o.Targets[t.Change.Directory] != nil { // tasks of others go on waiting
			needed[t.Change.Directory] = true
		}
	}
	if err := sameTenant(ctx, &o.Options, slices.Sorted(maps.Keys(needed)), o.Tenant); err != nil {
		return res, err
	}
	now := o.Now().UTC()
	r := &runner{Options: &o.Options, run: journal.Run{ID: cmp.Or(o.Run, now.Format("20060102T150405Z")+"-tasks-"+newID()[:4]), Tenant: o.Tenant, Mode: o.Mode, By: o.By, Engine: o.Engine,
		State: journal.Running, Changes: len(o.List), Started: now}}
	r.verdicts.of, r.brake = map[directory.Anchor]string{}, brake{Stop: o.Stop}
	if err := o.Tasks.Register(ctx, r.run); err != nil {
		return res, fmt.Errorf("start run: %w", err)
	}
	var cause error
	var next []prospect // of the tasks that come, looked at a window at a time
	for i, t := range o.List {
		if r.over(ctx) {
			r.cut = true
			break
		}
		if i%window == 0 {
			next = next[:0]
			for _, t := range o.List[i:min(i+window, len(o.List))] {
				next = append(next, prospect{changes: []plan.Change{t.Change}})
			}
			r.survey(ctx, next)
		}
		p, err := r.task(ctx, &o, t, next[i%window].seen)
		if err != nil {
			cause = fmt.Errorf("task %s: %w", t.ID, err)
			break
		}
		res.take(p.task)
		if o.Progress != nil {
			o.Progress(i+1, len(o.List), p.last)
		}
		if p.last.State != journal.Deferred || p.last.FaultKind != fault.NotReady.String() {
			r.brake.add(p.last)
		}
		if r.cut = p.cut; r.halted() {
			break
		}
	}
	return r.finishTasks(ctx, res, cause)
}

func (r *TaskResult) take(t task.Task) {
	switch {
	case t.State == task.Done:
		r.Done++
	case t.State.Ended():
		r.Ended = append(r.Ended, t)
	default:
		r.Waiting++
	}
}

// finishTasks records how the run ended. Tasks that still wait are no reason to call it unfinished.
func (r *runner) finishTasks(ended context.Context, res TaskResult, cause error) (TaskResult, error) {
	ctx := context.WithoutCancel(ended)
	r.run.State, r.run.Finished = journal.Finished, r.Now().UTC()
	switch {
	case cause != nil:
		r.run.State, r.run.Detail = journal.Broken, cause.Error()
	case r.brake.why != "":
		r.run.State, r.run.Detail = journal.Stopped, r.brake.why
	case r.cut:
		r.run.State, res.Interrupted, res.Cause = journal.Interrupted, true, r.why(ended)
		r.run.Detail = res.Cause.Error()
	}
	counts, err := r.Journal.Counts(ctx, r.run.ID)
	if err == nil {
		err = r.Journal.Finish(ctx, r.run)
	}
	if err != nil {
		cause = errors.Join(cause, fmt.Errorf("finish run: %w", err))
	}
	res.Run, res.Counts = r.run, counts
	return res, cause
}

// putter records what becomes of a task in place of a change of a plan.
type putter struct {
	tasks Tasks
	delay Delay
	task  task.Task
	begun int // attempts before this process
	last  journal.Entry
	cut   bool
}

// task carries out one task, or ends it. seen is what was seen of its object ahead, nil when it was not.
func (r *runner) task(ctx context.Context, o *TaskOptions, t task.Task, seen *glance) (*putter, error) {
	c := t.Change
	p := &putter{tasks: o.Tasks, delay: o.Delay, task: t, begun: t.Attempts}
	s := &step{runner: r, change: c, target: r.Targets[c.Directory], put: p, seen: seen, entry: journal.Entry{Run: r.run.ID, Change: c.ID, Anchor: c.Object.Anchor,
		Name: c.Object.Name, Action: c.Action, Directory: c.Directory, Attempt: t.Attempts, RequestID: t.RequestID, TargetID: c.Object.ID}}
	switch other, err := r.replaced(ctx, &c); {
	case err != nil:
		return p, err
	case t.State == task.Running && s.target == nil:
		return p, nil // begun, and not to be looked up without its directory: it stays as it is
	case t.State == task.Running:
		err := s.prepare(ctx)
		if err == nil {
			err = s.advance(ctx, journal.Begun)
		}
		p.cut = s.cut
		return p, err
	case t.State == task.Suspended:
		return p, p.end(ctx, s, task.Expired, "expired while it was suspended")
	case t.Policy != o.Policy:
		return p, p.end(ctx, s, task.Cancelled, "the policies changed since it was put off; the next plan decides again")
	case other != "":
		return p, p.end(ctx, s, task.Cancelled, "its account gave way to another one, "+other)
	case s.target == nil:
		return p, p.end(ctx, s, task.Waiting, c.Directory.Title()+" is not connected")
	}
	err := s.prepare(ctx)
	if err == nil {
		err = s.advance(ctx, "")
	}
	p.cut = s.cut
	return p, err
}

// replaced gives the cloud id of the object that the ledger has in the place of a task's, "" when that is still the one.
func (r *runner) replaced(ctx context.Context, c *plan.Change) (string, error) {
	row, ok, err := r.Ledger.Row(ctx, c.Object.Anchor)
	if err != nil || !ok || row.ID == c.Object.ID {
		return "", err
	}
	return row.ID, nil
}

// end ends a task without an attempt.
func (p *putter) end(ctx context.Context, s *step, state task.State, detail string) error {
	s.over = true
	s.entry.At = s.Now().UTC()
	s.entry.State, s.entry.Detail = journal.Failed, detail
	p.task.State, p.task.Detail = state, detail
	switch {
	case state.Ended():
		p.task.Ended = s.entry.At
	default:
		s.entry.State = journal.Deferred
		p.task.Next = s.entry.At.Add(p.delay.after(p.task.Attempts))
	}
	p.last = s.entry
	return p.tasks.PutTask(context.WithoutCancel(ctx), p.task, s.entry)
}

// record says what the state of an entry means for its task.
func (p *putter) record(ctx context.Context, e journal.Entry) error {
	t := &p.task
	t.Attempts, t.RequestID = e.Attempt, e.RequestID
	late := !e.At.Before(t.Deadline)
	kind := e.FaultKind
	switch {
	case e.State == journal.Begun, e.State == journal.Exported, e.State == journal.Unknown && !late:
		t.State = task.Running
	case late && (e.State == journal.Deferred || e.State == journal.Unknown):
		t.State, t.Ended = task.Expired, e.At
		e.State, e.Detail = journal.Failed, "expired: "+e.Detail
	case e.State == journal.Deferred, kind == fault.Denied.String(), kind == fault.SignIn.String():
		if t.Attempts == p.begun {
			t.Attempts++ // it ended before it was sent
		}
		t.State, t.Next = task.Waiting, e.At.Add(p.delay.after(t.Attempts))
		if t.Next.After(t.Deadline) {
			t.Next = t.Deadline // where the last attempt is made
		}
	case e.State == journal.Stale, e.State == journal.Conflict:
		t.State, t.Ended = task.Cancelled, e.At
	default:
		t.State, t.Ended = task.Failed, e.At
	}
	if e.Detail != "" {
		t.Detail = e.Detail
	}
	p.last = e
	return p.tasks.PutTask(ctx, *t, e)
}

// settle ends a task with success, or finds that there was nothing to do any more.
func (p *putter) settle(ctx context.Context, e journal.Entry, update func(ledger.Row, bool) (ledger.Row, bool)) error {
	p.task.State, p.task.Ended, p.task.Attempts, p.task.RequestID, p.task.Detail = task.Done, e.At, e.Attempt, e.RequestID, e.Detail
	p.last = e
	return p.tasks.SettleTask(ctx, p.task, e, update)
}
