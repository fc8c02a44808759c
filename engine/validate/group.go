package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
)

// The numbers of members of "Microsoft Entra Connect Sync V2 endpoint API".
const (
	manyMembers    = 50_000
	tooManyMembers = 250_000
)

// checkGroup looks at what only groups have.
func (r *run) checkGroup() {
	e := r.entry
	if e.has(aProxies) && !e.mailEnabled() {
		r.find("GRP-002", slotNames[aProxies], "", "none of its addresses is an SMTP address")
	}
	if n := len(e.values[aMember]); n > manyMembers {
		r.find("GRP-003", slotNames[aMember], "", fmt.Sprintf("%d members", n)).raise(n > tooManyMembers)
	}
	if e.i < r.s.Len() {
		r.checkMembers()
		r.checkCycle()
	}
	if owner := e.first(aOwner); owner != "" {
		if i, ok := r.s.ByDN(owner); !ok {
			r.find("GRP-008", slotNames[aOwner], owner, "its owner is not among the objects read")
		} else if r.reasons[i] != "" {
			r.find("GRP-008", slotNames[aOwner], owner, "its owner is not synchronised: "+r.reasons[i])
		}
	}
	if t := r.target; t != nil && !e.mailEnabled() && (t.Type == cloud.DistributionGroup || t.Type == cloud.MailEnabledSecurityGroup || t.Type == cloud.RoomList) {
		r.find("GRP-007", slotNames[aMail], "", fmt.Sprintf("in the cloud it is a %s with the address %s", t.Type, t.Mail))
	}
}

// checkMembers looks for members that the group loses on its way.
func (r *run) checkMembers() {
	e := r.entry
	var example string
	var outside, excluded, nested int
	var parties []Party
	lose := func(n *int, dn string, i int) {
		*n++
		if example == "" {
			example = dn
		}
		if i >= 0 && len(parties) < MaxOthers {
			r.other.load(i, r.s.At(i))
			parties = append(parties, Party{r.described(r.other), slotNames[aMember]})
		}
	}
	resolved := make([]int32, 0, len(e.values[aMember]))
	for _, dn := range e.values[aMember] {
		i, ok := r.s.ByDN(dn)
		if ok {
			resolved = append(resolved, int32(i))
		}
		switch {
		case !ok:
			lose(&outside, dn, -1)
		case r.reasons[i] != "":
			lose(&excluded, dn, i)
		case r.misplaced(i):
			lose(&nested, dn, i)
		}
	}
	if n := outside + excluded + nested; n > 0 {
		f := r.find("GRP-004", slotNames[aMember], example, lost(len(e.values[aMember]), outside, excluded, nested))
		if f != nil {
			f.Others, f.More = parties, excluded+nested-len(parties)
		}
	}
	slices.Sort(resolved)
	resolved = slices.Compact(resolved)
	if n := len(r.s.Members(e.i)) - len(resolved); n > 0 {
		r.find("GRP-005", slotNames[aMember], "", fmt.Sprintf("%d objects have it as their primary group and do not stand in member", n))
	}
}

// lost says which members do not come along.
func lost(all, outside, excluded, nested int) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{outside, "not among the objects read"}, {excluded, "not synchronised"}, {nested, "of a type that the group cannot hold or reach"}} {
		switch {
		case p.n == 0:
		case all == 1:
			return "its one member is " + p.what
		case p.n == all:
			return fmt.Sprintf("all %d members are %s", all, p.what)
		case p.n == 1:
			parts = append(parts, "1 is "+p.what)
		default:
			parts = append(parts, fmt.Sprintf("%d are %s", p.n, p.what))
		}
	}
	return fmt.Sprintf("of %d members, %s", all, strings.Join(parts, ", "))
}

// misplaced reports whether the group being checked cannot hold the object at index i, or mail to it does not reach the
// object's own members. A Microsoft 365 group holds users alone; Exchange goes through mail-enabled groups alone.
func (r *run) misplaced(i int) bool {
	e := r.entry
	if r.kinds != nil && r.kinds[e.i] == cloud.Microsoft365Group {
		return r.s.At(i).Kind != directory.User
	}
	if r.s.At(i).Kind != directory.Group || e.security() {
		return false
	}
	r.other.load(i, r.s.At(i))
	return !r.other.mailEnabled()
}

// checkCycle names the groups that a group is nested with in a circle.
func (r *run) checkCycle() {
	cycle := r.cycles[int32(r.entry.i)]
	if len(cycle) == 0 {
		return
	}
	f := r.find("GRP-006", slotNames[aMember], "", fmt.Sprintf("%d groups hold each other", len(cycle)))
	if len(cycle) == 1 && f != nil {
		f.Detail = "the group is its own member"
	}
	for _, i := range cycle {
		if int(i) != r.entry.i && f != nil {
			r.other.load(int(i), r.s.At(int(i)))
			f.with(Party{r.described(r.other), slotNames[aMember]})
		}
	}
}

// nest finds the groups that are nested in circles: the strongly connected components of the groups, after Tarjan, without
// recursion, because nesting may be as deep as somebody likes.
func (r *run) nest() {
	t := &tarjan{run: r, order: make(map[int32]int32), low: make(map[int32]int32), on: make(map[int32]bool)}
	r.cycles = map[int32][]int32{}
	for i := range r.s.Len() {
		if _, seen := t.order[int32(i)]; !seen && r.s.At(i).Kind == directory.Group {
			t.visit(int32(i))
		}
	}
}

type tarjan struct {
	run        *run
	order, low map[int32]int32
	on         map[int32]bool
	stack      []int32
}

// frame is a group whose members are being visited.
type frame struct {
	group   int32
	members []int32
}

func (t *tarjan) visit(root int32) {
	frames := []frame{t.enter(root)}
	for len(frames) > 0 {
		f := &frames[len(frames)-1]
		if len(f.members) == 0 {
			t.leave(f.group)
			group := f.group
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				above := frames[len(frames)-1].group
				t.low[above] = min(t.low[above], t.low[group])
			}
			continue
		}
		m := f.members[0]
		f.members = f.members[1:]
		if t.run.s.At(int(m)).Kind != directory.Group {
			continue
		}
		if at, seen := t.order[m]; !seen {
			frames = append(frames, t.enter(m))
		} else if t.on[m] {
			t.low[f.group] = min(t.low[f.group], at)
		}
	}
}

func (t *tarjan) enter(g int32) frame {
	n := int32(len(t.order))
	t.order[g], t.low[g], t.on[g] = n, n, true
	t.stack = append(t.stack, g)
	return frame{g, t.run.s.Members(int(g))}
}

// leave takes a component from the stack once its first group is done.
func (t *tarjan) leave(g int32) {
	if t.low[g] != t.order[g] {
		return
	}
	at := slices.Index(t.stack, g)
	component := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, m := range component {
		t.on[m] = false
	}
	if len(component) == 1 && !slices.Contains(t.run.s.Members(int(g)), g) {
		return
	}
	slices.Sort(component)
	for _, m := range component {
		t.run.cycles[m] = component
	}
}
