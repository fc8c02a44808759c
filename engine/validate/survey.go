package validate

import (
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/ldapvalue"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/join"
)

// unmet notes which checks cannot be evaluated, and why.
func (r *run) unmet() {
	have := r.in.supplied()
	r.unfiltered()
	for _, src := range r.s.Sources() {
		r.sources = append(r.sources, origin{src.Name, src.Domain, make([]bool, len(table))})
	}
	for n, c := range table {
		var lacking []string
		for _, f := range c.Needs {
			if !slices.Contains(have, f) {
				lacking = append(lacking, string(f))
			}
		}
		if len(lacking) > 0 {
			for k := range r.sources {
				r.sources[k].unread[n] = true
			}
			r.tally.NotEvaluated = append(r.tally.NotEvaluated, Unevaluated{Check: c.ID, Why: "needs what was not supplied: " + strings.Join(lacking, ", ")})
			continue
		}
		for k, src := range r.s.Sources() {
			missing, part := unread(src, c.Attributes), unread(src, c.Also)
			r.sources[k].unread[n] = len(missing) > 0
			if missing = append(missing, part...); len(missing) > 0 {
				r.tally.NotEvaluated = append(r.tally.NotEvaluated, Unevaluated{c.ID, src.Name, !r.sources[k].unread[n],
					"was not read from the directory: " + strings.Join(missing, ", ")})
			}
		}
	}
}

// scoping are the attributes that only the filters of what is synchronised read.
var scoping = []string{slotNames[aCritical], slotNames[aAdmin], slotNames[aDetails], slotNames[aHidden]}

// unfiltered notes where the filters that stand in for policies could not see everything, so that objects are checked
// which Entra Connect would leave out.
func (r *run) unfiltered() {
	for _, src := range r.s.Sources() {
		if missing := unread(src, scoping); len(missing) > 0 && r.in.Decided == nil {
			r.tally.NotEvaluated = append(r.tally.NotEvaluated, Unevaluated{Source: src.Name, Partly: true,
				Why: "what is not synchronised cannot be told without " + strings.Join(missing, ", ")})
		}
		for _, f := range src.Flaws {
			r.flawed[f.GUID] = append(r.flawed[f.GUID], f.Attribute)
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
		r.entry.keys(r.realm(i), func(s space, _, text string) { r.index.add(s, text, at) })
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
		if r.kinds[i] = r.entry.usual(); r.reasons[i] != "" {
			r.kinds[i] = cloud.None
		}
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
			w.Primary = desired.PrimaryAddress(r.other.object)
		}
	default:
		w.Primary, w.UPN = desired.PrimaryAddress(r.other.object), r.other.first(aUPN)
		if r.upns != nil && r.upns[i] != "" {
			w.UPN = r.upns[i]
		}
	}
	return w
}
