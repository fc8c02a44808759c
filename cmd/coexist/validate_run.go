package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/directory"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/directory/snapshot"
	"github.com/coexistsync/coexist/engine"
	"github.com/coexistsync/coexist/engine/connector"
	"github.com/coexistsync/coexist/engine/desired"
	"github.com/coexistsync/coexist/engine/plan"
	"github.com/coexistsync/coexist/engine/report"
	"github.com/coexistsync/coexist/engine/tenant"
	"github.com/coexistsync/coexist/engine/validate"
	"github.com/coexistsync/coexist/rules"
)

// validate reads what there is, checks it, writes the result, and gives how many findings it told.
func (s *session) validate(ctx context.Context, a validation) (told int, err error) {
	list, err := s.sources()
	if err != nil {
		return 0, err
	}
	snap, err := s.read(ctx, inquiring(list), s.policies)
	if err != nil {
		return 0, err
	}
	only, missing := s.only(ctx, list, snap, a.objects)
	if missing != nil && len(only) == 0 {
		return 0, missing
	}
	former, err := s.former(ctx, a)
	if err != nil {
		return 0, err
	}
	in, seen, err := s.validated(ctx, a, snap)
	if err != nil {
		return 0, err
	}
	of := report.Validated{AsOf: in.AsOf, Mode: in.Mode, Objects: only, Least: a.least}
	if seen != nil {
		of.Tenant, of.Switches, of.Unknown = &in.Tenant.Facts, seen.switches, seen.unknown
	}
	p := &picked{least: a.least, only: only, former: former, mending: a.fixes != "", kept: rememberedRun{Findings: []validate.Past{}}}
	if only == nil && missing == nil { // only the whole is worth to be compared with
		of.Run = newRun(in.AsOf)
	}
	s.progress.clear()
	p.to = s.validationReport(a, of)
	sum, err := validate.Run(in, p.finding)
	if err != nil {
		return 0, err
	}
	if of.Run != "" {
		p.kept.Reach, p.kept.NotEvaluated = a.reach(), sum.NotEvaluated
		if err := s.remember(ctx, of.Run, in.AsOf, p.kept); err != nil {
			return 0, err
		}
	}
	if n := len(sum.NotEvaluated); n > 0 && a.form == "csv" { // the table has no room for it
		s.say("%s not evaluated, or in part; --output text says why", counted(n, "check was", "checks were"))
	}
	if err := errors.Join(p.to.Close(p.summary(in, sum)), missing); err != nil {
		return p.told, err
	}
	if a.fixes != "" {
		return p.told, s.writeFixes(a.fixes, p.fixes.All(), snap, in)
	}
	return p.told, nil
}

// validated gathers what is validated, and what was seen of the tenant; nil when that is not read.
func (s *session) validated(ctx context.Context, a validation, snap *snapshot.Snapshot) (in validate.Input, seen *surveyed, err error) {
	in = validate.Input{Snapshot: snap, Mode: a.mode, AsOf: s.now(), Suppressions: s.cfg.Suppressions}
	if !a.offline {
		if seen, err = s.survey(ctx); err != nil {
			return in, nil, err
		}
		in.Tenant, in.Facts = seen.view, seen.facts
	}
	if in.Mode == "" {
		in.Mode = cloud.Provision
		if in.Tenant != nil && in.Tenant.Facts.Synced {
			in.Mode = cloud.Activate
		}
	}
	in.Facts.Bundles, in.Facts.Prohibited = bundles(s.policies), validate.Embargoed()
	if in.Facts.Recorded, err = s.recorded(ctx); err != nil {
		return in, nil, err
	}
	in.Decided, err = s.decided(ctx, snap, in.Tenant, in.AsOf)
	return in, seen, err
}

// inquiring gives the sources so that they read what the checks need. What was not saved in a snapshot is not there; the
// checks that need it are listed.
func inquiring(list []source) []source {
	out := slices.Clone(list)
	for i, x := range out {
		if x.Snapshot == "" {
			out[i].importer = curious{x.importer}
		}
	}
	return out
}

// curious reads what the checks need beside what it is asked for.
type curious struct{ connector.Importer }

// Import implements connector.Importer.
func (c curious) Import(ctx context.Context, want connector.Want, to *snapshot.Builder) error {
	want.Attributes = slices.Concat(want.Attributes, validate.Attributes())
	return c.Importer.Import(ctx, want, to)
}

// validationReport gives what writes the form asked for.
func (s *session) validationReport(a validation, of report.Validated) report.Validation {
	switch a.form {
	case "json":
		return report.ValidationJSON(s.out, of)
	case "csv":
		return report.ValidationCSV(s.out)
	case "junit":
		return report.ValidationJUnit(s.out, of)
	}
	o := s.options()
	o.Full = a.full
	if a.form == "markdown" {
		return report.ValidationMarkdown(s.out, of, o)
	}
	return report.ValidationText(s.out, of, o)
}

// only finds the objects that are asked for; none for all. One that was set aside for its anchor is checked like any other.
// Those that are not there are told together.
func (s *session) only(ctx context.Context, list []source, snap *snapshot.Snapshot, names []string) ([]plan.Object, error) {
	var out []plan.Object
	var missing []error
	for _, name := range names {
		i, err := selection.One(snap, name)
		var aside *selection.AsideError
		switch {
		case errors.As(err, &aside):
			out = append(out, plan.Object{Name: aside.Name, DN: aside.DN})
		case errors.Is(err, selection.ErrNotFound):
			missing = append(missing, notFound(s.whereabouts(ctx, list, name, err)))
		case err != nil:
			missing = append(missing, notFound(err))
		default:
			out = append(out, nameOf(snap, i))
		}
	}
	return out, errors.Join(missing...)
}

