package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/cmd/coexist/internal/config"
	"github.com/coexistsync/coexist/cmd/coexist/internal/selection"
	"github.com/coexistsync/coexist/connectors/readonly"
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

func validateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "say what in the directory the cloud would refuse or change, and how to mend it",
		ArgsUsage: "[OBJECT…]",
		Description: "Nothing is written. With OBJECT, a distinguished name, userPrincipalName, sAMAccountName or objectGUID, everything is\n" +
			"looked at and the findings of that object are told. What each check is about stands in docs/checks.",
		Flags: []cli.Flag{configFlag, fullFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text, json or csv"},
			&cli.BoolFlag{Name: "offline", Usage: "do not read the tenant; checks that need it are listed as not evaluated"},
			&cli.StringFlag{Name: "mode", Usage: "`MODE` of objects that are not in the cloud yet: provision when coexist makes them, activate when Entra Connect does; without it the tenant says"},
			&cli.StringFlag{Name: "severity", Value: "info", Usage: "tell findings from this `SEVERITY` on: error, warning or info"},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit with 10 when there are findings"}},
		Action: func(x *cli.Context) error {
			a, err := validationOf(x)
			if err != nil {
				return err
			}
			cfg, err := load(x)
			if err != nil {
				return err
			}
			if a.offline { // nobody signs in to the tenant, so that no secret is needed
				cfg.Tenant.Secret, cfg.Tenant.Password = config.Secret{}, config.Secret{}
			}
			s, err := open(x.Context, c, cfg)
			if err != nil {
				return err
			}
			defer s.close()
			told, err := s.validate(x.Context, a)
			if err == nil && told > 0 && x.Bool("detailed-exitcode") {
				return outcome(errChanges)
			}
			return err
		},
	}
}

// validation is what the command line asks for.
type validation struct {
	objects []string // none for everything
	form    string
	offline bool
	full    bool
	mode    cloud.Mode // "" where the tenant says
	least   validate.Severity
}

// validationOf reads the command line.
func validationOf(x *cli.Context) (validation, error) {
	a := validation{form: x.String("output"), offline: x.Bool("offline"), full: x.Bool(fullFlag.Name), mode: cloud.Mode(x.String("mode"))}
	for _, name := range x.Args().Slice() {
		if strings.TrimSpace(name) == "" {
			return a, usagef("OBJECT is empty")
		}
		a.objects = append(a.objects, name)
	}
	if !slices.Contains([]string{"text", "json", "csv"}, a.form) {
		return a, usagef("unknown output form %q; there are text, json and csv", a.form)
	}
	if !slices.Contains([]cloud.Mode{"", cloud.Provision, cloud.Activate}, a.mode) {
		return a, usagef("unknown mode %q; there are provision and activate", string(a.mode))
	}
	for _, level := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		if x.String("severity") == level.String() {
			a.least = level
		}
	}
	if a.least == validate.None {
		return a, usagef("unknown severity %q; there are error, warning and info", x.String("severity"))
	}
	return a, nil
}

// validate reads what there is, checks it, writes the result, and gives how many findings it told.
func (s *session) validate(ctx context.Context, a validation) (told int, err error) {
	list, err := s.sources()
	if err != nil {
		return 0, err
	}
	for i, x := range list {
		if x.Snapshot == "" { // what was not saved is not there; the checks that need it are listed
			list[i].importer = curious{x.importer}
		}
	}
	snap, err := s.read(ctx, list, s.policies)
	if err != nil {
		return 0, err
	}
	only, missing := s.only(snap, a.objects)
	if missing != nil && len(only) == 0 {
		return 0, missing
	}
	in, err := s.validated(ctx, a, snap)
	if err != nil {
		return 0, err
	}
	of := report.Validated{AsOf: in.AsOf, Mode: in.Mode, Objects: only, Least: a.least}
	if in.Tenant != nil {
		of.Tenant = &in.Tenant.Facts
	}
	s.progress.clear()
	p := &picked{to: s.validationReport(a, of), least: a.least, only: only}
	sum, err := validate.Run(in, p.finding)
	if err != nil {
		return 0, err
	}
	if n := len(sum.NotEvaluated); n > 0 && a.form == "csv" { // the table has no room for it
		s.say("%s not evaluated, or in part; --output text says why", counted(n, "check was", "checks were"))
	}
	return p.told, errors.Join(p.to.Close(p.summary(in, sum)), missing)
}

