package graph

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/fault"
)

// license brings the directly assigned licences from before to after in one call, which happens whole or not at all.
// A SKU that the plan does not name is left alone.
func (w *writer) license(ctx context.Context) error {
	for _, a := range w.change.Attributes {
		err := w.assign(ctx, a.Before.Licenses(), a.After.Licenses())
		if says(err, "does not have a corresponding license") {
			// What was to be removed is gone: an earlier attempt took effect, or somebody was faster. Only the rest is asked for.
			var now []cloud.License
			if now, err = w.assigned(ctx); err == nil {
				err = w.assign(ctx, intersect(now, a.Before.Licenses(), a.After.Licenses()), a.After.Licenses())
			}
		}
		if err != nil {
			return w.unlocated(err)
		}
	}
	return nil
}

// addition is one entry of assignLicense.
type addition struct {
	DisabledPlans []string `json:"disabledPlans"`
	SKUID         string   `json:"skuId"`
}

// assign sends one assignLicense; adding a SKU that is there replaces its disabled plans.
func (w *writer) assign(ctx context.Context, before, after []cloud.License) error {
	add, remove := []addition{}, []string{}
	for _, l := range after {
		if have, ok := find(before, l.SKU); !ok || !slices.Equal(have.DisabledPlans, l.DisabledPlans) {
			add = append(add, addition{append([]string{}, l.DisabledPlans...), l.SKU})
		}
	}
	for _, l := range before {
		if _, ok := find(after, l.SKU); !ok {
			remove = append(remove, l.SKU)
		}
	}
	if len(add)+len(remove) == 0 {
		return nil
	}
	return w.call(ctx, "POST", w.path()+"/assignLicense", entity{{"addLicenses", add}, {"removeLicenses", remove}})
}

// assigned reads the licences that the user holds directly.
func (w *writer) assigned(ctx context.Context) ([]cloud.License, error) {
	licences, _ := columnNamed(false, "licenses")
	o, err := w.look(ctx, []column{licences})
	v := o.Get("licenses")
	return v.Licenses(), err
}

// intersect gives those licences of now whose SKU one of the two sets names.
func intersect(now, a, b []cloud.License) []cloud.License {
	var out []cloud.License
	for _, l := range now {
		_, inA := find(a, l.SKU)
		_, inB := find(b, l.SKU)
		if inA || inB {
			out = append(out, l)
		}
	}
	return out
}

func find(list []cloud.License, sku string) (cloud.License, bool) {
	for _, l := range list {
		if strings.EqualFold(l.SKU, sku) {
			return l, true
		}
	}
	return cloud.License{}, false
}

// unlocated turns "invalid usage location" into fault.NotReady while the location that was just written may not have
// reached the replica that assigns licences.
func (w *writer) unlocated(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid && says(err, "invalid usage location") && w.located.Has(strings.ToLower(w.change.Object.ID)) {
		late := *f
		late.Kind = fault.NotReady
		return &late
	}
	return err
}