// decided gives what the policies make of each object. Without a tenant its subscriptions are taken to be those that the
// policies name, so that licences are decided all the same.
func (s *session) decided(ctx context.Context, snap *snapshot.Snapshot, view *tenant.View, at time.Time) (func(int) desired.State, error) {
	d, err := engine.NewDecider(snap, s.policies, at)
	if err != nil {
		return nil, err
	}
	priors, err := engine.ReadPriors(ctx, s.store, snap)
	if err != nil {
		return nil, err
	}
	d = d.Recall(priors)
	facts := subscribed(s.policies)
	if view != nil {
		facts = view.Facts
	}
	catalogue := desired.Catalogue{Bundles: s.policies.Bundle, Tenant: &facts}
	ev := d.Evaluator()
	return func(i int) desired.State {
		out := ev.Evaluate(d.Input(i))
		catalogue.Kept = priors.Kept(i)
		return catalogue.Fold(&out)
	}, nil
}

// subscribed gives a tenant that has every subscription and service plan that the policies name, and nothing else.
func subscribed(policies *rules.Set) cloud.Tenant {
	var t cloud.Tenant
	for _, b := range bundles(policies) {
		i := slices.IndexFunc(t.SKUs, func(k cloud.SKU) bool { return directory.EqualFold(k.Name, b.SKU) })
		if i < 0 {
			i, t.SKUs = len(t.SKUs), append(t.SKUs, cloud.SKU{ID: b.SKU, Name: b.SKU})
		}
		for _, name := range b.Disabled {
			t.SKUs[i].Plans = append(t.SKUs[i].Plans, cloud.ServicePlan{ID: name, Name: name})
		}
	}
	return t
}

// bundles lists the licence bundles of all policies.
func bundles(policies *rules.Set) []validate.Bundle {
	out := []validate.Bundle{} // there may be none, which is known then
	for _, p := range policies.Policies() {
		for _, b := range p.Bundles {
			out = append(out, validate.Bundle{Policy: p.Name, Name: b.Name, SKU: b.SKU, Disabled: b.DisablePlans})
		}
	}
	return out
}

// recorded gives what the ledger remembers.
func (s *session) recorded(ctx context.Context) (map[directory.GUID]validate.Record, error) {
	out := map[directory.GUID]validate.Record{}
	for row, err := range s.store.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		out[row.GUID] = validate.Record{Anchor: row.Anchor, ID: row.ID}
	}
	return out, nil
}

// picked passes on the findings that were asked for.
type picked struct {
	to      report.Validation
	least   validate.Severity
	only    []plan.Object
	former  *validate.Former // nil without --since
	mending bool             // collect what findings propose
	told    int
	same    int              // known since a former validation
	sum     validate.Summary // of the objects asked for, whatever the severity
	fixes   validate.Mending
	kept    rememberedRun // everything, for later validations
}

func (p *picked) finding(f validate.Finding) error {
	if p.only == nil {
		p.kept.Findings = append(p.kept.Findings, f.Remembered())
	}
	known := p.former != nil && p.former.Known(f)
	if !p.asked(f.Object) {
		return nil
	}
	p.count(f)
	if f.Severity < p.least {
		return nil
	}
	if p.mending {
		p.fixes.Add(f)
	}
	if known {
		p.same++
		return nil
	}
	p.told++
	return p.to.Finding(f)
}

// asked reports whether findings of an object are told.
func (p *picked) asked(o plan.Object) bool {
	return p.only == nil || slices.ContainsFunc(p.only, func(x plan.Object) bool { return x.DN == o.DN })
}

// compared draws up what is new and what is fixed; nil without --since.
func (p *picked) compared(all validate.Summary) *validate.Comparison {
	if p.former == nil {
		return nil
	}
	c := p.former.Compare(all, func(x validate.Past) bool {
		level, _ := severityNamed(x.Severity)
		return level >= p.least && p.asked(x.Object)
	})
	c.New, c.Same = p.told, p.same
	return &c
}

func (p *picked) count(f validate.Finding) {
	switch f.Severity {
	case validate.Error:
		p.sum.Errors++
	case validate.Warning:
		p.sum.Warnings++
	case validate.Info:
		p.sum.Info++
	}
	i, ok := slices.BinarySearchFunc(p.sum.Checks, f.Check, func(c validate.Count, id string) int { return strings.Compare(c.Check, id) })
	if !ok {
		p.sum.Checks = slices.Insert(p.sum.Checks, i, validate.Count{Check: f.Check})
	}
	p.sum.Checks[i].Findings++
}

// summary narrows a summary down to the object asked for.
func (p *picked) summary(in validate.Input, all validate.Summary) validate.Summary {
	all.Compared = p.compared(all)
	if p.only == nil {
		return all
	}
	all.Errors, all.Warnings, all.Info, all.Checks = p.sum.Errors, p.sum.Warnings, p.sum.Info, p.sum.Checks
	all.Objects, all.Excluded = len(p.only), nil
	unwanted := 0
	for _, o := range p.only {
		if i, ok := in.Snapshot.ByDN(o.DN); ok && in.Decided(i).Type == cloud.None {
			unwanted++
		}
	}
	if unwanted > 0 {
		all.Objects -= unwanted
		all.Excluded = []validate.Excluded{{Reason: "no policy wants it in the cloud", Objects: unwanted}}
	}
	return all
}
