package diff

import (
	"slices"

	"github.com/coexistsync/coexist/engine/plan"
)

// reportDrift takes out of the changes what would put back values that coexist wrote and somebody has changed in the tenant
// since, and lists it instead. A membership is drift, entry by entry, when coexist wrote it and it is gone, or when it came to
// be without coexist.
func (w *work) reportDrift() {
	var gone []string
	kept := w.Changes[:0]
	for _, c := range w.Changes {
		switch c.Action {
		case plan.Update, plan.License, plan.Refer, plan.Members:
			if !w.withoutDrift(&c) {
				gone = append(gone, c.ID)
				continue
			}
		}
		kept = append(kept, c)
	}
	w.Changes = kept
	for i := range w.Changes {
		c := &w.Changes[i]
		c.DependsOn = slices.DeleteFunc(c.DependsOn, func(id string) bool { return slices.Contains(gone, id) })
	}
}

// withoutDrift takes drift out of one change; false when nothing is left of it.
func (w *work) withoutDrift(c *plan.Change) bool {
	var left []plan.Attribute
	var names []string
	for _, a := range c.Attributes {
		whole := a.Reason == plan.Drift
		if c.Action == plan.Members {
			whole = w.membersDrift(&a)
		}
		if !whole {
			left, names = append(left, a), append(names, a.Name)
		}
		if whole || a.Reason == plan.Drift {
			w.skip(plan.Skip{Reason: plan.Drifted, Property: a.Name, Because: a.Because, Detail: a.Name + " was changed in the tenant since coexist wrote it, and is left as it is"})
		}
	}
	if len(left) == len(c.Attributes) {
		c.Attributes = left
		return true
	}
	c.Attributes = left
	if c.Fingerprint != "" && w.Target != nil {
		c.Fingerprint = plan.FingerprintOf(w.Target, names)
	}
	return len(left) > 0
}

// membersDrift takes drift out of a membership change; true when nothing is left of it. What is taken out marks the rest.
func (w *work) membersDrift(a *plan.Attribute) bool {
	ours, wrote := w.lastWritten(a.Name)
	if !wrote {
		return false
	}
	before := len(a.Add) + len(a.Remove)
	written := func(r plan.Ref) bool { return r.ID != "" && slices.Contains(ours.Texts(), r.ID) }
	a.Add = slices.DeleteFunc(slices.Clone(a.Add), written)
	a.Remove = slices.DeleteFunc(slices.Clone(a.Remove), func(r plan.Ref) bool { return !written(r) })
	left := len(a.Add) + len(a.Remove)
	if left < before && left > 0 {
		w.skip(plan.Skip{Reason: plan.Drifted, Property: a.Name, Because: a.Because, Detail: a.Name + ": entries that were changed in the tenant since coexist wrote them are left as they are"})
	}
	a.Reason = plan.Changed
	return left == 0
}

// markDrift gives memberships that put back what coexist wrote their reason: whom somebody took out comes back, and whom
// somebody put in goes. One that carries out anything new besides is a change.
func (w *work) markDrift() {
	for i := range w.Changes {
		c := &w.Changes[i]
		if c.Action != plan.Members {
			continue
		}
		for j := range c.Attributes {
			a := &c.Attributes[j]
			ours, wrote := w.lastWritten(a.Name)
			written := func(r plan.Ref) bool { return r.ID != "" && slices.Contains(ours.Texts(), r.ID) }
			unwritten := func(r plan.Ref) bool { return !written(r) }
			if wrote && !slices.ContainsFunc(a.Add, unwritten) && !slices.ContainsFunc(a.Remove, written) {
				a.Reason = plan.Drift
			}
		}
	}
}
