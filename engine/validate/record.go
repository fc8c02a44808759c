package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/join"
	"github.com/coexistsync/coexist/engine/plan"
)

// find notes that the object being checked fails a check. It gives the finding, to add to at once; nil where the check was
// not asked for or cannot be evaluated.
func (r *run) find(id, attribute, value, detail string) *Finding {
	n := numbers[id]
	if r.here.unread[n] || value == "" && r.damaged(attribute) {
		return nil
	}
	return r.add(n, Finding{Object: r.described(r.entry), Attribute: attribute, Value: value, Detail: detail, Mode: r.mode})
}

// damaged reports whether the object has an attribute after all, which could not be taken over from the directory: that
// it is missing here says nothing.
func (r *run) damaged(attribute string) bool {
	return slices.ContainsFunc(r.flawed[r.entry.object.GUID], func(a string) bool { return directory.EqualFold(a, attribute) })
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
