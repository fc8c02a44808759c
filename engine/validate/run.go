package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/tenant"
)

// Input is what is validated.
type Input struct {
	Snapshot *snapshot.Snapshot
	Tenant   *tenant.View // nil: without a tenant
	// Decided gives what the policies made of the object at an index of the snapshot; nil: without policies, with the
	// filters of Entra Connect in their place. It is asked twice for each object, in order.
	Decided func(i int) desired.State
	// Mode is that of objects which are not in the cloud yet, "" for Provision. That of the others follows from themselves.
	Mode         cloud.Mode
	Facts        Facts
	Suppressions []Suppression
	AsOf         time.Time // what the suppressions' ends are held against
}

// Run checks everything and hands findings to yield: those of the snapshot's objects in their order, each object's by check,
// then those of the tenant and the policies. An error of yield ends it and is returned as it is.
func Run(in Input, yield func(Finding) error) (Summary, error) {
	r := newRun(in)
	r.survey()
	if in.Tenant != nil {
		r.table = join.Build(in.Tenant, in.Snapshot.Len(), r.wish)
	}
	r.nest()
	for i := range r.objects() {
		r.check(i)
		if err := r.flush(yield); err != nil {
			return Summary{}, err
		}
	}
	r.checkWhole()
	if err := r.flush(yield); err != nil {
		return Summary{}, err
	}
	return r.summary(), nil
}

// run carries one validation.
type run struct {
	in       Input
	s        *snapshot.Snapshot
	aside    []directory.Object // objects without an anchor of their own
	entry    *entry             // the object being checked
	other    *entry             // any other one
	index    *index
	sources  []origin
	reasons  []string     // why an object is not checked, "" where it is
	kinds    []cloud.Type // what objects become; with a tenant or decisions alone
	upns     []string     // what the policies make of the user principal name; with both alone
	table    *join.Table  // nil without a tenant
	deleted  map[string][]int32
	cycles   map[int32][]int32 // group -> the groups of its cycle
	losses   map[int32]int     // group -> members that have it as their primary group alone
	seats    map[string]*seats
	state    desired.State // of the object being checked
	mode     cloud.Mode
	target   *cloud.Object // its counterpart, nil when there is none
	found    []Finding
	silenced suppressions
	counts   []int // by check
	tally    Summary
}

// origin is what matters of a source: its domain, and which checks it did not read the attributes for.
type origin struct {
	name, domain string
	unread       []bool // by check
}

func newRun(in Input) *run {
	s := in.Snapshot
	l := newLayout(s.Schema())
	r := &run{in: in, s: s, entry: &entry{layout: l}, other: &entry{layout: l}, index: newIndex(), counts: make([]int, len(table)),
		seats: map[string]*seats{}}
	if r.in.Mode == "" {
		r.in.Mode = cloud.Provision
	}
	n := 0
	for o := range s.All() {
		if n++; n > s.Len() {
			r.aside = append(r.aside, o)
		}
	}
	r.unmet()
	r.silenced = newSuppressions(in.Suppressions, in.AsOf)
	return r
}

// objects is the number of all objects: those of the snapshot, then those that it has set aside.
func (r *run) objects() int { return r.s.Len() + len(r.aside) }

func (r *run) object(i int) directory.Object {
	if i < r.s.Len() {
		return r.s.At(i)
	}
	return r.aside[i-r.s.Len()]
}

// origin gives the source of an object.
func (r *run) origin(i int) *origin {
	if len(r.sources) == 1 || i >= r.s.Len() {
		return &r.sources[0]
	}
	src, _ := r.s.SourceOf(i)
	for k := range r.sources {
		if r.sources[k].name == src.Name {
			return &r.sources[k]
		}
	}
	return &r.sources[0]
}

// domain gives the DNS name of an object's domain.
func (r *run) domain(i int) string { return r.origin(i).domain }

