package apply_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
	"github.com/coexistsync/coexist/engine/apply"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/journal"
	"github.com/coexistsync/coexist/engine/plan"
)

// turnstile counts who is under way for the same object, and for all.
type turnstile struct {
	connector.Target
	mu         sync.Mutex
	inside     map[directory.Anchor]int
	all        int
	most, wide int
}

func (g *turnstile) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	a := c.Object.Anchor
	g.mu.Lock()
	g.inside[a]++
	g.all++
	g.most, g.wide = max(g.most, g.inside[a]), max(g.wide, g.all)
	g.mu.Unlock()
	for range 50 {
		runtime.Gosched() // let the others come, if they may
	}
	id, err := g.Target.Export(ctx, c, resolve)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside[a]--
	g.all--
	return id, err
}

// TestOneChangeOfAnObjectAtATime has many workers and several changes of each object in one stage.
func TestOneChangeOfAnObjectAtATime(t *testing.T) {
	var changes []plan.Change
	var seen []cloud.Object
	for i := 1; i <= 40; i++ {
		o := existing(i)
		seen = append(seen, o)
		for _, name := range []string{"city", "department", "displayName"} {
			c := against(change(user(i), plan.Update, set(name, cloud.Text("New "+name))), o)
			c.ID += "/" + name
			changes = append(changes, c)
		}
		changes = append(changes, against(license(user(i), f3), o))
	}
	w := newWorld(t, seen...)
	g := &turnstile{Target: w.target, inside: map[directory.Anchor]int{}}
	r, err := w.run(planned(t, changes, nil), func(o *apply.Options) { o.Targets[cloud.Entra], o.Workers = g, 8 })
	if err != nil || !r.Complete() {
		t.Fatalf("%v, %v, %v", r.Counts, r.Failures, err)
	}
	w.once(changes)
	if g.most != 1 {
		t.Errorf("%d changes of one object were under way together", g.most)
	}
	if g.wide > 8 {
		t.Errorf("%d changes were under way together", g.wide)
	}
	// In the order in which the plan has them, for each object.
	last := map[directory.Anchor]string{}
	for _, e := range w.target.Log() {
		if e.Change.Action == plan.Update {
			if e.Change.ID <= last[e.Change.Object.Anchor] {
				t.Errorf("%s came after %s", e.Change.ID, last[e.Change.Object.Anchor])
			}
			last[e.Change.Object.Anchor] = e.Change.ID
		}
	}
}

// partial is a target that does the first of two properties of an update, and then nobody hears of it any more.
type partial struct {
	connector.Target
	journal *cutter // dies with it; nil for an answer that is lost alone
	struck  bool
}

func (p *partial) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	if p.struck {
		return p.Target.Export(ctx, c, resolve)
	}
	p.struck = true
	half := c
	half.ID += "/half"
	half.Attributes = c.Attributes[:1]
	if _, err := p.Target.Export(ctx, half, resolve); err != nil {
		return "", err
	}
	if p.journal != nil {
		p.journal.die()
	}
	return "", kind(fault.Unknown)
}

// An update that takes several requests is carried on where it was cut off, unless somebody else was there meanwhile.
func TestUpdateThatWasCutOffHalfway(t *testing.T) {
	seen := existing(1)
	c := against(change(user(1), plan.Update, set("city", cloud.Text("Bonn")), set("department", cloud.Text("Labs"))), seen)
	f := planned(t, []plan.Change{c}, nil)
	for _, dies := range []bool{false, true} {
		for _, meddled := range []bool{false, true} {
			t.Run(fmt.Sprintf("process dies %t, meddled %t", dies, meddled), func(t *testing.T) {
				w := newWorld(t, seen)
				w.seed(ownedRow(seen))
				p := &partial{Target: w.target}
				r, err := w.run(f, func(o *apply.Options) {
					o.Targets[cloud.Entra] = p
					if dies {
						p.journal = &cutter{Journal: o.Journal, at: never}
						o.Journal = p.journal
					} else if meddled {
						o.Targets[cloud.Entra] = &meddling{p, w}
					}
				})
				if dies {
					if err == nil {
						t.Fatal("the run did not die")
					}
					if meddled {
						w.meddle(seen.ID)
					}
					r, err = w.run(f, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
				want, city := journal.Done, "Bonn"
				if meddled {
					want, city = journal.Conflict, "Rome"
				}
				o := w.target.All()[0]
				if r.Counts[want] != 1 || o.Get("city").Text() != city {
					t.Errorf("%v, the city is %q", r.Counts, o.Get("city").Text())
				}
			})
		}
	}
}

// meddle writes to an object as another administrator does.
func (w *world) meddle(id string) {
	for _, o := range w.target.All() {
		if o.ID == id {
			o.Put("city", cloud.Text("Rome"))
			w.target.Set(o)
		}
	}
}

// meddling is a target at which somebody else writes right after us.
type meddling struct {
	*partial
	w *world
}

func (m *meddling) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	id, err := m.partial.Export(ctx, c, resolve)
	m.w.meddle(c.Object.ID)
	return id, err
}

// stunted is a target that makes an object without one of its properties, and then nobody hears of it any more.
type stunted struct{ connector.Target }

func (p stunted) Export(ctx context.Context, c plan.Change, resolve func(plan.Ref) (string, bool)) (string, error) {
	c.Attributes = slices.DeleteFunc(slices.Clone(c.Attributes), func(a plan.Attribute) bool { return a.Name == "city" })
	if _, err := p.Target.Export(ctx, c, resolve); err != nil {
		return "", err
	}
	return "", kind(fault.Unknown)
}

// What a create that was cut off did not set is not taken for written: the next plan wants it for the first time, and does
// not find that somebody changed it.
func TestCreateThatWasCutOffHalfway(t *testing.T) {
	w := newWorld(t)
	c := createUser(1)
	c.Attributes = append(c.Attributes, set("city", cloud.Text("Bonn")))
	slices.SortFunc(c.Attributes, func(a, b plan.Attribute) int { return strings.Compare(a.Name, b.Name) })
	r, err := w.run(planned(t, []plan.Change{c}, nil), func(o *apply.Options) { o.Targets[cloud.Entra] = stunted{w.target} })
	if err != nil || !r.Complete() {
		t.Fatalf("%v: %v, %v", err, r.Counts, r.Failures)
	}
	row, ok, err := w.store.Row(t.Context(), c.Object.Anchor)
	if err != nil || !ok {
		t.Fatalf("the ledger does not know it: %v", err)
	}
	for name, want := range map[string]bool{"city": false, "displayName": true} {
		if _, wrote := row.LastWritten(name); wrote != want {
			t.Errorf("%s counts as written: %t", name, wrote)
		}
	}
}
