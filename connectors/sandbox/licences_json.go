package sandbox

import "slices"

func appendLicences(b []byte, o *object) []byte {
	b = append(b, '[')
	for i, id := range skusOf(o.licences) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"disabledPlans":[`...)
		for j, p := range disabledOf(o.licences, id) {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, '"'), p...), '"')
		}
		b = append(append(append(b, `],"skuId":"`...), id...), `"}`...)
	}
	return append(b, ']')
}

// disabledOf gives the plans of a SKU that no assignment of it leaves on.
func disabledOf(list []assignment, sku string) []string {
	var out []string
	first := true
	for _, a := range list {
		switch {
		case a.SKU != sku || !a.active():
		case first:
			out, first = a.Disabled, false
		default:
			out = slices.DeleteFunc(slices.Clone(out), func(p string) bool { return !slices.Contains(a.Disabled, p) })
		}
	}
	return out
}

func appendLicenceStates(b []byte, o *object) []byte {
	b = append(b, '[')
	for i, a := range o.licences {
		if i > 0 {
			b = append(b, ',')
		}
		group, state, problem := "null", "Active", "None"
		if a.Group != "" {
			group = quote(a.Group)
		}
		if a.Error != "" {
			state, problem = "Error", a.Error
		}
		b = append(append(b, `{"skuId":"`+a.SKU+`","disabledPlans":[`...), quotedList(a.Disabled)...)
		b = append(b, `],"assignedByGroup":`+group+`,"state":"`+state+`","error":"`+problem+`","lastUpdatedDateTime":"`+stamp(a.Updated)+`"}`...)
	}
	return append(b, ']')
}

func quotedList(list []string) string {
	var b []byte
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, s)
	}
	return string(b)
}

func (t *Tenant) licenseDetails(r *request) (answer, error) {
	o, err := t.user(r.args[0])
	if err != nil {
		return answer{}, err
	}
	var rows []resource
	for _, id := range skusOf(o.licences) {
		s := t.sku(id)
		rows = append(rows, resource{{"id", quote(t.derive("licence "+o.id+id, 0))}, {"skuId", quote(id)}, {"skuPartNumber", quote(s.Name)},
			{"servicePlans", s.plansJSON(disabledOf(o.licences, id))}})
	}
	return t.resources(r, "users('"+o.id+"')/licenseDetails", "microsoft.graph.licenseDetails", rows)
}
