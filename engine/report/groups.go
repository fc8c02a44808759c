package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// group is the changes that a reader takes in at one glance: the same action on objects of one type by the same rules.
type group struct {
	action plan.Action
	typ    cloud.Type
	what   string   // the properties touched, "" where the action says it all
	rules  []string // that decided, in the order met
	undo   plan.Undo
	takes  bool // takes something away
	count  int
	folds  []*fold
	index  map[string]*fold
	beyond int // changes whose values were not kept apart
}

// fold is the changes of a group that do exactly the same.
type fold struct {
	text   string
	count  int
	first  []plan.Object
	sample plan.Change // of licences, which are named once the tenant is known
}

// groups collects changes. What it holds is bounded by the number of different changes, not of objects.
type groups struct {
	opts  Options
	list  []*group
	index map[string]*group
	takes map[plan.Action]int // changes that take something away, by what they amount to
}

func newGroups(o Options) *groups {
	return &groups{opts: o, index: map[string]*group{}, takes: map[plan.Action]int{}}
}

// add files one change.
func (g *groups) add(c plan.Change) {
	what, rules, takes := what(c), rulesOf(c), takesAway(c)
	key := strings.Join([]string{string(c.Action), string(c.Object.Type), what, strconv.FormatBool(takes)}, "\x00")
	if c.Action != plan.Create {
		key += "\x00" + strings.Join(rules, "\x00")
	}
	x := g.index[key]
	if x == nil {
		x = &group{action: c.Action, typ: c.Object.Type, what: what, undo: c.Undo, takes: takes, index: map[string]*fold{}}
		g.index[key] = x
		g.list = append(g.list, x)
	}
	for _, r := range rules {
		if !slices.Contains(x.rules, r) {
			x.rules = append(x.rules, r)
		}
	}
	x.count++
	if takes {
		g.takes[loss(c)]++
	}
	if f := x.fold(skuNames{&cloud.Tenant{}}.effect(c), c.Object, g.opts); f != nil && f.count == 1 && c.Action == plan.License {
		f.sample = c
	}
}

// name puts the names of a tenant's subscriptions in the place of their ids.
func (g *groups) name(t *cloud.Tenant) {
	for _, x := range g.list {
		if x.action != plan.License {
			continue
		}
		for _, f := range x.folds {
			f.text = skuNames{t}.effect(f.sample)
		}
	}
}

// fold counts a change under what it does; nil when there are too many different ones.
func (x *group) fold(text string, object plan.Object, o Options) *fold {
	f := x.index[text]
	switch {
	case f == nil && len(x.folds) >= o.folds():
		x.beyond++
		return nil
	case f == nil:
		f = &fold{text: text}
		x.index[text] = f
		x.folds = append(x.folds, f)
	}
	f.count++
	if len(f.first) < o.names() {
		f.first = append(f.first, object)
	}
	return f
}

// who names the first objects of a fold and says how many more there are.
func (f *fold) who(o Options) string {
	names := make([]string, len(f.first))
	for i, x := range f.first {
		names[i] = short(x, o)
	}
	return list(names, f.count)
}

// sorted gives the groups as they are listed: what takes something away first, then by action, then the larger ones.
func (g *groups) sorted() []*group {
	slices.SortStableFunc(g.list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(rank(a.takes), rank(b.takes)), cmp.Compare(actionRank(a.action), actionRank(b.action)),
			cmp.Compare(b.count, a.count))
	})
	return g.list
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// takesAway reports whether a change takes something from somebody: an object, a sign-in, a licence, a membership, or a
// value that is cleared.
func takesAway(c plan.Change) bool {
	switch c.Action {
	case plan.Delete, plan.Disable:
		return true
	case plan.Create, plan.Adopt, plan.Restore:
		return false
	}
	return slices.ContainsFunc(c.Attributes, func(a plan.Attribute) bool {
		if c.Action == plan.License {
			_, removed, _ := licenseDelta(a)
			return len(removed) > 0
		}
		if c.Action == plan.Members {
			return len(a.Remove) > 0
		}
		if a.Name == "accountEnabled" {
			return a.Before.Truth() && !a.After.Truth()
		}
		return a.After.IsNothing() && !a.Before.IsNothing() && len(a.Add) == 0
	})
}

// loss says which action a change that takes something away amounts to: an account that is switched off is a disabled one,
// whichever decision did it.
func loss(c plan.Change) plan.Action {
	if c.Action == plan.Update && slices.ContainsFunc(c.Attributes, func(a plan.Attribute) bool { return a.Name == "accountEnabled" && !a.After.Truth() }) {
		return plan.Disable
	}
	return c.Action
}

// rulesOf lists the rules behind a change, each once.
func rulesOf(c plan.Change) []string {
	var list []plan.Because
	for _, a := range c.Attributes {
		for _, b := range a.Because {
			if !slices.Contains(list, b) {
				list = append(list, b)
			}
		}
	}
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = rule(b)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// folds writes the first folds of a group, the most frequent first, and says how many changes lie beyond.
func (p *page) folds(x *group, o Options) {
	slices.SortStableFunc(x.folds, func(a, b *fold) int { return cmp.Compare(b.count, a.count) })
	shown := min(len(x.folds), o.shown())
	for _, f := range x.folds[:shown] {
		p.fold(f, x.count, o)
	}
	left := x.beyond
	for _, f := range x.folds[shown:] {
		left += f.count
	}
	switch {
	case left > 0 && o.Brief:
		p.line(faint, "          and "+count(left)+" more")
	case left > 0:
		p.line(faint, "          and "+count(left)+" more; --full lists all")
	}
}

// fold writes one line for all changes that do the same, out of the all changes of their group.
func (p *page) fold(f *fold, all int, o Options) {
	what, text := f.text, ""
	if !o.Full {
		what = clip(what, 2*p.width)
	}
	switch {
	case f.count == 1 && what == "":
		text = label(f.first[0], o)
	case f.count == 1:
		text = label(f.first[0], o) + ": " + what
	case what == "":
		text = f.who(o)
	case f.count == all:
		text = what + ": " + f.who(o)
	default:
		text = count(f.count) + " × " + what + ": " + f.who(o)
	}
	p.flow(plain, "          ", text, 12)
}
