package impact

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/rules"
)

// Side is one revision of the policies.
type Side struct {
	Set   *rules.Set
	Input func(i int) rules.Input // object i as the policies read it; safe for concurrent use
}

// Question is what to compare.
type Question struct {
	Base, Head Side
	Schema     *directory.Schema // of the objects
	Objects    int
	AsOf       time.Time // the only clock
	Workers    int       // 0: as many as the machine has
}

// Impact is what lies between two revisions.
type Impact struct {
	Objects  int // that were looked at
	Compared int // of them, those that head could decide otherwise about, and was asked
	Changed  int // of which any decision has another value
	Held     int // of which a decision became held
	Edits    []Edit
	Groups   []Group // by decision, then by size
	Seats    []Seat  // by SKU, then bundle
}

// None reports whether no decision has another value.
func (m *Impact) None() bool { return m.Changed == 0 }

// State is what came of a decision, or of one key of it.
type State struct {
	Status Status
	Value  string // of a decided one; of a held one, why
}

// Status says what came of a decision.
type Status string

// The statuses.
const (
	Set        Status = "set"         // to Value; "" clears
	NotManaged Status = "not managed" // not decided, or not applicable
	Frozen     Status = "frozen"      // by an exception
	Held       Status = "held"
)

// Group is the objects of which a decision changes in one way.
type Group struct {
	Decision string // PolicyChoice for the policy that takes the object
	Key      string // mode merge
	From, To State
	Old, New string // rules that decided, joined by commas; of head by the ids of base where they were renamed
	Same     bool   // the value stays; another rule gives it
	Various  bool   // the values differ from object to object: From and To have none
	Objects  int
	Examples []int // the first of the objects, ascending
}

// PolicyChoice stands in Group.Decision where another policy takes the object, or none any more.
const PolicyChoice = "policy"

// maxExamples is how many objects a group names; maxValues how many different changes of value are told apart.
const (
	maxExamples = 20
	maxValues   = 20
)

// Seat counts who has a licence.
type Seat struct {
	SKU           string
	Bundle        string // "" for the SKU as a whole
	Before, After int    // objects that are decided to have it; held ones have none
}

// block is how many objects are compared at a time. It is the same for any number of workers, so that the result is, too.
const block = 1024

// Compare evaluates every object by base, and by head as far as that could differ.
func Compare(q Question) (*Impact, error) {
	edits, err := diff(q.Base.Set, q.Head.Set)
	if err != nil {
		return nil, err
	}
	c := &comparison{Question: q, share: sharedOf(q.Base.Set, q.Head.Set), renamed: renames(edits)}
	c.base, c.head = bookOf(q.Base.Set), bookOf(q.Head.Set)
	blocks := make([]*tally, (q.Objects+block-1)/block)
	workers := q.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(workers, max(1, len(blocks))) {
		wait.Go(func() {
			w := c.worker()
			for {
				k := int(next.Add(1)) - 1
				if k >= len(blocks) {
					return
				}
				blocks[k] = w.block(k*block, min((k+1)*block, q.Objects))
			}
		})
	}
	wait.Wait()
	all := newTally()
	for _, b := range blocks {
		all.add(b)
	}
	out := all.impact(c)
	out.Objects, out.Edits = q.Objects, edits
	countChanges(edits, out.Groups)
	return out, nil
}

// comparison is what all workers share.
type comparison struct {
	Question
	share      *shared
	renamed    map[string]string // rules of head by their id in base
	base, head *book
}

// worker compares objects, one after the other.
type worker struct {
	*comparison
	before, after *rules.Evaluator
	tally         *tally
	object        int
	changed, held bool
}

func (c *comparison) worker() *worker {
	return &worker{comparison: c, before: c.Base.Set.NewEvaluator(c.Schema, c.AsOf), after: c.Head.Set.NewEvaluator(c.Schema, c.AsOf)}
}

func (w *worker) block(from, to int) *tally {
	w.tally = newTally()
	for i := from; i < to; i++ {
		w.object, w.changed, w.held = i, false, false
		in := w.Base.Input(i)
		before := w.before.Evaluate(in)
		w.tally.count(&before, w.base, w.tally.before)
		if w.share.same(before.Policy, before.ScopeErr, in.Object.GUID) {
			w.tally.count(&before, w.base, w.tally.after)
			continue
		}
		after := w.after.Evaluate(w.Head.Input(i))
		w.tally.count(&after, w.head, w.tally.after)
		w.tally.compared++
		w.compare(&before, &after)
		if w.changed {
			w.tally.changed++
		}
		if w.held {
			w.tally.held++
		}
	}
	return w.tally
}

// compare notes what differs between two outcomes for one object.
func (w *worker) compare(before, after *rules.Outcome) {
	if before.Policy != after.Policy || (before.ScopeErr == nil) != (after.ScopeErr == nil) {
		w.note(PolicyChoice, "", policyState(before), policyState(after), "", "", false)
	}
	for i := range before.Decisions {
		a := &before.Decisions[i]
		w.decision(a, findDecision(after, a.Name, i), before.Policy, after.Policy)
	}
	for i := range after.Decisions {
		b := &after.Decisions[i]
		if findDecision(before, b.Name, i).Status == rules.Undecided {
			w.decision(&rules.Decision{Name: b.Name}, b, before.Policy, after.Policy)
		}
	}
}