// validated gathers what is validated.
func (s *session) validated(ctx context.Context, a validation, snap *snapshot.Snapshot) (in validate.Input, err error) {
	in = validate.Input{Snapshot: snap, Mode: a.mode, AsOf: s.now()}
	if !a.offline {
		if in.Tenant, err = s.view(ctx); err != nil {
			return in, err
		}
	}
	if in.Mode == "" {
		in.Mode = cloud.Provision
		if in.Tenant != nil && in.Tenant.Facts.Synced {
			in.Mode = cloud.Activate
		}
	}
	in.Facts.Bundles = bundles(s.policies)
	if in.Facts.Recorded, err = s.recorded(ctx); err != nil {
		return in, err
	}
	in.Decided, err = s.decided(snap, in.Tenant, in.AsOf)
	return in, err
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
	}
	o := s.options()
	o.Full = a.full
	return report.ValidationText(s.out, of, o)
}

// only finds the objects that are asked for; none for all. One that was set aside for its anchor is checked like any other.
// Those that are not there are told together.
func (s *session) only(snap *snapshot.Snapshot, names []string) ([]plan.Object, error) {
	var out []plan.Object
	var missing []error
	for _, name := range names {
		i, err := selection.One(snap, name)
		var aside *selection.AsideError
		switch {
		case errors.As(err, &aside):
			out = append(out, plan.Object{Name: aside.Name, DN: aside.DN})
		case err != nil:
			missing = append(missing, notFound(err))
		default:
			out = append(out, nameOf(snap, i))
		}
	}
	return out, errors.Join(missing...)
}

// view reads the tenant, without a way to write to it.
func (s *session) view(ctx context.Context) (*tenant.View, error) {
	target, err := s.target()
	if err != nil {
		return nil, err
	}
	reader := readonly.New(target)
	facts, err := reader.Tenant(ctx)
	if err != nil {
		return nil, err
	}
	b := tenant.NewBuilder()
	properties := []string{"accountEnabled", "displayName", "licenses", "mailNickname", "usageLocation", "userPrincipalName"}
	err = reader.Objects(ctx, properties, func(o cloud.Object) error {
		if b.Add(o); b.Len()%1000 == 0 {
			s.progress.report("read the tenant", b.Len())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.View(facts)
}

// decided gives what the policies make of each object. Without a tenant its subscriptions are taken to be those that the
// policies name, so that licences are decided all the same.
func (s *session) decided(snap *snapshot.Snapshot, view *tenant.View, at time.Time) (func(int) desired.State, error) {
	d, err := engine.NewDecider(snap, s.policies, at)
	if err != nil {
		return nil, err
	}
	facts := subscribed(s.policies)
	if view != nil {
		facts = view.Facts
	}
	catalogue := desired.Catalogue{Bundles: s.policies.Bundle, Tenant: &facts}
	ev := d.Evaluator()
	return func(i int) desired.State {
		out := ev.Evaluate(d.Input(i))
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
	to    report.Validation
	least validate.Severity
	only  []plan.Object
	told  int
	sum   validate.Summary // of the objects asked for, whatever the severity
}

func (p *picked) finding(f validate.Finding) error {
	if p.only != nil && !slices.ContainsFunc(p.only, func(o plan.Object) bool { return o.DN == f.Object.DN }) {
		return nil
	}
	p.count(f)
	if f.Severity < p.least {
		return nil
	}
	p.told++
	return p.to.Finding(f)
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