// unmet notes which checks cannot be evaluated, and why.
func (r *run) unmet() {
	have := r.in.supplied()
	for _, src := range r.s.Sources() {
		r.sources = append(r.sources, origin{src.Name, src.Domain, make([]bool, len(table))})
	}
	for n, c := range table {
		if need := slices.IndexFunc(c.Needs, func(f Fact) bool { return !slices.Contains(have, f) }); need >= 0 {
			for k := range r.sources {
				r.sources[k].unread[n] = true
			}
			r.tally.NotEvaluated = append(r.tally.NotEvaluated, Unevaluated{Check: c.ID, Why: "needs what was not supplied: " + string(c.Needs[need])})
			continue
		}
		for k, src := range r.s.Sources() {
			if missing := unread(src, c.Attributes); len(missing) > 0 {
				r.sources[k].unread[n] = true
				r.tally.NotEvaluated = append(r.tally.NotEvaluated, Unevaluated{c.ID, src.Name, "was not read from the directory: " + strings.Join(missing, ", ")})
			}
		}
	}
}

// unread lists the attributes that a source did not ask for. Those that its schema lacks were: no object has them.
func unread(src snapshot.Source, attributes []string) []string {
	var out []string
	for _, a := range attributes {
		same := func(b string) bool { return directory.EqualFold(a, b) }
		if !slices.ContainsFunc(src.Attributes, same) && !slices.ContainsFunc(src.MissingAttrs, same) && !slices.ContainsFunc(directory.Essential(), same) {
			out = append(out, a)
		}
	}
	return out
}

// supplied lists the facts that are there.
func (in *Input) supplied() []Fact {
	var out []Fact
	for _, f := range []struct {
		fact Fact
		is   bool
	}{
		{TenantObjects, in.Tenant != nil}, {Decisions, in.Decided != nil}, {Bundles, in.Facts.Bundles != nil},
		{RecordedAnchors, in.Facts.Recorded != nil}, {DeletedMailboxes, in.Facts.Mailboxes != nil},
		{ProvisioningErrors, in.Facts.ProvisioningErrors != nil}, {ServiceErrors, in.Facts.ServiceErrors != nil},
		{SyncSwitches, in.Facts.Sync != nil}, {ProhibitedLocations, in.Facts.Prohibited != nil},
	} {
		if f.is {
			out = append(out, f.fact)
		}
	}
	return out
}

// survey reads everything once: what comes along, and what it holds that must be unique.
func (r *run) survey() {
	n := r.objects()
	r.reasons = make([]string, n)
	if r.in.Tenant != nil || r.in.Decided != nil {
		r.kinds = make([]cloud.Type, r.s.Len())
	}
	if r.in.Tenant != nil && r.in.Decided != nil {
		r.upns = make([]string, r.s.Len())
	}
	for i := range n {
		r.entry.load(i, r.object(i))
		r.reasons[i] = r.entry.excluded()
		if i < r.s.Len() {
			r.decide(i)
		}
		at := i
		if r.reasons[i] != "" {
			at = -1 - i // its values are no collisions, but no fix may take them
		}
		r.entry.keys(r.domain(i), func(s space, _, text string) { r.index.add(s, text, at) })
	}
	r.index.finish()
	r.indexDeleted()
}

// decide notes what the policies make of an object, or what it would become without any.
func (r *run) decide(i int) {
	if r.kinds == nil {
		return
	}
	if r.in.Decided == nil {
		r.kinds[i] = r.entry.usual()
		return
	}
	state := r.in.Decided(i)
	r.kinds[i] = state.Type
	switch state.Type {
	case cloud.None:
		r.reasons[i] = byPolicy
	case "":
		r.kinds[i] = r.entry.usual() // held: checked, for the findings may say why
	default:
		r.reasons[i] = ""
	}
	if r.upns != nil {
		r.upns[i] = state.UPN()
	}
}

