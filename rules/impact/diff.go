package impact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/rules"
)

// Kind is what an edit is about.
type Kind string

// The kinds.
const (
	Policy     Kind = "policy"
	Condition  Kind = "condition"
	Table      Kind = "table"
	Row        Kind = "table row"
	Bundle     Kind = "bundle"
	CloudGroup Kind = "cloud group"
	Attribute  Kind = "attribute"
	Decision   Kind = "decision"
	Rule       Kind = "rule"
	Exception  Kind = "exception"
)

// What says what became of a thing.
type What string

// The edits.
const (
	Added   What = "added"
	Removed What = "removed"
	Moved   What = "moved" // among the rules of its decision, or to another one
	Changed What = "changed"
)

// Edit is one logical change of the policies. Comments, blanks and the order of keys are none.
type Edit struct {
	What     What
	Kind     Kind
	Policy   string // or the file of conditions that belong to no policy; "" for exceptions
	Decision string // of a rule; the table of a row
	Name     string // id of a rule or an exception, key of a row, name of all else
	Was      string // the id that the rule has in base, where it was renamed
	File     string // in head; of what was removed, in base
	Line     int
	Fields   []Field // that differ; all of what was added or removed
	Changes  int     // changes of decisions that go from this rule or to it; those of keys are counted each
}

// Field is one key of a thing, as it stood and as it stands now; "" where it does not.
type Field struct{ Name, Old, New string }

// key is what tells an item from others of its kind. Ids of rules and exceptions are unique in a set.
func (x *item) key() string {
	switch x.Kind {
	case Rule, Exception:
		return fmt.Sprintf("%s\x00%s", x.Kind, x.Name)
	}
	return strings.Join([]string{string(x.Kind), x.Policy, x.Decision, x.Name}, "\x00")
}

// diff lists the edits that lead from base to head, in the order of files and lines.
func diff(base, head *rules.Set) ([]Edit, error) {
	before, err := inventory(base)
	if err != nil {
		return nil, err
	}
	after, err := inventory(head)
	if err != nil {
		return nil, err
	}
	old := map[string]*item{}
	for i := range before {
		old[before[i].key()] = &before[i]
	}
	pairs := pairsOf(old, after)
	stay := staying(pairs, after)
	var out []Edit
	for i := range after {
		x := &after[i]
		y := pairs[x]
		if y == nil {
			out = append(out, editOf(Added, x, x.Fields))
			continue
		}
		delete(old, y.key())
		if e, changed := compareItems(y, x, stay[x]); changed {
			out = append(out, e)
		}
	}
	for i := range before {
		if x := &before[i]; old[x.key()] == x {
			out = append(out, editOf(Removed, x, swapped(x.Fields)))
		}
	}
	slices.SortStableFunc(out, func(a, b Edit) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return out, nil
}

func editOf(w What, x *item, fields []Field) Edit {
	return Edit{What: w, Kind: x.Kind, Policy: x.Policy, Decision: x.Decision, Name: x.Name, File: x.File, Line: x.Line, Fields: fields}
}

func swapped(list []Field) []Field {
	out := make([]Field, len(list))
	for i, f := range list {
		out[i] = Field{f.Name, f.New, f.Old}
	}
	return out
}

// pairsOf finds for each item the one that it was: by its key, else by an id that its rule had before.
func pairsOf(old map[string]*item, after []item) map[*item]*item {
	pairs, known := map[*item]*item{}, map[string]bool{}
	for i := range after {
		known[after[i].key()] = true
	}
	for i := range after {
		x := &after[i]
		if y := old[x.key()]; y != nil {
			pairs[x] = y
			continue
		}
		for _, id := range x.was {
			former := item{Kind: Rule, Name: id}
			if y := old[former.key()]; y != nil && !known[former.key()] {
				pairs[x] = y
			}
		}
	}
	return pairs
}

// compareItems gives the edit that leads from y to x, if they differ.
func compareItems(y, x *item, stays bool) (Edit, bool) {
	e := editOf(Changed, x, nil)
	if y.Name != x.Name {
		e.Was = y.Name
	}
	names := map[string]bool{}
	for _, list := range [][]Field{y.Fields, x.Fields} {
		for _, f := range list {
			if a, b := y.field(f.Name), x.field(f.Name); a != b && !names[f.Name] {
				names[f.Name] = true
				e.Fields = append(e.Fields, Field{f.Name, a, b})
			}
		}
	}
	slices.SortFunc(e.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	if !stays || y.Decision != x.Decision || y.Policy != x.Policy {
		if len(e.Fields) == 0 {
			e.What = Moved
		}
		e.Fields = append(e.Fields, Field{"position", position(y), position(x)})
	}
	return e, len(e.Fields) > 0 || e.Was != ""
}

// position says where a rule stands.
func position(x *item) string {
	if x.At < 0 {
		return fmt.Sprintf("%s, %s, default", x.Policy, x.Decision)
	}
	return fmt.Sprintf("%s, %s, rule %d", x.Policy, x.Decision, x.At+1)
}

// staying tells which items keep their place: of the rules of a decision, a longest run that has kept its order. The others
// were moved.
func staying(pairs map[*item]*item, after []item) map[*item]bool {
	out := map[*item]bool{}
	lists := map[string][]*item{}
	var names []string
	for i := range after {
		x := &after[i]
		y := pairs[x]
		if x.Kind != Rule || x.At < 0 || y == nil || y.At < 0 {
			out[x] = true
			continue
		}
		if y.Decision == x.Decision && y.Policy == x.Policy {
			k := x.Policy + "\x00" + x.Decision
			if lists[k] == nil {
				names = append(names, k)
			}
			lists[k] = append(lists[k], x)
		}
	}
	for _, k := range names {
		for _, x := range rising(lists[k], func(x *item) int { return pairs[x].At }) {
			out[x] = true
		}
	}
	return out
}

// rising gives a longest subsequence whose numbers rise.
func rising(list []*item, number func(*item) int) []*item {
	longest, from := make([]int, len(list)), make([]int, len(list))
	best := -1
	for i := range list {
		longest[i], from[i] = 1, -1
		for k := range i {
			if number(list[k]) < number(list[i]) && longest[k]+1 > longest[i] {
				longest[i], from[i] = longest[k]+1, k
			}
		}
		if best < 0 || longest[i] > longest[best] {
			best = i
		}
	}
	var out []*item
	for i := best; i >= 0; i = from[i] {
		out = append(out, list[i])
	}
	return out
}

// renames gives the ids in base of rules that have another one in head.
func renames(edits []Edit) map[string]string {
	out := map[string]string{}
	for _, e := range edits {
		if e.Was != "" {
			out[e.Name] = e.Was
		}
	}
	return out
}

// countChanges adds to each edit of a rule how many changes of decisions go from it or to it.
func countChanges(edits []Edit, groups []Group) {
	for i := range edits {
		e := &edits[i]
		if e.Kind != Rule {
			continue
		}
		id := cmp.Or(e.Was, e.Name)
		for _, g := range groups {
			if !g.Same && (slices.Contains(strings.Split(g.Old, ", "), id) || slices.Contains(strings.Split(g.New, ", "), id)) {
				e.Changes += g.Objects
			}
		}
	}
}
