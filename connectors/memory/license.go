package memory

import (
	"slices"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// license brings the assigned licences from before to after. What the object holds beyond before stays.
func (e *export) license(o *cloud.Object) error {
	have := slices.Clone(o.Get("licenses").Licenses())
	for _, a := range e.change.Attributes {
		for _, l := range a.After.Licenses() {
			if err := e.assignable(o, l); err != nil {
				return err
			}
			have = append(without(have, l.SKU), l)
		}
		for _, l := range a.Before.Licenses() {
			if !holds(a.After.Licenses(), l.SKU) {
				have = without(have, l.SKU)
			}
		}
	}
	before := o.Get("licenses").Licenses()
	e.seat(have, before)
	o.Put("licenses", cloud.Licenses(have))
	e.provision(o)
	return nil
}

func (e *export) assignable(o *cloud.Object, l cloud.License) error {
	switch sku, ok := e.tenant.SKU(l.SKU); {
	case !ok:
		return e.fail(fault.Invalid, "the tenant has no licence %s", l.SKU)
	case o.Get("usageLocation").IsNothing():
		return e.fail(fault.Invalid, "object %s needs a usage location before a licence", o.ID)
	case !holds(o.Get("licenses").Licenses(), l.SKU) && sku.Free() < 1:
		return e.fail(fault.Invalid, "licence %s has no seat left", l.SKU)
	}
	return nil
}

// seat takes a seat for each licence in now that is not in before, and gives back those of the others.
func (t *Target) seat(now, before []cloud.License) {
	for i := range t.tenant.SKUs {
		s := &t.tenant.SKUs[i]
		if holds(now, s.ID) {
			s.Consumed++
		}
		if holds(before, s.ID) {
			s.Consumed--
		}
	}
}

func (t *Target) free(sku string) int {
	s, _ := t.tenant.SKU(sku)
	return s.Free()
}

func holds(list []cloud.License, sku string) bool {
	return slices.ContainsFunc(list, func(l cloud.License) bool { return l.SKU == sku })
}

func without(list []cloud.License, sku string) []cloud.License {
	return slices.DeleteFunc(list, func(l cloud.License) bool { return l.SKU == sku })
}