// usual gives what an object becomes where no policy says so.
func (e *entry) usual() cloud.Type {
	switch {
	case e.object.Kind == directory.User:
		return cloud.User
	case e.object.Kind == directory.Contact:
		return cloud.MailContact
	case e.security() && e.mailEnabled():
		return cloud.MailEnabledSecurityGroup
	case e.security():
		return cloud.SecurityGroup
	}
	return cloud.DistributionGroup
}

// wish gives what an object brings to the join, as the planner has it.
func (r *run) wish(i int) join.Wish {
	r.other.load(i, r.s.At(i))
	w := join.Wish{Anchor: r.s.Anchor(i), Wanted: r.reasons[i] == "", Type: r.kinds[i], Ledger: r.in.Facts.Recorded[r.other.object.GUID].ID}
	switch {
	case r.other.object.Kind == directory.Group:
		if sid, err := ldapvalue.SID(r.other.object.First(directory.AttrObjectSID)); err == nil {
			w.SID = sid
		}
		if w.Type.Creator() == cloud.Exchange {
			w.Primary = r.other.primary()
		}
	default:
		w.Primary, w.UPN = r.other.primary(), r.other.first(aUPN)
		if r.upns != nil && r.upns[i] != "" {
			w.UPN = r.upns[i]
		}
	}
	return w
}

// check looks at one object.
func (r *run) check(i int) {
	e := r.entry
	e.load(i, r.object(i))
	r.state, r.target, r.mode = desired.State{}, nil, r.in.Mode
	if r.table != nil && i < r.s.Len() {
		if t := r.table.Matches[i].Target; t != join.None {
			r.target = r.in.Tenant.At(t)
			r.mode = modeOf(r.target)
		}
	}
	if r.reasons[i] != "" {
		r.checkExcluded()
		return
	}
	r.tally.Objects++
	if r.in.Decided != nil && i < r.s.Len() {
		r.state = r.in.Decided(i)
	}
	r.checkAnchor()
	r.checkNames()
	r.checkAddresses()
	r.checkAlias()
	r.checkCollisions()
	switch e.object.Kind {
	case directory.User:
		r.checkUPN()
		r.checkAccount()
		r.checkMailbox()
		r.checkLicenses()
	case directory.Group:
		r.checkGroup()
	}
	if e.object.Kind != directory.Group {
		r.checkTarget()
	}
	if r.table != nil && i < r.s.Len() {
		r.checkCounterpart()
	}
}

// checkExcluded says why an object that one may expect in the cloud is not synchronised.
func (r *run) checkExcluded() {
	switch r.entry.excluded() {
	case victim:
		r.find("CFL-001", slotNames[aDN], r.entry.first(aDN), "left out; find the object that it conflicts with, and delete the one that nobody uses")
	case linked:
		r.find("MBX-005", slotNames[aDetails], r.entry.first(aDetails), linked)
	case pure:
		r.find("GRP-001", slotNames[aMail], "", "neither mail nor proxyAddresses has a value")
	}
}

// modeOf gives the mode that follows from a cloud object.
func modeOf(o *cloud.Object) cloud.Mode {
	if o.Synced {
		return cloud.Activate
	}
	return cloud.Provision
}

// find notes that the object being checked fails a check. It gives the finding, to add to at once; nil where the check was
// not asked for or cannot be evaluated.
func (r *run) find(id, attribute, value, detail string) *Finding {
	n := numbers[id]
	if r.origin(r.entry.i).unread[n] {
		return nil
	}
	return r.add(n, Finding{Object: r.described(r.entry), Attribute: attribute, Value: value, Detail: detail, Mode: r.mode})
}

func (r *run) add(n int, f Finding) *Finding {
	f.Check, f.Severity = table[n].ID, table[n].In(f.Mode)
	if f.Severity == None {
		return nil
	}
	r.found = append(r.found, f)
	return &r.found[len(r.found)-1]
}

// raise gives a finding the severity of its check's exception.
func (f *Finding) raise(when bool) *Finding {
	if f != nil && when {
		f.Severity = table[numbers[f.Check]].Raised.Severity
	}
	return f
}

