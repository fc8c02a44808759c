// Package join finds for each source object its counterpart in the tenant: first by anchor, then by what the ledger
// remembers, then by soft matches that are stated: a group by its on-premises SID, a user by its primary SMTP address, then
// by its user principal name. Two candidates are a result, never a guess. It is pure.
package join

import (
	"fmt"
	"slices"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/tenant"
)

// How is the way in which two objects found each other.
type How uint8

// The ways. Hard, Remembered and SID mean that they belong together already; Mail and UPN would be adoptions.
const (
	Unjoined   How = iota
	Hard           // the anchor stands on the cloud object
	Remembered     // the ledger knows the cloud object's id, though the anchor is gone from it
	SID            // a synchronised group carries the source's SID
	Mail           // primary SMTP address
	UPN            // user principal name
	Mirrored       // a synchronised contact or distribution group, which has no anchor, by its primary SMTP address
)

var words = [...]string{"not joined", "by anchor", "by the ledger", "by SID", "by primary SMTP address", "by user principal name", "by the address of what is synchronised"}

// String says it for people.
func (h How) String() string { return words[h] }

// Soft reports whether the match would be an adoption.
func (h How) Soft() bool { return h == Mail || h == UPN }

// Wish is what a source object brings to the join.
type Wish struct {
	Anchor  directory.Anchor
	Wanted  bool       // some policy wants it in the cloud
	Type    cloud.Type // what it shall be
	Primary string     // primary SMTP address, lower case, "" for none
	UPN     string     // user principal name as the cloud shall have it, "" for none
	SID     string
	Ledger  string // cloud id that the ledger remembers, "" for none
}

// None is the target index of an object that is not joined.
const None = -1

// Match is the result for one source object.
type Match struct {
	Target int // index in the tenant view, or None
	How    How
	// Problem is set when the object must be left alone: Reason is Ambiguous, Collision, KindChange or Protected. Object is
	// left for the caller to fill.
	Problem *plan.Skip
}

// Table is the result for all source objects, by their index, with the number of cloud objects that no source claims.
type Table struct {
	Matches []Match
	claimed []int32 // by target: source index + 1
	Foreign int     // live cloud objects that belong to no source object
}

// SourceOf gives the source index joined to a target.
func (t *Table) SourceOf(target int) (int, bool) {
	if s := t.claimed[target]; s > 0 {
		return int(s - 1), true
	}
	return 0, false
}

// Build joins. wish gives what the source object at an index brings; it is asked twice for each.
func Build(v *tenant.View, sources int, wish func(i int) Wish) *Table {
	t := &Table{Matches: make([]Match, sources), claimed: make([]int32, v.Len())}
	for i := range t.Matches {
		t.Matches[i] = t.hard(v, i, wish(i))
	}
	rivals := map[int][]int{} // target -> sources that would adopt it
	for i := range t.Matches {
		w := wish(i)
		if t.Matches[i].Target != None || t.Matches[i].Problem != nil || !w.Wanted {
			continue
		}
		t.Matches[i] = t.soft(v, w)
		if target := t.Matches[i].Target; target != None {
			rivals[target] = append(rivals[target], i)
		}
	}
	t.settle(v, rivals, wish)
	for i := range v.Len() {
		if t.claimed[i] == 0 && !v.At(i).Deleted {
			t.Foreign++
		}
	}
	return t
}

// hard joins by anchor, by the ledger, by SID: by what says that the two belong together already.
func (t *Table) hard(v *tenant.View, i int, w Wish) Match {
	candidates := v.ByAnchor(w.Anchor)
	how := Hard
	live := slices.IndexFunc(candidates, func(c int32) bool { return v.At(int(c)).Deleted })
	if live > 0 {
		candidates = candidates[:live]
	}
	if len(candidates) == 0 && w.Ledger != "" {
		if c, ok := v.ByID(w.Ledger); ok {
			candidates, how = []int32{int32(c)}, Remembered
		}
	}
	if len(candidates) == 0 && w.SID != "" && w.Type.IsGroup() {
		if c, ok := v.BySID(w.SID); ok {
			candidates, how = []int32{int32(c)}, SID
		}
	}
	switch {
	case len(candidates) == 0:
		return Match{Target: None}
	case len(candidates) > 1:
		return Match{Target: None, Problem: &plan.Skip{Reason: plan.Ambiguous, Others: refs(v, candidates),
			Detail: fmt.Sprintf("%d cloud objects carry its anchor", len(candidates))}}
	}
	c := int(candidates[0])
	if o := v.At(c); o.Anchor != "" && o.Anchor != w.Anchor && how != Hard {
		return Match{Target: None, Problem: &plan.Skip{Reason: plan.Collision, Others: refs(v, candidates),
			Detail: "its cloud object found " + how.String() + " carries another anchor"}}
	}
	if other, taken := t.SourceOf(c); taken {
		return Match{Target: None, Problem: &plan.Skip{Reason: plan.Ambiguous, Others: refs(v, candidates),
			Detail: fmt.Sprintf("its cloud object is joined to another source object already (number %d)", other)}}
	}
	t.claimed[c] = int32(i + 1)
	return Match{Target: c, How: how}
}