func policyState(o *rules.Outcome) State {
	switch {
	case o.ScopeErr != nil:
		return State{Held, message(o.ScopeErr)}
	case o.Policy == "":
		return State{NotManaged, ""}
	}
	return State{Set, o.Policy}
}

// findDecision finds a decision, first where it mostly stands.
func findDecision(o *rules.Outcome, name string, at int) *rules.Decision {
	if at < len(o.Decisions) && o.Decisions[at].Name == name {
		return &o.Decisions[at]
	}
	for i := range o.Decisions {
		if o.Decisions[i].Name == name {
			return &o.Decisions[i]
		}
	}
	return &rules.Decision{Name: name}
}

// decision notes what differs between two decisions.
func (w *worker) decision(a, b *rules.Decision, from, to string) {
	x, y := statusOf(a), statusOf(b)
	if x == Held && y == Held {
		return
	}
	if x != Set && y != Set || x == Held || y == Held || !isMerge(a.Name) {
		w.whole(a, b, from, to)
		return
	}
	i, k := 0, 0
	for i < len(a.Entries) || k < len(b.Entries) { // both by key
		switch {
		case k == len(b.Entries) || i < len(a.Entries) && a.Entries[i].Key < b.Entries[k].Key:
			w.entry(a.Name, &a.Entries[i], nil, y)
			i++
		case i == len(a.Entries) || b.Entries[k].Key < a.Entries[i].Key:
			w.entry(a.Name, nil, &b.Entries[k], x)
			k++
		default:
			w.entry(a.Name, &a.Entries[i], &b.Entries[k], "")
			i, k = i+1, k+1
		}
	}
}

func isMerge(name string) bool {
	return name == rules.Attributes || name == rules.Mail || name == rules.Account
}

func statusOf(d *rules.Decision) Status {
	switch {
	case d.Status == rules.Held:
		return Held
	case d.Status == rules.Decided:
		return Set
	case d.Exception != nil:
		return Frozen
	}
	return NotManaged
}

// whole compares decisions as wholes.
func (w *worker) whole(a, b *rules.Decision, from, to string) {
	x, y := statusOf(a), statusOf(b)
	same := x == y && a.Text == b.Text && a.Hold == b.Hold && w.base.sameMembers(w.head, a, b, from, to)
	if same && w.sameRules(a.Origins, b.Origins) {
		return
	}
	w.note(a.Name, "", w.base.state(a, from, w.head, to), w.head.state(b, to, w.base, from), ruleNames(a, nil), ruleNames(b, w.renamed), same)
}

// sameRules reports whether the same rules decided, whatever they are called now.
func (w *worker) sameRules(a, b []rules.Origin) bool {
	return slices.EqualFunc(a, b, func(x, y rules.Origin) bool { return x.Rule == w.nameOf(y.Rule) })
}

// nameOf gives the id that a rule of head has in base.
func (w *worker) nameOf(rule string) string {
	if old, ok := w.renamed[rule]; ok {
		return old
	}
	return rule
}

func ruleNames(d *rules.Decision, renamed map[string]string) string {
	var list []string
	for _, o := range d.Origins {
		if old, ok := renamed[o.Rule]; ok {
			o.Rule = old
		}
		list = append(list, o.Rule)
	}
	if e, ok := d.Err.(*rules.Error); ok && e.Rule != "" {
		list = append(list, e.Rule)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// entry compares one key of a decision; one of the two may be nil, and otherwise says what the other decision is then.
func (w *worker) entry(decision string, a, b *rules.Entry, other Status) {
	if a != nil && b != nil && a.Value.Equal(b.Value) && slices.Equal(a.Refs, b.Refs) {
		if old := w.nameOf(b.Origin.Rule); old != a.Origin.Rule {
			w.note(decision, a.Key, entryState(a, ""), entryState(b, ""), a.Origin.Rule, old, true)
		}
		return
	}
	if other == Set {
		other = NotManaged
	}
	key, old, now := "", "", ""
	if a != nil {
		key, old = a.Key, a.Origin.Rule
	}
	if b != nil {
		key, now = b.Key, w.nameOf(b.Origin.Rule)
	}
	w.note(decision, key, entryState(a, other), entryState(b, other), old, now, false)
}

func entryState(e *rules.Entry, other Status) State {
	switch {
	case e == nil:
		return State{other, ""}
	case len(e.Refs) > 0:
		return State{Set, strings.Join(e.Refs, "; ")}
	}
	return State{Set, e.Value.String()}
}

// note counts a change of the object that is looked at.
func (w *worker) note(decision, key string, from, to State, old, now string, same bool) {
	w.changed = w.changed || !same
	w.held = w.held || to.Status == Held && from.Status != Held
	w.tally.note(way{decision, key, from.Status, to.Status, old, now, same}, values{from.Value, to.Value}, w.object)
}

// message gives an error as it reads without the place, which moves from revision to revision.
func message(err error) string {
	if e, ok := err.(*rules.Error); ok {
		return e.Message
	}
	return err.Error()
}