// described names an object for a finding.
func (r *run) described(e *entry) plan.Object {
	o := plan.Object{Kind: e.object.Kind.String(), Name: e.name(), UPN: e.first(aUPN), DN: e.first(aDN)}
	if !e.object.GUID.IsZero() {
		o.GUID = e.object.GUID.String()
	}
	if e.i < r.s.Len() {
		o.Anchor = r.s.Anchor(e.i)
		if r.kinds != nil {
			o.Type = r.kinds[e.i]
		}
		if r.table != nil && r.table.Matches[e.i].Target != join.None {
			o.ID = r.in.Tenant.At(r.table.Matches[e.i].Target).ID
		}
	}
	return o
}

// cloudObject names an object of the tenant.
func cloudObject(o *cloud.Object) plan.Object {
	return plan.Object{Anchor: o.Anchor, Kind: "cloud", Type: o.Type, Name: o.Name(), UPN: o.Get("userPrincipalName").Text(), ID: o.ID}
}

// flush hands over what was found of one object, in order.
func (r *run) flush(yield func(Finding) error) error {
	slices.SortFunc(r.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Object.Name, b.Object.Name), cmp.Compare(a.Object.ID, b.Object.ID),
			cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Detail, b.Detail))
	})
	for _, f := range r.found {
		if r.silenced.has(f) {
			continue
		}
		r.counts[numbers[f.Check]]++
		switch f.Severity {
		case Info:
			r.tally.Info++
		case Warning:
			r.tally.Warnings++
		case Error:
			r.tally.Errors++
		}
		if err := yield(f); err != nil {
			return err
		}
	}
	clear(r.found)
	r.found = r.found[:0]
	return nil
}

// summary draws up what it came to.
func (r *run) summary() Summary {
	out := r.tally
	for n, c := range r.counts {
		if c > 0 {
			out.Checks = append(out.Checks, Count{table[n].ID, c})
		}
	}
	byReason := map[string]int{}
	for _, why := range r.reasons {
		if why != "" {
			byReason[why]++
		}
	}
	for why, n := range byReason {
		out.Excluded = append(out.Excluded, Excluded{why, n})
	}
	slices.SortFunc(out.Excluded, func(a, b Excluded) int { return cmp.Compare(a.Reason, b.Reason) })
	out.Suppressed, out.Expired = r.silenced.used, r.silenced.expired
	return out
}

// fixTo proposes a value, unless the object has it already or another one holds it, here or in the tenant.
func (r *run) fixTo(f *Finding, s slot, before, after string, safe bool) {
	if f == nil || after == "" || after == before || r.clashes(s, after) {
		return
	}
	f.Fix = &Fix{slotNames[s], before, after, safe}
}

// clashes reports whether a value of an attribute would collide.
func (r *run) clashes(s slot, after string) bool {
	e := r.entry
	if slices.Contains(e.values[s], after) {
		return true
	}
	switch s {
	case aNickname:
		return r.index.taken(byNickname, directory.Fold(after), e.i)
	case aUPN, aMail, aProxies, aTarget:
		a := parseAddress(after)
		if s == aUPN || s == aMail {
			a = address{scheme: "smtp", rest: after}
		}
		if !a.mailbox() {
			return false
		}
		return r.inTenant(key(a.rest)) || r.index.taken(byAddress, key(a.rest), e.i)
	}
	return false
}

// inTenant reports whether a live object of the tenant other than the counterpart holds an address.
func (r *run) inTenant(address string) bool {
	if r.in.Tenant == nil {
		return false
	}
	if i, ok := r.in.Tenant.ByUPN(address); ok && r.in.Tenant.At(i) != r.target {
		return true
	}
	return slices.ContainsFunc(r.in.Tenant.ByAddress(address), func(i int32) bool { return r.in.Tenant.At(int(i)) != r.target })
}

// list joins the first few of many texts for people.
func list(texts []string) string {
	const few = 5
	if len(texts) <= few {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:few], ", "), len(texts)-few)
}