// soft looks for an object that nobody claims yet and that could become the counterpart.
func (t *Table) soft(v *tenant.View, w Wish) Match {
	if w.Primary != "" {
		if list := t.free(v.ByPrimary(w.Primary)); len(list) > 0 {
			return judge(v, w, Mail, list)
		}
		if list := t.free(v.ByAddress(w.Primary)); len(list) > 0 {
			return Match{Target: None, Problem: &plan.Skip{Reason: plan.Collision, Others: refs(v, list),
				Detail: fmt.Sprintf("%s has its primary address %s as a further address", v.At(int(list[0])).Name(), w.Primary)}}
		}
	}
	if w.UPN != "" {
		if c, ok := v.ByUPN(w.UPN); ok && t.claimed[c] == 0 {
			return judge(v, w, UPN, []int32{int32(c)})
		}
	}
	return Match{Target: None}
}

// free drops the candidates that are joined to their own source already: they hold the address by right, which is a
// collision of addresses and not a match; the check of unique values reports it.
func (t *Table) free(list []int32) []int32 {
	var out []int32
	for _, c := range list {
		if t.claimed[c] == 0 {
			out = append(out, c)
		}
	}
	return out
}

// judge decides whether a soft match may stand. Entra Connect's rules: never an object with another anchor
// (InvalidSoftMatch), of another kind (ObjectTypeMismatch), or with an administrative role.
func judge(v *tenant.View, w Wish, how How, list []int32) Match {
	problem := func(r plan.SkipReason, detail string) Match {
		return Match{Target: None, Problem: &plan.Skip{Reason: r, Detail: detail, Others: refs(v, list)}}
	}
	if len(list) > 1 {
		return problem(plan.Ambiguous, fmt.Sprintf("%d cloud objects match %s", len(list), how))
	}
	o := v.At(int(list[0]))
	switch {
	case o.Anchor != "":
		return problem(plan.Collision, fmt.Sprintf("%s matches %s, but carries another anchor (InvalidSoftMatch)", o.Name(), how))
	case o.Type == cloud.Guest || o.Type.IsUser() != w.Type.IsUser() || o.Type.IsGroup() != w.Type.IsGroup():
		return problem(plan.Collision, fmt.Sprintf("%s matches %s, but is a %s (ObjectTypeMismatch)", o.Name(), how, o.Type))
	case o.Synced && o.Type.MasteredWhole():
		return Match{Target: int(list[0]), How: Mirrored}
	case o.Synced:
		return problem(plan.Collision, fmt.Sprintf("%s matches %s, but another engine masters it", o.Name(), how))
	case o.Admin:
		return problem(plan.Protected, fmt.Sprintf("%s matches %s, but holds an administrative role", o.Name(), how))
	}
	return Match{Target: int(list[0]), How: how}
}

// settle gives each softly matched target to its one suitor; several are an ambiguity for all of them.
func (t *Table) settle(v *tenant.View, rivals map[int][]int, wish func(int) Wish) {
	for target, sources := range rivals {
		if len(sources) == 1 {
			t.claimed[target] = int32(sources[0] + 1)
			continue
		}
		for _, i := range sources {
			p := &plan.Skip{Reason: plan.Ambiguous, Others: refs(v, []int32{int32(target)}),
				Detail: fmt.Sprintf("%d source objects match %s %s", len(sources), v.At(target).Name(), t.Matches[i].How)}
			for _, j := range sources {
				if j != i {
					p.Others = append(p.Others, plan.Ref{Anchor: wish(j).Anchor})
				}
			}
			t.Matches[i] = Match{Target: None, Problem: p}
		}
	}
}

func refs(v *tenant.View, list []int32) []plan.Ref {
	out := make([]plan.Ref, 0, len(list))
	for _, c := range list {
		o := v.At(int(c))
		out = append(out, plan.Ref{Anchor: o.Anchor, ID: o.ID, Name: o.Name()})
	}
	return out
}
