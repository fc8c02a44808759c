package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/plan"
)

// skuNames says what SKUs and service plans are called in a tenant; plans hold their ids.
type skuNames struct{ tenant *cloud.Tenant }

func (n skuNames) license(l cloud.License) string {
	sku, ok := n.tenant.SKU(l.SKU)
	if !ok {
		return Safe(l.SKU)
	}
	if len(l.DisabledPlans) == 0 {
		return Safe(sku.Name)
	}
	plans := make([]string, len(l.DisabledPlans))
	for i, id := range l.DisabledPlans {
		plans[i] = Safe(id)
		if p, ok := sku.Plan(id); ok {
			plans[i] = Safe(p.Name)
		}
	}
	slices.Sort(plans)
	return Safe(sku.Name) + " without " + strings.Join(plans, " ")
}

// what names the properties that a change touches; for licences what is done with them, since that is what people count.
func what(c plan.Change) string {
	switch c.Action {
	case plan.Update:
		var list []string
		for _, a := range c.Attributes {
			list = append(list, Safe(a.Name))
		}
		if len(list) > 4 {
			return strings.Join(list[:3], ", ") + " and " + strconv.Itoa(len(list)-3) + " more properties"
		}
		return strings.Join(list, ", ")
	case plan.Members:
		if len(c.Attributes) > 0 && c.Attributes[0].Name != "members" {
			return Safe(c.Attributes[0].Name)
		}
	}
	return ""
}

// effect says what exactly a change does, so that equal changes can be told as one; "" where the action says it all.
func (n skuNames) effect(c plan.Change) string {
	var parts []string
	for _, a := range c.Attributes {
		switch c.Action {
		case plan.License:
			parts = append(parts, n.licenses(a))
		case plan.Members:
			parts = append(parts, memberEffect(a))
		case plan.Refer:
			parts = append(parts, referEffect(a))
		case plan.Update:
			parts = append(parts, update(a, len(c.Attributes) > 1))
		}
		if a.Reason == plan.ExceptionOver && len(parts) > 0 {
			parts[len(parts)-1] += " (exception " + Safe(a.Because[len(a.Because)-1].Rule) + " is over)"
		}
	}
	return strings.Join(parts, "; ")
}

func update(a plan.Attribute, named bool) string {
	text := value(a.Before) + " → " + value(a.After)
	if a.Reason == plan.Drift {
		text += " (changed in the cloud)"
	}
	if named {
		return Safe(a.Name) + " " + text
	}
	return text
}

// value shows a property's value: text in quotation marks, so that blanks at its ends are seen.
func value(v cloud.Value) string {
	if s := v.Text(); s != "" {
		return `"` + clip(Safe(s), 80) + `"`
	}
	if list := v.Texts(); list != nil {
		safe := make([]string, len(list))
		for i, s := range list {
			safe[i] = `"` + Safe(s) + `"`
		}
		return strings.Join(safe, ", ")
	}
	return Safe(v.String())
}

// licenseDelta compares two sets of licences: SKUs given, taken away, and kept with other service plans switched off.
func licenseDelta(a plan.Attribute) (given, taken, changed []cloud.License) {
	before, after := a.Before.Licenses(), a.After.Licenses()
	find := func(list []cloud.License, sku string) int {
		return slices.IndexFunc(list, func(l cloud.License) bool { return l.SKU == sku })
	}
	for _, l := range after {
		switch i := find(before, l.SKU); {
		case i < 0:
			given = append(given, l)
		case !slices.Equal(before[i].DisabledPlans, l.DisabledPlans):
			changed = append(changed, l)
		}
	}
	for _, l := range before {
		if find(after, l.SKU) < 0 {
			taken = append(taken, l)
		}
	}
	return given, taken, changed
}

func (n skuNames) licenses(a plan.Attribute) string {
	given, taken, changed := licenseDelta(a)
	var parts []string
	for _, l := range taken {
		parts = append(parts, "- "+n.license(cloud.License{SKU: l.SKU}))
	}
	for _, l := range given {
		parts = append(parts, "+ "+n.license(l))
	}
	for _, l := range changed {
		parts = append(parts, "now "+n.license(l))
	}
	return strings.Join(parts, ", ")
}

func memberEffect(a plan.Attribute) string {
	var parts []string
	if n := len(a.Add); n > 0 {
		parts = append(parts, "+ "+refs(a.Add))
	}
	if n := len(a.Remove); n > 0 {
		parts = append(parts, "- "+refs(a.Remove))
	}
	return strings.Join(parts, "; ")
}

// refs names up to three objects of a list.
func refs(list []plan.Ref) string {
	var first []string
	for _, r := range list[:min(3, len(list))] {
		first = append(first, refName(r))
	}
	if len(list) > 3 {
		return strings.Join(first, ", ") + " and " + strconv.Itoa(len(list)-3) + " more"
	}
	return strings.Join(first, ", ")
}

func refName(r plan.Ref) string {
	for _, s := range []string{r.Name, r.ID, string(r.Anchor)} {
		if s != "" {
			return Safe(s)
		}
	}
	return "(unnamed)"
}

func referEffect(a plan.Attribute) string {
	r, ok := a.Reference()
	if !ok {
		return "none any more"
	}
	return "→ " + refName(r)
}
