package impact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/rules"
)

// way is in which way a decision changes, but for its values.
type way struct {
	decision, key string
	from, to      Status
	old, now      string
	same          bool
}

// values are what a decision changes from and to.
type values struct{ from, to string }

// tally counts changes.
type tally struct {
	compared, changed, held int
	ways                    map[way]*changes
	before, after           map[seatKey]int
}

// changes are those of one way, by their values as long as these are few.
type changes struct {
	all     counted
	various bool
	by      map[values]*counted
}

// counted is a number of objects, and the first of them.
type counted struct {
	n        int
	examples []int
}

func (c *counted) add(n int, examples []int) {
	c.n += n
	c.examples = append(c.examples, examples[:min(len(examples), maxExamples-len(c.examples))]...)
}

func newTally() *tally {
	return &tally{ways: map[way]*changes{}, before: map[seatKey]int{}, after: map[seatKey]int{}}
}

func (t *tally) note(w way, v values, object int) {
	t.put(w, v, 1, []int{object})
}

// put counts changes of one way and value. Where there are more different values than are told apart, none is: which of them
// would be told must not depend on the order.
func (t *tally) put(w way, v values, n int, examples []int) {
	c := t.ways[w]
	if c == nil {
		c = &changes{by: map[values]*counted{}}
		t.ways[w] = c
	}
	c.all.add(n, examples)
	if c.various {
		return
	}
	one := c.by[v]
	if one == nil {
		if len(c.by) == maxValues {
			c.various, c.by = true, nil
			return
		}
		one = &counted{}
		c.by[v] = one
	}
	one.add(n, examples)
}

// add counts what another tally counted of later objects.
func (t *tally) add(o *tally) {
	t.compared, t.changed, t.held = t.compared+o.compared, t.changed+o.changed, t.held+o.held
	for w, c := range o.ways {
		if !c.various {
			for v, one := range c.by {
				t.put(w, v, 0, nil)
				if mine := t.ways[w]; !mine.various {
					mine.by[v].add(one.n, one.examples)
				}
			}
		}
		mine := t.ways[w]
		if mine == nil {
			mine = &changes{}
			t.ways[w] = mine
		}
		if mine.various = mine.various || c.various; mine.various {
			mine.by = nil
		}
		mine.all.add(c.all.n, c.all.examples)
	}
	for k, n := range o.before {
		t.before[k] += n
	}
	for k, n := range o.after {
		t.after[k] += n
	}
}

// impact puts what was counted in order.
func (t *tally) impact(c *comparison) *Impact {
	out := &Impact{Compared: t.compared, Changed: t.changed, Held: t.held}
	for w, x := range t.ways {
		g := Group{Decision: w.decision, Key: w.key, From: State{Status: w.from}, To: State{Status: w.to}, Old: w.old, New: w.now, Same: w.same}
		if x.various {
			g.Various, g.Objects, g.Examples = true, x.all.n, x.all.examples
			out.Groups = append(out.Groups, g)
			continue
		}
		for v, one := range x.by {
			g.From.Value, g.To.Value, g.Objects, g.Examples = v.from, v.to, one.n, one.examples
			out.Groups = append(out.Groups, g)
		}
	}
	slices.SortFunc(out.Groups, compareGroups)
	out.Seats = c.seats(t.before, t.after)
	return out
}

// order is that of decisions in reports.
var order = []string{PolicyChoice, rules.CloudType, rules.UsageLocation, rules.Licenses, rules.Groups, rules.Attributes, rules.Mail, rules.Account, rules.Leave}

func compareGroups(a, b Group) int {
	return cmp.Or(cmp.Compare(slices.Index(order, a.Decision), slices.Index(order, b.Decision)), cmp.Compare(b.Objects, a.Objects), strings.Compare(a.Key, b.Key),
		cmp.Compare(a.From.Status, b.From.Status), cmp.Compare(a.To.Status, b.To.Status), strings.Compare(a.From.Value, b.From.Value), strings.Compare(a.To.Value, b.To.Value),
		strings.Compare(a.Old, b.Old), strings.Compare(a.New, b.New))
}
